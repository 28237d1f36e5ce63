// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to rows of registers, and the fields that every interrupt has.
 *
 * Called on the VM's bus in the thread of the vCPU that accesses, in the fast
 * tier too: interrupts may be masked and list registers not read back yet.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "../vcpu.h"
#include "../vm.h"
#include "irq.h"
#include "mmio.h"
#include "vgic.h"

/* Priority bits that peng gives, as KVM does: a guest may move between hosts. */
#define PRIORITY_MASK		GENMASK(7, 3)

/* ICFGR: the upper bit of the field says edge, the lower is reserved. */
#define CONFIG_EDGE		BIT(1)

/* Arm designed the programmer's model; the product is peng ('P'). */
#define IIDR_ARM		0x43b
#define IIDR_PENG		0x50
#define PIDR2_JEDEC		0xb

/**
 * struct span - the interrupts that an access touches
 * @first: INTID
 * @nr: how many
 * @bits: of each one's field that are accessed
 * @shift: of those in the field, where the access is narrower than it
 */
struct span {
	u32 first;
	u32 nr;
	u32 bits;
	u32 shift;
};

static struct span row_span(const struct peng_vgic_row *row, const struct peng_vgic_access *a)
{
	u32 bit = (a->offset - row->offset) * 8;
	u32 width = a->len * 8;

	return (struct span) {
		.first = bit / row->bits,
		.nr = max(width / row->bits, 1u),
		.bits = min_t(u32, width, row->bits),
		.shift = bit % row->bits,
	};
}

static inline const struct peng_vgic_row *find_row(const struct peng_vgic_frame *frame,
						   const struct peng_vgic_access *a)
{
	u8 i = frame->row_of[a->offset / sizeof(u32)];

	if (i == PENG_VGIC_NO_ROW || (a->offset & (a->len - 1)) ||
	    !(frame->rows[i].widths & a->len))
		return NULL;
	return &frame->rows[i];
}

static struct peng_vgic_irq *find_irq(const struct peng_vgic_access *a, u32 intid)
{
	return peng_vgic_find(a->vm, a->target, intid);
}

/*
 * Have the vCPU that holds the interrupt in a list register read it back. It
 * may go on to the guest at once: its state is then that of a moment during
 * this access, which is all that a reader can ask for.
 */
static void wait_for_sync(struct peng_vgic_irq *irq)
{
	struct peng_vcpu *vcpu = READ_ONCE(irq->vcpu);
	unsigned int syncs;

	if (!vcpu)
		return;
	syncs = READ_ONCE(vcpu->vgic.syncs);
	peng_vgic_notify(vcpu);
	while (READ_ONCE(irq->lr_state) && READ_ONCE(vcpu->vgic.syncs) == syncs) {
		cpu_relax();
		cond_resched();
	}
}

/* -EAGAIN where another CPU must be waited for, and cannot be now. */
static int settle(const struct peng_vgic_access *a, const struct span *span)
{
	struct peng_vgic_irq *irq;
	u32 i;

	for (i = 0; i < span->nr; i++) {
		irq = find_irq(a, span->first + i);
		if (!irq || likely(!READ_ONCE(irq->lr_state)))
			continue;
		if (irqs_disabled())
			return -EAGAIN;
		wait_for_sync(irq);
	}
	return 0;
}

static u64 get_fields(const struct peng_vgic_row *row, const struct peng_vgic_access *a,
		      const struct span *span)
{
	struct peng_vgic_irq *irq;
	u64 val = 0;
	u32 i;

	for (i = 0; i < span->nr; i++) {
		irq = find_irq(a, span->first + i);
		if (irq)
			val |= ((row->get(irq) >> span->shift) &
				GENMASK_ULL(span->bits - 1, 0)) << (i * span->bits);
	}
	return val;
}

/* Out of line: the way of plain registers is to stay short. */
static noinline int read_fields(const struct peng_vgic_row *row,
				const struct peng_vgic_access *a, u64 *val)
{
	struct span span = row_span(row, a);
	int ret = 0;

	if (!(row->flags & PENG_VGIC_STATE)) {
		*val = get_fields(row, a, &span);
		return 0;
	}

	peng_vgic_turn_begin(a->vcpu);
	ret = settle(a, &span);
	if (!ret)
		*val = get_fields(row, a, &span);
	peng_vgic_turn_end(a->vcpu);
	return ret;
}

