// SPDX-License-Identifier: GPL-2.0-only
/*
 * EL2's own address space: stage-1 tables of 48 bits, with the kernel's page
 * size, built page by page by the host.
 *
 * One set of tables serves all CPUs. map_lock: the tables. A page that is
 * unmapped may be freed when its entry has left the TLBs.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>
#include <asm/barrier.h>
#include <asm/memory.h>
#include <asm/pgtable-hwdef.h>
#include <asm/sysreg.h>

#include "backend.h"
#include "nvhe.h"

#define VA_BITS_EL2	48
#define STRIDE		(PAGE_SHIFT - 3)
#define LEVELS		DIV_ROUND_UP(VA_BITS_EL2 - PAGE_SHIFT, STRIDE)
#define TOP_SHIFT	(PAGE_SHIFT + STRIDE * (LEVELS - 1))

/* Descriptors, Arm ARM D8.3: as the EL2 regime without E2H has them. */
#define DESC_PAGE	GENMASK_ULL(1, 0)
#define DESC_TABLE	GENMASK_ULL(1, 0)
#define DESC_AP1	BIT_ULL(6)		/* RES1 */
#define DESC_AP_RO	BIT_ULL(7)
#define DESC_SH_INNER	(3ULL << 8)
#define DESC_AF		BIT_ULL(10)
#define DESC_XN		BIT_ULL(54)
#define DESC_ADDR	GENMASK_ULL(47, PAGE_SHIFT)
#define DESC_COMMON	(DESC_PAGE | DESC_AP1 | DESC_SH_INNER | DESC_AF)

/* By enum nvhe_prot; attribute index 0 is normal write-back memory. */
static const u64 prot_bits[] = {
	[NVHE_TEXT] = DESC_AP_RO,
	[NVHE_RODATA] = DESC_AP_RO | DESC_XN,
	[NVHE_DATA] = DESC_XN,
};

static DEFINE_MUTEX(map_lock);
static u64 *root;

/* The entry of a page; without @alloc NULL where a table is missing. */
static u64 *find_entry(u64 va, bool alloc)
{
	u64 *table = root, *next, *entry;
	int shift;

	for (shift = TOP_SHIFT; ; shift -= STRIDE) {
		entry = &table[(va >> shift) & (PTRS_PER_PTE - 1)];
		if (shift == PAGE_SHIFT)
			return entry;
		if (!*entry) {
			next = alloc ? (u64 *)get_zeroed_page(GFP_KERNEL) : NULL;
			if (!next)
				return NULL;
			/* EL2 walks as soon as it is linked. */
			smp_wmb();
			WRITE_ONCE(*entry, virt_to_phys(next) | DESC_TABLE);
		}
		table = phys_to_virt(*entry & DESC_ADDR);
	}
}

static int map_page(u64 va, phys_addr_t pa, enum nvhe_prot prot)
{
	u64 *entry;

	/* EL2 has 48 bits, whatever the host has. */
	if (pa & ~DESC_ADDR)
		return -ERANGE;
	entry = find_entry(va, true);
	if (!entry)
		return -ENOMEM;
	WRITE_ONCE(*entry, pa | DESC_COMMON | prot_bits[prot]);
	return 0;
}

/**
 * peng_nvhe_map() - let EL2 see memory of vmalloc or module space
 * @start: page-aligned
 * @size: rounded up to pages
 * @prot: rights
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, or -ERANGE where a page is out of EL2's reach; on
 * failure nothing stays mapped.
 */
int peng_nvhe_map(const void *start, size_t size, enum nvhe_prot prot)
{
	const void *pos = start;
	int ret = 0;

	mutex_lock(&map_lock);
	for (; pos < start + size; pos += PAGE_SIZE) {
		ret = map_page(nvhe_va(pos), page_to_phys(vmalloc_to_page(pos)), prot);
		if (ret)
			break;
	}
	/* Pairs with the walks of whoever is called next with this address. */
	dsb(ishst);
	mutex_unlock(&map_lock);
	if (ret)
		peng_nvhe_unmap(start, pos - start);
	return ret;
}

/**
 * peng_nvhe_map_identity() - let EL2 run a page at its physical address
 * @page: page
 */
int peng_nvhe_map_identity(struct page *page)
{
	phys_addr_t pa = page_to_phys(page);
	int ret;

	/* The upper half of the space is where kernel addresses are. */
	if (pa >> (VA_BITS_EL2 - 1))
		return -ERANGE;
	mutex_lock(&map_lock);
	ret = map_page(pa, pa, NVHE_TEXT);
	mutex_unlock(&map_lock);
	return ret;
}

static void flush_el2(void *unused)
{
	peng_nvhe_call(NVHE_CALL_TLB_EL2, 0, 0, 0);
}

/**
 * peng_nvhe_unmap() - undo peng_nvhe_map()
 * @start: page-aligned
 * @size: rounded up to pages
 *
 * Context: may sleep. The memory may be freed afterwards.
 */
void peng_nvhe_unmap(const void *start, size_t size)
{
	const void *pos;
	u64 *entry;

	mutex_lock(&map_lock);
	for (pos = start; pos < start + size; pos += PAGE_SIZE) {
		entry = find_entry(nvhe_va(pos), false);
		if (entry)
			WRITE_ONCE(*entry, 0);
	}
	mutex_unlock(&map_lock);
	on_each_cpu(flush_el2, NULL, 1);
}

static void free_tables(u64 *table, int shift)
{
	int i;

	for (i = 0; shift > PAGE_SHIFT && i < PTRS_PER_PTE; i++)
		if (table[i])
			free_tables(phys_to_virt(table[i] & DESC_ADDR), shift - STRIDE);
	free_page((unsigned long)table);
}

int peng_nvhe_map_init(void)
{
	root = (u64 *)get_zeroed_page(GFP_KERNEL);
	return root ? 0 : -ENOMEM;
}

/* EL2 is nobody's any more. */
void peng_nvhe_map_exit(void)
{
	free_tables(root, TOP_SHIFT);
	root = NULL;
}

static u64 granule(void)
{
	switch (PAGE_SIZE) {
	case SZ_64K:
		return TCR_TG0_64K;
	case SZ_16K:
		return TCR_TG0_16K;
	default:
		return TCR_TG0_4K;
	}
}

/* ID_AA64MMFR0_EL1.PARange and TCR_EL2.PS have the same values; 5: 48 bits. */
static u64 phys_size(void)
{
	return min_t(u64, read_sysreg(id_aa64mmfr0_el1) & 0xf, 5) << 16;
}

/**
 * peng_nvhe_map_regs() - what EL2 needs to walk the tables
 * @regs: mair, tcr, ttbr0 and sctlr are filled in
 */
void peng_nvhe_map_regs(struct nvhe_el2_regs *regs)
{
	regs->mair = MAIR_ATTR_NORMAL;
	regs->tcr = BIT_ULL(31) | BIT_ULL(23) | phys_size() | granule() |
		    TCR_SH0_INNER | TCR_ORGN0_WBWA | TCR_IRGN0_WBWA | TCR_T0SZ(VA_BITS_EL2);
	regs->ttbr0 = virt_to_phys(root);
	regs->sctlr = SCTLR_EL2_RES1 | SCTLR_ELx_M | SCTLR_ELx_C | SCTLR_ELx_I |
		      SCTLR_ELx_SA | SCTLR_ELx_WXN;
}
