// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handlers of system registers that belong to no larger group: stage-1
 * controls while the guest's caches are off, LORegions, interrupt generation,
 * the timers' user-space ids, and values taken from the host.
 */
#include <asm/sysreg.h>

#include "../mmu/mmu.h"
#include "../timer/timer.h"
#include "../vcpu.h"
#include "../vgic/vgic.h"
#include "../vm.h"
#include "row.h"
#include "sysreg.h"

static u64 host_value(const struct peng_sysreg_row *row)
{
	return *(const u64 *)((const u8 *)&peng_sysreg_host + row->host);
}

PENG_SYSREG_TRAP(peng_sysreg_trap_raz_wi)
{
	if (!acc->write)
		acc->val = 0;
	return PENG_SYSREG_DONE;
}

/* A read-only register whose value is 0. */
PENG_SYSREG_TRAP(peng_sysreg_trap_raz)
{
	if (acc->write)
		return PENG_SYSREG_UNDEF;
	acc->val = 0;
	return PENG_SYSREG_DONE;
}

/* A read-only register that reads as on the host. */
PENG_SYSREG_TRAP(peng_sysreg_trap_host)
{
	if (acc->write)
		return PENG_SYSREG_UNDEF;
	acc->val = host_value(row);
	return PENG_SYSREG_DONE;
}

PENG_SYSREG_RESET(peng_sysreg_reset_host)
{
	vcpu->ctx.sys[row->reg] = host_value(row);
}

PENG_SYSREG_GET(peng_sysreg_get_host)
{
	*val = host_value(row);
	return 0;
}

/* Guests see the host's own register, so no other value can be promised. */
PENG_SYSREG_SET(peng_sysreg_set_host)
{
	return val == host_value(row) ? 0 : -EINVAL;
}

/* IMPLEMENTATION DEFINED controls of a CPU that the guest does not own. */
PENG_SYSREG_TRAP(peng_sysreg_trap_actlr)
{
	if (!acc->write)
		acc->val = peng_vcpu_sys_read(vcpu, row->reg);
	return PENG_SYSREG_DONE;
}

/* Writes trap while HCR_EL2.TVM is set; reads never do. */
PENG_SYSREG_TRAP(peng_sysreg_trap_vm)
{
	if (acc->write)
		peng_vcpu_sys_write(vcpu, row->reg, acc->val);
	else
		acc->val = peng_vcpu_sys_read(vcpu, row->reg);
	return PENG_SYSREG_DONE;
}

/*
 * The guest turns its caches on or off: what it wrote past them must be
 * visible through them, and the trap is of no use once they are on.
 */
PENG_SYSREG_TRAP(peng_sysreg_trap_sctlr)
{
	u64 both = SCTLR_ELx_M | SCTLR_ELx_C;
	bool was_enabled = (peng_vcpu_sys_read(vcpu, row->reg) & both) == both;

	peng_sysreg_trap_vm(vcpu, row, acc);
	if (acc->write)
		peng_mmu_toggle_caches(vcpu, was_enabled);
	return PENG_SYSREG_DONE;
}

/*
 * No LORegions: LORID_EL1 reads as 0, which makes the others RES0. Without
 * FEAT_LOR there is no LORID_EL1 to say so (Arm ARM D13.2.87).
 */
PENG_SYSREG_TRAP(peng_sysreg_trap_lor)
{
	if (!peng_sysreg_host.lor)
		return PENG_SYSREG_UNDEF;
	if (row->enc == SYS_LORID_EL1)
		return peng_sysreg_trap_raz(vcpu, row, acc);
	return peng_sysreg_trap_raz_wi(vcpu, row, acc);
}

/*
 * With one security state (GICD_CTLR.DS = 1) ICC_ASGI1R_EL1 has no other
 * group 1 to reach, and generates group 0 interrupts as ICC_SGI0R_EL1 does
 * (IHI 0069 12.2.3).
 */
PENG_SYSREG_TRAP(peng_sysreg_trap_sgi)
{
	if (!acc->write || !peng_vgic_present(vcpu->vm))
		return PENG_SYSREG_UNDEF;
	peng_vgic_send_sgi(vcpu, acc->val, row->enc == SYS_ICC_SGI1R_EL1);
	return PENG_SYSREG_DONE;
}

/* Traps only while the guest's active interrupts exceed the list registers. */
PENG_SYSREG_TRAP(peng_sysreg_trap_dir)
{
	if (!acc->write || !peng_vgic_present(vcpu->vm))
		return PENG_SYSREG_UNDEF;
	peng_vgic_deactivate(vcpu, acc->val & GENMASK(23, 0));
	return PENG_SYSREG_DONE;
}

/* The system register interface cannot be turned off: SRE, DIB and DFB are RAO/WI. */
PENG_SYSREG_TRAP(peng_sysreg_trap_sre)
{
	if (!peng_vgic_present(vcpu->vm))
		return PENG_SYSREG_UNDEF;
	if (!acc->write)
		acc->val = row->val;
	return PENG_SYSREG_DONE;
}

/*
 * 16 vCPUs in affinity level 0, because an SGI names its targets by a list
 * of 16 bits; the rest of the id in levels 1 and 2. Bit 31 is RES1.
 */
PENG_SYSREG_RESET(peng_sysreg_reset_mpidr)
{
	u64 id = vcpu->id;

	vcpu->ctx.sys[row->reg] = BIT(31) |
				  (id & 0xf) << MPIDR_LEVEL_SHIFT(0) |
				  (id >> 4 & 0xff) << MPIDR_LEVEL_SHIFT(1) |
				  (id >> 12 & 0xff) << MPIDR_LEVEL_SHIFT(2);
}

/* Where the physical timer is the host's own, or the counter has an offset. */
PENG_SYSREG_TRAP(peng_sysreg_trap_ptimer)
{
	if (acc->write && row->val == PENG_PTIMER_CNT)
		return PENG_SYSREG_UNDEF;
	if (acc->write)
		peng_ptimer_write(vcpu, row->val, acc->val);
	else
		acc->val = peng_ptimer_read(vcpu, row->val);
	return PENG_SYSREG_DONE;
}

PENG_SYSREG_GET(peng_sysreg_get_timer)
{
	return peng_timer_get_reg(vcpu, peng_sysreg_id(row), val);
}

PENG_SYSREG_SET(peng_sysreg_set_timer)
{
	return peng_timer_set_reg(vcpu, peng_sysreg_id(row), val);
}
