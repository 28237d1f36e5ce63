// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's SIMD, FP and SVE registers, in the CPU from its first use of them
 * until the exit that the host sees.
 *
 * Compiled once for each backend. The host has saved its own registers before
 * (fp/fp.c) and takes none of the guest's for its own; of EL2's controls it gets
 * back here what decides on vector lengths, and from the world switch the traps.
 */
#include <asm/barrier.h>
#include <asm/sysreg.h>

#include "fast.h"
#include "switch.h"

static void load_sve(struct peng_context *ctx)
{
	struct peng_sve_regs *sve = &ctx->sve;

	sve->host_zcr = read_sysreg_s(SYS_ZCR_EL2);
	sve->host_zcr_el1 = read_sysreg_s(EL2_SYS_GUEST_ZCR);
	/* Said before it is so: a fault has to put the host's back. */
	ctx->fp_loaded = true;
	write_sysreg_s(sve->zcr, SYS_ZCR_EL2);
	write_sysreg_s(ctx->sys[PENG_ZCR_EL1], EL2_SYS_GUEST_ZCR);
	/* From here on this code's vectors are as long as the guest's longest. */
	isb();
	EL2_FN(sve_restore)(el2_data_ptr(sve->state), &ctx->fp.fpsr);
}

static void put_sve(struct peng_context *ctx)
{
	struct peng_sve_regs *sve = &ctx->sve;

	EL2_FN(sve_save)(el2_data_ptr(sve->state), &ctx->fp.fpsr);
	ctx->sys[PENG_ZCR_EL1] = read_sysreg_s(EL2_SYS_GUEST_ZCR);
	EL2_FN(sve_put_host)(ctx);
}

/* Vector lengths as the host had them; the guest's registers need not be saved. */
void EL2_FN(sve_put_host)(const struct peng_context *ctx)
{
	write_sysreg_s(ctx->sve.host_zcr_el1, EL2_SYS_GUEST_ZCR);
	write_sysreg_s(ctx->sve.host_zcr, SYS_ZCR_EL2);
}

/* The guest's registers instead of the host's. */
void EL2_FN(fp_load)(struct peng_context *ctx)
{
	if (!ctx->sve.state) {
		el2_fp_untrap();
		EL2_FN(fp_restore)(&ctx->fp);
		ctx->fp_loaded = true;
	} else {
		el2_sve_untrap();
		load_sve(ctx);
	}
}

/* Save them; what stays in the CPU is nobody's. */
void EL2_FN(fp_put)(struct peng_context *ctx)
{
	if (!ctx->sve.state)
		EL2_FN(fp_save)(&ctx->fp);
	else
		put_sve(ctx);
	ctx->fp_loaded = false;
}
