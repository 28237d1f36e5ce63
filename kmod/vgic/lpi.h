/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LPIs (IHI 0069 chapter 5): what the ITSes of a VM map, and their tables in
 * guest memory as the redistributors know them.
 */
#ifndef PENG_VGIC_LPI_H
#define PENG_VGIC_LPI_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "vgic_types.h"

struct peng_vcpu;
struct peng_vgic_access;
struct peng_vm;

#define PENG_VGIC_MIN_LPI	8192

/**
 * struct peng_vgic_lpi - an LPI that an event is mapped to
 * @irq: what it is to its vCPU
 * @users: events; under vgic.lpi_lock
 * @unused: in vgic.unused_lpis, where @users is 0 but a vCPU still has @irq
 * @rcu: for the free
 */
struct peng_vgic_lpi {
	struct peng_vgic_irq irq;
	unsigned int users;
	struct list_head unused;
	struct rcu_head rcu;
};

void peng_lpi_vm_init(struct peng_vm *vm);
void peng_lpi_vm_destroy(struct peng_vm *vm);

/**
 * peng_lpi_get() - an LPI for one more event
 * @vm: VM
 * @intid: its number
 * @target: vCPU, or NULL while its collection is not mapped
 *
 * Context: may sleep, reads guest memory.
 * Return: LPI; or -EINVAL for a number that the guest has no table for, -EFAULT
 *	where its table is not in memory, -ENOMEM.
 */
struct peng_vgic_lpi *peng_lpi_get(struct peng_vm *vm, u32 intid, struct peng_vcpu *target);
/* One event less: without any it is not pending, and will be freed. May sleep. */
void peng_lpi_put(struct peng_vm *vm, struct peng_vgic_lpi *lpi);

/* Make it pending; any context, under RCU. 1; 0 without a target; -EBUSY. */
int peng_lpi_raise(struct peng_vgic_lpi *lpi);
void peng_lpi_clear(struct peng_vgic_lpi *lpi);
void peng_lpi_retarget(struct peng_vgic_lpi *lpi, struct peng_vcpu *target);
/* Read its configuration again from guest memory; -EFAULT, -EINVAL. */
int peng_lpi_configure(struct peng_vm *vm, struct peng_vgic_lpi *lpi);
/* The same for all of a vCPU; and give all of one vCPU to another. */
void peng_lpi_configure_all(struct peng_vcpu *vcpu);
void peng_lpi_move_all(struct peng_vcpu *from, struct peng_vcpu *to);

/* For sync: the LPI that a list register of a vCPU had; interrupts masked. */
struct peng_vgic_irq *peng_lpi_find(struct peng_vm *vm, u32 intid);

/* KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES; every vCPU stands still. */
int peng_lpi_save_pending(struct peng_vm *vm);

/* GICR_PROPBASER, one for all redistributors; GICR_PENDBASER; GICR_CTLR. */
u64 peng_vgic_read_propbaser(const struct peng_vgic_access *a);
void peng_vgic_write_propbaser(const struct peng_vgic_access *a, u64 val);
u64 peng_vgic_read_pendbaser(const struct peng_vgic_access *a);
void peng_vgic_write_pendbaser(const struct peng_vgic_access *a, u64 val);
u64 peng_vgic_read_rctlr(const struct peng_vgic_access *a);
void peng_vgic_write_rctlr(const struct peng_vgic_access *a, u64 val);
void peng_vgic_write_invlpir(const struct peng_vgic_access *a, u64 val);
void peng_vgic_write_invallr(const struct peng_vgic_access *a, u64 val);

/**
 * struct peng_vgic_attrs - where a table's base register has memory attributes
 * @inner: shift of the inner cacheability
 * @outer: shift of the outer cacheability
 *
 * All of these registers have the shareability at the same place.
 */
struct peng_vgic_attrs {
	u8 inner;
	u8 outer;
};

/* Memory attributes that peng honours: what the guest asks for comes out cached. */
u64 peng_vgic_sane_attrs(u64 reg, struct peng_vgic_attrs at);

#endif /* PENG_VGIC_LPI_H */
