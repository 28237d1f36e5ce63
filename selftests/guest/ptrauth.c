// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves pointer authentication of guests: both flags or neither, keys that user
 * space and the guest agree on, signatures that hold over exits and are another
 * vCPU's and the host's business no less, and that the host's own go on holding.
 * Without the feature the ID registers hide it, the keys are UNDEFINED, and so is
 * signing even where the guest enables it.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "pauth.h"
#include "vm.h"

#define ISAR1		ARM64_SYS_REG(3, 0, 0, 6, 1)
#define ISAR2		ARM64_SYS_REG(3, 0, 0, 6, 2)
#define ISAR1_PAUTH	0xff000ff0UL
#define ISAR2_PAUTH	0xff00UL
#define KEY_REG(n)	ARM64_SYS_REG(3, 0, 2, 1 + (n) / 4, (n) % 4)

#define ROUNDS		200
#define POINTER		0x80001234UL
#define WITH		0x5678UL


FIXTURE(ptrauth) {
	u64 unused;
};

FIXTURE_SETUP(ptrauth)
{
	if (!(host_features() & FEATURE_PTRAUTH))
		SKIP_IN_SETUP("this host has no pointer authentication");
}

FIXTURE_TEARDOWN(ptrauth)
{
}

#define EXPECT_NO_KEY(reg, n)						\
	GUEST_EXPECT_UNDEF(read_sysreg(reg));					\
	GUEST_EXPECT_UNDEF(write_sysreg(0, reg));

static void guest_without(u64 arg)
{
	u64 x = POINTER;

	PAUTH_KEYS(EXPECT_NO_KEY)
	GUEST_EXPECT_UNDEF(asm volatile(PAUTH "pacga %0, %0, %0" : "+r" (x)));
	/* Hidden, and yet the bits of SCTLR_EL1 are there to be set. */
	write_sysreg(read_sysreg(sctlr_el1) | SCTLR_PAUTH, sctlr_el1);
	isb();
	GUEST_EXPECT_UNDEF(asm volatile(PAUTH "pacia %0, %0" : "+r" (x)));
	GUEST_EXPECT_UNDEF(asm volatile(PAUTH "autdb %0, %0" : "+r" (x)));
	GUEST_EXPECT_UNDEF(asm volatile(PAUTH "paciza %0" : "+r" (x)));
	GUEST_ASSERT_EQ(x, POINTER);
}

TEST_F(ptrauth, absent_without_the_feature)
{
	struct vcpu *v;
	struct vm vm;
	u64 value;
	u32 n;

	vm_init(&vm, 1, guest_without);
	v = &vm.vcpu[0];
	EXPECT_EQ(0, vcpu_get64(v, ISAR1) & ISAR1_PAUTH);
	EXPECT_EQ(0, vcpu_get64(v, ISAR2) & ISAR2_PAUTH);
	for (n = 0; n < PAUTH_NR_KEYS; n++) {
		EXPECT_EQ(ENOENT, ERRNO(vcpu_get(v, KEY_REG(n), &value)));
		EXPECT_EQ(ENOENT, ERRNO(vcpu_set(v, KEY_REG(n), &value)));
	}
	vcpu_finish(v);
}

TEST_F(ptrauth, both_flags_or_neither)
{
	struct vm vm;

	vm_open(&vm, 0);
	vm_add_vcpu(&vm);
	EXPECT_EQ(EINVAL, ERRNO(vcpu_init_features(&vm.vcpu[0],
						   1U << KVM_ARM_VCPU_PTRAUTH_ADDRESS)));
	EXPECT_EQ(EINVAL, ERRNO(vcpu_init_features(&vm.vcpu[0],
						   1U << KVM_ARM_VCPU_PTRAUTH_GENERIC)));
	EXPECT_EQ(0, vcpu_init_features(&vm.vcpu[0], FEATURE_PTRAUTH));
	vm_destroy(&vm);
}

