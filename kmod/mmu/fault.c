// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest aborts at Stage 2.
 *
 * A fault is decoded once into struct fault; then there is one function for each case. What is
 * found out about the host's page tables is good only while peng_notifier_retry() says so: see the
 * rule on top of notifier.c. A fault that comes too late changes nothing, and the guest simply
 * faults again. Everything slow (allocation, the host's own fault, cache maintenance) is done
 * before s2->lock is taken.
 */
#include <linux/bitfield.h>
#include <linux/hugetlb.h>
#include <linux/kvm.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched/signal.h>
#include <linux/srcu.h>
#include <linux/swap.h>
#include <asm/esr.h>
#include <asm/kvm_arm.h>

#include "../host/probe.h"
#include "../inject.h"
#include "../io/mmio.h"
#include "../trace.h"
#include "../vcpu.h"
#include "../vm.h"
#include "dirty.h"
#include "hostpt.h"
#include "mmu.h"
#include "mte.h"
#include "stage2.h"

/* Cleaned in one go: about a quarter of a millisecond. */
#define CLEAN_CHUNK	SZ_2M

/* An abort, decoded. @ipa has page granularity (4K, as HPFAR_EL2 has it). */
struct fault {
	struct peng_vcpu *vcpu;
	struct peng_stage2 *s2;
	const struct peng_memslot *slot;
	gpa_t ipa;
	hva_t hva;
	u64 esr;
	u64 type;	/* ESR_ELx_FSC_FAULT, _ACCESS or _PERM */
	bool fetch;	/* an instruction abort */
	bool walk;	/* by the guest's own table walk */
	bool exec;
	bool write;
	bool log;	/* writes to the slot are logged */
};

/* What the host has at the address of a fault. */
struct backing {
	struct page *page;	/* a reference; NULL for what is not memory */
	phys_addr_t phys;
	bool writable;
	unsigned int type;	/* PENG_S2_DEVICE, PENG_S2_NC or 0 */
	unsigned int shift;	/* log2 of what the host maps in one piece there */
};

/* To the byte: stage 1 does not translate the offset in a page. */
static gpa_t fault_address(const struct peng_vcpu *vcpu)
{
	return peng_fault_ipa(&vcpu->ctx.fault) |
	       (vcpu->ctx.fault.far & (SZ_4K - 1));
}

static struct fault decode(struct peng_vcpu *vcpu)
{
	u64 esr = vcpu->ctx.fault.esr;
	struct fault f = {
		.vcpu = vcpu,
		.s2 = &vcpu->vm->stage2,
		.ipa = peng_fault_ipa(&vcpu->ctx.fault),
		.esr = esr,
		.type = esr & ESR_ELx_FSC_TYPE,
		.fetch = ESR_ELx_EC(esr) == ESR_ELx_EC_IABT_LOW,
		.walk = esr & ESR_ELx_S1PTW,
	};

	/*
	 * A table walk only writes to set a flag in an entry that it could read: that is a
	 * permission fault. Its translation faults are reads, so that tables may be read-only.
	 */
	f.exec = f.fetch && !f.walk;
	f.write = f.walk ? f.type == ESR_ELx_FSC_PERM : !f.fetch && (esr & ESR_ELx_WNR);
	return f;
}

/* Synchronous external aborts have FSC 0b01xxxx, but for that of a tag check, 0b010001. */
static bool is_external_abort(const struct fault *f)
{
	u64 fsc = f->esr & ESR_ELx_FSC;

	return (fsc & 0x30) == ESR_ELx_FSC_EXTABT && fsc != 0x11;
}

static enum peng_verdict inject_abort(const struct fault *f)
{
	if (f->fetch)
		peng_inject_iabt(f->vcpu, f->vcpu->ctx.fault.far);
	else
		peng_inject_dabt(f->vcpu, f->vcpu->ctx.fault.far);
	return PENG_RESUME;
}

/*
 * No memory, or a write to memory that is read-only. Code and page tables do not belong there, and
 * there is no syndrome by which user space could help: back to the guest. Cache maintenance has
 * nothing to do where there is nothing. All else is MMIO.
 */
static enum peng_verdict fault_not_memory(const struct fault *f)
{
	if (f->fetch || f->walk)
		return inject_abort(f);
	if (!f->slot && (f->esr & ESR_ELx_CM)) {
		peng_inject_skip(f->vcpu);
		return PENG_RESUME;
	}
	if (!f->slot)
		peng_mmio_note_no_slot(f->vcpu);
	return peng_mmio_access(f->vcpu, fault_address(f->vcpu));
}

/* The leaf is there, but was not used since the host last looked. */
static enum peng_verdict fault_access_flag(const struct fault *f)
{
	rcu_read_lock();
	peng_pgtable_mkyoung(&f->s2->pgt, f->ipa);
	rcu_read_unlock();
	return PENG_RESUME;
}

/*
 * First execution from a page that is mapped. The page stays what it is while unmapping is kept
 * out, so the host need not be asked.
 */
static enum peng_verdict fault_first_exec(const struct fault *f)
{
	struct peng_pgtable_leaf leaf = { };

	peng_stage2_lock_shared(f->s2);
	if (peng_pgtable_lookup(&f->s2->pgt, f->ipa, &leaf) &&
	    !(leaf.prot & PENG_S2_NOT_MEMORY)) {
		peng_cache_inval_icache(leaf.phys, peng_pgtable_level_size(leaf.level));
		peng_pgtable_relax(&f->s2->pgt, f->ipa, PENG_S2_X);
	}
	peng_stage2_unlock_shared(f->s2);
	return leaf.prot & PENG_S2_NOT_MEMORY ? inject_abort(f) : PENG_RESUME;
}

/* Guests mostly read what they later write: take a page that is writable as such at once. */
static bool get_writable_page(const struct fault *f, struct page **page)
{
	if (f->slot->flags & KVM_MEM_READONLY)
		return false;
	return get_user_pages_fast_only(f->hva, 1, FOLL_WRITE, page) == 1;
}

/* Let the host fault the page in. */
static int get_memory(const struct fault *f, struct backing *b)
{
	unsigned int flags = FOLL_HWPOISON | FOLL_HONOR_NUMA_FAULT;
	struct peng_hostpt_leaf leaf;
	struct page *writable;
	long nr;

	b->writable = get_writable_page(f, &b->page);
	if (!b->writable) {
		if (f->write)
			flags |= FOLL_WRITE;
		nr = get_user_pages_unlocked(f->hva, 1, &b->page, flags);
		if (nr != 1)
			return nr < 0 ? nr : -EFAULT;
		b->writable = f->write;
		if (!f->write && get_writable_page(f, &writable)) {
			put_page(b->page);
			b->page = writable;
			b->writable = true;
		}
	}
	b->phys = page_to_phys(b->page);
	b->shift = peng_hostpt_lookup(f->hva, &leaf) ? leaf.shift : PAGE_SHIFT;
	return 0;
}

/*
 * The entry at the fault, once the driver has been asked for it if need be. mmap_lock may have been
 * given up for that, and @f's vma be gone: the guest is to try again.
 */
static int get_pfnmap_leaf(const struct fault *f, struct peng_hostpt_leaf *leaf)
{
	bool unlocked = false;
	int ret;

	if (peng_hostpt_lookup(f->hva, leaf) && leaf->valid && (leaf->writable || !f->write))
		return 0;
	ret = fixup_user_fault(current->mm, f->hva, f->write ? FAULT_FLAG_WRITE : 0, &unlocked);
	if (ret)
		return ret;
	if (unlocked || !peng_hostpt_lookup(f->hva, leaf) || !leaf->valid)
		return -EAGAIN;
	return leaf->writable || !f->write ? 0 : -EAGAIN;
}

/*
 * A mapping that is the driver's business, by pfn. What lies there is a device, but for memory that
 * a driver shows in this way: that is taken by reference, or not at all where it has none to give.
 */
static int get_pfnmap_locked(const struct fault *f, struct backing *b)
{
	struct vm_area_struct *vma = find_vma(current->mm, f->hva);
	struct peng_hostpt_leaf leaf;
	int ret;

	if (!vma || f->hva < vma->vm_start || !(vma->vm_flags & (VM_IO | VM_PFNMAP)) ||
	    !(vma->vm_flags & VM_READ))
		return -EFAULT;
	ret = get_pfnmap_leaf(f, &leaf);
	if (ret)
		return ret;

	b->phys = PFN_PHYS(leaf.pfn);
	b->writable = leaf.writable && !(f->slot->flags & KVM_MEM_READONLY);
	b->shift = leaf.shift;
	if (pfn_is_map_memory(leaf.pfn)) {
		b->page = pfn_to_page(leaf.pfn);
		b->shift = PAGE_SHIFT;
		return get_page_unless_zero(b->page) ? 0 : -EFAULT;
	}
	b->page = NULL;
	b->type = vma->vm_flags & VM_ALLOW_ANY_UNCACHED ? PENG_S2_NC : PENG_S2_DEVICE;
	if (b->shift == PAGE_SHIFT && peng_hostpt_is_linear(f->hva))
		b->shift = PMD_SHIFT;
	return 0;
}

static int get_backing(const struct fault *f, struct backing *b)
{
	int ret;

	b->type = 0;
	ret = get_memory(f, b);
	if (ret != -EFAULT)
		return ret;
	mmap_read_lock(current->mm);
	ret = get_pfnmap_locked(f, b);
	mmap_read_unlock(current->mm);
	return ret;
}

static void put_backing(const struct backing *b)
{
	if (!b->page)
		return;
	mark_page_accessed(b->page);
	put_page(b->page);
}

static unsigned int poison_shift(hva_t hva)
{
	struct vm_area_struct *vma;
	unsigned int shift = PAGE_SHIFT;

	mmap_read_lock(current->mm);
	vma = find_vma(current->mm, hva);
	if (vma && hva >= vma->vm_start && is_vm_hugetlb_page(vma))
		shift = ilog2(vma_kernel_pagesize(vma));
	mmap_read_unlock(current->mm);
	return shift;
}

/* The host cannot give the page. A signal is dealt with before the guest is entered again. */
static enum peng_verdict fault_no_page(const struct fault *f, int err)
{
	switch (err) {
	case -EINTR:
	case -EAGAIN:
		return PENG_RESUME;
	case -EHWPOISON:
		send_sig_mceerr(BUS_MCEERR_AR, (void __user *)f->hva, poison_shift(f->hva), current);
		return PENG_RESUME;
	default:
		return peng_exit_fault(f->vcpu, PENG_FAULT_MEMORY, -EFAULT);
	}
}

/* The compound page's reference holds the block's whole memory until its caches are cleaned. */
static bool page_holds(const struct backing *b, u64 size)
{
	unsigned long pfn = ALIGN_DOWN(page_to_pfn(b->page), size >> PAGE_SHIFT);
	struct page *head = compound_head(b->page);

	return pfn >= page_to_pfn(head) &&
	       pfn + (size >> PAGE_SHIFT) <= page_to_pfn(head) + compound_nr(head);
}

/*
 * May a block of @size hold the fault? Guest, host and physical address must agree below its size,
 * the slot must hold all of it, and so must the host's mapping and, of memory, the compound page.
 */
static bool block_fits(const struct fault *f, const struct backing *b, u64 size)
{
	gpa_t first = ALIGN_DOWN(f->ipa, size);
	gpa_t base = f->slot->base << PAGE_SHIFT;

	return size <= BIT_ULL(b->shift) && !((f->ipa ^ f->hva) & (size - 1)) &&
	       !((b->phys ^ f->hva) & (size - 1) & PAGE_MASK) &&
	       first >= base && first + size <= base + (f->slot->npages << PAGE_SHIFT) &&
	       (!b->page || page_holds(b, size));
}

static struct peng_pgtable_leaf choose_leaf(const struct fault *f, const struct backing *b)
{
	struct peng_pgtable_leaf leaf = { .level = PENG_S2_MIN_BLOCK_LEVEL };
	u64 size;

	while (leaf.level < PENG_S2_LAST_LEVEL &&
	       !(!f->log && peng_pgtable_block_allowed(&f->s2->pgt, leaf.level) &&
		 block_fits(f, b, peng_pgtable_level_size(leaf.level))))
		leaf.level++;

	size = peng_pgtable_level_size(leaf.level);
	leaf.ipa = ALIGN_DOWN(f->ipa, size);
	leaf.phys = ALIGN_DOWN(b->phys, size);
	leaf.prot = PENG_S2_R | b->type;
	if (b->writable)
		leaf.prot |= PENG_S2_HOST_W;
	if (b->writable && (f->write || !f->log))
		leaf.prot |= PENG_S2_W;
	if (b->page && (f->exec || peng_host.dic))
		leaf.prot |= PENG_S2_X;
	return leaf;
}

/* Is this memory mapped here already, so that its caches have been seen to? */
static bool already_mapped(const struct fault *f, const struct peng_pgtable_leaf *want)
{
	struct peng_pgtable_leaf leaf;
	bool mapped;

	rcu_read_lock();
	mapped = peng_pgtable_lookup(&f->s2->pgt, want->ipa, &leaf) &&
		 leaf.level <= want->level &&
		 leaf.phys + (want->ipa - leaf.ipa) == want->phys;
	rcu_read_unlock();
	return mapped;
}

static void prepare_caches(const struct fault *f, const struct peng_pgtable_leaf *want)
{
	u64 size = peng_pgtable_level_size(want->level);
	u64 chunk = min_t(u64, size, CLEAN_CHUNK);
	u64 done;

	if (want->prot & PENG_S2_NOT_MEMORY)
		return;
	if (!peng_host.fwb && !already_mapped(f, want)) {
		for (done = 0; done < size && !fatal_signal_pending(current); done += chunk) {
			peng_cache_clean_dcache(want->phys + done, chunk);
			cond_resched();
		}
	}
	if (want->prot & PENG_S2_X)
		peng_cache_inval_icache(want->phys, size);
}

/* What is mapped in pieces makes room for a block; who is in there faults again, like the caller. */
static int make_room(const struct fault *f, const struct peng_pgtable_leaf *want)
{
	peng_stage2_unmap(f->s2, want->ipa, peng_pgtable_level_size(want->level), true);
	return -EAGAIN;
}

/*
 * The page flag, not set_page_dirty(): the host's own entry for a shared file page is writable only
 * while the file system knows, and the notifier comes before that ends.
 */
static int install(const struct fault *f, const struct backing *b,
		   const struct peng_pgtable_leaf *want, unsigned long seq)
{
	u64 size = peng_pgtable_level_size(want->level);
	int ret = -EAGAIN;

	peng_stage2_lock_shared(f->s2);
	if (!peng_notifier_retry(f->s2, seq, ALIGN_DOWN(f->hva, size), size))
		ret = peng_pgtable_map(&f->s2->pgt, want, &f->vcpu->mmu.cache);
	if (!ret && b->writable && b->page && !PageReserved(b->page))
		SetPageDirty(b->page);
	peng_stage2_unlock_shared(f->s2);
	if (ret == -ENOTEMPTY)
		return make_room(f, want);
	/* Permission first, then the mark: dirty.c. */
	if (!ret && f->log && (want->prot & PENG_S2_W))
		peng_dirty_mark_slot(f->vcpu, f->slot, f->ipa >> PAGE_SHIFT);
	return ret;
}

/* The host has to be asked: nothing is mapped, or not as the guest needs it. */
static enum peng_verdict fault_map(const struct fault *f)
{
	unsigned long seq = peng_notifier_begin(f->s2);
	struct peng_pgtable_leaf want;
	struct backing b;
	int ret;

	ret = peng_pgtable_cache_fill(&f->vcpu->mmu.cache, &peng_stage2_ops,
				      PENG_S2_MAX_NEW_TABLES);
	if (ret)
		return peng_exit_fault(f->vcpu, PENG_FAULT_MEMORY, ret);
	ret = get_backing(f, &b);
	if (ret)
		return fault_no_page(f, ret);
	/* Code does not belong in a device, nor, for HCR_EL2.PTW, do page tables. */
	if ((f->exec && !b.page) || (f->walk && b.type == PENG_S2_DEVICE))
		return inject_abort(f);

	want = choose_leaf(f, &b);
	/* A device has no tags. */
	if (b.page)
		ret = peng_mte_prepare(f->vcpu->vm, f->hva, phys_to_page(want.phys),
				       peng_pgtable_level_size(want.level) >> PAGE_SHIFT);
	if (!ret) {
		prepare_caches(f, &want);
		ret = install(f, &b, &want, seq);
	}

	put_backing(&b);
	if (ret && ret != -EAGAIN)
		return peng_exit_fault(f->vcpu, PENG_FAULT_MEMORY, -EFAULT);
	return PENG_RESUME;
}

static enum peng_verdict handle(struct fault *f)
{
	gfn_t gfn = f->ipa >> PAGE_SHIFT;

	f->slot = peng_memslot_find(f->vcpu->vm, gfn, &f->vcpu->mmu.slot_hint);
	if (!f->slot || (f->write && (f->slot->flags & KVM_MEM_READONLY)))
		return fault_not_memory(f);
	f->hva = peng_memslot_hva(f->slot, gfn);
	f->log = READ_ONCE(f->slot->flags) & KVM_MEM_LOG_DIRTY_PAGES;

	if (f->type == ESR_ELx_FSC_ACCESS)
		return fault_access_flag(f);
	if (f->type == ESR_ELx_FSC_PERM && f->exec)
		return fault_first_exec(f);
	return fault_map(f);
}

/**
 * peng_mmu_fault - an instruction or data abort from the guest
 * @vcpu: with the syndrome in its context
 *
 * Context: vCPU thread, interrupts on, may sleep.
 */
enum peng_verdict peng_mmu_fault(struct peng_vcpu *vcpu)
{
	struct fault f = decode(vcpu);
	enum peng_verdict verdict;
	int idx;

	trace_peng_fault(vcpu->idx, f.ipa, vcpu->ctx.fault.far, f.esr);

	if (is_external_abort(&f)) {
		peng_inject_serror(vcpu, ESR_ELx_ISV);
		return PENG_RESUME;
	}
	if (f.type != ESR_ELx_FSC_FAULT && f.type != ESR_ELx_FSC_ACCESS &&
	    f.type != ESR_ELx_FSC_PERM)
		return peng_exit_fault(vcpu, PENG_FAULT_ABORT, -EFAULT);
	if (f.ipa >= BIT_ULL(f.s2->pgt.ipa_bits))
		return inject_abort(&f);

	idx = srcu_read_lock(&vcpu->vm->srcu);
	verdict = handle(&f);
	srcu_read_unlock(&vcpu->vm->srcu, idx);
	return verdict;
}

static bool relax_fast(const struct fault *f)
{
	unsigned int prot = PENG_S2_R;
	int ret;

	/*
	 * Where instruction caches need care, executing is not only a matter of permission; and to
	 * a walk a device forbids itself, whatever is permitted.
	 */
	if ((f->exec && !peng_host.dic) || f->walk)
		return false;
	if (f->exec)
		prot |= PENG_S2_X;
	if (f->write)
		prot |= PENG_S2_W;
	rcu_read_lock();
	ret = peng_pgtable_relax(&f->s2->pgt, f->ipa, prot);
	/* Who starts a log and takes permissions afterwards is seen here: dirty.c. */
	if (!ret && f->write)
		peng_dirty_mark(f->vcpu, f->ipa >> PAGE_SHIFT);
	rcu_read_unlock();
	return !ret;
}

static bool mkyoung_fast(const struct fault *f)
{
	bool done;

	rcu_read_lock();
	done = peng_pgtable_mkyoung(&f->s2->pgt, f->ipa);
	rcu_read_unlock();
	return done;
}

/**
 * peng_mmu_fault_fast - the same, as far as it needs neither sleep nor the host's page tables
 * @vcpu: with the syndrome in its context
 *
 * Context: interrupts masked, vCPU loaded.
 * Return: PENG_RESUME, PENG_USER, or PENG_SLOW for peng_mmu_fault() to look again.
 */
enum peng_verdict peng_mmu_fault_fast(struct peng_vcpu *vcpu)
{
	u64 esr = peng_vcpu_esr(vcpu);
	struct fault f;
	bool done = false;

	/*
	 * Nothing is mapped: a device's register, or memory that takes long anyway.
	 * A device's address is not memory, whatever slot it may lie in.
	 */
	if ((esr & ESR_ELx_FSC_TYPE) == ESR_ELx_FSC_FAULT)
		return ESR_ELx_EC(esr) == ESR_ELx_EC_DABT_LOW ?
		       peng_mmio_access_fast(vcpu, fault_address(vcpu)) : PENG_SLOW;

	f = decode(vcpu);
	switch (f.type) {
	case ESR_ELx_FSC_ACCESS:
		done = mkyoung_fast(&f);
		break;
	case ESR_ELx_FSC_PERM:
		done = relax_fast(&f);
		break;
	}
	return done ? PENG_RESUME : PENG_SLOW;
}
