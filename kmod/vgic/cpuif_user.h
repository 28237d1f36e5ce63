/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU interface registers for the attributes of the vGIC's device; @attr is
 * that of KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS. The vCPU's lock is held.
 */
#ifndef PENG_VGIC_CPUIF_USER_H
#define PENG_VGIC_CPUIF_USER_H

#include <linux/types.h>

struct peng_vcpu;

bool peng_vgic_cpuif_exists(u64 attr);
/* 0; -ENOENT for no such register; -EINVAL for a value that cannot be here. */
int peng_vgic_cpuif_get(struct peng_vcpu *vcpu, u64 attr, u64 *val);
int peng_vgic_cpuif_set(struct peng_vcpu *vcpu, u64 attr, u64 val);

#endif /* PENG_VGIC_CPUIF_USER_H */
