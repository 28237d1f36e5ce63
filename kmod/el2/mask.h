/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's interrupt masks around a stay in the guest; inline, for the half
 * of the world switch that runs at the host kernel's exception level.
 */
#ifndef PENG_EL2_MASK_H
#define PENG_EL2_MASK_H

#include <linux/types.h>
#include <asm/arch_gicv3.h>
#include <asm/cpufeature.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>

struct el2_host_mask {
	u64 daif;
	u64 pmr;
};

/*
 * On a pseudo-NMI host interrupts are masked by priority, which would keep them
 * from ending the guest: open the priority mask, with DAIF closed, and make sure
 * that the redistributor has seen it before the guest runs.
 */
static inline void el2_mask_all(struct el2_host_mask *mask)
{
	mask->daif = read_sysreg(daif);
	asm volatile("msr daifset, #0xf" : : : "memory");
	if (system_uses_irq_prio_masking()) {
		mask->pmr = gic_read_pmr();
		gic_write_pmr(GIC_PRIO_IRQON | GIC_PRIO_PSR_I_SET);
		pmr_sync();
	}
}

static inline void el2_unmask(const struct el2_host_mask *mask)
{
	if (system_uses_irq_prio_masking())
		gic_write_pmr(mask->pmr);
	write_sysreg(mask->daif, daif);
}

#endif /* PENG_EL2_MASK_H */
