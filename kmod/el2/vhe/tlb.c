// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLB maintenance of a guest's EL1&0 regime on a VHE host.
 *
 * A TLBI for EL1&0 acts on the VMID in VTTBR_EL2, and on the guest's regime
 * rather than the host's only while HCR_EL2.TGE is clear (Arm ARM D8.13.5): so
 * each flush visits the guest's address space with interrupts masked.
 */
#include <linux/irqflags.h>
#include <asm/barrier.h>
#include <asm/cacheflush.h>
#include <asm/kvm_arm.h>
#include <asm/sysreg.h>
#include <asm/tlbflush.h>

#include "../../host/probe.h"
#include "vhe.h"

/* Past this many pages the whole VMID is cheaper than page by page. */
#define MAX_RANGE_PAGES		512

/* Host state while a flush visits the guest's address space. */
struct visit {
	unsigned long flags;
	u64 hcr;
	u64 vttbr;
	u64 vtcr;
	u64 tcr;
	u64 sctlr;
};

static void visit_enter(struct visit *v, const struct peng_s2_root *root)
{
	local_irq_save(v->flags);
	v->hcr = read_sysreg(hcr_el2);
	v->vttbr = read_sysreg(vttbr_el2);
	v->vtcr = read_sysreg(vtcr_el2);

	if (peng_host.spec_at) {
		/*
		 * Errata 1165522 and 1530923: a speculative AT may fill the TLB
		 * from whatever stage 1 is in the registers. Forbid walks (EPD),
		 * and keep stage 1 on so that no IPA is taken for a VA.
		 */
		v->tcr = read_sysreg_s(SYS_TCR_EL12);
		write_sysreg_s(v->tcr | TCR_EPD0_MASK | TCR_EPD1_MASK, SYS_TCR_EL12);
		isb();
		v->sctlr = read_sysreg_s(SYS_SCTLR_EL12);
		write_sysreg_s(v->sctlr | SCTLR_ELx_M, SYS_SCTLR_EL12);
		isb();
	}

	write_sysreg(root->vtcr, vtcr_el2);
	write_sysreg(root->vttbr, vttbr_el2);
	isb();
	write_sysreg(v->hcr & ~HCR_TGE, hcr_el2);
	isb();
}

static void visit_leave(const struct visit *v)
{
	write_sysreg(v->hcr, hcr_el2);
	isb();
	write_sysreg(v->vttbr, vttbr_el2);
	write_sysreg(v->vtcr, vtcr_el2);
	isb();
	if (peng_host.spec_at) {
		write_sysreg_s(v->sctlr, SYS_SCTLR_EL12);
		isb();
		write_sysreg_s(v->tcr, SYS_TCR_EL12);
	}
	local_irq_restore(v->flags);
}

/* Combined entries of stage 1 and 2 are tagged by VA, so they go all at once. */
static void flush_stage1(void)
{
	dsb(ish);
	__tlbi(vmalle1is);
	dsb(ish);
	isb();
}

void peng_vhe_tlb_flush_vmid(const struct peng_s2_root *root)
{
	struct visit v;

	dsb(ishst);
	visit_enter(&v, root);
	__tlbi(vmalls12e1is);
	dsb(ish);
	isb();
	visit_leave(&v);
}

void peng_vhe_tlb_flush_ipa(const struct peng_s2_root *root, u64 ipa, int level)
{
	struct visit v;

	dsb(ishst);
	visit_enter(&v, root);
	/* Level 0 cannot be given as a hint: it means "unknown" (TTL = 0). */
	__tlbi_level(ipas2e1is, ipa >> 12, level > 0 ? level : 0);
	flush_stage1();
	/* A VPIPT instruction cache is tagged by VMID, and knows no IPA. */
	if (peng_host.vpipt)
		icache_inval_all_pou();
	visit_leave(&v);
}

void peng_vhe_tlb_flush_ipa_local(const struct peng_s2_root *root, u64 ipa, int level)
{
	struct visit v;

	dsb(nshst);
	visit_enter(&v, root);
	__tlbi_level(ipas2e1, ipa >> 12, level > 0 ? level : 0);
	dsb(nsh);
	__tlbi(vmalle1);
	dsb(nsh);
	isb();
	visit_leave(&v);
}

void peng_vhe_tlb_flush_range(const struct peng_s2_root *root, u64 ipa, u64 size)
{
	struct visit v;
	u64 end = ipa + size;

	if (size > MAX_RANGE_PAGES * PAGE_SIZE) {
		peng_vhe_tlb_flush_vmid(root);
		return;
	}

	dsb(ishst);
	visit_enter(&v, root);
	for (; ipa < end; ipa += PAGE_SIZE)
		__tlbi(ipas2e1is, ipa >> 12);
	flush_stage1();
	if (peng_host.vpipt)
		icache_inval_all_pou();
	visit_leave(&v);
}

void peng_vhe_tlb_flush_local(const struct peng_s2_root *root)
{
	struct visit v;

	dsb(nshst);
	visit_enter(&v, root);
	__tlbi(vmalls12e1);
	dsb(nsh);
	isb();
	visit_leave(&v);
}
