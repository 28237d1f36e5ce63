// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves KVM_SET_USER_MEMORY_REGION: alignment, overlap, slot numbers, flags,
 * what may change in a slot that exists and what may not, deletion, the limit
 * of the address space, many slots, and reuse of what was deleted.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"

#define PAGE	((u64)getpagesize())
#define MB	0x100000ULL
#define GPA	0x40000000ULL

FIXTURE(slot) {
	struct vm vm;
	char *mem;
};

FIXTURE_SETUP(slot)
{
	vm_open(&self->vm, 36);
	self->mem = mmap(NULL, 4 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->mem);
}

FIXTURE_TEARDOWN(slot)
{
	vm_destroy(&self->vm);
	munmap(self->mem, 4 * MB);
}

#define SET(slot, flags, gpa, size, hva) \
	ERRNO(vm_set_slot(&self->vm, slot, flags, gpa, size, hva))

TEST_F(slot, alignment)
{
	EXPECT_EQ(EINVAL, SET(0, 0, GPA + 1, MB, self->mem));
	EXPECT_EQ(EINVAL, SET(0, 0, GPA + PAGE / 2, MB, self->mem));
	EXPECT_EQ(EINVAL, SET(0, 0, GPA, MB + 1, self->mem));
	EXPECT_EQ(EINVAL, SET(0, 0, GPA, PAGE / 2, self->mem));
	EXPECT_EQ(EINVAL, SET(0, 0, GPA, MB, self->mem + 1));
	EXPECT_EQ(0, SET(0, 0, GPA, PAGE, self->mem));
}

TEST_F(slot, addresses)
{
	/* Wraps, ends behind the VM's 36 bits, lies behind them. */
	EXPECT_EQ(EINVAL, SET(0, 0, ~0ULL & ~(PAGE - 1), 2 * PAGE, self->mem));
	EXPECT_NE(0, SET(0, 0, (1ULL << 36) - PAGE, 2 * PAGE, self->mem));
	EXPECT_NE(0, SET(0, 0, 1ULL << 36, PAGE, self->mem));
	EXPECT_EQ(0, SET(0, 0, (1ULL << 36) - PAGE, PAGE, self->mem));
	/* User memory is user memory. */
	EXPECT_EQ(EINVAL, SET(1, 0, GPA, MB, (void *)0xffff000000000000ULL));
	EXPECT_EQ(EINVAL, SET(1, 0, GPA, MB, (void *)(0x0001000000000000ULL)));
}

TEST_F(slot, numbers)
{
	int nr = ioctl(self->vm.dev, KVM_CHECK_EXTENSION, KVM_CAP_NR_MEMSLOTS);

	EXPECT_EQ(0, SET(nr - 1, 0, GPA, MB, self->mem));
	EXPECT_EQ(EINVAL, SET(nr, 0, GPA + MB, MB, self->mem));
	EXPECT_EQ(EINVAL, SET(0xffff, 0, GPA + MB, MB, self->mem));
	/* Address spaces other than 0 do not exist. */
	EXPECT_EQ(EINVAL, SET(1U << 16, 0, GPA + MB, MB, self->mem));
}

TEST_F(slot, flags)
{
	EXPECT_EQ(EINVAL, SET(0, ~0U, GPA, MB, self->mem));
	EXPECT_EQ(EINVAL, SET(0, 1U << 31, GPA, MB, self->mem));
	EXPECT_EQ(0, SET(0, KVM_MEM_READONLY, GPA, MB, self->mem));
	EXPECT_EQ(0, SET(0, KVM_MEM_READONLY | KVM_MEM_LOG_DIRTY_PAGES, GPA, MB, self->mem));
	EXPECT_EQ(EINVAL, SET(0, KVM_MEM_LOG_DIRTY_PAGES, GPA, MB, self->mem));
	EXPECT_EQ(0, SET(1, KVM_MEM_LOG_DIRTY_PAGES, GPA + MB, MB, self->mem));
	EXPECT_EQ(0, SET(1, 0, GPA + 2 * MB, MB, self->mem)) TH_LOG("moves and loses its log");
}

