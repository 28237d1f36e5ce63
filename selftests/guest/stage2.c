// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves what Stage-2 does with memory slots under a guest: read-only slots
 * turn stores into MMIO exits, holes are devices, slots appear, move and go
 * while the guest lives, several slots may show the same memory, and memory
 * of any backing works: small pages, huge pages, hugetlbfs, shared memfd.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "kselftest_harness.h"
#include "vm.h"

#define AREA		0x200000000ULL
#define SIZE		0x400000ULL
#define MAGIC		0x1122334455667788ULL
#define STEP		4096ULL

static u64 load(u64 at)
{
	return READ_ONCE(*(u64 *)at);
}

static void store(u64 at, u64 v)
{
	WRITE_ONCE(*(u64 *)at, v);
}

static void expect_mmio(struct __test_metadata *_metadata, struct vcpu *vcpu, u64 at, bool write)
{
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(vcpu));
	EXPECT_EQ(at, vcpu->run->mmio.phys_addr);
	EXPECT_EQ(write, vcpu->run->mmio.is_write);
}

static void guest_readonly(u64 at)
{
	GUEST_ASSERT_EQ(load(at), MAGIC);
	store(at, 1);
	GUEST_ASSERT_EQ(load(at), MAGIC);
	guest_sync(1);
	GUEST_ASSERT_EQ(load(at), MAGIC + 1);
	store(at + 8, 2);
	guest_sync(2);
	/* The slot is writable now. */
	store(at, MAGIC + 2);
	GUEST_ASSERT_EQ(load(at), MAGIC + 2);
}

TEST(readonly_slot)
{
	struct vcpu *vcpu;
	struct vm vm;
	u64 *p;

	vm_init(&vm, 1, guest_readonly);
	vcpu = &vm.vcpu[0];
	vcpu_start(vcpu, guest_readonly, AREA);
	p = vm_map(&vm, VM_SLOT_FREE, AREA, SIZE);
	ASSERT_EQ(0, vm_set_slot(&vm, VM_SLOT_FREE, 0, AREA, 0, p));
	ASSERT_EQ(0, vm_set_slot(&vm, VM_SLOT_FREE, KVM_MEM_READONLY, AREA, SIZE, p));
	*p = MAGIC;
	expect_mmio(_metadata, vcpu, AREA, true);
	EXPECT_EQ(MAGIC, *p);
	vcpu_expect_sync(vcpu, 1);
	*p = MAGIC + 1;
	expect_mmio(_metadata, vcpu, AREA + 8, true);
	vcpu_expect_sync(vcpu, 2);
	ASSERT_EQ(0, vm_set_slot(&vm, VM_SLOT_FREE, 0, AREA, 0, p));
	ASSERT_EQ(0, vm_set_slot(&vm, VM_SLOT_FREE, 0, AREA, SIZE, p));
	vcpu_finish(vcpu);
	EXPECT_EQ(MAGIC + 2, *p);
}

static void guest_comes_and_goes(u64 at)
{
	u32 i;

	for (i = 0; i < 20; i++) {
		store(at, i);
		guest_sync(i);
	}
}

TEST(slot_comes_and_goes)
{
	struct vcpu *vcpu;
	struct vm vm;
	u64 *p, i;

	vm_init(&vm, 1, guest_comes_and_goes);
	vcpu = &vm.vcpu[0];
	vcpu_start(vcpu, guest_comes_and_goes, AREA);
	p = vm_map(&vm, VM_SLOT_FREE, AREA, SIZE);
	for (i = 0; i < 20; i++) {
		if (i % 2)
			expect_mmio(_metadata, vcpu, AREA, true);
		vcpu_expect_sync(vcpu, i);
		EXPECT_EQ(i & ~1ULL, *p);
		ASSERT_EQ(0, vm_set_slot(&vm, VM_SLOT_FREE, 0, AREA, i % 2 ? SIZE : 0, p));
	}
	vcpu_finish(vcpu);
}

static void guest_moved(u64 at)
{
	store(at, 1);
	guest_sync(1);
	GUEST_ASSERT_EQ(load(at + SIZE), 1);
	store(at + SIZE, 2);
	guest_sync(2);
	store(at, 3);
}

