// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM's Stage-2 address space: the kernel's side of struct peng_pgtable_ops, and the operations
 * on whole ranges with the lock they need.
 *
 * s2->lock is read-held by what may run in parallel (faults, ageing) and write-held by what must
 * see nothing half done (unmapping for the notifier, for slots and for the end). Nobody sleeps or
 * allocates with it; long work is cut into chunks, with the lock given up in between.
 */
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/srcu.h>
#include <asm/cpufeature.h>
#include <asm/pgtable.h>

#include "../host/probe.h"
#include "../vm.h"
#include "stage2.h"

/* Done in one go under the lock: small enough that a vCPU that faults meanwhile waits little. */
#define UNMAP_CHUNK	SZ_64M
#define CLEAN_CHUNK	SZ_2M

static struct peng_stage2 *to_stage2(struct peng_pgtable *pgt)
{
	return container_of(pgt, struct peng_stage2, pgt);
}

static void *alloc_table(void)
{
	return (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
}

static void free_table(void *table)
{
	free_page((unsigned long)table);
}

static void free_retired_table(struct rcu_head *rcu)
{
	free_table(page_address(container_of(rcu, struct page, rcu_head)));
}

static void retire_table(void *table)
{
	call_rcu(&virt_to_page(table)->rcu_head, free_retired_table);
}

static void *alloc_root(size_t size)
{
	return alloc_pages_exact(size, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
}

static void free_root(void *root, size_t size)
{
	free_pages_exact(root, size);
}

static phys_addr_t table_phys(void *table)
{
	return virt_to_phys(table);
}

static void *table_virt(phys_addr_t phys)
{
	return phys_to_virt(phys);
}

static void resched(void)
{
	cond_resched();
}

static void flush_leaf(struct peng_pgtable *pgt, gpa_t ipa, int level)
{
	atomic64_inc(&to_stage2(pgt)->tlb_flushes);
	peng_el2->tlb_flush_ipa(&to_stage2(pgt)->root, ipa, level);
}

static void flush_leaf_local(struct peng_pgtable *pgt, gpa_t ipa, int level)
{
	peng_el2->tlb_flush_ipa_local(&to_stage2(pgt)->root, ipa, level);
}

static void flush_range(struct peng_pgtable *pgt, gpa_t ipa, u64 size)
{
	atomic64_inc(&to_stage2(pgt)->tlb_flushes);
	peng_el2->tlb_flush_range(&to_stage2(pgt)->root, ipa, size);
}

const struct peng_pgtable_ops peng_stage2_ops = {
	.alloc_table		= alloc_table,
	.free_table		= free_table,
	.retire_table		= retire_table,
	.alloc_root		= alloc_root,
	.free_root		= free_root,
	.phys			= table_phys,
	.virt			= table_virt,
	.resched		= resched,
	.flush_leaf		= flush_leaf,
	.flush_leaf_local	= flush_leaf_local,
	.flush_range		= flush_range,
};

/**
 * peng_stage2_unmap - remove all mappings of a range of guest addresses
 * @s2: the address space
 * @gpa: start
 * @size: length
 * @may_sleep: let others run between pieces; the range is not seen as a whole then
 *
 * Context: takes s2->lock for writing.
 */
void peng_stage2_unmap(struct peng_stage2 *s2, gpa_t gpa, u64 size, bool may_sleep)
{
	gpa_t end = gpa + size;

	while (gpa < end) {
		gpa_t next = min(end, ALIGN_DOWN(gpa, UNMAP_CHUNK) + UNMAP_CHUNK);

		write_lock(&s2->lock);
		peng_pgtable_unmap(&s2->pgt, gpa, next - gpa);
		write_unlock(&s2->lock);
		gpa = next;
		if (may_sleep)
			cond_resched();
	}
}

/**
 * peng_stage2_unmap_all - remove all mappings
 * @vm: the VM
 *
 * To faults under way this looks like an invalidation that has come and gone: one that decided what
 * to do by what was mapped before decides again.
 *
 * Context: may sleep.
 */
void peng_stage2_unmap_all(struct peng_vm *vm)
{
	struct peng_stage2 *s2 = &vm->stage2;
	const struct peng_memslot_table *table;
	const struct peng_memslot *slot;
	unsigned int i;
	int idx;

	idx = srcu_read_lock(&vm->srcu);
	table = peng_memslot_table(vm);
	peng_memslot_for_each(i, slot, table)
		peng_stage2_unmap(s2, slot->base << PAGE_SHIFT, slot->npages << PAGE_SHIFT, true);
	srcu_read_unlock(&vm->srcu, idx);

	spin_lock(&s2->inv.lock);
	WRITE_ONCE(s2->inv.seq, s2->inv.seq + 1);
	spin_unlock(&s2->inv.lock);
}

struct clean_visitor {
	struct peng_pgtable_visitor visitor;
	gpa_t start;
	gpa_t end;
};

/* Only the part of a block that is asked for, so that no single step gets long. */
static int clean_leaf(struct peng_pgtable_visitor *visitor, const struct peng_pgtable_leaf *leaf)
{
	struct clean_visitor *clean = container_of(visitor, struct clean_visitor, visitor);
	gpa_t start = max(clean->start, leaf->ipa);
	gpa_t end = min(clean->end, leaf->ipa + peng_pgtable_level_size(leaf->level));

	if (!(leaf->prot & PENG_S2_NOT_MEMORY))
		peng_cache_clean_dcache(leaf->phys + (start - leaf->ipa), end - start);
	return 0;
}

static void clean_slot(struct peng_stage2 *s2, const struct peng_memslot *slot)
{
	gpa_t end = (slot->base + slot->npages) << PAGE_SHIFT;
	gpa_t gpa = slot->base << PAGE_SHIFT;

	while (gpa < end && !fatal_signal_pending(current)) {
		struct clean_visitor clean = {
			.visitor.leaf = clean_leaf,
			.start = gpa,
			.end = min(end, ALIGN_DOWN(gpa, CLEAN_CHUNK) + CLEAN_CHUNK),
		};

		peng_stage2_lock_shared(s2);
		peng_pgtable_for_each(&s2->pgt, gpa, clean.end - gpa, &clean.visitor);
		peng_stage2_unlock_shared(s2);
		gpa = clean.end;
		cond_resched();
	}
}

/**
 * peng_stage2_clean_all - write what is cached of mapped guest memory back to memory
 * @vm: the VM
 *
 * Context: may sleep; takes as long as there is memory, in bounded steps.
 */
void peng_stage2_clean_all(struct peng_vm *vm)
{
	const struct peng_memslot_table *table;
	const struct peng_memslot *slot;
	unsigned int i;
	int idx;

	idx = srcu_read_lock(&vm->srcu);
	table = peng_memslot_table(vm);
	peng_memslot_for_each(i, slot, table)
		clean_slot(&vm->stage2, slot);
	srcu_read_unlock(&vm->srcu, idx);
}

static unsigned int host_features(void)
{
	unsigned int features = 0;

	if (peng_host.fwb)
		features |= PENG_S2_FWB;
	if (peng_host.hafdbs)
		features |= PENG_S2_HW_AF;
	if (peng_host.vmid_bits == 16)
		features |= PENG_S2_VMID16;
	return features;
}

/* Output addresses: what the CPUs can put out, as far as this kernel uses it. */
static unsigned int host_pa_bits(void)
{
	u64 mmfr0 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1);
	int parange = cpuid_feature_extract_unsigned_field(mmfr0, ID_AA64MMFR0_EL1_PARANGE_SHIFT);

	return min_t(unsigned int, id_aa64mmfr0_parange_to_phys_shift(parange),
		     CONFIG_ARM64_PA_BITS);
}

/**
 * peng_stage2_init - an empty address space
 * @s2: the address space
 * @ipa_bits: size of guest physical addresses
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int peng_stage2_init(struct peng_stage2 *s2, unsigned int ipa_bits)
{
	unsigned int features = host_features();
	int cpu, ret;

	rwlock_init(&s2->lock);
	spin_lock_init(&s2->inv.lock);
	s2->last_vcpu = alloc_percpu_gfp(int, GFP_KERNEL_ACCOUNT);
	if (!s2->last_vcpu)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		*per_cpu_ptr(s2->last_vcpu, cpu) = -1;

	ret = peng_pgtable_init(&s2->pgt, &peng_stage2_ops, ipa_bits, features);
	if (ret)
		goto free_last_vcpu;
	s2->root.vtcr = peng_pgtable_vtcr(ipa_bits, host_pa_bits(), features);
	s2->root.vttbr = phys_to_ttbr(virt_to_phys(s2->pgt.root));
	peng_vmid_get(s2);
	return 0;

free_last_vcpu:
	free_percpu(s2->last_vcpu);
	return ret;
}

/**
 * peng_stage2_destroy - free an address space
 * @s2: no vCPU is loaded with it, and nobody else uses it
 */
void peng_stage2_destroy(struct peng_stage2 *s2)
{
	peng_vmid_put(s2);
	peng_pgtable_destroy(&s2->pgt);
	free_percpu(s2->last_vcpu);
}
