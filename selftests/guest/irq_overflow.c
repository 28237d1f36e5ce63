// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that more interrupts than the CPU has list registers (4 on many
 * cores, 16 at most) lose and double nothing: pending at once, held by level
 * lines, ordered by priority, and active at once with deactivation apart.
 */
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"

#define FIRST	64
#define NR	64

static u8 last_prio;
static bool ordered = true;

static void prepare_all(bool edge, bool prios)
{
	u32 i;

	gic_init();
	irq_disable();
	for (i = 0; i < NR; i++) {
		gic_set_edge(FIRST + i, edge);
		gic_set_priority(FIRST + i, prios ? 0x20 + (NR - 1 - i) / 4 * 8 : 0x80);
		gic_enable(FIRST + i);
	}
}

static void check_counts(u32 want)
{
	u32 i, *irqs = guest_self()->irqs;

	for (i = 0; i < NR; i++)
		GUEST_ASSERT_EQ(READ_ONCE(irqs[FIRST + i]), want);
}

static u32 total(void)
{
	u32 i, sum = 0, *irqs = guest_self()->irqs;

	for (i = 0; i < NR; i++)
		sum += READ_ONCE(irqs[FIRST + i]);
	return sum;
}

static void guest_pending_at_once(u64 arg)
{
	u32 round, i;

	prepare_all(true, false);
	for (round = 1; round <= 10; round++) {
		for (i = 0; i < NR; i++)
			gic_set_pending(FIRST + i);
		irq_enable();
		GUEST_WAIT(total() >= NR * round);
		irq_disable();
		check_counts(round);
	}
}

static void check_order(u32 intid)
{
	u8 prio = gic_priority(intid);

	if (prio < last_prio)
		ordered = false;
	last_prio = prio;
}

static void guest_priority_order(u64 arg)
{
	u32 i;

	guest_hooks.intid = check_order;
	prepare_all(true, true);
	for (i = 0; i < NR; i++)
		gic_set_pending(FIRST + i);
	irq_enable();
	GUEST_WAIT(total() >= NR);
	check_counts(1);
	GUEST_ASSERT(ordered);
}

static void lower(u32 intid)
{
	guest_set_line(intid, 0);
}

static void guest_level_lines(u64 arg)
{
	u32 round, i;

	guest_hooks.intid = lower;
	prepare_all(false, false);
	for (round = 1; round <= 3; round++) {
		for (i = 0; i < NR; i++)
			guest_set_line(FIRST + i, 1);
		irq_enable();
		GUEST_WAIT(total() >= NR * round);
		irq_disable();
		check_counts(round);
	}
}

/* With EOImode 1 all 64 are dropped and stay active, then end in either order. */
static void guest_active_at_once(u64 reverse)
{
	u32 i, intid;

	prepare_all(true, false);
	write_sysreg(ICC_CTLR_EL1_EOImode_drop, icc_ctlr_el1);
	isb();
	for (i = 0; i < NR; i++)
		gic_set_pending(FIRST + i);
	for (i = 0; i < NR; i++) {
		intid = gic_ack();
		GUEST_ASSERT(intid >= FIRST && intid < FIRST + NR);
		gic_eoi(intid);
	}
	GUEST_ASSERT_EQ(gic_ack(), GIC_SPURIOUS);
	for (i = 0; i < NR; i++)
		GUEST_ASSERT(gic_active(FIRST + i));
	for (i = 0; i < NR; i++) {
		intid = FIRST + (reverse ? NR - 1 - i : i);
		gic_deactivate(intid);
		GUEST_ASSERT(!gic_active(intid));
		gic_set_pending(intid);
		GUEST_ASSERT_EQ(gic_ack(), intid);
		gic_eoi(intid);
		gic_deactivate(intid);
	}
	GUEST_ASSERT_EQ(gic_ack(), GIC_SPURIOUS);
}

/* 24 priorities nested: the active ones do not fit into the list registers. */
static void guest_nested_at_once(u64 arg)
{
	const u32 levels = 24;
	u32 i;

	prepare_all(true, false);
	for (i = 0; i < levels; i++)
		gic_set_priority(FIRST + i, (levels - i) * 8);
	for (i = 0; i < levels; i++) {
		gic_set_pending(FIRST + i);
		GUEST_ASSERT_EQ(gic_ack(), FIRST + i);
	}
	for (i = levels; i-- > 0;) {
		gic_eoi(FIRST + i);
		GUEST_ASSERT(!gic_active(FIRST + i));
	}
	GUEST_ASSERT_EQ(read_sysreg(icc_rpr_el1), 0xff);
	for (i = 0; i < levels; i++)
		gic_set_pending(FIRST + i);
	irq_enable();
	GUEST_WAIT(total() >= levels);
}

static void run_guest(guest_fn fn, u64 arg)
{
	struct vm vm;

	vm_init(&vm, 1, fn);
	vm.mmio = vm_line_device;
	vcpu_start(&vm.vcpu[0], fn, arg);
	vcpu_finish(&vm.vcpu[0]);
}

TEST(pending_at_once)
{
	run_guest(guest_pending_at_once, 0);
}

TEST(taken_in_priority_order)
{
	run_guest(guest_priority_order, 0);
}

TEST(level_lines_at_once)
{
	run_guest(guest_level_lines, 0);
}

TEST(active_at_once)
{
	if (dev_is_kvm())
		SKIP(return, "KVM 6.1 loses deactivations beyond its list registers");
	run_guest(guest_active_at_once, 0);
}

TEST(active_at_once_ended_in_reverse)
{
	if (dev_is_kvm())
		SKIP(return, "KVM 6.1 loses deactivations beyond its list registers");
	run_guest(guest_active_at_once, 1);
}

TEST(nested_at_once)
{
	if (dev_is_kvm())
		SKIP(return, "KVM 6.1 loses EOIs beyond its list registers");
	run_guest(guest_nested_at_once, 0);
}

TEST_HARNESS_MAIN
