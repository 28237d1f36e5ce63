// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the life of a vCPU through its file descriptor: creation and its
 * limits, what fails before KVM_ARM_VCPU_INIT, init twice with the same and
 * with other features, KVM_RUN's ways to return at once, MP states, the signal
 * mask, and the mapping of struct kvm_run.
 */
#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"

static void guest_nothing(u64 arg)
{
}

static void guest_spin(u64 arg)
{
	for (;;)
		cpu_relax();
}

static void guest_mmio(u64 arg)
{
	GUEST_ASSERT_EQ(mmio_read32(GUEST_MMIO_BASE), 0x1234);
	GUEST_ASSERT_EQ(mmio_read32(GUEST_MMIO_BASE + 4), 0x5678);
}

FIXTURE(vcpu) {
	struct vm vm;
	struct vcpu *v;
};

FIXTURE_SETUP(vcpu)
{
	vm_open(&self->vm, 0);
	vm_add_memory(&self->vm);
	vm_add_vcpu(&self->vm);
	self->v = &self->vm.vcpu[0];
}

FIXTURE_TEARDOWN(vcpu)
{
	vm_destroy(&self->vm);
}

static int run_errno(struct vcpu *v)
{
	return ERRNO(ioctl(v->fd, KVM_RUN, 0));
}

TEST_F(vcpu, create_errors)
{
	int max = ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPU_ID);

	EXPECT_EQ(EEXIST, ERRNO(ioctl(self->vm.fd, KVM_CREATE_VCPU, 0)));
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->vm.fd, KVM_CREATE_VCPU, (long)max)));
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->vm.fd, KVM_CREATE_VCPU, ~0UL)));
}

TEST_F(vcpu, ids_have_gaps)
{
	int a = ioctl(self->vm.fd, KVM_CREATE_VCPU, 7);
	int b = ioctl(self->vm.fd, KVM_CREATE_VCPU, 3);

	EXPECT_GE(a, 0);
	EXPECT_GE(b, 0);
	close(a);
	close(b);
	/* A closed vCPU is still the VM's. */
	EXPECT_EQ(EEXIST, ERRNO(ioctl(self->vm.fd, KVM_CREATE_VCPU, 7)));
}

/* As many as KVM_CAP_MAX_VCPUS says, each with a redistributor; first and last can run. */
TEST_F(vcpu, as_many_as_promised)
{
	int max = ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS), i, fd = -1;
	u64 dist = 1ULL << 37, redist = (1ULL << 38) | (u64)max << 52;
	struct kvm_vcpu_init init;
	struct kvm_run *run;

	ASSERT_EQ(512, max);
	ASSERT_EQ(0, ioctl(self->vm.fd, KVM_ARM_PREFERRED_TARGET, &init));
	init.features[0] = 1U << KVM_ARM_VCPU_PSCI_0_2;
	ASSERT_EQ(0, vcpu_init_features(self->v, 0));
	for (i = 1; i < max; i++) {
		fd = ioctl(self->vm.fd, KVM_CREATE_VCPU, i);
		ASSERT_LE(0, fd) TH_LOG("vCPU %d: %m", i);
		ASSERT_EQ(0, ioctl(fd, KVM_ARM_VCPU_INIT, &init));
	}
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->vm.fd, KVM_CREATE_VCPU, max)));
	ASSERT_EQ(0, vm_create_gic(&self->vm));
	ASSERT_EQ(0, dev_attr(self->vm.gic, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
			      KVM_VGIC_V3_ADDR_TYPE_DIST, &dist));
	ASSERT_EQ(0, dev_attr(self->vm.gic, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
			      KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, &redist)) TH_LOG("%m");
	vm_init_gic(&self->vm);
	run = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, (void *)run);
	run->immediate_exit = 1;
	EXPECT_EQ(EINTR, ERRNO(ioctl(fd, KVM_RUN, 0)));
	vcpu_start(self->v, guest_nothing, 0);
	vcpu_finish(self->v);
}

