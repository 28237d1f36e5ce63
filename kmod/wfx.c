// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest waits: WFI sleeps until an interrupt can be delivered, WFIT no longer than
 * to a value of the virtual counter, WFE gives the CPU to somebody else for a moment.
 */
#include <linux/bitfield.h>
#include <linux/sched.h>
#include <asm/esr.h>
#include <asm/insn.h>
#include <asm/sysreg.h>

#include "inject.h"
#include "mmu/mmu.h"
#include "request.h"
#include "vcpu.h"
#include "wfx.h"

/* Arm ARM C6.2: a hint, and its neighbour in the space of MSR, which names a register. */
#define INSN_WFI	(0xd503201fU | AARCH64_INSN_HINT_WFI)
#define INSN_WFIT	(0xd5000000U | sys_reg(0, 3, 1, 0, 1))
#define INSN_RT		GENMASK(4, 0)

/**
 * struct wait - how long a guest wants to wait
 * @rt: general register with the end, where @timed
 * @timed: as WFIT has it
 */
struct wait {
	u8 rt;
	bool timed;
};

/*
 * QEMU (9.1, which has WFIT first, to 10.0 at least) says WFI of both in ESR_EL2, and a
 * guest would sleep for ever. As long as this vCPU has heard of no WFIT, what says WFI is
 * looked at where EL2 found it (handle_wfx()). What cannot be read, or has become
 * another instruction, is none that waits.
 */
static bool decode(struct peng_vcpu *vcpu, struct wait *wait)
{
	u64 ipa = peng_fault_ipa(&vcpu->ctx.fault) | (vcpu->ctx.regs.pc & (SZ_4K - 1));
	__le32 raw;
	u32 insn;

	if (vcpu->ctx.fault.hpfar == PENG_HPFAR_NONE ||
	    peng_mmu_read_guest(vcpu->vm, ipa, &raw, sizeof(raw)))
		return false;
	insn = le32_to_cpu(raw);
	wait->timed = (insn & ~INSN_RT) == INSN_WFIT;
	wait->rt = insn & INSN_RT;
	return wait->timed || insn == INSN_WFI;
}

/* Of WFI and WFIT; false where the wait is over at once, as it always may be. */
static bool find_wait(struct peng_vcpu *vcpu, struct wait *wait)
{
	u64 esr = peng_vcpu_esr(vcpu);

	if (esr & ESR_ELx_WFx_ISS_WFxT) {
		vcpu->ctx.wfi_doubted = false;
		wait->timed = true;
		wait->rt = FIELD_GET(ESR_ELx_WFx_ISS_RN, esr);
		return esr & ESR_ELx_WFx_ISS_RV;
	}
	wait->timed = false;
	return !vcpu->ctx.wfi_doubted || (vcpu->ctx.regs.pstate & PSR_MODE32_BIT) ||
	       decode(vcpu, wait);
}

/*
 * The step comes before the sleep: an interrupt that ends a WFI is taken with ELR_EL1 at
 * the instruction after it, and registers that user space reads while the vCPU sleeps
 * are those of a finished WFI.
 */
static void wait_for_interrupt(struct peng_vcpu *vcpu)
{
	struct wait wait;
	bool waits = find_wait(vcpu, &wait);

	peng_inject_skip(vcpu);
	if (!waits)
		return;
	if (wait.timed)
		peng_timer_begin_wait(vcpu, peng_vcpu_get_reg(vcpu, wait.rt));
	peng_vcpu_block(vcpu);
	peng_timer_end_wait(vcpu);
}

/*
 * A guest that executes WFE waits for a lock whose owner may be a vCPU that waits for
 * this very CPU: what yield() is for. So does WFET, which may wake early like all of
 * these, and no timer is spent on it.
 */
enum peng_verdict peng_wfx(struct peng_vcpu *vcpu)
{
	if (peng_vcpu_esr(vcpu) & ESR_ELx_WFx_ISS_WFE) {
		peng_stats_inc(vcpu->stats.wfe);
		vcpu->exits.class = PENG_A_EXITS_WFE;
		peng_inject_skip(vcpu);
		yield();
	} else {
		peng_stats_inc(vcpu->stats.wfi);
		wait_for_interrupt(vcpu);
	}
	return PENG_RESUME;
}
