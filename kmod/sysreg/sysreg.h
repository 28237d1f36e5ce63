/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System registers of the guest: trapped accesses and user-space access.
 */
#ifndef PENG_SYSREG_SYSREG_H
#define PENG_SYSREG_SYSREG_H

#include <linux/types.h>

#include "../exit.h"

struct peng_vcpu;
struct peng_vm;
struct reg_mask_range;

/* ID registers are Op0 3, Op1 0, CRn 0, CRm 1-7, Op2 0-7. */
#define PENG_NR_IDREGS	56

/**
 * struct peng_vm_sysreg - system register state shared by a VM's vCPUs
 * @idreg: ID register values, by (CRm - 1) * 8 + Op2
 */
struct peng_vm_sysreg {
	u64 idreg[PENG_NR_IDREGS];
};

/* Load: check the tables, read the host's limits. */
int peng_sysreg_module_init(void);

void peng_sysreg_vm_init(struct peng_vm *vm);
/* vm->features are chosen: hide what is not among them. vm->lock held. */
void peng_sysreg_vm_fix(struct peng_vm *vm);
/* Architectural reset values, MPIDR from the vCPU id, trap bits (ctx.trap). */
void peng_sysreg_vcpu_reset(struct peng_vcpu *vcpu);

/* Exit handlers for EC 0x18 (MSR, MRS and system instructions). */
enum peng_verdict peng_sysreg_trap_fast(struct peng_vcpu *vcpu);
enum peng_verdict peng_sysreg_trap(struct peng_vcpu *vcpu);

/* The same for EC 0x03, 0x04, 0x05 and 0x0c, coprocessors in AArch32. */
enum peng_verdict peng_sysreg_trap_cp15_32(struct peng_vcpu *vcpu);
enum peng_verdict peng_sysreg_trap_cp15_64(struct peng_vcpu *vcpu);
enum peng_verdict peng_sysreg_trap_cp14_32(struct peng_vcpu *vcpu);
enum peng_verdict peng_sysreg_trap_cp14_64(struct peng_vcpu *vcpu);

/* KVM_ARM_GET_REG_WRITABLE_MASKS, where the kernel's headers have it. */
long peng_sysreg_writable_masks(const struct reg_mask_range *range);

/* ID_AA64DFR0_EL1.PMUVer of a VM's guest. */
u8 peng_sysreg_pmuver(const struct peng_vm *vm);
/* Whether EL0 of a guest can run AArch32. */
bool peng_sysreg_aarch32_el0(void);

/* ONE_REG classes SYSREG and DEMUX. The list writes ids to @uids where it is
 * not NULL and returns their number, or -EFAULT.
 */
int peng_sysreg_get(struct peng_vcpu *vcpu, u64 id, u64 *val);
int peng_sysreg_set(struct peng_vcpu *vcpu, u64 id, u64 val);
int peng_sysreg_list(struct peng_vcpu *vcpu, u64 __user *uids);
int peng_sysreg_demux_get(struct peng_vcpu *vcpu, u64 id, void __user *uaddr);
int peng_sysreg_demux_set(struct peng_vcpu *vcpu, u64 id, void __user *uaddr);
int peng_sysreg_demux_list(struct peng_vcpu *vcpu, u64 __user *uids);

#endif /* PENG_SYSREG_SYSREG_H */
