/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest's CPU may have or lack: features that user space chooses for a VM.
 *
 * All vCPUs of a VM have the same ones, fixed by the first KVM_ARM_VCPU_INIT, since
 * the ID registers that describe them belong to the VM. What is not chosen is hidden
 * from the guest, and costs it nothing.
 */
#ifndef PENG_FEATURE_H
#define PENG_FEATURE_H

#include <linux/types.h>

struct peng_trap_regs;

/* Bits of struct peng_vm.features. */
enum peng_feature {
	PENG_FEATURE_NONE,	/* in rows of other tables: every guest has it */
	PENG_FEATURE_PMU,
	PENG_FEATURE_SVE,
	PENG_FEATURE_PTRAUTH,
	PENG_FEATURE_MTE,
	PENG_NR_FEATURES,
};

/* Load, after peng_host_probe(): what this host can give. */
int peng_feature_init(void);
bool peng_feature_on_host(enum peng_feature feature);
bool peng_feature_cap(u32 cap);
int peng_feature_from_init(u32 flags, unsigned long *features);
bool peng_feature_init_agrees(unsigned long features, unsigned long asked);
u64 peng_feature_hidden(unsigned long features, u32 enc);
void peng_feature_traps(unsigned long features, struct peng_trap_regs *trap);

#endif /* PENG_FEATURE_H */
