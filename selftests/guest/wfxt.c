// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves WFIT and WFET: a wait ends at its time with no interrupt there, whether the
 * host spins or sleeps, ends at once for a time that has passed, and ends early for an
 * interrupt; and a guest that is not told of them by its ID registers has a host
 * that lacks them.
 */
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"

#define ID_AA64ISAR2	ARM64_SYS_REG(3, 0, 0, 6, 2)
#define ISAR2_WFXT	0xf
#define TICKS		2000000
#define NEVER		(1ULL << 40)
#define ROUNDS		5
/* A wait may end early, as for a signal to the host's thread, but not each time. */
#define MANY		50

/* By encoding: the assembler must not need the extension. */
static void wfit(u64 until)
{
	asm volatile("msr s0_3_c1_c0_1, %0" : : "r" (until) : "memory");
}

static void wfet(u64 until)
{
	asm volatile("msr s0_3_c1_c0_0, %0" : : "r" (until) : "memory");
}

static void guest_waits(u64 arg)
{
	u32 i, waits;
	u64 until;

	irq_disable();
	for (i = 0; i < ROUNDS; i++) {
		until = counter_virtual() + TICKS;
		for (waits = 0; counter_virtual() < until; waits++)
			wfit(until);
		GUEST_ASSERT(waits >= 1);
		GUEST_ASSERT(waits < MANY);
	}
}

/* The end of a wait is no interrupt, and does not stay for the next. */
static void guest_in_the_past(u64 arg)
{
	irq_disable();
	wfit(counter_virtual() - 1);
	wfet(counter_virtual() - 1);
	asm volatile("msr s0_3_c1_c0_1, xzr" : : : "memory");
	asm volatile("mov x30, #1; msr s0_3_c1_c0_1, x30" : : : "x30", "memory");
	guest_waits(0);
	GUEST_ASSERT_EQ(read_sysreg(isr_el1), 0);
}

/* An interrupt that is pending from then on. */
static void arm_timer(u64 at)
{
	gic_init();
	irq_disable();
	gic_enable(GIC_PPI_VTIMER);
	write_sysreg(at, cntv_cval_el0);
	write_sysreg(1, cntv_ctl_el0);
	isb();
}

static void guest_wakes_by_timer(u64 arg)
{
	u32 *fired = &guest_self()->irqs[GIC_PPI_VTIMER];
	u64 start = counter_virtual();

	arm_timer(start + TICKS);
	while (!read_sysreg(isr_el1))
		wfit(start + NEVER);
	GUEST_ASSERT_EQ(gic_ack(), GIC_PPI_VTIMER);
	write_sysreg(0, cntv_ctl_el0);
	isb();
	gic_eoi(GIC_PPI_VTIMER);
	GUEST_ASSERT_EQ(READ_ONCE(*fired), 0);
	GUEST_ASSERT(counter_virtual() < start + NEVER);
	guest_waits(0);
}

/* WFI itself is not taken for one with a time, whatever is in its neighbours. */
static void guest_wfi_waits(u64 arg)
{
	u64 start = counter_virtual();
	u32 waits;

	arm_timer(start + TICKS);
	for (waits = 0; !read_sysreg(isr_el1); waits++)
		asm volatile("mov x0, #1; wfi; msr s0_3_c1_c0_0, x0" : : : "x0", "memory");
	GUEST_ASSERT(waits < MANY);
	GUEST_ASSERT(counter_virtual() >= start + TICKS);
}

static void guest_cannot(u64 arg)
{
	GUEST_ASSERT_EQ(read_sysreg(s3_0_c0_c6_2) & ISAR2_WFXT, 0);
}

FIXTURE(wfxt) {
	struct vm vm;
};

FIXTURE_VARIANT(wfxt) {
	guest_fn guest;
};

FIXTURE_VARIANT_ADD(wfxt, waits) { guest_waits };
FIXTURE_VARIANT_ADD(wfxt, in_the_past) { guest_in_the_past };
FIXTURE_VARIANT_ADD(wfxt, wakes_by_timer) { guest_wakes_by_timer };
FIXTURE_VARIANT_ADD(wfxt, wfi_waits) { guest_wfi_waits };

FIXTURE_SETUP(wfxt)
{
	if (dev_is_kvm() && host_is_emulated())
		SKIP_IN_SETUP("QEMU says WFI of WFIT, and KVM believes it");
	vm_init(&self->vm, 1, variant->guest);
}

FIXTURE_TEARDOWN(wfxt)
{
	vm_destroy(&self->vm);
}

static bool guest_has_it(struct vm *vm)
{
	return vcpu_get64(&vm->vcpu[0], ID_AA64ISAR2) & ISAR2_WFXT;
}

TEST_F_TIMEOUT(wfxt, holds, TEST_TIMEOUT_DEFAULT)
{
	if (!guest_has_it(&self->vm))
		SKIP(return, "the host has no WFIT");
	vcpu_finish(&self->vm.vcpu[0]);
}

/* Lowered by user space, it is gone from sight. */
TEST(can_be_hidden)
{
	struct vm vm;
	u64 less;

	vm_init(&vm, 1, guest_cannot);
	less = vcpu_get64(&vm.vcpu[0], ID_AA64ISAR2) & ~(u64)ISAR2_WFXT;
	if (guest_has_it(&vm) && vcpu_set(&vm.vcpu[0], ID_AA64ISAR2, &less)) {
		ASSERT_TRUE(dev_is_kvm());
		SKIP(return, "ID registers cannot be lowered before 6.6");
	}
	vcpu_finish(&vm.vcpu[0]);
}

TEST_HARNESS_MAIN