TEST(slot_moves)
{
	struct vcpu *vcpu;
	struct vm vm;
	u64 *p;

	vm_init(&vm, 1, guest_moved);
	vcpu = &vm.vcpu[0];
	vcpu_start(vcpu, guest_moved, AREA);
	p = vm_map(&vm, VM_SLOT_FREE, AREA, SIZE);
	vcpu_expect_sync(vcpu, 1);
	ASSERT_EQ(0, vm_set_slot(&vm, VM_SLOT_FREE, 0, AREA + SIZE, SIZE, p));
	vcpu_expect_sync(vcpu, 2);
	EXPECT_EQ(2, *p);
	/* Nothing is left at the old place. */
	expect_mmio(_metadata, vcpu, AREA, true);
	EXPECT_EQ(2, *p);
}

static void guest_aliases(u64 at)
{
	u64 i;

	for (i = 0; i < SIZE; i += STEP) {
		store(at + i, i);
		GUEST_ASSERT_EQ(load(at + SIZE + i), i);
		store(at + SIZE + i, i + 1);
		GUEST_ASSERT_EQ(load(at + i), i + 1);
	}
}

TEST(two_slots_show_one_memory)
{
	struct vm vm;
	u64 *p;

	vm_init(&vm, 1, guest_aliases);
	vcpu_start(&vm.vcpu[0], guest_aliases, AREA);
	p = vm_map(&vm, VM_SLOT_FREE, AREA, SIZE);
	ASSERT_EQ(0, vm_set_slot(&vm, VM_SLOT_FREE + 1, 0, AREA + SIZE, SIZE, p));
	vcpu_finish(&vm.vcpu[0]);
}

/* Reads what the host wrote to each page and answers in place. */
static void guest_touch_all(u64 at)
{
	u64 i;

	for (i = 0; i < SIZE; i += STEP) {
		GUEST_ASSERT_EQ(load(at + i), MAGIC + i);
		store(at + i, ~i);
	}
	guest_sync(1);
	for (i = 0; i < SIZE; i += STEP)
		GUEST_ASSERT_EQ(load(at + i), MAGIC - i);
}

static void fill(u64 *p, s64 sign)
{
	u64 i;

	for (i = 0; i < SIZE; i += STEP)
		p[i / 8] = MAGIC + sign * i;
}

static void check_backing(struct __test_metadata *_metadata, void *p, u64 offset)
{
	u64 *area = p;
	struct vm vm;
	u64 i;

	vm_init(&vm, 1, guest_touch_all);
	vcpu_start(&vm.vcpu[0], guest_touch_all, AREA + offset);
	ASSERT_EQ(0, vm_set_slot(&vm, VM_SLOT_FREE, 0, AREA + offset, SIZE, p));
	fill(area, 1);
	vcpu_expect_sync(&vm.vcpu[0], 1);
	for (i = 0; i < SIZE; i += STEP)
		ASSERT_EQ(~i, area[i / 8]);
	fill(area, -1);
	vcpu_finish(&vm.vcpu[0]);
}

static void *reserve(int flags, int fd)
{
	/* Aligned to any block: the guest address decides what can be one. */
	void *p = mmap((void *)(AREA * 2), SIZE + STEP, PROT_READ | PROT_WRITE,
		       flags | MAP_FIXED_NOREPLACE, fd, 0);

	CHECK(p != MAP_FAILED, "mmap: %m");
	return p;
}

TEST(small_pages)
{
	void *p = reserve(MAP_PRIVATE | MAP_ANONYMOUS, -1);

	madvise(p, SIZE, MADV_NOHUGEPAGE);
	check_backing(_metadata, p, 0);
}

TEST(transparent_huge_pages)
{
	void *p = reserve(MAP_PRIVATE | MAP_ANONYMOUS, -1);

	ASSERT_EQ(0, madvise(p, SIZE, MADV_HUGEPAGE));
	check_backing(_metadata, p, 0);
}

