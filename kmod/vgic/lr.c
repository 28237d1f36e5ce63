// SPDX-License-Identifier: GPL-2.0-only
/*
 * List registers: filled from the ap list before entry (flush), read back into
 * the interrupts after exit (sync). IHI 0069 chapter 6, ICH_LR<n>_EL2.
 *
 * Runs in the vCPU's thread with interrupts masked. Between sync and flush no
 * interrupt of the vCPU is in a list register and used_lrs is 0.
 *
 * Where more interrupts are active or pending than there are list registers,
 * the list is sorted, and the guest leaves by the maintenance interrupt as soon
 * as something that was left out could matter: no list register is pending any
 * more (NPIE), an active interrupt that is in none was deactivated (LRENPIE),
 * or a group was enabled (VGrpEIE).
 */
#include <linux/bitfield.h>
#include <linux/list_sort.h>
#include <linux/lockdep.h>

#include "../host/probe.h"
#include "../io/irqfd.h"
#include "../stats.h"
#include "../vcpu.h"
#include "../vm.h"
#include "irq.h"
#include "lpi.h"
#include "vgic.h"

/* Priority of what the guest cannot take now: behind all the others. */
#define RANK_NOT_NOW	256

/**
 * struct fill - list registers being filled
 * @gic: where they go
 * @vcpu: whose
 * @nr: filled so far
 * @nr_active: of them, with interrupts that are not pending
 * @active_left: active interrupts were left out
 * @pending_left: pending ones were
 */
struct fill {
	struct peng_gic_regs *gic;
	struct peng_vcpu *vcpu;
	unsigned int nr;
	unsigned int nr_active;
	bool active_left;
	bool pending_left;
};

static bool group_enabled(const struct peng_vcpu *vcpu, const struct peng_vgic_irq *irq)
{
	u32 bit = irq->group1 ? ICH_VMCR_EL2_VENG1 : ICH_VMCR_EL2_VENG0;

	return vcpu->ctx.gic.vmcr & bit;
}

/* Whether the distributor forwards the interrupt: enabled, and its group too. */
static bool forwarded(const struct peng_vcpu *vcpu, const struct peng_vgic_irq *irq)
{
	return irq->enabled && peng_vgic_irq_pending(irq) &&
	       (READ_ONCE(vcpu->vm->vgic.groups) & BIT(irq->group1));
}

/*
 * What a list register shall present. An interrupt that is level-sensitive, or
 * whose pending state the host's GIC keeps, is not presented as active and
 * pending at once: it is looked at again when it is deactivated.
 */
static u8 lr_state(const struct peng_vcpu *vcpu, const struct peng_vgic_irq *irq)
{
	u8 state = irq->active ? PENG_LR_ACTIVE : 0;

	if (forwarded(vcpu, irq) && !(irq->active && (irq->linked || !irq->edge)))
		state |= PENG_LR_PENDING;
	return state;
}

static u64 lr_value(const struct peng_vgic_irq *irq, u8 state)
{
	u64 lr = irq->intid;

	lr |= (u64)state << PENG_LR_STATE_SHIFT;
	lr |= FIELD_PREP(ICH_LR_PRIORITY_MASK, irq->priority);
	if (irq->group1)
		lr |= ICH_LR_GROUP;
	if (irq->linked)
		lr |= ICH_LR_HW | FIELD_PREP(ICH_LR_PHYS_ID_MASK, irq->phys_intid);
	else if (!irq->edge)
		lr |= ICH_LR_EOI;
	return lr;
}

/*
 * One list register is kept for interrupts that are pending: in EOImode 1 any
 * number may be active with their priority dropped, and must not shut out the
 * next one.
 */
static bool has_room(const struct fill *fill, u8 state)
{
	if (state & PENG_LR_PENDING)
		return fill->nr < peng_host.nr_lrs;
	return fill->nr < peng_host.nr_lrs && fill->nr_active < peng_host.nr_lrs - 1;
}

