// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MMU notifier: Stage-2 follows the process's page tables.
 *
 * The rule: before the host changes the mapping of a host address, and until it has changed it, no
 * Stage-2 leaf for that address exists. So nothing the guest does reaches a page that the process
 * no longer has, and no page needs a pin.
 */
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/srcu.h>

#include "../vm.h"
#include "stage2.h"

/*
 * How the rule is kept:
 *
 *   invalidate_range_start	(1) inv: range, then active++
 *				(2) write_lock(s2->lock), unmap, unlock
 *   ... the host changes its page tables ...
 *   invalidate_range_end	(3) inv: seq++, then active--
 *
 *   fault			(a) seq = inv.seq
 *				(b) get a reference to the page from the host's page tables
 *				(c) read_lock(s2->lock); give up if a range that is active holds
 *				    the address, or inv.seq != seq; map; unlock
 *				(d) drop the reference
 *
 * A fault that maps before (2) is unmapped by (2). One that comes to (c) after (2) sees (1), for
 * the lock passed from one to the other, and gives up, unless (3) was before (c). Then the fault
 * gives up if (3) came after (a), and else its (b) has seen the new page tables. Dirty state is
 * passed on in (c), so before (2) returns to whoever is going to look at it.
 *
 * Slots: (2) looks at the table of slots after (1), and a table is published under inv.lock
 * (memslot.c). So (2) finds a slot, or whoever faults on that slot finds (1).
 */

/* One walk over those parts of guest memory that lie in a range of host addresses. */
struct hva_walk {
	struct peng_vm *vm;
	hva_t start;
	hva_t end;
	bool may_sleep;
	bool (*piece)(struct hva_walk *walk, gpa_t gpa, u64 size);
};

static struct peng_vm *to_vm(struct mmu_notifier *mn)
{
	return container_of(mn, struct peng_vm, stage2.notifier);
}

static bool walk_slot(struct hva_walk *walk, const struct peng_memslot *slot)
{
	hva_t start = max(walk->start, slot->hva);
	hva_t end = min(walk->end, peng_memslot_end_hva(slot));

	if (start >= end)
		return false;
	start &= PAGE_MASK;
	return walk->piece(walk, (slot->base << PAGE_SHIFT) + (start - slot->hva),
			   PAGE_ALIGN(end) - start);
}

static bool walk_hva(struct hva_walk *walk)
{
	const struct peng_memslot_table *table;
	bool any = false;
	unsigned int i, nr;
	int idx;

	idx = srcu_read_lock(&walk->vm->srcu);
	table = peng_memslot_table(walk->vm);
	nr = peng_memslot_nr(table);
	for (i = peng_memslot_first_by_hva(table, nr, walk->start); i < nr; i++) {
		const struct peng_memslot *slot = table->rows[i].by_hva;

		if (slot->hva >= walk->end)
			break;
		any |= walk_slot(walk, slot);
	}
	srcu_read_unlock(&walk->vm->srcu, idx);
	return any;
}

static bool unmap_piece(struct hva_walk *walk, gpa_t gpa, u64 size)
{
	peng_stage2_unmap(&walk->vm->stage2, gpa, size, walk->may_sleep);
	return false;
}

static int invalidate_range_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct hva_walk walk = {
		.vm = to_vm(mn),
		.start = range->start,
		.end = range->end,
		.may_sleep = mmu_notifier_range_blockable(range),
		.piece = unmap_piece,
	};
	struct peng_invalidations *inv = &walk.vm->stage2.inv;

	/* Several at a time are taken for one that spans them all. */
	spin_lock(&inv->lock);
	WRITE_ONCE(inv->start, inv->active ? min(inv->start, range->start) : range->start);
	WRITE_ONCE(inv->end, inv->active ? max(inv->end, range->end) : range->end);
	smp_wmb();	/* range before active; pairs with peng_notifier_retry() */
	WRITE_ONCE(inv->active, inv->active + 1);
	spin_unlock(&inv->lock);

	walk_hva(&walk);
	return 0;
}

static void invalidate_range_end(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct peng_invalidations *inv = &to_vm(mn)->stage2.inv;

	spin_lock(&inv->lock);
	WRITE_ONCE(inv->seq, inv->seq + 1);
	smp_wmb();	/* seq before active; pairs with peng_notifier_retry() */
	WRITE_ONCE(inv->active, inv->active - 1);
	spin_unlock(&inv->lock);
}

