/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's EL1 timers on a VHE host: inline, for the world switch.
 *
 * Both timers belong to the guest while its vCPU is loaded: a host kernel at
 * EL2 uses CNTHP, and reaches the guest's by their EL02 names. A timer that can
 * fire is let loose for the guest's turn only (el2_timer_flush() to
 * el2_timer_sync()); else its output is masked, in the CPU but not in the
 * context.
 *
 * The CPU compares CNTP_CVAL_EL0 with the host's counter: a guest whose physical
 * counter has an offset has its physical timer in the context alone, and the
 * CPU's is off.
 */
#ifndef PENG_EL2_TIMER_H
#define PENG_EL2_TIMER_H

#include <clocksource/arm_arch_timer.h>
#include <linux/types.h>
#include <asm/arch_timer.h>
#include <asm/barrier.h>
#include <asm/sysreg.h>

#include "../context.h"

/* CNTHCTL_EL2 has the EL1 controls here while HCR_EL2.E2H is set (Arm ARM D17.11.2). */
#define EL2_CNTHCTL_E2H_SHIFT	10

/* The guest wants an interrupt of this timer, now or later. */
static inline bool el2_timer_armed(u64 ctl)
{
	return (ctl & (ARCH_TIMER_CTRL_ENABLE | ARCH_TIMER_CTRL_IT_MASK)) ==
	       ARCH_TIMER_CTRL_ENABLE;
}

static inline u64 el2_timer_quiet(u64 ctl)
{
	return el2_timer_armed(ctl) ? ctl | ARCH_TIMER_CTRL_IT_MASK : ctl;
}

/* What the hardware would show in CNTP_CTL_EL0.ISTATUS. */
static inline void el2_ptimer_update(struct peng_timer_regs *t)
{
	t->cntp_ctl &= ~(u64)ARCH_TIMER_CTRL_IT_STAT;
	if ((t->cntp_ctl & ARCH_TIMER_CTRL_ENABLE) &&
	    __arch_counter_get_cntpct_stable() - t->cntpoff >= t->cntp_cval)
		t->cntp_ctl |= ARCH_TIMER_CTRL_IT_STAT;
}

static inline void el2_timer_load(struct peng_context *ctx)
{
	const u64 el1 = (CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN) << EL2_CNTHCTL_E2H_SHIFT;
	struct peng_timer_regs *t = &ctx->timer;

	t->host_cntvoff = read_sysreg(cntvoff_el2);
	t->host_cnthctl = read_sysreg(cnthctl_el2);
	write_sysreg(t->cntvoff, cntvoff_el2);
	write_sysreg(t->ptimer_trapped ? t->host_cnthctl & ~el1 : t->host_cnthctl | el1,
		     cnthctl_el2);

	write_sysreg_s(t->cntv_cval, SYS_CNTV_CVAL_EL02);
	write_sysreg_s(el2_timer_quiet(t->cntv_ctl), SYS_CNTV_CTL_EL02);
	if (t->ptimer_trapped)
		return;
	write_sysreg_s(t->cntp_cval, SYS_CNTP_CVAL_EL02);
	write_sysreg_s(el2_timer_quiet(t->cntp_ctl), SYS_CNTP_CTL_EL02);
}

/* The control registers are in the context since el2_timer_sync(). */
static inline void el2_timer_put(struct peng_context *ctx)
{
	struct peng_timer_regs *t = &ctx->timer;

	write_sysreg_s(0, SYS_CNTV_CTL_EL02);
	write_sysreg_s(0, SYS_CNTP_CTL_EL02);
	t->cntv_cval = read_sysreg_s(SYS_CNTV_CVAL_EL02);
	if (!t->ptimer_trapped)
		t->cntp_cval = read_sysreg_s(SYS_CNTP_CVAL_EL02);

	write_sysreg(t->host_cnthctl, cnthctl_el2);
	write_sysreg(t->host_cntvoff, cntvoff_el2);
	/* Both lines are low before the caller lets go of them. */
	isb();
}

/* ISTATUS does not depend on IMASK: it tells whether the line is about to rise. */
static inline void el2_timer_flush(struct peng_context *ctx)
{
	struct peng_timer_regs *t = &ctx->timer;

	if (el2_timer_armed(t->cntv_ctl)) {
		t->cntv_ctl &= ~(u64)ARCH_TIMER_CTRL_IT_STAT;
		t->cntv_ctl |= read_sysreg_s(SYS_CNTV_CTL_EL02) & ARCH_TIMER_CTRL_IT_STAT;
		write_sysreg_s(t->cntv_ctl, SYS_CNTV_CTL_EL02);
	}
	if (!el2_timer_armed(t->cntp_ctl))
		return;
	if (t->ptimer_trapped) {
		el2_ptimer_update(t);
	} else {
		t->cntp_ctl &= ~(u64)ARCH_TIMER_CTRL_IT_STAT;
		t->cntp_ctl |= read_sysreg_s(SYS_CNTP_CTL_EL02) & ARCH_TIMER_CTRL_IT_STAT;
		write_sysreg_s(t->cntp_ctl, SYS_CNTP_CTL_EL02);
	}
}

/*
 * A timer that has fired keeps its line high, for its owner to hold the
 * interrupt active; one that has not is masked before the host takes interrupts, and
 * its time is known to a vCPU that waits for it while it stays loaded.
 */
static inline void el2_timer_sync(struct peng_context *ctx)
{
	struct peng_timer_regs *t = &ctx->timer;
	bool masked = false;

	t->cntv_ctl = read_sysreg_s(SYS_CNTV_CTL_EL02);
	if (t->ptimer_trapped)
		el2_ptimer_update(t);
	else
		t->cntp_ctl = read_sysreg_s(SYS_CNTP_CTL_EL02);

	if (el2_timer_armed(t->cntv_ctl) && !(t->cntv_ctl & ARCH_TIMER_CTRL_IT_STAT)) {
		t->cntv_cval = read_sysreg_s(SYS_CNTV_CVAL_EL02);
		write_sysreg_s(el2_timer_quiet(t->cntv_ctl), SYS_CNTV_CTL_EL02);
		masked = true;
	}
	if (!t->ptimer_trapped && el2_timer_armed(t->cntp_ctl) &&
	    !(t->cntp_ctl & ARCH_TIMER_CTRL_IT_STAT)) {
		t->cntp_cval = read_sysreg_s(SYS_CNTP_CVAL_EL02);
		write_sysreg_s(el2_timer_quiet(t->cntp_ctl), SYS_CNTP_CTL_EL02);
		masked = true;
	}
	if (masked)
		isb();
}

/* 0 is the virtual timer, 1 the physical one; between flush and sync. */
static inline u64 el2_timer_ctl(const struct peng_context *ctx, unsigned int timer)
{
	if (!timer)
		return read_sysreg_s(SYS_CNTV_CTL_EL02);
	return ctx->timer.ptimer_trapped ? ctx->timer.cntp_ctl : read_sysreg_s(SYS_CNTP_CTL_EL02);
}

#endif /* PENG_EL2_TIMER_H */
