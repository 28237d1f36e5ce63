/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rings of dirty pages (KVM API 8.29): what vCPUs have written, as they write it,
 * in memory that they share with user space. Where the kernel's API has no rings
 * on arm64 (before 6.2), no VM has any.
 */
#ifndef PENG_MMU_RING_H
#define PENG_MMU_RING_H

#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/kvm_types.h>
#include <linux/types.h>

struct page;
struct peng_memslot;
struct peng_vcpu;
struct peng_vm;

/**
 * struct peng_dirty_ring - the ring of a vCPU
 * @gfns: its entries, from vmalloc, which user space may write, too; NULL for none
 * @pushed: entries that were ever put in; written by the vCPU's own thread
 * @taken: and that were taken out again; written under slots->lock
 *
 * Both count on; the difference is what is in the ring.
 */
struct peng_dirty_ring {
	struct kvm_dirty_gfn *gfns;
	u32 pushed;
	u32 taken;
};

/**
 * struct peng_vm_rings - whether a VM has rings
 * @entries: of each ring, a power of two, 0 for no rings; set once under vm->lock,
 *	before there is a vCPU
 * @bitmap: slots have bitmaps besides, for what is written outside of vCPUs; set
 *	once under slots->lock, before there is a slot
 */
struct peng_vm_rings {
	u32 entries;
	bool bitmap;
};

#ifdef KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP

/* What KVM_CAP_DIRTY_LOG_RING_ACQ_REL answers: the largest ring, in bytes. */
#define PENG_RING_MAX_SIZE	(65536 * sizeof(struct kvm_dirty_gfn))

int peng_ring_enable(struct peng_vm *vm, u64 size);
int peng_ring_enable_bitmap(struct peng_vm *vm);
int peng_ring_take_all(struct peng_vm *vm);

int peng_ring_init(struct peng_vcpu *vcpu);
void peng_ring_destroy(struct peng_vcpu *vcpu);
bool peng_ring_push(struct peng_vcpu *vcpu, const struct peng_memslot *slot, gfn_t gfn);
bool peng_ring_exit_full(struct peng_vcpu *vcpu);
struct page *peng_ring_page(const struct peng_vcpu *vcpu, unsigned long pgoff);
bool peng_ring_overlaps(const struct peng_vm *vm, unsigned long pgoff, unsigned long npages);

#else

static inline int peng_ring_init(struct peng_vcpu *vcpu)
{
	return 0;
}

static inline void peng_ring_destroy(struct peng_vcpu *vcpu)
{
}

static inline bool peng_ring_push(struct peng_vcpu *vcpu, const struct peng_memslot *slot,
				  gfn_t gfn)
{
	return false;
}

static inline bool peng_ring_exit_full(struct peng_vcpu *vcpu)
{
	return false;
}

static inline struct page *peng_ring_page(const struct peng_vcpu *vcpu, unsigned long pgoff)
{
	return NULL;
}

static inline bool peng_ring_overlaps(const struct peng_vm *vm, unsigned long pgoff,
				      unsigned long npages)
{
	return false;
}

#endif

#endif /* PENG_MMU_RING_H */
