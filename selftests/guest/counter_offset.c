// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves KVM_ARM_SET_COUNTER_OFFSET, which newer kernels have: both of the
 * guest's counters and both timers go by the one offset, whatever the physical
 * timer was doing before; the counter's own register is not written any more;
 * and the errors.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"

#define CTL_ENABLE	1
#define CTL_IMASK	2
#define CTL_ISTATUS	4
#define TICKS		20000
#define ROUNDS		10

/* Where the guest's time is to be, and how far it may have come since. */
#define SOME_TIME	(1ULL << 41)
#define A_WHILE		(1ULL << 40)

#define NEAR(seen, time)	((seen) - (time) < A_WHILE)

static int set_offset(struct vm *vm, u64 offset)
{
	struct kvm_arm_counter_offset args = { .counter_offset = offset };

	return ioctl(vm->fd, KVM_ARM_SET_COUNTER_OFFSET, &args);
}

/* The offset with which a guest's time is now @time: the host's counter at EL0 has none. */
static u64 offset_for(u64 time)
{
	return counter_virtual() - time;
}

static bool supported(struct vm *vm)
{
	return ioctl(vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_COUNTER_OFFSET) == 1;
}

FIXTURE(offset) {
	struct vm vm;
};

static void guest_read(u64 arg);

FIXTURE_SETUP(offset)
{
	vm_init(&self->vm, 1, guest_read);
	if (!supported(&self->vm))
		SKIP_IN_SETUP("no counter offset in this kernel's API");
}

FIXTURE_TEARDOWN(offset)
{
	vm_destroy(&self->vm);
}

static u64 virtual_time, physical_time;

static void guest_read(u64 arg)
{
	for (;;) {
		virtual_time = counter_virtual();
		physical_time = counter_physical();
		guest_sync(1);
	}
}

TEST_F(offset, moves_both_counters)
{
	struct vcpu *vcpu = &self->vm.vcpu[0];

	ASSERT_EQ(0, set_offset(&self->vm, offset_for(SOME_TIME)));
	vcpu_expect_sync(vcpu, 1);
	EXPECT_TRUE(NEAR(virtual_time, SOME_TIME));
	EXPECT_GE(physical_time, virtual_time);
	EXPECT_TRUE(NEAR(physical_time, SOME_TIME));
	EXPECT_TRUE(NEAR(vcpu_get64(vcpu, KVM_REG_ARM_TIMER_CNT), SOME_TIME));

	/* As often as user space likes, and ahead of the host's as well. */
	ASSERT_EQ(0, set_offset(&self->vm, offset_for(1ULL << 60)));
	vcpu_expect_sync(vcpu, 1);
	EXPECT_TRUE(NEAR(virtual_time, 1ULL << 60));
	EXPECT_TRUE(NEAR(physical_time, 1ULL << 60));

	ASSERT_EQ(0, set_offset(&self->vm, 0));
	vcpu_expect_sync(vcpu, 1);
	EXPECT_TRUE(NEAR(counter_virtual(), virtual_time));
	EXPECT_GE(physical_time, virtual_time);
	EXPECT_TRUE(NEAR(counter_virtual(), physical_time));
}

TEST_F(offset, overrules_the_register)
{
	struct vcpu *vcpu = &self->vm.vcpu[0];

	vcpu_set64(vcpu, KVM_REG_ARM_TIMER_CNT, 1ULL << 50);
	EXPECT_TRUE(NEAR(vcpu_get64(vcpu, KVM_REG_ARM_TIMER_CNT), 1ULL << 50));
	ASSERT_EQ(0, set_offset(&self->vm, offset_for(SOME_TIME)));
	EXPECT_TRUE(NEAR(vcpu_get64(vcpu, KVM_REG_ARM_TIMER_CNT), SOME_TIME));
	vcpu_set64(vcpu, KVM_REG_ARM_TIMER_CNT, 1ULL << 50);
	EXPECT_TRUE(NEAR(vcpu_get64(vcpu, KVM_REG_ARM_TIMER_CNT), SOME_TIME));
	vcpu_expect_sync(vcpu, 1);
	EXPECT_TRUE(NEAR(virtual_time, SOME_TIME));
}

TEST_F(offset, malformed)
{
	struct kvm_arm_counter_offset args = { .reserved = 1 };

	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->vm.fd, KVM_ARM_SET_COUNTER_OFFSET, &args)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->vm.fd, KVM_ARM_SET_COUNTER_OFFSET, 8)));
	/* Neither has counted: the register can be set still. */
	vcpu_set64(&self->vm.vcpu[0], KVM_REG_ARM_TIMER_CNT, 1ULL << 50);
	EXPECT_TRUE(NEAR(vcpu_get64(&self->vm.vcpu[0], KVM_REG_ARM_TIMER_CNT), 1ULL << 50));
}

static u32 inside, leave;

static void guest_stays(u64 arg)
{
	counter_set(inside, 1);
	GUEST_WAIT(counter_read(leave));
}

TEST_F(offset, not_while_a_vcpu_runs)
{
	struct vcpu *vcpu = &self->vm.vcpu[0];

	vcpu_start(vcpu, guest_stays, 0);
	vcpu_spawn(vcpu);
	while (!counter_read(inside))
		usleep(1000);
	EXPECT_EQ(EBUSY, ERRNO(set_offset(&self->vm, 1)));
	counter_set(leave, 1);
	vcpu_join(vcpu);
	EXPECT_EQ(0, set_offset(&self->vm, 1));
}

