// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves a guest's PMU: counters count, stop, are reset and overflow where the guest
 * says, chained and by themselves; overflows interrupt, as a level; filters tell EL0
 * from EL1, and PMUSERENR_EL0 lets EL0 have what it names.
 */
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"
#include "pmu.h"

static void guest_cycles(u64 arg)
{
	u64 a, b;

	start();
	GUEST_ASSERT(PMCR_N(read_sysreg(pmcr_el0)) > 0);
	GUEST_ASSERT_EQ(read_sysreg(pmcntenset_el0), 0);
	a = counter(CYCLES);
	spin();
	GUEST_ASSERT_EQ(counter(CYCLES), a);

	on(CYCLES);
	spin();
	GUEST_ASSERT_EQ(counter(CYCLES), a);
	enable();
	a = counter(CYCLES);
	GUEST_WAIT(counter(CYCLES) > a + MANY);
	a = counter(CYCLES);
	b = counter(CYCLES);
	GUEST_ASSERT(b > a);

	off(CYCLES);
	a = counter(CYCLES);
	spin();
	GUEST_ASSERT_EQ(counter(CYCLES), a);
	on(CYCLES);
	GUEST_WAIT(counter(CYCLES) > a);
	write_sysreg(PMCR_LC, pmcr_el0);
	a = counter(CYCLES);
	spin();
	GUEST_ASSERT_EQ(counter(CYCLES), a);

	write_sysreg(PMCR_LC | PMCR_C, pmcr_el0);
	GUEST_ASSERT_EQ(counter(CYCLES), 0);
	GUEST_ASSERT_EQ(read_sysreg(pmcr_el0) & (PMCR_C | PMCR_P), 0);
	set_counter(CYCLES, 0x123456789abcdef);
	GUEST_ASSERT_EQ(counter(CYCLES), 0x123456789abcdef);
	enable();
	GUEST_WAIT(counter(CYCLES) > 0x123456789abcdef + MANY);
}

TEST(cycles_count_and_stop)
{
	struct vm vm;

	NEED_PMU();
	pmu_vm(&vm, guest_cycles);
	vcpu_finish(&vm.vcpu[0]);
}

/* The same on an event counter, which is told what to count. */
static void guest_event(u64 arg)
{
	u64 a;

	start();
	set_type(0, EVENT_CYCLES);
	GUEST_ASSERT_EQ(read_sysreg(pmevtyper0_el0), EVENT_CYCLES);
	set_counter(0, 5);
	GUEST_ASSERT_EQ(read_sysreg(pmevcntr0_el0), 5);
	on(0);
	enable();
	GUEST_WAIT(counter(0) > MANY);
	off(0);
	a = counter(0);
	spin();
	GUEST_ASSERT_EQ(counter(0), a);
	/* The cycle counter is not an event counter. */
	set_counter(CYCLES, 7);
	write_sysreg(PMCR_P | PMCR_LC, pmcr_el0);
	GUEST_ASSERT_EQ(counter(0), 0);
	GUEST_ASSERT_EQ(counter(CYCLES), 7);
}

TEST(event_counter_counts)
{
	struct vm vm;

	NEED_PMU();
	pmu_vm(&vm, guest_event);
	vcpu_finish(&vm.vcpu[0]);
}

static void swinc(u32 times)
{
	while (times--)
		write_sysreg(3, pmswinc_el0);
}

static void guest_swinc(u64 arg)
{
	start();
	set_type(0, EVENT_SW_INCR);
	set_type(1, EVENT_SW_INCR);
	on(0);
	swinc(3);
	GUEST_ASSERT_EQ(counter(0), 0);
	enable();
	swinc(5);
	GUEST_ASSERT_EQ(counter(0), 5);
	GUEST_ASSERT_EQ(counter(1), 0);
	GUEST_ASSERT(!overflowed(0));
	set_counter(0, 0xfffffffe);
	swinc(1);
	GUEST_ASSERT(!overflowed(0));
	swinc(2);
	GUEST_ASSERT_EQ(counter(0) & 0xffffffff, 1);
	GUEST_ASSERT(overflowed(0));
	write_sysreg(2, pmovsclr_el0);
	GUEST_ASSERT(overflowed(0));
	write_sysreg(1, pmovsclr_el0);
	GUEST_ASSERT(!overflowed(0));
	write_sysreg(1, pmovsset_el0);
	GUEST_ASSERT_EQ(read_sysreg(pmovsset_el0), 1);
}

