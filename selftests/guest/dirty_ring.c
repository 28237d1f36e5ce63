// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the dirty ring that newer kernels have: how it is enabled and mapped,
 * that every page that a guest writes is in the ring of the vCPU that wrote it,
 * once for each time that it was taken out, that a full ring ends KVM_RUN until
 * there is room, and what the bitmap beside it is for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"
#include "its.h"

#define NO_RING		"no dirty ring in this kernel's API"

#define SLOT		VM_SLOT_FREE
#define PAGES		512
/* Entries of the ring, and how many of them KVM keeps free when it says full. */
#define ENTRIES		4096
#define RESERVED	64

#define RING_SIZE	(ENTRIES * sizeof(struct kvm_dirty_gfn))

/* The guest's too. */
static u64 page_size;

static int enable(int fd, u32 cap, u64 arg)
{
	struct kvm_enable_cap ec = { .cap = cap, .args = { arg } };

	return ioctl(fd, KVM_ENABLE_CAP, &ec);
}

static int ring_cap(int fd)
{
	return ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_DIRTY_LOG_RING_ACQ_REL);
}

static void *map_ring(struct vcpu *vcpu, int prot, int flags)
{
	return mmap(NULL, RING_SIZE, prot, flags, vcpu->fd,
		    KVM_DIRTY_LOG_PAGE_OFFSET * page_size);
}

FIXTURE(bare) {
	struct vm vm;
};

FIXTURE_SETUP(bare)
{
	page_size = getpagesize();
	vm_open(&self->vm, 0);
	if (ring_cap(self->vm.fd) <= 0)
		SKIP_IN_SETUP(NO_RING);
}

FIXTURE_TEARDOWN(bare)
{
	vm_destroy(&self->vm);
}

TEST_F(bare, capability)
{
	int fd = self->vm.fd, max = ring_cap(fd);

	EXPECT_EQ(65536 * sizeof(struct kvm_dirty_gfn), max);
	EXPECT_EQ(0, ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_DIRTY_LOG_RING));
	EXPECT_EQ(1, ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP));

	EXPECT_EQ(EINVAL, ERRNO(ioctl(fd, KVM_RESET_DIRTY_RINGS, 0)));
	EXPECT_EQ(EINVAL, ERRNO(enable(fd, KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP, 0)));
	EXPECT_EQ(EINVAL, ERRNO(enable(fd, KVM_CAP_DIRTY_LOG_RING, RING_SIZE)));
	EXPECT_EQ(EINVAL, ERRNO(enable(fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, 0)));
	EXPECT_EQ(EINVAL, ERRNO(enable(fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, RING_SIZE + 16)));
	EXPECT_EQ(EINVAL, ERRNO(enable(fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, 512)));
	EXPECT_EQ(EINVAL, ERRNO(enable(fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, page_size / 2)));
	EXPECT_EQ(E2BIG, ERRNO(enable(fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, 2 * max)));

	EXPECT_EQ(0, enable(fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, RING_SIZE));
	EXPECT_EQ(EINVAL, ERRNO(enable(fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, RING_SIZE)));
	EXPECT_EQ(0, ioctl(fd, KVM_RESET_DIRTY_RINGS, 0));
	/* Clients leave the argument out. */
	EXPECT_EQ(0, ioctl(fd, KVM_RESET_DIRTY_RINGS, 0x1234));
}

TEST_F(bare, too_late)
{
	int fd = self->vm.fd;

	vm_add_vcpu(&self->vm);
	EXPECT_EQ(EINVAL, ERRNO(enable(fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, RING_SIZE)));
	EXPECT_EQ(EINVAL, ERRNO(ioctl(fd, KVM_RESET_DIRTY_RINGS, 0)));
}

TEST_F(bare, bitmap_needs_no_slot_yet)
{
	int fd = self->vm.fd;

	ASSERT_EQ(0, enable(fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, RING_SIZE));
	vm_add_memory(&self->vm);
	EXPECT_EQ(EINVAL, ERRNO(enable(fd, KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP, 0)));
}

