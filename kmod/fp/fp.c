// SPDX-License-Identifier: GPL-2.0-only
/*
 * Borrowing the FP registers from the host (fp.h).
 */
#include <asm/neon.h>

#include "../inject.h"
#include "../vcpu.h"
#include "fp.h"

/**
 * peng_fp_begin() - save the host's FP registers
 * @vcpu: about to enter, and its fp_wanted; or the host streams
 *
 * Context: preemption off, interrupts on (kernel_neon_begin() asks for that). A softirq
 * that uses the registers, too, has them saved to @vcpu->fp_spare first, for nothing: EL2
 * has those of the guest in memory whenever interrupts are on.
 */
void peng_fp_begin(struct peng_vcpu *vcpu)
{
	kernel_neon_begin(&vcpu->fp_spare);
	vcpu->ctx.fp_allowed = true;
}

/**
 * peng_fp_end() - give the FP registers back to the host
 * @vcpu: has left the guest after peng_fp_begin(); EL2 has saved its registers
 *
 * Context: preemption off, interrupts on.
 */
void peng_fp_end(struct peng_vcpu *vcpu)
{
	vcpu->ctx.fp_allowed = false;
	kernel_neon_end(&vcpu->fp_spare);
}

/* SVE of a guest that has it; of all others it is UNDEFINED, and so is ZCR_EL1. */
enum peng_verdict peng_sve_trap(struct peng_vcpu *vcpu)
{
	if (vcpu->ctx.sve.state)
		return peng_fp_trap(vcpu);
	peng_inject_undef(vcpu);
	return PENG_RESUME;
}

/* The next entry saves the host's registers, and EL2 loads the guest's. */
enum peng_verdict peng_fp_trap(struct peng_vcpu *vcpu)
{
	vcpu->fp_wanted = true;
	return PENG_RESUME;
}
