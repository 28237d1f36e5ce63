// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory as the rest of peng sees it: the life of a VM's and a vCPU's part, what a vCPU takes
 * along to a CPU, and access to guest memory by its guest physical address.
 */
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/srcu.h>
#include <linux/uaccess.h>

#include "../host/probe.h"
#include "../vcpu.h"
#include "../vm.h"
#include "memslot.h"
#include "mmu.h"
#include "stage2.h"

/**
 * peng_mmu_module_init - at load
 */
int peng_mmu_module_init(void)
{
	peng_cache_module_init();
	return 0;
}

/**
 * peng_mmu_module_exit - at unload; no VM exists
 */
void peng_mmu_module_exit(void)
{
	rcu_barrier();	/* tables that were retired are freed by our own function */
}

/**
 * peng_mmu_init - give a VM its memory side, without memory
 * @vm: the VM, with ->mm and ->srcu set
 * @ipa_bits: size of its physical address space
 *
 * Return: 0 or -errno. From here on the MMU notifier may call.
 */
int peng_mmu_init(struct peng_vm *vm, unsigned int ipa_bits)
{
	int ret;

	ret = peng_memslots_init(vm);
	if (ret)
		return ret;
	ret = peng_stage2_init(&vm->stage2, ipa_bits);
	if (ret)
		goto destroy_memslots;
	ret = peng_notifier_init(vm);
	if (ret)
		goto destroy_stage2;
	return 0;

destroy_stage2:
	peng_stage2_destroy(&vm->stage2);
destroy_memslots:
	peng_memslots_destroy(vm);
	return ret;
}

/**
 * peng_mmu_destroy - undo peng_mmu_init()
 * @vm: no vCPU of it runs any more
 */
void peng_mmu_destroy(struct peng_vm *vm)
{
	peng_notifier_destroy(vm);
	peng_stage2_destroy(&vm->stage2);
	peng_memslots_destroy(vm);
}

/**
 * peng_mmu_vcpu_init - a new vCPU
 * @vcpu: zeroed; vm->lock held
 *
 * Return: 0 or -ENOMEM.
 */
int peng_mmu_vcpu_init(struct peng_vcpu *vcpu)
{
	vcpu->ctx.vttbr = vcpu->vm->stage2.root.vttbr;
	vcpu->ctx.vtcr = vcpu->vm->stage2.root.vtcr;
	return peng_ring_init(vcpu);
}

/**
 * peng_mmu_vcpu_destroy - the end of a vCPU
 * @vcpu: does not run any more
 */
void peng_mmu_vcpu_destroy(struct peng_vcpu *vcpu)
{
	peng_ring_destroy(vcpu);
	peng_pgtable_cache_drain(&vcpu->mmu.cache, &peng_stage2_ops);
}

/**
 * peng_mmu_vcpu_load - before the vCPU's state goes into this CPU
 * @vcpu: the vCPU
 *
 * Context: preemption off.
 */
void peng_mmu_vcpu_load(struct peng_vcpu *vcpu)
{
	peng_vmid_load(&vcpu->vm->stage2, vcpu->idx);
}

/**
 * peng_mmu_vcpu_put - after the vCPU's state has left this CPU
 * @vcpu: the vCPU
 *
 * Context: preemption off.
 */
void peng_mmu_vcpu_put(struct peng_vcpu *vcpu)
{
	peng_vmid_unload(&vcpu->vm->stage2);
}

/**
 * peng_mmu_vcpu_reset - KVM_ARM_VCPU_INIT of a vCPU that has run
 * @vcpu: the vCPU, not loaded
 *
 * The guest starts over with its caches off, and user space may have loaded it anew through its
 * own, cached view. Without FWB every page is cleaned when it is mapped, so let all come back by
 * faults. With it only instruction caches may hold what was there before.
 */
void peng_mmu_vcpu_reset(struct peng_vcpu *vcpu)
{
	if (peng_host.fwb)
		peng_cache_inval_icache_all();
	else
		peng_stage2_unmap_all(vcpu->vm);
}

/* As much of [@gpa, @gpa + @len) as lies in one slot; 0 if the first byte is no such memory. */
static size_t piece_in_slot(struct peng_vm *vm, gpa_t gpa, size_t len, bool write,
			    void __user **user)
{
	const struct peng_memslot *slot;
	unsigned int hint = 0;
	u64 offset;

	slot = peng_memslot_find(vm, gpa >> PAGE_SHIFT, &hint);
	if (!slot || (write && (slot->flags & KVM_MEM_READONLY)))
		return 0;
	offset = gpa - (slot->base << PAGE_SHIFT);
	*user = (void __user *)(slot->hva + offset);
	return min_t(u64, len, (slot->npages << PAGE_SHIFT) - offset);
}

/* The one loop for both ways; a page that was written is dirty. */
static int copy_guest(struct peng_vm *vm, gpa_t gpa, void *data, size_t len, bool write)
{
	void __user *user;
	size_t piece, left;
	int ret = 0;
	int idx;

	idx = srcu_read_lock(&vm->srcu);
	for (; len && !ret; gpa += piece, data += piece, len -= piece) {
		piece = min_t(size_t, len, PAGE_SIZE - offset_in_page(gpa));
		piece = piece_in_slot(vm, gpa, piece, write, &user);
		left = piece;
		if (piece)
			left = write ? copy_to_user(user, data, piece) :
				       copy_from_user(data, user, piece);
		if (!piece || left)
			ret = -EFAULT;
		if (piece && write)
			peng_mmu_mark_dirty(vm, gpa >> PAGE_SHIFT);
	}
	srcu_read_unlock(&vm->srcu, idx);
	return ret;
}

/**
 * peng_mmu_read_guest - copy out of guest memory
 * @vm: the VM
 * @gpa: guest physical address; any alignment
 * @data: where to
 * @len: how much
 *
 * Context: a task of the VM's process; may sleep.
 * Return: 0, or -EFAULT where not all of it is memory.
 */
int peng_mmu_read_guest(struct peng_vm *vm, u64 gpa, void *data, size_t len)
{
	return copy_guest(vm, gpa, data, len, false);
}

/**
 * peng_mmu_write_guest - copy into guest memory
 * @vm: the VM
 * @gpa: guest physical address; any alignment
 * @data: where from
 * @len: how much
 *
 * The pages are marked in the dirty log, where there is one.
 *
 * Context: a task of the VM's process; may sleep.
 * Return: 0, or -EFAULT where not all of it is memory that may be written.
 */
int peng_mmu_write_guest(struct peng_vm *vm, u64 gpa, const void *data, size_t len)
{
	return copy_guest(vm, gpa, (void *)data, len, true);
}