static void set_field(const struct peng_vgic_row *row, const struct peng_vgic_access *a,
		      const struct span *span, struct peng_vgic_irq *irq, u64 field)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	if (span->bits < row->bits) {
		u64 mask = GENMASK_ULL(span->bits - 1, 0) << span->shift;

		field = (row->get(irq) & ~mask) | (field << span->shift);
	}
	row->set(a->vm, irq, field);
	if (row->flags & PENG_VGIC_ACTIVE)
		peng_vgic_commit_active(irq, a->vcpu);
	else
		peng_vgic_commit(irq, a->vcpu);
	local_irq_restore(flags);
}

static void write_fields(const struct peng_vgic_row *row, const struct peng_vgic_access *a,
			 u64 val)
{
	struct span span = row_span(row, a);
	struct peng_vgic_irq *irq;
	u64 field;
	u32 i;

	for (i = 0; i < span.nr; i++) {
		field = (val >> (i * span.bits)) & GENMASK_ULL(span.bits - 1, 0);
		if ((row->flags & PENG_VGIC_W1) && !field)
			continue;
		irq = find_irq(a, span.first + i);
		if (irq)
			set_field(row, a, &span, irq, field);
	}
}

int peng_vgic_mmio_read(const struct peng_vgic_frame *frame,
			const struct peng_vgic_access *a, u64 *val)
{
	const struct peng_vgic_row *row = find_row(frame, a);

	if (row && row->get)
		return read_fields(row, a, val);
	*val = row && row->read ? row->read(a) >> ((a->offset - row->offset) * 8) : 0;
	return 0;
}

int peng_vgic_mmio_write(const struct peng_vgic_frame *frame,
			 const struct peng_vgic_access *a, u64 val)
{
	const struct peng_vgic_row *row = find_row(frame, a);

	if (!row || !(row->set || row->write))
		return 0;
	if ((row->flags & PENG_VGIC_SLEEPS) && irqs_disabled())
		return -EAGAIN;

	peng_vgic_turn_begin(a->vcpu);
	if (row->set)
		write_fields(row, a, val);
	else
		row->write(a, val);
	peng_vgic_turn_end(a->vcpu);
	return 0;
}

static u32 nr_intids(const struct peng_vgic_access *a)
{
	return a->target ? PENG_VGIC_NR_PRIVATE : peng_vgic_nr_irqs(a->vm);
}

bool peng_vgic_user_exists(const struct peng_vgic_frame *frame,
			   const struct peng_vgic_access *a)
{
	const struct peng_vgic_row *row = find_row(frame, a);

	return row && (!row->bits || row_span(row, a).first < nr_intids(a));
}

/* No vCPU is in the guest: nothing is in a list register. */
u32 peng_vgic_user_read(const struct peng_vgic_frame *frame, const struct peng_vgic_access *a)
{
	const struct peng_vgic_row *row = find_row(frame, a);
	struct peng_vgic_row user;
	struct span span;

	if (!row || !row->bits)
		return row && row->read ? row->read(a) >> ((a->offset - row->offset) * 8) : 0;
	user = *row;
	if (row->user_get)
		user.get = row->user_get;
	span = row_span(row, a);
	return get_fields(&user, a, &span);
}

int peng_vgic_user_write(const struct peng_vgic_frame *frame,
			 const struct peng_vgic_access *a, u32 val)
{
	const struct peng_vgic_row *row = find_row(frame, a);
	struct peng_vgic_row user;

	if (!row)
		return 0;
	if (!row->bits) {
		if (row->user_write)
			return row->user_write(a, val);
		if (row->write)
			row->write(a, val);
		return 0;
	}
	user = *row;
	if (row->user_set)
		user.set = row->user_set;
	if (row->flags & PENG_VGIC_USER_ALL)
		user.flags &= ~PENG_VGIC_W1;
	if (user.set)
		write_fields(&user, a, val);
	return 0;
}

