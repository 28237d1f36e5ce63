// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that guests have memory tags where they were given them, and only there:
 * tags start as 0, are checked, follow pages through swap, and can be copied by user
 * space; the registers are each vCPU's own, whatever tags a host task uses meanwhile;
 * and without the capability nothing of it is to be seen.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "kselftest_harness.h"
#include "swap.h"
#include "vm.h"
#include "mte.h"

#define AREA		0x200000000ULL
#define PAGES		16
#define PAGE		4096ULL
#define GRANULE		16ULL
#define TAGS		(PAGE / GRANULE)

#define RGSR_EL1	ARM64_SYS_REG(3, 0, 1, 0, 5)
#define GCR_EL1		ARM64_SYS_REG(3, 0, 1, 0, 6)
#define TFSR_EL1	ARM64_SYS_REG(3, 0, 5, 6, 0)
#define TFSRE0_EL1	ARM64_SYS_REG(3, 0, 5, 6, 1)
#define PFR1_MTE(pfr1)	((pfr1) >> 8 & 0xf)

#define FSC_TAG_CHECK	0x11

FIXTURE(mte) {
	struct vm vm;
	struct vcpu *v;
};

FIXTURE_SETUP(mte)
{
	int i;

	vm_open(&self->vm, 0);
	if (ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_ARM_MTE) != 1)
		SKIP_IN_SETUP("the host has no memory tags");
	ASSERT_EQ(0, mte_enable(&self->vm));
	mte_own_image();
	vm_add_memory(&self->vm);
	for (i = 0; i < 2; i++) {
		vm_add_vcpu(&self->vm);
		ASSERT_EQ(0, vcpu_init_features(&self->vm.vcpu[i], 0));
	}
	vm_add_gic(&self->vm);
	self->v = &self->vm.vcpu[0];
	vm_map(&self->vm, VM_SLOT_FREE, AREA, PAGES * PAGE);
}

FIXTURE_TEARDOWN(mte)
{
	vm_destroy(&self->vm);
}

/* KVM 6.1 has no handler for those of tags. */
static bool set_way;

static void guest_checked(u64 at)
{
	u64 esr, i;

	GUEST_ASSERT(PFR1_MTE(read_sysreg(id_aa64pfr1_el1)) >= 2);
	guest_tags_on(TCF_SYNC);
	for (i = 0; i < PAGES * PAGE; i += GRANULE)
		GUEST_ASSERT_EQ(load_tag(at + i), 0);
	store_tag(at, 5);
	store_tag(at + GRANULE, 6);
	GUEST_ASSERT_EQ(load_tag(at), 5);
	GUEST_ASSERT_EQ(load_tag(at + GRANULE), 6);
	WRITE_ONCE(*(u64 *)with_tag(at, 5), 55);
	GUEST_ASSERT_EQ(READ_ONCE(*(u64 *)with_tag(at, 5)), 55);
	esr = GUEST_CATCH(READ_ONCE(*(u64 *)with_tag(at + GRANULE, 5)));
	GUEST_ASSERT_EQ(ESR_EC(esr), ESR_EC_DABT_CUR);
	GUEST_ASSERT_EQ(ESR_FSC(esr), FSC_TAG_CHECK);
	GUEST_ASSERT_EQ(guest_self()->far & ~(0xffULL << 56), at + GRANULE);
	/* Data cache operations by set and way concern tags, too. */
	if (set_way)
		asm volatile("sys #0, c7, c14, #6, xzr");	/* DC CIGDSW */
	GUEST_ASSERT_EQ(load_tag(at), 5);
	GUEST_ASSERT(read_sysreg(s3_1_c0_c0_4) <= 6);	/* GMID_EL1 */
}

TEST_F(mte, checked)
{
	set_way = !dev_is_kvm();
	vcpu_start(self->v, guest_checked, AREA);
	vcpu_finish(self->v);
}

static u64 tag_of_page(u64 page)
{
	return 1 + page % 15;
}

static void guest_keeps_tags(u64 at)
{
	u64 round, page, i;

	guest_tags_on(TCF_SYNC);
	for (page = 0; page < PAGES; page++)
		for (i = 0; i < PAGE; i += GRANULE)
			store_tag(at + page * PAGE + i, tag_of_page(page + i / GRANULE));
	for (round = 1; round <= 3; round++) {
		guest_sync(round);
		for (page = 0; page < PAGES; page++)
			for (i = 0; i < PAGE; i += GRANULE)
				GUEST_ASSERT_EQ(load_tag(at + page * PAGE + i),
						tag_of_page(page + i / GRANULE));
	}
}

