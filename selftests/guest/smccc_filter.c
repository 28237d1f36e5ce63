// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the filter of firmware calls that newer kernels have: what it refuses,
 * that a denied call is unknown to the guest, that one for user space arrives
 * there with its registers, by HVC and by SMC, and goes on with the answer, and
 * that the calls beside a range are as without it.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <linux/arm-smccc.h>
#include <linux/psci.h>
#include "kselftest_harness.h"
#include "vm.h"

#define NOT_SUPPORTED	((u64)-1)
#define PSCI_1_1	0x10001

FIXTURE(filter) {
	struct vm vm;
};

static void guest_calls(u64 arg);

FIXTURE_SETUP(filter)
{
	vm_init(&self->vm, 1, guest_calls);
	if (dev_attr(self->vm.fd, KVM_HAS_DEVICE_ATTR, KVM_ARM_VM_SMCCC_CTRL,
		     KVM_ARM_VM_SMCCC_FILTER, NULL))
		SKIP_IN_SETUP("no filter of firmware calls in this kernel's API");
}

FIXTURE_TEARDOWN(filter)
{
	vm_destroy(&self->vm);
}

static int set(struct vm *vm, struct kvm_smccc_filter *range)
{
	return dev_attr(vm->fd, KVM_SET_DEVICE_ATTR, KVM_ARM_VM_SMCCC_CTRL,
			KVM_ARM_VM_SMCCC_FILTER, range);
}

static int add(struct vm *vm, u32 base, u32 nr, u8 action)
{
	struct kvm_smccc_filter range = { .base = base, .nr_functions = nr, .action = action };

	return set(vm, &range);
}

/* One call for each round of the test, and where its answer goes. */
static struct {
	bool smc;
	u64 func, arg[3];
	struct smccc_result result;
} call;

static void guest_calls(u64 arg)
{
	for (;;) {
		call.result = (call.smc ? guest_smc : guest_hvc)(call.func, call.arg[0],
								 call.arg[1], call.arg[2]);
		guest_sync(1);
	}
}

static u64 answer(struct vm *vm, u64 func, bool smc)
{
	call.func = func;
	call.smc = smc;
	vcpu_expect_sync(&vm->vcpu[0], 1);
	return call.result.x0;
}

TEST_F(filter, attributes)
{
	struct kvm_smccc_filter range = { .base = 1, .nr_functions = 1 };
	int fd = self->vm.fd;

	EXPECT_EQ(ENXIO, ERRNO(dev_attr(fd, KVM_HAS_DEVICE_ATTR, KVM_ARM_VM_SMCCC_CTRL, 1, NULL)));
	EXPECT_EQ(ENXIO, ERRNO(dev_attr(fd, KVM_HAS_DEVICE_ATTR, 1, 0, NULL)));
	EXPECT_EQ(ENXIO, ERRNO(dev_attr(fd, KVM_SET_DEVICE_ATTR, KVM_ARM_VM_SMCCC_CTRL, 1,
					&range)));
	EXPECT_EQ(ENXIO, ERRNO(dev_attr(fd, KVM_SET_DEVICE_ATTR, 1, 0, &range)));
	EXPECT_EQ(EFAULT, ERRNO(dev_attr(fd, KVM_SET_DEVICE_ATTR, KVM_ARM_VM_SMCCC_CTRL, 0,
					 (void *)8)));
	/* It cannot be read. */
	EXPECT_NE(0, dev_attr(fd, KVM_GET_DEVICE_ATTR, KVM_ARM_VM_SMCCC_CTRL, 0, &range));
}

TEST_F(filter, malformed)
{
	struct kvm_smccc_filter range = { .base = 0x84000000, .nr_functions = 1 };
	struct vm *vm = &self->vm;
	unsigned int i;

	for (i = 0; i < sizeof(range.pad); i++) {
		range.pad[i] = 1;
		EXPECT_EQ(EINVAL, ERRNO(set(vm, &range)));
		range.pad[i] = 0;
	}
	EXPECT_EQ(EINVAL, ERRNO(add(vm, 0x84000000, 1, KVM_SMCCC_FILTER_FWD_TO_USER + 1)));
	EXPECT_EQ(EINVAL, ERRNO(add(vm, 0x84000000, 1, 0xff)));
	EXPECT_EQ(EINVAL, ERRNO(add(vm, 0x84000000, 0, KVM_SMCCC_FILTER_DENY)));
	EXPECT_EQ(EINVAL, ERRNO(add(vm, 0xffffffff, 2, KVM_SMCCC_FILTER_DENY)));
	EXPECT_EQ(EINVAL, ERRNO(add(vm, 2, 0xffffffff, KVM_SMCCC_FILTER_DENY)));
	/* Nothing of it has taken effect. */
	EXPECT_EQ(0, add(vm, 0x84000000, 1, KVM_SMCCC_FILTER_HANDLE));
	EXPECT_EQ(0, add(vm, 0xffffffff, 1, KVM_SMCCC_FILTER_DENY));
}

