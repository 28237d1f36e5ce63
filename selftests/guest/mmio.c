// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a guest's access to an address without memory reaches user space
 * as the architecture describes it: address, direction, width 1, 2, 4 and 8,
 * the stored value, and on loads zero or sign extension into a register of 32
 * or 64 bits, which is the kernel's work.
 */
#include <string.h>
#include "kselftest_harness.h"
#include "vm.h"

#define VALUE	0x8899aabbccddeeffULL

#define LOAD(insn, reg, addr) ({					\
	u64 __v = ~0ULL;						\
	asm volatile(insn " %" reg "0, [%1]" : "+r" (__v) : "r" (addr) : "memory"); \
	__v;								\
})

static void guest_loads(u64 arg)
{
	u64 at = GUEST_MMIO_BASE;

	GUEST_ASSERT_EQ(LOAD("ldrb", "w", at), 0xff);
	GUEST_ASSERT_EQ(LOAD("ldrh", "w", at), 0xeeff);
	GUEST_ASSERT_EQ(LOAD("ldr", "w", at), 0xccddeeff);
	GUEST_ASSERT_EQ(LOAD("ldr", "x", at), VALUE);
}

static void guest_signed_loads(u64 arg)
{
	u64 at = GUEST_MMIO_BASE;

	GUEST_ASSERT_EQ(LOAD("ldrsb", "w", at), 0xffffffff);
	GUEST_ASSERT_EQ(LOAD("ldrsh", "w", at), 0xffffeeff);
	GUEST_ASSERT_EQ(LOAD("ldrsb", "x", at), ~0ULL);
	GUEST_ASSERT_EQ(LOAD("ldrsh", "x", at), 0xffffffffffffeeffULL);
	GUEST_ASSERT_EQ(LOAD("ldrsw", "x", at), 0xffffffffccddeeffULL);
}

static void guest_stores(u64 arg)
{
	u64 at = GUEST_MMIO_BASE;

	mmio_write8(at + 1, (u8)VALUE);
	mmio_write16(at + 2, (u16)VALUE);
	mmio_write32(at + 4, (u32)VALUE);
	mmio_write64(at + 8, VALUE);
	asm volatile("str xzr, [%0]" : : "r" (at + 16) : "memory");
	asm volatile("strb wzr, [%0]" : : "r" (at + 24) : "memory");
}

/* A load to the zero register still reaches the device and changes nothing. */
static void guest_load_discarded(u64 arg)
{
	asm volatile("ldr wzr, [%0]" : : "r" ((u64)GUEST_MMIO_BASE) : "memory");
	asm volatile("ldrb w0, [%0]\n\tcbz w0, .\n" : : "r" ((u64)GUEST_MMIO_BASE)
		     : "x0", "memory");
}

static bool answer_load(struct vcpu *vcpu)
{
	u64 value = VALUE;

	CHECK(!vcpu->run->mmio.is_write, "at %#llx", vcpu->run->mmio.phys_addr);
	CHECK(vcpu->run->mmio.phys_addr == GUEST_MMIO_BASE, "%#llx",
	      vcpu->run->mmio.phys_addr);
	memcpy(vcpu->run->mmio.data, &value, vcpu->run->mmio.len);
	return true;
}

TEST(loads_of_every_width)
{
	struct vm vm;

	vm_init(&vm, 1, guest_loads);
	vm.mmio = answer_load;
	vcpu_finish(&vm.vcpu[0]);
}

TEST(loads_sign_extend)
{
	struct vm vm;

	if (host_is_emulated())
		SKIP(return, "QEMU 7.2 leaves ESR_EL2.SSE clear for signed loads");
	vm_init(&vm, 1, guest_signed_loads);
	vm.mmio = answer_load;
	vcpu_finish(&vm.vcpu[0]);
}

TEST(load_to_zero_register)
{
	struct vm vm;

	vm_init(&vm, 1, guest_load_discarded);
	vm.mmio = answer_load;
	vcpu_finish(&vm.vcpu[0]);
}

TEST(stores_of_every_width)
{
	static const struct {
		u32 offset, len;
		u64 value;
	} want[] = {
		{ 1, 1, 0xff }, { 2, 2, 0xeeff }, { 4, 4, 0xccddeeff }, { 8, 8, VALUE },
		{ 16, 8, 0 }, { 24, 1, 0 },
	};
	struct kvm_run *run;
	struct vm vm;
	unsigned int i;
	u64 value;

	vm_init(&vm, 1, guest_stores);
	run = vm.vcpu[0].run;
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(&vm.vcpu[0]));
		ASSERT_EQ(1, run->mmio.is_write);
		EXPECT_EQ(GUEST_MMIO_BASE + want[i].offset, run->mmio.phys_addr);
		ASSERT_EQ(want[i].len, run->mmio.len);
		value = 0;
		memcpy(&value, run->mmio.data, want[i].len);
		EXPECT_EQ(want[i].value, value);
	}
	vcpu_finish(&vm.vcpu[0]);
}

TEST_HARNESS_MAIN
