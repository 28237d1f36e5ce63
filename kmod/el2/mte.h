/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MTE's registers of guest and host; inline, for code at EL2.
 *
 * GCR_EL1 and RGSR_EL1 steer the tags that IRG makes up for any EL, TFSRE0_EL1 has the
 * tag check faults of EL0, and TFSR_EL1 those of EL1, which on nVHE is the host, too.
 * The guest's are in the CPU only while it runs, and only if it has MTE.
 */
#ifndef PENG_EL2_MTE_H
#define PENG_EL2_MTE_H

#include <asm/kvm_arm.h>
#include <asm/sysreg.h>

#include "../context.h"

#ifdef PENG_EL2_NVHE
#define EL2_SYS_GUEST_TFSR	SYS_TFSR_EL1
#else
#define EL2_SYS_GUEST_TFSR	SYS_TFSR_EL12
#endif

/**
 * struct el2_host_mte - the host's values while the guest's are in the CPU
 * @gcr: GCR_EL1
 * @rgsr: RGSR_EL1
 * @tfsr: TFSR_EL1, on VHE of whoever had EL1 last
 * @tfsre0: TFSRE0_EL1
 */
struct el2_host_mte {
	u64 gcr;
	u64 rgsr;
	u64 tfsr;
	u64 tfsre0;
};

static __always_inline void el2_mte_enter(const struct peng_context *ctx, struct el2_host_mte *host)
{
	if (likely(!(ctx->trap.hcr & HCR_ATA)))
		return;

	host->gcr = read_sysreg_s(SYS_GCR_EL1);
	host->rgsr = read_sysreg_s(SYS_RGSR_EL1);
	host->tfsr = read_sysreg_s(EL2_SYS_GUEST_TFSR);
	host->tfsre0 = read_sysreg_s(SYS_TFSRE0_EL1);
	write_sysreg_s(ctx->sys[PENG_GCR_EL1], SYS_GCR_EL1);
	write_sysreg_s(ctx->sys[PENG_RGSR_EL1], SYS_RGSR_EL1);
	write_sysreg_s(ctx->sys[PENG_TFSR_EL1], EL2_SYS_GUEST_TFSR);
	write_sysreg_s(ctx->sys[PENG_TFSRE0_EL1], SYS_TFSRE0_EL1);
}

static __always_inline void el2_mte_leave(struct peng_context *ctx, const struct el2_host_mte *host)
{
	if (likely(!(ctx->trap.hcr & HCR_ATA)))
		return;

	ctx->sys[PENG_GCR_EL1] = read_sysreg_s(SYS_GCR_EL1);
	ctx->sys[PENG_RGSR_EL1] = read_sysreg_s(SYS_RGSR_EL1);
	ctx->sys[PENG_TFSR_EL1] = read_sysreg_s(EL2_SYS_GUEST_TFSR);
	ctx->sys[PENG_TFSRE0_EL1] = read_sysreg_s(SYS_TFSRE0_EL1);
	write_sysreg_s(host->gcr, SYS_GCR_EL1);
	write_sysreg_s(host->rgsr, SYS_RGSR_EL1);
	write_sysreg_s(host->tfsr, EL2_SYS_GUEST_TFSR);
	write_sysreg_s(host->tfsre0, SYS_TFSRE0_EL1);
}

#endif /* PENG_EL2_MTE_H */
