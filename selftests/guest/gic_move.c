// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a guest goes on in a second VM with its interrupts as they were:
 * pending by edge, by level, by ISPENDR and by SGI, active with the priority of
 * the CPU raised, for another CPU, and from timers that have expired or whose
 * interrupt is active. And that the interrupt of a timer that was moved while it
 * was active, and never ended, is not left active on the host: the next VM on
 * that CPU gets its own.
 */
#include <sched.h>
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"
#include "state.h"

#define ACTIVE		40
#define EDGE		41
#define LEVEL		42
#define LATCHED		43
#define MASKED		44
#define OTHER		45
#define SGI		3
#define PPI		22

static u32 second_ready;

static u32 taken(u32 intid)
{
	return READ_ONCE(guest_self()->irqs[intid]);
}

/* What lowers the line of an interrupt that has one. */
static void quiet(u32 intid)
{
	if (intid == GIC_PPI_VTIMER)
		write_sysreg(0, cntv_ctl_el0);
	if (intid == LEVEL || intid == PPI)
		guest_set_line(intid, false);
	isb();
}

static void expire_timer(void)
{
	write_sysreg(0, cntv_cval_el0);
	write_sysreg(1, cntv_ctl_el0);
	isb();
}

/* The one that is being served when the guest moves. */
static void take_active(u32 intid)
{
	gic_set_edge(intid, true);
	gic_enable(intid);
	gic_set_pending(intid);
	GUEST_WAIT(gic_ack() == intid);
	GUEST_ASSERT(gic_active(intid));
}

static void guest_moves(u64 cpu)
{
	guest_hooks.intid = quiet;
	gic_init();
	irq_disable();
	take_active(ACTIVE);
	gic_set_edge(EDGE, true);
	gic_set_edge(LEVEL, false);
	gic_set_edge(LATCHED, false);
	gic_set_priority(EDGE, 0x40);
	gic_enable(EDGE);
	gic_enable(LEVEL);
	gic_enable(LATCHED);
	gic_enable(SGI);
	gic_enable(PPI);
	gic_enable(GIC_PPI_VTIMER);
	gic_set_pending(EDGE);
	gic_set_pending(LATCHED);
	gic_set_pending(MASKED);
	guest_set_line(LEVEL, true);
	guest_set_line(PPI, true);
	gic_send_sgi(SGI, 1);
	expire_timer();
	guest_sync(1);

	/* In the other VM. */
	GUEST_ASSERT(gic_active(ACTIVE));
	GUEST_ASSERT(gic_pending(EDGE));
	GUEST_ASSERT(gic_pending(LEVEL));
	GUEST_ASSERT(gic_pending(LATCHED));
	GUEST_ASSERT(gic_pending(MASKED));
	GUEST_ASSERT(gic_pending(SGI));
	GUEST_ASSERT(gic_pending(PPI));
	GUEST_ASSERT_EQ(gic_priority(EDGE), 0x40);
	/* The priority of what is active lets only the higher one through. */
	irq_enable();
	GUEST_WAIT(taken(EDGE) == 1);
	GUEST_ASSERT_EQ(taken(LEVEL) + taken(LATCHED) + taken(SGI) + taken(PPI), 0);
	gic_eoi(ACTIVE);
	GUEST_ASSERT(!gic_active(ACTIVE));
	GUEST_WAIT(taken(LEVEL) && taken(LATCHED) && taken(SGI) && taken(PPI));
	GUEST_WAIT(taken(GIC_PPI_VTIMER));
	guest_sync(2);
	GUEST_ASSERT_EQ(taken(ACTIVE), 0);
	GUEST_ASSERT_EQ(taken(MASKED), 0);
	GUEST_ASSERT_EQ(taken(EDGE), 1);
	GUEST_ASSERT_EQ(taken(LEVEL), 1);
	GUEST_ASSERT_EQ(taken(LATCHED), 1);
	GUEST_ASSERT_EQ(taken(SGI), 1);
	GUEST_ASSERT_EQ(taken(PPI), 1);
	GUEST_ASSERT_EQ(taken(GIC_PPI_VTIMER), 1);
}