/* Host and guest address differ below 2M: a block must not be used. */
TEST(transparent_huge_pages_misaligned)
{
	void *p = reserve(MAP_PRIVATE | MAP_ANONYMOUS, -1);

	ASSERT_EQ(0, madvise(p, SIZE, MADV_HUGEPAGE));
	check_backing(_metadata, p, 0x10000);
}

/* The slot begins inside of a huge page, host and guest alike. */
TEST(huge_page_cut_by_slot)
{
	struct vm vm;
	void *p = reserve(MAP_PRIVATE | MAP_ANONYMOUS, -1);

	vm_init(&vm, 1, guest_comes_and_goes);
	ASSERT_EQ(0, madvise(p, SIZE, MADV_HUGEPAGE));
	memset(p, 0, SIZE);
	ASSERT_EQ(0, vm_set_slot(&vm, VM_SLOT_FREE, 0, AREA + 0x10000, 0x10000, p + 0x10000));
	vcpu_start(&vm.vcpu[0], guest_comes_and_goes, AREA + 0x10000);
	vcpu_expect_sync(&vm.vcpu[0], 0);
	vcpu_complete(&vm.vcpu[0]);
	vcpu_start(&vm.vcpu[0], guest_comes_and_goes, AREA + 0x20000);
	expect_mmio(_metadata, &vm.vcpu[0], AREA + 0x20000, true);
	vcpu_complete(&vm.vcpu[0]);
	vcpu_start(&vm.vcpu[0], guest_comes_and_goes, AREA + 0xfff8);
	expect_mmio(_metadata, &vm.vcpu[0], AREA + 0xfff8, true);
}

TEST(shared_memfd)
{
	int fd = memfd_create("guest", MFD_CLOEXEC);

	ASSERT_EQ(0, ftruncate(fd, SIZE + STEP));
	check_backing(_metadata, reserve(MAP_SHARED, fd), 0);
}

TEST(hugetlb)
{
	FILE *f = fopen("/proc/sys/vm/nr_hugepages", "w");
	void *p;

	if (!f || fprintf(f, "4\n") < 0 || fclose(f))
		SKIP(return, "no huge pages can be reserved");
	p = mmap((void *)(AREA * 2), SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_FIXED_NOREPLACE, -1, 0);
	if (p == MAP_FAILED)
		SKIP(return, "no huge pages of 2M");
	check_backing(_metadata, p, 0);
	munmap(p, SIZE);
}

/* Memory that the process itself may only read. */
static void guest_write_protected(u64 at)
{
	GUEST_ASSERT_EQ(load(at), MAGIC);
	guest_sync(1);
	store(at, 1);
}

TEST(process_may_only_read)
{
	struct vcpu *vcpu;
	struct vm vm;
	u64 *p;

	vm_init(&vm, 1, guest_write_protected);
	vcpu = &vm.vcpu[0];
	vcpu_start(vcpu, guest_write_protected, AREA);
	p = vm_map(&vm, VM_SLOT_FREE, AREA, SIZE);
	*p = MAGIC;
	ASSERT_EQ(0, mprotect(p, SIZE, PROT_READ));
	vcpu_expect_sync(vcpu, 1);
	/* The fault is the process's, not a device's and not the guest's. */
	ASSERT_EQ(-1, ioctl(vcpu->fd, KVM_RUN, 0));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(0, mprotect(p, SIZE, PROT_READ | PROT_WRITE));
	vcpu_finish(vcpu);
	EXPECT_EQ(1, *p);
}

/* A slot whose memory is not mapped in the process at all. */
TEST(nothing_behind_the_slot)
{
	struct vcpu *vcpu;
	struct vm vm;
	u64 *p;

	vm_init(&vm, 1, guest_write_protected);
	vcpu = &vm.vcpu[0];
	vcpu_start(vcpu, guest_write_protected, AREA);
	p = vm_map(&vm, VM_SLOT_FREE, AREA, SIZE);
	ASSERT_EQ(0, munmap(p, SIZE));
	ASSERT_EQ(-1, ioctl(vcpu->fd, KVM_RUN, 0));
	EXPECT_EQ(EFAULT, errno);
}

TEST_HARNESS_MAIN
