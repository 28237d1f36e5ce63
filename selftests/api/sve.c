// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves KVM's interface to SVE: a vCPU that asks for it is listed and run only once
 * it is finalized, its vector lengths can be cut short before that and never after,
 * Z, P and FFR are read and written in the format of KVM, the V registers of class
 * CORE make room for them; and without the feature none of it is there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "fp.h"
#include "vm.h"

#define ZCR_EL1		ARM64_SYS_REG(3, 0, 1, 2, 0)
#define ZFR0		ARM64_SYS_REG(3, 0, 0, 4, 4)
#define PFR0		ARM64_SYS_REG(3, 0, 0, 4, 0)
#define V_REG(n)	(KVM_REG_ARM64 | KVM_REG_SIZE_U128 | KVM_REG_ARM_CORE | \
			 (KVM_REG_ARM_CORE_REG(fp_regs.vregs[0]) + 4 * (n)))
#define Z_REG(n)	KVM_REG_ARM64_SVE_ZREG(n, 0)
#define P_REG(n)	KVM_REG_ARM64_SVE_PREG(n, 0)
#define FFR		KVM_REG_ARM64_SVE_FFR(0)
#define VLS		KVM_REG_ARM64_SVE_VLS

typedef u64 lengths_t[KVM_ARM64_SVE_VLS_WORDS];

static void guest_nothing(u64 arg)
{
}

static struct sve_state guest_room;

static void guest_fills(u64 seed)
{
	write_sysreg(3 << 20 | 3 << 16, cpacr_el1);
	isb();
	write_sysreg(15, s3_0_c1_c2_0);
	isb();
	sve_fill(&guest_room, seed);
	guest_sync(sve_vq());
	GUEST_ASSERT_EQ(sve_count_wrong(&guest_room, seed + 1), 0);
}

FIXTURE(sve) {
	struct vm vm;
	struct vcpu *v;
	bool initialised;
};

FIXTURE_SETUP(sve)
{
	if (!(host_features() & FEATURE_SVE))
		SKIP_IN_SETUP("this host has no SVE");
	vm_open(&self->vm, 0);
	vm_add_memory(&self->vm);
	vm_add_vcpu(&self->vm);
	vm_add_gic(&self->vm);
	self->v = &self->vm.vcpu[0];
}

FIXTURE_TEARDOWN(sve)
{
	vm_destroy(&self->vm);
}

static int get_errno(struct vcpu *v, u64 id)
{
	u64 value[32];

	return ERRNO(vcpu_get(v, id, value));
}

static int set_errno(struct vcpu *v, u64 id)
{
	u64 value[32] = { 0 };

	return ERRNO(vcpu_set(v, id, value));
}

static int list_errno(struct vcpu *v)
{
	struct kvm_reg_list list = { .n = 0 };

	return ERRNO(ioctl(v->fd, KVM_GET_REG_LIST, &list));
}

static u32 nr_of_class(const struct kvm_reg_list *list, u64 class)
{
	u32 nr = 0;
	u64 i;

	for (i = 0; i < list->n; i++)
		nr += (list->reg[i] & KVM_REG_ARM_COPROC_MASK) == class;
	return nr;
}

TEST_F(sve, absent_without_the_feature)
{
	struct kvm_reg_list *list;

	ASSERT_EQ(0, vcpu_init_features(self->v, 0));
	EXPECT_EQ(EINVAL, ERRNO(vcpu_finalize(self->v, KVM_ARM_VCPU_SVE)));
	EXPECT_EQ(ENOENT, get_errno(self->v, VLS));
	EXPECT_EQ(ENOENT, set_errno(self->v, VLS));
	EXPECT_EQ(ENOENT, get_errno(self->v, Z_REG(0)));
	EXPECT_EQ(ENOENT, get_errno(self->v, FFR));
	EXPECT_EQ(ENOENT, get_errno(self->v, ZCR_EL1));
	EXPECT_EQ(EINVAL, get_errno(self->v, KVM_REG_ARM64 | KVM_REG_ARM64_SVE |
				    KVM_REG_SIZE_U64 | 0x700));
	EXPECT_EQ(0, vcpu_get64(self->v, PFR0) >> 32 & 0xf);
	EXPECT_EQ(0, vcpu_get64(self->v, ZFR0));
	EXPECT_EQ(0, get_errno(self->v, V_REG(0)));
	list = vcpu_reg_list(self->v);
	EXPECT_EQ(0, nr_of_class(list, KVM_REG_ARM64_SVE));
	EXPECT_TRUE(reg_listed(list, V_REG(31)));
	EXPECT_FALSE(reg_listed(list, ZCR_EL1));
	free(list);
	vcpu_start(self->v, guest_nothing, 0);
	vcpu_finish(self->v);
}

