// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions into the guest: what the CPU itself does when it takes an
 * exception to EL1 (Arm ARM D1.3.5), done on the vCPU's registers.
 *
 * EL1 of a guest is AArch64 always; EL0 may be AArch32.
 */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <asm/debug-monitors.h>
#include <asm/esr.h>
#include <asm/kvm_arm.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>

#include "host/probe.h"
#include "inject.h"
#include "vcpu.h"

/* The IT state of AArch32 lies in two pieces in a saved PSTATE (C5.2.18). */
#define SPSR_IT_LOW	GENMASK(26, 25)
#define SPSR_IT_HIGH	GENMASK(15, 10)

/* Offset of the synchronous vector by where the exception comes from, D1.3.1.5. */
static u64 sync_vector(u64 pstate)
{
	if (pstate & PSR_MODE32_BIT)
		return 0x600;
	switch (pstate & PSR_MODE_MASK) {
	case PSR_MODE_EL1t:
		return 0x000;
	case PSR_MODE_EL1h:
		return 0x200;
	default:
		return 0x400;
	}
}

/*
 * PSTATE after entry to EL1. What is not named becomes 0 (UAO, BTYPE, SS, IL),
 * or belongs to a feature that the guest is not shown (TCO, ALLINT).
 */
static u64 entry_pstate(u64 old, u64 sctlr)
{
	u64 new = old & (PSR_N_BIT | PSR_Z_BIT | PSR_C_BIT | PSR_V_BIT |
			 PSR_DIT_BIT | PSR_PAN_BIT);

	if (!(sctlr & SCTLR_EL1_SPAN))
		new |= PSR_PAN_BIT;
	if (sctlr & SCTLR_ELx_DSSBS)
		new |= PSR_SSBS_BIT;
	return new | PSR_D_BIT | PSR_A_BIT | PSR_I_BIT | PSR_F_BIT | PSR_MODE_EL1h;
}

static void enter_sync(struct peng_vcpu *vcpu, u64 esr)
{
	struct user_pt_regs *regs = &vcpu->ctx.regs;
	u64 pstate = regs->pstate;

	peng_vcpu_sys_write(vcpu, PENG_ESR_EL1, esr);
	peng_vcpu_sys_write(vcpu, PENG_SPSR_EL1, pstate);
	peng_vcpu_sys_write(vcpu, PENG_ELR_EL1, regs->pc);
	regs->pc = peng_vcpu_sys_read(vcpu, PENG_VBAR_EL1) + sync_vector(pstate);
	regs->pstate = entry_pstate(pstate, peng_vcpu_sys_read(vcpu, PENG_SCTLR_EL1));
	vcpu->mmio.pending = false;
}

/* ESR.IL is set for all of these: EC 0, and aborts without a valid syndrome. */
void peng_inject_undef(struct peng_vcpu *vcpu)
{
	enter_sync(vcpu, FIELD_PREP(ESR_ELx_EC_MASK, ESR_ELx_EC_UNKNOWN) | ESR_ELx_IL);
}

/* EL1 sees the syndrome that EL2 saw: it is the same instruction (D17.2.37). */
void peng_inject_sysreg_trap(struct peng_vcpu *vcpu)
{
	enter_sync(vcpu, peng_vcpu_esr(vcpu));
}

static void inject_external_abort(struct peng_vcpu *vcpu, u64 ec, u64 far)
{
	peng_vcpu_sys_write(vcpu, PENG_FAR_EL1, far);
	enter_sync(vcpu, FIELD_PREP(ESR_ELx_EC_MASK, ec) | ESR_ELx_IL | ESR_ELx_FSC_EXTABT);
}

void peng_inject_dabt(struct peng_vcpu *vcpu, u64 far)
{
	bool low = peng_vcpu_in_el0(vcpu);

	inject_external_abort(vcpu, low ? ESR_ELx_EC_DABT_LOW : ESR_ELx_EC_DABT_CUR, far);
}

void peng_inject_iabt(struct peng_vcpu *vcpu, u64 far)
{
	bool low = peng_vcpu_in_el0(vcpu);

	inject_external_abort(vcpu, low ? ESR_ELx_EC_IABT_LOW : ESR_ELx_EC_IABT_CUR, far);
}

/*
 * The CPU takes it when the guest unmasks SErrors, and clears HCR_EL2.VSE
 * then; the world switch brings that bit back with each exit.
 */
