// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves affinity routing of SPIs: IROUTER decides which CPU takes one, a
 * change while it is pending moves it, an affinity that nobody has keeps it
 * pending, and any-CPU routing (IRM) brings it to exactly one.
 */
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"

#define CPUS	4
#define SPI	50
#define ROUNDS	8
#define IRM	BIT(31)

static u32 ready, stop, taken[CPUS];

static void count(u32 intid)
{
	if (intid == SPI)
		counter_inc(taken[guest_self()->id]);
}

static u32 total(void)
{
	u32 i, sum = 0;

	for (i = 0; i < CPUS; i++)
		sum += counter_read(taken[i]);
	return sum;
}

/* CPUs other than 0 only take what comes. */
static void serve(u64 cpu)
{
	gic_init_cpu(cpu);
	irq_enable();
	counter_inc(ready);
	while (!counter_read(stop))
		cpu_relax();
}

static void begin(void)
{
	guest_hooks.intid = count;
	gic_init();
	gic_set_edge(SPI, true);
	gic_enable(SPI);
	GUEST_WAIT(counter_read(ready) == CPUS - 1);
}

static void guest_follows_irouter(u64 cpu)
{
	u32 i, to;

	if (cpu) {
		serve(cpu);
		return;
	}
	begin();
	for (i = 0; i < ROUNDS * CPUS; i++) {
		to = i % CPUS;
		gic_route(SPI, to);
		GUEST_ASSERT_EQ(mmio_read64(GUEST_GICD_BASE + GICD_IROUTER + SPI * 8), to);
		gic_set_pending(SPI);
		GUEST_WAIT(total() == i + 1);
		GUEST_ASSERT_EQ(counter_read(taken[to]), i / CPUS + 1);
	}
	counter_set(stop, 1);
}

static void guest_moves_pending(u64 cpu)
{
	u32 to;

	if (cpu) {
		serve(cpu);
		return;
	}
	begin();
	irq_disable();
	for (to = 1; to < CPUS; to++) {
		gic_route(SPI, 0);
		gic_set_pending(SPI);
		GUEST_ASSERT(gic_pending(SPI));
		GUEST_ASSERT_EQ(total(), to - 1);
		gic_route(SPI, to);
		GUEST_WAIT(total() == to);
		GUEST_ASSERT_EQ(counter_read(taken[to]), 1);
	}
	counter_set(stop, 1);
}

static void guest_nobody(u64 cpu)
{
	if (cpu) {
		serve(cpu);
		return;
	}
	begin();
	gic_route(SPI, 0x00ffff00);
	gic_set_pending(SPI);
	GUEST_ASSERT(gic_pending(SPI));
	GUEST_ASSERT_EQ(total(), 0);
	gic_route(SPI, 2);
	GUEST_WAIT(total() == 1);
	GUEST_ASSERT_EQ(counter_read(taken[2]), 1);
	counter_set(stop, 1);
}

static void guest_any_cpu(u64 cpu)
{
	u32 i;

	if (cpu) {
		serve(cpu);
		return;
	}
	begin();
	gic_route(SPI, IRM);
	for (i = 1; i <= ROUNDS * CPUS; i++) {
		gic_set_pending(SPI);
		GUEST_WAIT(total() == i);
	}
	/* All CPUs enter anew before this says that none took one too many. */
	gic_send_sgi_others(0);
	GUEST_ASSERT_EQ(total(), ROUNDS * CPUS);
	counter_set(stop, 1);
}

static void run_guest(guest_fn fn)
{
	struct vm vm;

	vm_init(&vm, CPUS, fn);
	vm_finish(&vm);
}

TEST(follows_irouter)
{
	run_guest(guest_follows_irouter);
}

TEST(moves_while_pending)
{
	run_guest(guest_moves_pending);
}

TEST(affinity_of_nobody)
{
	if (dev_is_kvm())
		SKIP(return, "KVM 6.1 does not look again when such an IROUTER is mended");
	run_guest(guest_nobody);
}

TEST(any_cpu)
{
	run_guest(guest_any_cpu);
}

TEST_HARNESS_MAIN