TEST_F(filter, overlaps)
{
	struct vm *vm = &self->vm;

	EXPECT_EQ(0, add(vm, 0x84000010, 16, KVM_SMCCC_FILTER_DENY));
	EXPECT_EQ(EEXIST, ERRNO(add(vm, 0x84000010, 16, KVM_SMCCC_FILTER_DENY)));
	EXPECT_EQ(EEXIST, ERRNO(add(vm, 0x8400000f, 2, KVM_SMCCC_FILTER_DENY)));
	EXPECT_EQ(EEXIST, ERRNO(add(vm, 0x8400001f, 2, KVM_SMCCC_FILTER_HANDLE)));
	EXPECT_EQ(EEXIST, ERRNO(add(vm, 0x84000012, 1, KVM_SMCCC_FILTER_DENY)));
	EXPECT_EQ(EEXIST, ERRNO(add(vm, 0x84000000, 64, KVM_SMCCC_FILTER_DENY)));
	EXPECT_EQ(0, add(vm, 0x8400000f, 1, KVM_SMCCC_FILTER_DENY));
	EXPECT_EQ(0, add(vm, 0x84000020, 1, KVM_SMCCC_FILTER_DENY));
}

/* Arm Architecture Calls are nobody's to filter. */
TEST_F(filter, reserved_ranges)
{
	static const u32 first[] = { 0x80000000, 0xc0000000 };
	struct vm *vm = &self->vm;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(EEXIST, ERRNO(add(vm, first[i], 1, KVM_SMCCC_FILTER_DENY)));
		EXPECT_EQ(EEXIST, ERRNO(add(vm, first[i] + 0xffff, 1, KVM_SMCCC_FILTER_HANDLE)));
		EXPECT_EQ(EEXIST, ERRNO(add(vm, first[i] - 1, 2, KVM_SMCCC_FILTER_DENY)));
		EXPECT_EQ(0, add(vm, first[i] - 1, 1, KVM_SMCCC_FILTER_DENY));
		EXPECT_EQ(0, add(vm, first[i] + 0x10000, 1, KVM_SMCCC_FILTER_DENY));
	}
}

TEST_F(filter, not_after_a_run)
{
	struct vm *vm = &self->vm;

	EXPECT_EQ(0, add(vm, 0x84000050, 1, KVM_SMCCC_FILTER_DENY));
	EXPECT_EQ(PSCI_1_1, answer(vm, PSCI_0_2_FN_PSCI_VERSION, false));
	EXPECT_EQ(EBUSY, ERRNO(add(vm, PSCI_0_2_FN_PSCI_VERSION, 1, KVM_SMCCC_FILTER_DENY)));
	EXPECT_EQ(PSCI_1_1, answer(vm, PSCI_0_2_FN_PSCI_VERSION, false));
}

TEST_F(filter, denied)
{
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, add(vm, PSCI_0_2_FN_PSCI_VERSION, 1, KVM_SMCCC_FILTER_DENY));
	ASSERT_EQ(0, add(vm, ARM_SMCCC_TRNG_VERSION, 3, KVM_SMCCC_FILTER_DENY));
	EXPECT_EQ(NOT_SUPPORTED, answer(vm, PSCI_0_2_FN_PSCI_VERSION, false));
	EXPECT_EQ(NOT_SUPPORTED, answer(vm, PSCI_0_2_FN_PSCI_VERSION, true));
	/* Only the low half names a function. */
	EXPECT_EQ(NOT_SUPPORTED, answer(vm, 1ULL << 32 | PSCI_0_2_FN_PSCI_VERSION, false));
	EXPECT_EQ(NOT_SUPPORTED, answer(vm, ARM_SMCCC_TRNG_VERSION, false));
	EXPECT_EQ(NOT_SUPPORTED, answer(vm, ARM_SMCCC_TRNG_FEATURES, false));
	/* Those beside it, and those that are nobody's. */
	EXPECT_EQ(2, answer(vm, PSCI_0_2_FN_MIGRATE_INFO_TYPE, false));
	EXPECT_NE(NOT_SUPPORTED, answer(vm, ARM_SMCCC_VERSION_FUNC_ID, false));
}

