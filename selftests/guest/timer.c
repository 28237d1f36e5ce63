// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the virtual and the physical EL1 timer of a guest: they fire, not
 * before their time, they obey IMASK and ENABLE, fire at once for a compare
 * value in the past, wake a CPU from WFI, re-fire while the line stays high,
 * and keep firing when another vCPU shares the host CPU.
 */
#include <sched.h>
#include <stdio.h>
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"

#define CTL_ENABLE	1
#define CTL_IMASK	2
#define CTL_ISTATUS	4
#define TICKS		20000
#define ROUNDS		20

/* One timer's registers behind one name each. */
struct timer {
	u32 ppi;
	u64 (*count)(void);
	u64 (*ctl)(void);
	void (*set_ctl)(u64 v);
	void (*set_cval)(u64 v);
	u64 (*tval)(void);
	void (*set_tval)(u64 v);
};

#define TIMER(p)							\
static u64 p##_ctl(void) { isb(); return read_sysreg(p##_ctl_el0); }	\
static void p##_set_ctl(u64 v) { write_sysreg(v, p##_ctl_el0); isb(); }	\
static void p##_set_cval(u64 v) { write_sysreg(v, p##_cval_el0); isb(); } \
static u64 p##_tval(void) { isb(); return read_sysreg(p##_tval_el0); }	\
static void p##_set_tval(u64 v) { write_sysreg(v, p##_tval_el0); isb(); }

TIMER(cntv)
TIMER(cntp)

static const struct timer timers[] = {
	{ GIC_PPI_VTIMER, counter_virtual, cntv_ctl, cntv_set_ctl, cntv_set_cval,
	  cntv_tval, cntv_set_tval },
	{ GIC_PPI_PTIMER, counter_physical, cntp_ctl, cntp_set_ctl, cntp_set_cval,
	  cntp_tval, cntp_set_tval },
};

static const struct timer *timer;
static u64 due;
static bool early, keep_high;

static u32 fired(void)
{
	return READ_ONCE(guest_self()->irqs[timer->ppi]);
}

static void expire(u32 intid)
{
	if (intid != timer->ppi)
		return;
	if ((s64)(timer->count() - due) < 0 || !(timer->ctl() & CTL_ISTATUS))
		early = true;
	if (!keep_high || fired() % 3 == 0)
		timer->set_ctl(CTL_ENABLE | CTL_IMASK);
}

static void start(u64 which)
{
	timer = &timers[which];
	guest_hooks.intid = expire;
	gic_init();
	irq_disable();
	timer->set_ctl(0);
	gic_enable(timer->ppi);
}

static void arm(s64 ticks)
{
	due = timer->count() + ticks;
	timer->set_cval(due);
	timer->set_ctl(CTL_ENABLE);
}

static void guest_fires(u64 which)
{
	u32 i;

	start(which);
	irq_enable();
	for (i = 1; i <= ROUNDS; i++) {
		arm(TICKS);
		GUEST_WAIT(fired() == i);
	}
	GUEST_ASSERT(!early);
}

static void guest_in_the_past(u64 which)
{
	u32 i;

	start(which);
	irq_enable();
	for (i = 1; i <= ROUNDS; i++) {
		arm(-100);
		GUEST_WAIT(fired() == i);
	}
	GUEST_ASSERT(!early);
}

static void guest_by_tval(u64 which)
{
	start(which);
	due = timer->count() + TICKS;
	timer->set_tval(TICKS);
	GUEST_ASSERT((s32)timer->tval() <= TICKS);
	timer->set_ctl(CTL_ENABLE);
	irq_enable();
	GUEST_WAIT(fired() == 1);
	/* It counts on below zero, and is read as 32 bits. */
	GUEST_ASSERT((s32)timer->tval() <= 0);
	GUEST_ASSERT(!early);
}

static void guest_masked(u64 which)
{
	start(which);
	irq_enable();
	due = timer->count();
	timer->set_cval(due);
	timer->set_ctl(CTL_ENABLE | CTL_IMASK);
	GUEST_WAIT(timer->ctl() & CTL_ISTATUS);
	guest_sync(1);
	GUEST_ASSERT_EQ(fired(), 0);
	GUEST_ASSERT(!gic_pending(timer->ppi));
	timer->set_ctl(CTL_ENABLE);
	GUEST_WAIT(fired() == 1);
}

static void guest_disabled(u64 which)
{
	start(which);
	irq_enable();
	due = timer->count();
	timer->set_cval(due);
	timer->set_ctl(0);
	guest_sync(1);
	GUEST_ASSERT_EQ(fired(), 0);
}

/* The line falls with the compare value: pending goes, nothing is taken. */
static void guest_withdrawn(u64 which)
{
	start(which);
	arm(0);
	GUEST_WAIT(timer->ctl() & CTL_ISTATUS);
	guest_sync(1);
	GUEST_ASSERT(gic_pending(timer->ppi));
	timer->set_cval(timer->count() + (1ULL << 40));
	guest_sync(1);
	GUEST_ASSERT(!gic_pending(timer->ppi));
	irq_enable();
	isb();
	GUEST_ASSERT_EQ(fired(), 0);
}

static void guest_stays_high(u64 which)
{
	u32 i;

	start(which);
	keep_high = true;
	irq_enable();
	for (i = 1; i <= ROUNDS; i++) {
		arm(0);
		GUEST_WAIT(fired() == 3 * i);
		GUEST_ASSERT_EQ(fired(), 3 * i);
	}
}

