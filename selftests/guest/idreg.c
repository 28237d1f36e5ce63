// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the guest's view of the machine is one view: each ID register
 * reads in the guest as KVM_GET_ONE_REG says, in all vCPUs alike; what the ID
 * registers hide is UNDEFINED when used; and MPIDR, MIDR and CTR are usable.
 */
#include "kselftest_harness.h"
#include "vm.h"

#define ID(crm, op2)	ARM64_SYS_REG(3, 0, 0, crm, op2)

/* All of the ID space: CRm 1 to 7, op2 0 to 7. */
#define FIRST_CRM	1
#define LAST_CRM	7
#define CTR_IDC_DIC	(3ULL << 28)
#define NR_IDS		((LAST_CRM - FIRST_CRM + 1) * 8)

static u64 seen[2][NR_IDS];
static u64 seen_mpidr[2], seen_midr[2], seen_ctr[2];

#define READ_ID(crm, op2)							\
	out[((crm) - FIRST_CRM) * 8 + (op2)] = read_sysreg(s3_0_c0_c##crm##_##op2)
#define READ_ROW(crm)								\
	READ_ID(crm, 0); READ_ID(crm, 1); READ_ID(crm, 2); READ_ID(crm, 3);	\
	READ_ID(crm, 4); READ_ID(crm, 5); READ_ID(crm, 6); READ_ID(crm, 7)

static void guest_read_ids(u64 cpu)
{
	u64 *out = seen[cpu];

	READ_ROW(1); READ_ROW(2); READ_ROW(3); READ_ROW(4);
	READ_ROW(5); READ_ROW(6); READ_ROW(7);
	seen_mpidr[cpu] = read_sysreg(mpidr_el1);
	seen_midr[cpu] = read_sysreg(midr_el1);
	seen_ctr[cpu] = read_sysreg(ctr_el0);
}

TEST(read_as_by_ioctl)
{
	struct vm vm;
	u32 cpu, crm, op2;

	vm_init(&vm, 2, guest_read_ids);
	vm_finish(&vm);
	for (cpu = 0; cpu < 2; cpu++)
		for (crm = FIRST_CRM; crm <= LAST_CRM; crm++)
			for (op2 = 0; op2 < 8; op2++) {
				u64 want = vcpu_get64(&vm.vcpu[cpu], ID(crm, op2));

				EXPECT_EQ(want, seen[cpu][(crm - FIRST_CRM) * 8 + op2])
					TH_LOG("S3_0_C0_C%u_%u of CPU %u", crm, op2, cpu);
			}
	for (cpu = 0; cpu < 2; cpu++) {
		EXPECT_EQ(vcpu_get64(&vm.vcpu[cpu], ARM64_SYS_REG(3, 0, 0, 0, 5)),
			  seen_mpidr[cpu]);
		EXPECT_EQ(vcpu_get64(&vm.vcpu[cpu], ARM64_SYS_REG(3, 0, 0, 0, 0)),
			  seen_midr[cpu]);
		/* A host may claim IDC and DIC on its CPUs' behalf. */
		EXPECT_EQ(vcpu_get64(&vm.vcpu[cpu], ARM64_SYS_REG(3, 3, 0, 0, 1)) & ~CTR_IDC_DIC,
			  seen_ctr[cpu] & ~CTR_IDC_DIC);
		EXPECT_EQ(cpu, seen_mpidr[cpu] & 0xff);
	}
}

static u32 field(u64 reg, u32 shift)
{
	return reg >> shift & 0xf;
}

/* GICv3 by system registers, AArch64 only above EL0, and the rest as hidden. */
TEST(say_what_is_there)
{
	struct vcpu *vcpu;
	struct vm vm;
	u64 pfr0, dfr0;

	vm_init(&vm, 1, guest_read_ids);
	vcpu = &vm.vcpu[0];
	pfr0 = vcpu_get64(vcpu, ID(4, 0));
	dfr0 = vcpu_get64(vcpu, ID(5, 0));
	EXPECT_NE(0, field(pfr0, 0));
	EXPECT_NE(0, field(pfr0, 4));
	EXPECT_EQ(0, field(pfr0, 32)) TH_LOG("SVE without the vCPU feature");
	EXPECT_EQ(0, field(pfr0, 40)) TH_LOG("MPAM");
	EXPECT_EQ(0, field(pfr0, 44)) TH_LOG("AMU");
	EXPECT_EQ(1, field(pfr0, 24)) TH_LOG("GIC");
	EXPECT_EQ(0, field(dfr0, 8)) TH_LOG("PMU without the vCPU feature");
	EXPECT_EQ(0, field(dfr0, 32)) TH_LOG("SPE");
	EXPECT_EQ(0, field(vcpu_get64(vcpu, ID(4, 1)), 8)) TH_LOG("MTE");
	EXPECT_EQ(0, field(vcpu_get64(vcpu, ID(4, 1)), 24)) TH_LOG("SME");
	/* No vCPU feature asked for pointer authentication. */
	EXPECT_EQ(0, vcpu_get64(vcpu, ID(6, 1)) & 0xff000ff0);
}

#define EXPECT_UNDEF(insn)	GUEST_ASSERT_EQ(ESR_EC(GUEST_CATCH(		\
	asm volatile(insn : : : "x0", "memory"))), ESR_EC_UNKNOWN)

