// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that user space decides what firmware a guest finds: the PSCI version
 * register takes functions away, and vCPUs without PSCI_0_2 have KVM's numbers
 * of PSCI 0.1 instead; the bitmap registers take services away, and are fixed
 * once a vCPU has run; hypervisor services tell the host's time; SYSTEM_RESET2
 * is a reset of its own kind; and CSV2 and CSV3 can be lowered, nothing else.
 */
#include <errno.h>
#include <time.h>
#include <linux/arm-smccc.h>
#include <linux/psci.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"

#define NOT_SUPPORTED	((s32)-1)
#define PFR0		ARM64_SYS_REG(3, 0, 0, 4, 0)
#define CSV2_CSV3	(0xfUL << 56 | 0xfUL << 60)

static s32 call(u64 fn, u64 a1)
{
	return guest_hvc(fn, a1, 0, 0).x0;
}

static void guest_psci_0_2(u64 arg)
{
	GUEST_ASSERT_EQ(call(PSCI_0_2_FN_PSCI_VERSION, 0), PSCI_VERSION(0, 2));
	GUEST_ASSERT_EQ(call(PSCI_1_0_FN_PSCI_FEATURES, PSCI_0_2_FN_CPU_ON), NOT_SUPPORTED);
	GUEST_ASSERT_EQ(call(PSCI_1_1_FN_SYSTEM_RESET2, 0), NOT_SUPPORTED);
	GUEST_ASSERT_EQ(call(PSCI_0_2_FN_AFFINITY_INFO, 0), PSCI_0_2_AFFINITY_LEVEL_ON);
}

static void guest_psci_1_0(u64 arg)
{
	GUEST_ASSERT_EQ(call(PSCI_0_2_FN_PSCI_VERSION, 0), PSCI_VERSION(1, 0));
	GUEST_ASSERT_EQ(call(PSCI_1_0_FN_PSCI_FEATURES, PSCI_0_2_FN_CPU_ON), 0);
	GUEST_ASSERT_EQ(call(PSCI_1_0_FN_PSCI_FEATURES, PSCI_1_1_FN_SYSTEM_RESET2),
			NOT_SUPPORTED);
	GUEST_ASSERT_EQ(call(PSCI_1_1_FN_SYSTEM_RESET2, 0), NOT_SUPPORTED);
}

static u64 arrived;

/* 0.1 knows only CPU_OFF and CPU_ON here, and has no "already on". */
static void guest_psci_0_1(u64 cpu)
{
	u64 first = (u64)guest_self() - guest_self()->id * GUEST_CPU_SIZE;

	if (cpu) {
		counter_inc(arrived);
		return;
	}
	GUEST_ASSERT_EQ(call(PSCI_0_2_FN_PSCI_VERSION, 0), NOT_SUPPORTED);
	GUEST_ASSERT_EQ(call(KVM_PSCI_FN_MIGRATE, 0), NOT_SUPPORTED);
	GUEST_ASSERT_EQ((s32)guest_hvc(KVM_PSCI_FN_CPU_ON, 0, (u64)guest_start, 0).x0,
			PSCI_RET_INVALID_PARAMS);
	GUEST_ASSERT_EQ((s32)guest_hvc(KVM_PSCI_FN_CPU_ON, 1, (u64)guest_start,
				       first + GUEST_CPU_SIZE).x0, 0);
	GUEST_WAIT(counter_read(arrived));
}

static void guest_no_services(u64 arg)
{
	GUEST_ASSERT_EQ(call(ARM_SMCCC_TRNG_VERSION, 0), NOT_SUPPORTED);
	GUEST_ASSERT_EQ(call(ARM_SMCCC_TRNG_RND64, 64), NOT_SUPPORTED);
	GUEST_ASSERT_EQ(call(ARM_SMCCC_VENDOR_HYP_CALL_UID_FUNC_ID, 0), NOT_SUPPORTED);
	GUEST_ASSERT_EQ(call(ARM_SMCCC_VENDOR_HYP_KVM_PTP_FUNC_ID, 0), NOT_SUPPORTED);
	GUEST_ASSERT(call(ARM_SMCCC_VERSION_FUNC_ID, 0) > 0);
}

static struct smccc_result uid, ptp;
static u64 features;

static void guest_services(u64 arg)
{
	uid = guest_hvc(ARM_SMCCC_VENDOR_HYP_CALL_UID_FUNC_ID, 0, 0, 0);
	features = guest_hvc(ARM_SMCCC_VENDOR_HYP_KVM_FEATURES_FUNC_ID, 0, 0, 0).x0;
	ptp = guest_hvc(ARM_SMCCC_VENDOR_HYP_KVM_PTP_FUNC_ID, KVM_PTP_VIRT_COUNTER, 0, 0);
	GUEST_ASSERT_EQ(call(ARM_SMCCC_VENDOR_HYP_KVM_PTP_FUNC_ID, 2), NOT_SUPPORTED);
	GUEST_ASSERT((ptp.x2 << 32 | ptp.x3) <= read_sysreg(cntvct_el0));
}

static void guest_reset2(u64 arg)
{
	GUEST_ASSERT_EQ(call(PSCI_1_1_FN_SYSTEM_RESET2, 1), PSCI_RET_INVALID_PARAMS);
	call(PSCI_1_1_FN64_SYSTEM_RESET2, PSCI_1_1_RESET_TYPE_VENDOR_START);
	GUEST_ASSERT(false);
}

static void run_with(u64 id, u64 val, guest_fn fn)
{
	struct vm vm;

	vm_init(&vm, 1, fn);
	vcpu_set64(&vm.vcpu[0], id, val);
	vcpu_finish(&vm.vcpu[0]);
}