static void fill_one(struct fill *fill, struct peng_vgic_irq *irq)
{
	u8 state;

	lockdep_assert_held(&irq->lock);

	if (peng_vgic_wanted_by(irq) != fill->vcpu)
		return;
	state = lr_state(fill->vcpu, irq);
	if (!state)
		return;
	if (!has_room(fill, state)) {
		if (state & PENG_LR_PENDING)
			fill->pending_left = true;
		if (state & PENG_LR_ACTIVE)
			fill->active_left = true;
		return;
	}

	fill->gic->lr[fill->nr++] = lr_value(irq, state);
	if (!(state & PENG_LR_PENDING))
		fill->nr_active++;
	else if (irq->edge)
		irq->pending_latch = false;
	irq->lr_state = state;
}

/* Read without locks: a priority that changes meanwhile costs only the order. */
static unsigned int rank(const struct peng_vcpu *vcpu, const struct peng_vgic_irq *irq)
{
	if (irq->active || (forwarded(vcpu, irq) && group_enabled(vcpu, irq)))
		return irq->priority;
	return RANK_NOT_NOW;
}

/* By priority; of two that are equal, the one that the guest has taken first. */
static int compare(void *priv, const struct list_head *a, const struct list_head *b)
{
	const struct peng_vgic_irq *x = list_entry(a, struct peng_vgic_irq, ap);
	const struct peng_vgic_irq *y = list_entry(b, struct peng_vgic_irq, ap);
	unsigned int rank_x = rank(priv, x), rank_y = rank(priv, y);

	if (rank_x != rank_y)
		return rank_x < rank_y ? -1 : 1;
	return (int)y->active - (int)x->active;
}

static bool more_than(const struct list_head *list, unsigned int nr)
{
	const struct list_head *pos;

	list_for_each(pos, list)
		if (!nr--)
			return true;
	return false;
}

/* How the guest is to be brought back for what found no room. */
static u32 maintenance(const struct fill *fill)
{
	u32 hcr = 0;

	if (fill->pending_left) {
		hcr |= ICH_HCR_EL2_NPIE;
		if (!(fill->gic->vmcr & ICH_VMCR_EL2_VENG0))
			hcr |= ICH_HCR_EL2_VGrp0EIE;
		if (!(fill->gic->vmcr & ICH_VMCR_EL2_VENG1))
			hcr |= ICH_HCR_EL2_VGrp1EIE;
	}
	if (fill->active_left) {
		hcr |= ICH_HCR_EL2_LRENPIE;
		if (peng_host.gic_tdir)
			hcr |= ICH_HCR_EL2_TDIR;
	}
	return hcr;
}

static void flush_list(struct peng_vcpu *vcpu)
{
	struct peng_vgic_cpu *cpu = &vcpu->vgic;
	struct fill fill = { .gic = &vcpu->ctx.gic, .vcpu = vcpu };
	struct peng_vgic_irq *irq;

	raw_spin_lock(&cpu->ap_lock);
	if (unlikely(more_than(&cpu->ap_list, peng_host.nr_lrs)))
		list_sort(vcpu, &cpu->ap_list, compare);
	list_for_each_entry(irq, &cpu->ap_list, ap) {
		raw_spin_lock(&irq->lock);
		fill_one(&fill, irq);
		raw_spin_unlock(&irq->lock);
	}
	raw_spin_unlock(&cpu->ap_lock);

	fill.gic->used_lrs = fill.nr;
	fill.gic->hcr = ICH_HCR_EL2_En | maintenance(&fill);
}

void peng_vgic_flush(struct peng_vcpu *vcpu)
{
	lockdep_assert_irqs_disabled();

	/* Pairs with peng_vcpu_kick(), see vgic.c: an addition not seen kicks. */
	if (!list_empty(&vcpu->vgic.ap_list))
		flush_list(vcpu);
}

/*
 * Deactivated by the guest: the line may have changed since it was last looked
 * at, or is still high and makes the interrupt pending again.
 */
