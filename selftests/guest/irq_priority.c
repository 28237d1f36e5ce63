// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves how interrupts compete on one CPU: the order in which they are
 * acknowledged, preemption by a higher priority and none by an equal one, the
 * binary point, the running priority, and both EOI modes with their separate
 * priority drop and deactivation.
 */
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"

#define NR	8
#define DEPTH	4
#define LOW	40
#define HIGH	41
#define PRIO(n)	((n) * 8)

static u32 seen[16], nr_seen;

static void note(u32 intid)
{
	seen[nr_seen++ % 16] = intid;
}

static void prepare(u32 intid, u8 prio)
{
	gic_set_edge(intid, true);
	gic_set_priority(intid, prio);
	gic_enable(intid);
}

/* INTIDs and priorities run in opposite directions. */
static void guest_order(u64 arg)
{
	u32 i;

	gic_init();
	irq_disable();
	for (i = 0; i < NR; i++) {
		prepare(LOW + i, PRIO(NR - i));
		gic_set_pending(LOW + i);
	}
	for (i = 0; i < NR; i++) {
		u32 want = LOW + NR - 1 - i;

		GUEST_ASSERT_EQ(read_sysreg(icc_hppir1_el1), want);
		GUEST_ASSERT_EQ(gic_ack(), want);
		GUEST_ASSERT_EQ(read_sysreg(icc_rpr_el1), PRIO(1 + i));
		gic_eoi(want);
		GUEST_ASSERT_EQ(read_sysreg(icc_rpr_el1), 0xff);
	}
	GUEST_ASSERT_EQ(gic_ack(), GIC_SPURIOUS);
}

static bool equal;

/* Takes LOW, makes HIGH pending inside, and says what happened. */
static void nest(u32 intid)
{
	note(intid);
	if (intid != LOW)
		return;
	gic_set_pending(HIGH);
	irq_enable();
	isb();
	if (!equal)
		GUEST_WAIT(nr_seen == 2);
	irq_disable();
	note(LOW);
}

static void nest_saved(struct guest_regs *regs)
{
	/* A nested exception writes over both. */
	u64 elr = read_sysreg(elr_el1), spsr = read_sysreg(spsr_el1);

	gic_irq(regs);
	write_sysreg(elr, elr_el1);
	write_sysreg(spsr, spsr_el1);
}

static void run_nest(u8 low, u8 high, u64 bpr)
{
	guest_hooks.intid = nest;
	guest_hooks.irq = nest_saved;
	gic_init();
	write_sysreg(bpr, icc_bpr1_el1);
	isb();
	prepare(LOW, low);
	prepare(HIGH, high);
	gic_set_pending(LOW);
	GUEST_WAIT(nr_seen == 3);
	GUEST_ASSERT_EQ(seen[0], LOW);
}

static void guest_preempts(u64 arg)
{
	run_nest(0xa0, 0x40, 0);
	GUEST_ASSERT_EQ(seen[1], HIGH);
	GUEST_ASSERT_EQ(seen[2], LOW);
}

static void guest_equal_waits(u64 arg)
{
	equal = true;
	run_nest(0xa0, 0xa0, 0);
	GUEST_ASSERT_EQ(seen[1], LOW);
	GUEST_ASSERT_EQ(seen[2], HIGH);
}

/* 0xb0 and 0xa0 are one group where only bits 7 and 6 decide. */
static void guest_binary_point(u64 arg)
{
	equal = true;
	run_nest(0xb0, 0xa0, 5);
	GUEST_ASSERT_EQ(seen[1], LOW);
	GUEST_ASSERT_EQ(seen[2], HIGH);
}