TEST(software_increments)
{
	struct vm vm;

	NEED_PMU();
	pmu_vm(&vm, guest_swinc);
	vcpu_finish(&vm.vcpu[0]);
}

/* What software counts, and how often that overflows. */
static void start_chain(void)
{
	start();
	set_type(0, EVENT_SW_INCR);
	set_type(1, EVENT_CHAIN);
	on(0);
	on(1);
	enable();
}

static void guest_chain(u64 arg)
{
	start_chain();
	set_counter(0, 0xffffffff);
	set_counter(1, 41);
	write_sysreg(1, pmswinc_el0);
	GUEST_ASSERT_EQ(counter(1), 42);
	set_counter(0, 0xffffffff);
	off(1);
	write_sysreg(1, pmswinc_el0);
	GUEST_ASSERT_EQ(counter(1), 42);

	/* The upper half overflows in its turn. */
	on(1);
	set_counter(0, 0xffffffff);
	set_counter(1, 0xffffffff);
	write_sysreg(3, pmovsclr_el0);
	write_sysreg(1, pmswinc_el0);
	GUEST_ASSERT_EQ(read_sysreg(pmovsclr_el0), 3);

	/* And what hardware counts. */
	if (PMCR_N(read_sysreg(pmcr_el0)) < 4)
		return;
	set_type(2, EVENT_CYCLES);
	set_type(3, EVENT_CHAIN);
	set_counter(2, 0xffffffff - MANY);
	set_counter(3, 0);
	/* First who listens: on a busy machine the overflow may come before the next step. */
	on(3);
	on(2);
	GUEST_WAIT(counter(3) == 1);
	GUEST_ASSERT(overflowed(2));
	GUEST_ASSERT((u32)counter(2) < 0x80000000);
}

TEST(chained_counters)
{
	struct vm vm;

	NEED_PMU();
	pmu_vm(&vm, guest_chain);
	vcpu_finish(&vm.vcpu[0]);
}

/* From PMUv3p5 on: 64 bits, and PMCR_EL0.LP says where they overflow. */
static void guest_long(u64 arg)
{
	start_chain();
	set_counter(0, 0x1ffffffff);
	GUEST_ASSERT_EQ(counter(0), 0x1ffffffff);
	swinc(1);
	GUEST_ASSERT_EQ(counter(0), 0x200000000);
	GUEST_ASSERT(overflowed(0));
	GUEST_ASSERT_EQ(counter(1), 1);

	write_sysreg(3, pmovsclr_el0);
	write_sysreg(PMCR_E | PMCR_LC | PMCR_LP, pmcr_el0);
	isb();
	set_counter(0, 0x1ffffffff);
	swinc(1);
	GUEST_ASSERT_EQ(counter(0), 0x200000000);
	GUEST_ASSERT(!overflowed(0));
	set_counter(0, ~0UL);
	swinc(1);
	GUEST_ASSERT_EQ(counter(0), 0);
	GUEST_ASSERT(overflowed(0));
	GUEST_ASSERT_EQ(counter(1), 1);

	/* What hardware counts overflows there too. */
	set_type(0, EVENT_CYCLES);
	write_sysreg(3, pmovsclr_el0);
	set_counter(0, -(u64)MANY);
	GUEST_WAIT(overflowed(0));
	GUEST_ASSERT(counter(0) < 0x8000000000000000);
}

TEST(long_counters)
{
	struct vm vm;

	NEED_PMU();
	pmu_vm(&vm, guest_long);
	if ((vcpu_get64(&vm.vcpu[0], ARM64_SYS_REG(3, 0, 0, 5, 0)) >> 8 & 0xf) < PMUV3P5)
		SKIP(return, "guests have no PMUv3p5");
	vcpu_finish(&vm.vcpu[0]);
}

static u64 irqs_wanted, ovs_seen;

/* A level: as long as the guest leaves the overflow, it comes again. */
static void on_overflow(u32 intid)
{
	if (intid != PPI || READ_ONCE(guest_self()->irqs[PPI]) < irqs_wanted)
		return;
	ovs_seen = read_sysreg(pmovsclr_el0);
	write_sysreg(ovs_seen, pmovsclr_el0);
}