TEST_F(mte, kept_through_swap)
{
	u64 before;
	int round;

	if (!host_have_swap())
		SKIP(return, "no swap and no zram");
	vcpu_start(self->v, guest_keeps_tags, AREA);
	for (round = 1; round <= 3; round++) {
		vcpu_expect_sync(self->v, round);
		before = host_swapped_out();
		host_page_out((void *)AREA, PAGES * PAGE);
		host_page_out((void *)AREA, PAGES * PAGE);
		ASSERT_GT(host_swapped_out(), before);
	}
	vcpu_finish(self->v);
}

static long copy(struct vm *vm, u64 gpa, u64 size, void *tags, u64 flags)
{
	struct kvm_arm_copy_mte_tags args = {
		.guest_ipa = gpa, .length = size, .addr = tags, .flags = flags,
	};

	return ioctl(vm->fd, KVM_ARM_MTE_COPY_TAGS, &args);
}

static void guest_exchanges_tags(u64 at)
{
	u64 i;

	guest_tags_on(TCF_SYNC);
	for (i = 0; i < TAGS; i++)
		GUEST_ASSERT_EQ(load_tag(at + i * GRANULE), i * 7 & 0xf);
	for (i = 0; i < TAGS; i++)
		store_tag(at + PAGE + i * GRANULE, i * 3 & 0xf);
}

TEST_F(mte, copied_by_user_space)
{
	u8 tags[2 * TAGS];
	u64 i;

	for (i = 0; i < TAGS; i++)
		tags[i] = i * 7 & 0xf;
	EXPECT_EQ(PAGE, copy(&self->vm, AREA, PAGE, tags, KVM_ARM_TAGS_TO_GUEST));
	vcpu_start(self->v, guest_exchanges_tags, AREA);
	vcpu_finish(self->v);
	memset(tags, 0xff, sizeof(tags));
	EXPECT_EQ(2 * PAGE, copy(&self->vm, AREA, 2 * PAGE, tags, KVM_ARM_TAGS_FROM_GUEST));
	for (i = 0; i < TAGS; i++) {
		EXPECT_EQ(i * 7 & 0xf, tags[i]);
		EXPECT_EQ(i * 3 & 0xf, tags[TAGS + i]);
	}
	/* Of a page that nobody has used there are none. */
	memset(tags, 0xff, sizeof(tags));
	EXPECT_EQ(PAGE, copy(&self->vm, AREA + 5 * PAGE, PAGE, tags, KVM_ARM_TAGS_FROM_GUEST));
	for (i = 0; i < TAGS; i++)
		EXPECT_EQ(0, tags[i]);
	EXPECT_EQ(0, copy(&self->vm, AREA, 0, tags, KVM_ARM_TAGS_FROM_GUEST));
	/* As far as there is memory. */
	EXPECT_EQ(PAGE, copy(&self->vm, AREA + (PAGES - 1) * PAGE, 2 * PAGE, tags, 1));
}

TEST_F(mte, copy_errors)
{
	struct kvm_arm_copy_mte_tags args = { .guest_ipa = AREA, .length = PAGE };
	u8 tags[TAGS];

	EXPECT_EQ(EINVAL, ERRNO(copy(&self->vm, AREA, PAGE, tags, 2)));
	EXPECT_EQ(EINVAL, ERRNO(copy(&self->vm, AREA + 16, PAGE, tags, 0)));
	EXPECT_EQ(EINVAL, ERRNO(copy(&self->vm, AREA, PAGE - 16, tags, 0)));
	EXPECT_NE(0, ERRNO(copy(&self->vm, -PAGE, 2 * PAGE, tags, 0)));
	EXPECT_EQ(EFAULT, ERRNO(copy(&self->vm, AREA + PAGES * PAGE, PAGE, tags, 0)));
	EXPECT_EQ(EFAULT, ERRNO(copy(&self->vm, AREA, PAGE, NULL, 0)));
	EXPECT_EQ(EFAULT, ERRNO(copy(&self->vm, AREA, PAGE, (void *)16, 1)));
	args.addr = tags;
	args.reserved[1] = 1;
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->vm.fd, KVM_ARM_MTE_COPY_TAGS, &args)));
}

TEST_F(mte, enabled_in_time)
{
	EXPECT_EQ(EINVAL, mte_enable(&self->vm));
}

/* Kernels that cannot tell whose turn it is to clear a page's tags share none. */
TEST_F(mte, not_of_shared_memory)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int error;

	ASSERT_NE(MAP_FAILED, p);
	error = ERRNO(vm_set_slot(&self->vm, VM_SLOT_FREE + 1, 0, 2 * AREA, PAGE, p));
	munmap(p, PAGE);
	if (!error)
		SKIP(return, "this kernel can tell");
	EXPECT_EQ(EINVAL, error);
}

