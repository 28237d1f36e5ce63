// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the guest's view of the machine is one view: each ID register
 * reads in the guest as KVM_GET_ONE_REG says, in all vCPUs alike; what the ID
 * registers hide is UNDEFINED when used; and MPIDR, MIDR and CTR are usable. User
 * space may lower what the guest sees until it runs, and what it may is told.
 */
#include <errno.h>
#include <sys/ioctl.h>
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

#define EXPECT_UNDEF(insn)	GUEST_EXPECT_UNDEF(asm volatile(insn : : : "x0", "x1", "x2", "memory"))

static void guest_hidden(u64 arg)
{
	/* CPACR_EL1.ZEN and SMEN, or the CPU's own trap to EL1 comes first. */
	write_sysreg(read_sysreg(cpacr_el1) | 3UL << 16 | 3UL << 24, cpacr_el1);
	isb();
	/* Registers by number: the assembler must not need the extension. */
	EXPECT_UNDEF("mrs x0, s3_0_c1_c2_0");	/* ZCR_EL1 */
	EXPECT_UNDEF("msr s3_0_c1_c2_0, x0");
	EXPECT_UNDEF("mrs x0, s3_0_c9_c9_0");	/* PMSCR_EL1 */
	EXPECT_UNDEF("msr s3_0_c9_c9_0, x0");
	EXPECT_UNDEF("mrs x0, s3_0_c9_c10_0");	/* PMBLIMITR_EL1 */
	EXPECT_UNDEF("mrs x0, s3_0_c9_c10_7");	/* PMBIDR_EL1 */
	EXPECT_UNDEF("mrs x0, s3_0_c9_c11_0");	/* TRBLIMITR_EL1 */
	EXPECT_UNDEF("mrs x0, s3_0_c9_c11_7");	/* TRBIDR_EL1 */
	EXPECT_UNDEF("mrs x0, s3_0_c1_c2_1");	/* TRFCR_EL1 */
	EXPECT_UNDEF("mrs x0, s2_1_c0_c1_0");	/* TRCPRGCTLR */
	EXPECT_UNDEF("mrs x0, s3_0_c10_c5_0");	/* MPAM1_EL1 */
	EXPECT_UNDEF("mrs x0, s3_3_c9_c12_0");	/* PMCR_EL0 */
	EXPECT_UNDEF("mrs x0, s3_3_c9_c13_0");	/* PMCCNTR_EL0 */
	EXPECT_UNDEF("mrs x0, s3_3_c13_c2_0");	/* AMCR_EL0 */
	EXPECT_UNDEF("mrs x0, s3_3_c13_c0_5");	/* TPIDR2_EL0 */
	EXPECT_UNDEF("msr s3_3_c13_c0_5, xzr");
	EXPECT_UNDEF("mrs x0, s3_0_c2_c0_3");	/* TCR2_EL1 */
	EXPECT_UNDEF("msr s3_0_c2_c0_3, xzr");
	EXPECT_UNDEF("mrs x0, s3_0_c10_c2_3");	/* PIR_EL1 */
	EXPECT_UNDEF("mrs x0, s3_0_c10_c2_2");	/* PIRE0_EL1 */
	EXPECT_UNDEF("mrs x0, s3_3_c10_c2_4");	/* POR_EL0 */
	/* cpyfp [x0]!, [x1]!, x2!: MOPS, of no bytes */
	EXPECT_UNDEF("mov x0, #0; mov x1, #0; mov x2, #0; .inst 0x19010440");
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

#define MMFR2_IDS	(0xfULL << 36)

/* Reads of the ID space that are UNDEFINED are reported as reads with FEAT_IDST. */
static void guest_reported(u64 arg)
{
	u64 ec = read_sysreg(id_aa64mmfr2_el1) & MMFR2_IDS ? ESR_EC_SYS64 : ESR_EC_UNKNOWN;

	GUEST_ASSERT_EQ(ESR_EC(GUEST_CATCH(read_sysreg(s3_1_c0_c0_4))), ec);	/* GMID_EL1 */
	GUEST_ASSERT_EQ(ESR_EC(GUEST_CATCH(read_sysreg(s3_1_c0_c0_6))), ec);	/* SMIDR_EL1 */
	GUEST_ASSERT_EQ(ESR_EC(GUEST_CATCH(read_sysreg(s3_3_c0_c0_5))), ec);	/* nobody's */
	GUEST_EXPECT_UNDEF(write_sysreg(0, s3_0_c0_c4_0));
	GUEST_EXPECT_UNDEF(write_sysreg(0, s3_1_c0_c0_4));
	GUEST_EXPECT_UNDEF(read_sysreg(s3_0_c11_c15_7));
}

TEST(reads_of_the_id_space)
{
	struct vm vm;

	if (dev_is_kvm())
		SKIP(return, "KVM 6.1 shows FEAT_IDST and does not have it");
	vm_init(&vm, 1, guest_reported);
	vcpu_finish(&vm.vcpu[0]);
}

#define ISAR0_CRC32	(0xfULL << 16)

static void guest_has_no_crc32(u64 arg)
{
	GUEST_ASSERT_EQ(read_sysreg(id_aa64isar0_el1) & ISAR0_CRC32, 0);
	guest_sync(1);
	GUEST_ASSERT_EQ(read_sysreg(id_aa64isar0_el1) & ISAR0_CRC32, 0);
}

/* Whether this KVM, or peng, lets user space lower ID registers. */
static bool can_lower(struct vcpu *vcpu)
{
	u64 less = vcpu_get64(vcpu, ID(6, 0)) & ~ISAR0_CRC32;

	return !vcpu_set(vcpu, ID(6, 0), &less);
}

/* For all vCPUs at once, up or down again until one runs, and never above the host. */
TEST(lowered_for_the_vm)
{
	struct vm vm;
	u64 all, less, more;

	vm_init(&vm, 2, guest_has_no_crc32);
	all = vcpu_get64(&vm.vcpu[0], ID(6, 0));
	ASSERT_NE(0, all & ISAR0_CRC32);
	if (!can_lower(&vm.vcpu[0])) {
		ASSERT_TRUE(dev_is_kvm());
		SKIP(return, "ID registers cannot be lowered before 6.6");
	}
	less = all & ~ISAR0_CRC32;
	EXPECT_EQ(less, vcpu_get64(&vm.vcpu[1], ID(6, 0)));
	EXPECT_EQ(0, vcpu_set(&vm.vcpu[1], ID(6, 0), &all));
	EXPECT_EQ(all, vcpu_get64(&vm.vcpu[0], ID(6, 0)));
	more = all | ISAR0_CRC32;
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(&vm.vcpu[0], ID(6, 0), &more)));
	EXPECT_EQ(all, vcpu_get64(&vm.vcpu[0], ID(6, 0)));
	EXPECT_EQ(0, vcpu_set(&vm.vcpu[0], ID(6, 0), &less));
	vcpu_expect_sync(&vm.vcpu[0], 1);
	EXPECT_EQ(EBUSY, ERRNO(vcpu_set(&vm.vcpu[0], ID(6, 0), &all)));
	EXPECT_EQ(EBUSY, ERRNO(vcpu_set(&vm.vcpu[1], ID(6, 0), &all)));
	EXPECT_EQ(0, vcpu_set(&vm.vcpu[0], ID(6, 0), &less));
	vcpu_finish(&vm.vcpu[0]);
	vcpu_finish(&vm.vcpu[1]);
}

