// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory slots and KVM_SET_USER_MEMORY_REGION.
 *
 * Readers see one table. A slot that goes is first marked dead, so that guests fault;
 * when every reader that may have missed the mark is gone, its mappings are removed; only then does
 * it leave the table, because the MMU notifier must find it for as long as anything of it is
 * mapped. slots->lock serialises changes and is held over all of this.
 */
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/uaccess.h>

#include "../io/mmio.h"
#include "../vm.h"
#include "dirty.h"
#include "memslot.h"
#include "mte.h"
#include "stage2.h"

/* A slot's length fits 31 bits of pages, as in KVM, so that clients find the same limit. */
#define MAX_SLOT_PAGES	((1UL << 31) - 1)

/* So many tables are kept until one grace period serves them all. */
#define MAX_RETIRED	16

static struct peng_memslot_table *current_table(struct peng_memslots *slots)
{
	return rcu_dereference_protected(slots->table, lockdep_is_held(&slots->lock));
}

/**
 * peng_memslot_table - all slots as they are now
 * @vm: the VM
 *
 * Context: vm->srcu or RCU, which also protects the result.
 */
const struct peng_memslot_table *peng_memslot_table(struct peng_vm *vm)
{
	return rcu_dereference_check(vm->memslots.table,
				     srcu_read_lock_held(&vm->srcu) || rcu_read_lock_held());
}

static bool slot_holds(const struct peng_memslot *slot, gfn_t gfn)
{
	return gfn - slot->base < slot->npages;
}

