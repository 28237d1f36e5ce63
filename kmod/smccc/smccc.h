/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls from the guest to its firmware: SMCCC (DEN0028), PSCI (DEN0022),
 * TRNG (DEN0098), and the pseudo-registers that version them.
 */
#ifndef PENG_SMCCC_SMCCC_H
#define PENG_SMCCC_SMCCC_H

#include <linux/kvm.h>
#include <linux/types.h>
#ifdef KVM_ARM_VM_SMCCC_CTRL
#include <linux/maple_tree.h>
#endif

#include "../exit.h"

struct kvm_device_attr;
struct peng_vcpu;
struct peng_vm;

/* The bitmap registers KVM_REG_ARM_STD_BMAP, _STD_HYP_BMAP, _VENDOR_HYP_BMAP. */
enum peng_smccc_bmap {
	PENG_BMAP_STD,
	PENG_BMAP_STD_HYP,
	PENG_BMAP_VENDOR_HYP,
	PENG_NR_BMAPS,
};

/**
 * struct peng_vm_smccc - firmware of a VM
 * @psci_version: what PSCI_VERSION answers, as PSCI_VERSION(major, minor)
 * @bmap: services that the guest may call, by enum peng_smccc_bmap; vCPUs read
 *	it without a lock
 * @filter: what becomes of ranges of functions, as an entry of enum peng_filter;
 *	changed under vm->lock while no vCPU has run, constant afterwards
 * @filtered: there is anything in @filter; likewise
 */
struct peng_vm_smccc {
	u32 psci_version;
	u64 bmap[PENG_NR_BMAPS];
#ifdef KVM_ARM_VM_SMCCC_CTRL
	struct maple_tree filter;
	bool filtered;
#endif
};

/**
 * struct peng_vcpu_reset - where a vCPU starts when PSCI CPU_ON turns it on
 * @pc: entry point
 * @context_id: x0
 * @be: start big-endian
 */
struct peng_vcpu_reset {
	u64 pc;
	u64 context_id;
	bool be;
};

/**
 * struct peng_vcpu_pvtime - stolen time of a vCPU; under vcpu->lock
 * @base: guest physical address of the structure, PENG_PVTIME_NO_BASE for none
 * @seen: what the host's scheduler had counted for the vCPU's thread when the
 *	structure was last written, all ones where nobody has looked yet
 */
struct peng_vcpu_pvtime {
	u64 base;
	u64 seen;
};

#define PENG_PVTIME_NO_BASE	(~0ULL)

int peng_smccc_module_init(void);
void peng_smccc_vm_init(struct peng_vm *vm);
void peng_smccc_vm_destroy(struct peng_vm *vm);
/* What el2/fast.c may answer for this vCPU. */
void peng_smccc_vcpu_reset(struct peng_vcpu *vcpu);

/* Exit handlers for HVC64 and SMC64. */
enum peng_verdict peng_smccc_hvc(struct peng_vcpu *vcpu);
enum peng_verdict peng_smccc_smc(struct peng_vcpu *vcpu);
/* What can be answered with interrupts masked: PENG_RESUME or PENG_SLOW. */
enum peng_verdict peng_smccc_hvc_fast(struct peng_vcpu *vcpu);

/*
 * Stolen time: whether the host counts it; the attributes of the group
 * KVM_ARM_VCPU_PVTIME_CTRL; and, before a guest that has a structure for it is
 * entered, what was added since the last time. All with vcpu->lock held; the last may
 * sleep.
 */
bool peng_pvtime_supported(void);
void peng_pvtime_vcpu_init(struct peng_vcpu *vcpu);
void peng_pvtime_update(struct peng_vcpu *vcpu);
int peng_pvtime_has_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr);
int peng_pvtime_get_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr);
int peng_pvtime_set_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr);

/* The attributes of a VM's group KVM_ARM_VM_SMCCC_CTRL, where the kernel's API has it. */
int peng_filter_has_attr(const struct kvm_device_attr *attr);
int peng_filter_set_attr(struct peng_vm *vm, const struct kvm_device_attr *attr);

/* ONE_REG classes FW and FW_FEAT_BMAP. */
int peng_fwreg_get(struct peng_vcpu *vcpu, u64 id, u64 *val);
int peng_fwreg_set(struct peng_vcpu *vcpu, u64 id, u64 val);
int peng_fwreg_list(struct peng_vcpu *vcpu, u64 __user *uids);

#endif /* PENG_SMCCC_SMCCC_H */