static void guest_eoimode1(u64 arg)
{
	gic_init();
	irq_disable();
	write_sysreg(ICC_CTLR_EL1_EOImode_drop, icc_ctlr_el1);
	isb();
	prepare(LOW, 0xa0);
	prepare(HIGH, 0xa0);
	gic_set_pending(LOW);
	GUEST_ASSERT_EQ(gic_ack(), LOW);
	gic_set_pending(HIGH);
	GUEST_ASSERT_EQ(gic_ack(), GIC_SPURIOUS);
	gic_eoi(LOW);
	/* Dropped, not deactivated: others pass, itself does not. */
	GUEST_ASSERT_EQ(read_sysreg(icc_rpr_el1), 0xff);
	GUEST_ASSERT(gic_active(LOW));
	GUEST_ASSERT_EQ(gic_ack(), HIGH);
	gic_eoi(HIGH);
	gic_set_pending(LOW);
	GUEST_ASSERT_EQ(gic_ack(), GIC_SPURIOUS);
	gic_deactivate(LOW);
	GUEST_ASSERT_EQ(gic_ack(), LOW);
	gic_eoi(LOW);
	gic_deactivate(LOW);
	gic_deactivate(HIGH);
	GUEST_ASSERT(!gic_active(LOW));
	GUEST_ASSERT(!gic_active(HIGH));
	GUEST_ASSERT_EQ(gic_ack(), GIC_SPURIOUS);
}

/* Each nests into the one before; not deeper than any CPU's list registers. */
static void guest_stack_of_priorities(u64 arg)
{
	u32 i;

	gic_init();
	irq_disable();
	for (i = 0; i < DEPTH; i++)
		prepare(LOW + i, PRIO(DEPTH - i));
	for (i = 0; i < DEPTH; i++) {
		gic_set_pending(LOW + i);
		GUEST_ASSERT_EQ(gic_ack(), LOW + i);
		GUEST_ASSERT_EQ(read_sysreg(icc_rpr_el1), PRIO(DEPTH - i));
	}
	for (i = DEPTH; i-- > 0;) {
		GUEST_ASSERT(gic_active(LOW + i));
		GUEST_ASSERT_EQ(read_sysreg(icc_rpr_el1), PRIO(DEPTH - i));
		gic_eoi(LOW + i);
		GUEST_ASSERT(!gic_active(LOW + i));
	}
	GUEST_ASSERT_EQ(read_sysreg(icc_rpr_el1), 0xff);
}

/* A device access between acknowledge and EOI leaves the CPU interface alone. */
static void guest_state_survives_exit(u64 arg)
{
	gic_init();
	irq_disable();
	prepare(LOW, 0x80);
	prepare(HIGH, 0xc0);
	gic_set_pending(LOW);
	GUEST_ASSERT_EQ(gic_ack(), LOW);
	gic_set_pmr(0xf0);
	guest_sync(1);
	GUEST_ASSERT_EQ(read_sysreg(icc_rpr_el1), 0x80);
	GUEST_ASSERT_EQ(read_sysreg(icc_pmr_el1), 0xf0);
	gic_set_pending(HIGH);
	GUEST_ASSERT_EQ(gic_ack(), GIC_SPURIOUS);
	gic_eoi(LOW);
	GUEST_ASSERT_EQ(gic_ack(), HIGH);
	gic_eoi(HIGH);
}

static void run_guest(guest_fn fn)
{
	struct vm vm;

	vm_init(&vm, 1, fn);
	vcpu_finish(&vm.vcpu[0]);
}

TEST(acknowledged_by_priority)
{
	run_guest(guest_order);
}

TEST(higher_preempts)
{
	run_guest(guest_preempts);
}

TEST(equal_does_not_preempt)
{
	run_guest(guest_equal_waits);
}

TEST(binary_point_joins_priorities)
{
	run_guest(guest_binary_point);
}

TEST(eoimode_1)
{
	run_guest(guest_eoimode1);
}

TEST(nested_active_priorities)
{
	run_guest(guest_stack_of_priorities);
}

TEST(active_priority_survives_exit)
{
	run_guest(guest_state_survives_exit);
}

TEST_HARNESS_MAIN