TEST_F(vcpu, not_without_init)
{
	struct kvm_reg_list list = { .n = 0 };
	struct kvm_mp_state mp;
	u64 value = 0;

	EXPECT_EQ(ENOEXEC, run_errno(self->v));
	EXPECT_EQ(ENOEXEC, ERRNO(vcpu_get(self->v, CORE_REG(regs.pc), &value)));
	EXPECT_EQ(ENOEXEC, ERRNO(vcpu_set(self->v, CORE_REG(regs.pc), &value)));
	EXPECT_EQ(ENOEXEC, ERRNO(ioctl(self->v->fd, KVM_GET_REG_LIST, &list)));
	EXPECT_EQ(0, ioctl(self->v->fd, KVM_GET_MP_STATE, &mp));
}

static int init_with(struct vcpu *v, u32 target, u32 word, u32 bits)
{
	struct kvm_vcpu_init init = { .target = target };

	init.features[word] = bits;
	return ERRNO(ioctl(v->fd, KVM_ARM_VCPU_INIT, &init));
}

TEST_F(vcpu, init_errors)
{
	struct kvm_vcpu_init init;

	ASSERT_EQ(0, ioctl(self->vm.fd, KVM_ARM_PREFERRED_TARGET, &init));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->v->fd, KVM_ARM_VCPU_INIT, NULL)));
	EXPECT_EQ(EINVAL, init_with(self->v, KVM_ARM_NUM_TARGETS, 0, 0));
	EXPECT_EQ(EINVAL, init_with(self->v, ~0U, 0, 0));
	EXPECT_EQ(ENOENT, init_with(self->v, init.target, 0, 1U << 31));
	EXPECT_EQ(ENOENT, init_with(self->v, init.target, 1, 1));
	EXPECT_EQ(ENOENT, init_with(self->v, init.target, 6, 1U << 31));
	/* After all these it is still not initialised. */
	EXPECT_EQ(ENOEXEC, run_errno(self->v));
	EXPECT_EQ(0, init_with(self->v, init.target, 0, 1U << KVM_ARM_VCPU_PSCI_0_2));
}

TEST_F(vcpu, init_with_missing_feature)
{
	struct kvm_vcpu_init init;

	if (host_features() & FEATURE_SVE)
		SKIP(return, "this host has SVE");
	ASSERT_EQ(0, ioctl(self->vm.fd, KVM_ARM_PREFERRED_TARGET, &init));
	EXPECT_EQ(EINVAL, init_with(self->v, init.target, 0, 1U << KVM_ARM_VCPU_SVE));
}

TEST_F(vcpu, no_aarch32_el1)
{
	struct kvm_vcpu_init init;

	if (ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_ARM_EL1_32BIT))
		SKIP(return, "KVM has AArch32 at EL1 on this host");
	ASSERT_EQ(0, ioctl(self->vm.fd, KVM_ARM_PREFERRED_TARGET, &init));
	EXPECT_EQ(EINVAL, init_with(self->v, init.target, 0, 1U << KVM_ARM_VCPU_EL1_32BIT));
	EXPECT_EQ(0, init_with(self->v, init.target, 0, 0));
}

TEST_F(vcpu, init_twice_resets)
{
	ASSERT_EQ(0, vcpu_init_features(self->v, 0));
	vcpu_start(self->v, guest_nothing, 0);
	vcpu_finish(self->v);
	vcpu_complete(self->v);
	ASSERT_EQ(0, vcpu_init_features(self->v, 0));
	EXPECT_EQ(0, vcpu_get64(self->v, CORE_REG(regs.pc)));
	EXPECT_EQ(0, vcpu_get64(self->v, CORE_REG(regs.regs[1])));
	EXPECT_EQ(PSTATE_EL1H_DAIF, vcpu_get64(self->v, CORE_REG(regs.pstate)));
	EXPECT_EQ(0, vcpu_get64(self->v, ARM64_SYS_REG(3, 0, 1, 0, 0)) & 1);
	vcpu_start(self->v, guest_nothing, 0);
	vcpu_finish(self->v);
}

