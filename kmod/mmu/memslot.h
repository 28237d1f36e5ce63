/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory slots: which guest physical addresses are memory, and where in the process it lies.
 */
#ifndef PENG_MMU_MEMSLOT_H
#define PENG_MMU_MEMSLOT_H

#include <linux/kvm_types.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "ring.h"

struct kvm_userspace_memory_region;
struct peng_dirty_log;
struct peng_vm;

/* As KVM's: what KVM_CAP_NR_MEMSLOTS answers. */
#define PENG_NR_MEMSLOTS	32767

/**
 * struct peng_memslot - one range of guest memory
 * @base: first guest frame
 * @npages: length
 * @hva: where the process has it
 * @flags: KVM_MEM_READONLY, KVM_MEM_LOG_DIRTY_PAGES
 * @id: as user space numbered it
 * @dead: no longer memory to guests; still listed while some of it is mapped
 * @dirty: pages that were written, where they are logged; vm->srcu or RCU
 * @rcu: for the free
 *
 * Constant, but for @dead, which is set once, and for @dirty and the flag that
 * goes with it (dirty.c).
 */
struct peng_memslot {
	gfn_t base;
	u64 npages;
	hva_t hva;
	u32 flags;
	u16 id;
	bool dead;
	struct peng_dirty_log __rcu *dirty;
	struct rcu_head rcu;
};

/**
 * struct peng_memslot_row - the i-th slot in two orders
 * @by_gfn: the i-th slot by guest address; none overlaps another
 * @by_hva: the i-th slot by host address; these may overlap
 * @reach: highest end of all @by_hva up to this one, so that a search knows where to begin
 */
struct peng_memslot_row {
	struct peng_memslot *by_gfn;
	struct peng_memslot *by_hva;
	hva_t reach;
};

/**
 * struct peng_memslot_table - all slots
 * @next: among tables that readers may still use
 * @dropped: a slot that went with this table and is freed with it, or NULL
 * @rcu: for the free
 * @nr: slots; may grow under a reader, who asks peng_memslot_nr()
 * @room: for how many there is room
 * @rows: constant up to @nr; all changes but one more at the end make a new table
 */
struct peng_memslot_table {
	struct peng_memslot_table *next;
	struct peng_memslot *dropped;
	struct rcu_head rcu;
	unsigned int nr;
	unsigned int room;
	struct peng_memslot_row rows[];
};

/**
 * struct peng_memslots - guest memory of a VM
 * @lock: changes
 * @table: read under vm->srcu, or RCU where nothing of a slot but its presence matters; written
 *	under @lock and the lock of vm->stage2.inv
 * @by_id: all slots; under @lock
 * @retired: tables that were replaced and wait for their readers; under @lock
 * @nr_retired: how many
 * @nr_logged: slots whose writes are logged; written under @lock
 * @manual_log: KVM_DIRTY_LOG_* as enabled by user space; under @lock
 * @rings: written pages are listed as well, or instead
 */
struct peng_memslots {
	struct mutex lock;	/* changes */
	struct peng_memslot_table __rcu *table;
	struct xarray by_id;
	struct peng_memslot_table *retired;
	unsigned int nr_retired;
	unsigned int nr_logged;
	u32 manual_log;
	struct peng_vm_rings rings;
};

int peng_memslots_init(struct peng_vm *vm);
void peng_memslots_destroy(struct peng_vm *vm);
int peng_memslot_set(struct peng_vm *vm, const struct kvm_userspace_memory_region *region);
const struct peng_memslot *peng_memslot_find(struct peng_vm *vm, gfn_t gfn, unsigned int *hint);
const struct peng_memslot_table *peng_memslot_table(struct peng_vm *vm);
bool peng_memslot_mappings_are(hva_t hva, u64 size, unsigned long with, unsigned long without);
unsigned int peng_memslot_first_by_hva(const struct peng_memslot_table *table, unsigned int nr,
				       hva_t hva);

/* How many rows a reader may look at. */
static inline unsigned int peng_memslot_nr(const struct peng_memslot_table *table)
{
	/* The number before the rows; pairs with the release that added the last. */
	return smp_load_acquire(&table->nr);
}

/* Slots by guest address; @table from peng_memslot_table(), and still protected. */
#define peng_memslot_for_each(idx, slot, table)				\
	for ((idx) = 0; (idx) < peng_memslot_nr(table) &&			\
	     ((slot) = (table)->rows[idx].by_gfn); (idx)++)

static inline hva_t peng_memslot_hva(const struct peng_memslot *slot, gfn_t gfn)
{
	return slot->hva + ((gfn - slot->base) << PAGE_SHIFT);
}

static inline hva_t peng_memslot_end_hva(const struct peng_memslot *slot)
{
	return slot->hva + (slot->npages << PAGE_SHIFT);
}

#endif /* PENG_MMU_MEMSLOT_H */
