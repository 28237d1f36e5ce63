// SPDX-License-Identifier: GPL-2.0-only
/*
 * Self-hosted debug registers while they trap: kept in memory. External
 * debug does not exist for a guest, so its registers are RAZ/WI.
 */
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "../debug/debug.h"
#include "../host/probe.h"
#include "../vcpu.h"
#include "row.h"

/* DBGBVR, DBGBCR, DBGWVR and DBGWCR differ in Op2, their number is in CRm. */
static u64 *dbg_slot(struct peng_vcpu *vcpu, const struct peng_sysreg_row *row)
{
	struct peng_debug_regs *debug = &vcpu->ctx.debug;
	u64 *const bank[] = { debug->bvr, debug->bcr, debug->wvr, debug->wcr };

	return bank[sys_reg_Op2(row->enc) - sys_reg_Op2(SYS_DBGBVRn_EL1(0))] +
	       sys_reg_CRm(row->enc);
}

static bool dbg_exists(const struct peng_sysreg_row *row)
{
	bool watchpoint = sys_reg_Op2(row->enc) >= sys_reg_Op2(SYS_DBGWVRn_EL1(0));

	return sys_reg_CRm(row->enc) < (watchpoint ? peng_host.wrps : peng_host.brps);
}

PENG_SYSREG_TRAP(peng_sysreg_trap_dbg)
{
	u64 *slot = dbg_slot(vcpu, row);

	if (!dbg_exists(row))
		return PENG_SYSREG_UNDEF;
	if (acc->write)
		*slot = acc->val;
	else
		acc->val = *slot;
	return PENG_SYSREG_DONE;
}

PENG_SYSREG_RESET(peng_sysreg_reset_dbg)
{
	*dbg_slot(vcpu, row) = 0;
}

/* User space sees all 16 of each, whatever the CPU has, as KVM shows them. */
PENG_SYSREG_GET(peng_sysreg_get_dbg)
{
	*val = *dbg_slot(vcpu, row);
	return 0;
}

PENG_SYSREG_SET(peng_sysreg_set_dbg)
{
	*dbg_slot(vcpu, row) = val;
	return 0;
}

PENG_SYSREG_TRAP(peng_sysreg_trap_mdscr)
{
	if (acc->write)
		peng_vcpu_sys_write(vcpu, row->reg, acc->val);
	else
		acc->val = peng_vcpu_sys_read(vcpu, row->reg);
	return PENG_SYSREG_DONE;
}

/* Write-only; its OSLK is what OSLSR_EL1.OSLK then reads as. */
PENG_SYSREG_TRAP(peng_sysreg_trap_oslar)
{
	u64 *oslsr = &vcpu->ctx.sys[PENG_OSLSR_EL1];

	if (!acc->write)
		return PENG_SYSREG_UNDEF;
	*oslsr &= ~OSLSR_EL1_OSLK;
	if (acc->val & OSLAR_EL1_OSLK)
		*oslsr |= OSLSR_EL1_OSLK;
	peng_debug_oslock_changed(vcpu);
	return PENG_SYSREG_DONE;
}

PENG_SYSREG_TRAP(peng_sysreg_trap_oslsr)
{
	if (acc->write)
		return PENG_SYSREG_UNDEF;
	acc->val = vcpu->ctx.sys[row->reg];
	return PENG_SYSREG_DONE;
}

PENG_SYSREG_SET(peng_sysreg_set_oslsr)
{
	if ((val ^ row->val) & ~OSLSR_EL1_OSLK)
		return -EINVAL;
	vcpu->ctx.sys[row->reg] = val;
	peng_debug_oslock_changed(vcpu);
	return 0;
}
