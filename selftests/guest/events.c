// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS: an SError is pending until
 * the guest unmasks it, and then comes once, with the syndrome given where the
 * host has RAS; a syndrome that does not fit is refused and leaves nothing; an
 * external data abort is taken at once.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"

#define SYNDROME	0xab1234ULL

static u64 serrors, last_esr;

static void on_serror(struct guest_regs *regs)
{
	counter_inc(serrors);
	last_esr = read_sysreg(esr_el1);
}

static void guest_serror(u64 arg)
{
	guest_hooks.serror = on_serror;
	guest_sync(1);
	GUEST_ASSERT_EQ(serrors, 0);
	serror_enable();
	isb();
	GUEST_WAIT(counter_read(serrors) == 1);
	guest_sync(2);
	GUEST_ASSERT_EQ(counter_read(serrors), 1);
}

static void guest_abort(u64 at)
{
	u64 esr;

	esr = GUEST_CATCH(mmio_read32(at));
	GUEST_ASSERT_EQ(ESR_EC(esr), ESR_EC_DABT_CUR);
	GUEST_ASSERT_EQ(ESR_FSC(esr), ESR_FSC_EXTABT);
	GUEST_ASSERT_EQ(guest_self()->far, at);
	guest_sync(1);
}

FIXTURE(events) {
	struct vm vm;
	struct vcpu *v;
	bool ras;
};

FIXTURE_SETUP(events)
{
	vm_init(&self->vm, 1, guest_serror);
	self->v = &self->vm.vcpu[0];
	self->ras = ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_ARM_INJECT_SERROR_ESR);
}

FIXTURE_TEARDOWN(events)
{
	vm_destroy(&self->vm);
}

static struct kvm_vcpu_events get_events(struct vcpu *v)
{
	struct kvm_vcpu_events events;

	memset(&events, 0xff, sizeof(events));
	CHECK_FD(ioctl(v->fd, KVM_GET_VCPU_EVENTS, &events));
	return events;
}

static int set_serror(struct vcpu *v, bool has_esr, u64 esr)
{
	struct kvm_vcpu_events events = {
		.exception.serror_pending = 1,
		.exception.serror_has_esr = has_esr,
		.exception.serror_esr = esr,
	};

	return ERRNO(ioctl(v->fd, KVM_SET_VCPU_EVENTS, &events));
}

TEST_F(events, nothing_at_first)
{
	struct kvm_vcpu_events events = get_events(self->v), none = {};

	none.exception.serror_has_esr = self->ras;
	EXPECT_EQ(0, memcmp(&none, &events, sizeof(none)));
	EXPECT_EQ(0, ioctl(self->v->fd, KVM_SET_VCPU_EVENTS, &events));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->v->fd, KVM_GET_VCPU_EVENTS, NULL)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->v->fd, KVM_SET_VCPU_EVENTS, NULL)));
}

TEST_F(events, serror)
{
	vcpu_expect_sync(self->v, 1);
	ASSERT_EQ(0, set_serror(self->v, false, 0));
	EXPECT_EQ(1, get_events(self->v).exception.serror_pending);
	vcpu_expect_sync(self->v, 2);
	EXPECT_EQ(ESR_EC_SERROR, ESR_EC(last_esr));
	EXPECT_EQ(0, get_events(self->v).exception.serror_pending);
	vcpu_finish(self->v);
}

TEST_F(events, serror_with_syndrome)
{
	struct kvm_vcpu_events events;

	if (!self->ras)
		SKIP(return, "this host has no RAS");
	vcpu_expect_sync(self->v, 1);
	ASSERT_EQ(0, set_serror(self->v, true, SYNDROME));
	events = get_events(self->v);
	EXPECT_EQ(1, events.exception.serror_pending);
	EXPECT_EQ(SYNDROME, events.exception.serror_esr);
	/* As a client does that carries a vCPU elsewhere. */
	ASSERT_EQ(0, ioctl(self->v->fd, KVM_SET_VCPU_EVENTS, &events));
	vcpu_expect_sync(self->v, 2);
	EXPECT_EQ(SYNDROME, ESR_ISS(last_esr));
	vcpu_finish(self->v);
}

TEST_F(events, bad_syndromes)
{
	vcpu_expect_sync(self->v, 1);
	EXPECT_EQ(EINVAL, set_serror(self->v, true, 1ULL << 25));
	EXPECT_EQ(EINVAL, set_serror(self->v, true, ~0ULL));
	if (!self->ras)
		EXPECT_EQ(EINVAL, set_serror(self->v, true, SYNDROME));
	EXPECT_EQ(0, get_events(self->v).exception.serror_pending);
}

TEST_F(events, external_abort)
{
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };

	vcpu_start(self->v, guest_abort, GUEST_MMIO_BASE + 0x24);
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(self->v));
	ASSERT_EQ(0, ioctl(self->v->fd, KVM_SET_VCPU_EVENTS, &events));
	EXPECT_EQ(0, get_events(self->v).exception.ext_dabt_pending);
	vcpu_expect_sync(self->v, 1);
}

TEST_HARNESS_MAIN
