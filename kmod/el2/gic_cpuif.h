/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The GICv3 virtual CPU interface at EL2: what the world switch calls.
 */
#ifndef PENG_EL2_GIC_CPUIF_H
#define PENG_EL2_GIC_CPUIF_H

#include "../context.h"
#include "el2_fn.h"

/* Around the vCPU's stay on this CPU; preemption off. */
void EL2_FN(gic_load)(struct peng_context *ctx);
void EL2_FN(gic_put)(struct peng_context *ctx);

/* Around each stay in the guest; interrupts masked. */
void EL2_FN(gic_enter)(struct peng_context *ctx);
void EL2_FN(gic_leave)(struct peng_context *ctx);

#endif /* PENG_EL2_GIC_CPUIF_H */
