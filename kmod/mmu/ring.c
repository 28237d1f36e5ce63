// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings of dirty pages (KVM API 8.29).
 *
 * A vCPU's thread puts in what its guest writes, user space marks what it has
 * read, and KVM_RESET_DIRTY_RINGS takes that out and write permission with it. An
 * entry is handed over by its flags: to user space with release, back with
 * acquire. User space can write all of it: nothing in it is believed.
 *
 * Without rings in the kernel's API for arm64 (before 6.2) there is nothing here.
 */
#include <linux/bitops.h>
#include <linux/kvm.h>
#include <linux/lockdep.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/vmalloc.h>

#include "../vcpu.h"
#include "../vm.h"
#include "dirty.h"
#include "ring.h"

#ifdef KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP

/*
 * User space is told that many entries early: there must be room for what a vCPU
 * writes in one go. As many as KVM's, which says how small a ring can be.
 */
#define RESERVED_ENTRIES	64

/**
 * peng_ring_enable() - KVM_CAP_DIRTY_LOG_RING_ACQ_REL
 * @vm: VM, vm->lock held
 * @size: of each ring in bytes
 *
 * Return: 0; -EINVAL for no power of two or too little, where there is a vCPU, and
 * for a second time; -E2BIG.
 */
int peng_ring_enable(struct peng_vm *vm, u64 size)
{
	struct peng_vm_rings *rings = &vm->memslots.rings;

	lockdep_assert_held(&vm->lock);

	if (!is_power_of_2(size) || size < PAGE_SIZE ||
	    size < RESERVED_ENTRIES * sizeof(struct kvm_dirty_gfn))
		return -EINVAL;
	if (size > PENG_RING_MAX_SIZE)
		return -E2BIG;
	if (rings->entries || vm->nr_vcpus)
		return -EINVAL;
	WRITE_ONCE(rings->entries, size / sizeof(struct kvm_dirty_gfn));
	return 0;
}

/**
 * peng_ring_enable_bitmap() - KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP
 * @vm: VM, vm->lock held
 *
 * Return: 0; -EINVAL where there are no rings, or is a memory slot.
 */
int peng_ring_enable_bitmap(struct peng_vm *vm)
{
	struct peng_memslots *slots = &vm->memslots;
	int ret = -EINVAL;

	lockdep_assert_held(&vm->lock);

	if (!slots->rings.entries)
		return ret;
	mutex_lock(&slots->lock);
	if (xa_empty(&slots->by_id)) {
		slots->rings.bitmap = true;
		ret = 0;
	}
	mutex_unlock(&slots->lock);
	return ret;
}

/**
 * peng_ring_init() - the ring of a new vCPU, where the VM has rings
 * @vcpu: vm->lock held
 *
 * Return: 0 or -ENOMEM.
 */