TEST_F(vcpu, init_with_other_features)
{
	struct kvm_vcpu_init init;

	ASSERT_EQ(0, ioctl(self->vm.fd, KVM_ARM_PREFERRED_TARGET, &init));
	ASSERT_EQ(0, init_with(self->v, init.target, 0, 1U << KVM_ARM_VCPU_PSCI_0_2));
	EXPECT_EQ(EINVAL, init_with(self->v, init.target, 0, 0));
}

TEST_F(vcpu, unknown_ioctls)
{
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->v->fd, _IO(KVMIO, 0xff), 0)));
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->v->fd, KVM_CREATE_VM, 0)));
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->v->fd, KVM_RUN, 1)));
}

TEST_F(vcpu, immediate_exit)
{
	ASSERT_EQ(0, vcpu_init_features(self->v, 0));
	vcpu_start(self->v, guest_nothing, 0);
	self->v->run->immediate_exit = 1;
	EXPECT_EQ(EINTR, run_errno(self->v));
	EXPECT_EQ(EINTR, run_errno(self->v));
	EXPECT_EQ((u64)guest_start, vcpu_get64(self->v, CORE_REG(regs.pc)));
	self->v->run->immediate_exit = 0;
	vcpu_finish(self->v);
}

static bool answer(struct vcpu *v)
{
	*(u32 *)v->run->mmio.data = v->run->mmio.phys_addr == GUEST_MMIO_BASE ? 0x1234 : 0x5678;
	return true;
}

/* immediate_exit completes the MMIO that is under way, and only that. */
TEST_F(vcpu, immediate_exit_completes_mmio)
{
	ASSERT_EQ(0, vcpu_init_features(self->v, 0));
	vcpu_start(self->v, guest_mmio, 0);
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(self->v));
	ASSERT_EQ(GUEST_MMIO_BASE, self->v->run->mmio.phys_addr);
	answer(self->v);
	vcpu_complete(self->v);
	self->v->run->immediate_exit = 1;
	/* A second answer is not looked at any more. */
	memset(self->v->run->mmio.data, 0xff, 8);
	EXPECT_EQ(EINTR, run_errno(self->v));
	self->v->run->immediate_exit = 0;
	self->vm.mmio = answer;
	vcpu_finish(self->v);
}

static void on_signal(int sig)
{
}

static void *send_signals(void *thread)
{
	int i;

	for (i = 0; i < 50; i++) {
		usleep(2000);
		pthread_kill(*(pthread_t *)thread, SIGUSR1);
	}
	return NULL;
}

TEST_F(vcpu, signal_ends_run)
{
	struct sigaction action = { .sa_handler = on_signal };
	pthread_t me = pthread_self(), sender;

	ASSERT_EQ(0, vcpu_init_features(self->v, 0));
	vcpu_start(self->v, guest_spin, 0);
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, pthread_create(&sender, NULL, send_signals, &me));
	EXPECT_EQ(EINTR, run_errno(self->v));
	EXPECT_EQ(KVM_EXIT_INTR, self->v->run->exit_reason);
	pthread_join(sender, NULL);
}

/*
 * The usual way without races: the signal is blocked in the thread and open
 * only inside KVM_RUN; one that came before ends KVM_RUN at once, and stays.
 */
TEST_F(vcpu, signal_mask)
{
	struct { struct kvm_signal_mask head; u64 set; } __attribute__((packed)) mask = {
		.head.len = 8,
	};
	sigset_t block, pending;

	ASSERT_EQ(0, vcpu_init_features(self->v, 0));
	vcpu_start(self->v, guest_spin, 0);
	EXPECT_EQ(0, ioctl(self->v->fd, KVM_SET_SIGNAL_MASK, &mask));
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &block, NULL));
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	EXPECT_EQ(EINTR, run_errno(self->v));
	ASSERT_EQ(0, sigpending(&pending));
	EXPECT_EQ(1, sigismember(&pending, SIGUSR1));
	mask.head.len = 4;
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->v->fd, KVM_SET_SIGNAL_MASK, &mask)));
	EXPECT_EQ(0, ioctl(self->v->fd, KVM_SET_SIGNAL_MASK, NULL));
}

