// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coprocessor instructions that trap from AArch32 at EL0: CP15 and CP14, 32 and 64
 * bits wide. Each is an access to the register of AArch64 that it is a view of, and
 * the rows of sysreg_table.c do the rest. EL1 of a guest is AArch64, so what only EL1
 * may execute never comes here. What is not found is UNDEFINED.
 */
#include <asm/esr.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>

#include "../inject.h"
#include "../vcpu.h"
#include "row.h"
#include "sysreg.h"

#define SYS64_FIELD(esr, name)	\
	(((esr) & ESR_ELx_CP15_64_ISS_##name##_MASK) >> ESR_ELx_CP15_64_ISS_##name##_SHIFT)
#define SYS32_FIELD(esr, name)	\
	(((esr) & ESR_ELx_CP15_32_ISS_##name##_MASK) >> ESR_ELx_CP15_32_ISS_##name##_SHIFT)

/**
 * struct cp_view - a coprocessor register, and what it is a view of
 * @iss: its encoding as a syndrome has it
 * @enc: sys_reg() encoding
 */
struct cp_view {
	u32 iss;
	u32 enc;
};

#define CP32(crn, op1, crm, op2, _enc)	\
	{ .iss = ESR_ELx_CP15_32_ISS_SYS_VAL(op1, op2, crn, crm), .enc = (_enc) }
#define CP64(op1, crm, _enc)	\
	{ .iss = ESR_ELx_CP15_64_ISS_SYS_VAL(op1, crm), .enc = (_enc) }

/* Debug (Arm ARM G8.3). There is no ROM table: the old name of its end is its base. */
static const struct cp_view cp14_32[] = {
	CP32(0, 0, 0, 0, SYS_ID_AA64DFR0_EL1),	/* DBGDIDR, see there */
	CP32(0, 0, 1, 0, SYS_MDCCSR_EL0),	/* DBGDSCRint */
	CP32(0, 0, 5, 0, SYS_DBGDTRTX_EL0),	/* DBGDTRTXint and DBGDTRRXint */
	CP32(1, 0, 0, 0, SYS_MDRAR_EL1),	/* DBGDRAR */
	CP32(2, 0, 0, 0, SYS_MDRAR_EL1),	/* DBGDSAR */
};

static const struct cp_view cp14_64[] = {
	CP64(0, 1, SYS_MDRAR_EL1),		/* DBGDRAR */
	CP64(0, 2, SYS_MDRAR_EL1),		/* DBGDSAR */
};

static const struct cp_view cp15_64[] = {
	CP64(0, 9, sys_reg(3, 3, 9, 13, 0)),	/* PMCCNTR */
	CP64(0, 14, sys_reg(3, 3, 14, 0, 1)),	/* CNTPCT */
	CP64(2, 14, sys_reg(3, 3, 14, 2, 2)),	/* CNTP_CVAL */
	CP64(8, 14, sys_reg(3, 3, 14, 0, 5)),	/* CNTPCTSS */
};

static u32 find_view(const struct cp_view *views, size_t nr, u32 iss)
{
	const struct cp_view *view;

	for (view = views; view < views + nr; view++)
		if (view->iss == iss)
			return view->enc;
	return 0;
}

static u32 iss32(u64 esr)
{
	return esr & ESR_ELx_CP15_32_ISS_SYS_MASK & ~ESR_ELx_CP15_32_ISS_DIR_MASK;
}

static u32 iss64(u64 esr)
{
	return esr & ESR_ELx_CP15_64_ISS_SYS_MASK & ~ESR_ELx_CP15_64_ISS_DIR_MASK;
}

/* Encoding 0 has no row. False where the guest's EL1 has an exception instead. */
static bool do_access(struct peng_vcpu *vcpu, u32 enc, struct peng_sysreg_access *acc)
{
	return peng_sysreg_do(vcpu, peng_sysreg_find_trap(vcpu, enc), acc);
}

/* Register 15 of a debug register's read is the flags: syndromes have 15 or 31 then. */
static void set_reg32(struct peng_vcpu *vcpu, unsigned int rt, u32 val)
{
	u64 flags = PSR_N_BIT | PSR_Z_BIT | PSR_C_BIT | PSR_V_BIT;

	if (rt < 15)
		peng_vcpu_set_reg(vcpu, rt, val);
	else
		vcpu->ctx.regs.pstate = (vcpu->ctx.regs.pstate & ~flags) | (val & flags);
}

static enum peng_verdict access32(struct peng_vcpu *vcpu, u32 enc,
				  u64 (*view)(struct peng_vcpu *vcpu, u64 val))
{
	u64 esr = peng_vcpu_esr(vcpu);
	unsigned int rt = SYS32_FIELD(esr, RT);
	struct peng_sysreg_access acc = {
		.write = !(esr & ESR_ELx_CP15_32_ISS_DIR_MASK),
	};

	if (acc.write)
		acc.val = lower_32_bits(peng_vcpu_get_reg(vcpu, rt));
	if (!do_access(vcpu, enc, &acc))
		return PENG_RESUME;
	if (!acc.write)
		set_reg32(vcpu, rt, view ? view(vcpu, acc.val) : acc.val);
	peng_inject_skip(vcpu);
	return PENG_RESUME;
}

static enum peng_verdict access64(struct peng_vcpu *vcpu, u32 enc)
{
	u64 esr = peng_vcpu_esr(vcpu);
	unsigned int rt = SYS64_FIELD(esr, RT), rt2 = SYS64_FIELD(esr, RT2);
	struct peng_sysreg_access acc = {
		.write = !(esr & ESR_ELx_CP15_64_ISS_DIR_MASK),
	};

	if (acc.write)
		acc.val = lower_32_bits(peng_vcpu_get_reg(vcpu, rt)) |
			  peng_vcpu_get_reg(vcpu, rt2) << 32;
	if (!do_access(vcpu, enc, &acc))
		return PENG_RESUME;
	if (!acc.write) {
		peng_vcpu_set_reg(vcpu, rt, lower_32_bits(acc.val));
		peng_vcpu_set_reg(vcpu, rt2, upper_32_bits(acc.val));
	}
	peng_inject_skip(vcpu);
	return PENG_RESUME;
}

/**
 * peng_sysreg_trap_cp15_32() - MCR and MRC of CP15
 * @vcpu: loaded on this CPU
 *
 * Counters and timers have the CRn, CRm and Op2 of their views in AArch64.
 *
 * Context: may sleep.
 * Return: PENG_RESUME.
 */
enum peng_verdict peng_sysreg_trap_cp15_32(struct peng_vcpu *vcpu)
{
	u64 esr = peng_vcpu_esr(vcpu);
	unsigned int crn = SYS32_FIELD(esr, CRN);
	u32 enc = 0;

	if (!SYS32_FIELD(esr, OP1) && (crn == 9 || crn == 14))
		enc = sys_reg(3, 3, crn, SYS32_FIELD(esr, CRM), SYS32_FIELD(esr, OP2));
	return access32(vcpu, enc, NULL);
}

/**
 * peng_sysreg_trap_cp15_64() - MCRR and MRRC of CP15
 * @vcpu: loaded on this CPU
 *
 * Context: may sleep.
 * Return: PENG_RESUME.
 */
enum peng_verdict peng_sysreg_trap_cp15_64(struct peng_vcpu *vcpu)
{
	return access64(vcpu, find_view(cp15_64, ARRAY_SIZE(cp15_64), iss64(peng_vcpu_esr(vcpu))));
}

/*
 * DBGDIDR (Arm ARM G8.3.14) from ID_AA64DFR0_EL1: the numbers of watchpoints,
 * breakpoints and context comparators; v8 debug; RES1; twice whether there is EL3.
 */
static u64 view_didr(struct peng_vcpu *vcpu, u64 dfr0)
{
	struct peng_sysreg_access pfr0 = {};
	u64 el3;

	do_access(vcpu, SYS_ID_AA64PFR0_EL1, &pfr0);
	el3 = pfr0.val >> ID_AA64PFR0_EL1_EL3_SHIFT & 0xf ? BIT(14) | BIT(12) : 0;
	return (dfr0 >> ID_AA64DFR0_EL1_WRPs_SHIFT & 0xf) << 28 |
	       (dfr0 >> ID_AA64DFR0_EL1_BRPs_SHIFT & 0xf) << 24 |
	       (dfr0 >> ID_AA64DFR0_EL1_CTX_CMPs_SHIFT & 0xf) << 20 |
	       6 << 16 | BIT(15) | el3;
}

/**
 * peng_sysreg_trap_cp14_32() - MCR and MRC of CP14
 * @vcpu: loaded on this CPU
 *
 * Context: may sleep.
 * Return: PENG_RESUME.
 */
enum peng_verdict peng_sysreg_trap_cp14_32(struct peng_vcpu *vcpu)
{
	u32 enc = find_view(cp14_32, ARRAY_SIZE(cp14_32), iss32(peng_vcpu_esr(vcpu)));

	return access32(vcpu, enc, enc == SYS_ID_AA64DFR0_EL1 ? view_didr : NULL);
}

/**
 * peng_sysreg_trap_cp14_64() - MRRC of CP14
 * @vcpu: loaded on this CPU
 *
 * Context: may sleep.
 * Return: PENG_RESUME.
 */
enum peng_verdict peng_sysreg_trap_cp14_64(struct peng_vcpu *vcpu)
{
	return access64(vcpu, find_view(cp14_64, ARRAY_SIZE(cp14_64), iss64(peng_vcpu_esr(vcpu))));
}
