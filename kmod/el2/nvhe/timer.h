/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's EL1 timers on an nVHE host: inline, for the host's half.
 *
 * The virtual timer belongs to the guest while its vCPU is loaded, as does
 * CNTVOFF_EL2: a host kernel that was started at EL2 uses the physical timer and
 * counter. It is let loose for the guest's turn only, as on a VHE host. The
 * guest's physical timer exists in the context alone: its accesses trap.
 */
#ifndef PENG_EL2_NVHE_TIMER_H
#define PENG_EL2_NVHE_TIMER_H

#include "../timer.h"

static inline void nvhe_timer_load(struct peng_context *ctx)
{
	write_sysreg(ctx->timer.cntv_cval, cntv_cval_el0);
	write_sysreg(el2_timer_quiet(ctx->timer.cntv_ctl), cntv_ctl_el0);
}

/* The control registers are in the context since nvhe_timer_sync(). */
static inline void nvhe_timer_put(struct peng_context *ctx)
{
	write_sysreg(0, cntv_ctl_el0);
	ctx->timer.cntv_cval = read_sysreg(cntv_cval_el0);
	/* The line is low before the caller lets go of it. */
	isb();
}

static inline void nvhe_timer_flush(struct peng_context *ctx)
{
	struct peng_timer_regs *t = &ctx->timer;

	if (el2_timer_armed(t->cntv_ctl)) {
		t->cntv_ctl &= ~(u64)ARCH_TIMER_CTRL_IT_STAT;
		t->cntv_ctl |= read_sysreg(cntv_ctl_el0) & ARCH_TIMER_CTRL_IT_STAT;
		write_sysreg(t->cntv_ctl, cntv_ctl_el0);
	}
	if (el2_timer_armed(t->cntp_ctl))
		el2_ptimer_update(t);
}

static inline void nvhe_timer_sync(struct peng_context *ctx)
{
	struct peng_timer_regs *t = &ctx->timer;

	t->cntv_ctl = read_sysreg(cntv_ctl_el0);
	if (el2_timer_armed(t->cntv_ctl) && !(t->cntv_ctl & ARCH_TIMER_CTRL_IT_STAT)) {
		t->cntv_cval = read_sysreg(cntv_cval_el0);
		write_sysreg(el2_timer_quiet(t->cntv_ctl), cntv_ctl_el0);
		isb();
	}
	if (el2_timer_armed(t->cntp_ctl))
		el2_ptimer_update(t);
}

static inline u64 nvhe_timer_ctl(const struct peng_context *ctx, unsigned int timer)
{
	return timer ? ctx->timer.cntp_ctl : read_sysreg(cntv_ctl_el0);
}

#endif /* PENG_EL2_NVHE_TIMER_H */
