// SPDX-License-Identifier: GPL-2.0-only
/*
 * EL2 controls that a vCPU starts with: which accesses of every guest trap, one row
 * for each reason, and what the VM's features ask for (feature.c).
 *
 * Whatever the ID registers hide must be kept from working here, or trap to
 * an encoding that has no row in sysreg_table.c and is UNDEFINED for it.
 */
#include <asm/kvm_arm.h>

#include "../feature.h"
#include "../host/probe.h"
#include "../vcpu.h"
#include "../vm.h"
#include "row.h"

/**
 * struct trap_row - controls that go together
 * @when: whether they are wanted; NULL: always
 * @set: bits to set
 */
struct trap_row {
	bool (*when)(const struct peng_vcpu *vcpu);
	struct peng_trap_regs set;
};

static bool host_ras(const struct peng_vcpu *vcpu)
{
	return peng_host.ras;
}

static bool host_fwb(const struct peng_vcpu *vcpu)
{
	return peng_host.fwb;
}

static bool host_no_fwb(const struct peng_vcpu *vcpu)
{
	return !peng_host.fwb;
}

static bool host_mismatched_caches(const struct peng_vcpu *vcpu)
{
	return peng_sysreg_host.mismatched_caches;
}

static const struct trap_row rows[] = {
	/* Stage-2, interrupts and SErrors for EL2, AArch64 EL1. */
	{ .set.hcr = HCR_VM | HCR_RW | HCR_IMO | HCR_FMO | HCR_AMO },
	/* A guest that moves between CPUs needs its maintenance broadcast. */
	{ .set.hcr = HCR_FB | HCR_BSU_IS },
	/* Clean with what a set/way invalidates; no walks through devices. */
	{ .set.hcr = HCR_SWIO | HCR_PTW },
	{ .set.hcr = HCR_TWI | HCR_TWE },
	/* Firmware and IMPLEMENTATION DEFINED registers are the host's. */
	{ .set.hcr = HCR_TSC | HCR_TIDCP | HCR_TACR, .set.hstr = BIT(15) /* c15 */ },
	/* ID registers: REVIDR and AIDR; what idreg.c owns. */
	{ .set.hcr = HCR_TID1 | HCR_TID3 },
	{ .set.hcr = HCR_TSW },
	/* LORegions are RES0. */
	{ .set.hcr = HCR_TLOR },
	/* Host error records; external aborts are the host's to look at first. */
	{ host_ras, { .hcr = HCR_TERR | HCR_TEA } },
	/* With FWB a guest's caches-off accesses are coherent anyway. */
	{ host_fwb, { .hcr = HCR_FWB } },
	/* Caches start off; see them being turned on. */
	{ host_no_fwb, { .hcr = HCR_TVM } },
	/* Show the same CTR_EL0 on all CPUs; else it is read untrapped, often. */
	{ host_mismatched_caches, { .hcr = HCR_TID2 } },
	/* PMU registers, whether there is one or not; no SPE or trace. HPMN is the host's; E2PB and E2TB stay 0. */
	{ .set.mdcr = MDCR_EL2_TPM | MDCR_EL2_TPMCR | MDCR_EL2_TPMS | MDCR_EL2_TTRF },
	/* Debug registers are in memory until somebody loads them. */
	{ .set.mdcr = MDCR_EL2_TDRA | MDCR_EL2_TDOSA | MDCR_EL2_TDA },
	/* No trace or activity monitors; SVE and SME stay trapped by 0. */
	{ .set.cptr = CPACR_EL1_TTA | CPTR_EL2_TAM },
};

void peng_trapbits_reset(struct peng_vcpu *vcpu)
{
	struct peng_trap_regs *trap = &vcpu->ctx.trap;
	const struct trap_row *row;

	memset(trap, 0, sizeof(*trap));
	for (row = rows; row < rows + ARRAY_SIZE(rows); row++) {
		if (row->when && !row->when(vcpu))
			continue;
		trap->hcr |= row->set.hcr;
		trap->mdcr |= row->set.mdcr;
		trap->cptr |= row->set.cptr;
		trap->hstr |= row->set.hstr;
	}
	peng_feature_traps(vcpu->vm->features, trap);
}
