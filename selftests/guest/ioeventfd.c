// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves KVM_IOEVENTFD: which arguments are refused and with what errno, that
 * a guest's write which matches in address, width and value signals the
 * eventfd and does not leave to user space, that any other access does, and
 * that assigning and deassigning under a running guest loses no write: each
 * one is either counted by the eventfd or seen as an exit.
 */
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "vm.h"

#define BELL	(GUEST_MMIO_BASE + 0x100)

static int bell(struct vm *vm, int fd, u64 addr, u32 len, u32 flags, u64 match)
{
	struct kvm_ioeventfd args = {
		.datamatch = match,
		.addr = addr,
		.len = len,
		.fd = fd,
		.flags = flags,
	};

	return ERRNO(ioctl(vm->fd, KVM_IOEVENTFD, &args));
}

static int new_eventfd(void)
{
	return CHECK_FD(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

/* How often it was signalled since it was last asked. */
static u64 rings(int fd)
{
	u64 count = 0;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

TEST(arguments)
{
	int fd = new_eventfd(), other = new_eventfd();
	struct vm vm;

	vm_open(&vm, 0);
	EXPECT_EQ(EINVAL, bell(&vm, fd, BELL, 3, 0, 0));
	EXPECT_EQ(EINVAL, bell(&vm, fd, BELL, 16, 0, 0));
	EXPECT_EQ(EINVAL, bell(&vm, fd, ~0ULL - 1, 4, 0, 0));
	EXPECT_EQ(EINVAL, bell(&vm, fd, BELL, 4, 1U << 31, 0));
	EXPECT_EQ(EINVAL, bell(&vm, fd, BELL, 0, KVM_IOEVENTFD_FLAG_DATAMATCH, 0));
	EXPECT_EQ(EINVAL, bell(&vm, vm.fd, BELL, 4, 0, 0));
	EXPECT_EQ(EBADF, bell(&vm, -1, BELL, 4, 0, 0));

	EXPECT_EQ(0, bell(&vm, fd, BELL, 4, 0, 0));
	EXPECT_EQ(EEXIST, bell(&vm, other, BELL, 4, 0, 0));
	EXPECT_EQ(EEXIST, bell(&vm, other, BELL, 4, KVM_IOEVENTFD_FLAG_DATAMATCH, 7));
	EXPECT_EQ(EEXIST, bell(&vm, other, BELL, 0, 0, 0));
	EXPECT_EQ(0, bell(&vm, other, BELL, 2, 0, 0));
	EXPECT_EQ(0, bell(&vm, other, BELL + 4, 4, 0, 0));

	EXPECT_EQ(ENOENT, bell(&vm, other, BELL, 4, KVM_IOEVENTFD_FLAG_DEASSIGN, 0));
	EXPECT_EQ(ENOENT, bell(&vm, fd, BELL, 8, KVM_IOEVENTFD_FLAG_DEASSIGN, 0));
	EXPECT_EQ(0, bell(&vm, fd, BELL, 4, KVM_IOEVENTFD_FLAG_DEASSIGN, 0));
	EXPECT_EQ(ENOENT, bell(&vm, fd, BELL, 4, KVM_IOEVENTFD_FLAG_DEASSIGN, 0));
	EXPECT_EQ(EBADF, bell(&vm, -1, BELL, 4, KVM_IOEVENTFD_FLAG_DEASSIGN, 0));
	vm_destroy(&vm);
}

/* QEMU asks whether several fit at one address of the port space. */
TEST(port_space_is_another)
{
	u32 flags = KVM_IOEVENTFD_FLAG_PIO | KVM_IOEVENTFD_FLAG_DATAMATCH;
	int fd[7], i;
	struct vm vm;

	vm_open(&vm, 0);
	for (i = 0; i < ARRAY_SIZE(fd); i++) {
		fd[i] = new_eventfd();
		EXPECT_EQ(0, bell(&vm, fd[i], 0, 2, flags, i));
	}
	EXPECT_EQ(0, bell(&vm, fd[0], 0, 2, KVM_IOEVENTFD_FLAG_DATAMATCH, 0));
	flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
	for (i = 0; i < ARRAY_SIZE(fd); i++)
		EXPECT_EQ(0, bell(&vm, fd[i], 0, 2, flags, i));
	vm_destroy(&vm);
}

static void guest_widths(u64 arg)
{
	mmio_write32(BELL, 1);
	mmio_write32(BELL, 2);
	mmio_write16(BELL, 3);		/* exit: width */
	mmio_write32(BELL + 4, 4);	/* exit: address */
	mmio_read32(BELL);		/* exit: a load */
}

TEST(width_and_address)
{
	int fd = new_eventfd();
	struct kvm_run *run;
	struct vm vm;

	vm_init(&vm, 1, guest_widths);
	run = vm.vcpu[0].run;
	ASSERT_EQ(0, bell(&vm, fd, BELL, 4, 0, 0));

	ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(&vm.vcpu[0]));
	EXPECT_EQ(2, run->mmio.len);
	EXPECT_EQ(2, rings(fd));
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(&vm.vcpu[0]));
	EXPECT_EQ(BELL + 4, run->mmio.phys_addr);
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(&vm.vcpu[0]));
	EXPECT_EQ(0, run->mmio.is_write);
	vcpu_finish(&vm.vcpu[0]);
	EXPECT_EQ(0, rings(fd));
	vm_destroy(&vm);
}

