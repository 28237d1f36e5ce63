// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves coalesced MMIO: writes to a zone come into the ring in order and cause
 * no exit; reads, writes beside the zone, and writes that find the ring full
 * do; a ring that user space has spoilt is left alone; zones come and go.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"

#define ZONE		(GUEST_MMIO_BASE + 0x100)
/* An aligned access of 8 bytes can stand with half of it outside. */
#define ZONE_SIZE	0x104
#define RING_MAX	((getpagesize() - sizeof(struct kvm_coalesced_mmio_ring)) / \
			 sizeof(struct kvm_coalesced_mmio))

static void guest_writes(u64 arg)
{
	mmio_write8(ZONE, 0x11);
	mmio_write16(ZONE + 2, 0x2222);
	mmio_write32(ZONE + 4, 0x33333333);
	mmio_write64(ZONE + ZONE_SIZE - 12, 0x4444444444444444);
	guest_sync(1);
	mmio_write32(ZONE - 4, 1);
	mmio_write32(ZONE + ZONE_SIZE, 2);
	/* The end of it is outside. */
	mmio_write64(ZONE + ZONE_SIZE - 4, 3);
	mmio_read32(ZONE);
	guest_sync(2);
}

static void guest_one_write(u64 val)
{
	for (;;)
		mmio_write32(ZONE, val++);
}

FIXTURE(coalesced) {
	struct vm vm;
	struct vcpu *v;
	struct kvm_coalesced_mmio_ring *ring;
	struct kvm_coalesced_mmio_zone zone;
};

FIXTURE_SETUP(coalesced)
{
	vm_init(&self->vm, 1, guest_writes);
	self->v = &self->vm.vcpu[0];
	self->ring = (void *)self->v->run + getpagesize() * KVM_COALESCED_MMIO_PAGE_OFFSET;
	self->zone = (struct kvm_coalesced_mmio_zone){ .addr = ZONE, .size = ZONE_SIZE };
}

FIXTURE_TEARDOWN(coalesced)
{
	vm_destroy(&self->vm);
}

static void expect_write(struct __test_metadata *_metadata, struct vcpu *v, u64 at)
{
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(v));
	EXPECT_EQ(at, v->run->mmio.phys_addr);
}

static void expect_entry(struct __test_metadata *_metadata,
			 const struct kvm_coalesced_mmio *entry, u64 at, u32 len, u64 want)
{
	u64 val = 0;

	memcpy(&val, entry->data, len);
	EXPECT_EQ(at, entry->phys_addr);
	EXPECT_EQ(len, entry->len);
	EXPECT_EQ(0, entry->pio);
	EXPECT_EQ(want, val);
}

TEST_F(coalesced, in_order_and_without_exit)
{
	const struct kvm_coalesced_mmio *entry = self->ring->coalesced_mmio;

	ASSERT_EQ(0, ioctl(self->vm.fd, KVM_REGISTER_COALESCED_MMIO, &self->zone));
	vcpu_expect_sync(self->v, 1);
	ASSERT_EQ(0, self->ring->first);
	ASSERT_EQ(4, self->ring->last);
	expect_entry(_metadata, &entry[0], ZONE, 1, 0x11);
	expect_entry(_metadata, &entry[1], ZONE + 2, 2, 0x2222);
	expect_entry(_metadata, &entry[2], ZONE + 4, 4, 0x33333333);
	expect_entry(_metadata, &entry[3], ZONE + ZONE_SIZE - 12, 8, 0x4444444444444444);
	self->ring->first = 4;
	expect_write(_metadata, self->v, ZONE - 4);
	expect_write(_metadata, self->v, ZONE + ZONE_SIZE);
	expect_write(_metadata, self->v, ZONE + ZONE_SIZE - 4);
	expect_write(_metadata, self->v, ZONE);
	EXPECT_EQ(0, self->v->run->mmio.is_write);
	vcpu_expect_sync(self->v, 2);
	EXPECT_EQ(4, self->ring->last);
}

