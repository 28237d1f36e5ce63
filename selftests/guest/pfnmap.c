// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a device's region in a memory slot is the guest's without an exit: what one
 * side writes the other reads; it is of a device's type and is not executed, in large
 * blocks; and goes when the process, or the device, lets go of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include "kselftest_harness.h"
#include "nl.h"
#include "vfio.h"
#include "vm.h"

#define AREA	0x200000000ULL
#define SIZE	VFIO_REGION_SIZE
#define STEP	0x1000
#define MAGIC	0x1122334455667788ULL

#define EC_IABT		0x21
#define EC_DABT		0x25
#define FSC_ALIGNMENT	0x21
#define FSC_EXTERNAL	0x10
#define FSC_LEVEL2	0x06	/* nothing is mapped */

FIXTURE(pfnmap) {
	struct vfio vfio;
	struct vm vm;
	struct vcpu *vcpu;
	volatile u64 *region;
};

static bool may_be_uncached;

/* From 6.9 on the device's driver lets the guest choose what it is, if not its caches. */
static void ask_kernel(void)
{
	unsigned int major, minor;
	struct utsname name;

	uname(&name);
	CHECK(sscanf(name.release, "%u.%u", &major, &minor) == 2, "%s", name.release);
	may_be_uncached = major > 6 || (major == 6 && minor >= 9);
}

FIXTURE_SETUP(pfnmap)
{
	if (!vfio_open(&self->vfio))
		SKIP_IN_SETUP("no device to pass through");
	self->vcpu = &self->vm.vcpu[0];
	ask_kernel();
}

FIXTURE_TEARDOWN(pfnmap)
{
	vm_destroy(&self->vm);
	munmap((void *)AREA, SIZE);
	vfio_close(&self->vfio);
}

static void start(FIXTURE_DATA(pfnmap) *self, guest_fn fn, int prot, u32 flags)
{
	vm_init(&self->vm, 1, fn);
	self->region = vfio_map(&self->vfio, AREA, prot);
	CHECK(!vm_set_slot(&self->vm, VM_SLOT_FREE, flags, AREA, SIZE, (void *)AREA), "%m");
	vcpu_start(self->vcpu, fn, AREA);
}

static u64 load(u64 at)
{
	return READ_ONCE(*(u64 *)at);
}

static void store(u64 at, u64 value)
{
	WRITE_ONCE(*(u64 *)at, value);
}

static void guest_uses(u64 at)
{
	u64 i;

	for (i = 0; i < SIZE; i += STEP) {
		GUEST_ASSERT_EQ(load(at + i), MAGIC + i);
		store(at + i, ~i);
	}
}

/* vcpu_finish() takes no exit but the guest's own. */
TEST_F(pfnmap, both_sides_see_it)
{
	struct nlattr *mapped[NL_MAX_ATTR];
	struct nl nl;
	u64 i;

	start(self, guest_uses, PROT_READ | PROT_WRITE, 0);
	for (i = 0; i < SIZE; i += STEP)
		self->region[i / 8] = MAGIC + i;
	vcpu_finish(self->vcpu);
	for (i = 0; i < SIZE; i += STEP)
		ASSERT_EQ(~i, self->region[i / 8]);
	if (dev_is_kvm() || getpagesize() != 4096)
		return;
	nl_open(&nl);
	ASSERT_EQ(0, nl_get_vm(&nl, nl_own_vm(&nl)));
	nl_parse_nested(mapped, nl.attrs[PENG_A_VM_MAPPED]);
	EXPECT_LE(SIZE, nl_u64(mapped[PENG_A_MAPPED_LEVEL2]));
}

static u64 jump_esr;

static void back_from_jump(struct guest_regs *regs)
{
	jump_esr = read_sysreg(esr_el1);
	regs->elr = regs->x[30];
}

static void must_not_run(u64 at)
{
	jump_esr = 0;
	((void (*)(void))at)();
	GUEST_ASSERT_EQ(jump_esr >> 26 & 0x3f, EC_IABT);
	GUEST_ASSERT_EQ(jump_esr & 0x3f, FSC_EXTERNAL);
}

/* Before it is mapped, when it is mapped to be read, and again. */
static void guest_jumps(u64 at)
{
	guest_hooks.sync = back_from_jump;
	must_not_run(at);
	GUEST_ASSERT_EQ(*(u32 *)at, 0xd65f03c0);
	must_not_run(at);
	must_not_run(at + 0x1000);
}

TEST_F(pfnmap, is_not_executed)
{
	start(self, guest_jumps, PROT_READ | PROT_WRITE, 0);
	*(volatile u32 *)AREA = 0xd65f03c0;	/* ret */
	*(volatile u32 *)(AREA + 0x1000) = 0xd65f03c0;
	vcpu_finish(self->vcpu);
}

/* The guest's tables lead into the region: the walk of a device is an external abort. */
static void guest_walks(u64 at)
{
	u64 *table = (u64 *)(read_sysreg(ttbr0_el1) & ~0xfffULL);
	u64 esr, i;

	GUEST_ASSERT_EQ(load(at), 0);
	table[GUEST_NOWHERE >> 30] = at | 3;
	asm volatile("dsb ishst\n\tisb" : : : "memory");
	for (i = 0; i < 3; i++) {
		esr = GUEST_CATCH(load(GUEST_NOWHERE));
		GUEST_ASSERT_EQ(esr >> 26 & 0x3f, EC_DABT);
		GUEST_ASSERT_EQ(esr & 0x3f, may_be_uncached ? FSC_LEVEL2 : FSC_EXTERNAL);
	}
}