static void guest_hidden(u64 arg)
{
	/* CPACR_EL1.ZEN and SMEN, or the CPU's own trap to EL1 comes first. */
	write_sysreg(read_sysreg(cpacr_el1) | 3UL << 16 | 3UL << 24, cpacr_el1);
	isb();
	/* Registers by number: the assembler must not need the extension. */
	EXPECT_UNDEF("mrs x0, s3_0_c1_c2_0");	/* ZCR_EL1 */
	EXPECT_UNDEF("msr s3_0_c1_c2_0, x0");
	EXPECT_UNDEF("mrs x0, s3_0_c9_c9_0");	/* PMSCR_EL1 */
	EXPECT_UNDEF("mrs x0, s3_0_c10_c5_0");	/* MPAM1_EL1 */
	EXPECT_UNDEF("mrs x0, s3_3_c9_c12_0");	/* PMCR_EL0 */
	EXPECT_UNDEF("mrs x0, s3_3_c9_c13_0");	/* PMCCNTR_EL0 */
	EXPECT_UNDEF("mrs x0, s3_3_c13_c2_0");	/* AMCR_EL0 */
	EXPECT_UNDEF("mrs x0, s3_4_c1_c1_0");	/* HCR_EL2 */
	EXPECT_UNDEF("mrs x0, s3_6_c1_c1_0");	/* SCR_EL3 */
	EXPECT_UNDEF("mrs x0, s3_0_c11_c15_7");	/* nobody's */
	EXPECT_UNDEF(".inst 0x04a0e3e0");	/* cntb x0: SVE */
	EXPECT_UNDEF(".inst 0x00000000");
}

TEST(hidden_is_undefined)
{
	struct vm vm;

	vm_init(&vm, 1, guest_hidden);
	vcpu_finish(&vm.vcpu[0]);
}

/* Debug and performance registers that every kernel touches at boot. */
static void guest_usable(u64 arg)
{
	write_sysreg(0, mdscr_el1);
	write_sysreg(0, oslar_el1);
	isb();
	GUEST_ASSERT_EQ(read_sysreg(mdscr_el1), 0);
	GUEST_ASSERT(!(read_sysreg(oslsr_el1) & 2));
	write_sysreg(0x54, dbgbvr0_el1);
	GUEST_ASSERT_EQ(read_sysreg(dbgbvr0_el1), 0x54);
	write_sysreg(0, dbgbcr0_el1);
	GUEST_ASSERT_EQ(read_sysreg(dbgbcr0_el1), 0);
	read_sysreg(revidr_el1);
	read_sysreg(aidr_el1);
	read_sysreg(clidr_el1);
	write_sysreg(0, csselr_el1);
	isb();
	GUEST_ASSERT(read_sysreg(ccsidr_el1) != 0);
	GUEST_ASSERT_EQ(1ULL << (read_sysreg(dczid_el0) & 0xf), 16);
	write_sysreg(0x1234, tpidr_el0);
	write_sysreg(0x5678, tpidrro_el0);
	write_sysreg(0x9abc, contextidr_el1);
	guest_sync(1);
	GUEST_ASSERT_EQ(read_sysreg(tpidr_el0), 0x1234);
	GUEST_ASSERT_EQ(read_sysreg(tpidrro_el0), 0x5678);
	GUEST_ASSERT_EQ(read_sysreg(contextidr_el1), 0x9abc);
}

TEST(boot_registers_usable)
{
	struct vm vm;

	vm_init(&vm, 1, guest_usable);
	vcpu_finish(&vm.vcpu[0]);
}

TEST_HARNESS_MAIN