/* A range that is handled is as one that was never named. */
TEST_F(filter, handled)
{
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, add(vm, 0x84000000, 0x20, KVM_SMCCC_FILTER_HANDLE));
	EXPECT_EQ(PSCI_1_1, answer(vm, PSCI_0_2_FN_PSCI_VERSION, false));
	EXPECT_EQ(NOT_SUPPORTED, answer(vm, 0x8400001f, false));
}

/* The kernels that have the filter answer SMC as HVC. */
TEST_F(filter, smc_is_answered)
{
	struct vm *vm = &self->vm;

	EXPECT_EQ(PSCI_1_1, answer(vm, PSCI_0_2_FN_PSCI_VERSION, true));
	EXPECT_EQ(answer(vm, ARM_SMCCC_VERSION_FUNC_ID, false),
		  answer(vm, ARM_SMCCC_VERSION_FUNC_ID, true));
	EXPECT_EQ(NOT_SUPPORTED, answer(vm, 0xc6001234, true));
}

static void guest_smc_other_immediate(u64 arg)
{
	register u64 x0 asm("x0") = PSCI_0_2_FN_PSCI_VERSION;

	asm volatile("smc #1" : "+r" (x0) : : "x1", "x2", "x3", "memory");
	GUEST_ASSERT_EQ(x0, NOT_SUPPORTED);
}

TEST_F(filter, smc_of_nobody)
{
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, add(vm, PSCI_0_2_FN_PSCI_VERSION, 1, KVM_SMCCC_FILTER_FWD_TO_USER));
	vcpu_start(&vm->vcpu[0], guest_smc_other_immediate, 0);
	vcpu_finish(&vm->vcpu[0]);
}

static void forwarded(struct __test_metadata *_metadata, struct vm *vm, u32 func, bool smc)
{
	struct vcpu *vcpu = &vm->vcpu[0];
	struct kvm_run *run = vcpu->run;
	unsigned int i;
	u32 *insn;

	call.func = 0xabcdULL << 32 | func;
	call.smc = smc;
	for (i = 0; i < 3; i++)
		call.arg[i] = 0x123456789abcdef0 + i;
	ASSERT_EQ(KVM_EXIT_HYPERCALL, vcpu_run_exit(vcpu));
	EXPECT_EQ(func, run->hypercall.nr);
	EXPECT_EQ(smc ? KVM_HYPERCALL_EXIT_SMC : 0, run->hypercall.flags);
	EXPECT_EQ(call.func, vcpu_get64(vcpu, CORE_REG(regs.regs[0])));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(call.arg[i], vcpu_get64(vcpu, CORE_REG(regs.regs[1 + i])));
	/* The PC is behind the instruction. */
	insn = (u32 *)vcpu_get64(vcpu, CORE_REG(regs.pc)) - 1;
	EXPECT_EQ(smc ? 0xd4000003 : 0xd4000002, *insn);

	for (i = 0; i < 4; i++)
		vcpu_set64(vcpu, CORE_REG(regs.regs[i]), ~0x1000ULL + i);
	vcpu_expect_sync(vcpu, 1);
	EXPECT_EQ(~0x1000ULL, call.result.x0);
	EXPECT_EQ(~0x1000ULL + 1, call.result.x1);
	EXPECT_EQ(~0x1000ULL + 2, call.result.x2);
	EXPECT_EQ(~0x1000ULL + 3, call.result.x3);
}

TEST_F(filter, forwarded)
{
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, add(vm, 0xc6000000, 0x10000, KVM_SMCCC_FILTER_FWD_TO_USER));
	ASSERT_EQ(0, add(vm, PSCI_0_2_FN_PSCI_VERSION, 1, KVM_SMCCC_FILTER_FWD_TO_USER));
	ASSERT_EQ(0, add(vm, 0, 1, KVM_SMCCC_FILTER_FWD_TO_USER));
	forwarded(_metadata, vm, 0xc6000000, false);
	forwarded(_metadata, vm, 0xc600ffff, true);
	forwarded(_metadata, vm, PSCI_0_2_FN_PSCI_VERSION, false);
	forwarded(_metadata, vm, PSCI_0_2_FN_PSCI_VERSION, true);
	forwarded(_metadata, vm, 0, false);
	EXPECT_EQ(NOT_SUPPORTED, answer(vm, 0xc6010000, false));
	EXPECT_EQ(2, answer(vm, PSCI_0_2_FN_MIGRATE_INFO_TYPE, false));
}

TEST_HARNESS_MAIN