static void take_overflow(u64 n, u64 start)
{
	u32 before = READ_ONCE(guest_self()->irqs[PPI]);

	irqs_wanted = before + 3;
	ovs_seen = 0;
	set_counter(n, start);
	on(n);
	GUEST_WAIT(READ_ONCE(guest_self()->irqs[PPI]) == irqs_wanted);
	off(n);
	GUEST_ASSERT_EQ(ovs_seen, 1UL << n);
	spin();
	GUEST_ASSERT_EQ(READ_ONCE(guest_self()->irqs[PPI]), irqs_wanted);
}

static void guest_interrupt(u64 arg)
{
	start();
	guest_hooks.intid = on_overflow;
	gic_init();
	gic_enable(PPI);
	irq_enable();
	set_type(0, EVENT_CYCLES);
	enable();

	/* None without its enable bit. */
	set_counter(0, 0xffffffff - 1000);
	on(0);
	GUEST_WAIT(overflowed(0));
	spin();
	GUEST_ASSERT_EQ(READ_ONCE(guest_self()->irqs[PPI]), 0);
	off(0);
	write_sysreg(1, pmovsclr_el0);

	write_sysreg(1UL << CYCLES | 1, pmintenset_el1);
	GUEST_ASSERT_EQ(read_sysreg(pmintenclr_el1), 1UL << CYCLES | 1);
	take_overflow(0, 0xffffffff - MANY);
	take_overflow(0, 0xffffffff - 10);
	/* All 64 bits of the cycle counter, and not 32. */
	take_overflow(CYCLES, -(u64)MANY);
	write_sysreg(1UL << CYCLES, pmovsclr_el0);
	set_counter(CYCLES, 0xffffffff - 1000);
	on(CYCLES);
	GUEST_WAIT(counter(CYCLES) > 0x100000000 + MANY);
	GUEST_ASSERT(!overflowed(CYCLES));
	off(CYCLES);

	/* Set by hand; then gone with the enable bit. */
	irqs_wanted = -1;
	irq_disable();
	write_sysreg(1, pmovsset_el0);
	GUEST_WAIT(gic_pending(PPI));
	write_sysreg(1, pmintenclr_el1);
	GUEST_WAIT(!gic_pending(PPI));
}

TEST(overflow_interrupts)
{
	struct vm vm;

	NEED_PMU();
	pmu_vm(&vm, guest_interrupt);
	vcpu_finish(&vm.vcpu[0]);
}

/* Many periods in a row, as a sampling profiler has them. */
static void resample(u32 intid)
{
	if (intid != PPI)
		return;
	write_sysreg(1UL << 0, pmovsclr_el0);
	set_counter(0, 0xffffffff - MANY / 10);
}

static void guest_samples(u64 arg)
{
	start();
	guest_hooks.intid = resample;
	gic_init();
	gic_enable(PPI);
	set_type(0, EVENT_CYCLES);
	set_counter(0, 0xffffffff - MANY / 10);
	write_sysreg(1, pmintenset_el1);
	on(0);
	enable();
	irq_enable();
	GUEST_WAIT(READ_ONCE(guest_self()->irqs[PPI]) >= 50);
}

TEST(samples_follow_each_other)
{
	struct vm vm;

	NEED_PMU();
	pmu_vm(&vm, guest_samples);
	vcpu_finish(&vm.vcpu[0]);
}

static void guest_32(u64 arg)
{
	start();
	write_sysreg(PMCR_E, pmcr_el0);
	if (read_sysreg(pmcr_el0) & PMCR_LC)
		return;
	set_counter(CYCLES, 5UL << 32 | (0xffffffff - MANY));
	on(CYCLES);
	GUEST_WAIT(overflowed(CYCLES));
	GUEST_ASSERT_EQ(counter(CYCLES) >> 32, 6);
	off(CYCLES);
}

TEST(cycles_overflow_at_32_bits)
{
	struct vm vm;

	NEED_PMU();
	if (dev_is_kvm())
		SKIP(return, "KVM 6.1 waits for an overflow at 64 bits all the same");
	pmu_vm(&vm, guest_32);
	vcpu_finish(&vm.vcpu[0]);
}

