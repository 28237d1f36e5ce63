// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocation tags of guest memory (FEAT_MTE2; Arm ARM D9).
 *
 * The host keeps the tags of a page through copying, migration and swap if the page
 * says that it has some: so a page gets its tags cleared, and says so, before a guest
 * with MTE sees it. Until Linux 6.3 no one but the page's owner could tell that the
 * clearing was under way, so mte_lock covers it, and memory that other processes may
 * map, too, is not for such guests.
 */
#include <linux/build_bug.h>
#include <linux/highmem.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/srcu.h>
#include <linux/uaccess.h>
#include <asm/mte.h>
#include <asm/sysreg.h>

#include "../vm.h"
#include "memslot.h"
#include "mmu.h"
#include "mte.h"

#ifdef COMPAT_MTE
/* Copied between two looks at user memory: all of a page of 4K. */
#define TAGS_AT_ONCE	256
static_assert(MTE_GRANULES_PER_PAGE % TAGS_AT_ONCE == 0);

/* Innermost of what may sleep: nothing is taken within it. */
static DEFINE_MUTEX(mte_lock);

/* Tags do not fault: the linear map has them wherever the host has MTE. */
static u8 read_tag(const void *granule)
{
	u64 addr = (u64)granule;

	asm volatile(__MTE_PREAMBLE "ldg	%0, [%0]" : "+r" (addr));
	return addr >> MTE_TAG_SHIFT & 0xf;
}

static void write_tag(void *granule, u8 tag)
{
	u64 addr = ((u64)granule & ~MTE_TAG_MASK) | (u64)tag << MTE_TAG_SHIFT;

	asm volatile(__MTE_PREAMBLE "stg	%0, [%1]" : : "r" (addr), "r" (granule) : "memory");
}

/* As many at a time as the CPU stores: 4 << GMID_EL1.BS bytes of memory. */
static void clear_tags(struct page *page)
{
	unsigned int step = 4 << (read_sysreg_s(SYS_GMID_EL1) & GMID_EL1_BS_MASK);
	void *block = page_address(page);
	void *end = block + PAGE_SIZE;

	for (; block < end; block += step)
		asm volatile(__MTE_PREAMBLE "stgm	xzr, [%0]" : : "r" (block) : "memory");
}

/*
 * The tags that a page had for someone else, if any, or none. The zero page has none from
 * boot on. Kernels no longer say so in its flags, and newer ones can not write to it: no
 * guest can, either, so it stays as it is.
 */
static void have_tags(struct page *page)
{
	if (page_mte_tagged(page) || page == ZERO_PAGE(0))
		return;
	mutex_lock(&mte_lock);
	if (try_page_mte_tagging(page)) {
		clear_tags(page);
		set_page_mte_tagged(page);
	}
	mutex_unlock(&mte_lock);
}

static bool range_allowed(hva_t hva, u64 size)
{
	return peng_memslot_mappings_are(hva, size, VM_MTE_ALLOWED, COMPAT_MTE_DENIED);
}

/**
 * peng_mte_check_region() - whether a range can be memory of a VM
 * @vm: the VM
 * @hva: in the process's address space
 * @size: bytes
 *
 * Context: may sleep; takes mmap_lock.
 * Return: 0, or -EINVAL where the VM has MTE and a mapping cannot have tags.
 */
int peng_mte_check_region(struct peng_vm *vm, hva_t hva, u64 size)
{
	if (!peng_vm_has_feature(vm, PENG_FEATURE_MTE) || range_allowed(hva, size))
		return 0;
	return -EINVAL;
}

/**
 * peng_mte_prepare() - give pages tags before a guest sees them
 * @vm: the VM; nothing to do where it has no MTE
 * @hva: address of the fault
 * @page: first page, and the reference holds the others, too
 * @nr: how many
 *
 * Context: may sleep; takes mmap_lock.
 * Return: 0, or -EFAULT where the mapping cannot have tags.
 */
int peng_mte_prepare(struct peng_vm *vm, hva_t hva, struct page *page, unsigned int nr)
{
	unsigned int i;

	if (!peng_vm_has_feature(vm, PENG_FEATURE_MTE))
		return 0;
	if (!range_allowed(hva, 1))
		return -EFAULT;
	for (i = 0; i < nr; i++) {
		have_tags(page + i);
		cond_resched();
	}
	return 0;
}

/**
 * peng_mte_enable() - KVM_ENABLE_CAP of KVM_CAP_ARM_MTE
 * @vm: vm->lock held
 *
 * Return: 0, or -EINVAL without MTE in the host, and where there are vCPUs already.
 */
