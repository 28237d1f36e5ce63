// SPDX-License-Identifier: GPL-2.0-only
/*
 * LPIs: one object for each that an event is mapped to, in an xarray by number;
 * and where the redistributors find their tables in guest memory.
 *
 * vgic.lpi_lock (a mutex, inside its->lock) is held by whoever adds, removes or
 * goes through them. An object goes when no event has it and no vCPU's list
 * either: until then it is unused, and looked at again with each later change.
 * Messages find theirs under RCU: irq->dead tells them that they came too late.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/lockdep.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "../mmu/mmu.h"
#include "../trace.h"
#include "../vcpu.h"
#include "../vm.h"
#include "irq.h"
#include "lpi.h"
#include "mmio.h"

/* How many unused LPIs each change looks at. */
#define REAP_BATCH	4

/* An entry of the property table, IHI 0069 5.1.1. */
#define PROP_PRIORITY	GENMASK(7, 2)

/* What IHI 0069 12.11.29 and 12.11.30 define of the two registers. */
#define PROPBASER_MASK	(GENMASK_ULL(58, 56) | GENMASK_ULL(51, 7) | GENMASK_ULL(4, 0))
#define PENDBASER_MASK	(GENMASK_ULL(58, 56) | GENMASK_ULL(51, 16) | GENMASK_ULL(11, 7))

#define SHAREABILITY	(GIC_BASER_SHAREABILITY_MASK << GICR_PROPBASER_SHAREABILITY_SHIFT)

static_assert(GICR_PROPBASER_SHAREABILITY_SHIFT == GICR_PENDBASER_SHAREABILITY_SHIFT);
static_assert(GICR_PROPBASER_SHAREABILITY_SHIFT == GITS_BASER_SHAREABILITY_SHIFT);
static_assert(GICR_PROPBASER_SHAREABILITY_SHIFT == GITS_CBASER_SHAREABILITY_SHIFT);

/*
 * peng reaches tables through the process's cached view. A guest that reads
 * back what it wrote learns so from the attributes, and need not clean caches.
 */
u64 peng_vgic_sane_attrs(u64 reg, struct peng_vgic_attrs at)
{
	u64 inner = (reg >> at.inner) & GIC_BASER_CACHE_MASK;
	u64 outer = (reg >> at.outer) & GIC_BASER_CACHE_MASK;

	if ((reg & SHAREABILITY) ==
	    GIC_BASER_OuterShareable << GICR_PROPBASER_SHAREABILITY_SHIFT)
		reg ^= (GIC_BASER_OuterShareable ^ GIC_BASER_InnerShareable) <<
		       GICR_PROPBASER_SHAREABILITY_SHIFT;
	if (inner == GIC_BASER_CACHE_nCnB || inner == GIC_BASER_CACHE_nC)
		inner = GIC_BASER_CACHE_RaWb;
	if (outer != GIC_BASER_CACHE_SameAsInner && outer != GIC_BASER_CACHE_nC)
		outer = GIC_BASER_CACHE_nC;

	reg &= ~(GIC_BASER_CACHE_MASK << at.inner | GIC_BASER_CACHE_MASK << at.outer);
	return reg | inner << at.inner | outer << at.outer;
}

static u64 sane_baser(u64 reg)
{
	const struct peng_vgic_attrs at = {
		.inner = GICR_PROPBASER_INNER_CACHEABILITY_SHIFT,
		.outer = GICR_PROPBASER_OUTER_CACHEABILITY_SHIFT,
	};

	return peng_vgic_sane_attrs(reg, at);
}

u64 peng_vgic_read_propbaser(const struct peng_vgic_access *a)
{
	return READ_ONCE(a->vm->vgic.propbaser);
}

/* Two vCPUs may write half of it each, at once: neither half is lost. */
static void write_baser(const struct peng_vgic_access *a, u64 *baser, u64 val, u64 mask)
{
	u64 old, new;

	if (a->target->vgic.lpis_enabled)
		return;
	do {
		old = READ_ONCE(*baser);
		new = sane_baser(peng_vgic_merge64(old, a, val)) & mask;
	} while (cmpxchg(baser, old, new) != old);
}

void peng_vgic_write_propbaser(const struct peng_vgic_access *a, u64 val)
{
	write_baser(a, &a->vm->vgic.propbaser, val, PROPBASER_MASK);
}

