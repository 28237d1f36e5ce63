// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPU interface registers of a vCPU as user space saves and restores them
 * (KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS). Most are fields of ICH_VMCR_EL2, which
 * keeps them for the guest (IHI 0069 12.4.8).
 *
 * The locks of all vCPUs are held: none is loaded, and their state is in memory.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <asm/sysreg.h>

#include "../host/probe.h"
#include "../vcpu.h"
#include "cpuif_user.h"

/* ICH_VMCR_EL2 fields without a name that every kernel has. */
#define VMCR_CBPR	BIT(4)
#define VMCR_BPR1	GENMASK(20, 18)
#define VMCR_BPR0	GENMASK(23, 21)

#define BPR_MAX		7U

/* All of ICC_SRE_EL1: system registers only, no bypass. */
#define SRE_VALUE	(ICC_SRE_EL1_SRE | ICC_SRE_EL1_DFB | ICC_SRE_EL1_DIB)

/**
 * struct cpuif_row - a register
 * @reg: its encoding, as sys_reg() makes it
 * @field: of ICH_VMCR_EL2, where that is all of it; else 0
 * @apr: in which active-priority registers it is: 0 or 1, NO_APR
 * @get: where it is neither
 * @set: likewise; 0 or -EINVAL
 */
struct cpuif_row {
	u32 reg;
	u32 field;
	u8 apr;
	u64 (*get)(const struct peng_vcpu *vcpu);
	int (*set)(struct peng_vcpu *vcpu, u64 val);
};

#define NO_APR	2

static u32 vmcr_field(const struct peng_vcpu *vcpu, u32 field)
{
	return (vcpu->ctx.gic.vmcr & field) >> __ffs(field);
}

static void set_vmcr_field(struct peng_vcpu *vcpu, u32 field, u64 val)
{
	u32 *vmcr = &vcpu->ctx.gic.vmcr;

	*vmcr = (*vmcr & ~field) | ((val << __ffs(field)) & field);
}

/* With CBPR both groups have group 0's binary point, group 1's one bit higher. */
static u64 get_bpr1(const struct peng_vcpu *vcpu)
{
	if (vmcr_field(vcpu, VMCR_CBPR))
		return min(vmcr_field(vcpu, VMCR_BPR0) + 1, BPR_MAX);
	return vmcr_field(vcpu, VMCR_BPR1);
}

static int set_bpr1(struct peng_vcpu *vcpu, u64 val)
{
	if (!vmcr_field(vcpu, VMCR_CBPR))
		set_vmcr_field(vcpu, VMCR_BPR1, val);
	return 0;
}

static u64 get_ctlr(const struct peng_vcpu *vcpu)
{
	return FIELD_PREP(ICC_CTLR_EL1_PRI_BITS_MASK, vcpu->vgic.pri_bits - 1) |
	       FIELD_PREP(ICC_CTLR_EL1_ID_BITS_MASK, vcpu->vgic.id_bits) |
	       FIELD_PREP(ICC_CTLR_EL1_SEIS_MASK, peng_host.gic_seis) |
	       FIELD_PREP(ICC_CTLR_EL1_A3V_MASK, peng_host.gic_a3v) |
	       FIELD_PREP(ICC_CTLR_EL1_CBPR_MASK, vmcr_field(vcpu, VMCR_CBPR)) |
	       FIELD_PREP(ICC_CTLR_EL1_EOImode_MASK, vmcr_field(vcpu, ICH_VMCR_EL2_VEOIM));
}

/* A guest that was told of more than this host has cannot go on here. */
static int set_ctlr(struct peng_vcpu *vcpu, u64 val)
{
	u32 pri_bits = FIELD_GET(ICC_CTLR_EL1_PRI_BITS_MASK, val) + 1;
	u32 id_bits = FIELD_GET(ICC_CTLR_EL1_ID_BITS_MASK, val);

	if (pri_bits > vcpu->vgic.pri_bits || id_bits > vcpu->vgic.id_bits ||
	    FIELD_GET(ICC_CTLR_EL1_SEIS_MASK, val) != peng_host.gic_seis ||
	    FIELD_GET(ICC_CTLR_EL1_A3V_MASK, val) != peng_host.gic_a3v)
		return -EINVAL;
	vcpu->vgic.pri_bits = pri_bits;
	vcpu->vgic.id_bits = id_bits;
	set_vmcr_field(vcpu, VMCR_CBPR, FIELD_GET(ICC_CTLR_EL1_CBPR_MASK, val));
	set_vmcr_field(vcpu, ICH_VMCR_EL2_VEOIM, FIELD_GET(ICC_CTLR_EL1_EOImode_MASK, val));
	return 0;
}