void peng_inject_serror(struct peng_vcpu *vcpu, u64 esr)
{
	vcpu->ctx.trap.vsesr = esr & ESR_ELx_ISS_MASK;
	vcpu->ctx.trap.hcr |= HCR_VSE;
}

/*
 * An external abort is entered when it is injected, so it is never pending; an
 * SError waits in HCR_EL2.VSE until the guest unmasks it.
 */
void peng_inject_get_events(struct peng_vcpu *vcpu, struct kvm_vcpu_events *events)
{
	events->exception.serror_pending = !!(vcpu->ctx.trap.hcr & HCR_VSE);
	events->exception.serror_has_esr = peng_host.ras;
	if (events->exception.serror_pending && peng_host.ras)
		events->exception.serror_esr = vcpu->ctx.trap.vsesr & ESR_ELx_ISS_MASK;
}

/*
 * What is not named stays as it is: an SError that is pending cannot be taken
 * back (KVM API 4.32). The abort is on the access that the guest did last.
 */
int peng_inject_set_events(struct peng_vcpu *vcpu, const struct kvm_vcpu_events *events)
{
	bool serror = events->exception.serror_pending;
	bool has_esr = events->exception.serror_has_esr;
	u64 esr = events->exception.serror_esr;

	if (serror && has_esr && (!peng_host.ras || esr & ~(u64)ESR_ELx_ISS_MASK))
		return -EINVAL;
	if (serror)
		peng_inject_serror(vcpu, has_esr ? esr : ESR_ELx_ISV);
	if (events->exception.ext_dabt_pending)
		peng_inject_dabt(vcpu, vcpu->ctx.fault.far);
	return 0;
}

static u64 it_state(u64 pstate)
{
	return FIELD_GET(SPSR_IT_HIGH, pstate) << 2 | FIELD_GET(SPSR_IT_LOW, pstate);
}

/* Arm ARM F1.3.1: an odd condition is the opposite of the one before it, but for "always". */
static bool flags_match(u64 pstate, unsigned int cond)
{
	bool n = pstate & PSR_N_BIT, z = pstate & PSR_Z_BIT;
	bool c = pstate & PSR_C_BIT, v = pstate & PSR_V_BIT;
	bool even[] = { z, c, n, v, c && !z, n == v, n == v && !z };

	return cond >> 1 == ARRAY_SIZE(even) || even[cond >> 1] != (cond & 1);
}

/*
 * The CPU may trap an instruction of AArch32 before it looks at the condition
 * (Arm ARM G1.15.3), and in T32 it need not report that: then it is the IT block's.
 * Only classes below 0x10 have a condition.
 */
bool peng_inject_condition_holds(const struct peng_vcpu *vcpu)
{
	u64 pstate = vcpu->ctx.regs.pstate;
	u64 esr = peng_vcpu_esr(vcpu);
	u64 it = it_state(pstate);

	if (ESR_ELx_EC(esr) >= 0x10)
		return true;
	if (esr & ESR_ELx_CV)
		return flags_match(pstate, (esr & ESR_ELx_COND_MASK) >> ESR_ELx_COND_SHIFT);
	return !(pstate & PSR_AA32_T_BIT) || !it || flags_match(pstate, it >> 4);
}

/* Step the IT block; the state is 0 outside of one (Arm ARM G1.2.4). */
static u64 advance_it(u64 pstate)
{
	u64 it = it_state(pstate);

	it = it & GENMASK(2, 0) ? (it & GENMASK(7, 5)) | (it << 1 & GENMASK(4, 0)) : 0;
	pstate &= ~(SPSR_IT_HIGH | SPSR_IT_LOW);
	return pstate | FIELD_PREP(SPSR_IT_HIGH, it >> 2) | FIELD_PREP(SPSR_IT_LOW, it & 3);
}

static void skip_aarch32(struct peng_vcpu *vcpu)
{
	struct user_pt_regs *regs = &vcpu->ctx.regs;
	bool narrow = regs->pstate & PSR_AA32_T_BIT && !(peng_vcpu_esr(vcpu) & ESR_ELx_IL);

	regs->pc += narrow ? 2 : 4;
	regs->pstate = advance_it(regs->pstate) & ~DBG_SPSR_SS;
}

void peng_inject_skip(struct peng_vcpu *vcpu)
{
	struct user_pt_regs *regs = &vcpu->ctx.regs;

	if (regs->pstate & PSR_MODE32_BIT) {
		skip_aarch32(vcpu);
		return;
	}
	regs->pc += 4;
	regs->pstate &= ~(u64)(PSR_BTYPE_MASK | DBG_SPSR_SS);
}
