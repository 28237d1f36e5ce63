// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts, ap lists, and the way of an interrupt to its vCPU.
 *
 * Locks, outermost first; all are raw and taken with interrupts masked, since
 * injection comes from any context:
 *
 *	vcpu->vgic.ap_lock	the list of what may go into list registers
 *	irq->lock		one interrupt
 *
 * Never two ap_locks, never two irq->locks. irq->vcpu says on whose list an
 * interrupt is, and changes under both locks; so whoever holds irq->lock and
 * finds the interrupt on no list, or on the wrong one, drops it, takes both in
 * order, and looks again.
 *
 * No wake-up is lost: whoever makes an interrupt deliverable puts it on the
 * list, and then (full barrier in peng_vcpu_kick()) reads the vCPU's mode; the
 * vCPU stores PENG_IN_GUEST (full barrier in run.c), and then looks at its list
 * in peng_vgic_flush(). One of them sees the other. A vCPU about to sleep looks
 * after it has announced itself to peng_vcpu_wake(). A vCPU that is changed by
 * its own thread in the middle of a turn flushes by itself, or finds
 * PENG_REQ_IRQ before it enters again.
 *
 * While an interrupt is in a list register (irq->lr_state), its active state
 * and that it was pending by edge are in the CPU. Another CPU that changes them
 * notes so in irq->lr_ignore and kicks the vCPU; the vCPU's next sync takes the
 * new value instead of the list register's.
 */
#include <linux/bitfield.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/lockdep.h>
#include <linux/smp.h>
#include <asm/cputype.h>

#include "../io/irqfd.h"
#include "../request.h"
#include "../trace.h"
#include "../vcpu.h"
#include "../vm.h"
#include "irq.h"
#include "vgic.h"

/* Affinity fields of an SGI register, IHI 0069 12.2.19. */
#define SGI1R_TARGETS		ICC_SGI1R_TARGET_LIST_MASK
#define SGI1R_INTID		ICC_SGI1R_SGI_ID_MASK
#define SGI1R_RS		ICC_SGI1R_RS_MASK
#define SGI1R_TARGETS_PER_RS	16

bool peng_vgic_present(const struct peng_vm *vm)
{
	return READ_ONCE(vm->vgic.present);
}

bool peng_vgic_initialized(const struct peng_vm *vm)
{
	/* Pairs with peng_vgic_init(): the interrupts exist. */
	return smp_load_acquire(&vm->vgic.initialized);
}

u32 peng_vgic_nr_irqs(const struct peng_vm *vm)
{
	u32 nr_spis = READ_ONCE(vm->vgic.nr_spis);

	return nr_spis ? nr_spis + PENG_VGIC_NR_PRIVATE : 0;
}

struct peng_vgic_irq *peng_vgic_find(struct peng_vm *vm, struct peng_vcpu *vcpu, u32 intid)
{
	if (intid < PENG_VGIC_NR_PRIVATE)
		return vcpu ? &vcpu->vgic.priv[intid] : NULL;
	intid -= PENG_VGIC_NR_PRIVATE;
	return intid < vm->vgic.nr_spis ? &vm->vgic.spis[intid] : NULL;
}

/*
 * A vCPU in the middle of a turn cannot be interrupted from the CPU it runs on:
 * leave it a request, which it reads before it enters the guest again.
 */
void peng_vgic_notify(struct peng_vcpu *vcpu)
{
	if (READ_ONCE(vcpu->mode) == PENG_IN_GUEST &&
	    READ_ONCE(vcpu->cpu) == raw_smp_processor_id())
		peng_request_make(vcpu, PENG_REQ_IRQ);
	peng_vcpu_kick(vcpu);
}

/*
 * Take an interrupt off the list it is on, or put it on the list of @to; both
 * only if nothing has changed since the caller looked. Unlocks irq->lock, takes
 * both locks in order, and returns with irq->lock held again.
 */
static void move_one_step(struct peng_vgic_irq *irq, struct peng_vcpu *to)
{
	struct peng_vcpu *from = irq->vcpu;
	struct peng_vgic_cpu *list = from ? &from->vgic : &to->vgic;

	raw_spin_unlock(&irq->lock);
	raw_spin_lock(&list->ap_lock);
	raw_spin_lock(&irq->lock);

	if (irq->vcpu == from && peng_vgic_wanted_by(irq) == to && !irq->lr_state) {
		if (from) {
			list_del(&irq->ap);
			irq->vcpu = NULL;
		} else {
			list_add_tail(&irq->ap, &list->ap_list);
			irq->vcpu = to;
		}
	}
	raw_spin_unlock(&list->ap_lock);
}

/*
 * What is on a list and no longer wanted anywhere, or is in a list register, is
 * left to that vCPU's next sync.
 */