int peng_ring_init(struct peng_vcpu *vcpu)
{
	u32 entries = vcpu->vm->memslots.rings.entries;

	if (!entries)
		return 0;
	vcpu->mmu.ring.gfns = __vmalloc(entries * sizeof(struct kvm_dirty_gfn),
					GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	return vcpu->mmu.ring.gfns ? 0 : -ENOMEM;
}

void peng_ring_destroy(struct peng_vcpu *vcpu)
{
	vfree(vcpu->mmu.ring.gfns);
}

static struct kvm_dirty_gfn *entry_at(const struct peng_vcpu *vcpu, u32 index)
{
	return &vcpu->mmu.ring.gfns[index & (vcpu->vm->memslots.rings.entries - 1)];
}

static u32 used_entries(const struct peng_dirty_ring *ring)
{
	return READ_ONCE(ring->pushed) - READ_ONCE(ring->taken);
}

static bool soft_full(const struct peng_vcpu *vcpu)
{
	return used_entries(&vcpu->mmu.ring) >=
	       vcpu->vm->memslots.rings.entries - RESERVED_ENTRIES;
}

/**
 * peng_ring_push() - a vCPU has written a page, or may from now on
 * @vcpu: the caller's own
 * @slot: slot that holds the page
 * @gfn: the page
 *
 * Context: any, of the vCPU's thread.
 * Return: whether the VM has rings.
 */
bool peng_ring_push(struct peng_vcpu *vcpu, const struct peng_memslot *slot, gfn_t gfn)
{
	struct peng_dirty_ring *ring = &vcpu->mmu.ring;
	struct kvm_dirty_gfn *entry;

	if (!ring->gfns)
		return false;
	/* A page that cannot be told of would be lost to whoever moves the VM. */
	if (used_entries(ring) >= vcpu->vm->memslots.rings.entries) {
		peng_vm_fail(vcpu->vm);
		return true;
	}
	entry = entry_at(vcpu, ring->pushed);
	/* Who finds the entry by its flags finds it counted, too: is_harvested(). */
	WRITE_ONCE(ring->pushed, ring->pushed + 1);
	WRITE_ONCE(entry->slot, slot->id);
	WRITE_ONCE(entry->offset, gfn - slot->base);
	/* Pairs with user space's acquire. */
	smp_store_release(&entry->flags, KVM_DIRTY_GFN_F_DIRTY);
	if (soft_full(vcpu))
		peng_request_make(vcpu, PENG_REQ_RING);
	return true;
}

/**
 * peng_ring_exit_full() - serve PENG_REQ_RING
 * @vcpu: the caller's own
 *
 * The request stays for as long as the ring is full.
 *
 * Return: whether KVM_RUN is to end with KVM_EXIT_DIRTY_RING_FULL.
 */
bool peng_ring_exit_full(struct peng_vcpu *vcpu)
{
	if (!peng_request_test_clear(vcpu, PENG_REQ_RING) || !soft_full(vcpu))
		return false;
	peng_request_make(vcpu, PENG_REQ_RING);
	vcpu->run->exit_reason = KVM_EXIT_DIRTY_RING_FULL;
	vcpu->run_ret = 0;
	return true;
}

/* Read by user space, as it says, and put in by the vCPU, which it cannot say. */
static bool is_harvested(const struct peng_vcpu *vcpu, u32 index)
{
	/* Pairs with user space's release. */
	u32 flags = smp_load_acquire(&entry_at(vcpu, index)->flags);

	return flags & KVM_DIRTY_GFN_F_RESET && index != READ_ONCE(vcpu->mmu.ring.pushed);
}

/* Pages of one slot that one bitmap of a word covers. */
struct batch {
	u32 slot;
	u64 first;
	unsigned long mask;
	u32 nr;
};

/* Neighbours are written one after another: one walk and one invalidation for all. */
static bool batch_add(struct batch *b, const struct kvm_dirty_gfn *entry)
{
	u64 offset = READ_ONCE(entry->offset);
	u32 slot = READ_ONCE(entry->slot);

	if (!b->nr) {
		b->slot = slot;
		b->first = round_down(offset, BITS_PER_LONG);
	}
	if (b->slot != slot || b->first != round_down(offset, BITS_PER_LONG))
		return false;
	b->mask |= BIT(offset % BITS_PER_LONG);
	b->nr++;
	return true;
}

/* Permissions go before entries: a page has one or the other at any time. */
static int take_batch(struct peng_vcpu *vcpu)
{
	struct peng_dirty_ring *ring = &vcpu->mmu.ring;
	struct batch b = {};
	int ret;
	u32 i;

	while (is_harvested(vcpu, ring->taken + b.nr) &&
	       batch_add(&b, entry_at(vcpu, ring->taken + b.nr)))
		;
	if (!b.nr)
		return 0;
	ret = peng_dirty_protect(vcpu->vm, b.slot, b.first, b.mask);
	if (ret)
		return ret;
	for (i = 0; i < b.nr; i++)
		WRITE_ONCE(entry_at(vcpu, ring->taken + i)->flags, 0);
	/* Who finds room finds the entry empty. */
	smp_store_release(&ring->taken, ring->taken + b.nr);
	return b.nr;
}

static int take_ring(struct peng_vcpu *vcpu)
{
	int nr, sum = 0;

	lockdep_assert_held(&vcpu->vm->memslots.lock);

	/* A guest that goes on writing could keep this going for ever. */
	do {
		nr = take_batch(vcpu);
		if (nr < 0)
			return nr;
		sum += nr;
		cond_resched();
	} while (nr && sum < vcpu->vm->memslots.rings.entries &&
		 !fatal_signal_pending(current));
	return sum;
}

/**
 * peng_ring_take_all() - KVM_RESET_DIRTY_RINGS
 * @vm: VM
 *
 * Context: task; takes slots->lock.
 * Return: how many entries were taken out of all rings; -EINVAL where there are no
 * rings; -ENOMEM, with those left that were not.
 */
int peng_ring_take_all(struct peng_vm *vm)
{
	struct peng_vcpu *vcpu;
	int nr = 0, sum = 0;
	unsigned int i;

	if (!READ_ONCE(vm->memslots.rings.entries))
		return -EINVAL;
	mutex_lock(&vm->memslots.lock);
	peng_vm_for_each_vcpu(i, vcpu, vm) {
		nr = take_ring(vcpu);
		if (nr < 0)
			break;
		sum += nr;
	}
	mutex_unlock(&vm->memslots.lock);
	return nr < 0 ? nr : sum;
}

static unsigned long ring_pages(const struct peng_vm *vm)
{
	return vm->memslots.rings.entries * sizeof(struct kvm_dirty_gfn) >> PAGE_SHIFT;
}

/**
 * peng_ring_page() - a page of the mapping of a vCPU
 * @vcpu: vCPU
 * @pgoff: offset in its file, in pages
 *
 * Return: the page, without a reference; NULL where it is not of the ring.
 */
struct page *peng_ring_page(const struct peng_vcpu *vcpu, unsigned long pgoff)
{
	unsigned long nr = pgoff - KVM_DIRTY_LOG_PAGE_OFFSET;

	if (pgoff < KVM_DIRTY_LOG_PAGE_OFFSET || nr >= ring_pages(vcpu->vm))
		return NULL;
	return vmalloc_to_page((void *)vcpu->mmu.ring.gfns + (nr << PAGE_SHIFT));
}

/**
 * peng_ring_overlaps() - whether a mapping would have pages of the ring
 * @vm: VM
 * @pgoff: first page of a vCPU's file
 * @npages: how many
 */
bool peng_ring_overlaps(const struct peng_vm *vm, unsigned long pgoff, unsigned long npages)
{
	return vm->memslots.rings.entries &&
	       pgoff < KVM_DIRTY_LOG_PAGE_OFFSET + ring_pages(vm) &&
	       pgoff + npages > KVM_DIRTY_LOG_PAGE_OFFSET;
}

#endif /* KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP */
