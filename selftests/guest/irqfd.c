// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves KVM_IRQFD: which arguments are refused and with what errno; that
 * every signal of an eventfd is an edge, also one from before it was assigned;
 * that a level-triggered line stays high until the guest has ended the
 * interrupt, and that the resamplefd then hears of it; and that an irqfd ends
 * with deassign, with the eventfd's last close and with the VM, whatever the
 * guest does meanwhile.
 */
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"

#define SPI	42
#define GSI	(SPI - GIC_SPI_BASE)

static int irqfd(struct vm *vm, int fd, u32 gsi, u32 flags, int resamplefd)
{
	struct kvm_irqfd args = {
		.fd = fd,
		.gsi = gsi,
		.flags = flags,
		.resamplefd = resamplefd,
	};

	return ERRNO(ioctl(vm->fd, KVM_IRQFD, &args));
}

static int new_eventfd(void)
{
	return CHECK_FD(eventfd(0, EFD_CLOEXEC));
}

static void signal_eventfd(int fd)
{
	u64 one = 1;

	CHECK(write(fd, &one, sizeof(one)) == sizeof(one), "%m");
}

/* Waits for a signal, and takes it. */
static bool wait_eventfd(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	u64 count;

	return poll(&pfd, 1, 10000) == 1 && read(fd, &count, sizeof(count)) == sizeof(count);
}

static bool eventfd_quiet(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 200) == 0;
}

static u32 taken(u32 intid)
{
	return READ_ONCE(guest_self()->irqs[intid]);
}

TEST(arguments)
{
	int fd = new_eventfd(), other = new_eventfd();
	struct vm vm;

	vm_init(&vm, 1, (guest_fn)guest_done);
	EXPECT_EQ(EINVAL, irqfd(&vm, fd, GSI, 1U << 31, 0));
	EXPECT_EQ(EBADF, irqfd(&vm, -1, GSI, 0, 0));
	EXPECT_EQ(EINVAL, irqfd(&vm, vm.fd, GSI, 0, 0));
	EXPECT_EQ(EBADF, irqfd(&vm, fd, GSI, KVM_IRQFD_FLAG_RESAMPLE, -1));
	EXPECT_EQ(EINVAL, irqfd(&vm, fd, GSI, KVM_IRQFD_FLAG_RESAMPLE, vm.fd));

	EXPECT_EQ(0, irqfd(&vm, fd, GSI, 0, 0));
	EXPECT_EQ(EBUSY, irqfd(&vm, fd, GSI, 0, 0));
	EXPECT_EQ(EBUSY, irqfd(&vm, fd, GSI + 1, 0, 0));
	EXPECT_EQ(0, irqfd(&vm, other, GSI, 0, 0));

	/* Deassigning what is not assigned is no error. */
	EXPECT_EQ(0, irqfd(&vm, fd, GSI + 1, KVM_IRQFD_FLAG_DEASSIGN, 0));
	EXPECT_EQ(EBUSY, irqfd(&vm, fd, GSI, 0, 0));
	EXPECT_EQ(0, irqfd(&vm, fd, GSI, KVM_IRQFD_FLAG_DEASSIGN, 0));
	EXPECT_EQ(0, irqfd(&vm, fd, GSI, KVM_IRQFD_FLAG_DEASSIGN, 0));
	EXPECT_EQ(0, irqfd(&vm, fd, GSI, 0, 0));
	EXPECT_EQ(EBADF, irqfd(&vm, -1, GSI, KVM_IRQFD_FLAG_DEASSIGN, 0));
	vm_destroy(&vm);
}

TEST(not_before_the_gic)
{
	struct vm vm;

	vm_open(&vm, 0);
	EXPECT_EQ(EAGAIN, irqfd(&vm, new_eventfd(), GSI, 0, 0));
	vm_destroy(&vm);
}

/* A GSI without an interrupt behind it is accepted and raises nothing. */
TEST(gsi_without_route)
{
	int fd = new_eventfd();
	struct vm vm;

	vm_init(&vm, 1, (guest_fn)guest_done);
	EXPECT_EQ(0, irqfd(&vm, fd, 100000, 0, 0));
	signal_eventfd(fd);
	EXPECT_EQ(0, irqfd(&vm, fd, 100000, KVM_IRQFD_FLAG_DEASSIGN, 0));
	EXPECT_EQ(0, irqfd(&vm, fd, ~0U - 8, KVM_IRQFD_FLAG_RESAMPLE, new_eventfd()));
	signal_eventfd(fd);
	vcpu_finish(&vm.vcpu[0]);
	vm_destroy(&vm);
}

