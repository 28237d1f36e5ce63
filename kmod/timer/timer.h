/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both EL1 timers of each vCPU (Arm ARM D11, the Generic Timer).
 *
 * While a vCPU is in the guest its timers run in the CPU. Outside the guest
 * they are quiet: a timer that could fire has its output masked, and one that
 * has fired has its line held active in the host's GIC, so that the host never
 * sees it (host/ppi.h). A sleeping vCPU has an hrtimer in their place.
 *
 * Owner: the vCPU's thread; while it sleeps, the hrtimer's function.
 */
#ifndef PENG_TIMER_TIMER_H
#define PENG_TIMER_TIMER_H

#include <linux/hrtimer.h>
#include <linux/kvm.h>
#include <linux/types.h>

struct peng_vcpu;
struct peng_vm;

enum peng_timer_index {
	PENG_VTIMER,
	PENG_PTIMER,
	PENG_NR_TIMERS,
};

/**
 * struct peng_timer - one timer of a vCPU; its registers are in ctx->timer
 * @level: line level last given to the vGIC
 * @held: its line is held active in the GIC of the CPU on which it is loaded
 */
struct peng_timer {
	bool level;
	bool held;
};

/**
 * struct peng_vcpu_timers - timers of a vCPU
 * @timer: by enum peng_timer_index
 * @wake: fires when the earlier timer of a sleeping vCPU expires
 * @expire: ends the turn in which a trapped physical timer expires
 * @until: virtual count that ends the sleep of a WFIT; PENG_TIMER_NEVER for others
 * @over: it has come
 */
struct peng_vcpu_timers {
	struct peng_timer timer[PENG_NR_TIMERS];
	struct hrtimer wake;
	struct hrtimer expire;
	u64 until;
	bool over;
};

/**
 * struct peng_vm_timer - timer state of a VM
 * @cntvoff: subtracted from the host's physical counter for the virtual one
 * @cntpoff: and for the guest's physical one
 * @ptimer_trapped: the physical timer exists in ctx->timer only; set once
 * @offset_given: by peng_timer_set_offset(): what is written to the counter's
 *	register is ignored from then on
 * @intid: PPIs that the vCPUs' timers raise; fixed once @linked
 * @linked: some vCPU has passed peng_timer_first_run(); under vm->lock
 *
 * @cntpoff, @ptimer_trapped and @offset_given change with the locks of the VM and
 * of all its vCPUs, and are read with any of them.
 */
struct peng_vm_timer {
	u64 cntvoff;
	u64 cntpoff;
	bool ptimer_trapped;
	bool offset_given;
	u32 intid[PENG_NR_TIMERS];
	bool linked;
};

void peng_timer_vm_init(struct peng_vm *vm);
void peng_timer_vcpu_init(struct peng_vcpu *vcpu);
void peng_timer_vcpu_reset(struct peng_vcpu *vcpu);
void peng_timer_vcpu_destroy(struct peng_vcpu *vcpu);

/* First KVM_RUN of a vCPU, after peng_vgic_map_resources(); vm->lock held. */
int peng_timer_first_run(struct peng_vcpu *vcpu);

/*
 * Called by vcpu load and put, preemption off: before el2->vcpu_load, which
 * takes the counter's offset from the context; and after el2->vcpu_put, when
 * the lines are low and can be let go.
 */
void peng_timer_vcpu_load(struct peng_vcpu *vcpu);
void peng_timer_vcpu_put(struct peng_vcpu *vcpu);

/*
 * Give the lines' levels to the vGIC: before entry, and before
 * peng_vgic_flush(); after exit, and after peng_vgic_sync(). Interrupts masked.
 * After sync no timer of the guest can interrupt the host.
 */
void peng_timer_flush(struct peng_vcpu *vcpu);
void peng_timer_sync(struct peng_vcpu *vcpu);

/*
 * Around sleeping; vCPU not loaded. A timer that has expired or expires then is
 * given to the vGIC, which wakes the vCPU where the guest wants to be woken, so
 * peng_vgic_pending() is all that a sleeper has to look at. One that spins
 * instead, calls peng_timer_poll() before it looks, at the latest when the host's
 * physical counter has come to peng_timer_expiry().
 */
void peng_timer_block(struct peng_vcpu *vcpu);
u64 peng_timer_expiry(const struct peng_vcpu *vcpu);
void peng_timer_poll(struct peng_vcpu *vcpu);
void peng_timer_unblock(struct peng_vcpu *vcpu);

/*
 * The same with an end of its own: from now to peng_timer_end_wait(), @over is set and
 * the vCPU woken when the virtual counter has reached @until. The vCPU's thread, awake.
 */
void peng_timer_begin_wait(struct peng_vcpu *vcpu, u64 until);
void peng_timer_end_wait(struct peng_vcpu *vcpu);

/*
 * The guest's accesses to its physical timer and counter, where they trap. Not in
 * the fast tier: what a write changes reaches the vGIC with the next flush.
 */
enum peng_ptimer_reg {
	PENG_PTIMER_TVAL,
	PENG_PTIMER_CTL,
	PENG_PTIMER_CVAL,
	PENG_PTIMER_CNT,
};

u64 peng_ptimer_read(struct peng_vcpu *vcpu, enum peng_ptimer_reg reg);
void peng_ptimer_write(struct peng_vcpu *vcpu, enum peng_ptimer_reg reg, u64 val);

/* KVM_ARM_SET_COUNTER_OFFSET; vm->lock held. */
int peng_timer_set_offset(struct peng_vm *vm, u64 offset);

/* ONE_REG class KVM_REG_ARM_TIMER_*, and the vCPU attribute group. */
int peng_timer_get_reg(struct peng_vcpu *vcpu, u64 id, u64 *val);
int peng_timer_set_reg(struct peng_vcpu *vcpu, u64 id, u64 val);
int peng_timer_has_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr);
int peng_timer_set_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr);
int peng_timer_get_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr);

#endif /* PENG_TIMER_TIMER_H */