TEST_F(sve, not_before_it_is_finalized)
{
	EXPECT_EQ(ENOEXEC, ERRNO(vcpu_finalize(self->v, KVM_ARM_VCPU_SVE)));
	ASSERT_EQ(0, vcpu_init_features(self->v, FEATURE_SVE));
	EXPECT_EQ(EPERM, ERRNO(ioctl(self->v->fd, KVM_RUN, 0)));
	EXPECT_EQ(EPERM, list_errno(self->v));
	EXPECT_EQ(EPERM, get_errno(self->v, Z_REG(0)));
	EXPECT_EQ(EPERM, set_errno(self->v, Z_REG(31)));
	EXPECT_EQ(EPERM, get_errno(self->v, P_REG(15)));
	EXPECT_EQ(EPERM, set_errno(self->v, FFR));
	EXPECT_EQ(0, get_errno(self->v, CORE_REG(regs.pc)));
	EXPECT_EQ(0, get_errno(self->v, ZCR_EL1));
	EXPECT_EQ(EINVAL, get_errno(self->v, V_REG(0)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->v->fd, KVM_ARM_VCPU_FINALIZE, NULL)));
	EXPECT_EQ(EINVAL, ERRNO(vcpu_finalize(self->v, KVM_ARM_VCPU_PSCI_0_2)));
	EXPECT_EQ(EINVAL, ERRNO(vcpu_finalize(self->v, -1)));
	ASSERT_EQ(0, vcpu_finalize(self->v, KVM_ARM_VCPU_SVE));
	EXPECT_EQ(EPERM, ERRNO(vcpu_finalize(self->v, KVM_ARM_VCPU_SVE)));
	vcpu_start(self->v, guest_nothing, 0);
	vcpu_finish(self->v);
}

TEST_F(sve, lengths_are_cut_once)
{
	lengths_t host, some;

	ASSERT_EQ(0, vcpu_init_features(self->v, FEATURE_SVE));
	ASSERT_EQ(0, vcpu_get(self->v, VLS, host));
	ASSERT_EQ(1, host[0] & 1);
	memset(some, 0, sizeof(some));
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(self->v, VLS, some)));
	some[0] = host[0] | 1UL << 40;
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(self->v, VLS, some)));
	some[0] = host[0];
	some[KVM_ARM64_SVE_VLS_WORDS - 1] = 1UL << 63;
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(self->v, VLS, some)));
	some[KVM_ARM64_SVE_VLS_WORDS - 1] = 0;
	some[0] = host[0] & ~1UL;
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(self->v, VLS, some)));
	EXPECT_EQ(EFAULT, ERRNO(vcpu_set(self->v, VLS, NULL)));

	some[0] = 1;
	EXPECT_EQ(0, vcpu_set(self->v, VLS, some));
	ASSERT_EQ(0, vcpu_get(self->v, VLS, some));
	EXPECT_EQ(1, some[0]);
	/* As long as nothing is final, initialisation gives all back. */
	ASSERT_EQ(0, vcpu_init_features(self->v, FEATURE_SVE));
	ASSERT_EQ(0, vcpu_get(self->v, VLS, some));
	EXPECT_EQ(0, memcmp(host, some, sizeof(host)));

	some[0] = 1;
	EXPECT_EQ(0, vcpu_set(self->v, VLS, some));
	ASSERT_EQ(0, vcpu_finalize(self->v, KVM_ARM_VCPU_SVE));
	EXPECT_EQ(EPERM, ERRNO(vcpu_set(self->v, VLS, some)));
	EXPECT_EQ(EPERM, ERRNO(vcpu_set(self->v, VLS, host)));
	ASSERT_EQ(0, vcpu_init_features(self->v, FEATURE_SVE));
	ASSERT_EQ(0, vcpu_get(self->v, VLS, some));
	EXPECT_EQ(1, some[0]);
	vcpu_start(self->v, guest_fills, 1);
	ASSERT_EQ(UCALL_SYNC, vcpu_run(self->v));
	EXPECT_EQ(1, self->v->guest->ucall_args[0]);
}

