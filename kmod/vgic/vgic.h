/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual GICv3 (IHI 0069): what other folders may call.
 */
#ifndef PENG_VGIC_VGIC_H
#define PENG_VGIC_VGIC_H

#include <linux/types.h>

#include "../device.h"

struct peng_vcpu;
struct peng_vm;

/* The structs that the VM and the vCPU embed: struct peng_vgic_dist (vm->vgic)
 * and struct peng_vgic_cpu (vcpu->vgic).
 */
#include "vgic_types.h"

extern const struct peng_device_ops peng_vgic_v3_device;

int peng_vgic_module_init(void);
void peng_vgic_module_exit(void);

void peng_vgic_vm_init(struct peng_vm *vm);
void peng_vgic_vm_destroy(struct peng_vm *vm);
int peng_vgic_vcpu_init(struct peng_vcpu *vcpu);
void peng_vgic_vcpu_reset(struct peng_vcpu *vcpu);
void peng_vgic_vcpu_destroy(struct peng_vcpu *vcpu);
/* First KVM_RUN of any vCPU: -ENXIO or so where addresses are missing. */
int peng_vgic_map_resources(struct peng_vm *vm);
bool peng_vgic_present(const struct peng_vm *vm);
bool peng_vgic_initialized(const struct peng_vm *vm);

/* Preemption off; after the timers, around el2->vcpu_load/put. */
void peng_vgic_vcpu_load(struct peng_vcpu *vcpu);
void peng_vgic_vcpu_put(struct peng_vcpu *vcpu);

/* Software to list registers before entry, and back after exit; interrupts
 * masked. Both cost a compare where nothing is pending.
 */
void peng_vgic_flush(struct peng_vcpu *vcpu);
void peng_vgic_sync(struct peng_vcpu *vcpu);

/* Whether an enabled interrupt would be signalled to the vCPU; any context. */
bool peng_vgic_pending(struct peng_vcpu *vcpu);

/**
 * peng_vgic_inject() - set the input line of an interrupt
 * @vm: VM
 * @vcpu: whose PPI, NULL for an SPI
 * @intid: PPI or SPI number
 * @level: line level; a rising edge for an edge-triggered interrupt
 *
 * Context: any, interrupts may be masked; takes the interrupt's lock and the
 * target vCPU's list lock. Kicks or wakes the target.
 * Return: 0; -EINVAL for a number the VM does not have.
 */
int peng_vgic_inject(struct peng_vm *vm, struct peng_vcpu *vcpu, u32 intid, bool level);

/* Link a PPI of a vCPU to a physical interrupt (LR.HW), or unlink it.
 * @get_level: the line's level now, called where the vGIC must resample it;
 *	interrupts masked.
 */
int peng_vgic_map_phys(struct peng_vcpu *vcpu, u32 intid, u32 phys_intid,
		       bool (*get_level)(struct peng_vcpu *vcpu, u32 intid));
void peng_vgic_unmap_phys(struct peng_vcpu *vcpu, u32 intid);
/* Whether the linked interrupt is active or pending in the virtual GIC. */
bool peng_vgic_map_is_active(struct peng_vcpu *vcpu, u32 intid);

/* ICC_SGI1R_EL1, ICC_ASGI1R_EL1, ICC_SGI0R_EL1: @group1 as the register says.
 * Interrupts masked or not.
 */
void peng_vgic_send_sgi(struct peng_vcpu *vcpu, u64 val, bool group1);

/* Number of SPIs + 32; 0 before it is fixed. */
u32 peng_vgic_nr_irqs(const struct peng_vm *vm);

#endif /* PENG_VGIC_VGIC_H */