/* KVM's ring counts as full when it is half full, from some positions. */
TEST_F(coalesced, a_full_ring_exits)
{
	const struct kvm_coalesced_mmio *entry = self->ring->coalesced_mmio;
	u32 round, val = 0;

	ASSERT_EQ(0, ioctl(self->vm.fd, KVM_REGISTER_COALESCED_MMIO, &self->zone));
	vcpu_start(self->v, guest_one_write, 0);
	for (round = 0; round < 5; round++) {
		expect_write(_metadata, self->v, ZONE);
		ASSERT_NE(self->ring->first, self->ring->last);
		while (self->ring->first != self->ring->last) {
			expect_entry(_metadata, &entry[self->ring->first], ZONE, 4, val++);
			self->ring->first = (self->ring->first + 1) % RING_MAX;
		}
		/* The write that had no room is in kvm_run, not lost. */
		ASSERT_EQ(val++, *(u32 *)self->v->run->mmio.data);
	}
	EXPECT_GE(val, 5 * RING_MAX / 2);
	EXPECT_LE(val, 5 * RING_MAX);
}

TEST_F(coalesced, a_spoilt_ring_is_left_alone)
{
	ASSERT_EQ(0, ioctl(self->vm.fd, KVM_REGISTER_COALESCED_MMIO, &self->zone));
	vcpu_start(self->v, guest_one_write, 0);
	self->ring->last = RING_MAX;
	expect_write(_metadata, self->v, ZONE);
	self->ring->last = ~0U;
	expect_write(_metadata, self->v, ZONE);
	EXPECT_EQ(~0U, self->ring->last);
}

TEST_F(coalesced, zones_come_and_go)
{
	struct kvm_coalesced_mmio_zone part = { .addr = ZONE + 8, .size = 8 };

	vcpu_start(self->v, guest_one_write, 0);
	expect_write(_metadata, self->v, ZONE);
	ASSERT_EQ(0, ioctl(self->vm.fd, KVM_REGISTER_COALESCED_MMIO, &self->zone));
	expect_write(_metadata, self->v, ZONE);
	EXPECT_NE(self->ring->first, self->ring->last);
	/* A part of a zone takes all of it away. */
	ASSERT_EQ(0, ioctl(self->vm.fd, KVM_UNREGISTER_COALESCED_MMIO, &part));
	self->ring->first = self->ring->last;
	expect_write(_metadata, self->v, ZONE);
	EXPECT_EQ(self->ring->first, self->ring->last);
	EXPECT_EQ(0, ioctl(self->vm.fd, KVM_UNREGISTER_COALESCED_MMIO, &self->zone));
}

TEST_F(coalesced, ports_are_another_space)
{
	self->zone.pio = 1;
	ASSERT_EQ(0, ioctl(self->vm.fd, KVM_REGISTER_COALESCED_MMIO, &self->zone));
	vcpu_start(self->v, guest_one_write, 0);
	expect_write(_metadata, self->v, ZONE);
	EXPECT_EQ(0, self->ring->last);
	ASSERT_EQ(0, ioctl(self->vm.fd, KVM_UNREGISTER_COALESCED_MMIO, &self->zone));
	self->zone.pio = 2;
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->vm.fd, KVM_REGISTER_COALESCED_MMIO, &self->zone)));
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->vm.fd, KVM_UNREGISTER_COALESCED_MMIO, &self->zone)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->vm.fd, KVM_REGISTER_COALESCED_MMIO, NULL)));
}

/* There is an end to it, and no harm in it. */
TEST_F(coalesced, many_zones)
{
	unsigned int i;

	for (i = 0; i < 2000; i++)
		if (ioctl(self->vm.fd, KVM_REGISTER_COALESCED_MMIO, &self->zone))
			break;
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_GT(i, 100);
	EXPECT_LE(i, 1000);
	EXPECT_EQ(0, ioctl(self->vm.fd, KVM_UNREGISTER_COALESCED_MMIO, &self->zone));
	EXPECT_EQ(0, ioctl(self->vm.fd, KVM_REGISTER_COALESCED_MMIO, &self->zone));
}

TEST_HARNESS_MAIN
