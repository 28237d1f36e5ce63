/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this folder share.
 */
#ifndef PENG_PMU_INTERNAL_H
#define PENG_PMU_INTERNAL_H

#include <linux/bits.h>
#include <linux/types.h>

#include "pmu.h"

/* Arm ARM D17.5.8, D17.5.15, D17.5.21; the headers of older kernels differ. */
#define PMCR_N			GENMASK(15, 11)
#define PMUSERENR_ALL		GENMASK(3, 0)
#define EXCLUDE_NS_EL1		BIT(29)
#define EXCLUDE_NS_EL0		BIT(28)

struct arm_pmu;

/**
 * struct peng_pmu_host - a kind of PMU that CPUs of the host have
 * @pmu: as perf knows it
 * @ceid: PMCEID0_EL0 and PMCEID1_EL0
 * @counters: PMCR_EL0.N
 * @ver: ID_AA64DFR0_EL1.PMUVer
 */
struct peng_pmu_host {
	struct arm_pmu *pmu;
	u64 ceid[2];
	u8 counters;
	u8 ver;
};

/* host.c */
const struct peng_pmu_host *peng_pmu_host_default(void);
const struct peng_pmu_host *peng_pmu_host_by_type(int type);

/* PMUv3 has event numbers of 10 bits, and of 16 from PMUv3p1 on (D11.5). */
static inline u32 peng_pmu_event_mask(u8 ver)
{
	return ver > 1 ? 0xffff : 0x3ff;
}

/* pmu.c: counters; the vCPU's own thread, or nobody's events. May sleep. */
u64 peng_pmc_read(struct peng_vcpu *vcpu, struct peng_pmc *pmc);
void peng_pmc_write(struct peng_vcpu *vcpu, struct peng_pmc *pmc, u64 val);
void peng_pmc_set_type(struct peng_vcpu *vcpu, struct peng_pmc *pmc, u32 type);
/* Let those count that PMCR_EL0 and PMCNTENSET_EL0 say, and no others. */
void peng_pmu_update(struct peng_vcpu *vcpu);
/* No event counts any more; the values are kept. */
void peng_pmu_park(struct peng_vcpu *vcpu);
/* Add one to those of @mask that count @event, software's part of it. */
void peng_pmu_increment(struct peng_vcpu *vcpu, u32 mask, u32 event);
/* Tell the vGIC the level of the overflow interrupt. Not in an NMI. */
void peng_pmu_update_line(struct peng_vcpu *vcpu);
/* The counters that the guest has. */
u32 peng_pmu_valid(const struct peng_vcpu *vcpu);

#endif /* PENG_PMU_INTERNAL_H */