/* PTZ is written only: here pending tables are always read. */
u64 peng_vgic_read_pendbaser(const struct peng_vgic_access *a)
{
	return READ_ONCE(a->target->vgic.pendbaser);
}

void peng_vgic_write_pendbaser(const struct peng_vgic_access *a, u64 val)
{
	write_baser(a, &a->target->vgic.pendbaser, val, PENDBASER_MASK);
}

/* A number that the guest's property table has, which grows with its IDbits. */
static bool in_table(const struct peng_vm *vm, u32 intid)
{
	u32 bits = (READ_ONCE(vm->vgic.propbaser) & GICR_PROPBASER_IDBITS_MASK) + 1;

	return intid >= PENG_VGIC_MIN_LPI && intid < BIT(min(bits, 16U));
}

int peng_lpi_configure(struct peng_vm *vm, struct peng_vgic_lpi *lpi)
{
	u64 table = GICR_PROPBASER_ADDRESS(READ_ONCE(vm->vgic.propbaser));
	struct peng_vgic_irq *irq = &lpi->irq;
	unsigned long flags;
	u8 prop;
	int ret;

	if (!in_table(vm, irq->intid))
		return -EINVAL;
	ret = peng_mmu_read_guest(vm, table + irq->intid - PENG_VGIC_MIN_LPI, &prop,
				  sizeof(prop));
	if (ret)
		return ret;

	raw_spin_lock_irqsave(&irq->lock, flags);
	irq->priority = prop & PROP_PRIORITY;
	irq->enabled = prop & LPI_PROP_ENABLED;
	peng_vgic_commit(irq, NULL);
	local_irq_restore(flags);
	return 0;
}

static u64 pending_byte(const struct peng_vcpu *vcpu, u32 intid)
{
	return GICR_PENDBASER_ADDRESS(vcpu->vgic.pendbaser) + intid / BITS_PER_BYTE;
}

static void make_pending(struct peng_vgic_irq *irq)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	irq->pending_latch = true;
	peng_vgic_commit(irq, NULL);
	local_irq_restore(flags);
}

/* Take over what the pending table says; the bit is the object's from now on. */
static int fetch_pending(struct peng_vm *vm, struct peng_vgic_irq *irq, struct peng_vcpu *vcpu)
{
	u64 gpa = pending_byte(vcpu, irq->intid);
	u8 byte, bit = BIT(irq->intid % BITS_PER_BYTE);
	int ret = peng_mmu_read_guest(vm, gpa, &byte, sizeof(byte));

	if (ret || !(byte & bit))
		return ret;
	make_pending(irq);
	byte &= ~bit;
	return peng_mmu_write_guest(vm, gpa, &byte, sizeof(byte));
}

/* Free what nobody has any more; its irq is on no list and in no register. */
static bool reap(struct peng_vm *vm, struct peng_vgic_lpi *lpi)
{
	struct peng_vgic_irq *irq = &lpi->irq;
	unsigned long flags;
	bool idle;

	lockdep_assert_held(&vm->vgic.lpi_lock);

	raw_spin_lock_irqsave(&irq->lock, flags);
	idle = !irq->vcpu && !irq->lr_state;
	irq->dead = idle;
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	if (!idle)
		return false;
	xa_erase(&vm->vgic.lpis, irq->intid);
	list_del(&lpi->unused);
	kfree_rcu(lpi, rcu);
	return true;
}

static void reap_some(struct peng_vm *vm)
{
	struct list_head *unused = &vm->vgic.unused_lpis;
	struct peng_vgic_lpi *lpi;
	int i;

	for (i = 0; i < REAP_BATCH && !list_empty(unused); i++) {
		lpi = list_first_entry(unused, struct peng_vgic_lpi, unused);
		if (!reap(vm, lpi))
			list_move_tail(&lpi->unused, unused);
	}
}

static void drop_user(struct peng_vm *vm, struct peng_vgic_lpi *lpi)
{
	if (--lpi->users)
		return;
	peng_lpi_clear(lpi);
	list_add(&lpi->unused, &vm->vgic.unused_lpis);
	reap_some(vm);
}

static struct peng_vgic_lpi *lpi_create(struct peng_vm *vm, u32 intid)
{
	struct peng_vgic_lpi *lpi = kzalloc(sizeof(*lpi), GFP_KERNEL_ACCOUNT);