/* Granules, debug, RAS, and what belongs to features that the VM has not. */
TEST(fixed_fields_stay)
{
	static const struct { u64 id; u32 shift; } fixed[] = {
		{ ID(4, 0), 16 }, { ID(4, 0), 20 }, { ID(4, 0), 32 },
		{ ID(4, 1), 8 }, { ID(5, 0), 8 }, { ID(5, 0), 12 }, { ID(6, 1), 4 },
	};
	struct vm vm;
	u64 value;
	size_t i;

	vm_init(&vm, 1, guest_read_ids);
	for (i = 0; i < ARRAY_SIZE(fixed); i++) {
		value = vcpu_get64(&vm.vcpu[0], fixed[i].id) ^ 1ULL << fixed[i].shift;
		EXPECT_EQ(EINVAL, ERRNO(vcpu_set(&vm.vcpu[0], fixed[i].id, &value)))
			TH_LOG("%#lx, bit %u", (u64)fixed[i].id, fixed[i].shift);
	}
}

/* What the mask leaves out cannot change, and what it has can become 0. */
TEST(writable_as_told)
{
	static u64 masks[KVM_ARM_FEATURE_ID_RANGE_SIZE];
	struct reg_mask_range range = { .addr = (u64)masks };
	struct vm vm;
	u64 mask, value;
	u32 crm, op2;

	vm_init(&vm, 1, guest_read_ids);
	if (!ioctl(vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES))
		SKIP(return, "the kernel's API has no masks of ID registers");
	ASSERT_EQ(0, ioctl(vm.fd, KVM_ARM_GET_REG_WRITABLE_MASKS, &range));
	for (crm = 4; crm <= LAST_CRM; crm++)
		for (op2 = 0; op2 < 8; op2++) {
			u64 now = vcpu_get64(&vm.vcpu[0], ID(crm, op2));

			mask = masks[KVM_ARM_FEATURE_ID_RANGE_IDX(3, 0, 0, crm, op2)];
			value = now ^ ~mask;
			if (~mask && !dev_is_kvm())
				EXPECT_EQ(EINVAL, ERRNO(vcpu_set(&vm.vcpu[0], ID(crm, op2), &value)));
			value = now & ~mask;
			if (!dev_is_kvm())
				EXPECT_EQ(0, vcpu_set(&vm.vcpu[0], ID(crm, op2), &value))
					TH_LOG("S3_0_C0_C%u_%u", crm, op2);
		}
	EXPECT_NE(0, masks[KVM_ARM_FEATURE_ID_RANGE_IDX(3, 0, 0, 6, 0)] & ISAR0_CRC32);
	range.range = 1;
	EXPECT_EQ(EINVAL, ERRNO(ioctl(vm.fd, KVM_ARM_GET_REG_WRITABLE_MASKS, &range)));
	range.range = KVM_ARM_FEATURE_ID_RANGE;
	range.reserved[12] = 1;
	EXPECT_EQ(EINVAL, ERRNO(ioctl(vm.fd, KVM_ARM_GET_REG_WRITABLE_MASKS, &range)));
	range.reserved[12] = 0;
	range.addr = 8;
	EXPECT_EQ(EFAULT, ERRNO(ioctl(vm.fd, KVM_ARM_GET_REG_WRITABLE_MASKS, &range)));
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
