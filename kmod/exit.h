/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an exit handler answers, and the entry points of the exit tiers.
 *
 * An exit passes up to three tiers and stops at the first that finishes it:
 * el2/fast.c (at EL2), exit_fast.c (host code, interrupts masked), exit.c
 * (interrupts on, may sleep). All three are tables indexed by exception class
 * with the same verdict type, so a handler moves by moving its row.
 */
#ifndef PENG_EXIT_H
#define PENG_EXIT_H

#include <linux/types.h>

#include "../uapi/linux/peng.h"

struct peng_vcpu;

/**
 * enum peng_verdict - what is to happen after an exit handler
 * @PENG_RESUME: done, enter the guest again
 * @PENG_SLOW: not finished here, the next tier is to look at it
 * @PENG_USER: leave KVM_RUN; kvm_run is filled in, and vcpu->run_ret is what
 *	the ioctl returns (0, or -errno)
 * @PENG_DEAD: peng itself is at fault; the VM must not run again
 */
enum peng_verdict {
	PENG_RESUME,
	PENG_SLOW,
	PENG_USER,
	PENG_DEAD,
};

typedef enum peng_verdict (*peng_exit_fn)(struct peng_vcpu *vcpu);

/*
 * The second tier, by exception class; NULL goes to the third. For synchronous
 * exits, with interrupts masked and the vCPU loaded; PENG_SLOW only where nothing was
 * done.
 */
extern const peng_exit_fn peng_exit_fast[];


enum peng_verdict peng_exit_slow(struct peng_vcpu *vcpu);

/* Leave KVM_RUN with an errno and no exit reason, as KVM does for -EFAULT. */
enum peng_verdict peng_exit_errno(struct peng_vcpu *vcpu, int err);
/* Leave KVM_RUN: the vCPU may not run on this CPU. */
enum peng_verdict peng_exit_cpu(struct peng_vcpu *vcpu);
/* The same, and those who listen are told that the guest cannot go on. */
enum peng_verdict peng_exit_fault(struct peng_vcpu *vcpu, enum peng_fault_kind kind, int err);

#endif /* PENG_EXIT_H */