#define NR_EDGES	50

static void guest_edges(u64 arg)
{
	u32 i;

	gic_init();
	gic_set_edge(SPI, true);
	gic_enable(SPI);
	for (i = 1; i <= NR_EDGES; i++) {
		GUEST_WAIT(taken(SPI) == i);
		guest_sync(i);
	}
	GUEST_ASSERT_EQ(taken(SPI), NR_EDGES);
}

TEST(each_signal_is_an_edge)
{
	int fd = new_eventfd(), i;
	struct vm vm;

	vm_init(&vm, 1, guest_edges);
	/* Signalled before it is assigned: that edge counts. */
	signal_eventfd(fd);
	ASSERT_EQ(0, irqfd(&vm, fd, GSI, 0, 0));
	for (i = 1; i <= NR_EDGES; i++) {
		vcpu_expect_sync(&vm.vcpu[0], i);
		if (i < NR_EDGES)
			signal_eventfd(fd);
	}
	vcpu_finish(&vm.vcpu[0]);
	vm_destroy(&vm);
}

static void guest_idle(u64 arg)
{
	gic_init();
	gic_set_edge(SPI, true);
	gic_enable(SPI);
	while (taken(SPI) < NR_EDGES) {
		irq_disable();
		wfi();
		irq_enable();
		isb();
	}
}

/* Signals reach a guest that sleeps in WFI, from another thread. */
TEST(wakes_a_sleeper)
{
	int fd = new_eventfd(), i;
	struct vm vm;

	vm_init(&vm, 1, guest_idle);
	ASSERT_EQ(0, irqfd(&vm, fd, GSI, 0, 0));
	vcpu_spawn(&vm.vcpu[0]);
	for (i = 0; i < NR_EDGES; i++) {
		while (READ_ONCE(vm.vcpu[0].guest->irqs[SPI]) != i)
			usleep(100);
		if (i & 1)
			usleep(1000);
		signal_eventfd(fd);
	}
	vcpu_join(&vm.vcpu[0]);
	EXPECT_EQ(NR_EDGES, vm.vcpu[0].guest->irqs[SPI]);
	vm_destroy(&vm);
}

static void mask_at_third(u32 intid)
{
	if (taken(intid) == 3)
		gic_disable(intid);
}

static void guest_level(u64 arg)
{
	guest_hooks.intid = mask_at_third;
	gic_init();
	gic_set_edge(SPI, false);
	gic_enable(SPI);
	guest_sync(1);
	GUEST_WAIT(taken(SPI) == 1);
	guest_sync(2);
	/* The EOI has lowered the line. */
	GUEST_ASSERT_EQ(taken(SPI), 1);
	GUEST_ASSERT(!gic_pending(SPI));
	guest_sync(3);
	GUEST_WAIT(taken(SPI) == 2);
	guest_sync(4);
	GUEST_ASSERT_EQ(taken(SPI), 2);
}

TEST(level_until_eoi)
{
	int fd = new_eventfd(), resample = new_eventfd();
	struct vcpu *vcpu;
	struct vm vm;

	vm_init(&vm, 1, guest_level);
	vcpu = &vm.vcpu[0];
	ASSERT_EQ(0, irqfd(&vm, fd, GSI, KVM_IRQFD_FLAG_RESAMPLE, resample));
	vcpu_expect_sync(vcpu, 1);
	EXPECT_TRUE(eventfd_quiet(resample));
	signal_eventfd(fd);
	vcpu_expect_sync(vcpu, 2);
	EXPECT_TRUE(wait_eventfd(resample));
	vcpu_expect_sync(vcpu, 3);
	EXPECT_TRUE(eventfd_quiet(resample));
	signal_eventfd(fd);
	vcpu_expect_sync(vcpu, 4);
	EXPECT_TRUE(wait_eventfd(resample));
	vcpu_finish(vcpu);
	vm_destroy(&vm);
}

