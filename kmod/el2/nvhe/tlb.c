// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLB maintenance of a guest's EL1&0 regime, at EL2 for an nVHE host.
 *
 * A TLBI for EL1&0 acts on the VMID in VTTBR_EL2 (Arm ARM D8.13.5), so each
 * flush visits the guest's VMID. The host's own stage 1 stays in place meanwhile
 * and Stage-2 off: nothing may be walked under the guest's VMID.
 */
#include <asm/barrier.h>
#include <asm/pgtable-hwdef.h>
#include <asm/sysreg.h>
#include <asm/tlbflush.h>

#include "../../host/probe.h"
#include "image.h"

/* The host's registers while a flush visits a VMID. */
struct visit {
	u64 vttbr;
	u64 tcr;
};

static void visit_enter(struct visit *v, u64 vttbr)
{
	/* The host's updates of the tables are visible to all before. */
	dsb(ishst);
	v->vttbr = read_sysreg(vttbr_el2);
	if (peng_host.spec_at) {
		/* Erratum 1319367: a speculative AT must find nothing to walk. */
		v->tcr = read_sysreg(tcr_el1);
		write_sysreg(v->tcr | TCR_EPD0_MASK | TCR_EPD1_MASK, tcr_el1);
		isb();
	}
	write_sysreg(vttbr, vttbr_el2);
	isb();
}

static void visit_leave(const struct visit *v)
{
	write_sysreg(v->vttbr, vttbr_el2);
	isb();
	if (peng_host.spec_at) {
		write_sysreg(v->tcr, tcr_el1);
		isb();
	}
}

u64 peng_nvhe_flush_vmid(u64 vttbr, u64 b, u64 c)
{
	struct visit v;

	visit_enter(&v, vttbr);
	__tlbi(vmalls12e1is);
	dsb(ish);
	isb();
	visit_leave(&v);
	return 0;
}

u64 peng_nvhe_flush_local(u64 vttbr, u64 b, u64 c)
{
	struct visit v;

	visit_enter(&v, vttbr);
	__tlbi(vmalls12e1);
	asm volatile("ic iallu" : : : "memory");
	dsb(nsh);
	isb();
	visit_leave(&v);
	return 0;
}

/* By IPA, and then all of stage 1: combined entries are tagged by VA. */
u64 peng_nvhe_flush_range(u64 vttbr, u64 ipa, u64 size)
{
	u64 end = ipa + size;
	struct visit v;

	visit_enter(&v, vttbr);
	for (; ipa < end; ipa += PAGE_SIZE)
		__tlbi(ipas2e1is, ipa >> 12);
	dsb(ish);
	__tlbi(vmalle1is);
	dsb(ish);
	isb();
	/* A VPIPT instruction cache is tagged by VMID, and knows no IPA. */
	if (peng_host.vpipt) {
		asm volatile("ic ialluis" : : : "memory");
		dsb(ish);
		isb();
	}
	visit_leave(&v);
	return 0;
}

/* Of EL2's own regime, on this CPU. */
u64 peng_nvhe_flush_el2(u64 a, u64 b, u64 c)
{
	dsb(ishst);
	__tlbi(alle2);
	dsb(nsh);
	isb();
	return 0;
}