void peng_vgic_commit(struct peng_vgic_irq *irq, struct peng_vcpu *self)
	__releases(&irq->lock)
{
	struct peng_vcpu *to, *vcpu;
	bool changed;

	lockdep_assert_irqs_disabled();
	lockdep_assert_held(&irq->lock);

	for (;;) {
		to = peng_vgic_wanted_by(irq);
		if (!to || to == irq->vcpu || irq->lr_state)
			break;
		move_one_step(irq, to);
	}

	vcpu = irq->vcpu;
	changed = to || irq->lr_state;
	raw_spin_unlock(&irq->lock);

	if (vcpu && changed && vcpu != self)
		peng_vgic_notify(vcpu);
}

static void set_line(struct peng_vgic_irq *irq, bool level, struct peng_vcpu *self)
{
	unsigned long flags;
	bool changed;

	raw_spin_lock_irqsave(&irq->lock, flags);
	changed = irq->edge ? level : irq->line_level != level;
	irq->line_level = level;
	if (irq->edge && level)
		irq->pending_latch = true;
	if (changed)
		peng_vgic_commit(irq, self);
	else
		raw_spin_unlock(&irq->lock);
	local_irq_restore(flags);
}

int peng_vgic_inject(struct peng_vm *vm, struct peng_vcpu *vcpu, u32 intid, bool level)
{
	struct peng_vgic_irq *irq;

	if (!peng_vgic_initialized(vm))
		return -EBUSY;
	irq = peng_vgic_find(vm, vcpu, intid);
	if (!irq)
		return -EINVAL;
	trace_peng_irq_inject(vcpu ? vcpu->idx : -1, intid, level);
	set_line(irq, level, NULL);
	return 0;
}

void peng_vgic_inject_own(struct peng_vcpu *vcpu, u32 intid, bool level)
{
	if (!peng_vgic_initialized(vcpu->vm))
		return;
	trace_peng_irq_inject(vcpu->idx, intid, level);
	set_line(&vcpu->vgic.priv[intid], level, vcpu);
}

/* The line of a vCPU's own device starts low, and is nobody else's to set. */
static void claim_line(struct peng_vgic_irq *irq)
{
	lockdep_assert_held(&irq->lock);

	irq->claimed = true;
	irq->line_level = false;
}

int peng_vgic_claim(struct peng_vcpu *vcpu, u32 intid)
{
	struct peng_vgic_irq *irq = peng_vgic_find(vcpu->vm, vcpu, intid);
	unsigned long flags;
	int ret = 0;

	if (!irq)
		return -EINVAL;
	raw_spin_lock_irqsave(&irq->lock, flags);
	if (irq->claimed)
		ret = -EEXIST;
	else
		claim_line(irq);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	return ret;
}

void peng_vgic_link(struct peng_vcpu *vcpu, u32 intid, u32 phys_intid,
		    peng_vgic_level_fn get_level)
{
	struct peng_vgic_irq *irq = &vcpu->vgic.priv[intid];
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	irq->phys_intid = phys_intid;
	irq->get_level = get_level;
	irq->linked = true;
	claim_line(irq);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
}

void peng_vgic_unlink(struct peng_vcpu *vcpu, u32 intid)
{
	struct peng_vgic_irq *irq = &vcpu->vgic.priv[intid];
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	irq->linked = false;
	irq->released = false;
	raw_spin_unlock_irqrestore(&irq->lock, flags);
}

bool peng_vgic_linked_active(struct peng_vcpu *vcpu, u32 intid)
{
	return READ_ONCE(vcpu->vgic.priv[intid].active);
}

bool peng_vgic_linked_released(struct peng_vcpu *vcpu, u32 intid)
{
	struct peng_vgic_irq *irq = &vcpu->vgic.priv[intid];
	bool released = irq->released;

	/* Written by the vCPU's own thread only, here and in its sync. */
	irq->released = false;
	return released;
}

static bool deliverable(const struct peng_vgic_irq *irq, const struct peng_vcpu *vcpu)
{
	u32 vmcr = vcpu->ctx.gic.vmcr;
	u32 group = irq->group1 ? ICH_VMCR_EL2_VENG1 : ICH_VMCR_EL2_VENG0;

	return irq->enabled && !irq->active && irq->target == vcpu &&
	       peng_vgic_irq_pending(irq) && (vmcr & group) &&
	       (vcpu->vm->vgic.groups & BIT(irq->group1)) &&
	       irq->priority < FIELD_GET(ICH_VMCR_EL2_VPMR, vmcr);
}

bool peng_vgic_pending(struct peng_vcpu *vcpu)
{
	struct peng_vgic_cpu *cpu = &vcpu->vgic;
	struct peng_vgic_irq *irq;
	bool pending = false;
	unsigned long flags;

	/* One that is added to an empty list wakes the vCPU afterwards. */
	if (!peng_vgic_initialized(vcpu->vm) || list_empty(&cpu->ap_list))
		return false;

	raw_spin_lock_irqsave(&cpu->ap_lock, flags);
	list_for_each_entry(irq, &cpu->ap_list, ap) {
		raw_spin_lock(&irq->lock);
		pending = deliverable(irq, vcpu);
		raw_spin_unlock(&irq->lock);
		if (pending)
			break;
	}
	raw_spin_unlock_irqrestore(&cpu->ap_lock, flags);
	return pending;
}

