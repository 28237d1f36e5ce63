// SPDX-License-Identifier: GPL-2.0-only
/*
 * LPIs: where the redistributors find their tables in guest memory.
 */
#include <linux/bits.h>
#include <linux/irqchip/arm-gic-v3.h>

#include "../vcpu.h"
#include "../vm.h"
#include "lpi.h"
#include "mmio.h"

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
void peng_vgic_write_propbaser(const struct peng_vgic_access *a, u64 val)
{
	u64 *propbaser = &a->vm->vgic.propbaser, old, new;

	if (a->target->vgic.lpis_enabled)
		return;
	do {
		old = READ_ONCE(*propbaser);
		new = sane_baser(peng_vgic_merge64(old, a, val)) & PROPBASER_MASK;
	} while (cmpxchg(propbaser, old, new) != old);
}

/* PTZ is written only: here pending tables are always read. */
u64 peng_vgic_read_pendbaser(const struct peng_vgic_access *a)
{
	return READ_ONCE(a->target->vgic.pendbaser);
}

void peng_vgic_write_pendbaser(const struct peng_vgic_access *a, u64 val)
{
	u64 *pendbaser = &a->target->vgic.pendbaser, old, new;

	if (a->target->vgic.lpis_enabled)
		return;
	do {
		old = READ_ONCE(*pendbaser);
		new = sane_baser(peng_vgic_merge64(old, a, val)) & PENDBASER_MASK;
	} while (cmpxchg(pendbaser, old, new) != old);
}