static u64 get_sre(const struct peng_vcpu *vcpu)
{
	return SRE_VALUE;
}

static int set_sre(struct peng_vcpu *vcpu, u64 val)
{
	return val & ICC_SRE_EL1_SRE ? 0 : -EINVAL;
}

#define FIELD_ROW(name, fld)	\
	{ .reg = SYS_##name, .field = fld, .apr = NO_APR }
#define APR_ROW(name, group)	\
	{ .reg = SYS_##name, .apr = group }
#define FN_ROW(name, fn)	\
	{ .reg = SYS_##name, .apr = NO_APR, .get = get_##fn, .set = set_##fn }

static const struct cpuif_row rows[] = {
	FIELD_ROW(ICC_PMR_EL1, ICH_VMCR_EL2_VPMR),
	FIELD_ROW(ICC_BPR0_EL1, VMCR_BPR0),
	APR_ROW(ICC_AP0R0_EL1, 0),
	APR_ROW(ICC_AP0R1_EL1, 0),
	APR_ROW(ICC_AP0R2_EL1, 0),
	APR_ROW(ICC_AP0R3_EL1, 0),
	APR_ROW(ICC_AP1R0_EL1, 1),
	APR_ROW(ICC_AP1R1_EL1, 1),
	APR_ROW(ICC_AP1R2_EL1, 1),
	APR_ROW(ICC_AP1R3_EL1, 1),
	FN_ROW(ICC_BPR1_EL1, bpr1),
	FN_ROW(ICC_CTLR_EL1, ctlr),
	FN_ROW(ICC_SRE_EL1, sre),
	FIELD_ROW(ICC_IGRPEN0_EL1, ICH_VMCR_EL2_VENG0),
	FIELD_ROW(ICC_IGRPEN1_EL1, ICH_VMCR_EL2_VENG1),
};

static const struct cpuif_row *find_row(u64 attr)
{
	u32 reg = sys_reg(FIELD_GET(KVM_REG_ARM64_SYSREG_OP0_MASK, attr),
			  FIELD_GET(KVM_REG_ARM64_SYSREG_OP1_MASK, attr),
			  FIELD_GET(KVM_REG_ARM64_SYSREG_CRN_MASK, attr),
			  FIELD_GET(KVM_REG_ARM64_SYSREG_CRM_MASK, attr),
			  FIELD_GET(KVM_REG_ARM64_SYSREG_OP2_MASK, attr));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].reg == reg)
			return &rows[i];
	return NULL;
}

bool peng_vgic_cpuif_exists(u64 attr)
{
	return find_row(attr);
}

/* The register in memory, or NULL where this host has none of that number. */
static u32 *apr_of(struct peng_vcpu *vcpu, const struct cpuif_row *row)
{
	u32 i = sys_reg_Op2(row->reg) & (PENG_MAX_APRS - 1);

	if (i >= peng_host.nr_aprs)
		return NULL;
	return row->apr ? &vcpu->ctx.gic.ap1r[i] : &vcpu->ctx.gic.ap0r[i];
}

int peng_vgic_cpuif_get(struct peng_vcpu *vcpu, u64 attr, u64 *val)
{
	const struct cpuif_row *row = find_row(attr);
	u32 *apr;

	lockdep_assert_held(&vcpu->lock);

	if (!row)
		return -ENOENT;
	peng_vcpu_apply_reset(vcpu);
	if (row->get) {
		*val = row->get(vcpu);
		return 0;
	}
	if (row->field) {
		*val = vmcr_field(vcpu, row->field);
		return 0;
	}
	apr = apr_of(vcpu, row);
	if (!apr)
		return -EINVAL;
	*val = *apr;
	return 0;
}

int peng_vgic_cpuif_set(struct peng_vcpu *vcpu, u64 attr, u64 val)
{
	const struct cpuif_row *row = find_row(attr);
	u32 *apr;

	lockdep_assert_held(&vcpu->lock);

	if (!row)
		return -ENOENT;
	peng_vcpu_apply_reset(vcpu);
	if (row->set)
		return row->set(vcpu, val);
	if (row->field) {
		set_vmcr_field(vcpu, row->field, val);
		return 0;
	}
	apr = apr_of(vcpu, row);
	if (!apr)
		return -EINVAL;
	*apr = val;
	return 0;
}