/**
 * peng_notifier_begin - before a fault looks at the host's page tables
 * @s2: the address space
 *
 * Return: what to give to peng_notifier_retry().
 */
unsigned long peng_notifier_begin(struct peng_stage2 *s2)
{
	unsigned long seq = READ_ONCE(s2->inv.seq);

	smp_rmb();	/* seq before page tables, which are read after the seq++ of their change */
	return seq;
}

/**
 * peng_notifier_retry - has what a fault found out become stale?
 * @s2: the address space, with its lock held for reading
 * @seq: from peng_notifier_begin()
 * @hva: start of the host addresses that are to be mapped
 * @size: how much
 */
bool peng_notifier_retry(struct peng_stage2 *s2, unsigned long seq, hva_t hva, u64 size)
{
	struct peng_invalidations *inv = &s2->inv;

	lockdep_assert_held(&s2->lock);

	if (READ_ONCE(inv->active)) {
		smp_rmb();	/* active before range; pairs with invalidate_range_start() */
		if (hva < READ_ONCE(inv->end) && hva + size > READ_ONCE(inv->start))
			return true;
	}
	smp_rmb();	/* active and range before seq; pairs with invalidate_range_end() */
	return READ_ONCE(inv->seq) != seq;
}

static bool mkold_piece(struct hva_walk *walk, gpa_t gpa, u64 size)
{
	struct peng_stage2 *s2 = &walk->vm->stage2;
	bool young;

	peng_stage2_lock_shared(s2);
	young = peng_pgtable_mkold(&s2->pgt, gpa, size);
	peng_stage2_unlock_shared(s2);
	return young;
}

static bool mkold_flush_piece(struct hva_walk *walk, gpa_t gpa, u64 size)
{
	struct peng_stage2 *s2 = &walk->vm->stage2;
	bool young = mkold_piece(walk, gpa, size);

	if (young)
		peng_el2->tlb_flush_range(&s2->root, gpa, size);
	return young;
}

static bool test_young_piece(struct hva_walk *walk, gpa_t gpa, u64 size)
{
	struct peng_stage2 *s2 = &walk->vm->stage2;
	bool young;

	peng_stage2_lock_shared(s2);
	young = peng_pgtable_test_young(&s2->pgt, gpa, size);
	peng_stage2_unlock_shared(s2);
	return young;
}

static compat_young_t clear_flush_young(struct mmu_notifier *mn, struct mm_struct *mm,
					unsigned long start, unsigned long end)
{
	struct hva_walk walk = {
		.vm = to_vm(mn), .start = start, .end = end, .piece = mkold_flush_piece,
	};

	return walk_hva(&walk);
}

static compat_young_t clear_young(struct mmu_notifier *mn, struct mm_struct *mm,
				  unsigned long start, unsigned long end)
{
	struct hva_walk walk = {
		.vm = to_vm(mn), .start = start, .end = end, .piece = mkold_piece,
	};

	return walk_hva(&walk);
}

static compat_young_t test_young(struct mmu_notifier *mn, struct mm_struct *mm,
				 unsigned long addr)
{
	struct hva_walk walk = {
		.vm = to_vm(mn), .start = addr, .end = addr + 1, .piece = test_young_piece,
	};

	return walk_hva(&walk);
}

/*
 * The process is gone, or the VM is going. Nobody can run a vCPU any more, for only the process
 * may, so there is no need to take the tree apart leaf by leaf before it is freed as a whole.
 */
static void release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	peng_el2->tlb_flush_vmid(&to_vm(mn)->stage2.root);
}

/* No .change_pte: it comes inside a range that has been unmapped at its start. */
static const struct mmu_notifier_ops ops = {
	.invalidate_range_start	= invalidate_range_start,
	.invalidate_range_end	= invalidate_range_end,
	.clear_flush_young	= clear_flush_young,
	.clear_young		= clear_young,
	.test_young		= test_young,
	.release		= release,
};

/**
 * peng_notifier_init - follow the page tables of the VM's process from now on
 * @vm: the VM, with its slots and its Stage-2 ready
 *
 * Return: 0 or -errno.
 */
int peng_notifier_init(struct peng_vm *vm)
{
	vm->stage2.notifier.ops = &ops;
	return mmu_notifier_register(&vm->stage2.notifier, vm->mm);
}

/**
 * peng_notifier_destroy - stop to follow
 * @vm: the VM
 *
 * No callback runs afterwards.
 */
void peng_notifier_destroy(struct peng_vm *vm)
{
	mmu_notifier_unregister(&vm->stage2.notifier, vm->mm);
}
