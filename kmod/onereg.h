/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_GET_ONE_REG, KVM_SET_ONE_REG and KVM_GET_REG_LIST.
 */
#ifndef PENG_ONEREG_H
#define PENG_ONEREG_H

#include <linux/kvm.h>

struct peng_vcpu;

long peng_onereg_get(struct peng_vcpu *vcpu, const struct kvm_one_reg *reg);
long peng_onereg_set(struct peng_vcpu *vcpu, const struct kvm_one_reg *reg);
long peng_onereg_list(struct peng_vcpu *vcpu, struct kvm_reg_list __user *ulist);

#endif /* PENG_ONEREG_H */
