/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual CPU and its life.
 *
 * Its fields belong to whoever holds vcpu->lock (every vCPU ioctl does),
 * except those marked "any".
 */
#ifndef PENG_VCPU_H
#define PENG_VCPU_H

#include <linux/kvm.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcuwait.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <asm/esr.h>
#include <asm/ptrace.h>

#include "context.h"
#include "debug/debug.h"
#include "el2/el2.h"
#include "exit.h"
#include "exit_stats.h"
#include "io/mmio.h"
#include "limit.h"
#include "mmu/stage2.h"
#include "pmu/pmu.h"
#include "request.h"
#include "smccc/smccc.h"
#include "stats.h"
#include "timer/timer.h"
#include "vgic/vgic.h"
#include "vm.h"

/* Power states: KVM_MP_STATE_* values. */

/**
 * struct peng_vcpu - a virtual CPU
 * @ctx: what EL2 touches; first, so that it is as aligned as the struct
 * @vm: whose; the vCPU's fd holds a reference
 * @id: as user space numbered it; determines MPIDR
 * @idx: in vm->vcpus
 * @lock: the vCPU; held through every vCPU ioctl
 * @run: page shared with user space
 * @features: bits of struct kvm_vcpu_init
 * @initialized: KVM_ARM_VCPU_INIT has been done
 * @ran: has entered the guest since it was initialised
 * @cpu: physical CPU on which it is loaded, -1 for none; any, racy
 * @last_cpu: physical CPU on which it was loaded last, -1 for none; any, racy
 * @mode: enum peng_mode; any (request.h)
 * @requests: bits by enum peng_request; any
 * @thread: task in KVM_RUN, for kicks; any, under RCU
 * @runner: PID of the thread that called KVM_RUN last; written under @lock, read under RCU
 * @wait: sleeper in peng_vcpu_block()
 * @poll_ns: how long the next wait spins before it sleeps
 * @limit: its share of the VM's CPU time
 * @power_lock: @mp_state and @reset; any
 * @mp_state: KVM_MP_STATE_RUNNABLE, _STOPPED or _SUSPENDED
 * @reset: start state given by PSCI CPU_ON
 * @preempt: preempt notifier, where the kernel has them
 * @sigmask: signal mask during KVM_RUN, where @sigmask_active
 * @run_ret: what KVM_RUN returns after PENG_USER
 * @mmio: access that user space completes
 * @mmio_hint: device of the last access
 * @debug: how user space debugs it
 * @stats: counters
 * @exits: exits by class
 * @pvtime: stolen time
 * @fp_wanted: the guest has used FP since it was loaded
 * @fp_spare: where the kernel may put what is in the FP registers and nobody's
 * @vgic: redistributor and CPU interface
 * @timers: both EL1 timers
 * @pmu: performance monitors
 * @mmu: cache of table pages
 * @stats_base: where @stats was when netlink last had it begin anew; under vm->lock,
 *	and away from what changes all the time
 */
struct peng_vcpu {
	struct peng_context ctx;

	struct peng_vm *vm;
	unsigned int id;
	unsigned int idx;
	struct mutex lock;
	struct kvm_run *run;
	unsigned long features;
	bool initialized;
	bool ran;

	int cpu;
	int last_cpu;
	int mode;
	unsigned long requests;
	struct task_struct __rcu *thread;
	struct pid __rcu *runner;
	struct rcuwait wait;
	unsigned int poll_ns;
	struct peng_vcpu_limit limit;

	spinlock_t power_lock;
	u32 mp_state;
	struct peng_vcpu_reset reset;

#ifdef CONFIG_PREEMPT_NOTIFIERS
	struct preempt_notifier preempt;
#endif
	sigset_t sigmask;
	bool sigmask_active;
	int run_ret;

	struct peng_mmio mmio;
	struct peng_mmio_hint mmio_hint;
	struct peng_vcpu_debug debug;
	struct peng_vcpu_stats stats;
	struct peng_vcpu_exits exits;
	struct peng_vcpu_pvtime pvtime;
	bool fp_wanted;
	struct user_fpsimd_state fp_spare;

	struct peng_vgic_cpu vgic;
	struct peng_vcpu_timers timers;
	struct peng_vcpu_pmu pmu;
	struct peng_mmu_vcpu mmu;
	struct peng_vcpu_stats stats_base;
};

int peng_vcpu_module_init(void);
void peng_vcpu_module_exit(void);
long peng_vcpu_create(struct peng_vm *vm, unsigned int id);
void peng_vcpu_free(struct peng_vcpu *vcpu);

/*
 * Put the vCPU's state into this CPU, and take it out again. In between, the
 * preempt notifier keeps the state with the thread. A kernel without preempt
 * notifiers has the state loaded for each turn in the guest only: there
 * peng_vcpu_load() and _put() do nothing, and the _turn pair does it all.
 */
void peng_vcpu_load(struct peng_vcpu *vcpu);
void peng_vcpu_put(struct peng_vcpu *vcpu);
#ifdef CONFIG_PREEMPT_NOTIFIERS
static inline void peng_vcpu_load_turn(struct peng_vcpu *vcpu)
{
}

static inline void peng_vcpu_put_turn(struct peng_vcpu *vcpu)
{
}
#else
void peng_vcpu_load_turn(struct peng_vcpu *vcpu);
void peng_vcpu_put_turn(struct peng_vcpu *vcpu);
#endif

/* Architectural reset of registers, as after KVM_ARM_VCPU_INIT. Not loaded. */
void peng_vcpu_reset(struct peng_vcpu *vcpu);
/* The reset that PSCI CPU_ON has left for it, if it has. Not loaded. */
void peng_vcpu_apply_reset(struct peng_vcpu *vcpu);
/* Turn off (PSCI CPU_OFF, KVM_MP_STATE_STOPPED). vcpu->power_lock held. */
void peng_vcpu_power_off(struct peng_vcpu *vcpu);

/* KVM_RUN. */
long peng_vcpu_run(struct peng_vcpu *vcpu);

/* Guest system register: live where the vCPU is loaded on this CPU. The caller
 * holds vcpu->lock, and is the vCPU's thread where it is loaded.
 */
u64 peng_vcpu_sys_read(struct peng_vcpu *vcpu, enum peng_sys reg);
void peng_vcpu_sys_write(struct peng_vcpu *vcpu, enum peng_sys reg, u64 val);

/* Whether anybody has made a request that was not served yet. */
static inline bool peng_request_pending(const struct peng_vcpu *vcpu)
{
	return READ_ONCE(vcpu->requests);
}

/* General register @n of the guest; register 31 reads as zero. */
static inline u64 peng_vcpu_get_reg(const struct peng_vcpu *vcpu, unsigned int n)
{
	return n == 31 ? 0 : vcpu->ctx.regs.regs[n];
}

static inline void peng_vcpu_set_reg(struct peng_vcpu *vcpu, unsigned int n, u64 val)
{
	if (n != 31)
		vcpu->ctx.regs.regs[n] = val;
}

/* AArch32 is for EL0 only. */
static inline bool peng_vcpu_in_el0(const struct peng_vcpu *vcpu)
{
	u64 pstate = vcpu->ctx.regs.pstate;

	return pstate & PSR_MODE32_BIT || (pstate & PSR_MODE_MASK) == PSR_MODE_EL0t;
}

static inline u64 peng_vcpu_esr(const struct peng_vcpu *vcpu)
{
	return vcpu->ctx.fault.esr;
}

static inline bool peng_vcpu_has_feature(const struct peng_vcpu *vcpu, unsigned int bit)
{
	return vcpu->features & BIT(bit);
}

#endif /* PENG_VCPU_H */
