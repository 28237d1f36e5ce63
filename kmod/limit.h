/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of the host's CPUs the vCPUs of a VM may have, all together: a quota
 * of time in each period.
 */
#ifndef PENG_LIMIT_H
#define PENG_LIMIT_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct peng_vcpu;
struct peng_vm;

/**
 * struct peng_vm_limit - a VM's quota
 * @lock: all of it; @nr_throttled and @throttled_ns are read lock-free
 * @quota_ns: CPU time in each period; 0 for no limit
 * @period_ns: how long a period is; of use where there is a quota
 * @left_ns: what no vCPU has taken yet of this period's
 * @generation: counts changes, so that nobody pays for what came before the last
 * @ticking: @refill is under way
 * @waiters: vCPUs to which nothing is left, in the order of their coming; where
 *	there is one, @left_ns is 0
 * @refill: begins the next period
 * @nr_throttled: periods at whose end somebody waited
 * @throttled_ns: for how long, of all vCPUs together
 */
struct peng_vm_limit {
	raw_spinlock_t lock;
	u64 quota_ns;
	u64 period_ns;
	u64 left_ns;
	unsigned int generation;
	bool ticking;
	struct list_head waiters;
	struct hrtimer refill;
	u64 nr_throttled;
	u64 throttled_ns;
};

/**
 * struct peng_vcpu_limit - a vCPU's share of the quota
 * @loaded_at: counter when it was loaded last
 * @loaded_ticks: for how long it was loaded, without now; its CPU time
 * @charged_ticks: for how much of this it has paid
 * @left_ns: taken from the VM and not used; below 0 it owes. Its thread's own, and
 *	under the VM's lock while it waits
 * @generation: of the VM, to which @left_ns belongs
 * @waits: in the VM's list; any, written under the VM's lock
 * @waiter: there
 * @throttled_ns: for how long it has waited; written by its thread
 */
struct peng_vcpu_limit {
	u64 loaded_at;
	u64 loaded_ticks;
	u64 charged_ticks;
	s64 left_ns;
	unsigned int generation;
	bool waits;
	struct list_head waiter;
	u64 throttled_ns;
};

/**
 * struct peng_limits - what netlink says and hears of it
 * @quota_ns: CPU time in each period; 0 for no limit
 * @period_ns: how long a period is
 * @nr_throttled: periods in which somebody had to wait
 * @throttled_ns: for how long, of all vCPUs together
 */
struct peng_limits {
	u64 quota_ns;
	u64 period_ns;
	u64 nr_throttled;
	u64 throttled_ns;
};

void peng_limit_vm_init(struct peng_vm *vm);
void peng_limit_vm_destroy(struct peng_vm *vm);

/* The vCPU's thread gets a CPU for it, and gives it back. Preemption is off. */
void peng_limit_vcpu_load(struct peng_vcpu *vcpu);
void peng_limit_vcpu_put(struct peng_vcpu *vcpu);

/* For KVM_RUN, where vm->limited: pay, or wait until peng_limit_granted(). */
bool peng_limit_charge(struct peng_vcpu *vcpu);
bool peng_limit_granted(const struct peng_vcpu *vcpu);
void peng_limit_end_wait(struct peng_vcpu *vcpu, u64 waited_ns);

int peng_limit_set(struct peng_vm *vm, u64 quota_ns, u64 period_ns);
void peng_limit_get(struct peng_vm *vm, struct peng_limits *limits);

#endif /* PENG_LIMIT_H */