	if (!lpi)
		return ERR_PTR(-ENOMEM);
	raw_spin_lock_init(&lpi->irq.lock);
	INIT_LIST_HEAD(&lpi->irq.ap);
	INIT_LIST_HEAD(&lpi->unused);
	lpi->irq.intid = intid;
	lpi->irq.group1 = true;
	lpi->irq.edge = true;
	if (xa_err(xa_store(&vm->vgic.lpis, intid, lpi, GFP_KERNEL_ACCOUNT))) {
		kfree(lpi);
		return ERR_PTR(-ENOMEM);
	}
	return lpi;
}

/* The first event decides where it goes, and what it is. */
static int lpi_first_use(struct peng_vm *vm, struct peng_vgic_lpi *lpi,
			 struct peng_vcpu *target)
{
	int ret;

	peng_lpi_retarget(lpi, target);
	ret = peng_lpi_configure(vm, lpi);
	if (!ret && target && target->vgic.lpis_enabled)
		ret = fetch_pending(vm, &lpi->irq, target);
	return ret;
}

struct peng_vgic_lpi *peng_lpi_get(struct peng_vm *vm, u32 intid, struct peng_vcpu *target)
{
	struct peng_vgic_lpi *lpi;
	int ret = 0;

	if (!in_table(vm, intid))
		return ERR_PTR(-EINVAL);

	mutex_lock(&vm->vgic.lpi_lock);
	lpi = xa_load(&vm->vgic.lpis, intid) ?: lpi_create(vm, intid);
	if (IS_ERR(lpi))
		goto unlock;
	list_del_init(&lpi->unused);
	if (!lpi->users++)
		ret = lpi_first_use(vm, lpi, target);
	if (ret) {
		drop_user(vm, lpi);
		lpi = ERR_PTR(ret);
	}
unlock:
	reap_some(vm);
	mutex_unlock(&vm->vgic.lpi_lock);
	return lpi;
}

void peng_lpi_put(struct peng_vm *vm, struct peng_vgic_lpi *lpi)
{
	mutex_lock(&vm->vgic.lpi_lock);
	drop_user(vm, lpi);
	mutex_unlock(&vm->vgic.lpi_lock);
}

int peng_lpi_raise(struct peng_vgic_lpi *lpi)
{
	struct peng_vgic_irq *irq = &lpi->irq;
	unsigned long flags;
	int ret = 1;

	trace_peng_irq_inject(-1, irq->intid, true);
	raw_spin_lock_irqsave(&irq->lock, flags);
	if (irq->dead || !irq->target)
		ret = 0;
	else if (!READ_ONCE(irq->target->vgic.lpis_enabled))
		ret = -EBUSY;
	if (ret == 1) {
		irq->pending_latch = true;
		peng_vgic_commit(irq, NULL);
	} else {
		raw_spin_unlock(&irq->lock);
	}
	local_irq_restore(flags);
	return ret;
}

void peng_lpi_clear(struct peng_vgic_lpi *lpi)
{
	struct peng_vgic_irq *irq = &lpi->irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	irq->pending_latch = false;
	if (irq->lr_state)
		irq->lr_ignore |= PENG_LR_PENDING;
	peng_vgic_commit(irq, NULL);
	local_irq_restore(flags);
}

void peng_lpi_retarget(struct peng_vgic_lpi *lpi, struct peng_vcpu *target)
{
	struct peng_vgic_irq *irq = &lpi->irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	irq->target = target;
	peng_vgic_commit(irq, NULL);
	local_irq_restore(flags);
}

void peng_lpi_configure_all(struct peng_vcpu *vcpu)
{
	struct peng_vm *vm = vcpu->vm;
	struct peng_vgic_lpi *lpi;
	unsigned long i;

	mutex_lock(&vm->vgic.lpi_lock);
	xa_for_each(&vm->vgic.lpis, i, lpi) {
		if (lpi->irq.target == vcpu)
			peng_lpi_configure(vm, lpi);
		cond_resched();
	}
	mutex_unlock(&vm->vgic.lpi_lock);
}

void peng_lpi_move_all(struct peng_vcpu *from, struct peng_vcpu *to)
{
	struct peng_vm *vm = from->vm;
	struct peng_vgic_lpi *lpi;
	unsigned long i;

	mutex_lock(&vm->vgic.lpi_lock);
	xa_for_each(&vm->vgic.lpis, i, lpi) {
		if (lpi->irq.target == from)
			peng_lpi_retarget(lpi, to);
		cond_resched();
	}
	mutex_unlock(&vm->vgic.lpi_lock);
}

