// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the calls of the SMC calling convention: version, which architecture
 * features are there, the workarounds in step with the firmware registers that
 * user space sees, random numbers, NOT_SUPPORTED for all that is unknown over
 * the whole range of owners, what the two conduits do, and that a call leaves
 * the registers alone that it must not touch.
 */
#include <linux/arm-smccc.h>
#include "kselftest_harness.h"
#include "vm.h"

#define NOT_SUPPORTED	((u64)-1)

static s64 call(u64 fn, u64 a1)
{
	return (s64)guest_hvc(fn, a1, 0, 0).x0;
}

static void guest_version(u64 arg)
{
	u64 v = call(ARM_SMCCC_VERSION_FUNC_ID, 0);

	GUEST_ASSERT(v >= ARM_SMCCC_VERSION_1_1 && v <= ARM_SMCCC_VERSION_1_3);
}

static const u32 workarounds[] = {
	ARM_SMCCC_ARCH_WORKAROUND_1, ARM_SMCCC_ARCH_WORKAROUND_2,
	ARM_SMCCC_ARCH_WORKAROUND_3,
};

static const u64 fw_regs[] = {
	KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1, KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2,
	KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3,
};

static s64 answers[3];

static void guest_workarounds(u64 arg)
{
	u32 i;

	for (i = 0; i < 3; i++)
		answers[i] = (s32)call(ARM_SMCCC_ARCH_FEATURES_FUNC_ID, workarounds[i]);
	/* A workaround that is offered can be called. */
	if (answers[0] == 0)
		GUEST_ASSERT_EQ(call(ARM_SMCCC_ARCH_WORKAROUND_1, 0), 0);
	if (answers[2] == 0)
		GUEST_ASSERT_EQ(call(ARM_SMCCC_ARCH_WORKAROUND_3, 0), 0);
	GUEST_ASSERT_EQ((s32)call(ARM_SMCCC_ARCH_FEATURES_FUNC_ID, 0x80007ffe),
			SMCCC_RET_NOT_SUPPORTED);
}

/* Calls that no firmware answers, at both ends of every owner's range. */
static void guest_unknown(u64 arg)
{
	static const u32 kinds[] = { 0x00000000, 0x40000000, 0x80000000, 0xc0000000 };
	u32 owner, kind;

	for (owner = 0; owner < 64; owner++) {
		for (kind = 0; kind < 4; kind++) {
			u64 fn = kinds[kind] | owner << 24 | 0x7ffe;

			GUEST_ASSERT_EQ((s32)call(fn, 0), SMCCC_RET_NOT_SUPPORTED);
		}
	}
	GUEST_ASSERT_EQ((s32)call(~0ULL, 0), SMCCC_RET_NOT_SUPPORTED);
	/* Only the low 32 bits of x0 name a function. */
	GUEST_ASSERT_EQ((s32)call(0xdead00000000ULL | ARM_SMCCC_VERSION_FUNC_ID, 0),
			(s32)call(ARM_SMCCC_VERSION_FUNC_ID, 0));
}

static void guest_trng(u64 arg)
{
	struct smccc_result first, second;
	u64 bits;

	GUEST_ASSERT((s32)call(ARM_SMCCC_TRNG_VERSION, 0) >= 0x10000);
	GUEST_ASSERT((s32)call(ARM_SMCCC_TRNG_FEATURES, ARM_SMCCC_TRNG_RND64) >= 0);
	GUEST_ASSERT((s32)call(ARM_SMCCC_TRNG_FEATURES, ARM_SMCCC_TRNG_RND32) >= 0);
	GUEST_ASSERT((s32)call(ARM_SMCCC_TRNG_GET_UUID, 0) != SMCCC_RET_NOT_SUPPORTED);

	first = guest_hvc(ARM_SMCCC_TRNG_RND64, 192, 0, 0);
	second = guest_hvc(ARM_SMCCC_TRNG_RND64, 192, 0, 0);
	GUEST_ASSERT_EQ(first.x0, 0);
	GUEST_ASSERT_EQ(second.x0, 0);
	GUEST_ASSERT(first.x1 != second.x1 || first.x2 != second.x2 || first.x3 != second.x3);

	/* Fewer bits than a register: the rest is zero. */
	for (bits = 1; bits < 64; bits += 7) {
		first = guest_hvc(ARM_SMCCC_TRNG_RND64, bits, 0, 0);
		GUEST_ASSERT_EQ(first.x0, 0);
		GUEST_ASSERT_EQ(first.x3 >> bits, 0);
		GUEST_ASSERT_EQ(first.x2, 0);
	}
	GUEST_ASSERT((s32)guest_hvc(ARM_SMCCC_TRNG_RND64, 193, 0, 0).x0 < 0);
	GUEST_ASSERT((s32)guest_hvc(ARM_SMCCC_TRNG_RND32, 97, 0, 0).x0 < 0);
}

/* Of those that the call must not change, all that the compiler can spare. */
#define KEPT "4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24"

static void guest_registers_kept(u64 arg)
{
	u64 broken = 0;

	asm volatile(
	"	mov	x0, %1\n"
	"	.irp	r, " KEPT "\n"
	"	mov	x\\r, #(0x1000 + \\r)\n"
	"	.endr\n"
	"	hvc	#0\n"
	"	mov	%0, xzr\n"
	"	.irp	r, " KEPT "\n"
	"	mov	x1, #(0x1000 + \\r)\n"
	"	cmp	x\\r, x1\n"
	"	cinc	%0, %0, ne\n"
	"	.endr\n"
	: "=&r" (broken)
	: "r" ((u64)ARM_SMCCC_VERSION_FUNC_ID)
	: "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
	  "x13", "x14", "x15", "x16", "x17", "x19", "x20", "x21", "x22", "x23", "x24",
	  "cc", "memory");
	GUEST_ASSERT_EQ(broken, 0);
}

/* An SMC has no firmware behind it, or, since 6.3, the one that HVC reaches. */
static void guest_smc_conduit(u64 arg)
{
	u64 fn = ARM_SMCCC_VERSION_FUNC_ID;
	u64 by_smc = guest_smc(fn, 1, 2, 3).x0;

	if (by_smc != NOT_SUPPORTED)
		GUEST_ASSERT_EQ(by_smc, call(fn, 1));
	/* It came back behind the SMC, not onto it. */
	GUEST_ASSERT_EQ(guest_self()->caught, 0);
}

static void run_guest(guest_fn fn)
{
	struct vm vm;

	vm_init(&vm, 1, fn);
	vcpu_finish(&vm.vcpu[0]);
}

TEST(version)
{
	run_guest(guest_version);
}

TEST(workarounds_match_firmware_registers)
{
	struct vm vm;
	u64 level;
	u32 i;

	vm_init(&vm, 1, guest_workarounds);
	vcpu_finish(&vm.vcpu[0]);
	for (i = 0; i < 3; i++) {
		level = vcpu_get64(&vm.vcpu[0], fw_regs[i]) & 0xf;
		/* 0 is not available, in all three registers. */
		EXPECT_EQ(level == 0, answers[i] == SMCCC_RET_NOT_SUPPORTED);
	}
}

TEST(unknown_functions)
{
	run_guest(guest_unknown);
}

TEST(random_numbers)
{
	run_guest(guest_trng);
}

TEST(registers_kept)
{
	run_guest(guest_registers_kept);
}

TEST(smc_conduit)
{
	run_guest(guest_smc_conduit);
}

TEST_HARNESS_MAIN
