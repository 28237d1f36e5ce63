// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest waits: WFI sleeps until an interrupt can be delivered, WFE gives
 * the CPU to somebody else for a moment.
 */
#include <linux/sched.h>
#include <asm/esr.h>

#include "inject.h"
#include "request.h"
#include "vcpu.h"
#include "wfx.h"

/*
 * The step comes first: an interrupt that ends a WFI is taken with ELR_EL1 at
 * the instruction after it, and registers that user space reads while the vCPU
 * sleeps are those of a finished WFI.
 *
 * A guest that executes WFE waits for a lock whose owner may be a vCPU that
 * waits for this very CPU: what yield() is for.
 *
 * The variants with a timeout are not shown to the guest (ID_AA64ISAR2_EL1);
 * one that uses them all the same gets what the architecture allows for every
 * WFI, an early wake-up, and no timer is spent on it.
 */
enum peng_verdict peng_wfx(struct peng_vcpu *vcpu)
{
	u64 esr = peng_vcpu_esr(vcpu);

	peng_inject_skip(vcpu);
	if (esr & ESR_ELx_WFx_ISS_WFE) {
		peng_stats_inc(vcpu->stats.wfe);
		vcpu->exits.class = PENG_A_EXITS_WFE;
	} else {
		peng_stats_inc(vcpu->stats.wfi);
	}
	if (esr & (ESR_ELx_WFx_ISS_WFE | ESR_ELx_WFx_ISS_WFxT))
		yield();
	else
		peng_vcpu_block(vcpu);
	return PENG_RESUME;
}
