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
#include <asm/barrier.h>
#include <asm/sysreg.h>

#include "gic_cpuif.h"

/* A host kernel at EL1 cannot look at it later, as gic_refresh() does on VHE. */
#ifdef PENG_EL2_NVHE
#define VMCR_EACH_TURN	true
#else
#define VMCR_EACH_TURN	false
#endif

/* Which list register is in the instruction, not in an operand: one case each. */
#define LIST_REGS(X)	\
	X(0); X(1); X(2); X(3); X(4); X(5); X(6); X(7); \
	X(8); X(9); X(10); X(11); X(12); X(13); X(14); X(15)

static void write_lr(unsigned int i, u64 val)
{
	switch (i) {
#define X(n)	case n: write_sysreg_s(val, SYS_ICH_LR##n##_EL2); break
	LIST_REGS(X);
#undef X
	}
}

static u64 read_lr(unsigned int i)
{
	switch (i) {
#define X(n)	case n: return read_sysreg_s(SYS_ICH_LR##n##_EL2)
	LIST_REGS(X);
#undef X
	}
	return 0;
}

/* An empty one keeps all but its state: its interrupt is found by its number. */
static void read_lrs(struct peng_gic_regs *gic)
{
	unsigned long empty = read_sysreg_s(SYS_ICH_ELRSR_EL2);
	unsigned int i;

	for (i = 0; i < gic->used_lrs; i++) {
		if (empty & BIT(i))
			gic->lr[i] &= ~ICH_LR_STATE;
		else
			gic->lr[i] = read_lr(i);
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

/* Put a vCPU's CPU interface into this CPU. */
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
		write_sysreg_s(EL2_NO_GIC_TRAPS, SYS_ICH_HCR_EL2);
		return;
	}
	write_sysreg_s(gic->vmcr, SYS_ICH_VMCR_EL2);
	write_aprs(gic);
}

/* Take it out again, and leave no list register behind. */
void EL2_FN(gic_put)(struct peng_context *ctx)
{
	struct peng_gic_regs *gic = &ctx->gic;
	unsigned int i;

	if (gic->enabled) {
		gic->vmcr = read_sysreg_s(SYS_ICH_VMCR_EL2);
		read_aprs(gic);
		for (i = 0; i < gic->dirty_lrs; i++)
			write_lr(i, 0);
	} else {
		write_sysreg_s(0, SYS_ICH_HCR_EL2);
	}

	write_sysreg_s(gic->host_sre_el2, SYS_ICC_SRE_EL2);
	isb();
	write_sysreg_s(gic->host_sre_el1, SYS_ICC_SRE_EL1);
}

/* List registers into the CPU, for a turn of the guest. */
void EL2_FN(gic_enter)(struct peng_context *ctx)
{
	struct peng_gic_regs *gic = &ctx->gic;
	unsigned int i;

	if (!gic->used_lrs)
		return;

	for (i = 0; i < gic->used_lrs; i++)
		write_lr(i, gic->lr[i]);
	for (; i < gic->dirty_lrs; i++)
		write_lr(i, 0);
	gic->dirty_lrs = gic->used_lrs;
	write_sysreg_s(gic->hcr, SYS_ICH_HCR_EL2);
}

/* What the guest has made of its list registers. */
void EL2_FN(gic_leave)(struct peng_context *ctx)
{
	struct peng_gic_regs *gic = &ctx->gic;

	if (VMCR_EACH_TURN || gic->used_lrs)
		gic->vmcr = read_sysreg_s(SYS_ICH_VMCR_EL2);
	if (!gic->used_lrs)
		return;

	read_lrs(gic);
	if (unlikely(gic->hcr & ICH_HCR_EL2_LRENPIE))
		gic->eoi_count = FIELD_GET(ICH_HCR_EL2_EOIcount,
					   read_sysreg_s(SYS_ICH_HCR_EL2));
	write_sysreg_s(0, SYS_ICH_HCR_EL2);
}
