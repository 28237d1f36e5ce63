// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both EL1 timers of each vCPU: from the timer's output to the vGIC's line, the
 * active state of the host's line, and sleeping.
 *
 * The active state is kept by one rule: whenever the host takes interrupts, and
 * whenever the guest is entered, a line that is high is held active. It goes
 * with the guest's deactivation, which a list register passes on to the host's
 * GIC; with the line, where the guest turns the timer off instead; and with the
 * vCPU. A hold that is already there costs nothing to keep, so it is kept while
 * the guest has the interrupt active, to be dropped by the guest.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <asm/arch_timer.h>

#include "../host/ppi.h"
#include "../host/probe.h"
#include "../vcpu.h"
#include "../vm.h"
#include "internal.h"

/* PPIs of the virtual and the physical timer in the Base System Architecture. */
#define VTIMER_INTID	27
#define PTIMER_INTID	30

/* Longest sleep that is programmed at once; keeps the arithmetic in range. */
#define MAX_SLEEP_SEC	3600

static const enum peng_line lines[PENG_NR_TIMERS] = {
	[PENG_VTIMER] = PENG_LINE_VTIMER,
	[PENG_PTIMER] = PENG_LINE_PTIMER,
};

/* The guest wants an interrupt of this timer, now or later. */
static bool armed(u64 ctl)
{
	return (ctl & (ARCH_TIMER_CTRL_ENABLE | ARCH_TIMER_CTRL_IT_MASK)) ==
	       ARCH_TIMER_CTRL_ENABLE;
}

/* The timer's output. */
static bool output(u64 ctl)
{
	return armed(ctl) && (ctl & ARCH_TIMER_CTRL_IT_STAT);
}

u64 peng_timer_count(const struct peng_vm *vm, enum peng_timer_index i)
{
	u64 count = __arch_counter_get_cntpct_stable();

	return count - READ_ONCE(*(i == PENG_VTIMER ? &vm->timer.cntvoff : &vm->timer.cntpoff));
}

/*
 * Interrupts masked, vCPU loaded. The vGIC has been synced, or is about to be
 * flushed: it is told without a kick.
 */
static void update_line(struct peng_vcpu *vcpu, enum peng_timer_index i, bool level)
{
	struct peng_timer *timer = &vcpu->timers.timer[i];
	u32 intid = vcpu->vm->timer.intid[i];
	bool hold;

	if (level != timer->level) {
		timer->level = level;
		peng_vgic_inject_own(vcpu, intid, level);
	}
	/* A timer that exists in memory has no line on the host. */
	if (i == PENG_PTIMER && vcpu->vm->timer.ptimer_trapped)
		return;

	if (peng_vgic_linked_released(vcpu, intid))
		timer->held = false;
	hold = level || (timer->held && peng_vgic_linked_active(vcpu, intid));
	if (hold != timer->held) {
		peng_ppi_set_active(lines[i], hold);
		timer->held = hold;
	}
}

static void update_lines(struct peng_vcpu *vcpu)
{
	const struct peng_timer_regs *regs = &vcpu->ctx.timer;
	const struct peng_timer *timer = vcpu->timers.timer;
	bool vlevel = output(regs->cntv_ctl), plevel = output(regs->cntp_ctl);

	if (unlikely(vlevel | timer[PENG_VTIMER].level | timer[PENG_VTIMER].held))
		update_line(vcpu, PENG_VTIMER, vlevel);
	if (unlikely(plevel | timer[PENG_PTIMER].level | timer[PENG_PTIMER].held))
		update_line(vcpu, PENG_PTIMER, plevel);
}

/* Ticks until a timer's counter reaches @cval; 0 where it has. */
static u64 ticks_to(const struct peng_vm *vm, enum peng_timer_index i, u64 cval)
{
	u64 now = peng_timer_count(vm, i);

	return cval > now ? cval - now : 0;
}

/* Ticks until a timer expires; 0 where it has, PENG_TIMER_NEVER where it will not. */
static u64 ticks_until(const struct peng_vcpu *vcpu, enum peng_timer_index i)
{
	const struct peng_timer_regs *regs = &vcpu->ctx.timer;

	if (!armed(i == PENG_VTIMER ? regs->cntv_ctl : regs->cntp_ctl))
		return PENG_TIMER_NEVER;
	return ticks_to(vcpu->vm, i, i == PENG_VTIMER ? regs->cntv_cval : regs->cntp_cval);
}

