// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that SGIs between 8 CPUs are neither lost nor doubled: each CPU sends
 * its own SGI number to every other, waits until all have taken it, and starts
 * again; the counts at the end are exact.  CPUs wait in WFI, so each wake-up is
 * also a test that none is missed between the last look and the sleep.
 */
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"

#define CPUS	8
#define ROUNDS	25

/* acks[from][to]: how often @to took the SGI of @from. */
static u32 acks[CPUS][CPUS];
static u32 ready, done;
static bool broadcast;

static void take(u32 from)
{
	if (from >= CPUS)
		return;
	counter_inc(acks[from][guest_self()->id]);
	/* The sender may sleep: SGI 15 only wakes. */
	gic_send_sgi(15, BIT(from));
}

static bool all_took(u32 from, u32 round)
{
	u32 to;

	for (to = 0; to < CPUS; to++)
		if (to != from && counter_read(acks[from][to]) < round)
			return false;
	return true;
}

#define SLEEP_UNTIL(cond) do {			\
	irq_disable();				\
	while (!(cond)) {			\
		wfi();				\
		irq_enable();			\
		isb();				\
		irq_disable();			\
	}					\
	irq_enable();				\
} while (0)

static void guest_all_to_all(u64 cpu)
{
	u32 round, i;

	guest_hooks.intid = take;
	if (!cpu)
		gic_init_dist();
	GUEST_WAIT(cpu == counter_read(ready));
	gic_init_cpu(cpu);
	for (i = 0; i < 16; i++)
		gic_enable(i);
	irq_enable();
	counter_inc(ready);
	GUEST_WAIT(counter_read(ready) == CPUS);

	for (round = 1; round <= ROUNDS; round++) {
		if (broadcast)
			gic_send_sgi_others(cpu);
		else
			gic_send_sgi(cpu, (BIT(CPUS) - 1) & ~BIT(cpu));
		SLEEP_UNTIL(all_took(cpu, round));
	}
	counter_inc(done);
	gic_send_sgi_others(15);
	SLEEP_UNTIL(counter_read(done) == CPUS);
}

static void check(struct __test_metadata *_metadata)
{
	u32 from, to;

	for (from = 0; from < CPUS; from++)
		for (to = 0; to < CPUS; to++)
			ASSERT_EQ(from == to ? 0 : ROUNDS, acks[from][to]);
}

TEST(target_lists)
{
	struct vm vm;

	vm_init(&vm, CPUS, guest_all_to_all);
	vm_finish(&vm);
	check(_metadata);
}

TEST(all_but_self)
{
	struct vm vm;

	broadcast = true;
	vm_init(&vm, CPUS, guest_all_to_all);
	vm_finish(&vm);
	check(_metadata);
}

TEST_HARNESS_MAIN