int peng_mte_enable(struct peng_vm *vm)
{
	lockdep_assert_held(&vm->lock);

	if (!peng_feature_on_host(PENG_FEATURE_MTE) || vm->nr_vcpus)
		return -EINVAL;
	vm->features |= BIT(PENG_FEATURE_MTE);
	return 0;
}

/* A byte for each granule. What has no tags yet has zeros. */
static int tags_to_user(u8 __user *tags, struct page *page)
{
	u8 buf[TAGS_AT_ONCE];
	unsigned int done, i;

	if (!page_mte_tagged(page))
		return clear_user(tags, MTE_GRANULES_PER_PAGE) ? -EFAULT : 0;
	for (done = 0; done < MTE_GRANULES_PER_PAGE; done += sizeof(buf)) {
		for (i = 0; i < sizeof(buf); i++)
			buf[i] = read_tag(page_address(page) + (done + i) * MTE_GRANULE_SIZE);
		if (copy_to_user(tags + done, buf, sizeof(buf)))
			return -EFAULT;
	}
	return 0;
}

static int tags_from_user(struct page *page, const u8 __user *tags)
{
	u8 buf[TAGS_AT_ONCE];
	unsigned int done, i;

	have_tags(page);
	for (done = 0; done < MTE_GRANULES_PER_PAGE; done += sizeof(buf)) {
		if (copy_from_user(buf, tags + done, sizeof(buf)))
			return -EFAULT;
		for (i = 0; i < sizeof(buf); i++)
			write_tag(page_address(page) + (done + i) * MTE_GRANULE_SIZE, buf[i] & 0xf);
	}
	set_page_dirty_lock(page);
	return 0;
}

static int copy_page_tags(struct peng_vm *vm, gfn_t gfn, u8 __user *tags, bool out)
{
	unsigned int hint = 0;
	const struct peng_memslot *slot = peng_memslot_find(vm, gfn, &hint);
	struct page *page;
	hva_t hva;
	int ret;

	if (!slot || (!out && slot->flags & KVM_MEM_READONLY))
		return -EFAULT;
	hva = peng_memslot_hva(slot, gfn);
	if (!range_allowed(hva, 1) ||
	    get_user_pages_unlocked(hva, 1, &page, out ? 0 : FOLL_WRITE) != 1)
		return -EFAULT;
	ret = out ? tags_to_user(tags, page) : tags_from_user(page, tags);
	put_page(page);
	if (!ret && !out)
		peng_mmu_mark_dirty(vm, gfn);
	return ret;
}

static int check_copy(const struct peng_vm *vm, const struct kvm_arm_copy_mte_tags *args)
{
	if (!peng_vm_has_feature(vm, PENG_FEATURE_MTE) || args->reserved[0] || args->reserved[1] ||
	    args->flags & ~KVM_ARM_TAGS_FROM_GUEST)
		return -EINVAL;
	if (!PAGE_ALIGNED(args->length) || !PAGE_ALIGNED(args->guest_ipa) ||
	    args->length > INT_MAX - PAGE_SIZE + 1 ||
	    args->guest_ipa + args->length < args->guest_ipa)
		return -EINVAL;
	return 0;
}

/**
 * peng_mte_copy_tags() - KVM_ARM_MTE_COPY_TAGS
 * @vm: the VM
 * @args: the ioctl's argument
 *
 * Context: task context of the VM's process; may sleep.
 * Return: bytes of guest memory whose tags were copied, or -errno where there is none:
 * -EINVAL for a VM without MTE and a malformed request, -EFAULT for what is no memory.
 */
long peng_mte_copy_tags(struct peng_vm *vm, const struct kvm_arm_copy_mte_tags *args)
{
	bool out = args->flags & KVM_ARM_TAGS_FROM_GUEST;
	u8 __user *tags = args->addr;
	u64 done = 0;
	int ret, idx;

	ret = check_copy(vm, args);
	while (!ret && done < args->length) {
		if (fatal_signal_pending(current))
			break;
		idx = srcu_read_lock(&vm->srcu);
		ret = copy_page_tags(vm, (args->guest_ipa + done) >> PAGE_SHIFT, tags, out);
		srcu_read_unlock(&vm->srcu, idx);
		if (ret)
			break;
		tags += MTE_GRANULES_PER_PAGE;
		done += PAGE_SIZE;
		cond_resched();
	}
	return done ? done : ret;
}
#else
int peng_mte_check_region(struct peng_vm *vm, hva_t hva, u64 size)
{
	return 0;
}

int peng_mte_prepare(struct peng_vm *vm, hva_t hva, struct page *page, unsigned int nr)
{
	return 0;
}
#endif