PENG_VGIC_GET_FN(group)
{
	return irq->group1;
}

PENG_VGIC_SET_FN(group)
{
	irq->group1 = val;
}

PENG_VGIC_GET_FN(enable)
{
	return irq->enabled;
}

PENG_VGIC_SET_FN(senable)
{
	irq->enabled = true;
}

PENG_VGIC_SET_FN(cenable)
{
	irq->enabled = false;
}

/* The latch of an interrupt in a list register went there with it. */
PENG_VGIC_GET_FN(pend)
{
	return peng_vgic_irq_pending(irq) ||
	       (irq->lr_state & ~irq->lr_ignore & PENG_LR_PENDING);
}

PENG_VGIC_SET_FN(spend)
{
	irq->pending_latch = true;
	if (irq->lr_state)
		irq->lr_ignore |= PENG_LR_PENDING;
}

PENG_VGIC_SET_FN(cpend)
{
	irq->pending_latch = false;
	if (irq->lr_state)
		irq->lr_ignore |= PENG_LR_PENDING;
}

/*
 * User space saves the latch and the line apart (arm-vgic-v3.rst), and restores
 * either before it says which interrupts are edge-triggered.
 */
PENG_VGIC_GET_FN(latch)
{
	return irq->pending_latch;
}

PENG_VGIC_SET_FN(latch)
{
	irq->pending_latch = val;
}

PENG_VGIC_GET_FN(zero)
{
	return 0;
}

PENG_VGIC_SET_FN(nothing)
{
}

PENG_VGIC_GET_FN(act)
{
	return irq->active;
}

PENG_VGIC_SET_FN(sact)
{
	peng_vgic_set_active(irq, true);
}

PENG_VGIC_SET_FN(cact)
{
	peng_vgic_set_active(irq, false);
}

PENG_VGIC_GET_FN(priority)
{
	return irq->priority;
}

PENG_VGIC_SET_FN(priority)
{
	irq->priority = val & PRIORITY_MASK;
}

PENG_VGIC_GET_FN(config)
{
	return irq->edge ? CONFIG_EDGE : 0;
}

PENG_VGIC_SET_FN(config)
{
	irq->edge = val & CONFIG_EDGE;
}

u64 peng_vgic_read_iidr(const struct peng_vgic_access *a)
{
	return FIELD_PREP(GICD_IIDR_PRODUCT_ID_MASK, IIDR_PENG) |
	       FIELD_PREP(GICD_IIDR_REVISION_MASK, a->target ? 0 : a->vm->vgic.revision) |
	       FIELD_PREP(GICD_IIDR_IMPLEMENTER_MASK, IIDR_ARM);
}

u64 peng_vgic_read_pidr2(const struct peng_vgic_access *a)
{
	return GIC_PIDR2_ARCH_GICv3 | PIDR2_JEDEC;
}

static bool row_ok(const struct peng_vgic_row *row)
{
	bool plain = row->read || row->write || row->user_write;
	bool fields = row->get || row->set || row->user_get || row->user_set;

	if (!row->len || !row->widths || row->offset + row->len > PENG_VGIC_FRAME_SIZE ||
	    !IS_ALIGNED(row->offset | row->len, sizeof(u32)))
		return false;
	if (row->bits)
		return row->get && !plain;
	return !fields && (!plain || row->len <= 8);
}

int peng_vgic_frame_init(struct peng_vgic_frame *frame)
{
	const struct peng_vgic_row *row;
	unsigned int i;

	if (frame->nr >= PENG_VGIC_NO_ROW)
		return -EINVAL;
	memset(frame->row_of, PENG_VGIC_NO_ROW, sizeof(frame->row_of));

	for (i = 0; i < frame->nr; i++) {
		row = &frame->rows[i];
		if (!row_ok(row))
			return -EINVAL;
		if (i && row[-1].offset + row[-1].len > row->offset)
			return -EINVAL;
		memset(&frame->row_of[row->offset / sizeof(u32)], i, row->len / sizeof(u32));
	}
	return 0;
}
