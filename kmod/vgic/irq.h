/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of vgic/ share about single interrupts. Locks: see vgic.c.
 */
#ifndef PENG_VGIC_IRQ_H
#define PENG_VGIC_IRQ_H

#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <asm/sysreg.h>

#include "vgic_types.h"

struct peng_vcpu;
struct peng_vm;

/* Bits of lr_state and lr_ignore: ICH_LR<n>_EL2.State moved down. */
#define PENG_LR_PENDING		BIT(0)
#define PENG_LR_ACTIVE		BIT(1)
#define PENG_LR_STATE_SHIFT	62

static_assert(ICH_LR_PENDING_BIT >> PENG_LR_STATE_SHIFT == PENG_LR_PENDING);
static_assert(ICH_LR_ACTIVE_BIT >> PENG_LR_STATE_SHIFT == PENG_LR_ACTIVE);

/* Pending or not, enabled or not; irq->lock, or for an answer that may be old. */
static inline bool peng_vgic_irq_pending(const struct peng_vgic_irq *irq)
{
	return irq->pending_latch || (!irq->edge && irq->line_level);
}

/**
 * peng_vgic_find() - an interrupt by its number
 * @vm: VM whose vGIC is initialised
 * @vcpu: whose SGI or PPI; may be NULL for an SPI
 * @intid: number in the guest
 *
 * Context: any.
 * Return: interrupt, which lives as long as the VM, or NULL.
 */
struct peng_vgic_irq *peng_vgic_find(struct peng_vm *vm, struct peng_vcpu *vcpu, u32 intid);

/*
 * The vCPU on whose ap list the interrupt ought to be, or NULL. An active one stays
 * where it was taken until it is deactivated.
 */
static inline struct peng_vcpu *peng_vgic_wanted_by(const struct peng_vgic_irq *irq)
{
	lockdep_assert_held(&irq->lock);

	if (irq->active)
		return irq->vcpu ?: irq->target;
	if (irq->enabled && peng_vgic_irq_pending(irq))
		return irq->target;
	return NULL;
}

/**
 * peng_vgic_commit() - act on a change of an interrupt, and unlock it
 * @irq: interrupt, locked, interrupts masked
 * @self: vCPU in whose thread this runs and that will flush, or NULL
 *
 * Puts the interrupt on the ap list where it ought to be, and has the vCPU whose
 * list registers must change leave the guest or wake, but for @self.
 */
void peng_vgic_commit(struct peng_vgic_irq *irq, struct peng_vcpu *self)
	__releases(&irq->lock);

/* Change the active state by other ways than a list register; irq->lock. */
void peng_vgic_set_active(struct peng_vgic_irq *irq, bool active);
/* peng_vgic_commit() after that. */
void peng_vgic_commit_active(struct peng_vgic_irq *irq, struct peng_vcpu *self)
	__releases(&irq->lock);

/* Have a vCPU rebuild its list registers; any context. */
void peng_vgic_notify(struct peng_vcpu *vcpu);

/**
 * peng_vgic_refill_own() - an SGI of a vCPU to itself, in the middle of a turn
 * @vcpu: in whose thread this runs
 * @irq: its SGI
 * @group1: sent to either group, else to group 0
 *
 * Context: fast exit path, interrupts masked.
 * Return: whether the SGI is pending in the list register that it is in; else nothing
 *	has happened.
 */
bool peng_vgic_refill_own(struct peng_vcpu *vcpu, struct peng_vgic_irq *irq, bool group1);

/*
 * Read the list registers back before touching interrupts from the vCPU's own
 * fast exit path, and load them again after. Nothing to do outside a turn.
 */
void peng_vgic_turn_begin(struct peng_vcpu *vcpu);
void peng_vgic_turn_end(struct peng_vcpu *vcpu);

#endif /* PENG_VGIC_IRQ_H */
