// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that system registers that trap do what the architecture says: debug
 * registers keep their values and exist as often as ID_AA64DFR0 says, the OS
 * lock locks, stage-1 controls written with caches off arrive, set/way
 * maintenance loses no data, what is not virtualised is RAZ/WI, and reading
 * what is write-only or the reverse is UNDEFINED.
 */
#include "kselftest_harness.h"
#include "vm.h"

/* One statement for each of the 16 numbers that an encoding can hold. */
#define FOR_16(do)							\
	do(0) do(1) do(2) do(3) do(4) do(5) do(6) do(7)			\
	do(8) do(9) do(10) do(11) do(12) do(13) do(14) do(15)

#define EXPECT_RAZ_WI(r) do {						\
	write_sysreg(~0UL, r);						\
	GUEST_ASSERT_EQ(read_sysreg(r), 0);				\
} while (0)

static u64 dfr0, mmfr1, pfr0;
/* KVM has all breakpoints whatever the CPU says; QEMU's CPUs lack some registers. */
static bool kvm, emulated;

#define WRITE_DEBUG(n)							\
	if (n < brps) {							\
		write_sysreg(0x1000 + 4 * n, dbgbvr##n##_el1);		\
		write_sysreg(0x2000 + n, s2_0_c0_c##n##_5);		\
	}								\
	if (n < wrps)							\
		write_sysreg(0x3000 + 8 * n, dbgwvr##n##_el1);

#define READ_DEBUG(n)							\
	if (n < brps)							\
		GUEST_ASSERT_EQ(read_sysreg(dbgbvr##n##_el1), 0x1000 + 4 * n); \
	else if (!kvm)							\
		GUEST_EXPECT_UNDEF(read_sysreg(dbgbvr##n##_el1));		\
	if (n < wrps)							\
		GUEST_ASSERT_EQ(read_sysreg(dbgwvr##n##_el1), 0x3000 + 8 * n); \
	else if (!kvm)							\
		GUEST_EXPECT_UNDEF(read_sysreg(dbgwvr##n##_el1));

/* Values without the enable bit, so that nothing is armed. */
static void guest_debug(u64 arg)
{
	u32 brps = (dfr0 >> 12 & 0xf) + 1, wrps = (dfr0 >> 20 & 0xf) + 1;

	FOR_16(WRITE_DEBUG)
	FOR_16(READ_DEBUG)

	write_sysreg(1, oslar_el1);
	isb();
	GUEST_ASSERT_EQ(read_sysreg(oslsr_el1), 0xa);
	write_sysreg(0, oslar_el1);
	isb();
	GUEST_ASSERT_EQ(read_sysreg(oslsr_el1), 0x8);

	EXPECT_RAZ_WI(s2_0_c1_c3_4);	/* OSDLR_EL1 */
	if (!emulated)
		EXPECT_RAZ_WI(s2_0_c1_c4_4);	/* DBGPRCR_EL1 */
	GUEST_ASSERT_EQ(read_sysreg(s2_0_c1_c0_0), 0);	/* MDRAR_EL1 */
	GUEST_ASSERT_EQ(read_sysreg(s2_3_c0_c1_0), 0);	/* MDCCSR_EL0 */
}

static void guest_hidden(u64 arg)
{
	if (mmfr1 >> 16 & 0xf) {
		EXPECT_RAZ_WI(s3_0_c10_c4_0);	/* LORSA_EL1 */
		EXPECT_RAZ_WI(s3_0_c10_c4_3);	/* LORC_EL1 */
		GUEST_ASSERT_EQ(read_sysreg(s3_0_c10_c4_7), 0);	/* LORID_EL1 */
	}
	if (pfr0 >> 28 & 0xf)
		GUEST_ASSERT_EQ(read_sysreg(s3_0_c5_c3_0), 0);	/* ERRIDR_EL1 */
	if ((pfr0 >> 28 & 0xf) && !emulated) {
		EXPECT_RAZ_WI(s3_0_c5_c3_1);	/* ERRSELR_EL1 */
		EXPECT_RAZ_WI(s3_0_c5_c4_2);	/* ERXSTATUS_EL1 */
	}
	write_sysreg(0, s3_0_c12_c12_5);	/* ICC_SRE_EL1 */
	isb();
	GUEST_ASSERT_EQ(read_sysreg(s3_0_c12_c12_5) & 7, 7);
}

static void guest_one_way(u64 arg)
{
	GUEST_EXPECT_UNDEF(read_sysreg(s2_0_c1_c0_4));	/* OSLAR_EL1 */
	GUEST_EXPECT_UNDEF(write_sysreg(0, s2_0_c1_c1_4));	/* OSLSR_EL1 */
	GUEST_EXPECT_UNDEF(read_sysreg(s3_0_c12_c11_5));	/* ICC_SGI1R_EL1 */
	GUEST_EXPECT_UNDEF(write_sysreg(0, s3_0_c0_c4_0));	/* ID_AA64PFR0_EL1 */
	GUEST_EXPECT_UNDEF(write_sysreg(0, s3_0_c0_c0_0));	/* MIDR_EL1 */
	GUEST_EXPECT_UNDEF(write_sysreg(0, s3_3_c0_c0_1));	/* CTR_EL0 */
}

/*
 * Without startup code, so with MMU and caches off: registers that stage 1 is
 * made of take their values, and the PC goes on. Ends by an MMIO exit.
 */
extern char sysreg_bare_start[];
asm(
"	.text\n"
"sysreg_bare_start:\n"
"	msr	ttbr0_el1, x0\n"
"	msr	ttbr1_el1, x1\n"
"	msr	tcr_el1, x2\n"
"	msr	mair_el1, x3\n"
"	msr	esr_el1, x4\n"
"	msr	far_el1, x5\n"
"	msr	contextidr_el1, x6\n"
"	msr	sctlr_el1, x7\n"
"	isb\n"
"	mrs	x9, ttbr0_el1\n"
"	mrs	x10, sctlr_el1\n"
"	mov	x8, #0x50010000\n"	/* GUEST_MMIO_BASE */
"	str	wzr, [x8]\n"
"	b	.\n");

/* In the order of x0 to x7. The last sets SCTLR_EL1.C, which is nothing without M. */
static const struct {
	u64 id, val;
} controls[] = {
	{ ARM64_SYS_REG(3, 0, 2, 0, 0), 0x1000 },
	{ ARM64_SYS_REG(3, 0, 2, 0, 1), 0x2000 },
	{ ARM64_SYS_REG(3, 0, 2, 0, 2), 0x2b5193519 },
	{ ARM64_SYS_REG(3, 0, 10, 2, 0), 0xff440c0400 },
	{ ARM64_SYS_REG(3, 0, 5, 2, 0), 0x5a000000 },
	{ ARM64_SYS_REG(3, 0, 6, 0, 0), 0x12345678 },
	{ ARM64_SYS_REG(3, 0, 13, 0, 1), 0x87654321 },
	{ ARM64_SYS_REG(3, 0, 1, 0, 0), 0x00c5007c },
};

#define WORDS	4096
static u64 data[WORDS];

static void clean_set_way(u32 level, u64 ccsidr)
{
	u32 line = (ccsidr & 7) + 4, ways = (ccsidr >> 3 & 0x3ff) + 1;
	u32 sets = (ccsidr >> 13 & 0x7fff) + 1, set, way;

	for (way = 0; way < ways; way++)
		for (set = 0; set < sets && set < 64; set++) {
			u32 shift = ways > 1 ? __builtin_clz(ways - 1) : 0;
			u64 op = (u64)way << shift | (u64)set << line | level << 1;

			asm volatile("dc cisw, %0" : : "r" (op) : "memory");
		}
	dsb(sy);
}

/* As firmware does it: every data or unified cache, by set and way. */
static void guest_set_way(u64 arg)
{
	u64 clidr = read_sysreg(clidr_el1);
	u32 level, i;

	for (i = 0; i < WORDS; i++)
		data[i] = i * 0x9e3779b97f4a7c15UL;
	for (level = 0; level < 7 && (clidr >> 3 * level & 7); level++) {
		write_sysreg(level << 1, csselr_el1);
		isb();
		GUEST_ASSERT_EQ(read_sysreg(csselr_el1), level << 1);
		if ((clidr >> 3 * level & 7) >= 2)
			clean_set_way(level, read_sysreg(ccsidr_el1));
	}
	for (i = 0; i < WORDS; i++)
		GUEST_ASSERT_EQ(data[i], i * 0x9e3779b97f4a7c15UL);
}

static void guest_actlr(u64 arg)
{
	u64 was = read_sysreg(actlr_el1);

	write_sysreg(~was, actlr_el1);
	isb();
	GUEST_ASSERT_EQ(read_sysreg(actlr_el1), was);
}

static void run_guest(guest_fn fn)
{
	struct vm vm;

	vm_init(&vm, 1, fn);
	pfr0 = vcpu_get64(&vm.vcpu[0], ARM64_SYS_REG(3, 0, 0, 4, 0));
	dfr0 = vcpu_get64(&vm.vcpu[0], ARM64_SYS_REG(3, 0, 0, 5, 0));
	mmfr1 = vcpu_get64(&vm.vcpu[0], ARM64_SYS_REG(3, 0, 0, 7, 1));
	kvm = dev_is_kvm();
	emulated = host_is_emulated();
	vcpu_finish(&vm.vcpu[0]);
}

TEST(debug_registers)
{
	run_guest(guest_debug);
}

TEST(hidden_is_zero)
{
	run_guest(guest_hidden);
}

TEST(read_only_and_write_only)
{
	run_guest(guest_one_way);
}

TEST(stage1_controls_with_caches_off)
{
	struct vm vm;
	struct vcpu *v = &vm.vcpu[0];
	unsigned int i;

	vm_init(&vm, 1, guest_actlr);
	for (i = 0; i < ARRAY_SIZE(controls); i++)
		vcpu_set64(v, CORE_REG(regs.regs[0]) + 2 * i, controls[i].val);
	vcpu_set64(v, CORE_REG(regs.pc), (u64)sysreg_bare_start);
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(v));
	for (i = 0; i < ARRAY_SIZE(controls); i++)
		EXPECT_EQ(controls[i].val, vcpu_get64(v, controls[i].id)) TH_LOG("x%u", i);
	EXPECT_EQ(controls[0].val, vcpu_get64(v, CORE_REG(regs.regs[9])));
	EXPECT_EQ(controls[7].val, vcpu_get64(v, CORE_REG(regs.regs[10])));
}

TEST(set_way_loses_nothing)
{
	run_guest(guest_set_way);
}

TEST(actlr_is_the_hosts)
{
	run_guest(guest_actlr);
}

TEST_HARNESS_MAIN