static void resample(struct peng_vcpu *vcpu, struct peng_vgic_irq *irq)
{
	if (irq->linked && irq->line_level)
		irq->line_level = irq->get_level(vcpu, irq->intid);
}

/* What one list register says of its interrupt, but for what was written since. */
static void sync_one(struct peng_vcpu *vcpu, struct peng_vgic_irq *irq, u8 state)
{
	lockdep_assert_held(&irq->lock);

	if (irq->lr_state & ~state & PENG_LR_PENDING)
		peng_stats_inc(vcpu->stats.interrupts);
	if (!(irq->lr_ignore & PENG_LR_ACTIVE))
		irq->active = state & PENG_LR_ACTIVE;
	if (irq->edge) {
		if ((state & PENG_LR_PENDING) && !(irq->lr_ignore & PENG_LR_PENDING))
			irq->pending_latch = true;
	} else if ((irq->lr_state & PENG_LR_PENDING) && !(state & PENG_LR_PENDING) &&
		   !(irq->lr_ignore & PENG_LR_PENDING)) {
		irq->pending_latch = false;
	}
	if (!state && irq->linked)
		irq->released = true;
	if (!(state & PENG_LR_ACTIVE))
		resample(vcpu, irq);
	irq->lr_state = 0;
	irq->lr_ignore = 0;
}

static struct peng_vgic_irq *find_irq(struct peng_vcpu *vcpu, u32 intid)
{
	if (likely(intid < PENG_VGIC_NR_PRIVATE))
		return &vcpu->vgic.priv[intid];
	return intid < PENG_VGIC_MIN_LPI ? peng_vgic_find(vcpu->vm, vcpu, intid) :
					   peng_lpi_find(vcpu->vm, intid);
}

static void sync_lr(struct peng_vcpu *vcpu, u64 lr)
{
	u32 intid = lr & ICH_LR_VIRTUAL_ID_MASK;
	struct peng_vgic_irq *irq = find_irq(vcpu, intid);
	u8 state = lr >> PENG_LR_STATE_SHIFT;
	bool eoi = !state && (lr & ICH_LR_EOI) && !(lr & ICH_LR_HW);

	if (WARN_ON_ONCE(!irq))
		return;
	raw_spin_lock(&irq->lock);
	sync_one(vcpu, irq, state);
	raw_spin_unlock(&irq->lock);

	if (eoi && intid >= PENG_VGIC_NR_PRIVATE)
		peng_irqfd_notify_eoi(vcpu->vm, intid);
}

/*
 * The guest has deactivated interrupts that were in no list register, and the
 * CPU has counted but not named them. With EOImode 0 the guest ends the one of
 * the highest priority first, which is the order of the list. With EOImode 1 it
 * names them in ICC_DIR_EL1: where that traps, what is counted are mere priority
 * drops, which QEMU counts too; where it does not, the order is a guess.
 */
static bool counts_deactivations(const struct peng_gic_regs *gic)
{
	return !(gic->vmcr & ICH_VMCR_EL2_VEOIM) || !peng_host.gic_tdir;
}

static struct peng_vgic_irq *next_left_active(struct peng_vcpu *vcpu)
{
	struct peng_vgic_cpu *cpu = &vcpu->vgic;
	struct peng_vgic_irq *irq, *found = NULL;

	raw_spin_lock(&cpu->ap_lock);
	list_for_each_entry(irq, &cpu->ap_list, ap) {
		if (irq->active && !irq->lr_state) {
			found = irq;
			break;
		}
	}
	raw_spin_unlock(&cpu->ap_lock);
	return found;
}

