// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves what becomes of an MMIO access that the syndrome does not describe:
 * ENOSYS at first; where KVM_CAP_ARM_NISV_TO_USER is enabled, KVM_EXIT_ARM_NISV
 * with the address, after which user space moves the guest on, or has it take
 * an external abort. Nothing of it harms an access that is described.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"

static void load_pair(u64 at)
{
	asm volatile("ldp x2, x3, [%0]" : : "r" (at) : "x2", "x3", "memory");
}

static void store_pair(u64 at)
{
	asm volatile("stp xzr, xzr, [%0]" : : "r" (at) : "memory");
}

static void guest_pairs(u64 at)
{
	load_pair(at);
	store_pair(at + 16);
	guest_sync(1);
}

static void guest_caught(u64 at)
{
	u64 esr = GUEST_CATCH(load_pair(at));

	GUEST_ASSERT_EQ(ESR_EC(esr), ESR_EC_DABT_CUR);
	GUEST_ASSERT_EQ(ESR_FSC(esr), ESR_FSC_EXTABT);
	GUEST_ASSERT_EQ(guest_self()->far, at);
	guest_sync(1);
}

FIXTURE(nisv) {
	struct vm vm;
	struct vcpu *v;
};

FIXTURE_SETUP(nisv)
{
	vm_init(&self->vm, 1, guest_pairs);
	self->v = &self->vm.vcpu[0];
	vcpu_start(self->v, guest_pairs, GUEST_MMIO_BASE + 0x20);
}

FIXTURE_TEARDOWN(nisv)
{
	vm_destroy(&self->vm);
}

static int enable(struct vm *vm)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_NISV_TO_USER };

	return ioctl(vm->fd, KVM_ENABLE_CAP, &cap);
}

static void skip(struct vcpu *v)
{
	vcpu_set64(v, CORE_REG(regs.pc), vcpu_get64(v, CORE_REG(regs.pc)) + 4);
}

TEST_F(nisv, not_enabled)
{
	EXPECT_EQ(ENOSYS, ERRNO(ioctl(self->v->fd, KVM_RUN, 0)));
	/* The guest is where it was. */
	EXPECT_EQ(ENOSYS, ERRNO(ioctl(self->v->fd, KVM_RUN, 0)));
	skip(self->v);
	EXPECT_EQ(ENOSYS, ERRNO(ioctl(self->v->fd, KVM_RUN, 0)));
	skip(self->v);
	vcpu_expect_sync(self->v, 1);
}

TEST_F(nisv, user_moves_on)
{
	struct kvm_run *run = self->v->run;

	ASSERT_EQ(0, enable(&self->vm));
	ASSERT_EQ(KVM_EXIT_ARM_NISV, vcpu_run_exit(self->v));
	EXPECT_EQ(GUEST_MMIO_BASE + 0x20, run->arm_nisv.fault_ipa);
	EXPECT_EQ(0, run->arm_nisv.esr_iss & (1 << 24));
	EXPECT_EQ(0, run->arm_nisv.esr_iss & (1 << 6));
	skip(self->v);
	ASSERT_EQ(KVM_EXIT_ARM_NISV, vcpu_run_exit(self->v));
	EXPECT_EQ(GUEST_MMIO_BASE + 0x30, run->arm_nisv.fault_ipa);
	EXPECT_NE(0, run->arm_nisv.esr_iss & (1 << 6));
	skip(self->v);
	vcpu_expect_sync(self->v, 1);
}

TEST_F(nisv, user_aborts)
{
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };

	ASSERT_EQ(0, enable(&self->vm));
	vcpu_start(self->v, guest_caught, GUEST_MMIO_BASE + 0x40);
	ASSERT_EQ(KVM_EXIT_ARM_NISV, vcpu_run_exit(self->v));
	ASSERT_EQ(0, ioctl(self->v->fd, KVM_SET_VCPU_EVENTS, &events));
	vcpu_expect_sync(self->v, 1);
}

TEST_HARNESS_MAIN
