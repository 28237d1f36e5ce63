// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves KVM_GET_ONE_REG, KVM_SET_ONE_REG and KVM_GET_REG_LIST: every register
 * of the list can be read, and written back as read without a change; a fresh
 * vCPU starts as the architecture and KVM's boot protocol say; what the guest
 * loads into its registers is what user space reads, and the other way round;
 * and every malformed id has its error.
 */
#include <errno.h>
#include <linux/psci.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"

#define REG_BYTES(id)	(1U << (((id) & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT))
#define COPROC(id)	((id) & KVM_REG_ARM_COPROC_MASK)

static void guest_nothing(u64 arg)
{
}

FIXTURE(regs) {
	struct vm vm;
	struct vcpu *v;
	struct kvm_reg_list *list;
};

FIXTURE_SETUP(regs)
{
	vm_init(&self->vm, 1, guest_nothing);
	self->v = &self->vm.vcpu[0];
	CHECK_FD(vcpu_init_features(self->v, 0));
	self->list = vcpu_reg_list(self->v);
}

FIXTURE_TEARDOWN(regs)
{
	free(self->list);
	vm_destroy(&self->vm);
}

TEST_F(regs, list_is_sane)
{
	u64 i, j, id;

	ASSERT_GT(self->list->n, 100);
	for (i = 0; i < self->list->n; i++) {
		id = self->list->reg[i];
		EXPECT_EQ(KVM_REG_ARM64, id & KVM_REG_ARCH_MASK) TH_LOG("%#lx", id);
		for (j = 0; j < i; j++)
			EXPECT_NE(id, self->list->reg[j]) TH_LOG("%#lx twice", id);
	}
}

/* The list of a vCPU on the device that PENG_DEVICE names. */
static struct kvm_reg_list *list_of(u32 features)
{
	struct kvm_reg_list *list;
	struct vm vm;

	vm_open(&vm, 0);
	vm_add_vcpu(&vm);
	CHECK_FD(vcpu_init_features(&vm.vcpu[0], features));
	list = vcpu_reg_list(&vm.vcpu[0]);
	vm_destroy(&vm);
	return list;
}

static void compare_with_kvm(struct __test_metadata *_metadata, u32 features)
{
	struct kvm_reg_list *pengs = list_of(features), *kvms;
	u64 i;

	setenv("PENG_DEVICE", "/dev/kvm", 1);
	kvms = list_of(features);
	for (i = 0; i < kvms->n; i++)
		EXPECT_TRUE(reg_listed(pengs, kvms->reg[i]))
			TH_LOG("%#lx is KVM's alone", (u64)kvms->reg[i]);
	for (i = 0; i < pengs->n; i++)
		EXPECT_TRUE(reg_listed(kvms, pengs->reg[i]))
			TH_LOG("%#lx is peng's alone", (u64)pengs->reg[i]);
	free(pengs);
	free(kvms);
}

/* Registers of features that the vCPU does not have are in neither list. */
TEST(list_is_kvms)
{
	if (dev_is_kvm() || access("/dev/kvm", R_OK | W_OK))
		SKIP(return, "there is no KVM beside peng");
	compare_with_kvm(_metadata, 0);
}

TEST(list_with_a_pmu_is_kvms)
{
	int dev, has;

	if (dev_is_kvm() || access("/dev/kvm", R_OK | W_OK))
		SKIP(return, "there is no KVM beside peng");
	dev = dev_open();
	has = ioctl(dev, KVM_CHECK_EXTENSION, KVM_CAP_ARM_PMU_V3);
	close(dev);
	if (has <= 0)
		SKIP(return, "the host has no PMU for guests");
	compare_with_kvm(_metadata, 1U << KVM_ARM_VCPU_PMU_V3);
}

TEST_F(regs, list_too_short)
{
	struct { struct kvm_reg_list head; u64 regs[4]; } few = { .head.n = 4 };

	EXPECT_EQ(E2BIG, ERRNO(ioctl(self->v->fd, KVM_GET_REG_LIST, &few)));
	EXPECT_EQ(self->list->n, few.head.n);
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->v->fd, KVM_GET_REG_LIST, NULL)));
}

/* Time goes on between one read and the next. */
static bool runs_by_itself(u64 id)
{
	return id == KVM_REG_ARM_TIMER_CNT || id == KVM_REG_ARM_PTIMER_CNT;
}

TEST_F(regs, all_round_trip)
{
	u8 before[256], after[256];
	u64 i, id;

	for (i = 0; i < self->list->n; i++) {
		id = self->list->reg[i];
		memset(before, 0, sizeof(before));
		memset(after, 0, sizeof(after));
		ASSERT_EQ(0, vcpu_get(self->v, id, before)) TH_LOG("get %#lx: %m", id);
		EXPECT_EQ(0, vcpu_set(self->v, id, before)) TH_LOG("set %#lx: %m", id);
		ASSERT_EQ(0, vcpu_get(self->v, id, after));
		if (!runs_by_itself(id))
			EXPECT_EQ(0, memcmp(before, after, REG_BYTES(id))) TH_LOG("%#lx", id);
	}
}

