// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves PSCI as a guest sees it: version and features, CPU_ON with its three
 * ways to fail and the state that the new CPU starts in, CPU_OFF and on again,
 * AFFINITY_INFO, CPU_SUSPEND, and that SYSTEM_OFF and SYSTEM_RESET reach user
 * space as what they are.
 */
#include <linux/psci.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"

#define CPUS		4
#define CONTEXT_BITS	0x5a5a000000000000ULL

static u64 arrived[CPUS];

static s64 psci(u64 fn, u64 a1, u64 a2, u64 a3)
{
	return (s64)guest_hvc(fn, a1, a2, a3).x0;
}

static struct guest_cpu *cpu_block(u32 cpu)
{
	u64 first = (u64)guest_self() - guest_self()->id * GUEST_CPU_SIZE;

	return (void *)(first + cpu * GUEST_CPU_SIZE);
}

static s64 cpu_on(u32 cpu)
{
	return psci(PSCI_0_2_FN64_CPU_ON, cpu, (u64)guest_start, (u64)cpu_block(cpu));
}

static s64 affinity_info(u64 mpidr)
{
	return psci(PSCI_0_2_FN64_AFFINITY_INFO, mpidr, 0, 0);
}

static void guest_version(u64 arg)
{
	static const u32 has[] = {
		PSCI_0_2_FN_PSCI_VERSION, PSCI_0_2_FN_CPU_SUSPEND, PSCI_0_2_FN64_CPU_SUSPEND,
		PSCI_0_2_FN_CPU_OFF, PSCI_0_2_FN_CPU_ON, PSCI_0_2_FN64_CPU_ON,
		PSCI_0_2_FN_AFFINITY_INFO, PSCI_0_2_FN64_AFFINITY_INFO,
		PSCI_0_2_FN_MIGRATE_INFO_TYPE, PSCI_0_2_FN_SYSTEM_OFF,
		PSCI_0_2_FN_SYSTEM_RESET, PSCI_1_0_FN_PSCI_FEATURES, 0x80000000,
	};
	u64 version = psci(PSCI_0_2_FN_PSCI_VERSION, 0, 0, 0);
	u32 i;

	GUEST_ASSERT_EQ(version, PSCI_VERSION(1, 1));
	for (i = 0; i < sizeof(has) / sizeof(has[0]); i++)
		GUEST_ASSERT((s32)psci(PSCI_1_0_FN_PSCI_FEATURES, has[i], 0, 0) >= 0);
	GUEST_ASSERT_EQ((s32)psci(PSCI_1_0_FN_PSCI_FEATURES, PSCI_0_2_FN_MIGRATE, 0, 0),
			PSCI_RET_NOT_SUPPORTED);
	GUEST_ASSERT_EQ((s32)psci(PSCI_1_0_FN_PSCI_FEATURES, 0x8400ffff, 0, 0),
			PSCI_RET_NOT_SUPPORTED);
	GUEST_ASSERT_EQ(psci(PSCI_0_2_FN_MIGRATE_INFO_TYPE, 0, 0, 0), PSCI_0_2_TOS_MP);
	GUEST_ASSERT_EQ((s32)psci(PSCI_0_2_FN_MIGRATE, 1, 0, 0), PSCI_RET_NOT_SUPPORTED);
}

static void guest_bring_up(u64 cpu)
{
	u32 i;

	if (cpu) {
		GUEST_ASSERT_EQ(read_sysreg(mpidr_el1) & 0xff, cpu);
		counter_inc(arrived[cpu]);
		return;
	}
	for (i = 1; i < CPUS; i++) {
		GUEST_ASSERT_EQ(affinity_info(i), PSCI_0_2_AFFINITY_LEVEL_OFF);
		GUEST_ASSERT_EQ(cpu_on(i), PSCI_RET_SUCCESS);
		GUEST_WAIT(counter_read(arrived[i]) == 1);
		GUEST_ASSERT_EQ(affinity_info(i), PSCI_0_2_AFFINITY_LEVEL_ON);
	}
}

static void guest_on_errors(u64 cpu)
{
	if (cpu) {
		counter_inc(arrived[cpu]);
		GUEST_WAIT(counter_read(arrived[0]));
		return;
	}
	GUEST_ASSERT_EQ((s32)cpu_on(CPUS), PSCI_RET_INVALID_PARAMS);
	GUEST_ASSERT_EQ((s32)psci(PSCI_0_2_FN64_CPU_ON, 0xff00000000ULL, 0, 0),
			PSCI_RET_INVALID_PARAMS);
	GUEST_ASSERT_EQ((s32)cpu_on(0), PSCI_RET_ALREADY_ON);
	GUEST_ASSERT_EQ(cpu_on(1), PSCI_RET_SUCCESS);
	GUEST_WAIT(counter_read(arrived[1]));
	GUEST_ASSERT_EQ((s32)cpu_on(1), PSCI_RET_ALREADY_ON);
	GUEST_ASSERT_EQ((s32)affinity_info(CPUS), PSCI_RET_INVALID_PARAMS);
	GUEST_ASSERT_EQ((s32)psci(PSCI_0_2_FN64_AFFINITY_INFO, 0, 4, 0),
			PSCI_RET_INVALID_PARAMS);
	/* Level 3 is all CPUs below that affinity: one of them is on. */
	GUEST_ASSERT_EQ(psci(PSCI_0_2_FN64_AFFINITY_INFO, 0, 3, 0),
			PSCI_0_2_AFFINITY_LEVEL_ON);
	counter_set(arrived[0], 1);
}