/* Index of the first of @nr rows whose slot ends above @gfn by guest address, or @nr. */
static unsigned int first_by_gfn(const struct peng_memslot_table *table, unsigned int nr,
				 gfn_t gfn)
{
	unsigned int low = 0, high = nr;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;
		const struct peng_memslot *slot = table->rows[mid].by_gfn;

		if (slot->base + slot->npages <= gfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/**
 * peng_memslot_find - the slot that holds a guest frame
 * @vm: the VM
 * @gfn: the frame
 * @hint: where the caller's last search ended; any value will do
 *
 * Context: vm->srcu, which also protects the result; RCU if only its presence matters.
 * Return: the slot or NULL.
 */
const struct peng_memslot *peng_memslot_find(struct peng_vm *vm, gfn_t gfn, unsigned int *hint)
{
	const struct peng_memslot_table *table = peng_memslot_table(vm);
	unsigned int nr = peng_memslot_nr(table);
	const struct peng_memslot *slot;

	if (*hint >= nr || !slot_holds(table->rows[*hint].by_gfn, gfn)) {
		unsigned int i = first_by_gfn(table, nr, gfn);

		if (i == nr || !slot_holds(table->rows[i].by_gfn, gfn))
			return NULL;
		*hint = i;
	}
	slot = table->rows[*hint].by_gfn;
	return READ_ONCE(slot->dead) ? NULL : slot;
}

/**
 * peng_memslot_first_by_hva - where to begin to look for host addresses
 * @table: the slots
 * @nr: how many rows to look at
 * @hva: lowest address wanted
 *
 * Return: index of the first row by host address that may end above @hva; @nr if there is none.
 * Rows after it may end below, for host ranges can overlap.
 */
unsigned int peng_memslot_first_by_hva(const struct peng_memslot_table *table, unsigned int nr,
				       hva_t hva)
{
	unsigned int low = 0, high = nr;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (table->rows[mid].reach <= hva)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Making tables */

static struct peng_memslot_table *alloc_table(unsigned int nr)
{
	struct peng_memslot_table *table;
	unsigned int room = nr + nr / 2 + 4;

	table = kvmalloc(struct_size(table, rows, room), GFP_KERNEL_ACCOUNT);
	if (table) {
		table->dropped = NULL;
		table->nr = nr;
		table->room = room;
	}
	return table;
}

/*
 * The same table with @add at its end, if that is its place in both orders and there is room: then
 * many slots, which come in ascending order, cost no more than their number.
 */
static bool append(struct peng_memslots *slots, struct peng_memslot *add)
{
	struct peng_memslot_table *table = current_table(slots);
	struct peng_memslot_row *last = table->rows + table->nr - 1;

	if (table->nr == table->room)
		return false;
	if (table->nr && (last->by_gfn->base > add->base || last->by_hva->hva > add->hva))
		return false;

	table->rows[table->nr] = (struct peng_memslot_row) {
		.by_gfn = add,
		.by_hva = add,
		.reach = max(table->nr ? last->reach : 0, peng_memslot_end_hva(add)),
	};
	/* The row before its number; pairs with peng_memslot_nr(). */
	smp_store_release(&table->nr, table->nr + 1);
	return true;
}

/* Put @add into the order that is in @from, and leave @drop out; either may be NULL. */
static void merge_by_gfn(struct peng_memslot_table *to, const struct peng_memslot_table *from,
			 struct peng_memslot *add, const struct peng_memslot *drop)
{
	unsigned int i, out = 0;

	for (i = 0; i < from->nr; i++) {
		struct peng_memslot *slot = from->rows[i].by_gfn;

		if (add && add->base < slot->base) {
			to->rows[out++].by_gfn = add;
			add = NULL;
		}
		if (slot != drop)
			to->rows[out++].by_gfn = slot;
	}
	if (add)
		to->rows[out].by_gfn = add;
}

static void merge_by_hva(struct peng_memslot_table *to, const struct peng_memslot_table *from,
			 struct peng_memslot *add, const struct peng_memslot *drop)
{
	unsigned int i, out = 0;
	hva_t reach = 0;

	for (i = 0; i < from->nr; i++) {
		struct peng_memslot *slot = from->rows[i].by_hva;

		if (add && add->hva < slot->hva) {
			to->rows[out++].by_hva = add;
			add = NULL;
		}
		if (slot != drop)
			to->rows[out++].by_hva = slot;
	}
	if (add)
		to->rows[out].by_hva = add;

	for (i = 0; i < to->nr; i++) {
		reach = max(reach, peng_memslot_end_hva(to->rows[i].by_hva));
		to->rows[i].reach = reach;
	}
}

static void free_slot(struct peng_memslot *slot)
{
	struct peng_dirty_log *log = rcu_dereference_protected(slot->dirty, true);

	if (log)
		kvfree_rcu(log, rcu);
	kfree_rcu(slot, rcu);
}

/* Nobody reads retired tables any more, but for the presence of a slot under RCU. */
static void free_retired(struct peng_memslots *slots)
{
	while (slots->retired) {
		struct peng_memslot_table *table = slots->retired;

		slots->retired = table->next;
		if (table->dropped)
			free_slot(table->dropped);
		kvfree_rcu(table, rcu);
	}
	slots->nr_retired = 0;
}

static void retire_table(struct peng_vm *vm, struct peng_memslot_table *table,
			 struct peng_memslot *dropped)
{
	struct peng_memslots *slots = &vm->memslots;

	table->dropped = dropped;
	table->next = slots->retired;
	slots->retired = table;
	if (++slots->nr_retired < MAX_RETIRED)
		return;
	synchronize_srcu_expedited(&vm->srcu);
	free_retired(slots);
}

/*
 * Publish a table with @add and without @drop, which is freed in time. The lock of the
 * invalidations orders this against an invalidation that begins: either it finds @add in the
 * table, or whoever finds @add there also finds the invalidation under way (notifier.c). What was
 * no memory may be now: vCPUs forget.
 */
static int change_table(struct peng_vm *vm, struct peng_memslot *add, struct peng_memslot *drop)
{
	struct peng_memslots *slots = &vm->memslots;
	struct peng_memslot_table *old = current_table(slots);
	struct peng_memslot_table *new;
	bool done = false;

	if (!drop) {
		spin_lock(&vm->stage2.inv.lock);
		done = append(slots, add);
		spin_unlock(&vm->stage2.inv.lock);
	}
	if (done) {
		peng_mmio_forget(vm);
		return 0;
	}

	new = alloc_table(old->nr + !!add - !!drop);
	if (!new)
		return -ENOMEM;
	merge_by_gfn(new, old, add, drop);
	merge_by_hva(new, old, add, drop);

	spin_lock(&vm->stage2.inv.lock);
	rcu_assign_pointer(slots->table, new);
	spin_unlock(&vm->stage2.inv.lock);
	peng_mmio_forget(vm);
	retire_table(vm, old, drop);
	return 0;
}

/* Changing slots */

static bool overlaps_another(struct peng_memslots *slots, const struct peng_memslot *new,
			     const struct peng_memslot *old)
{
	const struct peng_memslot_table *table = current_table(slots);
	unsigned int i;

	for (i = first_by_gfn(table, table->nr, new->base); i < table->nr; i++) {
		const struct peng_memslot *slot = table->rows[i].by_gfn;

		if (slot->base >= new->base + new->npages)
			break;
		if (slot != old)
			return true;
	}
	return false;
}

/* From here on @slot is no memory any more, and nothing of it is mapped. */
static void retire_slot(struct peng_vm *vm, struct peng_memslot *slot)
{
	WRITE_ONCE(slot->dead, true);
	synchronize_srcu_expedited(&vm->srcu);
	peng_stage2_unmap(&vm->stage2, slot->base << PAGE_SHIFT, slot->npages << PAGE_SHIFT, true);
}

/* Its successor could not be put in its place. */
static void revive_slot(struct peng_vm *vm, struct peng_memslot *slot)
{
	WRITE_ONCE(slot->dead, false);
	peng_mmio_forget(vm);
}

static int delete_slot(struct peng_vm *vm, struct peng_memslot *old)
{
	bool logged = old->flags & KVM_MEM_LOG_DIRTY_PAGES;
	u16 id = old->id;
	int ret;

	retire_slot(vm, old);
	ret = change_table(vm, NULL, old);
	if (ret) {
		revive_slot(vm, old);
		return ret;
	}
	WRITE_ONCE(vm->memslots.nr_logged, vm->memslots.nr_logged - logged);
	xa_erase(&vm->memslots.by_id, id);
	return 0;
}

/* @old is NULL for a slot that is new, else the slot that moves. */
static int place_slot(struct peng_vm *vm, struct peng_memslot *new, struct peng_memslot *old)
{
	bool logged = old && old->flags & KVM_MEM_LOG_DIRTY_PAGES;
	struct peng_memslots *slots = &vm->memslots;
	int ret;

	ret = xa_err(xa_store(&slots->by_id, new->id, new, GFP_KERNEL_ACCOUNT));
	if (ret)
		return ret;

	if (old) {
		retire_slot(vm, old);
		peng_dirty_inherit(new, old);
	}
	ret = change_table(vm, new, old);
	if (ret)
		goto restore_old;
	WRITE_ONCE(slots->nr_logged, slots->nr_logged - logged);
	return 0;

restore_old:
	if (old) {
		revive_slot(vm, old);
		xa_store(&slots->by_id, old->id, old, GFP_KERNEL_ACCOUNT);
	} else {
		xa_erase(&slots->by_id, new->id);
	}
	return ret;
}

static int check_region(const struct kvm_userspace_memory_region *r)
{
	if (r->flags & ~(KVM_MEM_READONLY | KVM_MEM_LOG_DIRTY_PAGES))
		return -EINVAL;
	if (!PAGE_ALIGNED(r->memory_size) || !PAGE_ALIGNED(r->guest_phys_addr))
		return -EINVAL;
	if (!PAGE_ALIGNED(r->userspace_addr) ||
	    r->userspace_addr != untagged_addr(r->userspace_addr) ||
	    !access_ok((void __user *)(unsigned long)r->userspace_addr, r->memory_size))
		return -EINVAL;
	if (r->slot >= PENG_NR_MEMSLOTS)
		return -EINVAL;
	if (r->guest_phys_addr + r->memory_size < r->guest_phys_addr)
		return -EINVAL;
	return r->memory_size >> PAGE_SHIFT > MAX_SLOT_PAGES ? -EINVAL : 0;
}

static bool same_place(const struct peng_memslot *slot,
		       const struct kvm_userspace_memory_region *r)
{
	return slot->hva == r->userspace_addr && slot->npages == r->memory_size >> PAGE_SHIFT &&
	       !((slot->flags ^ r->flags) & KVM_MEM_READONLY);
}

/**
 * peng_memslot_mappings_are - what kind of mappings a range of the process has
 * @hva: where it begins
 * @size: bytes
 * @with: VM_* that each mapping in it has to have
 * @without: and those that none may have
 *
 * What is not mapped may become so later; that is looked at when it is used.
 *
 * Context: a thread of the process; may sleep, takes mmap_lock.
 */
bool peng_memslot_mappings_are(hva_t hva, u64 size, unsigned long with, unsigned long without)
{
	struct vm_area_struct *vma;
	bool are = true;

	mmap_read_lock(current->mm);
	for (vma = find_vma(current->mm, hva); are && vma && vma->vm_start < hva + size;
	     vma = find_vma(current->mm, vma->vm_end))
		are = (vma->vm_flags & with) == with && !(vma->vm_flags & without);
	mmap_read_unlock(current->mm);
	return are;
}

/*
 * What a driver maps by pfn is mostly a device, whose registers nobody migrates: KVM refuses to log
 * that. It may come into a logged slot later, and is then logged like memory.
 */
static bool may_log(hva_t hva, u64 size)
{
	return peng_memslot_mappings_are(hva, size, 0, VM_PFNMAP);
}

static int change_flags(struct peng_vm *vm, struct peng_memslot *slot, u32 flags)
{
	if (flags == slot->flags)
		return 0;
	if (flags & KVM_MEM_LOG_DIRTY_PAGES)
		return may_log(slot->hva, slot->npages << PAGE_SHIFT) ?
		       peng_dirty_start(vm, slot) : -EINVAL;
	peng_dirty_stop(vm, slot);
	return 0;
}

static int create_or_move(struct peng_vm *vm, const struct kvm_userspace_memory_region *r,
			  struct peng_memslot *old)
{
	struct peng_memslots *slots = &vm->memslots;
	struct peng_memslot *new;
	int ret;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	new->base = r->guest_phys_addr >> PAGE_SHIFT;
	new->npages = r->memory_size >> PAGE_SHIFT;
	new->hva = r->userspace_addr;
	new->flags = r->flags & KVM_MEM_READONLY;
	new->id = r->slot;

	ret = -EEXIST;
	if (overlaps_another(slots, new, old))
		goto free_new;
	ret = peng_mte_check_region(vm, new->hva, r->memory_size);
	if (ret)
		goto free_new;
	ret = -EFAULT;
	if (r->guest_phys_addr + r->memory_size > BIT_ULL(vm->stage2.pgt.ipa_bits))
		goto free_new;
	if (r->flags & KVM_MEM_LOG_DIRTY_PAGES) {
		ret = -EINVAL;
		if (!may_log(r->userspace_addr, r->memory_size))
			goto free_new;
		ret = peng_dirty_prepare(vm, new);
		if (ret)
			goto free_new;
	}
	ret = place_slot(vm, new, old);
	if (ret)
		goto forget_log;
	return 0;

forget_log:
	if (r->flags & KVM_MEM_LOG_DIRTY_PAGES)
		WRITE_ONCE(slots->nr_logged, slots->nr_logged - 1);
free_new:
	free_slot(new);
	return ret;
}

/**
 * peng_memslot_set - KVM_SET_USER_MEMORY_REGION
 * @vm: the VM
 * @region: the ioctl's argument
 *
 * Context: task context of the VM's process; takes slots->lock.
 * Return: 0 or what KVM returns.
 */
int peng_memslot_set(struct peng_vm *vm, const struct kvm_userspace_memory_region *region)
{
	struct peng_memslots *slots = &vm->memslots;
	struct peng_memslot *old;
	int ret = check_region(region);

	if (ret)
		return ret;

	mutex_lock(&slots->lock);
	old = xa_load(&slots->by_id, region->slot);
	if (!region->memory_size)
		ret = old ? delete_slot(vm, old) : -EINVAL;
	else if (!old)
		ret = create_or_move(vm, region, NULL);
	else if (!same_place(old, region))
		ret = -EINVAL;
	else if (old->base != region->guest_phys_addr >> PAGE_SHIFT)
		ret = create_or_move(vm, region, old);
	else
		ret = change_flags(vm, old, region->flags);
	mutex_unlock(&slots->lock);
	return ret;
}

/**
 * peng_memslots_init - a VM without memory
 * @vm: the VM
 *
 * Return: 0 or -ENOMEM.
 */
int peng_memslots_init(struct peng_vm *vm)
{
	struct peng_memslots *slots = &vm->memslots;

	mutex_init(&slots->lock);
	xa_init(&slots->by_id);
	RCU_INIT_POINTER(slots->table, alloc_table(0));
	return rcu_access_pointer(slots->table) ? 0 : -ENOMEM;
}

/**
 * peng_memslots_destroy - free all slots
 * @vm: the VM; nobody reads its slots any more
 */
void peng_memslots_destroy(struct peng_vm *vm)
{
	struct peng_memslots *slots = &vm->memslots;
	struct peng_memslot *slot;
	unsigned long id;

	xa_for_each(&slots->by_id, id, slot)
		free_slot(slot);
	xa_destroy(&slots->by_id);
	free_retired(slots);
	kvfree(rcu_dereference_protected(slots->table, true));
}