TEST_F(sve, list)
{
	struct kvm_reg_list *list;
	int i;

	ASSERT_EQ(0, vcpu_init_features(self->v, FEATURE_SVE));
	ASSERT_EQ(0, vcpu_finalize(self->v, KVM_ARM_VCPU_SVE));
	list = vcpu_reg_list(self->v);
	EXPECT_EQ(1 + 32 + 16 + 1, nr_of_class(list, KVM_REG_ARM64_SVE));
	EXPECT_TRUE(reg_listed(list, VLS));
	EXPECT_TRUE(reg_listed(list, FFR));
	EXPECT_TRUE(reg_listed(list, ZCR_EL1));
	for (i = 0; i < 32; i++) {
		EXPECT_TRUE(reg_listed(list, Z_REG(i)));
		EXPECT_FALSE(reg_listed(list, V_REG(i)));
	}
	for (i = 0; i < 16; i++)
		EXPECT_TRUE(reg_listed(list, P_REG(i)));
	for (i = 0; i < list->n; i++)
		EXPECT_EQ(0, get_errno(self->v, list->reg[i])) TH_LOG("%#lx", (u64)list->reg[i]);
	free(list);
	EXPECT_NE(0, vcpu_get64(self->v, PFR0) >> 32 & 0xf);
	EXPECT_EQ(0, vcpu_get64(self->v, ZCR_EL1));
}

TEST_F(sve, ids)
{
	ASSERT_EQ(0, vcpu_init_features(self->v, FEATURE_SVE));
	ASSERT_EQ(0, vcpu_finalize(self->v, KVM_ARM_VCPU_SVE));
	EXPECT_EQ(ENOENT, get_errno(self->v, KVM_REG_ARM64_SVE_ZREG(0, 1)));
	EXPECT_EQ(ENOENT, set_errno(self->v, KVM_REG_ARM64_SVE_PREG(15, 31)));
	EXPECT_EQ(ENOENT, get_errno(self->v, KVM_REG_ARM64_SVE_FFR(1)));
	EXPECT_EQ(EINVAL, get_errno(self->v, FFR + 32));
	EXPECT_EQ(EINVAL, get_errno(self->v, (Z_REG(0) & ~KVM_REG_SIZE_MASK) | KVM_REG_SIZE_U64));
	EXPECT_EQ(EINVAL, get_errno(self->v, V_REG(0)));
	EXPECT_EQ(EINVAL, set_errno(self->v, V_REG(31)));
	EXPECT_EQ(EFAULT, ERRNO(vcpu_get(self->v, Z_REG(3), NULL)));
	EXPECT_EQ(EFAULT, ERRNO(vcpu_set(self->v, P_REG(3), NULL)));
}

/* The register that starts at @at of a state is what user space has under @id. */
static void expect_part(struct __test_metadata *_metadata, struct vcpu *v, u64 id, const u8 *at,
			u32 bytes, u32 padded)
{
	u8 value[256], zero[256] = { 0 };

	memset(value, 0x5a, sizeof(value));
	ASSERT_EQ(0, vcpu_get(v, id, value)) TH_LOG("%#lx: %m", id);
	EXPECT_EQ(0, memcmp(value, at, bytes)) TH_LOG("%#lx", id);
	EXPECT_EQ(0, memcmp(value + bytes, zero, padded - bytes)) TH_LOG("%#lx: padding", id);
}

