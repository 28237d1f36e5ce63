/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The GICv3 virtual CPU interface at EL2: what the world switch calls.
 */
#ifndef PENG_EL2_GIC_CPUIF_H
#define PENG_EL2_GIC_CPUIF_H

#include <linux/irqchip/arm-gic-v3.h>

#include "../context.h"
#include "el2_fn.h"

/* ICH_HCR_EL2 of a VM that has no vGIC: it must not reach the registers of one. */
#define EL2_NO_GIC_TRAPS	(ICH_HCR_EL2_TC | ICH_HCR_EL2_TALL0 | ICH_HCR_EL2_TALL1)

/* Around the vCPU's stay on this CPU; preemption off. */
void EL2_FN(gic_load)(struct peng_context *ctx);
void EL2_FN(gic_put)(struct peng_context *ctx);

/* Around each stay in the guest; interrupts masked. */
void EL2_FN(gic_enter)(struct peng_context *ctx);
void EL2_FN(gic_leave)(struct peng_context *ctx);

#endif /* PENG_EL2_GIC_CPUIF_H */
