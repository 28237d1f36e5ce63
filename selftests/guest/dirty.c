// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the dirty log in its three modes: it holds the pages that the guest
 * has written since it was last taken, and no others, whatever the memory is
 * made of; a copy that follows the log alone, while several vCPUs write, is the
 * memory at the end; and each malformed request has its error and takes no mark.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "kselftest_harness.h"
#include "vm.h"

#define AREA	0x200000000ULL
#define SIZE	0x800000ULL
#define PAGE	4096ULL
#define NPAGES	(SIZE / PAGE)
#define WORDS	(NPAGES / 64)
#define LOG	KVM_MEM_LOG_DIRTY_PAGES

static u64 stop;

/* Guests count in pages of 4K, which are pages of the host or parts of one. */
static u64 page_size(void)
{
	return getpagesize();
}

static void touch(u64 page, u64 val)
{
	WRITE_ONCE(*(u64 *)(AREA + page * PAGE), val);
}

static void guest_touches(u64 arg)
{
	u64 page, sum = 0;

	for (page = 0; page < NPAGES; page++)
		touch(page, page);
	guest_sync(1);
	/* Each in a page of its own, with any page size. */
	touch(0, 1);
	touch(16, 1);
	touch(1040, 1);
	touch(NPAGES - 1, 1);
	guest_sync(2);
	for (page = 0; page < NPAGES; page++)
		sum += READ_ONCE(*(u64 *)(AREA + page * PAGE));
	guest_sync(3);
	touch(16, sum);
	guest_sync(4);
	touch(32, 2);
	guest_sync(5);
	for (page = 0; page < NPAGES; page++)
		touch(page, ~page);
	guest_sync(6);
}

FIXTURE(dirty) {
	struct vm vm;
	struct vcpu *v;
	u64 *mem;
	u64 log[WORDS];
};

FIXTURE_VARIANT(dirty) {
	u64 manual;
	int advice;
};

FIXTURE_VARIANT_ADD(dirty, taken_by_get) { 0, MADV_NOHUGEPAGE };
FIXTURE_VARIANT_ADD(dirty, taken_by_get_blocks) { 0, MADV_HUGEPAGE };
FIXTURE_VARIANT_ADD(dirty, manual) { 1, MADV_HUGEPAGE };
FIXTURE_VARIANT_ADD(dirty, manual_initially_set) { 3, MADV_HUGEPAGE };

static int set_manual(struct vm *vm, u64 flags)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, .args[0] = flags,
	};

	return ERRNO(ioctl(vm->fd, KVM_ENABLE_CAP, &cap));
}

FIXTURE_SETUP(dirty)
{
	stop = 0;
	vm_init(&self->vm, 2, guest_touches);
	self->v = &self->vm.vcpu[0];
	self->mem = vm_map(&self->vm, VM_SLOT_FREE, AREA, SIZE);
	madvise(self->mem, SIZE, variant->advice);
	CHECK(set_manual(&self->vm, variant->manual) == 0, "%m");
}

FIXTURE_TEARDOWN(dirty)
{
	vm_destroy(&self->vm);
	munmap(self->mem, SIZE);
}

static int set_log(struct vm *vm, u32 flags)
{
	return ERRNO(vm_set_slot(vm, VM_SLOT_FREE, flags, AREA, SIZE, (void *)AREA));
}

static int get_log(struct vm *vm, u32 slot, void *to)
{
	struct kvm_dirty_log args = { .slot = slot, .dirty_bitmap = to };

	return ERRNO(ioctl(vm->fd, KVM_GET_DIRTY_LOG, &args));
}

static int clear_log(struct vm *vm, u32 slot, u64 first, u32 nr, void *from)
{
	struct kvm_clear_dirty_log args = {
		.slot = slot, .first_page = first, .num_pages = nr, .dirty_bitmap = from,
	};

	return ERRNO(ioctl(vm->fd, KVM_CLEAR_DIRTY_LOG, &args));
}

static u64 host_pages(void)
{
	return SIZE / page_size();
}

/* What was written since the last time, by the way of the mode. */
static void take(struct vm *vm, u64 manual, u64 *log)
{
	memset(log, 0, WORDS * 8);
	CHECK(get_log(vm, VM_SLOT_FREE, log) == 0, "%m");
	if (manual)
		CHECK(clear_log(vm, VM_SLOT_FREE, 0, host_pages(), log) == 0, "%m");
}