TEST_F(bare, mapping)
{
	struct vcpu *vcpu = &self->vm.vcpu[0];

	ASSERT_EQ(0, enable(self->vm.fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, RING_SIZE));
	vm_add_vcpu(&self->vm);
	EXPECT_EQ(MAP_FAILED, map_ring(vcpu, PROT_READ | PROT_WRITE, MAP_PRIVATE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, map_ring(vcpu, PROT_READ | PROT_EXEC, MAP_SHARED));
	/* Newer kernels have nothing without a name executed, and do not ask its owner. */
	EXPECT_TRUE(errno == EINVAL || errno == EPERM);
	EXPECT_NE(MAP_FAILED, map_ring(vcpu, PROT_READ | PROT_WRITE, MAP_SHARED));
}

#define MAX_RINGS	2

/**
 * struct rings - a VM with a logged slot and its rings, as a client keeps them
 * @vm: the VM
 * @ring: of each vCPU
 * @next: entry of each that is to be read next
 * @area: the logged memory, at the same address in the guest
 * @seen: how often each page of it was in a ring
 */
struct rings {
	struct vm vm;
	struct kvm_dirty_gfn *ring[MAX_RINGS];
	u32 next[MAX_RINGS];
	u8 *area;
	u32 seen[PAGES];
};

/* False where the kernel's API has no rings. */
static bool logged_vm(struct rings *r, unsigned int nr, guest_fn entry, bool bitmap, u64 size)
{
	struct vm *vm = &r->vm;
	unsigned int i;

	page_size = getpagesize();
	memset(r, 0, sizeof(*r));
	vm_open(vm, 0);
	if (ring_cap(vm->fd) <= 0)
		return false;
	CHECK_FD(enable(vm->fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, size));
	if (bitmap)
		CHECK_FD(enable(vm->fd, KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP, 0));
	vm_add_memory(vm);
	for (i = 0; i < nr; i++) {
		vm_add_vcpu(vm);
		r->ring[i] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu[i].fd,
				  KVM_DIRTY_LOG_PAGE_OFFSET * page_size);
		CHECK(r->ring[i] != MAP_FAILED, "ring: %m");
	}
	vm_add_gic(vm);
	r->area = vm_map(vm, SLOT, vm->ram + 2 * VM_RAM_SIZE, PAGES * page_size);
	CHECK_FD(vm_set_slot(vm, SLOT, KVM_MEM_LOG_DIRTY_PAGES, (u64)r->area,
			     PAGES * page_size, r->area));
	for (i = 0; i < nr; i++) {
		CHECK_FD(vcpu_init_features(&vm->vcpu[i], 0));
		vcpu_start(&vm->vcpu[i], entry, i);
	}
	return true;
}

/* What the ring of a vCPU has, told in r->seen; gives it back where @give. */
static u32 harvest(struct rings *r, unsigned int cpu, u32 entries, bool give)
{
	struct kvm_dirty_gfn *e;
	u32 n, next = r->next[cpu];

	for (n = 0; n < entries; n++, next++) {
		e = &r->ring[cpu][next % entries];
		if (__atomic_load_n(&e->flags, __ATOMIC_ACQUIRE) != KVM_DIRTY_GFN_F_DIRTY)
			break;
		CHECK(e->slot == SLOT && e->offset < PAGES, "entry %u: slot %u, page %llu", next,
		      e->slot, (unsigned long long)e->offset);
		r->seen[e->offset]++;
		if (give)
			__atomic_store_n(&e->flags, KVM_DIRTY_GFN_F_RESET, __ATOMIC_RELEASE);
	}
	if (give)
		r->next[cpu] = next;
	return n;
}

static u64 area;
static u32 first, count, step;

static void guest_writes(u64 cpu)
{
	u32 i;

	for (;;) {
		for (i = 0; i < count; i++)
			WRITE_ONCE(*(u64 *)(area + (first + cpu * PAGES / 2 + i * step) *
					    page_size), i + 1);
		guest_sync(1);
	}
}

FIXTURE(ring) {
	struct rings r;
};

