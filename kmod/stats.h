/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statistics: counters of VMs and vCPUs, and how they are shown.
 */
#ifndef PENG_STATS_H
#define PENG_STATS_H

#include <linux/types.h>

struct peng_vcpu;
struct peng_vm;

/**
 * struct peng_vcpu_stats - counters of a vCPU, by KVM's names
 * @exits: exits to the host kernel; EL2 finishes some by itself
 * @hvc: hypercalls that reached the host kernel
 * @wfe: WFE that trapped
 * @wfi: WFI that trapped
 * @mmio_user: accesses that user space was asked to do
 * @mmio_kernel: accesses that the kernel did
 * @signals: KVM_RUN ended by a signal
 * @halt_attempted_poll: waits that began with a spin
 * @halt_successful_poll: and ended with it
 * @halt_wakeup: waits that slept
 * @halt_wait_ns: for how long
 *
 * Written by the vCPU's own thread alone, so that counting needs no atomic and
 * shares no cache line; others may read an old value.
 */
struct peng_vcpu_stats {
	u64 exits;
	u64 hvc;
	u64 wfe;
	u64 wfi;
	u64 mmio_user;
	u64 mmio_kernel;
	u64 signals;
	u64 halt_attempted_poll;
	u64 halt_successful_poll;
	u64 halt_wakeup;
	u64 halt_wait_ns;
};

#define peng_stats_add(counter, n)	WRITE_ONCE(counter, (counter) + (n))
#define peng_stats_inc(counter)		peng_stats_add(counter, 1)

/**
 * struct peng_stat - a counter as netlink carries it
 * @attr: PENG_A_COUNTER_*
 * @value: now
 */
struct peng_stat {
	u16 attr;
	u64 value;
};

/* The @i-th counter of a vCPU, without a lock; false behind the last. */
bool peng_stats_get(const struct peng_vcpu *vcpu, unsigned int i, struct peng_stat *stat);

/* KVM_GET_STATS_FD; @vcpu is NULL for those of the VM. A descriptor or -errno. */
int peng_stats_open(struct peng_vm *vm, struct peng_vcpu *vcpu);

#endif /* PENG_STATS_H */
