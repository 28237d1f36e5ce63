// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second exit tier: host code with interrupts masked and the guest's state
 * still in the CPU. Handlers may use VM-wide data; they must not sleep.
 */
#include <linux/kernel.h>
#include <asm/esr.h>

#include "exit.h"
#include "mmu/mmu.h"
#include "smccc/smccc.h"
#include "sysreg/sysreg.h"
#include "vcpu.h"

/* Classes that have no row go to the third tier. */
static const peng_exit_fn handlers[ESR_ELx_EC_MAX + 1] = {
	[ESR_ELx_EC_HVC64] = peng_smccc_hvc_fast,
	[ESR_ELx_EC_SYS64] = peng_sysreg_trap_fast,
	[ESR_ELx_EC_IABT_LOW] = peng_mmu_fault_fast,
	[ESR_ELx_EC_DABT_LOW] = peng_mmu_fault_fast,
};

/**
 * peng_exit_fast() - try to finish an exit without unmasking interrupts
 * @vcpu: has left the guest by a synchronous exception
 *
 * Context: interrupts masked, vCPU loaded.
 * Return: PENG_RESUME, or PENG_SLOW.
 */
enum peng_verdict peng_exit_fast(struct peng_vcpu *vcpu)
{
	peng_exit_fn fn = handlers[ESR_ELx_EC(peng_vcpu_esr(vcpu))];

	return fn ? fn(vcpu) : PENG_SLOW;
}
