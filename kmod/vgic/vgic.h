/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual GICv3 (IHI 0069): what other folders may call.
 */
#ifndef PENG_VGIC_VGIC_H
#define PENG_VGIC_VGIC_H

#include <linux/kvm.h>
#include <linux/types.h>

#include "../device.h"
#include "vgic_types.h"

struct peng_vcpu;
struct peng_vm;

extern const struct peng_device_ops peng_vgic_v3_device;
extern const struct peng_device_ops peng_its_device;

/* Pins of the vGIC: INTIDs from 1020 on are special. */
#define PENG_VGIC_NR_PINS	(1020 - PENG_VGIC_NR_PRIVATE)
/* As KVM's: what KVM_CAP_IRQ_ROUTING answers. */
#define PENG_VGIC_MAX_ROUTES	4096
#define PENG_VGIC_NO_GSI	U32_MAX

/* Load: check the register tables. */
int peng_vgic_module_init(void);

void peng_vgic_vm_init(struct peng_vm *vm);
void peng_vgic_vm_destroy(struct peng_vm *vm);
void peng_vgic_vcpu_init(struct peng_vcpu *vcpu);
void peng_vgic_vcpu_reset(struct peng_vcpu *vcpu);
/* First KVM_RUN of any vCPU: -ENXIO or so where addresses are missing. */
int peng_vgic_map_resources(struct peng_vm *vm);
bool peng_vgic_present(const struct peng_vm *vm);
bool peng_vgic_initialized(const struct peng_vm *vm);

/*
 * Software to list registers before entry, after peng_timer_flush(); and back
 * after exit, before peng_timer_sync(), which must see what the guest has
 * deactivated. Interrupts masked. Both cost a compare where nothing is pending.
 */
void peng_vgic_flush(struct peng_vcpu *vcpu);
void peng_vgic_sync(struct peng_vcpu *vcpu);

/*
 * Whether an interrupt would be signalled to the vCPU, which is not loaded, or outside a
 * turn and its registers refreshed (el2->gic_refresh).
 */
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
 * Return: 0; -EINVAL for a number that the VM does not have; -EBUSY before the
 * vGIC is initialised.
 */
int peng_vgic_inject(struct peng_vm *vm, struct peng_vcpu *vcpu, u32 intid, bool level);

/* KVM_SET_GSI_ROUTING and KVM_SIGNAL_MSI. */
long peng_route_set(struct peng_vm *vm, struct kvm_irq_routing __user *arg);
long peng_route_signal_msi(struct peng_vm *vm, const struct kvm_msi *msi);
/* Set the line that a GSI is, or send its message at a rising edge; any context. */
void peng_route_raise(struct peng_vm *vm, u32 gsi, bool level);
/* The GSI that is an SPI, or PENG_VGIC_NO_GSI; any context. */
u32 peng_route_gsi_of(struct peng_vm *vm, u32 intid);
/* Each SPI has its GSI, when the vGIC is initialised; and the VM's end. */
int peng_route_init_default(struct peng_vm *vm);
void peng_route_destroy(struct peng_vm *vm);

/* The same for a PPI of the vCPU whose thread calls, and that will flush. */
void peng_vgic_inject_own(struct peng_vcpu *vcpu, u32 intid, bool level);

/*
 * Link a PPI of a vCPU to a physical interrupt (LR.HW): the guest deactivates
 * both at once. @get_level is called where the vGIC must resample the line,
 * with the interrupt's lock held, and must not call the vGIC.
 */
void peng_vgic_link(struct peng_vcpu *vcpu, u32 intid, u32 phys_intid,
		    peng_vgic_level_fn get_level);
/* Undo it, between KVM_RUNs; the line keeps its level, and stays the device's. */
void peng_vgic_unlink(struct peng_vcpu *vcpu, u32 intid);
/*
 * A PPI or SPI that a device of the vCPU itself drives without such a link. User
 * space saves the level of its line, but the device knows it better when restored.
 * -EINVAL for a number that the VM does not have, -EEXIST where it has a device.
 */
int peng_vgic_claim(struct peng_vcpu *vcpu, u32 intid);
/* Whether a linked interrupt is active in the guest; after peng_vgic_sync(). */
bool peng_vgic_linked_active(struct peng_vcpu *vcpu, u32 intid);
/* Whether the guest has deactivated it, and the host's with it, since asked. */
bool peng_vgic_linked_released(struct peng_vcpu *vcpu, u32 intid);

/*
 * Trapped CPU interface registers; the vCPU's own thread, interrupts masked or
 * not. ICC_SGI1R_EL1, and ICC_ASGI1R_EL1 or ICC_SGI0R_EL1 with @group1 false;
 * ICC_DIR_EL1, trapped while active interrupts exceed the list registers.
 */
void peng_vgic_send_sgi(struct peng_vcpu *vcpu, u64 val, bool group1);
void peng_vgic_deactivate(struct peng_vcpu *vcpu, u32 intid);

/* Number of SPIs + 32; 0 before it is fixed. */
u32 peng_vgic_nr_irqs(const struct peng_vm *vm);

#endif /* PENG_VGIC_VGIC_H */