static bool marked(u64 id)
{
	return COPROC(id) == KVM_REG_ARM_CORE && id != CORE_REG(regs.pstate);
}

/* Each core register keeps a value of its own: no two share their storage. */
TEST_F(regs, core_registers_are_distinct)
{
	u8 value[32], want[32];
	u64 i, id;

	for (i = 0; i < self->list->n; i++) {
		id = self->list->reg[i];
		memset(value, 1 + i % 251, sizeof(value));
		if (marked(id))
			ASSERT_EQ(0, vcpu_set(self->v, id, value)) TH_LOG("%#lx: %m", id);
	}
	for (i = 0; i < self->list->n; i++) {
		id = self->list->reg[i];
		memset(want, 1 + i % 251, sizeof(want));
		if (!marked(id))
			continue;
		ASSERT_EQ(0, vcpu_get(self->v, id, value));
		EXPECT_EQ(0, memcmp(want, value, REG_BYTES(id))) TH_LOG("%#lx", id);
	}
}

/* What an operating system or a VMM relies on. */
static const u64 needed[] = {
	CORE_REG(regs.regs[0]), CORE_REG(regs.regs[30]), CORE_REG(regs.sp),
	CORE_REG(regs.pc), CORE_REG(regs.pstate), CORE_REG(sp_el1), CORE_REG(elr_el1),
	CORE_REG(spsr[0]),
	ARM64_SYS_REG(3, 0, 0, 0, 0),	/* MIDR_EL1 */
	ARM64_SYS_REG(3, 0, 0, 0, 5),	/* MPIDR_EL1 */
	ARM64_SYS_REG(3, 0, 0, 4, 0),	/* ID_AA64PFR0_EL1 */
	ARM64_SYS_REG(3, 0, 0, 7, 0),	/* ID_AA64MMFR0_EL1 */
	ARM64_SYS_REG(3, 0, 1, 0, 0),	/* SCTLR_EL1 */
	ARM64_SYS_REG(3, 0, 1, 0, 2),	/* CPACR_EL1 */
	ARM64_SYS_REG(3, 0, 2, 0, 0),	/* TTBR0_EL1 */
	ARM64_SYS_REG(3, 0, 2, 0, 1),	/* TTBR1_EL1 */
	ARM64_SYS_REG(3, 0, 2, 0, 2),	/* TCR_EL1 */
	ARM64_SYS_REG(3, 0, 5, 2, 0),	/* ESR_EL1 */
	ARM64_SYS_REG(3, 0, 6, 0, 0),	/* FAR_EL1 */
	ARM64_SYS_REG(3, 0, 10, 2, 0),	/* MAIR_EL1 */
	ARM64_SYS_REG(3, 0, 12, 0, 0),	/* VBAR_EL1 */
	ARM64_SYS_REG(3, 0, 13, 0, 1),	/* CONTEXTIDR_EL1 */
	ARM64_SYS_REG(3, 0, 13, 0, 4),	/* TPIDR_EL1 */
	ARM64_SYS_REG(3, 0, 14, 1, 0),	/* CNTKCTL_EL1 */
	ARM64_SYS_REG(3, 3, 13, 0, 2),	/* TPIDR_EL0 */
	ARM64_SYS_REG(3, 3, 13, 0, 3),	/* TPIDRRO_EL0 */
	KVM_REG_ARM_TIMER_CTL, KVM_REG_ARM_TIMER_CNT, KVM_REG_ARM_TIMER_CVAL,
	KVM_REG_ARM_PSCI_VERSION,
	KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1, KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2,
};

TEST_F(regs, needed_registers_are_listed)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(needed); i++)
		EXPECT_TRUE(reg_listed(self->list, needed[i])) TH_LOG("%#lx", needed[i]);
}

TEST_F(regs, reset_values)
{
	unsigned int i;

	for (i = 0; i < 31; i++)
		EXPECT_EQ(0, vcpu_get64(self->v, CORE_REG(regs.regs[0]) + 2 * i));
	EXPECT_EQ(0, vcpu_get64(self->v, CORE_REG(regs.pc)));
	EXPECT_EQ(PSTATE_EL1H_DAIF, vcpu_get64(self->v, CORE_REG(regs.pstate)));
	/* MMU and caches off, and the RES1 bits of ARMv8.0. */
	EXPECT_EQ(0x00c50078, vcpu_get64(self->v, ARM64_SYS_REG(3, 0, 1, 0, 0)));
	EXPECT_EQ(0x80000000, vcpu_get64(self->v, ARM64_SYS_REG(3, 0, 0, 0, 5)));
	EXPECT_EQ(0, vcpu_get64(self->v, KVM_REG_ARM_TIMER_CTL) & 3);
	EXPECT_EQ(PSCI_VERSION(1, 1), vcpu_get64(self->v, KVM_REG_ARM_PSCI_VERSION));
}

static int get_errno(struct vcpu *v, u64 id)
{
	u64 value[32];

	return ERRNO(vcpu_get(v, id, value));
}

