// SPDX-License-Identifier: GPL-2.0-only
/*
 * The distributor's registers (IHI 0069 12.9): one security state (DS = 1),
 * affinity routing always on, SPIs only. What is not here reads as zero.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/kernel.h>

#include "../vcpu.h"
#include "../vm.h"
#include "irq.h"
#include "its.h"
#include "mmio.h"
#include "vgic.h"

/* GICD_TYPER, IHI 0069 12.9.38: fields that the kernel has no name for. */
#define TYPER_LINES		GENMASK(4, 0)
#define TYPER_ID_BITS		GENMASK(23, 19)
#define TYPER_NO_1_OF_N		BIT(25)

/* Width of INTIDs without and with LPIs. */
#define ID_BITS			10
#define ID_BITS_LPIS		PENG_ITS_ID_BITS

#define GROUPS			(GICD_CTLR_ENABLE_SS_G0 | GICD_CTLR_ENABLE_SS_G1)

/* GICD_IROUTER<n>: Aff2, Aff1 and Aff0. There is no Aff3 and no "any vCPU". */
#define ROUTE_MASK		GENMASK_ULL(23, 0)

static u64 read_ctlr(const struct peng_vgic_access *a)
{
	return GICD_CTLR_DS | GICD_CTLR_ARE_NS | READ_ONCE(a->vm->vgic.groups);
}

/* A group's interrupts stay on their lists; the list registers are rebuilt. */
static void write_ctlr(const struct peng_vgic_access *a, u64 val)
{
	struct peng_vgic_dist *dist = &a->vm->vgic;
	struct peng_vcpu *vcpu;
	unsigned int i;

	if (dist->groups == (val & GROUPS))
		return;
	WRITE_ONCE(dist->groups, val & GROUPS);
	peng_vm_for_each_vcpu(i, vcpu, a->vm)
		if (vcpu != a->vcpu)
			peng_vgic_notify(vcpu);
}

