/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory tags in guests and host threads, and a program whose guests have them. For one
 * file of a test program.
 */
#ifndef SELFTESTS_LIB_MTE_H
#define SELFTESTS_LIB_MTE_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "vm.h"

#define TCF_SYNC	1UL
#define TCF_ASYNC	2UL

#define MEMTAG		".arch armv8.5-a+memtag\n"
#define MTE_IMAGE_PAGE	4096ULL
#define MTE_HWCAP2	(1UL << 18)

static inline u64 with_tag(u64 at, u64 tag)
{
	return (at & ~(0xfULL << 56)) | tag << 56;
}

static inline u64 load_tag(u64 at)
{
	asm volatile(MEMTAG "ldg %0, [%0]" : "+r" (at) : : "memory");
	return at >> 56 & 0xf;
}

static inline void store_tag(u64 at, u64 tag)
{
	asm volatile(MEMTAG "stg %0, [%1]" : : "r" (with_tag(at, tag)), "r" (at) : "memory");
}

/* A tag that the CPU makes up, of those that GCR_EL1 does not exclude. */
static inline u64 any_tag(void)
{
	u64 at = 0;

	asm volatile(MEMTAG "irg %0, %0" : "+r" (at));
	return at >> 56 & 0xf;
}

/* All normal memory can have tags, and the top byte of an address holds one. */
static inline void guest_tags_on(u64 tcf)
{
	write_sysreg(0xf004, mair_el1);
	write_sysreg(read_sysreg(tcr_el1) | 1UL << 37, tcr_el1);
	write_sysreg(read_sysreg(sctlr_el1) | 1UL << 43 | tcf << 40, sctlr_el1);
	isb();
	asm volatile("tlbi vmalle1");
	dsb(nsh);
	isb();
}

/* KVM_CAP_ARM_MTE of a VM without vCPUs; the errno. */
static inline int mte_enable(struct vm *vm)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_MTE };

	return ERRNO(ioctl(vm->fd, KVM_ENABLE_CAP, &cap));
}

/* What IRG may give this thread: one bit for each tag. False where it has none. */
static inline bool mte_start_thread(u64 tags)
{
	if (!(getauxval(AT_HWCAP2) & MTE_HWCAP2))
		return false;
	CHECK_FD(prctl(PR_SET_TAGGED_ADDR_CTRL, PR_TAGGED_ADDR_ENABLE | PR_MTE_TCF_SYNC |
		       tags << PR_MTE_TAG_SHIFT, 0, 0, 0));
	return true;
}

/*
 * The program's own pages, which are the guest's too, become anonymous memory: a
 * file's may not have tags.
 */
static inline void mte_own_image(void)
{
	extern char __executable_start[], _end[];
	u64 start = (u64)__executable_start & ~(MTE_IMAGE_PAGE - 1);
	u64 size = (((u64)_end + MTE_IMAGE_PAGE - 1) & ~(MTE_IMAGE_PAGE - 1)) - start;
	void *copy = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int mem = CHECK_FD(open("/proc/self/mem", O_RDONLY));
	u64 i;

	CHECK(copy != MAP_FAILED, "%m");
	/* Between its segments there is nothing to read. */
	for (i = 0; i < size; i += MTE_IMAGE_PAGE)
		CHECK(pread(mem, copy + i, MTE_IMAGE_PAGE, start + i) || i, "%m");
	close(mem);
	__builtin___clear_cache(copy, copy + size);
	CHECK(mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start) ==
	      (void *)start, "%m");
}

#endif