void peng_vgic_turn_begin(struct peng_vcpu *vcpu)
{
	if (vcpu->mode == PENG_IN_GUEST)
		peng_vgic_sync(vcpu);
}

void peng_vgic_turn_end(struct peng_vcpu *vcpu)
{
	if (vcpu->mode == PENG_IN_GUEST)
		peng_vgic_flush(vcpu);
}

/*
 * With one security state, ICC_SGI1R_EL1 makes whatever the target's
 * GICR_IGROUPR0 says of the SGI, the other two registers Group 0 only
 * (IHI 0069 4.4.2).
 */
static void send_one_sgi(struct peng_vcpu *from, struct peng_vcpu *to, u32 sgi, bool group1)
{
	struct peng_vgic_irq *irq = &to->vgic.priv[sgi];
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	if (group1 || !irq->group1) {
		irq->pending_latch = true;
		peng_vgic_commit(irq, from);
	} else {
		raw_spin_unlock(&irq->lock);
	}
	local_irq_restore(flags);
}

/* To the sender itself, which has its list registers to refill. */
static void send_own_sgi(struct peng_vcpu *vcpu, u32 sgi, bool group1)
{
	struct peng_vgic_irq *irq = &vcpu->vgic.priv[sgi];

	if (vcpu->mode == PENG_IN_GUEST && peng_vgic_refill_own(vcpu, irq, group1))
		return;
	send_one_sgi(vcpu, vcpu, sgi, group1);
	peng_vgic_turn_begin(vcpu);
	peng_vgic_turn_end(vcpu);
}

static void send_sgi_to_others(struct peng_vcpu *from, u32 sgi, bool group1)
{
	struct peng_vcpu *to;
	unsigned int i;

	peng_vm_for_each_vcpu(i, to, from->vm)
		if (to != from)
			send_one_sgi(from, to, sgi, group1);
}

/* The affinity of the first target in the list: Aff0 is what the list adds. */
static u64 sgi_base_affinity(u64 val)
{
	return (u64)FIELD_GET(ICC_SGI1R_AFFINITY_3_MASK, val) << MPIDR_LEVEL_SHIFT(3) |
	       FIELD_GET(ICC_SGI1R_AFFINITY_2_MASK, val) << MPIDR_LEVEL_SHIFT(2) |
	       FIELD_GET(ICC_SGI1R_AFFINITY_1_MASK, val) << MPIDR_LEVEL_SHIFT(1) |
	       FIELD_GET(SGI1R_RS, val) * SGI1R_TARGETS_PER_RS;
}

void peng_vgic_send_sgi(struct peng_vcpu *vcpu, u64 val, bool group1)
{
	unsigned long targets = FIELD_GET(SGI1R_TARGETS, val);
	u32 sgi = FIELD_GET(SGI1R_INTID, val);
	u64 base = sgi_base_affinity(val);
	struct peng_vcpu *to;
	unsigned int i;

	if (!peng_vgic_initialized(vcpu->vm))
		return;
	if (val & BIT_ULL(ICC_SGI1R_IRQ_ROUTING_MODE_BIT)) {
		send_sgi_to_others(vcpu, sgi, group1);
		return;
	}

	for_each_set_bit(i, &targets, SGI1R_TARGETS_PER_RS) {
		to = peng_vm_vcpu_by_mpidr(vcpu->vm, base | i);
		if (to == vcpu)
			send_own_sgi(vcpu, sgi, group1);
		else if (to)
			send_one_sgi(vcpu, to, sgi, group1);
	}
}

void peng_vgic_set_active(struct peng_vgic_irq *irq, bool active)
{
	lockdep_assert_held(&irq->lock);

	irq->active = active;
	if (irq->lr_state)
		irq->lr_ignore |= PENG_LR_ACTIVE;
}

/*
 * The line of a linked interrupt is held active on the host for as long as the
 * guest's is; when the guest's state changes by other ways than a list register
 * the vCPU must leave its turn to let the line go.
 */
void peng_vgic_commit_active(struct peng_vgic_irq *irq, struct peng_vcpu *self)
	__releases(&irq->lock)
{
	struct peng_vcpu *linked_to = irq->linked ? irq->target : NULL;

	peng_vgic_commit(irq, self);
	if (linked_to)
		peng_vgic_notify(linked_to);
}

/* A shared interrupt may be deactivated by another vCPU than took it. */
void peng_vgic_deactivate(struct peng_vcpu *vcpu, u32 intid)
{
	struct peng_vgic_irq *irq = peng_vgic_find(vcpu->vm, vcpu, intid);
	unsigned long flags;
	bool resample;

	if (!irq)
		return;
	peng_vgic_turn_begin(vcpu);
	raw_spin_lock_irqsave(&irq->lock, flags);
	resample = irq->active && !irq->edge && intid >= PENG_VGIC_NR_PRIVATE;
	peng_vgic_set_active(irq, false);
	peng_vgic_commit_active(irq, vcpu);
	local_irq_restore(flags);

	if (resample)
		peng_irqfd_notify_eoi(vcpu->vm, intid);
	peng_vgic_turn_end(vcpu);
}
