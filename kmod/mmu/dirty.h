/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dirty logging of a memory slot, for the files of this folder.
 */
#ifndef PENG_MMU_DIRTY_H
#define PENG_MMU_DIRTY_H

#include <linux/kvm_types.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct peng_memslot;
struct peng_vcpu;
struct peng_vm;

/**
 * struct peng_dirty_log - which pages of a slot were written
 * @rcu: for the free
 * @blocks: parts of the slot may be mapped by blocks; under slots->lock
 * @nr_words: length of @bits; 0 where the VM has rings, and no bitmaps besides
 * @bits: one for each page, in the little-endian order that user space reads
 */
struct peng_dirty_log {
	struct rcu_head rcu;
	bool blocks;
	unsigned long nr_words;
	unsigned long bits[];
};

int peng_dirty_prepare(struct peng_vm *vm, struct peng_memslot *slot);
int peng_dirty_start(struct peng_vm *vm, struct peng_memslot *slot);
void peng_dirty_stop(struct peng_vm *vm, struct peng_memslot *slot);
void peng_dirty_inherit(struct peng_memslot *slot, const struct peng_memslot *old);
void peng_dirty_mark_slot(struct peng_vcpu *vcpu, const struct peng_memslot *slot, gfn_t gfn);
void peng_dirty_mark(struct peng_vcpu *vcpu, gfn_t gfn);
int peng_dirty_protect(struct peng_vm *vm, u32 id, u64 first, unsigned long mask);

#endif /* PENG_MMU_DIRTY_H */
