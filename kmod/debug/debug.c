// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debugging a guest from user space.
 *
 * While user space debugs, MDCR_EL2.TDE sends all debug exceptions to EL2, and
 * el2/debug.h runs the guest with the MDSCR_EL1 bits and, if they are wanted,
 * the breakpoints that are computed here. What the guest has in its own debug
 * registers stays there: its accesses to them trap anyway.
 *
 * A single step is PSTATE.SS: the CPU clears it when it has executed an
 * instruction, peng_inject_skip() where peng has done so in its place, and with
 * it clear the next entry ends at once (Arm ARM D2.12, software step state
 * machine). So it is set once for each step and never in between. Fields of a
 * vCPU's debugging are under vcpu->lock.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/string.h>
#include <asm/debug-monitors.h>
#include <asm/esr.h>
#include <asm/kvm_arm.h>
#include <asm/sysreg.h>

#include "../vcpu.h"
#include "debug.h"

static_assert(PENG_MAX_DBG == KVM_ARM_MAX_DBG_REGS);

static void set_controls(struct peng_vcpu *vcpu)
{
	struct peng_context *ctx = &vcpu->ctx;
	u32 control = vcpu->debug.control;

	ctx->trap.mdcr &= ~(u64)MDCR_EL2_TDE;
	if (control)
		ctx->trap.mdcr |= MDCR_EL2_TDE;

	/* The guest's own steps would come out as user space's. */
	ctx->mdscr_clear = control ? MDSCR_EL1_SS : 0;
	/* All of its debug exceptions but BRK (Arm ARM D2.5). The CPU's OS lock is the host's. */
	if (ctx->sys[PENG_OSLSR_EL1] & OSLSR_EL1_OSLK)
		ctx->mdscr_clear |= MDSCR_EL1_SS | MDSCR_EL1_MDE;
	ctx->mdscr_set = 0;
	if (control & KVM_GUESTDBG_SINGLESTEP)
		ctx->mdscr_set |= MDSCR_EL1_SS;
	if (control & KVM_GUESTDBG_USE_HW)
		ctx->mdscr_set |= MDSCR_EL1_MDE;
	ctx->use_user_debug = control & KVM_GUESTDBG_USE_HW;
}

/**
 * peng_debug_set() - KVM_SET_GUEST_DEBUG (KVM API 4.87)
 * @vcpu: vcpu->lock held, not loaded
 * @args: what to debug, and breakpoints and watchpoints to do it with
 *
 * Return: 0, or -EINVAL for an unknown bit.
 */
int peng_debug_set(struct peng_vcpu *vcpu, const struct kvm_guest_debug *args)
{
	struct peng_vcpu_debug *debug = &vcpu->debug;
	struct peng_debug_regs *regs = &vcpu->ctx.user_debug;
	u32 old = debug->control;

	lockdep_assert_held(&vcpu->lock);

	if (args->control & ~PENG_GUESTDBG_VALID)
		return -EINVAL;

	debug->control = args->control & KVM_GUESTDBG_ENABLE ? args->control : 0;
	if (debug->control & KVM_GUESTDBG_USE_HW) {
		memcpy(regs->bvr, args->arch.dbg_bvr, sizeof(regs->bvr));
		memcpy(regs->bcr, args->arch.dbg_bcr, sizeof(regs->bcr));
		memcpy(regs->wvr, args->arch.dbg_wvr, sizeof(regs->wvr));
		memcpy(regs->wcr, args->arch.dbg_wcr, sizeof(regs->wcr));
	}
	/* A step that is under way goes on. */
	if (debug->control & ~old & KVM_GUESTDBG_SINGLESTEP)
		debug->step = true;
	set_controls(vcpu);
	return 0;
}

/**
 * peng_debug_oslock_changed() - OSLSR_EL1 of the vCPU is another one
 * @vcpu: vCPU
 *
 * Context: vCPU thread, interrupts may be masked, or vcpu->lock held and not loaded.
 */
void peng_debug_oslock_changed(struct peng_vcpu *vcpu)
{
	set_controls(vcpu);
}

void peng_debug_vcpu_reset(struct peng_vcpu *vcpu)
{
	set_controls(vcpu);
}

static bool set_step(struct peng_vcpu *vcpu, bool step)
{
	struct user_pt_regs *regs = &vcpu->ctx.regs;
	bool old = regs->pstate & DBG_SPSR_SS;

	regs->pstate &= ~(u64)DBG_SPSR_SS;
	if (step)
		regs->pstate |= DBG_SPSR_SS;
	return old;
}

void peng_debug_run_begin(struct peng_vcpu *vcpu)
{
	if (unlikely(vcpu->debug.control & KVM_GUESTDBG_SINGLESTEP))
		vcpu->debug.guest_step = set_step(vcpu, vcpu->debug.step);
}

void peng_debug_run_end(struct peng_vcpu *vcpu)
{
	bool told;

	if (likely(!(vcpu->debug.control & KVM_GUESTDBG_SINGLESTEP)))
		return;
	vcpu->debug.step = set_step(vcpu, vcpu->debug.guest_step);

	/* User space knows of this step: the next one begins. */
	told = !vcpu->run_ret && vcpu->run->exit_reason == KVM_EXIT_DEBUG &&
	       ESR_ELx_EC(peng_vcpu_esr(vcpu)) == ESR_ELx_EC_SOFTSTP_LOW;
	vcpu->debug.step |= told;
}

/**
 * peng_debug_exit() - a debug exception that MDCR_EL2.TDE has sent to EL2
 * @vcpu: its PC is where the guest goes on, which is at a BRK itself
 *
 * Return: PENG_USER.
 */
enum peng_verdict peng_debug_exit(struct peng_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	u64 esr = peng_vcpu_esr(vcpu);

	run->exit_reason = KVM_EXIT_DEBUG;
	compat_debug_exit_syndrome(run, esr);
	if (ESR_ELx_EC(esr) == ESR_ELx_EC_WATCHPT_LOW)
		run->debug.arch.far = vcpu->ctx.fault.far;
	vcpu->run_ret = 0;
	return PENG_USER;
}
