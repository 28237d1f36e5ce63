// SPDX-License-Identifier: GPL-2.0-only
/*
 * The redistributors' registers (IHI 0069 12.10, 12.11): two frames for each
 * vCPU, RD_base and SGI_base; what is about LPIs is in lpi.c. GICR_WAKER reads as
 * zero: a redistributor is always awake, and a guest that puts it to sleep loses
 * nothing.
 */
#include <linux/bitfield.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/kernel.h>
#include <asm/cputype.h>

#include "../vcpu.h"
#include "../vm.h"
#include "irq.h"
#include "lpi.h"
#include "mmio.h"
#include "vgic.h"

/* GICR_TYPER, IHI 0069 12.11.34: a field that the kernel has only a getter for. */
#define TYPER_PROCESSOR		GENMASK_ULL(23, 8)

/* The region that has a vCPU's redistributor; configuration is fixed by now. */
static const struct peng_vgic_region *region_of(const struct peng_vcpu *vcpu)
{
	const struct peng_vgic_region *region;

	list_for_each_entry(region, &vcpu->vm->vgic.regions, node)
		if (vcpu->idx - region->first < region->used)
			return region;
	return NULL;
}

static bool region_continues(const struct peng_vm *vm, const struct peng_vgic_region *region)
{
	u64 end = region->base + (u64)region->used * GIC_V3_REDIST_SIZE;
	const struct peng_vgic_region *next;

	list_for_each_entry(next, &vm->vgic.regions, node)
		if (next->used && next->base == end)
			return true;
	return false;
}

/* A guest walks redistributors from each region's start until one is the last. */
static bool is_last(const struct peng_vcpu *vcpu)
{
	const struct peng_vgic_region *region = region_of(vcpu);

	return region && vcpu->idx - region->first == region->used - 1 &&
	       !region_continues(vcpu->vm, region);
}

static u64 read_typer(const struct peng_vgic_access *a)
{
	u64 mpidr = a->target->ctx.sys[PENG_MPIDR_EL1];
	u64 affinity = MPIDR_AFFINITY_LEVEL(mpidr, 3) << 24 | (mpidr & GENMASK(23, 0));

	return FIELD_PREP(GICR_TYPER_AFFINITY, affinity) |
	       FIELD_PREP(TYPER_PROCESSOR, a->target->id) |
	       (is_last(a->target) ? GICR_TYPER_LAST : 0) |
	       (READ_ONCE(a->vm->vgic.has_its) ? GICR_TYPER_PLPIS : 0);
}

#define REG(name, size, width, rd)						\
	{ .offset = name, .len = size, .widths = width, .read = rd }