static void expect_state(struct __test_metadata *_metadata, struct vcpu *v,
			 const struct sve_state *state, u32 vq)
{
	const u8 *p = state->bytes + 32 * 16 * vq;
	u32 i;

	for (i = 0; i < 32; i++)
		expect_part(_metadata, v, Z_REG(i), state->bytes + i * 16 * vq, 16 * vq, 256);
	for (i = 0; i < 16; i++)
		expect_part(_metadata, v, P_REG(i), p + i * 2 * vq, 2 * vq, 32);
	expect_part(_metadata, v, FFR, p + 16 * 2 * vq, 2 * vq, 32);
}

static void set_part(struct vcpu *v, u64 id, const u8 *at, u32 bytes)
{
	u8 value[256];

	/* What is behind the guest's vectors is nothing. */
	memset(value, 0xff, sizeof(value));
	memcpy(value, at, bytes);
	CHECK_FD(vcpu_set(v, id, value));
}

static void set_state(struct vcpu *v, const struct sve_state *state, u32 vq)
{
	const u8 *p = state->bytes + 32 * 16 * vq;
	u32 i;

	for (i = 0; i < 32; i++)
		set_part(v, Z_REG(i), state->bytes + i * 16 * vq, 16 * vq);
	for (i = 0; i < 16; i++)
		set_part(v, P_REG(i), p + i * 2 * vq, 2 * vq);
	set_part(v, FFR, p + 16 * 2 * vq, 2 * vq);
}

static const u32 some_vqs[] = { 1, 2, 16 };

/* Both ways, at a vector length that the guest says it has. */
TEST_F(sve, shared_with_the_guest)
{
	static struct sve_state state;
	struct vm vm;
	u32 i, vq;

	for (i = 0; i < ARRAY_SIZE(some_vqs); i++) {
		vm_init_features(&vm, 1, guest_fills, FEATURE_SVE, some_vqs[i]);
		vcpu_start(&vm.vcpu[0], guest_fills, 0x1000 + i);
		ASSERT_EQ(UCALL_SYNC, vcpu_run(&vm.vcpu[0]));
		vq = vm.vcpu[0].guest->ucall_args[0];
		EXPECT_GE(some_vqs[i], vq);
		sve_pattern(&state, vq, 0x1000 + i);
		expect_state(_metadata, &vm.vcpu[0], &state, vq);
		sve_pattern(&state, vq, 0x1001 + i);
		set_state(&vm.vcpu[0], &state, vq);
		EXPECT_EQ(15, vcpu_get64(&vm.vcpu[0], ZCR_EL1) & 0xf);
		vcpu_finish(&vm.vcpu[0]);

		/* A reset leaves nothing of it. */
		vcpu_complete(&vm.vcpu[0]);
		ASSERT_EQ(0, vcpu_init_features(&vm.vcpu[0], FEATURE_SVE));
		memset(&state, 0, sizeof(state));
		expect_state(_metadata, &vm.vcpu[0], &state, vq);
		EXPECT_EQ(0, vcpu_get64(&vm.vcpu[0], ZCR_EL1));
		vm_destroy(&vm);
	}
}

TEST_F(sve, is_all_vcpus_or_none)
{
	struct vm vm;

	if (dev_is_kvm())
		SKIP(return, "KVM 6.1 lets vCPUs differ");
	vm_open(&vm, 0);
	vm_add_vcpu(&vm);
	vm_add_vcpu(&vm);
	ASSERT_EQ(0, vcpu_init_features(&vm.vcpu[0], FEATURE_SVE));
	EXPECT_EQ(EINVAL, ERRNO(vcpu_init_features(&vm.vcpu[1], 0)));
	EXPECT_EQ(0, vcpu_init_features(&vm.vcpu[1], FEATURE_SVE));
	vm_destroy(&vm);
}

TEST_HARNESS_MAIN
