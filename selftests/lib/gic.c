// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guests' GICv3 driver.  All accesses are plain 32-bit ones with one
 * security state (GICD_CTLR.DS), as a guest sees it; every INTID is put into
 * group 1 with the same priority, disabled.
 */
#include <stdbool.h>
#include "guest.h"
#include "gic.h"

#define GICD(reg)	(GUEST_GICD_BASE + (reg))
#define GICR(cpu, reg)	(GUEST_GICR_BASE + (u64)(cpu) * GUEST_GICR_STRIDE + (reg))

u64 gic_frame(u32 cpu, u32 intid)
{
	return intid < GIC_SPI_BASE ? GICR(cpu, GICR_SGI_FRAME) : GUEST_GICD_BASE;
}

static u64 bit_reg(u32 reg, u32 intid)
{
	return gic_frame(guest_self()->id, intid) + reg + intid / 32 * 4;
}

static void write_bit(u32 reg, u32 intid)
{
	mmio_write32(bit_reg(reg, intid), BIT(intid % 32));
	dsb(sy);
}

static bool read_bit(u32 reg, u32 intid)
{
	return mmio_read32(bit_reg(reg, intid)) & BIT(intid % 32);
}

void gic_enable(u32 intid)
{
	write_bit(GICD_ISENABLER, intid);
}

void gic_disable(u32 intid)
{
	write_bit(GICD_ICENABLER, intid);
	if (intid < GIC_SPI_BASE)
		GUEST_WAIT(!(mmio_read32(GICR(guest_self()->id, GICR_CTLR)) & GICR_CTLR_RWP));
	else
		GUEST_WAIT(!(mmio_read32(GICD(GICD_CTLR)) & GICD_CTLR_RWP));
}

bool gic_enabled(u32 intid)
{
	return read_bit(GICD_ISENABLER, intid);
}

void gic_set_pending(u32 intid)
{
	write_bit(GICD_ISPENDR, intid);
}

void gic_clear_pending(u32 intid)
{
	write_bit(GICD_ICPENDR, intid);
}

bool gic_pending(u32 intid)
{
	return read_bit(GICD_ISPENDR, intid);
}

void gic_set_active(u32 intid)
{
	write_bit(GICD_ISACTIVER, intid);
}

void gic_clear_active(u32 intid)
{
	write_bit(GICD_ICACTIVER, intid);
}

bool gic_active(u32 intid)
{
	return read_bit(GICD_ISACTIVER, intid);
}

void gic_set_priority(u32 intid, u8 prio)
{
	mmio_write8(gic_frame(guest_self()->id, intid) + GICD_IPRIORITYR + intid, prio);
	dsb(sy);
}

u8 gic_priority(u32 intid)
{
	return mmio_read8(gic_frame(guest_self()->id, intid) + GICD_IPRIORITYR + intid);
}

void gic_set_group(u32 intid, u32 group)
{
	u64 reg = bit_reg(GICD_IGROUPR, intid);
	u32 v = mmio_read32(reg) & ~BIT(intid % 32);

	mmio_write32(reg, v | group << (intid % 32));
	dsb(sy);
}

void gic_set_edge(u32 intid, bool edge)
{
	u64 reg = gic_frame(guest_self()->id, intid) + GICD_ICFGR + intid / 16 * 4;
	u32 bit = BIT(intid % 16 * 2 + 1);
	u32 v = mmio_read32(reg) & ~bit;

	mmio_write32(reg, edge ? v | bit : v);
	dsb(sy);
}

void gic_route(u32 intid, u64 irouter)
{
	mmio_write64(GICD(GICD_IROUTER) + intid * 8, irouter);
	dsb(sy);
}

void gic_init_dist(void)
{
	u32 nr = GICD_TYPER_SPIS(mmio_read32(GICD(GICD_TYPER)));
	u32 intid;

	mmio_write32(GICD(GICD_CTLR), 0);
	for (intid = GIC_SPI_BASE; intid < nr; intid += 32) {
		mmio_write32(GICD(GICD_ICENABLER) + intid / 8, ~0U);
		mmio_write32(GICD(GICD_IGROUPR) + intid / 8, ~0U);
	}
	for (intid = GIC_SPI_BASE; intid < nr; intid += 4)
		mmio_write32(GICD(GICD_IPRIORITYR) + intid, GIC_PRIO_DEFAULT * 0x01010101U);
	mmio_write32(GICD(GICD_CTLR),
		     GICD_CTLR_ARE_NS | GICD_CTLR_ENABLE_SS_G1 | GICD_CTLR_ENABLE_SS_G0);
	GUEST_WAIT(!(mmio_read32(GICD(GICD_CTLR)) & GICD_CTLR_RWP));
}

void gic_init_cpu(u32 cpu)
{
	u64 sgi = GICR(cpu, GICR_SGI_FRAME);
	u32 waker = mmio_read32(GICR(cpu, GICR_WAKER));
	u32 intid;

	mmio_write32(GICR(cpu, GICR_WAKER), waker & ~GICR_WAKER_ProcessorSleep);
	GUEST_WAIT(!(mmio_read32(GICR(cpu, GICR_WAKER)) & GICR_WAKER_ChildrenAsleep));
	mmio_write32(sgi + GICR_ICENABLER0, ~0U);
	mmio_write32(sgi + GICR_IGROUPR0, ~0U);
	for (intid = 0; intid < GIC_SPI_BASE; intid += 4)
		mmio_write32(sgi + GICR_IPRIORITYR0 + intid, GIC_PRIO_DEFAULT * 0x01010101U);

	write_sysreg(ICC_SRE_EL1_SRE | ICC_SRE_EL1_DFB | ICC_SRE_EL1_DIB, icc_sre_el1);
	isb();
	write_sysreg(0, icc_ctlr_el1);
	write_sysreg(0, icc_bpr0_el1);
	write_sysreg(0, icc_bpr1_el1);
	write_sysreg(1, icc_igrpen0_el1);
	write_sysreg(1, icc_igrpen1_el1);
	gic_set_pmr(0xff);
}

void gic_init(void)
{
	gic_init_dist();
	gic_init_cpu(0);
	irq_enable();
}

void gic_send_sgi(u32 intid, u16 list)
{
	dsb(ishst);
	write_sysreg((u64)intid << ICC_SGI1R_SGI_ID_SHIFT | list, icc_sgi1r_el1);
	isb();
}

void gic_send_sgi_others(u32 intid)
{
	dsb(ishst);
	write_sysreg((u64)intid << ICC_SGI1R_SGI_ID_SHIFT |
		     1ULL << ICC_SGI1R_IRQ_ROUTING_MODE_BIT, icc_sgi1r_el1);
	isb();
}

static void count(u32 intid)
{
	counter_inc(guest_self()->irqs[intid]);
	if (guest_hooks.intid)
		guest_hooks.intid(intid);
}

void gic_irq(struct guest_regs *regs)
{
	u32 intid = gic_ack();

	(void)regs;
	if (intid >= GIC_SPURIOUS - 3)
		return;
	count(intid);
	gic_eoi(intid);
}

void gic_fiq(struct guest_regs *regs)
{
	u32 intid = read_sysreg(icc_iar0_el1);

	(void)regs;
	dsb(sy);
	if (intid >= GIC_SPURIOUS - 3)
		return;
	count(intid);
	write_sysreg(intid, icc_eoir0_el1);
	isb();
}
