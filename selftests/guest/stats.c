// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves KVM_GET_STATS_FD: the file's header, id, descriptors and data agree
 * with each other for a VM and a vCPU, single counters can be read, counters
 * count what the guest does, and the file outlives all other descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"

#define PSCI_VERSION_FN	0x84000000
#define TIMES		20

static void guest_exits(u64 arg)
{
	unsigned int i;

	for (i = 0; i < TIMES; i++) {
		guest_hvc(PSCI_VERSION_FN, 0, 0, 0);
		mmio_read32(GUEST_MMIO_BASE);
		mmio_read32(GUEST_GICD_BASE);
	}
}

static bool answer(struct vcpu *v)
{
	return v->run->mmio.phys_addr == GUEST_MMIO_BASE;
}

struct stats {
	int fd;
	struct kvm_stats_header header;
};

FIXTURE(stats) {
	struct vm vm;
	struct vcpu *v;
	struct stats of_vm, of_vcpu;
};

static struct stats open_stats(int of)
{
	struct stats s = { .fd = CHECK_FD(ioctl(of, KVM_GET_STATS_FD, NULL)) };

	CHECK(read(s.fd, &s.header, sizeof(s.header)) == sizeof(s.header), "%m");
	return s;
}

FIXTURE_SETUP(stats)
{
	vm_init(&self->vm, 1, guest_exits);
	self->v = &self->vm.vcpu[0];
	self->vm.mmio = answer;
	self->of_vm = open_stats(self->vm.fd);
	self->of_vcpu = open_stats(self->v->fd);
}

FIXTURE_TEARDOWN(stats)
{
	close(self->of_vm.fd);
	close(self->of_vcpu.fd);
	vm_destroy(&self->vm);
}

static size_t desc_size(const struct stats *s)
{
	return sizeof(struct kvm_stats_desc) + s->header.name_size;
}

static struct kvm_stats_desc *get_desc(const struct stats *s, u32 i)
{
	struct kvm_stats_desc *desc = malloc(desc_size(s));
	size_t at = s->header.desc_offset + i * desc_size(s);

	CHECK(pread(s->fd, desc, desc_size(s), at) == desc_size(s), "%m");
	return desc;
}

static u64 get_value(const struct stats *s, const char *name)
{
	u64 value = ~0ULL;
	u32 i;

	for (i = 0; i < s->header.num_desc; i++) {
		struct kvm_stats_desc *desc = get_desc(s, i);

		if (!strcmp(desc->name, name))
			CHECK(pread(s->fd, &value, 8, s->header.data_offset + desc->offset) == 8,
			      "%m");
		free(desc);
	}
	return value;
}

static void check_layout(struct __test_metadata *_metadata, const struct stats *s)
{
	const struct kvm_stats_header *h = &s->header;
	struct kvm_stats_desc *desc;
	char id[256] = "";
	u64 byte;
	u32 i;

	EXPECT_EQ(0, h->flags);
	ASSERT_GE(sizeof(id), h->name_size);
	ASSERT_LT(0, h->num_desc);
	EXPECT_LE(sizeof(*h), h->id_offset);
	EXPECT_LE(h->id_offset + h->name_size, h->desc_offset);
	EXPECT_LE(h->desc_offset + h->num_desc * desc_size(s), h->data_offset);
	EXPECT_EQ(0, h->data_offset % 8);
	ASSERT_EQ(h->name_size, pread(s->fd, id, h->name_size, h->id_offset));
	EXPECT_NE(0, strnlen(id, h->name_size));
	EXPECT_GT(h->name_size, strnlen(id, h->name_size));
	for (i = 0; i < h->num_desc; i++) {
		desc = get_desc(s, i);
		EXPECT_GT(h->name_size, strnlen(desc->name, h->name_size));
		EXPECT_GE(KVM_STATS_TYPE_MAX, desc->flags & KVM_STATS_TYPE_MASK);
		EXPECT_GE(KVM_STATS_UNIT_MAX, desc->flags & KVM_STATS_UNIT_MASK);
		EXPECT_GE(KVM_STATS_BASE_MAX, desc->flags & KVM_STATS_BASE_MASK);
		EXPECT_LT(0, desc->size);
		EXPECT_EQ(8, pread(s->fd, &byte, 8, h->data_offset + desc->offset));
		free(desc);
	}
	EXPECT_EQ(0, pread(s->fd, &byte, 8, 1 << 20));
}

TEST_F(stats, layout)
{
	void *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check_layout(_metadata, &self->of_vm);
	check_layout(_metadata, &self->of_vcpu);
	EXPECT_EQ(1, ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_BINARY_STATS_FD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->of_vm.fd, F_GETFD) & FD_CLOEXEC);
	EXPECT_EQ(EBADF, ERRNO(write(self->of_vm.fd, "x", 1)));
	EXPECT_EQ(EFAULT, ERRNO(pread(self->of_vm.fd, nowhere, 8, 0)));
}

TEST_F(stats, counters_count)
{
	static const char * const names[] = {
		"exits", "hvc_exit_stat", "mmio_exit_user", "mmio_exit_kernel",
		"wfi_exit_stat", "wfe_exit_stat", "signal_exits", "halt_wakeup",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		EXPECT_EQ(0, get_value(&self->of_vcpu, names[i])) TH_LOG("counter %u", i);
	vcpu_finish(self->v);
	EXPECT_LE(TIMES, get_value(&self->of_vcpu, "hvc_exit_stat"));
	EXPECT_LE(TIMES, get_value(&self->of_vcpu, "mmio_exit_user"));
	EXPECT_LE(TIMES, get_value(&self->of_vcpu, "mmio_exit_kernel"));
	EXPECT_LE(3 * TIMES, get_value(&self->of_vcpu, "exits"));
	EXPECT_NE(~0ULL, get_value(&self->of_vm, "remote_tlb_flush"));
}

TEST_F(stats, file_outlives_the_rest)
{
	int fd = dup(self->of_vcpu.fd);
	u64 value;

	vcpu_finish(self->v);
	vm_destroy(&self->vm);
	EXPECT_EQ(8, pread(fd, &value, 8, self->of_vcpu.header.data_offset));
	vm_open(&self->vm, 0);
	close(fd);
}

TEST_HARNESS_MAIN