struct peng_vgic_irq *peng_lpi_find(struct peng_vm *vm, u32 intid)
{
	struct peng_vgic_lpi *lpi = xa_load(&vm->vgic.lpis, intid);

	return lpi ? &lpi->irq : NULL;
}

static int save_pending_bit(struct peng_vm *vm, const struct peng_vgic_irq *irq)
{
	u8 byte, bit = BIT(irq->intid % BITS_PER_BYTE);
	u64 gpa = pending_byte(irq->target, irq->intid);
	int ret = peng_mmu_read_guest(vm, gpa, &byte, sizeof(byte));

	if (ret || !!(byte & bit) == irq->pending_latch)
		return ret;
	byte ^= bit;
	return peng_mmu_write_guest(vm, gpa, &byte, sizeof(byte));
}

int peng_lpi_save_pending(struct peng_vm *vm)
{
	struct peng_vgic_lpi *lpi;
	unsigned long i;
	int ret = 0;

	mutex_lock(&vm->vgic.lpi_lock);
	xa_for_each(&vm->vgic.lpis, i, lpi) {
		if (!lpi->users || !lpi->irq.target)
			continue;
		ret = save_pending_bit(vm, &lpi->irq);
		if (ret)
			break;
		cond_resched();
	}
	mutex_unlock(&vm->vgic.lpi_lock);
	return ret;
}

/* From the revision on that has it, LPIs can be invalidated without an ITS command. */
u64 peng_vgic_read_rctlr(const struct peng_vgic_access *a)
{
	u64 val = a->target->vgic.lpis_enabled ? GICR_CTLR_ENABLE_LPIS : 0;

	if (a->vm->vgic.revision >= PENG_VGIC_REV_MAX)
		val |= GICR_CTLR_IR | GICR_CTLR_CES;
	return val;
}

/* Messages that come from now on find the vCPU enabled, or not. */
void peng_vgic_write_rctlr(const struct peng_vgic_access *a, u64 val)
{
	bool enable = val & GICR_CTLR_ENABLE_LPIS;
	struct peng_vcpu *vcpu = a->target;
	struct peng_vm *vm = a->vm;
	struct peng_vgic_lpi *lpi;
	unsigned long i;

	if (!READ_ONCE(vm->vgic.has_its))
		return;
	mutex_lock(&vm->vgic.lpi_lock);
	if (enable != vcpu->vgic.lpis_enabled) {
		WRITE_ONCE(vcpu->vgic.lpis_enabled, enable);
		xa_for_each(&vm->vgic.lpis, i, lpi) {
			if (!lpi->users || lpi->irq.target != vcpu)
				continue;
			if (enable)
				fetch_pending(vm, &lpi->irq, vcpu);
			else
				peng_lpi_clear(lpi);
			cond_resched();
		}
	}
	mutex_unlock(&vm->vgic.lpi_lock);
}

/* The upper half of both is about virtual processors of GICv4. */
void peng_vgic_write_invlpir(const struct peng_vgic_access *a, u64 val)
{
	struct peng_vgic_lpi *lpi;

	if ((a->offset & 4) || !a->target->vgic.lpis_enabled)
		return;
	mutex_lock(&a->vm->vgic.lpi_lock);
	lpi = xa_load(&a->vm->vgic.lpis, lower_32_bits(val));
	if (lpi)
		peng_lpi_configure(a->vm, lpi);
	mutex_unlock(&a->vm->vgic.lpi_lock);
}

void peng_vgic_write_invallr(const struct peng_vgic_access *a, u64 val)
{
	if (!(a->offset & 4) && a->target->vgic.lpis_enabled)
		peng_lpi_configure_all(a->target);
}

void peng_lpi_vm_init(struct peng_vm *vm)
{
	mutex_init(&vm->vgic.lpi_lock);
	xa_init(&vm->vgic.lpis);
	INIT_LIST_HEAD(&vm->vgic.unused_lpis);
	INIT_LIST_HEAD(&vm->vgic.itses);
}

/* No vCPU and no ITS is left. */
void peng_lpi_vm_destroy(struct peng_vm *vm)
{
	struct peng_vgic_lpi *lpi;
	unsigned long i;

	xa_for_each(&vm->vgic.lpis, i, lpi)
		kfree(lpi);
	xa_destroy(&vm->vgic.lpis);
	mutex_destroy(&vm->vgic.lpi_lock);
}