#define ROUNDS	300

static u32 done;

/* A set of tags for each CPU, and random bits of its own; nobody else's come through. */
static void guest_own_registers(u64 cpu)
{
	u64 include = cpu ? 0x00f0 : 0x0f00, round;

	guest_tags_on(TCF_ASYNC);
	write_sysreg(~include & 0xffff, s3_0_c1_c0_6);	/* GCR_EL1 */
	write_sysreg(cpu, s3_0_c5_c6_1);		/* TFSRE0_EL1 */
	write_sysreg(2 * cpu, s3_0_c5_c6_0);		/* TFSR_EL1 */
	isb();
	for (round = 0; round < ROUNDS; round++) {
		GUEST_ASSERT(include >> any_tag() & 1);
		if (round % 8 == 0)
			guest_sync(round);
		GUEST_ASSERT_EQ(read_sysreg(s3_0_c1_c0_6), ~include & 0xffff);
		GUEST_ASSERT_EQ(read_sysreg(s3_0_c5_c6_1), cpu);
		GUEST_ASSERT_EQ(read_sysreg(s3_0_c5_c6_0), 2 * cpu);
	}
	counter_inc(done);
}

TEST_F(mte, registers_are_ones_own)
{
	u64 tag, n = 0;
	int i;

	if (!mte_start_thread(0x6))
		SKIP(return, "programs of the host have no memory tags");
	for (i = 0; i < 2; i++) {
		vcpu_start(&self->vm.vcpu[i], guest_own_registers, i);
		vcpu_spawn(&self->vm.vcpu[i]);
	}
	while (counter_read(done) < 2) {
		tag = any_tag();
		ASSERT_TRUE(tag == 1 || tag == 2) TH_LOG("tag %lu after %lu", tag, n);
		n++;
	}
	for (i = 0; i < 2; i++)
		vcpu_join(&self->vm.vcpu[i]);
}

static void guest_async(u64 at)
{
	guest_tags_on(TCF_ASYNC);
	write_sysreg(0, s3_0_c5_c6_0);
	store_tag(at, 3);
	GUEST_ASSERT_EQ(READ_ONCE(*(u64 *)with_tag(at, 4)), 0);
	dsb(ish);
	isb();
	guest_sync(1);
	GUEST_ASSERT_EQ(read_sysreg(s3_0_c5_c6_0), 1);
	GUEST_ASSERT_EQ(read_sysreg(s3_0_c1_c0_5), 0x1234a);
}

/* What the guest's CPU collects is user space's to read, and to set. */
TEST_F(mte, registers_by_ioctl)
{
	vcpu_start(self->v, guest_async, AREA);
	vcpu_expect_sync(self->v, 1);
	EXPECT_EQ(1, vcpu_get64(self->v, TFSR_EL1));
	vcpu_set64(self->v, RGSR_EL1, 0x1234a);
	EXPECT_EQ(0x1234a, vcpu_get64(self->v, RGSR_EL1));
	vcpu_set64(self->v, GCR_EL1, 0xfffe);
	EXPECT_EQ(0xfffe, vcpu_get64(self->v, GCR_EL1));
	vcpu_set64(self->v, TFSRE0_EL1, 2);
	EXPECT_EQ(2, vcpu_get64(self->v, TFSRE0_EL1));
	vcpu_finish(self->v);
}

#define EXPECT_UNDEF(insn)	GUEST_EXPECT_UNDEF(asm volatile(insn : : : "x0", "memory"))

static void guest_has_none(u64 at)
{
	GUEST_ASSERT_EQ(PFR1_MTE(read_sysreg(id_aa64pfr1_el1)), 0);
	EXPECT_UNDEF("mrs x0, s3_0_c1_c0_5");
	EXPECT_UNDEF("mrs x0, s3_0_c1_c0_6");
	EXPECT_UNDEF("msr s3_0_c5_c6_0, xzr");
	EXPECT_UNDEF("mrs x0, s3_0_c5_c6_1");
}

TEST(nothing_without_the_capability)
{
	u8 tags[TAGS];
	struct vm vm;
	u64 value;

	vm_init(&vm, 1, guest_has_none);
	EXPECT_EQ(ENOENT, ERRNO(vcpu_get(&vm.vcpu[0], GCR_EL1, &value)));
	EXPECT_EQ(EINVAL, ERRNO(copy(&vm, vm.ram, PAGE, tags, KVM_ARM_TAGS_FROM_GUEST)));
	vcpu_finish(&vm.vcpu[0]);
}

TEST_HARNESS_MAIN
