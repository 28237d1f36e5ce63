/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guests' driver for their GICv3: distributor, own redistributor, CPU
 * interface.  Register names are the kernel's; a test that wants an unusual
 * access uses them with mmio_read32() and its kin.
 */
#ifndef SELFTESTS_LIB_GIC_H
#define SELFTESTS_LIB_GIC_H

#include <linux/types.h>
#include <linux/bits.h>
#include "arch.h"
#include "layout.h"

/* Only the constants: the rest of that header is for the kernel itself. */
#define __ASSEMBLY__
#include "include/linux/irqchip/arm-gic-v3.h"
#undef __ASSEMBLY__

#define GIC_PPI_PTIMER		30
#define GIC_PPI_VTIMER		27
#define GIC_SPI_BASE		32
#define GIC_SPURIOUS		1023
#define GIC_PRIO_DEFAULT	0xa0
#define GICR_SGI_FRAME		0x10000

struct guest_regs;

/* A frame that has the registers of @intid: GICD, or @cpu's own SGI frame. */
u64 gic_frame(u32 cpu, u32 intid);

void gic_init_dist(void);
void gic_init_cpu(u32 cpu);
/* Both of the above where one CPU is all there is, and IRQs unmasked. */
void gic_init(void);

/* Per-INTID fields; SGIs and PPIs are those of the calling CPU. */
void gic_enable(u32 intid);
void gic_disable(u32 intid);
bool gic_enabled(u32 intid);
void gic_set_pending(u32 intid);
void gic_clear_pending(u32 intid);
bool gic_pending(u32 intid);
void gic_set_active(u32 intid);
void gic_clear_active(u32 intid);
bool gic_active(u32 intid);
void gic_set_priority(u32 intid, u8 prio);
u8 gic_priority(u32 intid);
void gic_set_group(u32 intid, u32 group);
void gic_set_edge(u32 intid, bool edge);
void gic_route(u32 intid, u64 irouter);

/* An SGI of group 1 to the CPUs of @list, which is a bit map of vCPUs 0 to 15. */
void gic_send_sgi(u32 intid, u16 list);
void gic_send_sgi_others(u32 intid);

static inline u32 gic_ack(void)
{
	u32 intid = read_sysreg(icc_iar1_el1);

	dsb(sy);
	return intid;
}

static inline void gic_eoi(u32 intid)
{
	write_sysreg(intid, icc_eoir1_el1);
	isb();
}

static inline void gic_deactivate(u32 intid)
{
	write_sysreg(intid, icc_dir_el1);
	isb();
}

static inline void gic_set_pmr(u8 prio)
{
	write_sysreg(prio, icc_pmr_el1);
	isb();
}

/* Default handlers: acknowledge, count, hook, end of interrupt. */
void gic_irq(struct guest_regs *regs);
void gic_fiq(struct guest_regs *regs);

#endif