static bool marked(const u64 *log, u64 guest_page)
{
	u64 nr = guest_page * PAGE / page_size();

	return log[nr / 64] >> nr % 64 & 1;
}

static unsigned int count(const u64 *log)
{
	unsigned int i, nr = 0;

	for (i = 0; i < WORDS; i++)
		nr += __builtin_popcountll(log[i]);
	return nr;
}

#define TAKE()	take(&self->vm, variant->manual, self->log)

TEST_F(dirty, holds_what_was_written)
{
	vcpu_expect_sync(self->v, 1);
	ASSERT_EQ(0, set_log(&self->vm, LOG));
	TAKE();
	EXPECT_EQ(variant->manual & 2 ? host_pages() : 0, count(self->log));

	vcpu_expect_sync(self->v, 2);
	TAKE();
	EXPECT_TRUE(marked(self->log, 0));
	EXPECT_TRUE(marked(self->log, 16));
	EXPECT_TRUE(marked(self->log, 1040));
	EXPECT_TRUE(marked(self->log, NPAGES - 1));
	EXPECT_EQ(4, count(self->log));

	vcpu_expect_sync(self->v, 3);
	TAKE();
	EXPECT_EQ(0, count(self->log)) TH_LOG("reading is not writing");

	vcpu_expect_sync(self->v, 4);
	TAKE();
	EXPECT_TRUE(marked(self->log, 16)) TH_LOG("the same page once more");
	EXPECT_EQ(1, count(self->log));

	/* The log ends and begins anew. */
	ASSERT_EQ(0, set_log(&self->vm, 0));
	EXPECT_EQ(ENOENT, get_log(&self->vm, VM_SLOT_FREE, self->log));
	vcpu_expect_sync(self->v, 5);
	ASSERT_EQ(0, set_log(&self->vm, LOG));
	TAKE();
	EXPECT_EQ(variant->manual & 2 ? host_pages() : 0, count(self->log));
	vcpu_expect_sync(self->v, 6);
	TAKE();
	EXPECT_EQ(host_pages(), count(self->log));
}

/* Nothing is mapped when the log starts, and pages go and come meanwhile. */
TEST_F(dirty, from_the_beginning)
{
	ASSERT_EQ(0, set_log(&self->vm, LOG));
	if (variant->manual & 2)
		TAKE();
	vcpu_expect_sync(self->v, 1);
	TAKE();
	EXPECT_EQ(host_pages(), count(self->log));
	madvise(self->mem, SIZE, MADV_DONTNEED);
	vcpu_expect_sync(self->v, 2);
	TAKE();
	EXPECT_EQ(4, count(self->log));
}

TEST_F(dirty, manual_marks_stay)
{
	u64 one[WORDS] = { 1 };

	if (!variant->manual)
		SKIP(return, "KVM_GET_DIRTY_LOG takes them");
	ASSERT_EQ(0, set_log(&self->vm, LOG));
	TAKE();
	vcpu_expect_sync(self->v, 1);
	ASSERT_EQ(0, get_log(&self->vm, VM_SLOT_FREE, self->log));
	ASSERT_EQ(0, get_log(&self->vm, VM_SLOT_FREE, self->log));
	EXPECT_EQ(host_pages(), count(self->log));
	ASSERT_EQ(0, clear_log(&self->vm, VM_SLOT_FREE, 64, 64, one));
	ASSERT_EQ(0, get_log(&self->vm, VM_SLOT_FREE, self->log));
	EXPECT_EQ(host_pages() - 1, count(self->log));
	EXPECT_EQ(~1ULL, self->log[1]);
}

