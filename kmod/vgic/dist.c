// SPDX-License-Identifier: GPL-2.0-only
/*
 * The distributor's registers (IHI 0069 12.9): one security state (DS = 1),
 * affinity routing always on, SPIs only. What is not here reads as zero.
 */
#include <linux/bitfield.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/kernel.h>

#include "../vcpu.h"
#include "../vm.h"
#include "irq.h"
#include "mmio.h"
#include "vgic.h"

/* GICD_TYPER, IHI 0069 12.9.38: fields that the kernel has no name for. */
#define TYPER_LINES		GENMASK(4, 0)
#define TYPER_ID_BITS		GENMASK(23, 19)
#define TYPER_NO_1_OF_N		BIT(25)

/* INTIDs of 10 bits, as long as there are no LPIs. */
#define ID_BITS			10

#define GROUPS			(GICD_CTLR_ENABLE_SS_G0 | GICD_CTLR_ENABLE_SS_G1)

/* GICD_IROUTER<n>: Aff2, Aff1 and Aff0. There is no Aff3 and no "any vCPU". */
#define ROUTE_MASK		GENMASK_ULL(23, 0)

static u64 read_ctlr(const struct peng_vgic_access *a)
{
	return GICD_CTLR_DS | GICD_CTLR_ARE_NS | READ_ONCE(a->vcpu->vm->vgic.groups);
}

/* A group's interrupts stay on their lists; the list registers are rebuilt. */
static void write_ctlr(const struct peng_vgic_access *a, u64 val)
{
	struct peng_vgic_dist *dist = &a->vcpu->vm->vgic;
	struct peng_vcpu *vcpu;
	unsigned int i;

	if (dist->groups == (val & GROUPS))
		return;
	WRITE_ONCE(dist->groups, val & GROUPS);
	peng_vm_for_each_vcpu(i, vcpu, a->vcpu->vm)
		if (vcpu != a->vcpu)
			peng_vgic_notify(vcpu);
}

static u64 read_typer(const struct peng_vgic_access *a)
{
	return FIELD_PREP(TYPER_LINES, peng_vgic_nr_irqs(a->vcpu->vm) / 32 - 1) |
	       FIELD_PREP(TYPER_ID_BITS, ID_BITS - 1) | TYPER_NO_1_OF_N;
}

static u64 get_route(const struct peng_vgic_irq *irq)
{
	return irq->route;
}

static void set_route(struct peng_vm *vm, struct peng_vgic_irq *irq, u64 val)
{
	irq->route = val & ROUTE_MASK;
	irq->target = peng_vm_vcpu_by_mpidr(vm, irq->route);
}

#define REG(name, rd, wr)							\
	{ .offset = name, .len = 4, .widths = PENG_VGIC_W32, .read = rd, .write = wr }
#define IRQS(name, nbits, width, fl, getter, setter)				\
	{ .offset = name, .len = (PENG_VGIC_MAX_SPI + 5) * (nbits) / 8,		\
	  .widths = width, .bits = nbits, .flags = fl, .get = getter, .set = setter }

static const struct peng_vgic_row rows[] = {
	REG(GICD_CTLR, read_ctlr, write_ctlr),
	REG(GICD_TYPER, read_typer, NULL),
	REG(GICD_IIDR, peng_vgic_read_iidr, NULL),
	IRQS(GICD_IGROUPR, 1, PENG_VGIC_W32, 0, peng_vgic_get_group, peng_vgic_set_group),
	IRQS(GICD_ISENABLER, 1, PENG_VGIC_W32, PENG_VGIC_W1,
	     peng_vgic_get_enable, peng_vgic_set_senable),
	IRQS(GICD_ICENABLER, 1, PENG_VGIC_W32, PENG_VGIC_W1,
	     peng_vgic_get_enable, peng_vgic_set_cenable),
	IRQS(GICD_ISPENDR, 1, PENG_VGIC_W32, PENG_VGIC_W1 | PENG_VGIC_STATE,
	     peng_vgic_get_pend, peng_vgic_set_spend),
	IRQS(GICD_ICPENDR, 1, PENG_VGIC_W32, PENG_VGIC_W1 | PENG_VGIC_STATE,
	     peng_vgic_get_pend, peng_vgic_set_cpend),
	IRQS(GICD_ISACTIVER, 1, PENG_VGIC_W32,
	     PENG_VGIC_W1 | PENG_VGIC_STATE | PENG_VGIC_ACTIVE,
	     peng_vgic_get_act, peng_vgic_set_sact),
	IRQS(GICD_ICACTIVER, 1, PENG_VGIC_W32,
	     PENG_VGIC_W1 | PENG_VGIC_STATE | PENG_VGIC_ACTIVE,
	     peng_vgic_get_act, peng_vgic_set_cact),
	IRQS(GICD_IPRIORITYR, 8, PENG_VGIC_W8_32, 0,
	     peng_vgic_get_priority, peng_vgic_set_priority),
	IRQS(GICD_ICFGR, 2, PENG_VGIC_W32, 0, peng_vgic_get_config, peng_vgic_set_config),
	IRQS(GICD_IROUTER, 64, PENG_VGIC_W32_64, 0, get_route, set_route),
	REG(GICD_PIDR2, peng_vgic_read_pidr2, NULL),
};

struct peng_vgic_frame peng_vgic_dist_frame = {
	.rows = rows,
	.nr = ARRAY_SIZE(rows),
};

static int dist_read(struct peng_vcpu *vcpu, struct peng_io_dev *dev, u64 gpa,
		     unsigned int len, u64 *val)
{
	const struct peng_vgic_access a = {
		.vcpu = vcpu, .offset = gpa - dev->base, .len = len,
	};

	return peng_vgic_mmio_read(&peng_vgic_dist_frame, &a, val);
}

static int dist_write(struct peng_vcpu *vcpu, struct peng_io_dev *dev, u64 gpa,
		      unsigned int len, u64 val)
{
	const struct peng_vgic_access a = {
		.vcpu = vcpu, .offset = gpa - dev->base, .len = len,
	};

	return peng_vgic_mmio_write(&peng_vgic_dist_frame, &a, val);
}

const struct peng_io_ops peng_vgic_dist_ops = {
	.read = dist_read,
	.write = dist_write,
	.irqs_off = true,
};
