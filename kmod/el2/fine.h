/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fine-grained traps and HCRX_EL2; inline, for code at EL2.
 *
 * What newer CPUs let EL1 and EL0 do beyond HCR_EL2 is off where these registers are 0:
 * bits that forbid something are not wanted, and bits that permit something are for
 * features that no guest has. The host has set some for its own use, with which a guest
 * would reach registers that nobody saves (TCR2_EL1, TPIDR2_EL0) and instructions that
 * its ID registers hide (MOPS).
 */
#ifndef PENG_EL2_FINE_H
#define PENG_EL2_FINE_H

#include <asm/sysreg.h>

#include "regs.h"

/**
 * struct el2_fine_traps - the host's values while the guest's are in the CPU
 * @hcx: HCRX_EL2 exists (FEAT_HCX)
 * @fgt: the fine-grained traps exist (FEAT_FGT)
 * @fgt2: and the second set of them (FEAT_FGT2)
 */
struct el2_fine_traps {
	bool hcx;
	bool fgt;
	bool fgt2;
#define X(name, enc, have)	u64 name
	PENG_FINE_TRAP_REGS(X);
#undef X
};

/* Fields of ID registers that the kernel's copies need not have, Arm ARM D17.2.64, D17.2.65. */
#define EL2_MMFR0_FGT_SHIFT	56
#define EL2_MMFR1_HCX_SHIFT	40

/* Which of them this CPU has; before the others, and once for as long as it stays. */
static inline void el2_fine_probe(struct el2_fine_traps *host)
{
	u64 fgt = read_sysreg(id_aa64mmfr0_el1) >> EL2_MMFR0_FGT_SHIFT & 0xf;

	host->hcx = read_sysreg(id_aa64mmfr1_el1) >> EL2_MMFR1_HCX_SHIFT & 0xf;
	host->fgt = fgt >= 1;
	host->fgt2 = fgt >= 2;
}

/* Host values are kept, and the guest's are 0. */
static inline void el2_fine_enter(struct el2_fine_traps *host)
{
	if (!host->hcx && !host->fgt)
		return;
#define X(name, enc, have)				\
	do {						\
		if (host->have) {			\
			host->name = read_sysreg_s(enc);	\
			write_sysreg_s(0, enc);		\
		}					\
	} while (0)
	PENG_FINE_TRAP_REGS(X);
#undef X
}

static inline void el2_fine_leave(const struct el2_fine_traps *host)
{
	if (!host->hcx && !host->fgt)
		return;
#define X(name, enc, have)				\
	do {						\
		if (host->have)				\
			write_sysreg_s(host->name, enc);	\
	} while (0)
	PENG_FINE_TRAP_REGS(X);
#undef X
}

#endif /* PENG_EL2_FINE_H */