TEST(all_kinds)
{
	struct vm from, to;

	vm_init(&from, 1, guest_moves);
	from.mmio = vm_line_device;
	vcpu_expect_sync(&from.vcpu[0], 1);
	vm_init_like(&to, &from);
	to.mmio = vm_line_device;
	vm_copy_state(&to, &from);
	vcpu_expect_sync(&to.vcpu[0], 2);
	vcpu_finish(&to.vcpu[0]);
	vm_destroy(&to);
	vm_destroy(&from);
}

/* Back and forth: what is restored is what is saved again. */
TEST(many_moves)
{
	struct vm from, to[4];
	int i;

	vm_init(&from, 1, guest_moves);
	from.mmio = vm_line_device;
	vcpu_expect_sync(&from.vcpu[0], 1);
	for (i = 0; i < 4; i++) {
		vm_init_like(&to[i], &from);
		to[i].mmio = vm_line_device;
		vm_copy_state(&to[i], i ? &to[i - 1] : &from);
	}
	vcpu_expect_sync(&to[3].vcpu[0], 2);
	vcpu_finish(&to[3].vcpu[0]);
	for (i = 0; i < 4; i++)
		vm_destroy(&to[i]);
	vm_destroy(&from);
}

static void guest_other(u64 cpu)
{
	if (cpu) {
		gic_init_cpu(cpu);
		counter_set(second_ready, 1);
		guest_sync(1);
		irq_enable();
		GUEST_WAIT(taken(OTHER) == 1 && taken(SGI) == 1);
		return;
	}
	gic_init_dist();
	gic_init_cpu(0);
	GUEST_WAIT(counter_read(second_ready));
	gic_set_edge(OTHER, true);
	gic_route(OTHER, 1);
	gic_enable(OTHER);
	gic_set_pending(OTHER);
	gic_send_sgi(SGI, 2);
	guest_sync(1);
	irq_enable();
	isb();
	GUEST_ASSERT_EQ(taken(OTHER), 0);
}

/* What waits for the second CPU waits there after the move. */
TEST(second_cpu)
{
	struct vm from, to;

	vm_init(&from, 2, guest_other);
	vcpu_expect_sync(&from.vcpu[1], 1);
	vcpu_expect_sync(&from.vcpu[0], 1);
	vm_init_like(&to, &from);
	vm_copy_state(&to, &from);
	vm_finish(&to);
	vm_destroy(&to);
	vm_destroy(&from);
}

static void guest_timer_active(u64 arg)
{
	gic_init();
	irq_disable();
	gic_enable(GIC_PPI_VTIMER);
	expire_timer();
	GUEST_WAIT(gic_ack() == GIC_PPI_VTIMER);
	if (arg)
		write_sysreg(0, cntv_ctl_el0);
	guest_sync(1);
	GUEST_ASSERT(gic_active(GIC_PPI_VTIMER));
	guest_sync(2);
	gic_eoi(GIC_PPI_VTIMER);
	GUEST_ASSERT(!gic_active(GIC_PPI_VTIMER));
}

static void guest_timer(u64 arg)
{
	guest_hooks.intid = quiet;
	gic_init();
	gic_enable(GIC_PPI_VTIMER);
	expire_timer();
	GUEST_WAIT(taken(GIC_PPI_VTIMER));
	GUEST_ASSERT_EQ(taken(GIC_PPI_VTIMER), 1);
}

static void timer_still_works(void)
{
	struct vm vm;

	vm_init(&vm, 1, guest_timer);
	vcpu_finish(&vm.vcpu[0]);
	vm_destroy(&vm);
}

/* @off: the guest has turned the timer off, and not yet ended the interrupt. */
static void move_active_timer(bool off, bool end)
{
	struct vm from, to;

	vm_init(&from, 1, guest_timer_active);
	vcpu_start(&from.vcpu[0], guest_timer_active, off);
	vcpu_expect_sync(&from.vcpu[0], 1);
	vm_init_like(&to, &from);
	vm_copy_state(&to, &from);
	vcpu_expect_sync(&to.vcpu[0], 2);
	if (end)
		vcpu_finish(&to.vcpu[0]);
	/* Both alive: neither may hold what the other needs. */
	timer_still_works();
	vm_destroy(&to);
	vm_destroy(&from);
	timer_still_works();
}

TEST(active_timer)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	CHECK_FD(sched_setaffinity(0, sizeof(first), &first));
	move_active_timer(false, false);
	move_active_timer(true, false);
	move_active_timer(false, true);
	move_active_timer(true, true);
}

TEST_HARNESS_MAIN