FIXTURE_SETUP(ring)
{
	if (!logged_vm(&self->r, 2, guest_writes, true, RING_SIZE))
		SKIP_IN_SETUP(NO_RING);
	area = (u64)self->r.area;
	first = 0;
	count = 100;
	step = 1;
}

FIXTURE_TEARDOWN(ring)
{
	munmap(self->r.area, PAGES * page_size);
	vm_destroy(&self->r.vm);
}

/* Each of the pages that the guest has written so often, and no other. */
static void expect_pages(struct __test_metadata *_metadata, struct rings *r, u32 times)
{
	u32 i, page;

	for (i = 0; i < count; i++) {
		page = first + i * step;
		EXPECT_EQ(times, r->seen[page]);
		r->seen[page] = 0;
	}
	for (page = 0; page < PAGES; page++)
		EXPECT_EQ(0, r->seen[page]);
}

TEST_F(ring, written_pages)
{
	struct rings *r = &self->r;
	struct vm *vm = &r->vm;

	vcpu_expect_sync(&vm->vcpu[0], 1);
	EXPECT_EQ(100, harvest(r, 0, ENTRIES, true));
	EXPECT_EQ(0, harvest(r, 1, ENTRIES, true));
	expect_pages(_metadata, r, 1);

	/* Read, but not yet taken out: the pages are writable still. */
	vcpu_expect_sync(&vm->vcpu[0], 1);
	EXPECT_EQ(0, harvest(r, 0, ENTRIES, true));
	EXPECT_EQ(100, ioctl(vm->fd, KVM_RESET_DIRTY_RINGS, 0));
	EXPECT_EQ(0, ioctl(vm->fd, KVM_RESET_DIRTY_RINGS, 0));

	/* And now not. */
	vcpu_expect_sync(&vm->vcpu[0], 1);
	EXPECT_EQ(100, harvest(r, 0, ENTRIES, true));
	expect_pages(_metadata, r, 1);
	EXPECT_EQ(100, ioctl(vm->fd, KVM_RESET_DIRTY_RINGS, 0));

	/* Far from each other, and over the end of the ring many times. */
	step = 5;
	count = 51;
	for (int i = 0; i < 100; i++) {
		vcpu_expect_sync(&vm->vcpu[0], 1);
		ASSERT_EQ(count, harvest(r, 0, ENTRIES, true));
		ASSERT_EQ(count, ioctl(vm->fd, KVM_RESET_DIRTY_RINGS, 0));
	}
	expect_pages(_metadata, r, 100);
}

TEST_F(ring, each_vcpu_has_its_own)
{
	struct rings *r = &self->r;
	struct vm *vm = &r->vm;
	u32 i;

	vcpu_expect_sync(&vm->vcpu[1], 1);
	vcpu_expect_sync(&vm->vcpu[0], 1);
	EXPECT_EQ(100, harvest(r, 1, ENTRIES, true));
	for (i = 0; i < PAGES; i++)
		EXPECT_EQ(i >= PAGES / 2 && i < PAGES / 2 + 100, r->seen[i]);
	EXPECT_EQ(100, harvest(r, 0, ENTRIES, true));
	EXPECT_EQ(200, ioctl(vm->fd, KVM_RESET_DIRTY_RINGS, 0));
}

/* User space can write what it likes into the ring; only itself is confused. */
TEST_F(ring, nonsense_in_the_ring)
{
	struct rings *r = &self->r;
	struct kvm_dirty_gfn *e;
	u32 i;

	vcpu_expect_sync(&r->vm.vcpu[0], 1);
	for (i = 0; i < 100; i++) {
		e = &r->ring[0][i];
		e->slot = i % 3 ? 0xffffffff << (i % 32) : SLOT + i;
		e->offset = ~0ULL >> (i % 64);
		__atomic_store_n(&e->flags, KVM_DIRTY_GFN_F_RESET | i << 2, __ATOMIC_RELEASE);
	}
	EXPECT_EQ(100, ioctl(r->vm.fd, KVM_RESET_DIRTY_RINGS, 0));
	vcpu_expect_sync(&r->vm.vcpu[0], 1);
}

#define SMALL	256