static void guest_filters(u64 arg)
{
	u64 a;

	start();
	guest_hooks.sync = from_el0;
	enable();
	on(CYCLES);

	set_type(CYCLES, NOT_EL1);
	GUEST_ASSERT_EQ(read_sysreg(pmccfiltr_el0), NOT_EL1);
	a = counter(CYCLES);
	spin();
	GUEST_ASSERT_EQ(counter(CYCLES), a);
	GUEST_ASSERT_EQ(at_el0(el0_loop), ESR_EC_SVC64);
	GUEST_ASSERT(counter(CYCLES) > a);

	set_type(CYCLES, NOT_EL1 | NOT_EL0);
	a = counter(CYCLES);
	at_el0(el0_loop);
	GUEST_ASSERT_EQ(counter(CYCLES), a);

	set_type(CYCLES, NOT_EL0);
	a = counter(CYCLES);
	spin();
	GUEST_ASSERT(counter(CYCLES) > a);
	set_type(CYCLES, 0);
	a = counter(CYCLES);
	spin();
	GUEST_ASSERT(counter(CYCLES) > a);
}

TEST(filters_by_exception_level)
{
	struct vm vm;

	NEED_PMU();
	pmu_vm(&vm, guest_filters);
	guest_pgd[ALIAS_GIB] = BLOCK_EL0;
	vcpu_finish(&vm.vcpu[0]);
}

/* KVM 6.1 calls a trap to EL1 an UNDEFINED instruction. */
static u64 trap_class;

static void guest_userenr(u64 arg)
{
	start();
	guest_hooks.sync = from_el0;
	enable();
	on(CYCLES);
	GUEST_ASSERT_EQ(at_el0(el0_cycles), ESR_EC_SYS64);
	GUEST_ASSERT_EQ(at_el0(el0_pmcr), ESR_EC_SYS64);

	write_sysreg(USERENR_CR, pmuserenr_el0);
	isb();
	GUEST_ASSERT_EQ(at_el0(el0_userenr), ESR_EC_SVC64);
	GUEST_ASSERT_EQ(el0_x0, USERENR_CR);
	GUEST_ASSERT_EQ(at_el0(el0_cycles), ESR_EC_SVC64);
	GUEST_ASSERT(el0_x0 != 0);
	GUEST_ASSERT_EQ(at_el0(el0_set_cycles), trap_class);
	GUEST_ASSERT_EQ(at_el0(el0_pmcr), trap_class);

	write_sysreg(USERENR_EN, pmuserenr_el0);
	isb();
	GUEST_ASSERT_EQ(at_el0(el0_set_cycles), ESR_EC_SVC64);
	GUEST_ASSERT_EQ(at_el0(el0_pmcr), ESR_EC_SVC64);
	GUEST_ASSERT(el0_x0 & PMCR_E);
	write_sysreg(0, pmuserenr_el0);
	isb();
	GUEST_ASSERT_EQ(at_el0(el0_cycles), ESR_EC_SYS64);
}

TEST(what_el0_may_do)
{
	struct vm vm;

	NEED_PMU();
	if (dev_is_kvm())
		SKIP(return, "KVM 6.1 calls each trap to EL1 UNDEFINED");
	trap_class = ESR_EC_SYS64;
	pmu_vm(&vm, guest_userenr);
	guest_pgd[ALIAS_GIB] = BLOCK_EL0;
	vcpu_finish(&vm.vcpu[0]);
}

/* Counters that are not there, and what no guest may do. */
static void guest_undefined(u64 arg)
{
	u64 n = PMCR_N(read_sysreg(pmcr_el0));

	start();
	write_sysreg(~0UL, pmcntenset_el0);
	GUEST_ASSERT_EQ(read_sysreg(pmcntenclr_el0), 1UL << CYCLES | ((1UL << n) - 1));
	if (n >= CYCLES - 1)
		return;
	select_counter(n);
	GUEST_EXPECT_UNDEF(read_sysreg(pmxevcntr_el0));
	GUEST_EXPECT_UNDEF(read_sysreg(pmxevtyper_el0));
	GUEST_EXPECT_UNDEF(read_sysreg(pmevcntr30_el0));
	/* PMMIR_EL1, where there is one, describes nothing. */
	if ((read_sysreg(id_aa64dfr0_el1) >> 8 & 0xf) >= PMUV3P4)
		GUEST_ASSERT_EQ(read_sysreg(s3_0_c9_c14_6), 0);
}

TEST(counters_that_are_not_there)
{
	struct vm vm;

	NEED_PMU();
	pmu_vm(&vm, guest_undefined);
	vcpu_finish(&vm.vcpu[0]);
}

TEST_HARNESS_MAIN