#define BASER(name, fn)								\
	{ .offset = name, .len = 8, .widths = PENG_VGIC_W32_64,			\
	  .read = peng_vgic_read_##fn, .write = peng_vgic_write_##fn }
#define SLEEPS(name, size, width, rd, wr)					\
	{ .offset = name, .len = size, .widths = width, .flags = PENG_VGIC_SLEEPS,	\
	  .read = rd, .write = wr }
#define RES0(name, size)							\
	{ .offset = name, .len = size, .widths = PENG_VGIC_W32 }
#define IRQS(name, nbits, width, fl, getter, setter, ...)			\
	{ .offset = name, .len = PENG_VGIC_NR_PRIVATE * (nbits) / 8,		\
	  .widths = width, .bits = nbits, .flags = fl, .get = getter, .set = setter,	\
	  ##__VA_ARGS__ }

static const struct peng_vgic_row rd_rows[] = {
	SLEEPS(GICR_CTLR, 4, PENG_VGIC_W32, peng_vgic_read_rctlr, peng_vgic_write_rctlr),
	REG(GICR_IIDR, 4, PENG_VGIC_W32, peng_vgic_read_iidr),
	REG(GICR_TYPER, 8, PENG_VGIC_W32_64, read_typer),
	RES0(GICR_STATUSR, 4),
	RES0(GICR_WAKER, 4),
	BASER(GICR_PROPBASER, propbaser),
	BASER(GICR_PENDBASER, pendbaser),
	SLEEPS(GICR_INVLPIR, 8, PENG_VGIC_W32_64, NULL, peng_vgic_write_invlpir),
	SLEEPS(GICR_INVALLR, 8, PENG_VGIC_W32_64, NULL, peng_vgic_write_invallr),
	RES0(GICR_SYNCR, 4),
	RES0(GICR_IDREGS, GICR_PIDR2 - GICR_IDREGS),
	REG(GICR_PIDR2, 4, PENG_VGIC_W32, peng_vgic_read_pidr2),
	RES0(GICR_PIDR2 + 4, GICR_IDREGS + PENG_VGIC_IDREGS_SIZE - GICR_PIDR2 - 4),
};

/* The configuration of SGIs and PPIs is fixed: edge and level. */
static const struct peng_vgic_row sgi_rows[] = {
	IRQS(GICR_IGROUPR0, 1, PENG_VGIC_W32, 0, peng_vgic_get_group, peng_vgic_set_group),
	IRQS(GICR_ISENABLER0, 1, PENG_VGIC_W32, PENG_VGIC_W1,
	     peng_vgic_get_enable, peng_vgic_set_senable),
	IRQS(GICR_ICENABLER0, 1, PENG_VGIC_W32, PENG_VGIC_W1,
	     peng_vgic_get_enable, peng_vgic_set_cenable),
	IRQS(GICR_ISPENDR0, 1, PENG_VGIC_W32,
	     PENG_VGIC_W1 | PENG_VGIC_STATE | PENG_VGIC_USER_ALL,
	     peng_vgic_get_pend, peng_vgic_set_spend,
	     .user_get = peng_vgic_get_latch, .user_set = peng_vgic_set_latch),
	IRQS(GICR_ICPENDR0, 1, PENG_VGIC_W32, PENG_VGIC_W1 | PENG_VGIC_STATE,
	     peng_vgic_get_pend, peng_vgic_set_cpend,
	     .user_get = peng_vgic_get_zero, .user_set = peng_vgic_set_nothing),
	IRQS(GICR_ISACTIVER0, 1, PENG_VGIC_W32,
	     PENG_VGIC_W1 | PENG_VGIC_STATE | PENG_VGIC_ACTIVE,
	     peng_vgic_get_act, peng_vgic_set_sact),
	IRQS(GICR_ICACTIVER0, 1, PENG_VGIC_W32,
	     PENG_VGIC_W1 | PENG_VGIC_STATE | PENG_VGIC_ACTIVE,
	     peng_vgic_get_act, peng_vgic_set_cact),
	IRQS(GICR_IPRIORITYR0, 8, PENG_VGIC_W8_32, 0,
	     peng_vgic_get_priority, peng_vgic_set_priority),
	IRQS(GICR_ICFGR0, 2, PENG_VGIC_W32, 0, peng_vgic_get_config, NULL),
	RES0(GICR_IGRPMODR0, 4),
	RES0(GICR_NSACR, 4),
};

struct peng_vgic_frame peng_vgic_rd_frame = {
	.rows = rd_rows,
	.nr = ARRAY_SIZE(rd_rows),
};

struct peng_vgic_frame peng_vgic_sgi_frame = {
	.rows = sgi_rows,
	.nr = ARRAY_SIZE(sgi_rows),
};

static struct peng_vgic_access redist_access(struct peng_vcpu *vcpu, struct peng_io_dev *dev,
					     u64 gpa, unsigned int len)
{
	struct peng_vgic_region *region = container_of(dev, struct peng_vgic_region, dev);
	u64 offset = gpa - dev->base;

	return (struct peng_vgic_access) {
		.vm = vcpu->vm,
		.vcpu = vcpu,
		.target = peng_vm_vcpu(vcpu->vm, region->first + offset / GIC_V3_REDIST_SIZE),
		.offset = offset % GIC_V3_REDIST_SIZE,
		.len = len,
	};
}

const struct peng_vgic_frame *peng_vgic_redist_frame(struct peng_vgic_access *a)
{
	if (a->offset < PENG_VGIC_FRAME_SIZE)
		return &peng_vgic_rd_frame;
	a->offset -= PENG_VGIC_FRAME_SIZE;
	return &peng_vgic_sgi_frame;
}

static int redist_read(struct peng_vcpu *vcpu, struct peng_io_dev *dev, u64 gpa,
		       unsigned int len, u64 *val)
{
	struct peng_vgic_access a = redist_access(vcpu, dev, gpa, len);
	const struct peng_vgic_frame *frame = peng_vgic_redist_frame(&a);

	return peng_vgic_mmio_read(frame, &a, val);
}

static int redist_write(struct peng_vcpu *vcpu, struct peng_io_dev *dev, u64 gpa,
			unsigned int len, u64 val)
{
	struct peng_vgic_access a = redist_access(vcpu, dev, gpa, len);
	const struct peng_vgic_frame *frame = peng_vgic_redist_frame(&a);

	return peng_vgic_mmio_write(frame, &a, val);
}

const struct peng_io_ops peng_vgic_redist_ops = {
	.read = redist_read,
	.write = redist_write,
	.irqs_off = true,
};
