// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host asks of the EL2 image, and what it does without being asked.
 *
 * Runs at EL2 with all of DAIF masked and the host's EL1 state in the CPU.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <asm/esr.h>
#include <asm/ptrace.h>

#include "../el2_fn.h"
#include "image.h"

typedef u64 (*call_fn)(u64 a, u64 b, u64 c);

static u64 ich_vtr(u64 a, u64 b, u64 c)
{
	return read_sysreg_s(SYS_ICH_VTR_EL2);
}

static const call_fn calls[NVHE_NR_CALLS] __el2_table = {
	[NVHE_CALL_ENTER] = peng_nvhe_enter,
	[NVHE_CALL_LOAD] = peng_nvhe_load,
	[NVHE_CALL_PUT] = peng_nvhe_put,
	[NVHE_CALL_TLB_VMID] = peng_nvhe_flush_vmid,
	[NVHE_CALL_TLB_LOCAL] = peng_nvhe_flush_local,
	[NVHE_CALL_TLB_RANGE] = peng_nvhe_flush_range,
	[NVHE_CALL_TLB_EL2] = peng_nvhe_flush_el2,
	[NVHE_CALL_ICH_VTR] = ich_vtr,
	[NVHE_CALL_FAULT] = peng_nvhe_enter_to_fault,
};

/**
 * peng_nvhe_host_call() - serve an HVC with peng's immediate
 * @nr: NVHE_CALL_BASE + enum nvhe_call
 * @a: argument; a pointer among the arguments is checked by who uses it
 * @b: argument
 * @c: argument
 *
 * Return: what the host finds in x0; -EINVAL for a call that does not exist.
 */
u64 peng_nvhe_host_call(u64 nr, u64 a, u64 b, u64 c)
{
	nr -= NVHE_CALL_BASE;
	if (nr >= NVHE_NR_CALLS)
		return -EINVAL;
	nr = array_index_nospec(nr, NVHE_NR_CALLS);
	return el2_fn_ptr(calls[nr])(a, b, c);
}

/* Offsets into a vector table, Arm ARM D1.10.2. */
static u64 vector_offset(u64 pstate)
{
	if (pstate & PSR_MODE32_BIT)
		return 0x600;
	switch (pstate & PSR_MODE_MASK) {
	case PSR_MODE_EL0t:
		return 0x400;
	case PSR_MODE_EL1t:
		return 0;
	default:
		return 0x200;
	}
}

/**
 * peng_nvhe_host_trap() - the host did something that EL2 traps
 *
 * EL2 keeps the controls that it found while the host runs, so nothing should
 * arrive here but what EL1 cannot have: it is UNDEFINED there.
 */
void peng_nvhe_host_trap(void)
{
	u64 pstate = read_sysreg(spsr_el2);

	write_sysreg(read_sysreg(elr_el2), elr_el1);
	write_sysreg(pstate, spsr_el1);
	write_sysreg(ESR_ELx_IL | (ESR_ELx_EC_UNKNOWN << ESR_ELx_EC_SHIFT), esr_el1);
	write_sysreg(read_sysreg(vbar_el1) + vector_offset(pstate), elr_el2);
	write_sysreg(PSR_MODE_EL1h | PSR_D_BIT | PSR_A_BIT | PSR_I_BIT | PSR_F_BIT, spsr_el2);
}

/**
 * peng_nvhe_quiesce() - EL2 is about to be given back
 *
 * A vCPU may be loaded: built-in KVM takes EL2 from an interrupt.
 */
void peng_nvhe_quiesce(void)
{
	if (el2_cpu()->ctx)
		peng_nvhe_put(0, 0, 0);
}
