/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The public face of guest memory: what the VM, the vCPU and the exit tables
 * call. Slots, page tables and the notifier have headers of their own.
 */
#ifndef PENG_MMU_MMU_H
#define PENG_MMU_MMU_H

#include <linux/kvm_types.h>
#include <linux/types.h>

#include "../exit.h"

struct kvm_arm_copy_mte_tags;
struct kvm_clear_dirty_log;
struct kvm_dirty_log;
struct peng_vcpu;
struct peng_vm;

/* Module life: VMID policy, page caches. */
int peng_mmu_module_init(void);
void peng_mmu_module_exit(void);

/* VM life: root table, slots, notifier; @ipa_bits from the machine type. */
int peng_mmu_init(struct peng_vm *vm, unsigned int ipa_bits);
void peng_mmu_destroy(struct peng_vm *vm);
int peng_mmu_vcpu_init(struct peng_vcpu *vcpu);
void peng_mmu_vcpu_destroy(struct peng_vcpu *vcpu);

/* Fill ctx->vttbr and ctx->vtcr, and do what the VMID policy asks for on this
 * CPU. Called with preemption off around el2->vcpu_load and after ->vcpu_put.
 */
void peng_mmu_vcpu_load(struct peng_vcpu *vcpu);
void peng_mmu_vcpu_put(struct peng_vcpu *vcpu);
/* KVM_ARM_VCPU_INIT of a vCPU that has run: the guest starts over. */
void peng_mmu_vcpu_reset(struct peng_vcpu *vcpu);

/* Instruction and data aborts from the guest. */
enum peng_verdict peng_mmu_fault_fast(struct peng_vcpu *vcpu);
enum peng_verdict peng_mmu_fault(struct peng_vcpu *vcpu);

/* DC by set/way was trapped; and: SCTLR_EL1.{M,C} written while HCR_EL2.TVM. */
void peng_mmu_set_way(struct peng_vcpu *vcpu);
void peng_mmu_toggle_caches(struct peng_vcpu *vcpu, bool was_enabled);

/* KVM_GET_DIRTY_LOG, KVM_CLEAR_DIRTY_LOG, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2. */
int peng_dirty_get_log(struct peng_vm *vm, const struct kvm_dirty_log *args);
int peng_dirty_clear_log(struct peng_vm *vm, const struct kvm_clear_dirty_log *args);
int peng_dirty_set_manual(struct peng_vm *vm, u64 flags);

/* Who writes guest memory by another way than peng_mmu_write_guest() says so
 * afterwards, within vm->srcu or RCU; a task.
 */
void peng_mmu_mark_dirty(struct peng_vm *vm, gfn_t gfn);

/* KVM_CAP_ARM_MTE and KVM_ARM_MTE_COPY_TAGS, where the kernel's API has them. */
int peng_mte_enable(struct peng_vm *vm);
long peng_mte_copy_tags(struct peng_vm *vm, const struct kvm_arm_copy_mte_tags *args);

/* Copy from and to guest memory; may sleep; 0 or -EFAULT. */
int peng_mmu_read_guest(struct peng_vm *vm, u64 gpa, void *data, size_t len);
int peng_mmu_write_guest(struct peng_vm *vm, u64 gpa, const void *data, size_t len);

#endif /* PENG_MMU_MMU_H */
