/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory-mapped registers of the vGIC, as rows; private to vgic/.
 *
 * What has no row, and an access of a width that its row does not allow or that
 * is not aligned, reads as zero and is ignored on write, as IHI 0069 12.1.3
 * permits.
 */
#ifndef PENG_VGIC_MMIO_H
#define PENG_VGIC_MMIO_H

#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include "../io/bus.h"

struct peng_vcpu;
struct peng_vgic_irq;
struct peng_vm;

/* Widths: a mask of access sizes in bytes, which are powers of two. */
#define PENG_VGIC_W32		4
#define PENG_VGIC_W8_32		(1 | 4)
#define PENG_VGIC_W32_64	(4 | 8)

/* Flags of rows with a field for each interrupt. */
#define PENG_VGIC_W1		BIT(0)	/* only ones that are written act */
#define PENG_VGIC_STATE		BIT(1)	/* reads state that a list register may hold */
#define PENG_VGIC_ACTIVE	BIT(2)	/* writes the active state */
#define PENG_VGIC_USER_ALL	BIT(3)	/* zeros of user space act, despite W1 */

#define PENG_VGIC_SLEEPS	BIT(4)	/* a write reads guest memory */

/**
 * struct peng_vgic_access - an access to a frame of registers
 * @vm: whose vGIC
 * @vcpu: who accesses, in its own thread; NULL for user space, which then holds
 *	the locks of all vCPUs
 * @target: whose redistributor; NULL for the distributor
 * @offset: in the frame
 * @len: 1, 2, 4 or 8 bytes
 */
struct peng_vgic_access {
	struct peng_vm *vm;
	struct peng_vcpu *vcpu;
	struct peng_vcpu *target;
	u32 offset;
	u32 len;
};

/**
 * struct peng_vgic_row - a register, or an array of fields
 * @offset: in the frame
 * @len: bytes
 * @widths: PENG_VGIC_W*
 * @bits: of the field that each interrupt has; 0 for a plain register, which is
 *	of 4 or 8 bytes, or for any number of bytes that are reserved
 * @flags: PENG_VGIC_*
 * @read: value of a plain register; NULL reads as zero
 * @write: NULL ignores; called with the vCPU's list registers read back
 * @get: field of an interrupt; needs no lock; NULL reads as zero
 * @set: change it, irq->lock held; NULL ignores
 * @user_write: @write for user space, 0 or -errno; NULL for the same as @write
 * @user_get: @get for user space; NULL for the same as @get
 * @user_set: @set for user space; NULL for the same as @set
 */
struct peng_vgic_row {
	u32 offset;
	u32 len;
	u8 widths;
	u8 bits;
	u8 flags;
	u64 (*read)(const struct peng_vgic_access *a);
	void (*write)(const struct peng_vgic_access *a, u64 val);
	u64 (*get)(const struct peng_vgic_irq *irq);
	void (*set)(struct peng_vm *vm, struct peng_vgic_irq *irq, u64 val);
	int (*user_write)(const struct peng_vgic_access *a, u64 val);
	u64 (*user_get)(const struct peng_vgic_irq *irq);
	void (*user_set)(struct peng_vm *vm, struct peng_vgic_irq *irq, u64 val);
};

#define PENG_VGIC_FRAME_SIZE	SZ_64K
#define PENG_VGIC_NR_WORDS	(PENG_VGIC_FRAME_SIZE / sizeof(u32))
/* PIDR4 to CIDR3, the end of each frame. */
#define PENG_VGIC_IDREGS_SIZE	48
#define PENG_VGIC_NO_ROW	U8_MAX

/**
 * struct peng_vgic_frame - 64K of registers
 * @rows: sorted by offset, not overlapping
 * @nr: rows
 * @row_of: for each word of the frame, the row that has it, or PENG_VGIC_NO_ROW:
 *	every access begins here, and guests make many
 */