TEST(full_ring)
{
	u32 i, n, sum = 0, exits = 0, synced = 0;
	struct rings r;
	struct vcpu *vcpu = &r.vm.vcpu[0];
	u64 size = SMALL * sizeof(struct kvm_dirty_gfn);

	if (size < (u64)getpagesize())
		SKIP(return, "pages too large for a small ring");
	if (!logged_vm(&r, 1, guest_writes, true, size))
		SKIP(return, NO_RING);
	area = (u64)r.area;
	first = 0;
	step = 1;
	count = PAGES;
	while (!synced) {
		if (vcpu_run(vcpu) == UCALL_SYNC) {
			synced = 1;
		} else {
			ASSERT_EQ(KVM_EXIT_DIRTY_RING_FULL, vcpu->run->exit_reason);
			/* It does not go on before there is room. */
			for (i = 0; i < 100; i++) {
				ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu));
				ASSERT_EQ(KVM_EXIT_DIRTY_RING_FULL, vcpu->run->exit_reason);
			}
			exits++;
		}
		n = harvest(&r, 0, SMALL, true);
		ASSERT_LE(n, SMALL);
		if (!synced)
			ASSERT_GE(n, SMALL - RESERVED);
		ASSERT_EQ(n, ioctl(r.vm.fd, KVM_RESET_DIRTY_RINGS, 0));
		sum += n;
	}
	EXPECT_GE(sum, PAGES);
	EXPECT_GE(exits, PAGES / SMALL);
	/* A page that is in the ring twice was written twice; none is missing. */
	for (i = 0; i < PAGES; i++)
		EXPECT_GE(r.seen[i], 1);
}

static bool bit(const u64 *bits, u32 nr)
{
	return bits[nr / 64] >> (nr % 64) & 1;
}

TEST(guest_writes_are_not_in_the_bitmap)
{
	struct kvm_dirty_log log = { .slot = SLOT };
	u64 bits[PAGES / 64] = {};
	struct rings r;
	u32 i;

	if (!logged_vm(&r, 1, guest_writes, true, RING_SIZE))
		SKIP(return, NO_RING);
	area = (u64)r.area;
	first = 3;
	step = 2;
	count = 100;
	log.dirty_bitmap = bits;
	vcpu_expect_sync(&r.vm.vcpu[0], 1);
	ASSERT_EQ(0, ioctl(r.vm.fd, KVM_GET_DIRTY_LOG, &log));
	for (i = 0; i < PAGES; i++)
		EXPECT_FALSE(bit(bits, i));
	EXPECT_EQ(100, harvest(&r, 0, ENTRIES, true));
	EXPECT_EQ(100, ioctl(r.vm.fd, KVM_RESET_DIRTY_RINGS, 0));
	vcpu_expect_sync(&r.vm.vcpu[0], 1);
	EXPECT_EQ(100, harvest(&r, 0, ENTRIES, true));
	expect_pages(_metadata, &r, 2);
}

static void guest_maps_an_event(u64 arg)
{
	struct its_memory *m = (void *)arg;

	gic_init();
	its_start(m);
	its_start_cpu(m, 0);
	its_mapd(m, 1, true);
	its_mapc(m, 0, 0, true);
	its_mapti(m, 1, 0, ITS_FIRST_LPI, 0);
	guest_sync(1);
}

