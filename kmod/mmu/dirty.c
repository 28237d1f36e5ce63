// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty logging: a bitmap for each slot that has KVM_MEM_LOG_DIRTY_PAGES, or rings
 * in its place (ring.c).
 *
 * The rule that loses no write: who grants write permission marks the page
 * after that, who takes a mark takes the permission after that. So a page that
 * may be written has its mark, or is about to get it from a vCPU that has not
 * come back to its guest yet, and user space copies a page only after the TLBs
 * that knew it as writable are clean.
 *
 * While a slot is logged its faults map pages only, writable where they write.
 * slots->lock serialises everything here but the marking.
 */
#include <linux/bitops.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/uaccess.h>

#include "../vcpu.h"
#include "../vm.h"
#include "dirty.h"
#include "mmu.h"
#include "stage2.h"

/* Done in one go under the lock of Stage-2: 64M of 4K pages. */
#define CHUNK_WORDS	256UL
#define CHUNK_PAGES	(CHUNK_WORDS * BITS_PER_LONG)
/* Tables that are set aside before blocks are split under the lock. */
#define SPLIT_TABLES	32

static struct peng_dirty_log *slot_log(struct peng_vm *vm, const struct peng_memslot *slot)
{
	return rcu_dereference_check(slot->dirty, lockdep_is_held(&vm->memslots.lock) ||
				     srcu_read_lock_held(&vm->srcu) || rcu_read_lock_held());
}

/* Nothing happens where the slot has no log, or one without bits. */
static bool mark_bit(struct peng_dirty_log *log, unsigned long nr)
{
	if (!log || !log->nr_words)
		return false;
	/*
	 * Permission, or what was written, before a look at the mark: who takes it
	 * after that look finds both. Pairs with the exchange in take_words().
	 */
	smp_mb();
	if (!test_bit_le(nr, log->bits))
		set_bit_le(nr, log->bits);
	return true;
}

/**
 * peng_dirty_mark_slot - a vCPU may write a page from now on
 * @vcpu: the caller's own
 * @slot: slot that holds it
 * @gfn: the page
 *
 * Context: vm->srcu or RCU; any.
 */
void peng_dirty_mark_slot(struct peng_vcpu *vcpu, const struct peng_memslot *slot, gfn_t gfn)
{
	struct peng_dirty_log *log = slot_log(vcpu->vm, slot);

	if (log && !peng_ring_push(vcpu, slot, gfn))
		mark_bit(log, gfn - slot->base);
}

static const struct peng_memslot *find_logging(struct peng_vm *vm, gfn_t gfn)
{
	unsigned int hint = 0;

	if (!READ_ONCE(vm->memslots.nr_logged))
		return NULL;
	return peng_memslot_find(vm, gfn, &hint);
}

/**
 * peng_dirty_mark - the same, where the slot is not known
 * @vcpu: the caller's own
 * @gfn: the page; nothing happens where it is no memory, or not logged
 *
 * Context: vm->srcu or RCU; any.
 */
void peng_dirty_mark(struct peng_vcpu *vcpu, gfn_t gfn)
{
	const struct peng_memslot *slot = find_logging(vcpu->vm, gfn);

	if (slot)
		peng_dirty_mark_slot(vcpu, slot, gfn);
}

/* The vCPU in whose KVM_RUN this is, or NULL. */
static struct peng_vcpu *running_vcpu(struct peng_vm *vm)
{
	struct peng_vcpu *vcpu;
	unsigned int i;

	peng_vm_for_each_vcpu(i, vcpu, vm)
		if (rcu_access_pointer(vcpu->thread) == current)
			return vcpu;
	return NULL;
}

/**
 * peng_mmu_mark_dirty - the kernel has written a page of guest memory
 * @vm: VM
 * @gfn: the page; nothing happens where it is no memory, or not logged
 *
 * In the bitmap, if there is one. A VM with nothing but rings has this page in that
 * of the vCPU whose thread this is, and without one it is lost, as the API says.
 *
 * Context: a task, within vm->srcu or RCU, after the write.
 */
void peng_mmu_mark_dirty(struct peng_vm *vm, gfn_t gfn)
{
	const struct peng_memslot *slot = find_logging(vm, gfn);
	struct peng_dirty_log *log = slot ? slot_log(vm, slot) : NULL;
	struct peng_vcpu *vcpu;

	if (!log || mark_bit(log, gfn - slot->base))
		return;
	vcpu = running_vcpu(vm);
	if (vcpu)
		peng_ring_push(vcpu, slot, gfn);
}

/* Starting and stopping */

