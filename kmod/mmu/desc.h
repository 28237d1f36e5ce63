/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage-2 descriptors: the architecture's fields, and how a struct peng_pgtable_leaf becomes one
 * and back. The kernel has no header for the Stage-2 format that is the same from 5.10 on, so the
 * fields are named here. Private to pgtable.c and root.c.
 */
#ifndef PENG_MMU_DESC_H
#define PENG_MMU_DESC_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/types.h>

#include "pgtable.h"

/* Descriptor fields, Arm ARM D8.3 "Translation table descriptor formats", Stage 2, 48-bit OA. */
#define DESC_VALID		BIT_ULL(0)
#define DESC_TABLE		BIT_ULL(1)	/* above the last level; at the last, a page */
#define DESC_MEMATTR		GENMASK_ULL(5, 2)
#define DESC_S2AP_R		BIT_ULL(6)
#define DESC_S2AP_W		BIT_ULL(7)
#define DESC_SH			GENMASK_ULL(9, 8)
#define DESC_AF			BIT_ULL(10)
#define DESC_OA_51_48		GENMASK_ULL(15, 12)	/* 64K granule only */
#define DESC_OA			GENMASK_ULL(47, PAGE_SHIFT)
#define DESC_XN			BIT_ULL(54)
#define DESC_SW_HOST_W		BIT_ULL(55)

#define DESC_RIGHTS		(DESC_S2AP_R | DESC_S2AP_W | DESC_XN | DESC_SW_HOST_W)

/* Invalid to hardware, and neither empty nor a list pointer to software. */
#define DESC_LOCKED		BIT_ULL(1)

#define MEMATTR_NORMAL_WB	0xf
#define MEMATTR_NORMAL_NC	0x5	/* with FWB too */
#define MEMATTR_DEVICE_NGNRE	0x1
#define MEMATTR_FWB_NORMAL_WB	0x6	/* write-back whatever stage 1 says */
#define SH_INNER		3

#define DESC_PER_TABLE	(1U << (PAGE_SHIFT - 3))

static inline bool desc_is_valid(u64 desc)
{
	return desc & DESC_VALID;
}

static inline bool desc_is_table(u64 desc, int level)
{
	return level < PENG_S2_LAST_LEVEL && desc_is_valid(desc) && (desc & DESC_TABLE);
}

static inline u64 desc_from_phys(phys_addr_t phys)
{
	u64 oa = phys & DESC_OA;

	if (PAGE_SHIFT == 16)
		oa |= FIELD_PREP(DESC_OA_51_48, (u64)phys >> 48);
	return oa;
}

static inline phys_addr_t desc_phys(u64 desc)
{
	u64 phys = desc & DESC_OA;

	if (PAGE_SHIFT == 16)
		phys |= FIELD_GET(DESC_OA_51_48, desc) << 48;
	return phys;
}

static inline u64 desc_from_table(struct peng_pgtable *pgt, void *table)
{
	return desc_from_phys(pgt->ops->phys(table)) | DESC_TABLE | DESC_VALID;
}

static inline u64 *desc_table(struct peng_pgtable *pgt, u64 desc)
{
	return pgt->ops->virt(desc_phys(desc));
}

static inline u64 desc_leaf_type(int level)
{
	return level == PENG_S2_LAST_LEVEL ? DESC_TABLE | DESC_VALID : DESC_VALID;
}

static inline u64 desc_memory_type(const struct peng_pgtable *pgt, unsigned int prot)
{
	if (prot & PENG_S2_DEVICE)
		return FIELD_PREP(DESC_MEMATTR, MEMATTR_DEVICE_NGNRE);
	if (prot & PENG_S2_NC)
		return FIELD_PREP(DESC_MEMATTR, MEMATTR_NORMAL_NC);
	if (pgt->features & PENG_S2_FWB)
		return FIELD_PREP(DESC_MEMATTR, MEMATTR_FWB_NORMAL_WB);
	return FIELD_PREP(DESC_MEMATTR, MEMATTR_NORMAL_WB);
}

static inline u64 desc_rights(unsigned int prot)
{
	u64 rights = 0;

	if (prot & PENG_S2_R)
		rights |= DESC_S2AP_R;
	if (prot & PENG_S2_W)
		rights |= DESC_S2AP_W;
	if (!(prot & PENG_S2_X))
		rights |= DESC_XN;
	if (prot & PENG_S2_HOST_W)
		rights |= DESC_SW_HOST_W;
	return rights;
}

static inline u64 desc_from_leaf(const struct peng_pgtable *pgt,
				 const struct peng_pgtable_leaf *leaf)
{
	return desc_from_phys(leaf->phys) | desc_leaf_type(leaf->level) | DESC_AF |
	       desc_memory_type(pgt, leaf->prot) | FIELD_PREP(DESC_SH, SH_INNER) |
	       desc_rights(leaf->prot);
}

static inline unsigned int desc_prot(u64 desc)
{
	unsigned int prot = 0;

	if (desc & DESC_S2AP_R)
		prot |= PENG_S2_R;
	if (desc & DESC_S2AP_W)
		prot |= PENG_S2_W;
	if (!(desc & DESC_XN))
		prot |= PENG_S2_X;
	if (desc & DESC_SW_HOST_W)
		prot |= PENG_S2_HOST_W;
	switch (FIELD_GET(DESC_MEMATTR, desc)) {
	case MEMATTR_DEVICE_NGNRE:
		prot |= PENG_S2_DEVICE;
		break;
	case MEMATTR_NORMAL_NC:
		prot |= PENG_S2_NC;
		break;
	}
	return prot;
}

/* @desc with the rights of @more added. Rights are only added here: XN is one that is missing. */
static inline u64 desc_add_rights(u64 desc, u64 more)
{
	u64 xn = desc & more & DESC_XN;

	return ((desc | (more & DESC_RIGHTS) | DESC_AF) & ~DESC_XN) | xn;
}

#endif /* PENG_MMU_DESC_H */
