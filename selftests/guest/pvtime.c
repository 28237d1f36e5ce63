// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves stolen time: the attribute's errors; a guest without a structure, or
 * whose firmware bitmap forbids it, has no such call; with one it finds the
 * structure zeroed where user space put it, and in it time that only grows and
 * that grows while others have the CPU; and what the kernel writes there is in
 * the dirty log.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include "kselftest_harness.h"
#include "vm.h"

#define FEATURES	0xc5000020UL
#define STOLEN		0xc5000021UL
#define ARCH_FEATURES	0x80000001UL
#define NONE		(~0ULL)

struct stolen {
	u32 revision;
	u32 attributes;
	u64 ns;
};

static void guest_without(u64 arg)
{
	GUEST_ASSERT_EQ(guest_hvc(FEATURES, STOLEN, 0, 0).x0, NONE);
	GUEST_ASSERT_EQ(guest_hvc(STOLEN, 0, 0, 0).x0, NONE);
}

static void guest_with(u64 base)
{
	volatile struct stolen *st = (void *)base;
	u64 last = 0, now;

	GUEST_ASSERT_EQ(guest_hvc(ARCH_FEATURES, FEATURES, 0, 0).x0, 0);
	GUEST_ASSERT_EQ(guest_hvc(FEATURES, FEATURES, 0, 0).x0, 0);
	GUEST_ASSERT_EQ(guest_hvc(FEATURES, STOLEN, 0, 0).x0, 0);
	GUEST_ASSERT_EQ(guest_hvc(FEATURES, 0x84000000, 0, 0).x0, NONE);
	GUEST_ASSERT_EQ(guest_hvc(STOLEN, 0, 0, 0).x0, base);
	GUEST_ASSERT_EQ(st->revision, 0);
	GUEST_ASSERT_EQ(st->attributes, 0);
	guest_sync(1);
	while (!last) {
		now = st->ns;
		GUEST_ASSERT(now >= last);
		last = now;
	}
	guest_sync(2);
}

FIXTURE(pvtime) {
	struct vm vm;
	struct vcpu *v;
	u64 base;
};

FIXTURE_SETUP(pvtime)
{
	vm_init(&self->vm, 1, guest_without);
	self->v = &self->vm.vcpu[0];
	self->base = (u64)vm_alloc(&self->vm, 64, 64);
	if (ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_STEAL_TIME) != 1)
		SKIP_IN_SETUP("this host does not count stolen time");
}

FIXTURE_TEARDOWN(pvtime)
{
	vm_destroy(&self->vm);
}

static int attr(struct vcpu *v, unsigned int nr, u64 attr, void *addr)
{
	return ERRNO(dev_attr(v->fd, nr, KVM_ARM_VCPU_PVTIME_CTRL, attr, addr));
}

static int place(struct vcpu *v, u64 base)
{
	return attr(v, KVM_SET_DEVICE_ATTR, KVM_ARM_VCPU_PVTIME_IPA, &base);
}

TEST_F(pvtime, attribute)
{
	u64 base = 0;

	EXPECT_EQ(0, attr(self->v, KVM_HAS_DEVICE_ATTR, KVM_ARM_VCPU_PVTIME_IPA, NULL));
	EXPECT_EQ(ENXIO, attr(self->v, KVM_HAS_DEVICE_ATTR, 1, NULL));
	EXPECT_EQ(ENXIO, attr(self->v, KVM_SET_DEVICE_ATTR, 1, &base));
	EXPECT_EQ(ENXIO, attr(self->v, KVM_GET_DEVICE_ATTR, 1, &base));
	EXPECT_EQ(ENXIO, ERRNO(dev_attr(self->v->fd, KVM_HAS_DEVICE_ATTR, 100, 0, NULL)));
	EXPECT_EQ(0, attr(self->v, KVM_GET_DEVICE_ATTR, KVM_ARM_VCPU_PVTIME_IPA, &base));
	EXPECT_EQ(NONE, base);
	EXPECT_EQ(EFAULT, attr(self->v, KVM_SET_DEVICE_ATTR, KVM_ARM_VCPU_PVTIME_IPA, NULL));
	EXPECT_EQ(EINVAL, place(self->v, self->base + 8));
	EXPECT_EQ(EINVAL, place(self->v, GUEST_NOWHERE));
	EXPECT_EQ(0, place(self->v, self->base));
	EXPECT_EQ(EEXIST, place(self->v, self->base));
	EXPECT_EQ(0, attr(self->v, KVM_GET_DEVICE_ATTR, KVM_ARM_VCPU_PVTIME_IPA, &base));
	EXPECT_EQ(self->base, base);
}

TEST_F(pvtime, no_structure)
{
	vcpu_finish(self->v);
}

TEST_F(pvtime, forbidden)
{
	ASSERT_EQ(0, place(self->v, self->base));
	vcpu_set64(self->v, KVM_REG_ARM_STD_HYP_BMAP, 0);
	vcpu_finish(self->v);
}

/* Another process on the vCPU's CPU, so that the vCPU has to wait for it. */
static pid_t start_rival(void)
{
	cpu_set_t one;
	pid_t pid;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	pid = fork();
	if (!pid)
		for (;;)
			;
	return pid;
}

TEST_F(pvtime, time_grows)
{
	struct stolen *st = (void *)self->base;
	unsigned long log[VM_RAM_SIZE / 4096 / 64] = {};
	struct kvm_dirty_log args = { .slot = VM_SLOT_RAM, .dirty_bitmap = log };
	u64 page = (self->base - self->vm.ram) / getpagesize();
	pid_t rival;

	st->ns = st->revision = 77;
	ASSERT_EQ(0, place(self->v, self->base));
	vcpu_start(self->v, guest_with, self->base);
	vcpu_expect_sync(self->v, 1);
	ASSERT_EQ(0, vm_set_slot(&self->vm, VM_SLOT_RAM, KVM_MEM_LOG_DIRTY_PAGES, self->vm.ram,
				 VM_RAM_SIZE, (void *)self->vm.ram));
	rival = start_rival();
	vcpu_expect_sync(self->v, 2);
	kill(rival, SIGKILL);
	waitpid(rival, NULL, 0);
	EXPECT_NE(0, st->ns);
	ASSERT_EQ(0, ioctl(self->vm.fd, KVM_GET_DIRTY_LOG, &args));
	EXPECT_EQ(1, log[page / 64] >> page % 64 & 1);
}

TEST_HARNESS_MAIN
