/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LPIs (IHI 0069 chapter 5): their tables in guest memory, as the redistributors
 * know them.
 */
#ifndef PENG_VGIC_LPI_H
#define PENG_VGIC_LPI_H

#include <linux/types.h>

struct peng_vgic_access;

/* GICR_PROPBASER, one for all redistributors; GICR_PENDBASER. */
u64 peng_vgic_read_propbaser(const struct peng_vgic_access *a);
void peng_vgic_write_propbaser(const struct peng_vgic_access *a, u64 val);
u64 peng_vgic_read_pendbaser(const struct peng_vgic_access *a);
void peng_vgic_write_pendbaser(const struct peng_vgic_access *a, u64 val);

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
