// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves suspension: PSCI SYSTEM_SUSPEND is there only where user space has
 * enabled it, and then leaves with all registers as they were; a vCPU that user
 * space suspends sleeps, leaves with WAKEUP when an interrupt is there, goes on
 * doing so until user space makes it runnable, and then takes the interrupt.
 */
#include <errno.h>
#include <linux/psci.h>
#include <sys/ioctl.h>
#include "gic.h"
#include "kselftest_harness.h"
#include "vm.h"

#define SPI		40
#define SUSPEND64	PSCI_1_0_FN64_SYSTEM_SUSPEND

static void guest_without(u64 arg)
{
	GUEST_ASSERT_EQ((s32)guest_hvc(PSCI_1_0_FN_PSCI_FEATURES, SUSPEND64, 0, 0).x0, -1);
	GUEST_ASSERT_EQ(guest_hvc(SUSPEND64, 0x1000, 7, 0).x0, -1);
}

static void guest_with(u64 arg)
{
	struct smccc_result res;

	GUEST_ASSERT_EQ(guest_hvc(PSCI_1_0_FN_PSCI_FEATURES, SUSPEND64, 0, 0).x0, 0);
	res = guest_hvc(SUSPEND64, 0x1000, 7, 9);
	GUEST_ASSERT_EQ(res.x0, SUSPEND64);
	GUEST_ASSERT_EQ(res.x1, 0x1000);
	GUEST_ASSERT_EQ(res.x2, 7);
	GUEST_ASSERT_EQ(res.x3, 9);
}

static void guest_interrupted(u64 arg)
{
	gic_init();
	gic_enable(SPI);
	guest_sync(1);
	irq_enable();
	GUEST_WAIT(READ_ONCE(guest_self()->irqs[SPI]) == 1);
	guest_sync(2);
}

FIXTURE(suspend) {
	struct vm vm;
	struct vcpu *v;
};

FIXTURE_SETUP(suspend)
{
	vm_init(&self->vm, 1, guest_without);
	self->v = &self->vm.vcpu[0];
}

FIXTURE_TEARDOWN(suspend)
{
	vm_destroy(&self->vm);
}

static void set_state(struct vcpu *v, u32 state)
{
	struct kvm_mp_state mp = { .mp_state = state };

	CHECK_FD(ioctl(v->fd, KVM_SET_MP_STATE, &mp));
}

static u32 get_state(struct vcpu *v)
{
	struct kvm_mp_state mp;

	CHECK_FD(ioctl(v->fd, KVM_GET_MP_STATE, &mp));
	return mp.mp_state;
}

static void expect_event(struct __test_metadata *_metadata, struct vcpu *v, u32 type)
{
	ASSERT_EQ(KVM_EXIT_SYSTEM_EVENT, vcpu_run_exit(v));
	EXPECT_EQ(type, v->run->system_event.type);
}

TEST_F(suspend, not_enabled)
{
	vcpu_finish(self->v);
}

TEST_F(suspend, leaves_registers_alone)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_SYSTEM_SUSPEND };

	ASSERT_EQ(0, ioctl(self->vm.fd, KVM_ENABLE_CAP, &cap));
	vcpu_start(self->v, guest_with, 0);
	expect_event(_metadata, self->v, KVM_SYSTEM_EVENT_SUSPEND);
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, get_state(self->v));
	vcpu_finish(self->v);
}

TEST_F(suspend, sleeps_until_an_interrupt)
{
	vcpu_start(self->v, guest_interrupted, 0);
	vcpu_expect_sync(self->v, 1);
	vcpu_complete(self->v);
	set_state(self->v, KVM_MP_STATE_SUSPENDED);
	vcpu_run_for_ms(self->v, 50);
	EXPECT_EQ(0, self->v->guest->irqs[SPI]);
	ASSERT_EQ(0, vm_irq_line(&self->vm, SPI, 1));
	expect_event(_metadata, self->v, KVM_SYSTEM_EVENT_WAKEUP);
	EXPECT_EQ(KVM_MP_STATE_SUSPENDED, get_state(self->v));
	expect_event(_metadata, self->v, KVM_SYSTEM_EVENT_WAKEUP);
	EXPECT_EQ(0, self->v->guest->irqs[SPI]);
	set_state(self->v, KVM_MP_STATE_RUNNABLE);
	vcpu_expect_sync(self->v, 2);
}

TEST_HARNESS_MAIN
