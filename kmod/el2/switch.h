/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * World-switch steps that both backends take; inline, for code at EL2.
 */
#ifndef PENG_EL2_SWITCH_H
#define PENG_EL2_SWITCH_H

#include <asm/barrier.h>
#include <asm/kvm_arm.h>
#include <asm/sysreg.h>

#include "../context.h"
#include "../host/probe.h"
#include "el2_fn.h"

/*
 * EL2's own syndrome registers by encoding: on a VHE host the assembler's
 * esr_el1 would be redirected to the same place, on nVHE it would be the guest's.
 */
#define EL2_SYS_ESR	sys_reg(3, 4, 5, 2, 0)
#define EL2_SYS_FAR	sys_reg(3, 4, 6, 0, 0)

/* The guest's SCTLR_EL1 and ZCR_EL1, while they are in the CPU. */
#ifdef PENG_EL2_NVHE
#define EL2_SYS_GUEST_SCTLR	SYS_SCTLR_EL1
#define EL2_SYS_GUEST_ZCR	SYS_ZCR_EL1
#else
#define EL2_SYS_GUEST_SCTLR	SYS_SCTLR_EL12
#define EL2_SYS_GUEST_ZCR	SYS_ZCR_EL12
#endif

/* CPACR_EL1 layout, which CPTR_EL2 has while HCR_EL2.E2H is set. */
#define EL2_CPACR_FPEN	GENMASK(21, 20)
#define EL2_CPACR_ZEN	GENMASK(17, 16)
#define EL2_CPACR_SMEN	GENMASK(25, 24)
#define EL2_CPACR_TTA	BIT(28)

/* CPTR_EL2.TSM of nVHE, RES1 where there is no SME: Arm ARM D17.2.31. */
#define EL2_CPTR_TSM	BIT(12)

/* Stop trapping SIMD and FP; the instructions that follow may use them. */
static inline void el2_fp_untrap(void)
{
#ifdef PENG_EL2_NVHE
	sysreg_clear_set(cptr_el2, CPTR_EL2_TFP, 0);
#else
	sysreg_clear_set(cpacr_el1, 0, EL2_CPACR_FPEN);
#endif
	isb();
}

/* The same for SVE, and so for all of them. */
static inline void el2_sve_untrap(void)
{
#ifdef PENG_EL2_NVHE
	sysreg_clear_set(cptr_el2, CPTR_EL2_TZ | CPTR_EL2_TFP, 0);
#else
	sysreg_clear_set(cpacr_el1, 0, EL2_CPACR_FPEN | EL2_CPACR_ZEN);
#endif
	isb();
}

/*
 * The vectors' ESB has turned an SError that was pending at the exit into a
 * record in DISR_EL1; move it into the context, so that the host never sees it
 * as its own. EL2 reads the physical DISR_EL1 here, whatever HCR_EL2.AMO says.
 */
static inline void el2_take_deferred_serror(struct peng_context *ctx)
{
	ctx->fault.disr = 0;
	if (!peng_host.ras)
		return;

	ctx->fault.disr = read_sysreg_s(SYS_DISR_EL1);
	if (unlikely(ctx->fault.disr))
		write_sysreg_s(0, SYS_DISR_EL1);
}

/* vectors.S: the syndrome of a physical SError that was pending, or 0. */
u64 EL2_FN(take_serror)(void);

/*
 * A physical SError that the guest caused must not hit the host. With RAS the
 * vectors' ESB has seen to it. The guest's HCR_EL2 and EL2's vectors for it are
 * still there.
 */
static inline void el2_flush_serror(struct peng_context *ctx, enum peng_exit exit)
{
	u64 esr;

	if (likely(peng_host.ras) || exit == PENG_EXIT_SERROR)
		return;
	esr = EL2_FN(take_serror)();
	if (unlikely(esr))
		ctx->fault.disr = esr;
}

#endif /* PENG_EL2_SWITCH_H */