/* The same of a WFIT that has a time. */
static u64 ticks_of_wait(const struct peng_vcpu *vcpu)
{
	const struct peng_vcpu_timers *timers = &vcpu->timers;

	if (timers->until == PENG_TIMER_NEVER || timers->over)
		return PENG_TIMER_NEVER;
	return ticks_to(vcpu->vm, PENG_VTIMER, timers->until);
}

/* No fewer nanoseconds, but for what is too long; 0 and PENG_TIMER_NEVER are the same. */
static u64 ticks_to_ns(u64 ticks)
{
	u32 freq = peng_host.counter_freq;

	if (!ticks || ticks == PENG_TIMER_NEVER)
		return ticks;
	return mul_u64_u32_div(min_t(u64, ticks, (u64)freq * MAX_SLEEP_SEC),
			       NSEC_PER_SEC, freq) + 1;
}

void peng_timer_flush(struct peng_vcpu *vcpu)
{
	const struct peng_timer_regs *regs = &vcpu->ctx.timer;

	/*
	 * A timer that cannot fire was not touched since the last sync, but for a
	 * trapped one that the guest has turned off.
	 */
	if (!armed(regs->cntv_ctl) && !armed(regs->cntp_ctl) &&
	    !vcpu->timers.timer[PENG_PTIMER].level)
		return;
	peng_el2->timer_flush(&vcpu->ctx);
	update_lines(vcpu);
	if (vcpu->vm->timer.ptimer_trapped && armed(regs->cntp_ctl))
		peng_ptimer_flush(vcpu, ticks_to_ns(ticks_until(vcpu, PENG_PTIMER)));
}

void peng_timer_sync(struct peng_vcpu *vcpu)
{
	peng_el2->timer_sync(&vcpu->ctx);
	update_lines(vcpu);
}

/* For the vGIC, which only asks during a turn: the control register is live. */
static bool live_level(struct peng_vcpu *vcpu, u32 intid)
{
	enum peng_timer_index i;

	i = intid == vcpu->vm->timer.intid[PENG_VTIMER] ? PENG_VTIMER : PENG_PTIMER;
	vcpu->timers.timer[i].level = output(peng_el2->timer_ctl(&vcpu->ctx, i));
	return vcpu->timers.timer[i].level;
}

/* A VM without a vGIC has timers that nobody hears. */
int peng_timer_first_run(struct peng_vcpu *vcpu)
{
	struct peng_vm_timer *vt = &vcpu->vm->timer;
	int i;

	lockdep_assert_held(&vcpu->vm->lock);

	vt->linked = true;
	if (!peng_vgic_present(vcpu->vm))
		return 0;
	if (vt->intid[PENG_VTIMER] == vt->intid[PENG_PTIMER])
		return -EINVAL;
	for (i = 0; i < PENG_NR_TIMERS; i++)
		if (i != PENG_PTIMER || !vt->ptimer_trapped)
			peng_vgic_link(vcpu, vt->intid[i], peng_ppi_intid(lines[i]), live_level);
		else
			peng_vgic_claim(vcpu, vt->intid[i]);
	return 0;
}

void peng_timer_vcpu_load(struct peng_vcpu *vcpu)
{
	const struct peng_vm_timer *vt = &vcpu->vm->timer;
	struct peng_timer_regs *regs = &vcpu->ctx.timer;

	regs->cntvoff = READ_ONCE(vt->cntvoff);
	regs->cntpoff = vt->cntpoff;
	regs->ptimer_trapped = vt->ptimer_trapped;
}

void peng_timer_vcpu_put(struct peng_vcpu *vcpu)
{
	struct peng_timer *timer;
	int i;

	for (i = 0; i < PENG_NR_TIMERS; i++) {
		timer = &vcpu->timers.timer[i];
		if (timer->held) {
			peng_ppi_set_active(lines[i], false);
			timer->held = false;
		}
	}
}