static void guest_off_and_on(u64 cpu)
{
	u32 i;

	if (cpu) {
		counter_inc(arrived[cpu]);
		if (counter_read(arrived[cpu]) < 10)
			psci(PSCI_0_2_FN_CPU_OFF, 0, 0, 0);
		return;
	}
	for (i = 1; i <= 10; i++) {
		GUEST_WAIT(affinity_info(1) == PSCI_0_2_AFFINITY_LEVEL_OFF);
		GUEST_ASSERT_EQ(cpu_on(1), PSCI_RET_SUCCESS);
		GUEST_WAIT(counter_read(arrived[1]) == i);
	}
}

/* The 32-bit call has arguments of 32 bits: rubbish above them is cut off. */
static void guest_on_32bit(u64 cpu)
{
	if (cpu) {
		counter_inc(arrived[cpu]);
		return;
	}
	GUEST_ASSERT_EQ((s32)psci(PSCI_0_2_FN_CPU_ON, CONTEXT_BITS | 1,
				  CONTEXT_BITS | (u64)guest_start,
				  CONTEXT_BITS | (u64)cpu_block(1)), PSCI_RET_SUCCESS);
	GUEST_WAIT(counter_read(arrived[1]));
}

/* Without startup code: what the architecture and PSCI say about a new CPU. */
extern char psci_bare_start[];
asm(
"	.text\n"
"psci_bare_start:\n"
"	mrs	x1, sctlr_el1\n"
"	mrs	x2, daif\n"
"	mrs	x3, CurrentEL\n"
"	str	x1, [x0]\n"
"	str	x2, [x0, #8]\n"
"	str	x3, [x0, #16]\n"
"	str	x0, [x0, #24]\n"
"	mov	x4, #0x50010000\n"	/* GUEST_MMIO_BASE */
"	str	wzr, [x4]\n"
"	b	.\n");

static u64 *start_state;

static void guest_start_state(u64 cpu)
{
	GUEST_ASSERT_EQ(psci(PSCI_0_2_FN64_CPU_ON, 1, (u64)psci_bare_start, (u64)start_state),
			PSCI_RET_SUCCESS);
}

static void guest_suspend(u64 arg)
{
	gic_init();
	irq_disable();
	gic_enable(GIC_PPI_VTIMER);
	write_sysreg(counter_virtual() + 10000, cntv_cval_el0);
	write_sysreg(1, cntv_ctl_el0);
	isb();
	/* A standby state: comes back here at the interrupt. */
	GUEST_ASSERT_EQ(psci(PSCI_0_2_FN64_CPU_SUSPEND, 0, 0, 0), PSCI_RET_SUCCESS);
	GUEST_ASSERT(read_sysreg(isr_el1) & 0x80);
}

static void guest_system(u64 fn)
{
	psci(fn, 0, 0, 0);
	GUEST_ASSERT(false);
}

static void run_psci(unsigned int nr, guest_fn fn)
{
	struct vm vm;

	vm_init_psci(&vm, nr, fn);
	vm_finish(&vm);
}

TEST(version_and_features)
{
	struct vm vm;

	vm_init(&vm, 1, guest_version);
	vcpu_finish(&vm.vcpu[0]);
}

TEST(cpu_on_all)
{
	run_psci(CPUS, guest_bring_up);
}

TEST(cpu_on_errors)
{
	run_psci(2, guest_on_errors);
}

TEST(cpu_off_and_on)
{
	run_psci(2, guest_off_and_on);
}

TEST(cpu_on_of_32_bits)
{
	run_psci(2, guest_on_32bit);
}

TEST(cpu_on_start_state)
{
	struct vm vm;
	struct vcpu *other = &vm.vcpu[1];

	vm_init_psci(&vm, 2, guest_start_state);
	start_state = vm_alloc(&vm, 64, 64);
	/* Registers of an earlier life must not leak into the new one. */
	vcpu_set64(other, CORE_REG(regs.regs[5]), CONTEXT_BITS);
	vcpu_finish(&vm.vcpu[0]);
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(other));
	EXPECT_EQ(0, start_state[0] & 0x1005);
	EXPECT_EQ(0x3c0, start_state[1]);
	EXPECT_EQ(4, start_state[2]);
	EXPECT_EQ((u64)start_state, start_state[3]);
	EXPECT_EQ(0, vcpu_get64(other, CORE_REG(regs.regs[5])));
}

TEST(suspend_ends_by_interrupt)
{
	struct vm vm;

	vm_init(&vm, 1, guest_suspend);
	vcpu_finish(&vm.vcpu[0]);
}

static void check_system(struct __test_metadata *_metadata, u64 fn, u32 event)
{
	struct vm vm;
	struct vcpu *vcpu = &vm.vcpu[0];
	struct kvm_mp_state mp;

	vm_init(&vm, 2, guest_system);
	vcpu_start(vcpu, guest_system, fn);
	ASSERT_EQ(KVM_EXIT_SYSTEM_EVENT, vcpu_run_exit(vcpu));
	EXPECT_EQ(event, vcpu->run->system_event.type);
	/* All vCPUs are off, so that none runs on into a reset machine. */
	ASSERT_EQ(0, ioctl(vm.vcpu[1].fd, KVM_GET_MP_STATE, &mp));
	EXPECT_EQ(KVM_MP_STATE_STOPPED, mp.mp_state);
	vm_destroy(&vm);
}

TEST(system_off)
{
	check_system(_metadata, PSCI_0_2_FN_SYSTEM_OFF, KVM_SYSTEM_EVENT_SHUTDOWN);
}

TEST(system_reset)
{
	check_system(_metadata, PSCI_0_2_FN_SYSTEM_RESET, KVM_SYSTEM_EVENT_RESET);
}

TEST_HARNESS_MAIN
