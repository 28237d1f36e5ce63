/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions into the guest, and stepping over an instruction. All of these
 * are called by whoever holds the vCPU's lock, loaded or not; an exception has
 * been entered when the guest is entered next.
 *
 * A synchronous exception also cancels an MMIO access that user space has been
 * asked to complete: the instruction has faulted instead.
 */
#ifndef PENG_INJECT_H
#define PENG_INJECT_H

#include <linux/kvm.h>
#include <linux/types.h>

struct peng_vcpu;

/* An UNDEFINED instruction at the current PC. */
void peng_inject_undef(struct peng_vcpu *vcpu);
/* The access to a register that has trapped, as a trap to EL1. */
void peng_inject_sysreg_trap(struct peng_vcpu *vcpu);
/* A synchronous external abort on a data access to @far. */
void peng_inject_dabt(struct peng_vcpu *vcpu, u64 far);
/* A synchronous external abort on the instruction fetch from @far. */
void peng_inject_iabt(struct peng_vcpu *vcpu, u64 far);
/* A virtual SError with syndrome @esr (ISS only), where RAS exists. */
void peng_inject_serror(struct peng_vcpu *vcpu, u64 esr);
/* KVM_GET_VCPU_EVENTS: what is pending. */
void peng_inject_get_events(struct peng_vcpu *vcpu, struct kvm_vcpu_events *events);
/* KVM_SET_VCPU_EVENTS; -EINVAL for a syndrome that the host cannot present. */
int peng_inject_set_events(struct peng_vcpu *vcpu, const struct kvm_vcpu_events *events);
/* Of a guest in AArch32: whether the instruction that trapped is to be executed. */
bool peng_inject_condition_holds(const struct peng_vcpu *vcpu);
/* Step over the instruction that trapped. */
void peng_inject_skip(struct peng_vcpu *vcpu);

#endif /* PENG_INJECT_H */
