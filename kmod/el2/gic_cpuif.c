// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GICv3 virtual CPU interface of a guest, at EL2 (IHI 0069 chapter 6).
 *
 * From gic_load() to gic_put() the CPU holds the guest's ICH_VMCR_EL2 and
 * active priorities, and the guest's ICC_SRE_EL1 accesses trap; both leave the
 * host alone. The interface is enabled (ICH_HCR_EL2.En) for the guest's turns
 * only, and only while a list register is in use: clearing it also lowers the
 * maintenance interrupt, which nobody else has to do.
 *
 * Compiled once for each backend; touches nothing but struct peng_context.
 */
#include <linux/bitfield.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/minmax.h>
#include <asm/barrier.h>
#include <asm/sysreg.h>

#include "gic_cpuif.h"

/* List registers from the last to the first: the cases below fall through. */
#define LIST_REGS(X)						\
	X(15) X(14) X(13) X(12) X(11) X(10) X(9) X(8)		\
	X(7) X(6) X(5) X(4) X(3) X(2) X(1) X(0)

/* A VM that has no vGIC must not reach the registers of one. */
#define NO_GIC_TRAPS	(ICH_HCR_EL2_TC | ICH_HCR_EL2_TALL0 | ICH_HCR_EL2_TALL1)

static void write_lrs(const u64 *lr, unsigned int nr)
{
	switch (nr) {
#define X(n)							\
	case n + 1:						\
		write_sysreg_s(lr[n], SYS_ICH_LR##n##_EL2);	\
		fallthrough;
	LIST_REGS(X)
#undef X
	default:
		break;
	}
}

/* An empty one keeps all but its state: its interrupt is found by its number. */
static void read_lrs(u64 *lr, unsigned int nr)
{
	unsigned int empty = read_sysreg_s(SYS_ICH_ELRSR_EL2);

	switch (nr) {
#define X(n)							\
	case n + 1:						\
		if (empty & BIT(n))				\
			lr[n] &= ~ICH_LR_STATE;			\
		else						\
			lr[n] = read_sysreg_s(SYS_ICH_LR##n##_EL2); \
		fallthrough;
	LIST_REGS(X)
#undef X
	default:
		break;
	}
}

static void clear_lrs(unsigned int from, unsigned int nr)
{
	unsigned int i;

	for (i = from; i < nr; i++) {
		switch (i) {
#define X(n)							\
		case n:						\
			write_sysreg_s(0, SYS_ICH_LR##n##_EL2);	\
			break;
		LIST_REGS(X)
#undef X
		}
	}
}

/* How many registers a group has follows from the CPU's preemption levels. */
static void write_aprs(const struct peng_gic_regs *gic)
{
	switch (gic->nr_aprs) {
	case 4:
		write_sysreg_s(gic->ap0r[3], SYS_ICH_AP0R3_EL2);
		write_sysreg_s(gic->ap0r[2], SYS_ICH_AP0R2_EL2);
		write_sysreg_s(gic->ap1r[3], SYS_ICH_AP1R3_EL2);
		write_sysreg_s(gic->ap1r[2], SYS_ICH_AP1R2_EL2);
		fallthrough;
	case 2:
		write_sysreg_s(gic->ap0r[1], SYS_ICH_AP0R1_EL2);
		write_sysreg_s(gic->ap1r[1], SYS_ICH_AP1R1_EL2);
		fallthrough;
	default:
		write_sysreg_s(gic->ap0r[0], SYS_ICH_AP0R0_EL2);
		write_sysreg_s(gic->ap1r[0], SYS_ICH_AP1R0_EL2);
	}
}

static void read_aprs(struct peng_gic_regs *gic)
{
	switch (gic->nr_aprs) {
	case 4:
		gic->ap0r[3] = read_sysreg_s(SYS_ICH_AP0R3_EL2);
		gic->ap0r[2] = read_sysreg_s(SYS_ICH_AP0R2_EL2);
		gic->ap1r[3] = read_sysreg_s(SYS_ICH_AP1R3_EL2);
		gic->ap1r[2] = read_sysreg_s(SYS_ICH_AP1R2_EL2);
		fallthrough;
	case 2:
		gic->ap0r[1] = read_sysreg_s(SYS_ICH_AP0R1_EL2);
		gic->ap1r[1] = read_sysreg_s(SYS_ICH_AP1R1_EL2);
		fallthrough;
	default:
		gic->ap0r[0] = read_sysreg_s(SYS_ICH_AP0R0_EL2);
		gic->ap1r[0] = read_sysreg_s(SYS_ICH_AP1R0_EL2);
	}
}

/**
 * EL2_FN(gic_load)() - put a vCPU's CPU interface into this CPU
 * @ctx: vCPU
 *
 * Context: preemption off.
 */
void EL2_FN(gic_load)(struct peng_context *ctx)
{
	struct peng_gic_regs *gic = &ctx->gic;

	gic->dirty_lrs = 0;
	gic->host_sre_el1 = read_sysreg_s(SYS_ICC_SRE_EL1);
	gic->host_sre_el2 = read_sysreg_s(SYS_ICC_SRE_EL2);

	/*
	 * ICH_VMCR_EL2.VFIQEn is RES1 with system registers on, and a control
	 * with them off: settle which before it is written.
	 */
	write_sysreg_s(ICC_SRE_EL1_SRE | ICC_SRE_EL1_DFB | ICC_SRE_EL1_DIB, SYS_ICC_SRE_EL1);
	isb();
	write_sysreg_s(gic->host_sre_el2 & ~ICC_SRE_EL2_ENABLE, SYS_ICC_SRE_EL2);

	if (!gic->enabled) {
		write_sysreg_s(NO_GIC_TRAPS, SYS_ICH_HCR_EL2);
		return;
	}
	write_sysreg_s(gic->vmcr, SYS_ICH_VMCR_EL2);
	write_aprs(gic);
}

/**
 * EL2_FN(gic_put)() - take it out again, and leave no list register behind
 * @ctx: vCPU
 *
 * Context: preemption off.
 */
void EL2_FN(gic_put)(struct peng_context *ctx)
{
	struct peng_gic_regs *gic = &ctx->gic;

	if (gic->enabled) {
		gic->vmcr = read_sysreg_s(SYS_ICH_VMCR_EL2);
		read_aprs(gic);
		clear_lrs(0, gic->dirty_lrs);
	} else {
		write_sysreg_s(0, SYS_ICH_HCR_EL2);
	}

	write_sysreg_s(gic->host_sre_el2, SYS_ICC_SRE_EL2);
	isb();
	write_sysreg_s(gic->host_sre_el1, SYS_ICC_SRE_EL1);
}

/**
 * EL2_FN(gic_enter)() - list registers into the CPU, for a turn of the guest
 * @ctx: vCPU, loaded
 *
 * Context: interrupts masked.
 */
void EL2_FN(gic_enter)(struct peng_context *ctx)
{
	struct peng_gic_regs *gic = &ctx->gic;

	if (!gic->used_lrs)
		return;

	write_lrs(gic->lr, gic->used_lrs);
	clear_lrs(gic->used_lrs, gic->dirty_lrs);
	gic->dirty_lrs = gic->used_lrs;
	write_sysreg_s(gic->hcr, SYS_ICH_HCR_EL2);
}

/**
 * EL2_FN(gic_leave)() - what the guest has made of its list registers
 * @ctx: vCPU, loaded
 *
 * Context: interrupts masked.
 */
void EL2_FN(gic_leave)(struct peng_context *ctx)
{
	struct peng_gic_regs *gic = &ctx->gic;

	if (!gic->used_lrs)
		return;

	read_lrs(gic->lr, gic->used_lrs);
	gic->vmcr = read_sysreg_s(SYS_ICH_VMCR_EL2);
	if (unlikely(gic->hcr & ICH_HCR_EL2_LRENPIE))
		gic->eoi_count = FIELD_GET(ICH_HCR_EL2_EOIcount,
					   read_sysreg_s(SYS_ICH_HCR_EL2));
	write_sysreg_s(0, SYS_ICH_HCR_EL2);
}