static int split_range(struct peng_stage2 *s2, gpa_t gpa, u64 size)
{
	struct peng_pgtable_cache cache = {};
	int ret;

	do {
		ret = peng_pgtable_cache_fill(&cache, &peng_stage2_ops, SPLIT_TABLES);
		if (ret)
			break;
		peng_stage2_lock_shared(s2);
		ret = peng_pgtable_split(&s2->pgt, gpa, size, &cache);
		peng_stage2_unlock_shared(s2);
		cond_resched();
	} while (ret == -ENOMEM);
	peng_pgtable_cache_drain(&cache, &peng_stage2_ops);
	return ret;
}

static int split_slot(struct peng_vm *vm, const struct peng_memslot *slot,
		      u64 first, u64 npages)
{
	u64 end = first + npages;
	int ret = 0;

	while (first < end && !ret) {
		u64 nr = min_t(u64, end - first, CHUNK_PAGES);

		ret = split_range(&vm->stage2, (slot->base + first) << PAGE_SHIFT,
				  nr << PAGE_SHIFT);
		first += nr;
	}
	return ret;
}

static void protect_slot(struct peng_vm *vm, const struct peng_memslot *slot)
{
	struct peng_stage2 *s2 = &vm->stage2;
	u64 first;

	for (first = 0; first < slot->npages; first += CHUNK_PAGES) {
		u64 nr = min_t(u64, slot->npages - first, CHUNK_PAGES);

		write_lock(&s2->lock);
		peng_pgtable_wrprotect(&s2->pgt, (slot->base + first) << PAGE_SHIFT,
				       nr << PAGE_SHIFT);
		write_unlock(&s2->lock);
		cond_resched();
	}
}

static bool uses_bitmaps(const struct peng_vm *vm)
{
	return !vm->memslots.rings.entries || vm->memslots.rings.bitmap;
}

/**
 * peng_dirty_prepare - give a slot a log, with no mark in it or with all
 * @vm: VM; slots->lock held
 * @slot: has none; nobody else knows it yet, or peng_dirty_start() goes on
 *
 * Return: 0 or -ENOMEM.
 */
int peng_dirty_prepare(struct peng_vm *vm, struct peng_memslot *slot)
{
	unsigned long nr_words = uses_bitmaps(vm) ? BITS_TO_LONGS(slot->npages) : 0;
	struct peng_dirty_log *log;
	u64 nr;

	lockdep_assert_held(&vm->memslots.lock);

	log = kvzalloc(struct_size(log, bits, nr_words), GFP_KERNEL_ACCOUNT);
	if (!log)
		return -ENOMEM;
	log->nr_words = nr_words;
	/* Nobody could take the marks from a ring that was never filled. */
	if (nr_words && vm->memslots.manual_log & KVM_DIRTY_LOG_INITIALLY_SET) {
		log->blocks = true;
		for (nr = 0; nr < slot->npages; nr++)
			__set_bit_le(nr, log->bits);
	}
	rcu_assign_pointer(slot->dirty, log);
	WRITE_ONCE(slot->flags, slot->flags | KVM_MEM_LOG_DIRTY_PAGES);
	WRITE_ONCE(vm->memslots.nr_logged, vm->memslots.nr_logged + 1);
	return 0;
}

/**
 * peng_dirty_start - log a slot that guests may be using
 * @vm: VM; slots->lock held
 * @slot: not logged so far
 *
 * Faults that have not seen the log are waited for; then blocks are split and
 * permissions taken, unless all is marked to begin with: then that is left to
 * whoever takes the marks.
 *
 * Context: may sleep.
 * Return: 0, or -ENOMEM with the slot as it was.
 */
int peng_dirty_start(struct peng_vm *vm, struct peng_memslot *slot)
{
	int ret = peng_dirty_prepare(vm, slot);

	if (ret)
		return ret;
	synchronize_srcu_expedited(&vm->srcu);
	if (slot_log(vm, slot)->blocks)
		return 0;

	ret = split_slot(vm, slot, 0, slot->npages);
	if (ret) {
		peng_dirty_stop(vm, slot);
		return ret;
	}
	protect_slot(vm, slot);
	return 0;
}

/**
 * peng_dirty_stop - do not log a slot any more
 * @vm: VM; slots->lock held
 * @slot: logged
 *
 * What could be mapped by blocks comes back as such, by faults.
 *
 * Context: may sleep.
 */
