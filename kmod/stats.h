/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statistics: counters of VMs and vCPUs, and how they are shown.
 */
#ifndef PENG_STATS_H
#define PENG_STATS_H

#include <linux/types.h>

struct peng_vcpu;
struct peng_vm;
struct pid_namespace;

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
 * @interrupts: virtual ones that the guest has acknowledged
 * @guest_ticks: of the counter, in the guest and in what fast exits did
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
	u64 interrupts;
	u64 guest_ticks;
};

#define peng_stats_add(counter, n)	WRITE_ONCE(counter, (counter) + (n))
#define peng_stats_inc(counter)		peng_stats_add(counter, 1)

/**
 * struct peng_stat - a counter as netlink carries it
 * @attr: PENG_A_COUNTER_*
 * @value: since the vCPU's creation, or the last reset
 */
struct peng_stat {
	u16 attr;
	u64 value;
};

/* The @i-th counter of a vCPU since the last reset, without a lock; false behind the last. */
bool peng_stats_get(const struct peng_vcpu *vcpu, unsigned int i, struct peng_stat *stat);

/**
 * struct peng_vcpu_times - what a vCPU and its thread have had of the host's CPUs
 * @pid: of the thread, as a namespace numbers it; 0 for none
 * @run_ns: for how long the thread was on a CPU, whatever it did there
 * @guest_ns: for how long the vCPU was in the guest, whichever threads ran it
 * @steal_ns: for how long the thread was ready and without a CPU
 */
struct peng_vcpu_times {
	pid_t pid;
	u64 run_ns;
	u64 guest_ns;
	u64 steal_ns;
};

/* What is put at the beginning of KVM_RUN and at the vCPU's end. */
void peng_stats_note_runner(struct peng_vcpu *vcpu);
void peng_stats_forget_runner(struct peng_vcpu *vcpu);
/* The times of the thread that called KVM_RUN last; false where it has ended. */
bool peng_stats_times(struct peng_vcpu *vcpu, struct pid_namespace *ns,
		      struct peng_vcpu_times *times);

/* Netlink's counters of all vCPUs begin anew; those of KVM_GET_STATS_FD only ever grow. */
void peng_stats_reset(struct peng_vm *vm);

/* KVM_GET_STATS_FD; @vcpu is NULL for those of the VM. A descriptor or -errno. */
int peng_stats_open(struct peng_vm *vm, struct peng_vcpu *vcpu);

#endif /* PENG_STATS_H */