static void guest_wakes_from_wfi(u64 which)
{
	u32 i;

	start(which);
	for (i = 1; i <= ROUNDS; i++) {
		arm(TICKS * (i % 4));
		while (fired() < i) {
			wfi();
			irq_enable();
			isb();
			irq_disable();
		}
	}
	GUEST_ASSERT(!early);
}

/* Both run at once, polled with IRQs masked: WFI ends for either. */
static void guest_both(u64 which)
{
	const struct timer *v = &timers[0], *p = &timers[1];
	u32 i, *irqs = guest_self()->irqs;

	start(0);
	guest_hooks.intid = NULL;
	gic_enable(p->ppi);
	for (i = 1; i <= ROUNDS; i++) {
		v->set_cval(v->count() + TICKS);
		v->set_ctl(CTL_ENABLE);
		p->set_cval(p->count() + TICKS / 2);
		p->set_ctl(CTL_ENABLE);
		while (READ_ONCE(irqs[p->ppi]) + READ_ONCE(irqs[v->ppi]) < 2 * i) {
			u32 intid;

			wfi();
			intid = gic_ack();
			if (intid == GIC_SPURIOUS)
				continue;
			(intid == v->ppi ? v : p)->set_ctl(0);
			irqs[intid]++;
			gic_eoi(intid);
		}
		GUEST_ASSERT_EQ(irqs[v->ppi], i);
		GUEST_ASSERT_EQ(irqs[p->ppi], i);
	}
}

FIXTURE(timer) {
	struct vm vm;
};

FIXTURE_VARIANT(timer) {
	guest_fn guest;
	u64 which;
};

#define VARIANTS(name)							\
	FIXTURE_VARIANT_ADD(timer, virtual_##name) { guest_##name, 0 };	\
	FIXTURE_VARIANT_ADD(timer, physical_##name) { guest_##name, 1 }

VARIANTS(fires);
VARIANTS(in_the_past);
VARIANTS(by_tval);
VARIANTS(masked);
VARIANTS(disabled);
VARIANTS(withdrawn);
VARIANTS(stays_high);
VARIANTS(wakes_from_wfi);
FIXTURE_VARIANT_ADD(timer, both_at_once) { guest_both, 0 };

FIXTURE_SETUP(timer)
{
	vm_init(&self->vm, 1, variant->guest);
	vcpu_start(&self->vm.vcpu[0], variant->guest, variant->which);
}

FIXTURE_TEARDOWN(timer)
{
	vm_destroy(&self->vm);
}

TEST_F_TIMEOUT(timer, holds, TEST_TIMEOUT_DEFAULT)
{
	vcpu_finish(&self->vm.vcpu[0]);
}

/* Sets how long an idle vCPU spins before it sleeps; gives what was set. */
static unsigned int set_halt_poll_ns(unsigned int ns)
{
	const char *path = dev_is_kvm() ? "/sys/module/kvm/parameters/halt_poll_ns" :
					  "/sys/module/peng/parameters/halt_poll_ns";
	FILE *file = fopen(path, "r+");
	unsigned int old;

	CHECK(file && fscanf(file, "%u", &old) == 1, "%s: %m", path);
	rewind(file);
	CHECK(fprintf(file, "%u", ns) > 0, "%s: %m", path);
	CHECK(!fclose(file), "%s: %m", path);
	return old;
}

/* Both ways of waiting, each by itself: a vCPU that never spins, and one that may for long. */
TEST(wakes_however_long_it_spins)
{
	static const unsigned int ns[] = { 0, 100000000 };
	unsigned int i, old;
	struct vm vm;

	for (i = 0; i < 4; i++) {
		old = set_halt_poll_ns(ns[i / 2]);
		vm_init(&vm, 1, guest_wakes_from_wfi);
		vcpu_start(&vm.vcpu[0], guest_wakes_from_wfi, i % 2);
		vcpu_finish(&vm.vcpu[0]);
		vm_destroy(&vm);
		set_halt_poll_ns(old);
	}
}

/* Two VMs on one host CPU: a timer expires while the other guest runs. */
static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK_FD(sched_setaffinity(0, sizeof(set), &set));
}

static u32 vm_fired[2];

static void guest_shared_cpu(u64 vm)
{
	u64 cval;

	guest_hooks.intid = NULL;
	gic_init();
	irq_disable();
	gic_enable(GIC_PPI_VTIMER);
	while (counter_read(vm_fired[vm]) < ROUNDS) {
		cval = counter_virtual() + TICKS;
		write_sysreg(cval, cntv_cval_el0);
		write_sysreg(CTL_ENABLE, cntv_ctl_el0);
		isb();
		GUEST_WAIT(read_sysreg(isr_el1));
		GUEST_ASSERT_EQ(gic_ack(), GIC_PPI_VTIMER);
		GUEST_ASSERT(counter_virtual() >= cval);
		write_sysreg(0, cntv_ctl_el0);
		isb();
		gic_eoi(GIC_PPI_VTIMER);
		counter_inc(vm_fired[vm]);
	}
}

TEST(two_vms_share_a_cpu)
{
	struct vm vms[2];
	int i;

	pin(0);
	for (i = 0; i < 2; i++) {
		vm_init(&vms[i], 1, guest_shared_cpu);
		vcpu_start(&vms[i].vcpu[0], guest_shared_cpu, i);
	}
	for (i = 0; i < 2; i++)
		vcpu_spawn(&vms[i].vcpu[0]);
	for (i = 0; i < 2; i++)
		vcpu_join(&vms[i].vcpu[0]);
	EXPECT_EQ(ROUNDS, vm_fired[0]);
	EXPECT_EQ(ROUNDS, vm_fired[1]);
}

TEST_HARNESS_MAIN
