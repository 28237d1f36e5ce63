// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits of a vCPU by class, and how long they took. The vCPU's thread counts, anybody
 * reads, and a reset moves what netlink takes away: none needs an atomic, and the
 * numbers themselves only ever grow.
 */
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/time64.h>

#include "exit_stats.h"
#include "host/probe.h"
#include "vcpu.h"
#include "vm.h"

/* ESR_EL2.EC, Arm ARM D17.2.37; what is not here is PENG_A_EXITS_OTHER. */
const u8 peng_exit_class[ESR_ELx_EC_MAX + 1] = {
	[ESR_ELx_EC_WFx] = PENG_A_EXITS_WFI,
	[ESR_ELx_EC_FP_ASIMD] = PENG_A_EXITS_FP,
	[ESR_ELx_EC_HVC64] = PENG_A_EXITS_HYPERCALL,
	[ESR_ELx_EC_SMC64] = PENG_A_EXITS_HYPERCALL,
	[ESR_ELx_EC_SYS64] = PENG_A_EXITS_SYSREG,
	[ESR_ELx_EC_IABT_LOW] = PENG_A_EXITS_MEMORY,
	[ESR_ELx_EC_DABT_LOW] = PENG_A_EXITS_MEMORY,
	[ESR_ELx_EC_BREAKPT_LOW] = PENG_A_EXITS_DEBUG,
	[ESR_ELx_EC_SOFTSTP_LOW] = PENG_A_EXITS_DEBUG,
	[ESR_ELx_EC_WATCHPT_LOW] = PENG_A_EXITS_DEBUG,
	[ESR_ELx_EC_BKPT32] = PENG_A_EXITS_DEBUG,
	[ESR_ELx_EC_BRK64] = PENG_A_EXITS_DEBUG,
};

static u64 ns_of(u64 ticks)
{
	return mul_u64_u32_div(ticks, NSEC_PER_SEC, peng_host.counter_freq);
}

static unsigned int bucket_of(u64 ns)
{
	return min(fls64(ns >> PENG_EXIT_BUCKET_SHIFT), PENG_EXIT_BUCKETS - 1);
}

/**
 * peng_exit_stats_time() - an exit that was timed ends
 * @exits: of the vCPU that is about to enter its guest
 *
 * Context: the vCPU's thread, interrupts masked.
 */
void peng_exit_stats_time(struct peng_vcpu_exits *exits)
{
	struct peng_exit_time *time = &exits->times->now[exits->class];
	u64 ns = ns_of(read_sysreg(cntvct_el0) - exits->since);
	u64 *bucket = &time->buckets[bucket_of(ns)];

	WRITE_ONCE(time->ns, time->ns + ns);
	WRITE_ONCE(time->user_ns, time->user_ns + ns_of(exits->user_ticks));
	WRITE_ONCE(*bucket, *bucket + 1);
	peng_exit_stats_forget(exits);
}

/**
 * peng_exit_stats_start() - somebody looks: have exits timed from now on
 * @vcpu: vCPU of a VM of which the caller holds a reference
 *
 * Where there is no memory, the times are left out.
 *
 * Context: sleeps.
 */
void peng_exit_stats_start(struct peng_vcpu *vcpu)
{
	struct peng_exit_times *times;

	if (READ_ONCE(vcpu->exits.times))
		return;
	times = kzalloc(sizeof(*times), GFP_KERNEL | __GFP_NOWARN);
	/* Who sees the pointer sees zeros behind it. */
	if (times && cmpxchg_release(&vcpu->exits.times, NULL, times))
		kfree(times);
}

/* Of a counter that only grows. The base first: then the counter is not below it. */
static u64 gain(const u64 *now, const u64 *base)
{
	/* Pairs with move_base(). */
	u64 from = smp_load_acquire(base);

	return READ_ONCE(*now) - from;
}

static void move_base(u64 *base, const u64 *now)
{
	/* Who sees the base sees the counter as far as it is here. */
	smp_store_release(base, READ_ONCE(*now));
}

/**
 * peng_exit_stats_get() - a class's numbers
 * @vcpu: vCPU of a VM of which the caller holds a reference
 * @class: PENG_A_EXITS_*
 * @stat: to be filled
 *
 * Context: any. They change while they are read.
 */
void peng_exit_stats_get(const struct peng_vcpu *vcpu, unsigned int class,
			 struct peng_exit_stat *stat)
{
	const struct peng_vcpu_exits *exits = &vcpu->exits;
	/* Pairs with peng_exit_stats_start(). */
	const struct peng_exit_times *times = smp_load_acquire(&exits->times);
	const struct peng_exit_time *now, *base;
	unsigned int i;

	*stat = (struct peng_exit_stat) {
		.count = gain(&exits->count[class], &exits->base[class]),
	};
	if (!times)
		return;
	now = &times->now[class];
	base = &times->base[class];
	stat->time.ns = gain(&now->ns, &base->ns);
	stat->time.user_ns = gain(&now->user_ns, &base->user_ns);
	for (i = 0; i < PENG_EXIT_BUCKETS; i++)
		stat->time.buckets[i] = gain(&now->buckets[i], &base->buckets[i]);
}

static void reset_time(struct peng_exit_time *base, const struct peng_exit_time *now)
{
	unsigned int i;

	move_base(&base->ns, &now->ns);
	move_base(&base->user_ns, &now->user_ns);
	for (i = 0; i < PENG_EXIT_BUCKETS; i++)
		move_base(&base->buckets[i], &now->buckets[i]);
}

/**
 * peng_exit_stats_reset() - a vCPU's numbers begin anew for who asks by netlink
 * @vcpu: vCPU
 *
 * Context: vm->lock held, so that of two resets none takes back a base.
 */
void peng_exit_stats_reset(struct peng_vcpu *vcpu)
{
	struct peng_vcpu_exits *exits = &vcpu->exits;
	/* Pairs with peng_exit_stats_start(). */
	struct peng_exit_times *times = smp_load_acquire(&exits->times);
	unsigned int i;

	lockdep_assert_held(&vcpu->vm->lock);

	for (i = 0; i < PENG_NR_EXIT_CLASSES; i++) {
		move_base(&exits->base[i], &exits->count[i]);
		if (times)
			reset_time(&times->base[i], &times->now[i]);
	}
}

/**
 * peng_exit_stats_destroy() - at the end of a vCPU
 * @vcpu: vCPU that nobody can reach any more
 */
void peng_exit_stats_destroy(struct peng_vcpu *vcpu)
{
	kfree(vcpu->exits.times);
}