TEST_F(regs, id_errors)
{
	u64 pc = CORE_REG(regs.pc), size = KVM_REG_SIZE_MASK;
	u64 zero[32] = { 0 };

	EXPECT_NE(0, get_errno(self->v, 0));
	EXPECT_NE(0, get_errno(self->v, ~0ULL));
	/* Another architecture's, another class, no such system register. */
	EXPECT_NE(0, get_errno(self->v, (pc & ~KVM_REG_ARCH_MASK) | KVM_REG_X86));
	EXPECT_EQ(ENOENT, get_errno(self->v, KVM_REG_ARM64 | KVM_REG_SIZE_U64 |
				    (0xffULL << KVM_REG_ARM_COPROC_SHIFT)));
	EXPECT_EQ(ENOENT, get_errno(self->v, ARM64_SYS_REG(3, 7, 15, 15, 7)));
	/* A core register of a wrong size, between two registers, behind all. */
	EXPECT_EQ(EINVAL, get_errno(self->v, (pc & ~size) | KVM_REG_SIZE_U32));
	EXPECT_EQ(EINVAL, get_errno(self->v, pc + 1));
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(self->v, pc + 1, zero)));
	EXPECT_NE(0, get_errno(self->v, pc | 0xffff));
	EXPECT_EQ(EFAULT, ERRNO(vcpu_get(self->v, pc, NULL)));
	EXPECT_EQ(EFAULT, ERRNO(vcpu_set(self->v, pc, NULL)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->v->fd, KVM_GET_ONE_REG, NULL)));
}

/* AArch64 at EL1 or EL0: no other mode can be asked for. */
TEST_F(regs, pstate_modes)
{
	static const u64 good[] = { 0x0, 0x4, 0x5 };
	static const u64 bad[] = { 0x8, 0x9, 0xc, 0xd, 0x1 };
	unsigned int i;
	u64 mode;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		mode = good[i] | 0x3c0;
		EXPECT_EQ(0, vcpu_set(self->v, CORE_REG(regs.pstate), &mode));
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		mode = bad[i] | 0x3c0;
		EXPECT_EQ(EINVAL, ERRNO(vcpu_set(self->v, CORE_REG(regs.pstate), &mode)))
			TH_LOG("mode %#lx", bad[i]);
	}
}

/* ID registers say what the machine has: they take no other value. */
TEST_F(regs, id_registers_refuse_changes)
{
	u64 isar0 = ARM64_SYS_REG(3, 0, 0, 6, 0), midr = ARM64_SYS_REG(3, 0, 0, 0, 0);
	u64 value;

	value = vcpu_get64(self->v, isar0) ^ 0xf0;
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(self->v, isar0, &value)));
	value = vcpu_get64(self->v, midr) ^ 1;
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(self->v, midr, &value)));
}

/*
 * EL1 registers that keep any value: marks go in by ioctl, the guest looks and
 * changes them, user space sees that.
 */
#define EL1_REGS(op)						\
	op(tpidr_el0, ARM64_SYS_REG(3, 3, 13, 0, 2), 0x10100)	\
	op(tpidrro_el0, ARM64_SYS_REG(3, 3, 13, 0, 3), 0x10200)	\
	op(far_el1, ARM64_SYS_REG(3, 0, 6, 0, 0), 0x10300)	\
	op(ttbr1_el1, ARM64_SYS_REG(3, 0, 2, 0, 1), 0x10400)	\
	op(afsr0_el1, ARM64_SYS_REG(3, 0, 5, 1, 0), 0)		\
	op(elr_el1, CORE_REG(elr_el1), 0x10500)			\
	op(csselr_el1, ARM64_SYS_REG(3, 2, 0, 0, 0), 2)

#define GUEST_LOOK(r, id, mark)		GUEST_ASSERT_EQ(read_sysreg(r), mark);
#define GUEST_CHANGE(r, id, mark)	write_sysreg((mark) * 2, r);
#define HOST_SET(r, id, mark)		vcpu_set64(v, id, mark);
#define HOST_LOOK(r, id, mark)		EXPECT_EQ((mark) * 2, vcpu_get64(v, id)) TH_LOG(#r);

static void guest_el1_regs(u64 arg)
{
	EL1_REGS(GUEST_LOOK)
	EL1_REGS(GUEST_CHANGE)
	isb();
	guest_sync(1);
}

TEST_F(regs, shared_with_the_guest)
{
	struct vcpu *v = self->v;

	vcpu_start(v, guest_el1_regs, 0);
	EL1_REGS(HOST_SET)
	vcpu_expect_sync(v, 1);
	EL1_REGS(HOST_LOOK)
}

TEST_F(regs, psci_version_can_be_lowered)
{
	u64 version = PSCI_VERSION(0, 2);

	EXPECT_EQ(0, vcpu_set(self->v, KVM_REG_ARM_PSCI_VERSION, &version));
	EXPECT_EQ(version, vcpu_get64(self->v, KVM_REG_ARM_PSCI_VERSION));
	version = PSCI_VERSION(9, 9);
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(self->v, KVM_REG_ARM_PSCI_VERSION, &version)));
}

TEST_HARNESS_MAIN
