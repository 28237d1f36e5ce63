/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the launcher does when KVM_RUN comes back: one function for each exit
 * reason, chosen by a table.
 */
#ifndef PENG_VMM_EXITS_H
#define PENG_VMM_EXITS_H

#include <asm/kvm.h>
#include <linux/kvm.h>

struct vcpu;

/* ONE_REG id of a 64-bit member of struct kvm_regs. */
#define CORE_REG(member) \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(member))

/**
 * enum exits_verdict - what the vCPU's thread does next
 * @EXITS_RESUME: run the guest on
 * @EXITS_STOP: end; the machine was told to end
 */
enum exits_verdict { EXITS_RESUME, EXITS_STOP };

/**
 * exits_handle() - do what the exit asks for
 * @vcpu: the vCPU; the caller is its thread
 * @result: what KVM_RUN returned, 0 or -errno
 *
 * Return: what to do next.
 */
enum exits_verdict exits_handle(struct vcpu *vcpu, int result);

#endif
