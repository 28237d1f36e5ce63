// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cache maintenance on behalf of guests, and guests that run with their caches off.
 *
 * Without FEAT_S2FWB a guest whose stage 1 is off, or maps memory non-cacheable, looks past the
 * caches at memory itself. So each page is cleaned and invalidated to the Point of Coherency before
 * it is mapped, and all that is mapped once more whenever the guest switches its caches, which
 * HCR_EL2.TVM traps until they are on, or gives up after set/way operations, which HCR_EL2.TSW
 * traps and which have no meaning for a guest that migrates between CPUs.
 *
 * The kernel exports no clean to the Point of Coherency, hence the loops here.
 */
#include <linux/bitfield.h>
#include <linux/mm.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/kvm_arm.h>
#include <asm/sysreg.h>

#include "../host/probe.h"
#include "../vcpu.h"
#include "../vm.h"
#include "mmu.h"
#include "stage2.h"

static unsigned int dline, iline;
static bool icache_by_address;

/**
 * peng_cache_module_init - learn the geometry of the caches
 */
void peng_cache_module_init(void)
{
	u64 ctr = read_sanitised_ftr_reg(SYS_CTR_EL0);

	/* Line sizes are log2 of words. */
	dline = 4 << FIELD_GET(CTR_EL0_DminLine_MASK, ctr);
	iline = 4 << FIELD_GET(CTR_EL0_IminLine_MASK, ctr);
	/* Otherwise lines may hide under another virtual address, or another VMID. */
	icache_by_address = FIELD_GET(CTR_EL0_L1Ip_MASK, ctr) == CTR_EL0_L1Ip_PIPT;
}

/**
 * peng_cache_clean_dcache - clean and invalidate memory to the Point of Coherency
 * @phys: start, page aligned; in the linear map, and held so that it stays there
 * @size: length
 *
 * Context: any; takes about 130 ms per GiB, so cut it into pieces.
 */
void peng_cache_clean_dcache(phys_addr_t phys, u64 size)
{
	unsigned long addr = (unsigned long)phys_to_virt(phys);
	unsigned long end = addr + size;

	if (peng_host.fwb)
		return;
	for (; addr < end; addr += dline)
		asm volatile("dc civac, %0" : : "r" (addr) : "memory");
	dsb(sy);
}

/**
 * peng_cache_inval_icache_all - invalidate the instruction caches of all CPUs
 */
void peng_cache_inval_icache_all(void)
{
	if (peng_host.dic)
		return;
	dsb(ish);
	asm volatile("ic ialluis" : : : "memory");
	dsb(ish);
	isb();
}

/**
 * peng_cache_inval_icache_local - invalidate the instruction cache of this CPU
 *
 * Also where FEAT_DIC coherence makes it needless for code that was written to the Point of
 * Unification.
 */
void peng_cache_inval_icache_local(void)
{
	asm volatile("ic iallu" : : : "memory");
	dsb(nsh);
	isb();
}

/**
 * peng_cache_inval_icache - forget instructions that were fetched from memory before
 * @phys: start, page aligned; held as in peng_cache_clean_dcache()
 * @size: length
 *
 * Context: any.
 */
void peng_cache_inval_icache(phys_addr_t phys, u64 size)
{
	unsigned long addr = (unsigned long)phys_to_virt(phys);
	unsigned long end = addr + size;

	if (peng_host.dic)
		return;
	if (!icache_by_address || size > PAGE_SIZE) {
		peng_cache_inval_icache_all();
		return;
	}
	dsb(ish);
	for (; addr < end; addr += iline)
		asm volatile("ic ivau, %0" : : "r" (addr) : "memory");
	dsb(ish);
	isb();
}

static bool caches_enabled(struct peng_vcpu *vcpu)
{
	u64 both = SCTLR_ELx_M | SCTLR_ELx_C;

	return (peng_vcpu_sys_read(vcpu, PENG_SCTLR_EL1) & both) == both;
}

/**
 * peng_mmu_set_way - the guest cleans its caches line by line
 * @vcpu: trapped by HCR_EL2.TSW
 *
 * The first operation cleans everything that is mapped. The rest of the guest's loop comes for
 * nothing, until it has switched its caches: that is what the loop is for.
 *
 * Context: vCPU thread, may sleep.
 */
void peng_mmu_set_way(struct peng_vcpu *vcpu)
{
	if (peng_host.fwb || (vcpu->ctx.trap.hcr & HCR_TVM))
		return;
	peng_stage2_clean_all(vcpu->vm);
	vcpu->ctx.trap.hcr |= HCR_TVM;
}

/**
 * peng_mmu_toggle_caches - the guest has written SCTLR_EL1
 * @vcpu: trapped by HCR_EL2.TVM
 * @was_enabled: had it MMU and caches on before?
 *
 * Context: vCPU thread, may sleep.
 */
void peng_mmu_toggle_caches(struct peng_vcpu *vcpu, bool was_enabled)
{
	bool enabled = caches_enabled(vcpu);

	if (peng_host.fwb)
		return;
	if (enabled != was_enabled)
		peng_stage2_clean_all(vcpu->vm);
	if (enabled)
		vcpu->ctx.trap.hcr &= ~HCR_TVM;
}