struct peng_vgic_frame {
	const struct peng_vgic_row *rows;
	unsigned int nr;
	u8 row_of[PENG_VGIC_NR_WORDS];
};

extern struct peng_vgic_frame peng_vgic_dist_frame;
extern struct peng_vgic_frame peng_vgic_rd_frame;
extern struct peng_vgic_frame peng_vgic_sgi_frame;

/* What stands on the VM's bus for them. */
extern const struct peng_io_ops peng_vgic_dist_ops;
extern const struct peng_io_ops peng_vgic_redist_ops;

/* Load: check the rows of a frame, and fill ->row_of; -EINVAL for bad rows. */
int peng_vgic_frame_init(struct peng_vgic_frame *frame);

/* 0, or -EAGAIN for a read that must be repeated with interrupts on. */
int peng_vgic_mmio_read(const struct peng_vgic_frame *frame,
			const struct peng_vgic_access *a, u64 *val);
int peng_vgic_mmio_write(const struct peng_vgic_frame *frame,
			 const struct peng_vgic_access *a, u64 val);

/*
 * The same for user space, in words. What has no row reads as zero and is
 * ignored on write, but does not exist; a write that a row refuses is -EINVAL.
 */
bool peng_vgic_user_exists(const struct peng_vgic_frame *frame,
			   const struct peng_vgic_access *a);
u32 peng_vgic_user_read(const struct peng_vgic_frame *frame, const struct peng_vgic_access *a);
int peng_vgic_user_write(const struct peng_vgic_frame *frame,
			 const struct peng_vgic_access *a, u32 val);

/* Which frame of a redistributor an access is to; its offset becomes that in it. */
const struct peng_vgic_frame *peng_vgic_redist_frame(struct peng_vgic_access *a);

/* A register of 64 bits after an access to all or half of it. */
static inline u64 peng_vgic_merge64(u64 old, const struct peng_vgic_access *a, u64 val)
{
	u32 shift = (a->offset & 4) * 8;
	u64 mask = GENMASK_ULL(a->len * 8 - 1, 0) << shift;

	return (old & ~mask) | ((val << shift) & mask);
}

/* A distributor and a redistributor have the same fields for an interrupt. */
#define PENG_VGIC_GET_FN(name)				\
	u64 peng_vgic_get_##name(const struct peng_vgic_irq *irq)
#define PENG_VGIC_SET_FN(name)					\
	void peng_vgic_set_##name(struct peng_vm *vm, struct peng_vgic_irq *irq, u64 val)
PENG_VGIC_GET_FN(group);
PENG_VGIC_SET_FN(group);
PENG_VGIC_GET_FN(enable);
PENG_VGIC_SET_FN(senable);
PENG_VGIC_SET_FN(cenable);
PENG_VGIC_GET_FN(pend);
PENG_VGIC_SET_FN(spend);
PENG_VGIC_SET_FN(cpend);
PENG_VGIC_GET_FN(latch);
PENG_VGIC_SET_FN(latch);
PENG_VGIC_GET_FN(zero);
PENG_VGIC_SET_FN(nothing);
PENG_VGIC_GET_FN(act);
PENG_VGIC_SET_FN(sact);
PENG_VGIC_SET_FN(cact);
PENG_VGIC_GET_FN(priority);
PENG_VGIC_SET_FN(priority);
PENG_VGIC_GET_FN(config);
PENG_VGIC_SET_FN(config);

/*
 * GICD_IIDR.Revision, numbered as KVM's: groups are the guest's (2), LPIs can be
 * invalidated through the redistributor (3).
 */
#define PENG_VGIC_REV_MIN	2
#define PENG_VGIC_REV_MAX	3

/* GICD_IIDR and GICR_IIDR; GICD_PIDR2 and GICR_PIDR2. */
u64 peng_vgic_read_iidr(const struct peng_vgic_access *a);
u64 peng_vgic_read_pidr2(const struct peng_vgic_access *a);

#endif /* PENG_VGIC_MMIO_H */