/* Two devices on one line: both hear of the EOI. */
TEST(shared_level_line)
{
	int fd[2] = { new_eventfd(), new_eventfd() };
	int resample[2] = { new_eventfd(), new_eventfd() };
	struct vcpu *vcpu;
	struct vm vm;
	int i;

	vm_init(&vm, 1, guest_level);
	vcpu = &vm.vcpu[0];
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, irqfd(&vm, fd[i], GSI, KVM_IRQFD_FLAG_RESAMPLE, resample[i]));
	for (i = 0; i < 2; i++) {
		vcpu_expect_sync(vcpu, 2 * i + 1);
		signal_eventfd(fd[i]);
		vcpu_expect_sync(vcpu, 2 * i + 2);
		EXPECT_TRUE(wait_eventfd(resample[0]));
		EXPECT_TRUE(wait_eventfd(resample[1]));
	}
	vcpu_finish(vcpu);
	vm_destroy(&vm);
}

static void guest_withdrawn(u64 arg)
{
	gic_init();
	irq_disable();
	gic_set_edge(SPI, false);
	gic_enable(SPI);
	guest_sync(1);
	GUEST_ASSERT(gic_pending(SPI));
	guest_sync(2);
	GUEST_ASSERT(!gic_pending(SPI));
	irq_enable();
	isb();
	GUEST_ASSERT_EQ(taken(SPI), 0);
}

/* Nobody could lower the line any more when the last of its irqfds has gone. */
TEST(deassign_lowers_the_line)
{
	int fd = new_eventfd(), resample = new_eventfd();
	struct vcpu *vcpu;
	struct vm vm;

	vm_init(&vm, 1, guest_withdrawn);
	vcpu = &vm.vcpu[0];
	ASSERT_EQ(0, irqfd(&vm, fd, GSI, KVM_IRQFD_FLAG_RESAMPLE, resample));
	vcpu_expect_sync(vcpu, 1);
	signal_eventfd(fd);
	vcpu_expect_sync(vcpu, 2);
	ASSERT_EQ(0, irqfd(&vm, fd, GSI, KVM_IRQFD_FLAG_DEASSIGN, 0));
	vcpu_finish(vcpu);
	vm_destroy(&vm);
}

static u32 stop;

static void guest_busy(u64 arg)
{
	gic_init();
	gic_set_edge(SPI, true);
	gic_enable(SPI);
	GUEST_WAIT(counter_read(stop));
}

static void *signaller(void *arg)
{
	int fd = *(int *)arg;

	while (!counter_read(stop))
		signal_eventfd(fd);
	return NULL;
}

/* Assigned and deassigned while it is being signalled, and the guest runs. */
TEST(comes_and_goes)
{
	int fd = new_eventfd(), i;
	pthread_t thread;
	struct vm vm;

	vm_init(&vm, 1, guest_busy);
	vcpu_spawn(&vm.vcpu[0]);
	CHECK(!pthread_create(&thread, NULL, signaller, &fd), "");
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, irqfd(&vm, fd, GSI, 0, 0));
		usleep(100);
		ASSERT_EQ(0, irqfd(&vm, fd, GSI, KVM_IRQFD_FLAG_DEASSIGN, 0));
	}
	counter_set(stop, 1);
	pthread_join(thread, NULL);
	vcpu_join(&vm.vcpu[0]);
	vm_destroy(&vm);
}

/* Every way of the end: closed before the VM, and after it. */
TEST(closed_in_any_order)
{
	int fd[4], i, round;
	struct vm vm;

	for (round = 0; round < 50; round++) {
		vm_init(&vm, 1, (guest_fn)guest_done);
		for (i = 0; i < 4; i++) {
			fd[i] = new_eventfd();
			ASSERT_EQ(0, irqfd(&vm, fd[i], GSI + i,
					   i & 1 ? KVM_IRQFD_FLAG_RESAMPLE : 0, fd[0]));
			signal_eventfd(fd[i]);
		}
		close(fd[0]);
		close(fd[1]);
		if (round & 1)
			vcpu_finish(&vm.vcpu[0]);
		vm_destroy(&vm);
		signal_eventfd(fd[2]);
		close(fd[2]);
		close(fd[3]);
	}
}

TEST_HARNESS_MAIN
