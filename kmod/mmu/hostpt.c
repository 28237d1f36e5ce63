// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process's own page tables, as a fault reads them.
 *
 * Without a lock: tables cannot be freed while interrupts are masked, as for
 * get_user_pages_fast(). An answer is good only between peng_notifier_begin() and a
 * peng_notifier_retry() that says so, which is also why no reference is needed to what an entry
 * maps. The kernel exports no function to read an entry for what is not memory that is the same
 * in two of its versions.
 */
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched.h>

#include "hostpt.h"

static void set_leaf(struct peng_hostpt_leaf *leaf, unsigned long pfn, hva_t hva,
		     unsigned int shift)
{
	leaf->pfn = pfn + ((hva & (BIT(shift) - 1)) >> PAGE_SHIFT);
	leaf->shift = shift;
}

/*
 * Down to a leaf, which fills @leaf, or to a table of pages, to which @pmd leads then and which
 * leaves @leaf->shift at 0. False if nothing is mapped.
 */
static bool descend(hva_t hva, struct peng_hostpt_leaf *leaf, pmd_t *pmd)
{
	pgd_t *pgdp, pgd;
	p4d_t *p4dp, p4d;
	pud_t *pudp, pud;

	leaf->shift = 0;
	pgdp = pgd_offset(current->mm, hva);
	pgd = READ_ONCE(*pgdp);
	if (pgd_none(pgd))
		return false;
	p4dp = p4d_offset_lockless(pgdp, pgd, hva);
	p4d = READ_ONCE(*p4dp);
	if (p4d_none(p4d) || !p4d_present(p4d))
		return false;
	pudp = pud_offset_lockless(p4dp, p4d, hva);
	pud = READ_ONCE(*pudp);
	if (pud_none(pud) || !pud_present(pud))
		return false;
	if (pud_leaf(pud)) {
		set_leaf(leaf, pud_pfn(pud), hva, PUD_SHIFT);
		leaf->valid = pud_valid(pud);
		leaf->writable = pud_write(pud);
		return true;
	}
	*pmd = READ_ONCE(*pmd_offset_lockless(pudp, pud, hva));
	if (!pmd_present(*pmd))
		return false;
	if (pmd_leaf(*pmd)) {
		set_leaf(leaf, pmd_pfn(*pmd), hva, PMD_SHIFT);
		leaf->valid = pmd_valid(*pmd);
		leaf->writable = pmd_write(*pmd);
	}
	return true;
}

static bool walk(hva_t hva, struct peng_hostpt_leaf *leaf)
{
	pmd_t pmd;
	pte_t pte;

	if (!descend(hva, leaf, &pmd))
		return false;
	if (leaf->shift)
		return true;
	pte = READ_ONCE(*pte_offset_kernel(&pmd, hva));
	if (!pte_present(pte))
		return false;
	set_leaf(leaf, pte_pfn(pte), hva, PAGE_SHIFT);
	leaf->valid = pte_valid(pte);
	leaf->writable = pte_write(pte);
	return true;
}

/**
 * peng_hostpt_lookup - what is mapped at an address
 * @hva: the address
 * @leaf: filled in, if there is something
 *
 * Context: a thread of the process.
 * Return: is there?
 */
bool peng_hostpt_lookup(hva_t hva, struct peng_hostpt_leaf *leaf)
{
	unsigned long flags;
	bool found;

	local_irq_save(flags);
	found = walk(hva, leaf);
	local_irq_restore(flags);
	return found;
}

/* Does the table hold one page after the other, with the same rights? */
static bool table_is_linear(const pte_t *table)
{
	pte_t first = READ_ONCE(table[0]);
	unsigned int i;

	if (!pte_valid(first) || !IS_ALIGNED(pte_pfn(first), PTRS_PER_PTE))
		return false;
	for (i = 1; i < PTRS_PER_PTE; i++) {
		pte_t pte = READ_ONCE(table[i]);

		if (!pte_valid(pte) || pte_pfn(pte) != pte_pfn(first) + i ||
		    pte_write(pte) != pte_write(first))
			return false;
	}
	return true;
}

/**
 * peng_hostpt_is_linear - do pages map what one entry of size PMD_SIZE would?
 * @hva: an address in it
 *
 * remap_pfn_range() knows only pages, however large and well aligned the device's region is.
 *
 * Context: a thread of the process.
 */
bool peng_hostpt_is_linear(hva_t hva)
{
	struct peng_hostpt_leaf leaf;
	unsigned long flags;
	bool linear;
	pmd_t pmd;

	local_irq_save(flags);
	linear = descend(hva, &leaf, &pmd) && !leaf.shift &&
		 table_is_linear(pte_offset_kernel(&pmd, hva & PMD_MASK));
	local_irq_restore(flags);
	return linear;
}
