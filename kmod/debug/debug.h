/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debugging a guest from user space: KVM_SET_GUEST_DEBUG and KVM_EXIT_DEBUG.
 */
#ifndef PENG_DEBUG_DEBUG_H
#define PENG_DEBUG_DEBUG_H

#include <linux/kvm.h>
#include <linux/types.h>

#include "../exit.h"

struct peng_vcpu;

/* What KVM_SET_GUEST_DEBUG takes, and KVM_CAP_SET_GUEST_DEBUG2 answers. */
#define PENG_GUESTDBG_VALID	(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP | \
				 KVM_GUESTDBG_USE_SW_BP | KVM_GUESTDBG_USE_HW)

/**
 * struct peng_vcpu_debug - how user space debugs a vCPU
 * @control: KVM_GUESTDBG_*, 0 for not at all
 * @step: PSTATE.SS of user space's step while the vCPU is not in KVM_RUN: set
 *	where the next instruction is still to be executed, clear where it has
 *	been and user space is yet to be told
 * @guest_step: the guest's own PSTATE.SS while the vCPU is in KVM_RUN
 */
struct peng_vcpu_debug {
	u32 control;
	bool step;
	bool guest_step;
};

/* KVM_SET_GUEST_DEBUG; the vCPU is not loaded. 0 or -EINVAL. */
int peng_debug_set(struct peng_vcpu *vcpu, const struct kvm_guest_debug *args);
/* A reset has cleared the controls of EL2, and changes nothing of debugging. */
void peng_debug_vcpu_reset(struct peng_vcpu *vcpu);
/* The guest or user space has set the OS lock, or taken it away. */
void peng_debug_oslock_changed(struct peng_vcpu *vcpu);
/* Around KVM_RUN: whose PSTATE.SS is in the vCPU's registers. Not loaded. */
void peng_debug_run_begin(struct peng_vcpu *vcpu);
void peng_debug_run_end(struct peng_vcpu *vcpu);
/* Exit handler for all classes of debug exceptions. */
enum peng_verdict peng_debug_exit(struct peng_vcpu *vcpu);

#endif /* PENG_DEBUG_DEBUG_H */