static void guest_any_width(u64 arg)
{
	mmio_write8(BELL, 1);
	mmio_write16(BELL, 2);
	mmio_write32(BELL, 3);
	mmio_write64(BELL, 4);
}

TEST(any_width)
{
	int fd = new_eventfd();
	struct vm vm;

	vm_init(&vm, 1, guest_any_width);
	ASSERT_EQ(0, bell(&vm, fd, BELL, 0, 0, 0));
	vcpu_finish(&vm.vcpu[0]);
	EXPECT_EQ(4, rings(fd));
	vm_destroy(&vm);
}

#define NR_QUEUES	40

static void guest_queues(u64 arg)
{
	u32 i;

	for (i = 0; i < NR_QUEUES; i++)
		mmio_write32(BELL, i);
	mmio_write32(BELL, NR_QUEUES);	/* exit: nobody waits for it */
}

/* As virtio does it: one address, one value for each queue. */
TEST(many_values_at_one_address)
{
	int fd[NR_QUEUES], i;
	u32 value;
	struct vm vm;

	vm_init(&vm, 1, guest_queues);
	for (i = 0; i < NR_QUEUES; i++) {
		fd[i] = new_eventfd();
		ASSERT_EQ(0, bell(&vm, fd[i], BELL, 4, KVM_IOEVENTFD_FLAG_DATAMATCH, i));
	}
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(&vm.vcpu[0]));
	memcpy(&value, vm.vcpu[0].run->mmio.data, sizeof(value));
	EXPECT_EQ(NR_QUEUES, value);
	vcpu_finish(&vm.vcpu[0]);
	for (i = 0; i < NR_QUEUES; i++)
		EXPECT_EQ(1, rings(fd[i]));
	vm_destroy(&vm);
}

#define NR_WRITES	20000

static u32 exits;

static void guest_ringer(u64 arg)
{
	u32 i;

	for (i = 0; i < NR_WRITES; i++)
		mmio_write32(BELL, i);
}

static bool count_exit(struct vcpu *vcpu)
{
	counter_inc(exits);
	return true;
}

/* The guest rings all the while; the bell comes and goes. */
TEST(no_write_is_lost)
{
	int fd = new_eventfd(), turns = 0;
	struct vm vm;

	vm_init(&vm, 1, guest_ringer);
	vm.mmio = count_exit;
	vcpu_spawn(&vm.vcpu[0]);
	while (counter_read(exits) < NR_WRITES / 2 && turns++ < 200) {
		ASSERT_EQ(0, bell(&vm, fd, BELL, 4, 0, 0));
		ASSERT_EQ(0, bell(&vm, fd, BELL, 4, KVM_IOEVENTFD_FLAG_DEASSIGN, 0));
	}
	vcpu_join(&vm.vcpu[0]);
	EXPECT_EQ(NR_WRITES, rings(fd) + counter_read(exits));
	vm_destroy(&vm);
}

/* A vCPU outlives the VM's descriptor, and its doorbells with it. */
TEST(rings_after_vm_close)
{
	int fd = new_eventfd();
	struct vm vm;

	vm_init(&vm, 1, guest_any_width);
	ASSERT_EQ(0, bell(&vm, fd, BELL, 0, 0, 0));
	close(vm.gic);
	close(vm.fd);
	vcpu_finish(&vm.vcpu[0]);
	EXPECT_EQ(4, rings(fd));
}

TEST_HARNESS_MAIN
