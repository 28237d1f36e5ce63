/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both EL1 timers of each vCPU (Arm ARM D11, the Generic Timer).
 *
 * While a vCPU is loaded its timers run in the CPU; a blocked vCPU has an
 * hrtimer in their place. Owner: the vCPU's thread, but for the hrtimer's
 * function, which only wakes.
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
 * struct peng_timer - one timer of a vCPU
 * @intid: PPI that it raises in the guest
 * @level: line level last given to the vGIC
 */
struct peng_timer {
	u32 intid;
	bool level;
};

/**
 * struct peng_vcpu_timers - timers of a vCPU
 * @timer: by enum peng_timer_index; register values are in ctx->timer
 * @wake: fires when the earlier enabled timer of a blocked vCPU expires
 */
struct peng_vcpu_timers {
	struct peng_timer timer[PENG_NR_TIMERS];
	struct hrtimer wake;
};

/**
 * struct peng_vm_timer - timer state of a VM
 * @cntvoff: subtracted from the physical counter for the virtual one
 * @intid: PPIs that the vCPUs' timers raise
 */
struct peng_vm_timer {
	u64 cntvoff;
	u32 intid[PENG_NR_TIMERS];
};

void peng_timer_vm_init(struct peng_vm *vm);
void peng_timer_vcpu_init(struct peng_vcpu *vcpu);
void peng_timer_vcpu_reset(struct peng_vcpu *vcpu);
void peng_timer_vcpu_destroy(struct peng_vcpu *vcpu);

/* Called by vcpu load and put, preemption off, before el2->vcpu_load and
 * after el2->vcpu_put: the active state of the physical lines follows the vCPU.
 */
void peng_timer_vcpu_load(struct peng_vcpu *vcpu);
void peng_timer_vcpu_put(struct peng_vcpu *vcpu);

/* Give the lines' levels to the vGIC before entry and after exit; interrupts
 * masked. After sync a line that is high cannot reach the host.
 */
void peng_timer_flush(struct peng_vcpu *vcpu);
void peng_timer_sync(struct peng_vcpu *vcpu);

/* Arm and disarm the hrtimer around sleeping; vCPU not loaded. */
void peng_timer_block(struct peng_vcpu *vcpu);
void peng_timer_unblock(struct peng_vcpu *vcpu);
/* Whether a timer's output is high and not masked; vCPU not loaded. */
bool peng_timer_pending(struct peng_vcpu *vcpu);

/* ONE_REG class KVM_REG_ARM_TIMER_*, and the vCPU attribute group. */
int peng_timer_get_reg(struct peng_vcpu *vcpu, u64 id, u64 *val);
int peng_timer_set_reg(struct peng_vcpu *vcpu, u64 id, u64 val);
int peng_timer_has_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr);
int peng_timer_set_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr);
int peng_timer_get_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr);

#endif /* PENG_TIMER_TIMER_H */