static u32 nr_listed_keys(struct vcpu *v)
{
	struct kvm_reg_list *list = vcpu_reg_list(v);
	u32 nr = 0, n;

	for (n = 0; n < PAUTH_NR_KEYS; n++)
		nr += reg_listed(list, KEY_REG(n));
	free(list);
	return nr;
}

static void guest_keys(u64 seed)
{
	GUEST_ASSERT_EQ(pauth_wrong_keys(seed), 0);
	pauth_start(seed + 0x100);
	guest_sync(1);
	GUEST_ASSERT_EQ(pauth_wrong_keys(seed + 0x200), 0);
}

static void set_keys(struct vcpu *v, u64 seed)
{
	u32 n;

	for (n = 0; n < PAUTH_NR_KEYS; n++)
		vcpu_set64(v, KEY_REG(n), pauth_key(seed, n));
}

TEST_F(ptrauth, keys_shared_with_the_guest)
{
	struct vcpu *v;
	struct vm vm;
	u32 n;

	vm_init_features(&vm, 1, guest_keys, FEATURE_PTRAUTH, 0);
	v = &vm.vcpu[0];
	EXPECT_EQ(PAUTH_NR_KEYS, nr_listed_keys(v));
	EXPECT_NE(0, (vcpu_get64(v, ISAR1) & ISAR1_PAUTH) | (vcpu_get64(v, ISAR2) & ISAR2_PAUTH));
	vcpu_start(v, guest_keys, 0x1000);
	set_keys(v, 0x1000);
	vcpu_expect_sync(v, 1);
	for (n = 0; n < PAUTH_NR_KEYS; n++)
		EXPECT_EQ(pauth_key(0x1100, n), vcpu_get64(v, KEY_REG(n)));
	set_keys(v, 0x1200);
	vcpu_finish(v);
}

/* Codes that two guests made of the same pointer with the same modifier. */
static struct pauth_signed made[2];

static void guest_signs(u64 which)
{
	struct pauth_signed mine;
	u32 i;

	pauth_start(which);
	mine = pauth_sign(POINTER, WITH);
	made[which] = mine;
	for (i = 0; i < ROUNDS; i++) {
		if (i % 2)
			guest_sync(i);
		else
			guest_hvc(0x80000000, 0, 0, 0);	/* SMCCC_VERSION */
		GUEST_ASSERT_EQ(pauth_count_wrong(&mine, POINTER, WITH), 0);
		GUEST_ASSERT(pauth_holds(mine, POINTER, WITH));
		GUEST_ASSERT_EQ(pauth_wrong_keys(which), 0);
	}
}

/* All VMs' turns are in this thread, so each finds the CPU as another left it. */
TEST_F(ptrauth, each_has_its_own)
{
	struct pauth_signed mine = pauth_sign(POINTER, WITH);
	struct vm vms[2];
	u32 i, n;

	for (n = 0; n < 2; n++) {
		vm_init_features(&vms[n], 1, guest_signs, FEATURE_PTRAUTH, 0);
		vcpu_start(&vms[n].vcpu[0], guest_signs, n);
	}
	for (i = 1; i < ROUNDS; i += 2) {
		for (n = 0; n < 2; n++) {
			vcpu_expect_sync(&vms[n].vcpu[0], i);
			ASSERT_EQ(0, pauth_count_wrong(&mine, POINTER, WITH));
			ASSERT_TRUE(pauth_holds(mine, POINTER, WITH));
		}
	}
	for (n = 0; n < 2; n++)
		vcpu_finish(&vms[n].vcpu[0]);
	/* 32 bits that hang on the key: neither the other's nor the host's. */
	EXPECT_NE(made[0].ga, made[1].ga);
	EXPECT_NE(made[0].ga, mine.ga);
	EXPECT_NE(made[1].ga, mine.ga);
}

TEST_HARNESS_MAIN