TEST_F(slot, overlap)
{
	ASSERT_EQ(0, SET(0, 0, GPA + MB, MB, self->mem));
	EXPECT_EQ(EEXIST, SET(1, 0, GPA + MB, MB, self->mem));
	EXPECT_EQ(EEXIST, SET(1, 0, GPA, MB + PAGE, self->mem));
	EXPECT_EQ(EEXIST, SET(1, 0, GPA + 2 * MB - PAGE, MB, self->mem));
	EXPECT_EQ(EEXIST, SET(1, 0, GPA, 3 * MB, self->mem));
	EXPECT_EQ(EEXIST, SET(1, 0, GPA + MB + PAGE, PAGE, self->mem));
	/* Neighbours touch without overlapping. */
	EXPECT_EQ(0, SET(1, 0, GPA, MB, self->mem));
	EXPECT_EQ(0, SET(2, 0, GPA + 2 * MB, MB, self->mem));
}

TEST_F(slot, change_of_an_existing_one)
{
	ASSERT_EQ(0, SET(0, 0, GPA, MB, self->mem));
	/* The same again is no change; size, memory, read-only cannot change. */
	EXPECT_EQ(0, SET(0, 0, GPA, MB, self->mem));
	EXPECT_EQ(EINVAL, SET(0, 0, GPA, 2 * MB, self->mem));
	EXPECT_EQ(EINVAL, SET(0, 0, GPA, MB, self->mem + MB));
	EXPECT_EQ(EINVAL, SET(0, KVM_MEM_READONLY, GPA, MB, self->mem));
	EXPECT_EQ(0, SET(0, 0, GPA + MB, MB, self->mem)) TH_LOG("move");
	EXPECT_EQ(0, SET(1, 0, GPA, MB, self->mem)) TH_LOG("the old place is free");
	EXPECT_EQ(EEXIST, SET(0, 0, GPA, MB, self->mem)) TH_LOG("move onto another");
	EXPECT_EQ(0, SET(0, 0, GPA + MB + PAGE, MB, self->mem)) TH_LOG("move onto itself");
}

TEST_F(slot, deletion)
{
	EXPECT_EQ(EINVAL, SET(0, 0, GPA, 0, self->mem)) TH_LOG("was never there");
	ASSERT_EQ(0, SET(0, 0, GPA, MB, self->mem));
	EXPECT_EQ(0, SET(0, 0, GPA, 0, self->mem));
	EXPECT_EQ(EINVAL, SET(0, 0, GPA, 0, self->mem)) TH_LOG("twice");
	EXPECT_EQ(0, SET(0, KVM_MEM_READONLY, GPA, 2 * MB, self->mem));
	/* Where the slot lay does not matter, nor the rest. */
	EXPECT_EQ(0, SET(0, 0, 0, 0, NULL));
}

TEST_F(slot, many)
{
	u32 i, nr = 1000;

	for (i = 0; i < nr; i++)
		ASSERT_EQ(0, SET(i, 0, GPA + (u64)(i * 7 % nr) * MB, PAGE, self->mem));
	for (i = 0; i < nr; i += 2)
		ASSERT_EQ(0, SET(i, 0, 0, 0, NULL));
	for (i = 1; i < nr; i += 2)
		ASSERT_EQ(EEXIST, SET(nr, 0, GPA + (u64)(i * 7 % nr) * MB, PAGE, self->mem));
	for (i = 0; i < nr; i += 2)
		ASSERT_EQ(0, SET(i, 0, GPA + (u64)(i * 7 % nr) * MB, PAGE, self->mem));
}

TEST_F(slot, bad_pointer)
{
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->vm.fd, KVM_SET_USER_MEMORY_REGION, NULL)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->vm.fd, KVM_SET_USER_MEMORY_REGION, 1)));
}

/* Memory need not exist yet, nor be mapped at all, when a slot is made of it. */
TEST_F(slot, memory_comes_later)
{
	munmap(self->mem + MB, MB);
	EXPECT_EQ(0, SET(0, 0, GPA, MB, self->mem + MB));
	EXPECT_EQ(0, SET(0, 0, GPA, 0, NULL));
}

TEST_HARNESS_MAIN