TEST_F(vcpu, mp_state)
{
	struct kvm_mp_state mp;

	ASSERT_EQ(0, vcpu_init_features(self->v, 1U << KVM_ARM_VCPU_POWER_OFF));
	ASSERT_EQ(0, ioctl(self->v->fd, KVM_GET_MP_STATE, &mp));
	EXPECT_EQ(KVM_MP_STATE_STOPPED, mp.mp_state);
	mp.mp_state = KVM_MP_STATE_RUNNABLE;
	ASSERT_EQ(0, ioctl(self->v->fd, KVM_SET_MP_STATE, &mp));
	ASSERT_EQ(0, ioctl(self->v->fd, KVM_GET_MP_STATE, &mp));
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, mp.mp_state);
	vcpu_start(self->v, guest_nothing, 0);
	vcpu_finish(self->v);
	mp.mp_state = KVM_MP_STATE_SUSPENDED;
	EXPECT_EQ(0, ioctl(self->v->fd, KVM_SET_MP_STATE, &mp));
	ASSERT_EQ(0, ioctl(self->v->fd, KVM_GET_MP_STATE, &mp));
	EXPECT_EQ(KVM_MP_STATE_SUSPENDED, mp.mp_state);
	mp.mp_state = KVM_MP_STATE_HALTED;
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->v->fd, KVM_SET_MP_STATE, &mp)));
	mp.mp_state = 1000;
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->v->fd, KVM_SET_MP_STATE, &mp)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->v->fd, KVM_SET_MP_STATE, NULL)));
}

/* A stopped vCPU sleeps in KVM_RUN; a signal still ends that. */
TEST_F(vcpu, stopped_sleeps)
{
	ASSERT_EQ(0, vcpu_init_features(self->v, 1U << KVM_ARM_VCPU_POWER_OFF));
	vcpu_start(self->v, guest_nothing, 0);
	vcpu_run_for_ms(self->v, 50);
	EXPECT_EQ(0, self->v->guest->ucall_cmd);
	EXPECT_EQ((u64)guest_start, vcpu_get64(self->v, CORE_REG(regs.pc)));
}

TEST_F(vcpu, mapping_is_shared)
{
	int size = ioctl(self->vm.dev, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_run *second = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
				      self->v->fd, 0);

	ASSERT_NE(MAP_FAILED, (void *)second);
	self->v->run->immediate_exit = 1;
	EXPECT_EQ(1, second->immediate_exit);
	munmap(second, size);
}

/* The second page is one ring for all vCPUs of a VM. */
TEST_F(vcpu, ring_is_shared)
{
	size_t size = 2 * getpagesize(), page = getpagesize();
	char *first = (char *)self->v->run;
	int fd = ioctl(self->vm.fd, KVM_CREATE_VCPU, 5);
	char *second = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, second);
	first[page + 100] = 0x55;
	EXPECT_EQ(0x55, second[page + 100]);
	EXPECT_NE(0x55, second[100]);
	munmap(second, size);
	close(fd);
}

TEST_F(vcpu, nothing_behind_the_mapping)
{
	off_t behind = ioctl(self->vm.dev, KVM_GET_VCPU_MMAP_SIZE, 0) + 16 * getpagesize();
	volatile char *p = mmap(NULL, getpagesize(), PROT_READ, MAP_SHARED, self->v->fd, behind);
	int status;
	pid_t pid;

	if (p == MAP_FAILED)
		return;
	pid = fork();
	if (!pid) {
		*p;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(SIGBUS, WTERMSIG(status));
}

TEST_F(vcpu, mapping_outlives_fd)
{
	int fd = ioctl(self->vm.fd, KVM_CREATE_VCPU, 5);
	struct kvm_run *run = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED,
				   fd, 0);

	ASSERT_NE(MAP_FAILED, (void *)run);
	close(fd);
	run->immediate_exit = 1;
	EXPECT_EQ(1, run->immediate_exit);
	munmap(run, getpagesize());
}

TEST_F(vcpu, runs_without_gic)
{
	ASSERT_EQ(0, vcpu_init_features(self->v, 0));
	vcpu_start(self->v, guest_nothing, 0);
	vcpu_finish(self->v);
}

TEST_HARNESS_MAIN
