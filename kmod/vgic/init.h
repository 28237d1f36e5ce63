/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Creation of the vGIC, for the attributes of its device. vm->lock is held.
 */
#ifndef PENG_VGIC_INIT_H
#define PENG_VGIC_INIT_H

#include <linux/types.h>

struct peng_vgic_region;
struct peng_vm;

/* KVM_DEV_ARM_VGIC_CTRL_INIT. */
int peng_vgic_init(struct peng_vm *vm);

/* As KVM answers for a device address; @size and @base in units of 64K. */
int peng_vgic_check_range(const struct peng_vm *vm, u64 base, u64 size);

/* Place the distributor, or a region of redistributors; @count 0 for a region
 * that has room for every vCPU.
 */
int peng_vgic_set_dist(struct peng_vm *vm, u64 base);
int peng_vgic_add_region(struct peng_vm *vm, u32 index, u64 base, u32 count);
struct peng_vgic_region *peng_vgic_find_region(struct peng_vm *vm, u32 index);

#endif /* PENG_VGIC_INIT_H */