/* User space has the ITS's tables saved: no vCPU writes them. */
TEST(kernel_writes_are_in_the_bitmap)
{
	static u64 bits[VM_RAM_SIZE / 4096 / 64];
	struct kvm_dirty_log log = { .slot = VM_SLOT_RAM };
	struct its_memory *m;
	struct rings r;
	struct vm *vm = &r.vm;
	int its;

	if (!logged_vm(&r, 1, guest_maps_an_event, true, RING_SIZE))
		SKIP(return, NO_RING);
	its = its_create(vm, GUEST_ITS_BASE);
	m = its_alloc(vm);
	vcpu_start(&vm->vcpu[0], guest_maps_an_event, (u64)m);
	vcpu_expect_sync(&vm->vcpu[0], 1);

	CHECK_FD(vm_set_slot(vm, VM_SLOT_RAM, KVM_MEM_LOG_DIRTY_PAGES, vm->ram, VM_RAM_SIZE,
			     (void *)vm->ram));
	CHECK_FD(dev_attr(its, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL,
			  KVM_DEV_ARM_ITS_SAVE_TABLES, NULL));
	EXPECT_EQ(0, r.ring[0][0].flags);
	log.dirty_bitmap = bits;
	ASSERT_EQ(0, ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log));
	EXPECT_TRUE(bit(bits, ((u64)m->device - vm->ram) / page_size));
	EXPECT_TRUE(bit(bits, ((u64)m->coll - vm->ram) / page_size));
	EXPECT_TRUE(bit(bits, ((u64)m->itt - vm->ram) / page_size));
	EXPECT_FALSE(bit(bits, ((u64)m->prop - vm->ram) / page_size));
}

#define ROUNDS	200

/* Pages of its own, again and again. */
static void guest_writes_on(u64 cpu)
{
	u32 i, round;

	for (round = 1; round <= ROUNDS; round++)
		for (i = 0; i < 32; i++)
			WRITE_ONCE(*(u64 *)(area + (cpu * 32 + i) * page_size), round);
	guest_sync(2);
}

static u32 stopped;

static void *run_until_sync(void *arg)
{
	struct vcpu *vcpu = arg;

	while (vcpu_run(vcpu) != UCALL_SYNC)
		CHECK(vcpu->run->exit_reason == KVM_EXIT_DIRTY_RING_FULL, "exit %u",
		      vcpu->run->exit_reason);
	counter_inc(stopped);
	return NULL;
}

/* Copies what the rings report, until nobody had been writing any more before. */
static void copy_until_stopped(struct rings *r, u8 *copy)
{
	u32 i, done;

	do {
		done = counter_read(stopped);
		memset(r->seen, 0, sizeof(r->seen));
		for (i = 0; i < 2; i++)
			harvest(r, i, ENTRIES, true);
		CHECK_FD(ioctl(r->vm.fd, KVM_RESET_DIRTY_RINGS, 0));
		for (i = 0; i < PAGES; i++)
			if (r->seen[i])
				memcpy(copy + i * page_size, r->area + i * page_size, page_size);
	} while (done < 2);
}

/* A migration in small, while both vCPUs go on writing: the copy is the same. */
static void migrate(struct __test_metadata *_metadata, struct rings *r)
{
	u8 *copy = calloc(PAGES, page_size);
	pthread_t thread[2];
	u32 i;

	ASSERT_NE(NULL, copy);
	area = (u64)r->area;
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, run_until_sync, &r->vm.vcpu[i]));
	copy_until_stopped(r, copy);
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(0, memcmp(copy, r->area, PAGES * page_size));
	EXPECT_EQ(ROUNDS, *(u64 *)copy);
}

TEST(nothing_is_lost)
{
	struct rings r;

	if (!logged_vm(&r, 2, guest_writes_on, true, RING_SIZE))
		SKIP(return, NO_RING);
	migrate(_metadata, &r);
}

/* No log to read, then; and the rings have it all. */
TEST(without_bitmaps)
{
	struct kvm_clear_dirty_log clear = { .slot = SLOT, .num_pages = 64 };
	struct kvm_dirty_log log = { .slot = SLOT };
	u64 bits[PAGES / 64];
	struct rings r;

	if (!logged_vm(&r, 2, guest_writes_on, false, RING_SIZE))
		SKIP(return, NO_RING);
	log.dirty_bitmap = bits;
	clear.dirty_bitmap = bits;
	EXPECT_EQ(ENXIO, ERRNO(ioctl(r.vm.fd, KVM_GET_DIRTY_LOG, &log)));
	EXPECT_EQ(ENXIO, ERRNO(ioctl(r.vm.fd, KVM_CLEAR_DIRTY_LOG, &clear)));
	if (dev_is_kvm())
		SKIP(return, "KVM maps blocks where there is no bitmap, and misses pages");
	migrate(_metadata, &r);
}

TEST_HARNESS_MAIN