/* Of a WFIT that has a time: ticks until then, or it is over, and the vCPU wakes. */
static u64 end_wait_in_time(struct peng_vcpu *vcpu)
{
	u64 ticks = ticks_of_wait(vcpu);

	if (ticks)
		return ticks;
	WRITE_ONCE(vcpu->timers.over, true);
	peng_vcpu_wake(vcpu);
	return PENG_TIMER_NEVER;
}

/*
 * Raise the lines of timers that have expired while the vCPU is not loaded, and end
 * a wait that has a time; nanoseconds until the next one of these.
 */
static u64 raise_expired(struct peng_vcpu *vcpu)
{
	u64 ticks, next = end_wait_in_time(vcpu);
	int i;

	for (i = 0; i < PENG_NR_TIMERS; i++) {
		ticks = ticks_until(vcpu, i);
		if (ticks) {
			next = min(next, ticks);
		} else if (!vcpu->timers.timer[i].level) {
			vcpu->timers.timer[i].level = true;
			peng_vgic_inject(vcpu->vm, vcpu, vcpu->vm->timer.intid[i], true);
		}
	}
	return ticks_to_ns(next);
}

/* Hard interrupt context. The vCPU's thread waits for us in unblock. */
static enum hrtimer_restart wake_fn(struct hrtimer *wake)
{
	struct peng_vcpu *vcpu = container_of(wake, struct peng_vcpu, timers.wake);
	u64 next = raise_expired(vcpu);

	if (next == PENG_TIMER_NEVER)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(wake, ns_to_ktime(next));
	return HRTIMER_RESTART;
}

/* Of a WFIT, and of timers whose lines are not raised already. */
u64 peng_timer_expiry(const struct peng_vcpu *vcpu)
{
	/* Before the timers are looked at: better too early than too late. */
	u64 now = __arch_counter_get_cntpct_stable(), next = ticks_of_wait(vcpu);
	int i;

	for (i = 0; i < PENG_NR_TIMERS; i++)
		if (!vcpu->timers.timer[i].level)
			next = min(next, ticks_until(vcpu, i));
	/* Longer than anybody spins. */
	return now + min_t(u64, next, (u64)peng_host.counter_freq * MAX_SLEEP_SEC);
}

void peng_timer_poll(struct peng_vcpu *vcpu)
{
	raise_expired(vcpu);
}

void peng_timer_block(struct peng_vcpu *vcpu)
{
	u64 next = raise_expired(vcpu);

	if (next != PENG_TIMER_NEVER)
		hrtimer_start(&vcpu->timers.wake, ns_to_ktime(next), HRTIMER_MODE_REL_HARD);
}

void peng_timer_unblock(struct peng_vcpu *vcpu)
{
	hrtimer_cancel(&vcpu->timers.wake);
}

void peng_timer_begin_wait(struct peng_vcpu *vcpu, u64 until)
{
	vcpu->timers.until = until;
}

void peng_timer_end_wait(struct peng_vcpu *vcpu)
{
	vcpu->timers.until = PENG_TIMER_NEVER;
	vcpu->timers.over = false;
}

/* The virtual counter of a new VM starts at 0, and is the same on all vCPUs. */
void peng_timer_vm_init(struct peng_vm *vm)
{
	vm->timer.cntvoff = __arch_counter_get_cntpct_stable();
	vm->timer.ptimer_trapped = peng_el2->ptimer_trapped;
	vm->timer.intid[PENG_VTIMER] = VTIMER_INTID;
	vm->timer.intid[PENG_PTIMER] = PTIMER_INTID;
}

void peng_timer_vcpu_init(struct peng_vcpu *vcpu)
{
	hrtimer_setup(&vcpu->timers.wake, wake_fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	peng_timer_end_wait(vcpu);
	peng_ptimer_init(vcpu);
}

/* Off; the vGIC's side of the lines falls with peng_vgic_vcpu_reset(). */
void peng_timer_vcpu_reset(struct peng_vcpu *vcpu)
{
	struct peng_timer_regs *regs = &vcpu->ctx.timer;

	regs->cntv_ctl = 0;
	regs->cntp_ctl = 0;
	memset(vcpu->timers.timer, 0, sizeof(vcpu->timers.timer));
}

void peng_timer_vcpu_destroy(struct peng_vcpu *vcpu)
{
	peng_ptimer_destroy(vcpu);
	hrtimer_cancel(&vcpu->timers.wake);
}
