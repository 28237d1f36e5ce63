/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why the guest was left, how often, and for how long each time: exits of a vCPU by
 * class, PENG_A_EXITS_*, which is also their index here.
 *
 * An exit counts when it ends, at the next entry: by then what finished it has said
 * what it was. Counting is one addition. Times cost two readings of the counter for
 * each exit, so there is no room for them until somebody has asked.
 */
#ifndef PENG_EXIT_STATS_H
#define PENG_EXIT_STATS_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/esr.h>
#include <asm/sysreg.h>

#include "../uapi/linux/peng.h"
#include "context.h"

struct peng_vcpu;

#define PENG_NR_EXIT_CLASSES	(PENG_A_EXITS_MAX + 1)

/**
 * struct peng_exit_time - the times of a class
 * @ns: all of them together
 * @user_ns: what of it user space had, outside KVM_RUN
 * @buckets: how many were how long, as PENG_A_EXIT_BUCKETS has it
 */
struct peng_exit_time {
	u64 ns;
	u64 user_ns;
	u64 buckets[PENG_EXIT_BUCKETS];
};

/**
 * struct peng_exit_times - times of a vCPU's exits
 * @now: ever since; written by the vCPU's thread alone
 * @base: what @now was at the last reset; under vm->lock
 */
struct peng_exit_times {
	struct peng_exit_time now[PENG_NR_EXIT_CLASSES];
	struct peng_exit_time base[PENG_NR_EXIT_CLASSES];
};

/**
 * struct peng_vcpu_exits - exits of a vCPU
 * @class: of the exit that has not ended; 0, which is none, before the first
 * @since: counter at that exit; 0 where it is not timed
 * @user_since: counter when KVM_RUN was left; 0 where that is not timed
 * @user_ticks: what user space had of it so far
 * @times: NULL until somebody wants to know; set once
 * @count: by class; 0 is of no class
 * @base: what @count was at the last reset; under vm->lock
 *
 * Written by the vCPU's own thread, but for @times and @base.
 */
struct peng_vcpu_exits {
	u8 class;
	u64 since;
	u64 user_since;
	u64 user_ticks;
	struct peng_exit_times *times;
	u64 count[PENG_NR_EXIT_CLASSES];
	u64 base[PENG_NR_EXIT_CLASSES];
};

/* By exception class, before a handler knows better; 0 for those that are rare. */
extern const u8 peng_exit_class[ESR_ELx_EC_MAX + 1];

void peng_exit_stats_time(struct peng_vcpu_exits *exits);

/* The guest is about to be entered: the last exit ends. */
static inline void peng_exit_stats_enter(struct peng_vcpu_exits *exits)
{
	WRITE_ONCE(exits->count[exits->class], exits->count[exits->class] + 1);
	if (unlikely(exits->since))
		peng_exit_stats_time(exits);
}

/* The guest has been left: an exit begins. */
static inline void peng_exit_stats_leave(struct peng_vcpu_exits *exits,
					 const struct peng_context *ctx)
{
	if (likely(ctx->exit == PENG_EXIT_SYNC))
		exits->class = peng_exit_class[ESR_ELx_EC(ctx->fault.esr)] ?: PENG_A_EXITS_OTHER;
	else
		exits->class = ctx->exit == PENG_EXIT_IRQ ? PENG_A_EXITS_INTERRUPT :
							    PENG_A_EXITS_OTHER;
	if (unlikely(READ_ONCE(exits->times)))
		exits->since = read_sysreg(cntvct_el0);
}

/* The vCPU did not wait for this exit's sake: what has passed of it does not count. */
static inline void peng_exit_stats_forget(struct peng_vcpu_exits *exits)
{
	exits->since = 0;
	exits->user_ticks = 0;
}

/* KVM_RUN is left, and called again. */
static inline void peng_exit_stats_user_begin(struct peng_vcpu_exits *exits)
{
	if (exits->since)
		exits->user_since = read_sysreg(cntvct_el0);
}

static inline void peng_exit_stats_user_end(struct peng_vcpu_exits *exits)
{
	if (exits->user_since)
		exits->user_ticks += read_sysreg(cntvct_el0) - exits->user_since;
	exits->user_since = 0;
}

/**
 * struct peng_exit_stat - a class as netlink carries it
 * @count: since the vCPU's creation, or the last reset
 * @time: of those that were timed since
 */
struct peng_exit_stat {
	u64 count;
	struct peng_exit_time time;
};

/* Have exits timed from now on. May sleep. */
void peng_exit_stats_start(struct peng_vcpu *vcpu);
/* The class's numbers since the last reset, without a lock. */
void peng_exit_stats_get(const struct peng_vcpu *vcpu, unsigned int class,
			 struct peng_exit_stat *stat);
/* All begin anew. vm->lock held. */
void peng_exit_stats_reset(struct peng_vcpu *vcpu);
void peng_exit_stats_destroy(struct peng_vcpu *vcpu);

#endif /* PENG_EXIT_STATS_H */