static u64 read_typer(const struct peng_vgic_access *a)
{
	bool lpis = READ_ONCE(a->vm->vgic.has_its);

	return FIELD_PREP(TYPER_LINES, peng_vgic_nr_irqs(a->vm) / 32 - 1) |
	       FIELD_PREP(TYPER_ID_BITS, (lpis ? ID_BITS_LPIS : ID_BITS) - 1) |
	       (lpis ? GICD_TYPER_LPIS : 0) | TYPER_NO_1_OF_N;
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

/* arm-vgic-v3.rst: user space writes back what it read, or an older revision. */
static int user_write_iidr(const struct peng_vgic_access *a, u64 val)
{
	u32 revision = FIELD_GET(GICD_IIDR_REVISION_MASK, val);

	if ((peng_vgic_read_iidr(a) ^ val) & ~GICD_IIDR_REVISION_MASK)
		return -EINVAL;
	if (revision < PENG_VGIC_REV_MIN || revision > PENG_VGIC_REV_MAX)
		return -EINVAL;
	a->vm->vgic.revision = revision;
	return 0;
}

/* Nothing of GICv4.1 is here, and a guest that has it cannot come here. */
static int user_write_typer2(const struct peng_vgic_access *a, u64 val)
{
	return val ? -EINVAL : 0;
}

#define REG(name, rd, wr)							\
	{ .offset = name, .len = 4, .widths = PENG_VGIC_W32, .read = rd, .write = wr }
#define USER_REG(name, rd, wr)							\
	{ .offset = name, .len = 4, .widths = PENG_VGIC_W32, .read = rd, .user_write = wr }
#define RES0(name, size)							\
	{ .offset = name, .len = size, .widths = PENG_VGIC_W32 }
#define RES0_IRQS(name, nbits)							\
	RES0(name, (PENG_VGIC_MAX_SPI + 5) * (nbits) / 8)
#define IRQS(name, nbits, width, fl, getter, setter, ...)			\
	{ .offset = name, .len = (PENG_VGIC_MAX_SPI + 5) * (nbits) / 8,		\
	  .widths = width, .bits = nbits, .flags = fl, .get = getter, .set = setter,	\
	  ##__VA_ARGS__ }

static const struct peng_vgic_row rows[] = {
	REG(GICD_CTLR, read_ctlr, write_ctlr),
	REG(GICD_TYPER, read_typer, NULL),
	USER_REG(GICD_IIDR, peng_vgic_read_iidr, user_write_iidr),
	USER_REG(GICD_TYPER2, NULL, user_write_typer2),
	RES0(GICD_STATUSR, 4),
	IRQS(GICD_IGROUPR, 1, PENG_VGIC_W32, 0, peng_vgic_get_group, peng_vgic_set_group),
	IRQS(GICD_ISENABLER, 1, PENG_VGIC_W32, PENG_VGIC_W1,
	     peng_vgic_get_enable, peng_vgic_set_senable),
	IRQS(GICD_ICENABLER, 1, PENG_VGIC_W32, PENG_VGIC_W1,
	     peng_vgic_get_enable, peng_vgic_set_cenable),
	IRQS(GICD_ISPENDR, 1, PENG_VGIC_W32,
	     PENG_VGIC_W1 | PENG_VGIC_STATE | PENG_VGIC_USER_ALL,
	     peng_vgic_get_pend, peng_vgic_set_spend,
	     .user_get = peng_vgic_get_latch, .user_set = peng_vgic_set_latch),
	IRQS(GICD_ICPENDR, 1, PENG_VGIC_W32, PENG_VGIC_W1 | PENG_VGIC_STATE,
	     peng_vgic_get_pend, peng_vgic_set_cpend,
	     .user_get = peng_vgic_get_zero, .user_set = peng_vgic_set_nothing),
	IRQS(GICD_ISACTIVER, 1, PENG_VGIC_W32,
	     PENG_VGIC_W1 | PENG_VGIC_STATE | PENG_VGIC_ACTIVE,
	     peng_vgic_get_act, peng_vgic_set_sact),
	IRQS(GICD_ICACTIVER, 1, PENG_VGIC_W32,
	     PENG_VGIC_W1 | PENG_VGIC_STATE | PENG_VGIC_ACTIVE,
	     peng_vgic_get_act, peng_vgic_set_cact),
	IRQS(GICD_IPRIORITYR, 8, PENG_VGIC_W8_32, 0,
	     peng_vgic_get_priority, peng_vgic_set_priority),
	RES0_IRQS(GICD_ITARGETSR, 8),
	IRQS(GICD_ICFGR, 2, PENG_VGIC_W32, 0, peng_vgic_get_config, peng_vgic_set_config),
	RES0_IRQS(GICD_IGRPMODR, 1),
	IRQS(GICD_IROUTER, 64, PENG_VGIC_W32_64, 0, get_route, set_route),
	RES0(GICD_IDREGS, GICD_PIDR2 - GICD_IDREGS),
	REG(GICD_PIDR2, peng_vgic_read_pidr2, NULL),
	RES0(GICD_PIDR2 + 4, GICD_IDREGS + PENG_VGIC_IDREGS_SIZE - GICD_PIDR2 - 4),
};

struct peng_vgic_frame peng_vgic_dist_frame = {
	.rows = rows,
	.nr = ARRAY_SIZE(rows),
};

static int dist_read(struct peng_vcpu *vcpu, struct peng_io_dev *dev, u64 gpa,
		     unsigned int len, u64 *val)
{
	const struct peng_vgic_access a = {
		.vm = vcpu->vm, .vcpu = vcpu, .offset = gpa - dev->base, .len = len,
	};

	return peng_vgic_mmio_read(&peng_vgic_dist_frame, &a, val);
}

static int dist_write(struct peng_vcpu *vcpu, struct peng_io_dev *dev, u64 gpa,
		      unsigned int len, u64 val)
{
	const struct peng_vgic_access a = {
		.vm = vcpu->vm, .vcpu = vcpu, .offset = gpa - dev->base, .len = len,
	};

	return peng_vgic_mmio_write(&peng_vgic_dist_frame, &a, val);
}

const struct peng_io_ops peng_vgic_dist_ops = {
	.read = dist_read,
	.write = dist_write,
	.irqs_off = true,
};
