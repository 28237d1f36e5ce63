// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first exit tier: what EL2 finishes by itself, from struct peng_context
 * alone. Compiled once for each backend; runs with all of DAIF masked and the
 * guest's Stage-2 and EL1 state in the CPU.
 */
#include <linux/arm-smccc.h>
#include <linux/bitfield.h>
#include <asm/barrier.h>
#include <asm/esr.h>
#include <asm/sysreg.h>

#include "fast.h"
#include "switch.h"

typedef bool (*el2_exit_fn)(struct peng_context *ctx);

/* SMCCC_VERSION is a guest's way to ask for nothing: DEN0028 7.2. */
static bool handle_hvc(struct peng_context *ctx)
{
	if (lower_32_bits(ctx->regs.regs[0]) != ARM_SMCCC_VERSION_FUNC_ID ||
	    !ctx->smccc_version || (ctx->fault.esr & 0xffff))
		return false;

	ctx->regs.regs[0] = ctx->smccc_version;
	return true;
}

/* The guest's first SIMD or FP instruction since its registers were saved. */
static bool handle_fp(struct peng_context *ctx)
{
	if (!ctx->fp_allowed)
		return false;

	EL2_FN(fp_load)(ctx);
	return true;
}

/* The same by an SVE instruction, or ZCR_EL1, of a guest that has them. */
static bool handle_sve(struct peng_context *ctx)
{
	return ctx->sve.state && handle_fp(ctx);
}

/* By the guest's stage 1, as EL1 reads: @va's IPA, as HPFAR_EL2 would say it. */
static bool walk(struct peng_context *ctx, u64 va)
{
	u64 saved = read_sysreg_par();
	u64 par;

	asm volatile("at s1e1r, %0" : : "r" (va));
	isb();
	par = read_sysreg_par();
	write_sysreg(saved, par_el1);
	ctx->fault.hpfar = (par & GENMASK_ULL(51, 12)) >> 8;
	return !(par & SYS_PAR_EL1_F);
}

/*
 * HPFAR_EL2 is UNKNOWN for a permission fault that stage 1 did not cause
 * (Arm ARM D17.2.61), so the IPA is found by walking the guest's stage 1.
 * A walk that fails means that the guest has changed its tables meanwhile:
 * let it take the fault again.
 */
static bool handle_abort(struct peng_context *ctx)
{
	u64 esr = ctx->fault.esr;

	ctx->fault.far = read_sysreg_s(EL2_SYS_FAR);
	ctx->fault.sctlr = read_sysreg_s(EL2_SYS_GUEST_SCTLR);
	if ((esr & ESR_ELx_S1PTW) ||
	    (esr & ESR_ELx_FSC_TYPE) != ESR_ELx_FSC_PERM) {
		ctx->fault.hpfar = read_sysreg(hpfar_el2);
		return false;
	}
	return !walk(ctx, ctx->fault.far);
}

/* Where what is reported as WFI may be a WFIT, wfx.c looks at the instruction. */
static bool handle_wfx(struct peng_context *ctx)
{
	if (ctx->wfi_doubted && !(ctx->fault.esr & ESR_ELx_WFx_ISS_TI) &&
	    !walk(ctx, ctx->regs.pc))
		ctx->fault.hpfar = PENG_HPFAR_NONE;
	return false;
}

/* What the guest accessed is for user space that debugs it. */
static bool handle_watchpoint(struct peng_context *ctx)
{
	ctx->fault.far = read_sysreg_s(EL2_SYS_FAR);
	return false;
}

/* Classes that have no row go to the next tier. */
static const el2_exit_fn handlers[ESR_ELx_EC_MAX + 1] __el2_table = {
	[ESR_ELx_EC_WFx] = handle_wfx,
	[ESR_ELx_EC_HVC64] = handle_hvc,
	[ESR_ELx_EC_FP_ASIMD] = handle_fp,
	[ESR_ELx_EC_SVE] = handle_sve,
	[ESR_ELx_EC_IABT_LOW] = handle_abort,
	[ESR_ELx_EC_DABT_LOW] = handle_abort,
	[ESR_ELx_EC_WATCHPT_LOW] = handle_watchpoint,
};

static bool handle_sync(struct peng_context *ctx)
{
	u64 esr = read_sysreg_s(EL2_SYS_ESR);
	el2_exit_fn fn = el2_fn_ptr(handlers[ESR_ELx_EC(esr)]);

	ctx->fault.esr = esr;
	return fn && fn(ctx);
}

bool EL2_FN(exit_handled)(struct peng_context *ctx, enum peng_exit exit)
{
	el2_take_deferred_serror(ctx);
	if (likely(exit == PENG_EXIT_SYNC) && !ctx->fault.disr)
		return handle_sync(ctx);
	if (exit != PENG_EXIT_IRQ)
		ctx->fault.esr = read_sysreg_s(EL2_SYS_ESR);
	return false;
}
