// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second exit tier: host code with interrupts masked and the guest's state
 * still in the CPU. Handlers may use VM-wide data; they must not sleep.
 */
#include <linux/kernel.h>
#include <asm/esr.h>

#include "exit.h"
#include "io/mmio.h"
#include "mmu/mmu.h"
#include "smccc/smccc.h"
#include "sysreg/sysreg.h"
#include "vcpu.h"

/* A device that is accessed again is recognised before anything is looked up. */
static enum peng_verdict data_abort(struct peng_vcpu *vcpu)
{
	return peng_mmio_repeat_fast(vcpu) == PENG_RESUME ? PENG_RESUME :
							    peng_mmu_fault_fast(vcpu);
}

const peng_exit_fn peng_exit_fast[ESR_ELx_EC_MAX + 1] = {
	[ESR_ELx_EC_HVC64] = peng_smccc_hvc_fast,
	[ESR_ELx_EC_SYS64] = peng_sysreg_trap_fast,
	[ESR_ELx_EC_IABT_LOW] = peng_mmu_fault_fast,
	[ESR_ELx_EC_DABT_LOW] = data_abort,
};