TEST_F(dirty, errors)
{
	u64 far = host_pages();

	EXPECT_EQ(ENOENT, get_log(&self->vm, VM_SLOT_FREE, self->log));
	EXPECT_EQ(ENOENT, clear_log(&self->vm, VM_SLOT_FREE, 0, 64, self->log));
	EXPECT_EQ(ENOENT, get_log(&self->vm, 100, self->log));
	EXPECT_EQ(EINVAL, get_log(&self->vm, 32767, self->log));
	EXPECT_EQ(EINVAL, get_log(&self->vm, 1 << 16, self->log));
	ASSERT_EQ(0, set_log(&self->vm, LOG));
	TAKE();
	vcpu_expect_sync(self->v, 1);
	EXPECT_EQ(EFAULT, get_log(&self->vm, VM_SLOT_FREE, NULL));
	EXPECT_EQ(EFAULT, clear_log(&self->vm, VM_SLOT_FREE, 0, 64, NULL));
	EXPECT_EQ(EINVAL, clear_log(&self->vm, VM_SLOT_FREE, 1, 64, self->log));
	EXPECT_EQ(EINVAL, clear_log(&self->vm, VM_SLOT_FREE, 0, 63, self->log));
	EXPECT_EQ(EINVAL, clear_log(&self->vm, VM_SLOT_FREE, 0, far + 64, self->log));
	EXPECT_EQ(EINVAL, clear_log(&self->vm, VM_SLOT_FREE, far + 64, 0, self->log));
	EXPECT_EQ(EINVAL, clear_log(&self->vm, VM_SLOT_FREE, ~63ULL, 64, self->log));
	EXPECT_EQ(EINVAL, clear_log(&self->vm, 1 << 16, 0, 64, self->log));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->vm.fd, KVM_GET_DIRTY_LOG, NULL)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->vm.fd, KVM_CLEAR_DIRTY_LOG, NULL)));
	/* KVM takes the marks before it finds that it cannot say so. */
	if (!dev_is_kvm()) {
		TAKE();
		EXPECT_EQ(host_pages(), count(self->log));
	}
}

TEST_F(dirty, modes)
{
	EXPECT_EQ(EINVAL, set_manual(&self->vm, 2));
	EXPECT_EQ(EINVAL, set_manual(&self->vm, 4));
	EXPECT_EQ(EINVAL, set_manual(&self->vm, 7));
	EXPECT_EQ(3, ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2));
	EXPECT_EQ(0, set_log(&self->vm, LOG));
	EXPECT_EQ(0, set_log(&self->vm, LOG)) TH_LOG("no change");
	EXPECT_EQ(EINVAL, set_log(&self->vm, LOG | KVM_MEM_READONLY));
	EXPECT_EQ(EINVAL, set_log(&self->vm, LOG << 2));
}

/* A slot that moves takes its marks along. */
TEST_F(dirty, moved_slot)
{
	ASSERT_EQ(0, set_log(&self->vm, LOG));
	TAKE();
	vcpu_expect_sync(self->v, 1);
	ASSERT_EQ(0, vm_set_slot(&self->vm, VM_SLOT_FREE, LOG, AREA + SIZE, SIZE, self->mem));
	TAKE();
	EXPECT_EQ(host_pages(), count(self->log));
}

/* The stress: guests write here and there, as fast as they can. */
static void guest_scribbles(u64 cpu)
{
	u64 seed = 0x9e3779b97f4a7c15ULL * (cpu + 1), n = 0;

	while (!counter_read(stop)) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		WRITE_ONCE(*(u64 *)(AREA + seed % NPAGES * PAGE + 8 * (cpu + 2)), ++n);
	}
}

static void follow(u64 *copy, const u64 *log)
{
	u64 size = page_size(), nr;

	for (nr = 0; nr < SIZE / size; nr++)
		if (log[nr / 64] >> nr % 64 & 1)
			memcpy((char *)copy + nr * size, (char *)AREA + nr * size, size);
}

TEST_F(dirty, copy_follows_the_log)
{
	u64 *copy = malloc(SIZE);
	unsigned int i;
	u64 page;

	for (i = 0; i < 2; i++) {
		vcpu_start(&self->vm.vcpu[i], guest_scribbles, i);
		vcpu_spawn(&self->vm.vcpu[i]);
	}
	usleep(100000);
	ASSERT_EQ(0, set_log(&self->vm, LOG));
	memcpy(copy, self->mem, SIZE);
	for (i = 0; i < 60; i++) {
		TAKE();
		follow(copy, self->log);
		/* In between a log that ends, whose marks are not known any more. */
		if (i != 30)
			continue;
		ASSERT_EQ(0, set_log(&self->vm, 0));
		ASSERT_EQ(0, set_log(&self->vm, LOG));
		memcpy(copy, self->mem, SIZE);
	}
	counter_set(stop, 1);
	for (i = 0; i < 2; i++)
		vcpu_join(&self->vm.vcpu[i]);
	TAKE();
	follow(copy, self->log);
	for (page = 0; page < NPAGES; page++)
		ASSERT_EQ(0, memcmp((char *)copy + page * PAGE, (char *)AREA + page * PAGE, PAGE))
			TH_LOG("page %lu", page);
	free(copy);
}

TEST_HARNESS_MAIN