static void sync_eoi_count(struct peng_vcpu *vcpu)
{
	struct peng_gic_regs *gic = &vcpu->ctx.gic;
	struct peng_vgic_irq *irq;

	for (; gic->eoi_count && counts_deactivations(gic); gic->eoi_count--) {
		irq = next_left_active(vcpu);
		if (!irq)
			break;
		raw_spin_lock(&irq->lock);
		irq->active = false;
		resample(vcpu, irq);
		raw_spin_unlock(&irq->lock);
		if (!irq->edge && irq->intid >= PENG_VGIC_NR_PRIVATE)
			peng_irqfd_notify_eoi(vcpu->vm, irq->intid);
	}
	gic->eoi_count = 0;
}

/* The first interrupt that does not belong here: taken off, and returned. */
static struct peng_vgic_irq *take_stray(struct peng_vcpu *vcpu)
{
	struct peng_vgic_cpu *cpu = &vcpu->vgic;
	struct peng_vgic_irq *irq, *next, *stray = NULL;
	struct peng_vcpu *to;

	raw_spin_lock(&cpu->ap_lock);
	list_for_each_entry_safe(irq, next, &cpu->ap_list, ap) {
		raw_spin_lock(&irq->lock);
		to = peng_vgic_wanted_by(irq);
		if (to != vcpu) {
			list_del(&irq->ap);
			irq->vcpu = NULL;
			if (to)
				stray = irq;
		}
		raw_spin_unlock(&irq->lock);
		if (stray)
			break;
	}
	raw_spin_unlock(&cpu->ap_lock);
	return stray;
}

/* Off the list with what is done with, and over to others what they want. */
static void prune_list(struct peng_vcpu *vcpu)
{
	struct peng_vgic_irq *irq;

	while ((irq = take_stray(vcpu))) {
		raw_spin_lock(&irq->lock);
		peng_vgic_commit(irq, vcpu);
	}
}

static void sync_lrs(struct peng_vcpu *vcpu)
{
	struct peng_gic_regs *gic = &vcpu->ctx.gic;
	unsigned int i;

	/* Before the list registers' own: these are known by not being in one. */
	if (unlikely(gic->eoi_count))
		sync_eoi_count(vcpu);
	for (i = 0; i < gic->used_lrs; i++)
		sync_lr(vcpu, gic->lr[i]);
	gic->used_lrs = 0;
	WRITE_ONCE(vcpu->vgic.syncs, vcpu->vgic.syncs + 1);
}

/* The list register that an interrupt is in: it is in one. */
static unsigned int find_lr(const struct peng_gic_regs *gic, const struct peng_vgic_irq *irq)
{
	unsigned int i = 0;

	while (i < gic->used_lrs && (gic->lr[i] & ICH_LR_VIRTUAL_ID_MASK) != irq->intid)
		i++;
	return i;
}

/*
 * The SGI that was sent last is still in its list register, whatever has become of it;
 * all others stay as they are. Not where some have found no room: what there is to be
 * shown, and by which maintenance interrupt the guest comes back, may be different now.
 */
bool peng_vgic_refill_own(struct peng_vcpu *vcpu, struct peng_vgic_irq *irq, bool group1)
{
	struct fill fill = { .gic = &vcpu->ctx.gic, .vcpu = vcpu };
	bool done = false;

	lockdep_assert_irqs_disabled();

	raw_spin_lock(&irq->lock);
	if (irq->lr_state && irq->enabled && (group1 || !irq->group1) &&
	    fill.gic->hcr == ICH_HCR_EL2_En &&
	    (READ_ONCE(vcpu->vm->vgic.groups) & BIT(irq->group1))) {
		fill.nr = find_lr(fill.gic, irq);
		sync_one(vcpu, irq, fill.gic->lr[fill.nr] >> PENG_LR_STATE_SHIFT);
		irq->pending_latch = true;
		fill_one(&fill, irq);
		done = true;
	}
	raw_spin_unlock(&irq->lock);
	return done;
}

void peng_vgic_sync(struct peng_vcpu *vcpu)
{
	lockdep_assert_irqs_disabled();

	if (list_empty(&vcpu->vgic.ap_list))
		return;
	if (vcpu->ctx.gic.used_lrs)
		sync_lrs(vcpu);
	prune_list(vcpu);
}
