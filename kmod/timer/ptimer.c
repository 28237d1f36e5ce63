// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's physical timer where the CPU has only the host's (an nVHE host), or
 * none that counts with the guest's offset: it exists in ctx->timer, its registers
 * trap, and an hrtimer stands for it. The vCPU's thread owns it.
 */
#include <linux/bits.h>
#include <linux/hrtimer.h>
#include <asm/arch_timer.h>

#include "../vcpu.h"
#include "internal.h"

#define CTL_WRITABLE	(ARCH_TIMER_CTRL_ENABLE | ARCH_TIMER_CTRL_IT_MASK)

/* ISTATUS is UNKNOWN for a timer that is off; 0 is what hardware shows. */
static u64 read_ctl(const struct peng_vcpu *vcpu)
{
	const struct peng_timer_regs *regs = &vcpu->ctx.timer;
	u64 ctl = regs->cntp_ctl & CTL_WRITABLE;

	if ((ctl & ARCH_TIMER_CTRL_ENABLE) &&
	    regs->cntp_cval <= peng_timer_count(vcpu->vm, PENG_PTIMER))
		ctl |= ARCH_TIMER_CTRL_IT_STAT;
	return ctl;
}

/**
 * peng_ptimer_read() - the guest's MRS of a register of its physical timer
 * @vcpu: vCPU
 * @reg: which
 */
u64 peng_ptimer_read(struct peng_vcpu *vcpu, enum peng_ptimer_reg reg)
{
	const struct peng_timer_regs *regs = &vcpu->ctx.timer;

	switch (reg) {
	case PENG_PTIMER_TVAL:
		return (u32)(regs->cntp_cval - peng_timer_count(vcpu->vm, PENG_PTIMER));
	case PENG_PTIMER_CTL:
		return read_ctl(vcpu);
	case PENG_PTIMER_CVAL:
		return regs->cntp_cval;
	case PENG_PTIMER_CNT:
		return peng_timer_count(vcpu->vm, PENG_PTIMER);
	}
	return 0;
}

/**
 * peng_ptimer_write() - the guest's MSR of one
 * @vcpu: vCPU; the next flush gives the vGIC the timer's line
 * @reg: which
 * @val: value
 */
void peng_ptimer_write(struct peng_vcpu *vcpu, enum peng_ptimer_reg reg, u64 val)
{
	struct peng_timer_regs *regs = &vcpu->ctx.timer;

	switch (reg) {
	case PENG_PTIMER_TVAL:
		/* Signed, from now. */
		regs->cntp_cval = peng_timer_count(vcpu->vm, PENG_PTIMER) + (s64)(s32)val;
		break;
	case PENG_PTIMER_CTL:
		regs->cntp_ctl = val & CTL_WRITABLE;
		break;
	case PENG_PTIMER_CVAL:
		regs->cntp_cval = val;
		break;
	case PENG_PTIMER_CNT:
		break;
	}
}

/* The interrupt has ended the turn; sync sees the rest. */
static enum hrtimer_restart expire_fn(struct hrtimer *expire)
{
	return HRTIMER_NORESTART;
}

void peng_ptimer_init(struct peng_vcpu *vcpu)
{
	hrtimer_setup(&vcpu->timers.expire, expire_fn, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
}

/*
 * Have the turn that begins end when the timer expires: on this CPU, where the
 * guest runs. One that fires later than needed, or after the vCPU has left, is
 * an interrupt for nothing.
 */
void peng_ptimer_flush(struct peng_vcpu *vcpu, u64 ns)
{
	if (ns && ns != PENG_TIMER_NEVER)
		hrtimer_start(&vcpu->timers.expire, ns_to_ktime(ns),
			      HRTIMER_MODE_REL_PINNED_HARD);
}

void peng_ptimer_destroy(struct peng_vcpu *vcpu)
{
	hrtimer_cancel(&vcpu->timers.expire);
}