static u32 fired(u32 ppi)
{
	return READ_ONCE(guest_self()->irqs[ppi]);
}

static bool early;
static u64 due;

/* One hook for both: each turns itself off. */
static void expire(u32 intid)
{
	if (intid == GIC_PPI_PTIMER) {
		early |= (s64)(counter_physical() - due) < 0;
		early |= !(read_sysreg(cntp_ctl_el0) & CTL_ISTATUS);
		write_sysreg(CTL_ENABLE | CTL_IMASK, cntp_ctl_el0);
	} else if (intid == GIC_PPI_VTIMER) {
		early |= (s64)(counter_virtual() - due) < 0;
		write_sysreg(CTL_ENABLE | CTL_IMASK, cntv_ctl_el0);
	}
	isb();
}

static void start(void)
{
	guest_hooks.intid = expire;
	gic_init();
	irq_disable();
	write_sysreg(0, cntp_ctl_el0);
	write_sysreg(0, cntv_ctl_el0);
	gic_enable(GIC_PPI_PTIMER);
	gic_enable(GIC_PPI_VTIMER);
}

static void arm_physical(s64 ticks)
{
	due = counter_physical() + ticks;
	write_sysreg(due, cntp_cval_el0);
	write_sysreg(CTL_ENABLE, cntp_ctl_el0);
	isb();
}

static void sleep_until_fired(u32 ppi, u32 times)
{
	while (fired(ppi) < times) {
		wfi();
		irq_enable();
		isb();
		irq_disable();
	}
}

/* The same again each time the host comes back from a change. */
static void guest_timers(u64 arg)
{
	u32 i, n = 0;

	start();
	for (;;) {
		irq_enable();
		for (i = 0; i < ROUNDS; i++) {
			arm_physical(i % 2 ? -100 : TICKS);
			n++;
			GUEST_WAIT(fired(GIC_PPI_PTIMER) == n);
		}
		irq_disable();

		arm_physical(TICKS);
		sleep_until_fired(GIC_PPI_PTIMER, ++n);

		due = counter_virtual() + TICKS;
		write_sysreg(TICKS, cntv_tval_el0);
		write_sysreg(CTL_ENABLE, cntv_ctl_el0);
		isb();
		sleep_until_fired(GIC_PPI_VTIMER, n / (ROUNDS + 1));

		write_sysreg(CTL_ENABLE | CTL_IMASK, cntp_ctl_el0);
		write_sysreg(TICKS, cntp_tval_el0);
		isb();
		GUEST_ASSERT((s32)read_sysreg(cntp_tval_el0) <= TICKS);
		GUEST_ASSERT(read_sysreg(cntp_cval_el0) - counter_physical() + (1ULL << 32) <
			     (1ULL << 33));
		GUEST_ASSERT(!early);
		guest_sync(2);
	}
}

TEST_F(offset, timers_go_by_it)
{
	struct vcpu *vcpu = &self->vm.vcpu[0];

	vcpu_start(vcpu, guest_timers, 0);
	ASSERT_EQ(0, set_offset(&self->vm, offset_for(SOME_TIME)));
	vcpu_expect_sync(vcpu, 2);
	ASSERT_EQ(0, set_offset(&self->vm, offset_for(SOME_TIME * 3)));
	vcpu_expect_sync(vcpu, 2);
}

/* The CPU's own physical timer was the guest's until then. */
TEST_F(offset, timers_that_had_none)
{
	struct vcpu *vcpu = &self->vm.vcpu[0];

	vcpu_start(vcpu, guest_timers, 0);
	vcpu_expect_sync(vcpu, 2);
	ASSERT_EQ(0, set_offset(&self->vm, offset_for(SOME_TIME)));
	vcpu_expect_sync(vcpu, 2);
	ASSERT_EQ(0, set_offset(&self->vm, 0));
	vcpu_expect_sync(vcpu, 2);
}

/* Armed before, and due by the new time only. */
static void guest_waits_for_jump(u64 pending)
{
	start();
	due = SOME_TIME;
	write_sysreg(due, cntp_cval_el0);
	write_sysreg(CTL_ENABLE, cntp_ctl_el0);
	isb();
	if (pending) {
		/* High before the change, but not taken. */
		arm_physical(-100);
		GUEST_WAIT(gic_pending(GIC_PPI_PTIMER));
	}
	guest_sync(3);
	irq_enable();
	GUEST_WAIT(fired(GIC_PPI_PTIMER) == 1);
	irq_disable();
	GUEST_ASSERT(pending || !early);
	GUEST_ASSERT(!gic_pending(GIC_PPI_PTIMER));
	arm_physical(TICKS);
	sleep_until_fired(GIC_PPI_PTIMER, 2);
	GUEST_ASSERT(!gic_active(GIC_PPI_PTIMER));
}

static void jump(struct vm *vm, u64 pending)
{
	struct vcpu *vcpu = &vm->vcpu[0];

	if (!pending)
		CHECK_FD(set_offset(vm, offset_for(0)));
	vcpu_start(vcpu, guest_waits_for_jump, pending);
	vcpu_expect_sync(vcpu, 3);
	CHECK_FD(set_offset(vm, offset_for(2 * SOME_TIME)));
	vcpu_finish(vcpu);
}

TEST_F(offset, jump_over_a_deadline)
{
	jump(&self->vm, 0);
}

TEST_F(offset, jump_with_a_pending_interrupt)
{
	jump(&self->vm, 1);
}

TEST_HARNESS_MAIN