void peng_dirty_stop(struct peng_vm *vm, struct peng_memslot *slot)
{
	struct peng_dirty_log *log = slot_log(vm, slot);

	lockdep_assert_held(&vm->memslots.lock);

	WRITE_ONCE(vm->memslots.nr_logged, vm->memslots.nr_logged - 1);
	WRITE_ONCE(slot->flags, slot->flags & ~KVM_MEM_LOG_DIRTY_PAGES);
	rcu_assign_pointer(slot->dirty, NULL);
	synchronize_srcu_expedited(&vm->srcu);
	kvfree_rcu(log, rcu);

	if (slot->npages << PAGE_SHIFT >= peng_pgtable_level_size(PENG_S2_LAST_LEVEL - 1))
		peng_stage2_unmap(&vm->stage2, slot->base << PAGE_SHIFT,
				  slot->npages << PAGE_SHIFT, true);
}

/**
 * peng_dirty_inherit - a slot has moved: its marks move along
 * @slot: where to
 * @old: where it was; dead, and nobody marks it any more
 */
void peng_dirty_inherit(struct peng_memslot *slot, const struct peng_memslot *old)
{
	const struct peng_dirty_log *from = rcu_dereference_protected(old->dirty, true);
	struct peng_dirty_log *to = rcu_dereference_protected(slot->dirty, true);
	unsigned long i;

	for (i = 0; from && to && i < to->nr_words; i++)
		to->bits[i] |= from->bits[i];
}

/* Reading and clearing */

/* The marks of a chunk into @out, which holds a mask of those wanted where @masked. */
static bool take_words(unsigned long *bits, unsigned long *out, unsigned long nr, bool masked)
{
	unsigned long any = 0;
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (!masked)
			out[i] = READ_ONCE(bits[i]) ? xchg(&bits[i], 0) : 0;
		else if (out[i])
			out[i] &= atomic_long_fetch_andnot(out[i], (atomic_long_t *)&bits[i]);
		any |= out[i];
	}
	return any;
}

/* Take marks from word @first on, and then write permission where there was one. */
static void take_marks(struct peng_vm *vm, const struct peng_memslot *slot,
		       unsigned long first, unsigned long *out, unsigned long nr, bool masked)
{
	struct peng_dirty_log *log = slot_log(vm, slot);
	struct peng_stage2 *s2 = &vm->stage2;
	unsigned long done, len;

	for (done = 0; done < nr; done += len) {
		u64 page = (first + done) * BITS_PER_LONG;
		u64 npages;

		len = min(nr - done, CHUNK_WORDS);
		npages = min_t(u64, slot->npages - page, len * BITS_PER_LONG);
		write_lock(&s2->lock);
		if (take_words(log->bits + first + done, out + done, len, masked))
			peng_pgtable_wrprotect_pages(&s2->pgt, (slot->base + page) << PAGE_SHIFT,
						     npages << PAGE_SHIFT, out + done);
		write_unlock(&s2->lock);
		cond_resched();
	}
}

static void put_marks_back(struct peng_dirty_log *log, const unsigned long *from)
{
	unsigned long i;

	for (i = 0; i < log->nr_words; i++)
		if (from[i])
			atomic_long_or(from[i], (atomic_long_t *)&log->bits[i]);
}

/**
 * peng_dirty_protect - take write permission from pages of a slot
 * @vm: VM; slots->lock held
 * @id: slot as user space has numbered it; nothing happens where it has no log
 * @first: page of it
 * @mask: which pages from there on; those behind the end do not count
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int peng_dirty_protect(struct peng_vm *vm, u32 id, u64 first, unsigned long mask)
{
	struct peng_memslot *slot = xa_load(&vm->memslots.by_id, id);
	struct peng_stage2 *s2 = &vm->stage2;
	u64 npages;
	int ret;

	lockdep_assert_held(&vm->memslots.lock);

	if (!slot || !slot_log(vm, slot) || first >= slot->npages)
		return 0;
	npages = min_t(u64, slot->npages - first, BITS_PER_LONG);
	if (slot_log(vm, slot)->blocks) {
		ret = split_slot(vm, slot, first, npages);
		if (ret)
			return ret;
	}
	write_lock(&s2->lock);
	peng_pgtable_wrprotect_pages(&s2->pgt, (slot->base + first) << PAGE_SHIFT,
				     npages << PAGE_SHIFT, &mask);
	write_unlock(&s2->lock);
	return 0;
}

/* Address space 0 is the only one. */
static struct peng_memslot *find_logged(struct peng_vm *vm, u32 id, int *err)
{
	struct peng_memslot *slot;

	*err = -ENXIO;
	if (!uses_bitmaps(vm))
		return NULL;
	*err = -EINVAL;
	if (id >= PENG_NR_MEMSLOTS)
		return NULL;
	*err = -ENOENT;
	slot = xa_load(&vm->memslots.by_id, id);
	return slot && slot_log(vm, slot) ? slot : NULL;
}