TEST(psci_versions)
{
	run_with(KVM_REG_ARM_PSCI_VERSION, PSCI_VERSION(0, 2), guest_psci_0_2);
	run_with(KVM_REG_ARM_PSCI_VERSION, PSCI_VERSION(1, 0), guest_psci_1_0);
}

static void init_without_psci_0_2(struct vcpu *vcpu, u32 features)
{
	struct kvm_vcpu_init init;

	CHECK_FD(ioctl(vcpu->vm->fd, KVM_ARM_PREFERRED_TARGET, &init));
	init.features[0] = features;
	CHECK_FD(ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &init));
}

TEST(psci_0_1)
{
	u64 version = PSCI_VERSION(0, 2);
	struct vm vm;

	vm_open(&vm, 0);
	vm_add_memory(&vm);
	vm_add_vcpu(&vm);
	vm_add_vcpu(&vm);
	vm_add_gic(&vm);
	init_without_psci_0_2(&vm.vcpu[0], 0);
	init_without_psci_0_2(&vm.vcpu[1], 1 << KVM_ARM_VCPU_POWER_OFF);
	EXPECT_EQ(PSCI_VERSION(0, 1), vcpu_get64(&vm.vcpu[0], KVM_REG_ARM_PSCI_VERSION));
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(&vm.vcpu[0], KVM_REG_ARM_PSCI_VERSION, &version)));
	vcpu_start(&vm.vcpu[0], guest_psci_0_1, 0);
	vm.vcpu[1].guest->entry = (u64)guest_psci_0_1;
	vm.vcpu[1].guest->arg = 1;
	vm_finish(&vm);
}

TEST(services_can_be_taken_away)
{
	struct vm vm;
	struct vcpu *v = &vm.vcpu[0];
	u64 all = ~0ULL, one = 1, none = 0;

	vm_init(&vm, 1, guest_no_services);
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(v, KVM_REG_ARM_STD_BMAP, &all)));
	vcpu_set64(v, KVM_REG_ARM_STD_BMAP, 0);
	vcpu_set64(v, KVM_REG_ARM_VENDOR_HYP_BMAP, 0);
	vcpu_finish(v);
	EXPECT_EQ(EBUSY, ERRNO(vcpu_set(v, KVM_REG_ARM_STD_BMAP, &one)));
	EXPECT_EQ(0, vcpu_set(v, KVM_REG_ARM_STD_BMAP, &none));
}

TEST(hypervisor_services)
{
	struct timespec before, after;
	s64 time;
	struct vm vm;

	vm_init(&vm, 1, guest_services);
	clock_gettime(CLOCK_REALTIME, &before);
	vcpu_finish(&vm.vcpu[0]);
	clock_gettime(CLOCK_REALTIME, &after);

	EXPECT_EQ(ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_0, uid.x0);
	EXPECT_EQ(ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_3, uid.x3);
	EXPECT_EQ(vcpu_get64(&vm.vcpu[0], KVM_REG_ARM_VENDOR_HYP_BMAP), features);
	time = ptp.x0 << 32 | ptp.x1;
	EXPECT_LE(before.tv_sec * 1000000000 + before.tv_nsec, time);
	EXPECT_GE(after.tv_sec * 1000000000 + after.tv_nsec, time);
}

TEST(system_reset2)
{
	struct vm vm;
	struct kvm_run *run;

	vm_init(&vm, 1, guest_reset2);
	run = vm.vcpu[0].run;
	ASSERT_EQ(KVM_EXIT_SYSTEM_EVENT, vcpu_run_exit(&vm.vcpu[0]));
	EXPECT_EQ(KVM_SYSTEM_EVENT_RESET, run->system_event.type);
	EXPECT_EQ(1, run->system_event.ndata);
	EXPECT_EQ(KVM_SYSTEM_EVENT_RESET_FLAG_PSCI_RESET2, run->system_event.data[0]);
}

TEST(csv_can_be_lowered)
{
	struct vm vm;
	struct vcpu *v = &vm.vcpu[0];
	u64 was, lower, other;

	vm_init(&vm, 1, guest_no_services);
	was = vcpu_get64(v, PFR0);
	lower = was & ~CSV2_CSV3;
	other = was ^ 1UL << 20;
	EXPECT_EQ(0, vcpu_set(v, PFR0, &lower));
	EXPECT_EQ(lower, vcpu_get64(v, PFR0));
	EXPECT_EQ(0, vcpu_set(v, PFR0, &was));
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(v, PFR0, &other)));
	other = was | CSV2_CSV3;
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(v, PFR0, &other)));
}

/* A vCPU that CPU_ON has turned on, but that has not run since, is reset. */
static void guest_turn_on(u64 arg)
{
	GUEST_ASSERT_EQ((s32)guest_hvc(PSCI_0_2_FN64_CPU_ON, 1, 0x1234560, 0x777).x0, 0);
}

TEST(cpu_on_is_seen_before_it_runs)
{
	struct vm vm;
	struct vcpu *other = &vm.vcpu[1];

	vm_init_psci(&vm, 2, guest_turn_on);
	vcpu_set64(other, CORE_REG(regs.regs[5]), 5);
	vcpu_finish(&vm.vcpu[0]);
	EXPECT_EQ(0x1234560, vcpu_get64(other, CORE_REG(regs.pc)));
	EXPECT_EQ(0x777, vcpu_get64(other, CORE_REG(regs.regs[0])));
	EXPECT_EQ(0, vcpu_get64(other, CORE_REG(regs.regs[5])));
}

TEST_HARNESS_MAIN
