// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of the PMU's registers: what they do is in pmu/regs.c. They are not of the
 * fast tier, since perf's events may sleep.
 */
#include "../pmu/pmu.h"
#include "../vcpu.h"
#include "row.h"

PENG_SYSREG_TRAP(peng_sysreg_trap_pmu)
{
	enum peng_pmu_access done;

	if (acc->write)
		done = peng_pmu_guest_write(vcpu, row->val, acc->val);
	else
		done = peng_pmu_guest_read(vcpu, row->val, &acc->val);
	switch (done) {
	case PENG_PMU_DONE:
		return PENG_SYSREG_DONE;
	case PENG_PMU_TO_EL1:
		return PENG_SYSREG_TO_EL1;
	default:
		return PENG_SYSREG_UNDEF;
	}
}

PENG_SYSREG_GET(peng_sysreg_get_pmu)
{
	*val = peng_pmu_get_reg(vcpu, row->val);
	return 0;
}

PENG_SYSREG_SET(peng_sysreg_set_pmu)
{
	peng_pmu_set_reg(vcpu, row->val, val);
	return 0;
}
