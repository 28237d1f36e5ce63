/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Stage-2 address space of a VM: its tree, the lock around it, the VMID, and what the MMU
 * notifier has under way.
 */
#ifndef PENG_MMU_STAGE2_H
#define PENG_MMU_STAGE2_H

#include <linux/atomic.h>
#include <linux/kvm_types.h>
#include <linux/mmu_notifier.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "../el2/el2.h"
#include "pgtable.h"
#include "ring.h"

struct mm_struct;
struct peng_vcpu;
struct peng_vm;

/**
 * struct peng_invalidations - host page tables that are changing
 * @lock: all of this; innermost
 * @seq: counts invalidations that have ended
 * @active: how many are under way
 * @start: first host address that they touch
 * @end: end of the last one
 */
struct peng_invalidations {
	spinlock_t lock;	/* all of this */
	unsigned long seq;
	unsigned int active;
	hva_t start;
	hva_t end;
};

/**
 * struct peng_stage2 - Stage-2 address space of a VM
 * @pgt: the tree
 * @lock: read for operations on @pgt that are shared, write for exclusive ones (pgtable.h)
 * @root: VTTBR_EL2 and VTCR_EL2
 * @vmid_shared: other guests may use the same VMID (vmid.c)
 * @last_vcpu: on each CPU, the index of the vCPU of this VM that was loaded last, or -1
 * @tlb_flushes: invalidations on all CPUs
 * @notifier: on the process's mm
 * @inv: what the notifier has under way
 */
struct peng_stage2 {
	struct peng_pgtable pgt;
	rwlock_t lock;
	struct peng_s2_root root;
	bool vmid_shared;
	int __percpu *last_vcpu;
	atomic64_t tlb_flushes;
	struct mmu_notifier notifier;
	struct peng_invalidations inv;
};

/**
 * struct peng_mmu_vcpu - a vCPU's part
 * @cache: tables for its next fault
 * @slot_hint: where it last found a memory slot
 * @ring: pages that it has written
 */
struct peng_mmu_vcpu {
	struct peng_pgtable_cache cache;
	unsigned int slot_hint;
	struct peng_dirty_ring ring;
};

extern const struct peng_pgtable_ops peng_stage2_ops;

/* Around shared operations on the tree: nobody unmaps, and tables that leave it stay readable. */
static inline void peng_stage2_lock_shared(struct peng_stage2 *s2)
	__acquires(&s2->lock)
{
	read_lock(&s2->lock);
	rcu_read_lock();
}

static inline void peng_stage2_unlock_shared(struct peng_stage2 *s2)
	__releases(&s2->lock)
{
	rcu_read_unlock();
	read_unlock(&s2->lock);
}

int peng_stage2_init(struct peng_stage2 *s2, unsigned int ipa_bits);
void peng_stage2_destroy(struct peng_stage2 *s2);
void peng_stage2_unmap(struct peng_stage2 *s2, gpa_t gpa, u64 size, bool may_sleep);
void peng_stage2_unmap_all(struct peng_vm *vm);
void peng_stage2_clean_all(struct peng_vm *vm);

int peng_notifier_init(struct peng_vm *vm);
void peng_notifier_destroy(struct peng_vm *vm);
unsigned long peng_notifier_begin(struct peng_stage2 *s2);
bool peng_notifier_retry(struct peng_stage2 *s2, unsigned long seq, hva_t hva, u64 size);

void peng_vmid_get(struct peng_stage2 *s2);
void peng_vmid_put(struct peng_stage2 *s2);
void peng_vmid_load(struct peng_stage2 *s2, unsigned int vcpu_idx);
void peng_vmid_unload(struct peng_stage2 *s2);

void peng_cache_module_init(void);
void peng_cache_clean_dcache(phys_addr_t phys, u64 size);
void peng_cache_inval_icache(phys_addr_t phys, u64 size);
void peng_cache_inval_icache_all(void);
void peng_cache_inval_icache_local(void);

#endif /* PENG_MMU_STAGE2_H */