static int get_log(struct peng_vm *vm, const struct peng_memslot *slot, void __user *to)
{
	struct peng_dirty_log *log = slot_log(vm, slot);
	size_t size = log->nr_words * sizeof(long);
	unsigned long *copy;
	int ret;

	if (vm->memslots.manual_log)
		return copy_to_user(to, log->bits, size) ? -EFAULT : 0;

	ret = log->blocks ? split_slot(vm, slot, 0, slot->npages) : 0;
	if (ret)
		return ret;
	log->blocks = false;
	copy = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!copy)
		return -ENOMEM;
	take_marks(vm, slot, 0, copy, log->nr_words, false);
	if (copy_to_user(to, copy, size)) {
		put_marks_back(log, copy);
		ret = -EFAULT;
	}
	kvfree(copy);
	return ret;
}

/**
 * peng_dirty_get_log - KVM_GET_DIRTY_LOG (KVM API 4.8)
 * @vm: VM
 * @args: slot, and where its bitmap goes
 *
 * Marks are taken, unless KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 is enabled.
 *
 * Context: task; takes slots->lock.
 * Return: 0; -EINVAL for no slot's number, -ENOENT for one without a log,
 *	-EFAULT with no mark lost, -ENOMEM; -ENXIO where the VM has rings instead.
 */
int peng_dirty_get_log(struct peng_vm *vm, const struct kvm_dirty_log *args)
{
	const struct peng_memslot *slot;
	int ret;

	mutex_lock(&vm->memslots.lock);
	slot = find_logged(vm, args->slot, &ret);
	if (slot)
		ret = get_log(vm, slot, args->dirty_bitmap);
	mutex_unlock(&vm->memslots.lock);
	return ret;
}

/* Whole words, but for the last of the slot. */
static bool clear_range_valid(const struct peng_memslot *slot,
			      const struct kvm_clear_dirty_log *args)
{
	u64 rest;

	if (args->first_page > slot->npages)
		return false;
	rest = slot->npages - args->first_page;
	return args->num_pages <= rest && (args->num_pages == rest || !(args->num_pages & 63));
}

static int clear_log(struct peng_vm *vm, const struct peng_memslot *slot,
		     const struct kvm_clear_dirty_log *args)
{
	unsigned long nr_words = BITS_TO_LONGS((u64)args->num_pages);
	struct peng_dirty_log *log = slot_log(vm, slot);
	unsigned long *mask;
	int ret = 0;

	if (!clear_range_valid(slot, args))
		return -EINVAL;
	mask = kvmalloc_array(nr_words, sizeof(long), GFP_KERNEL_ACCOUNT);
	if (!mask)
		return -ENOMEM;
	if (copy_from_user(mask, args->dirty_bitmap, nr_words * sizeof(long)))
		ret = -EFAULT;
	if (!ret && log->blocks)
		ret = split_slot(vm, slot, args->first_page, args->num_pages);
	if (!ret)
		take_marks(vm, slot, args->first_page / BITS_PER_LONG, mask, nr_words, true);
	kvfree(mask);
	return ret;
}

/**
 * peng_dirty_clear_log - KVM_CLEAR_DIRTY_LOG (KVM API 4.117)
 * @vm: VM
 * @args: slot, range of pages, and a bitmap of the marks to take
 *
 * Context: task; takes slots->lock.
 * Return: 0; -EINVAL for no slot's number or a range that is not of the slot or
 *	not of whole words, -ENOENT for a slot without a log, -EFAULT, -ENOMEM;
 *	-ENXIO where the VM has rings instead.
 */
int peng_dirty_clear_log(struct peng_vm *vm, const struct kvm_clear_dirty_log *args)
{
	const struct peng_memslot *slot;
	int ret;

	if (uses_bitmaps(vm) && args->first_page & 63)
		return -EINVAL;
	mutex_lock(&vm->memslots.lock);
	slot = find_logged(vm, args->slot, &ret);
	if (slot)
		ret = clear_log(vm, slot, args);
	mutex_unlock(&vm->memslots.lock);
	return ret;
}

/**
 * peng_dirty_set_manual - enable KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2
 * @vm: VM
 * @flags: KVM_DIRTY_LOG_*; the second is of use with the first only
 *
 * Return: 0 or -EINVAL.
 */
int peng_dirty_set_manual(struct peng_vm *vm, u64 flags)
{
	u64 allowed = KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE;

	if (flags & KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE)
		allowed |= KVM_DIRTY_LOG_INITIALLY_SET;
	if (flags & ~allowed)
		return -EINVAL;
	mutex_lock(&vm->memslots.lock);
	vm->memslots.manual_log = flags;
	mutex_unlock(&vm->memslots.lock);
	return 0;
}