TEST_F(pfnmap, holds_no_tables)
{
	if (dev_is_kvm())
		SKIP(return, "KVM 6.1 has the guest walk again, for ever");
	start(self, guest_walks, PROT_READ | PROT_WRITE, 0);
	*self->region = 0;
	vcpu_finish(self->vcpu);
}

/* Of memory this would be 0; stage 1 says that it is memory. */
static void guest_misaligned(u64 at)
{
	u64 value, esr;

	GUEST_ASSERT_EQ(load(at), MAGIC);
	guest_sync(1);
	esr = GUEST_CATCH(asm volatile("ldr %0, [%1]" : "=r" (value) : "r" (at + 1) : "memory"));
	if (may_be_uncached) {
		GUEST_ASSERT_EQ(esr, 0);
	} else {
		GUEST_ASSERT_EQ(esr >> 26 & 0x3f, EC_DABT);
		GUEST_ASSERT_EQ(esr & 0x3f, FSC_ALIGNMENT);
	}
}

TEST_F(pfnmap, is_no_memory)
{
	start(self, guest_misaligned, PROT_READ | PROT_WRITE, 0);
	*self->region = MAGIC;
	vcpu_expect_sync(self->vcpu, 1);
	if (may_be_uncached || !host_is_emulated()) {
		vcpu_finish(self->vcpu);
		return;
	}
	/* QEMU takes the fault of an alignment that Stage 2 asks for to EL2. */
	ASSERT_EQ(-1, ioctl(self->vcpu->fd, KVM_RUN, 0));
	EXPECT_EQ(EFAULT, errno);
}

static void guest_reads_on(u64 at)
{
	u64 i;

	for (i = 0;; i++) {
		GUEST_ASSERT_EQ(load(at), MAGIC + i);
		store(at + 8, i);
		guest_sync(i);
	}
}

TEST_F(pfnmap, goes_with_the_mapping)
{
	volatile u64 *p = (u64 *)AREA;
	unsigned int i;

	start(self, guest_reads_on, PROT_READ | PROT_WRITE, 0);
	*p = MAGIC;
	for (i = 0; i < 6; i += 2) {
		vcpu_expect_sync(self->vcpu, i);
		EXPECT_EQ(i, p[1]);
		ASSERT_EQ(p, mmap((void *)AREA, SIZE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		*p = MAGIC + i + 1;
		vcpu_expect_sync(self->vcpu, i + 1);
		EXPECT_EQ(i + 1, p[1]);
		ASSERT_EQ(0, munmap((void *)AREA, SIZE));
		vfio_map(&self->vfio, AREA, PROT_READ | PROT_WRITE);
		EXPECT_EQ(i, p[1]);
		*p = MAGIC + i + 2;
	}
}

/* The driver takes the region back while it does not answer; KVM_RUN says so. */
TEST_F(pfnmap, goes_with_the_device)
{
	unsigned int i;

	start(self, guest_reads_on, PROT_READ | PROT_WRITE, 0);
	*self->region = MAGIC;
	for (i = 0; i < 3; i++) {
		vcpu_expect_sync(self->vcpu, i);
		vfio_enable_memory(&self->vfio, false);
		ASSERT_EQ(-1, ioctl(self->vcpu->fd, KVM_RUN, 0));
		EXPECT_EQ(EFAULT, errno);
		ASSERT_EQ(-1, ioctl(self->vcpu->fd, KVM_RUN, 0));
		EXPECT_EQ(EFAULT, errno);
		vfio_enable_memory(&self->vfio, true);
		*self->region = MAGIC + i + 1;
	}
	vcpu_expect_sync(self->vcpu, i);
}

static void guest_writes(u64 at)
{
	GUEST_ASSERT_EQ(load(at), MAGIC);
	guest_sync(1);
	store(at, 1);
}

TEST_F(pfnmap, process_may_only_read)
{
	vfio_map(&self->vfio, 2 * AREA, PROT_WRITE);
	*(volatile u64 *)(2 * AREA) = MAGIC;
	start(self, guest_writes, PROT_READ, 0);
	vcpu_expect_sync(self->vcpu, 1);
	ASSERT_EQ(-1, ioctl(self->vcpu->fd, KVM_RUN, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(MAGIC, *self->region);
}

TEST_F(pfnmap, readonly_slot)
{
	start(self, guest_writes, PROT_READ | PROT_WRITE, KVM_MEM_READONLY);
	*self->region = MAGIC;
	vcpu_expect_sync(self->vcpu, 1);
	EXPECT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(self->vcpu));
	EXPECT_EQ(AREA, self->vcpu->run->mmio.phys_addr);
	EXPECT_EQ(MAGIC, *self->region);
}

TEST_F(pfnmap, is_not_logged)
{
	u32 flags = KVM_MEM_LOG_DIRTY_PAGES;

	start(self, guest_uses, PROT_READ | PROT_WRITE, 0);
	EXPECT_EQ(-1, vm_set_slot(&self->vm, VM_SLOT_FREE, flags, AREA, SIZE, (void *)AREA));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, vm_set_slot(&self->vm, VM_SLOT_FREE, 0, AREA, 0, NULL));
	EXPECT_EQ(-1, vm_set_slot(&self->vm, VM_SLOT_FREE, flags, AREA, SIZE, (void *)AREA));
	EXPECT_EQ(EINVAL, errno);
}

TEST_HARNESS_MAIN
