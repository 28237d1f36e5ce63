// SPDX-License-Identifier: GPL-2.0-only
/*
 * The third exit tier: interrupts on, may sleep, may go to user space. The
 * vCPU is loaded; the preempt notifier puts it where the thread sleeps.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/nmi.h>
#include <asm/esr.h>
#include <asm/ptrace.h>

#include "debug/debug.h"
#include "exit.h"
#include "fp/fp.h"
#include "host/probe.h"
#include "inject.h"
#include "mmu/mmu.h"
#include "registry.h"
#include "smccc/smccc.h"
#include "sysreg/sysreg.h"
#include "vcpu.h"
#include "wfx.h"

/**
 * peng_exit_errno() - leave KVM_RUN with an errno
 * @vcpu: vCPU
 * @err: negative errno
 */
enum peng_verdict peng_exit_errno(struct peng_vcpu *vcpu, int err)
{
	vcpu->run_ret = err;
	return PENG_USER;
}

/**
 * peng_exit_fault() - leave KVM_RUN with an errno: the guest cannot go on
 * @vcpu: vCPU
 * @kind: why, for those who listen
 * @err: negative errno
 */
enum peng_verdict peng_exit_fault(struct peng_vcpu *vcpu, enum peng_fault_kind kind, int err)
{
	peng_registry_tell_fault(vcpu, kind, err);
	return peng_exit_errno(vcpu, err);
}

/* Classes that have no row: what peng does not know, the guest does not have. */
static enum peng_verdict exit_undef(struct peng_vcpu *vcpu)
{
	peng_inject_undef(vcpu);
	return PENG_RESUME;
}

static const peng_exit_fn handlers[ESR_ELx_EC_MAX + 1] = {
	[ESR_ELx_EC_WFx] = peng_wfx,
	[ESR_ELx_EC_CP15_32] = peng_sysreg_trap_cp15_32,
	[ESR_ELx_EC_CP15_64] = peng_sysreg_trap_cp15_64,
	[ESR_ELx_EC_CP14_MR] = peng_sysreg_trap_cp14_32,
	[ESR_ELx_EC_FP_ASIMD] = peng_fp_trap,
	[ESR_ELx_EC_CP14_64] = peng_sysreg_trap_cp14_64,
	[ESR_ELx_EC_HVC64] = peng_smccc_hvc,
	[ESR_ELx_EC_SMC64] = peng_smccc_smc,
	[ESR_ELx_EC_SYS64] = peng_sysreg_trap,
	[ESR_ELx_EC_SVE] = peng_sve_trap,
	[ESR_ELx_EC_IABT_LOW] = peng_mmu_fault,
	[ESR_ELx_EC_DABT_LOW] = peng_mmu_fault,
	[ESR_ELx_EC_BREAKPT_LOW] = peng_debug_exit,
	[ESR_ELx_EC_SOFTSTP_LOW] = peng_debug_exit,
	[ESR_ELx_EC_WATCHPT_LOW] = peng_debug_exit,
	[ESR_ELx_EC_BKPT32] = peng_debug_exit,
	[ESR_ELx_EC_BRK64] = peng_debug_exit,
};

/*
 * A physical SError was pending when the guest was left; it was the guest that
 * caused it, or nobody knows who. What hardware has corrected, or what the CPU
 * has not consumed yet, stops nobody. An uncontainable or uncategorised one, as
 * far as RAS can tell, has no owner: the architecture does not let the machine
 * go on. Any other is the guest's, without a syndrome, as from KVM.
 */
static enum peng_verdict exit_serror(struct peng_vcpu *vcpu)
{
	/* DISR_EL1 has the fields where ESR_EL2 has them (Arm ARM D17.2.36). */
	u64 syndrome = vcpu->ctx.fault.disr ?: vcpu->ctx.fault.esr;
	u64 severity = ESR_ELx_AET_UEU;

	if (peng_host.ras && !(syndrome & ESR_ELx_IDS))
		severity = (syndrome & ESR_ELx_FSC) == ESR_ELx_FSC_SERROR ?
			   syndrome & ESR_ELx_AET : ESR_ELx_AET_UC;

	switch (severity) {
	case ESR_ELx_AET_CE:
	case ESR_ELx_AET_UEO:
		break;
	case ESR_ELx_AET_UEU:
	case ESR_ELx_AET_UER:
		peng_inject_serror(vcpu, ESR_ELx_ISV);
		break;
	default:
		nmi_panic(NULL, "peng: uncontainable SError while in a guest");
	}
	return PENG_RESUME;
}

static enum peng_verdict fail_entry(struct peng_vcpu *vcpu, u64 reason)
{
	vcpu->run->exit_reason = KVM_EXIT_FAIL_ENTRY;
	vcpu->run->fail_entry.hardware_entry_failure_reason = reason;
	vcpu->run->fail_entry.cpu = raw_smp_processor_id();
	vcpu->run_ret = 0;
	return PENG_USER;
}

/*
 * The guest was not entered. Where its PSTATE was the reason, nothing of the
 * vCPU can be trusted until user space has initialised it again; where EL2 was
 * taken away, it can be run again when that is over.
 */
static enum peng_verdict exit_without_guest(struct peng_vcpu *vcpu)
{
	if (vcpu->ctx.exit == PENG_EXIT_DEFECT)
		return PENG_DEAD;
	if (vcpu->ctx.exit == PENG_EXIT_ILLEGAL)
		vcpu->initialized = false;
	peng_registry_tell_fault(vcpu, PENG_FAULT_ENTRY, 0);
	return fail_entry(vcpu, vcpu->ctx.exit);
}

enum peng_verdict peng_exit_cpu(struct peng_vcpu *vcpu)
{
	return fail_entry(vcpu, KVM_EXIT_FAIL_ENTRY_CPU_UNSUPPORTED);
}

/**
 * peng_exit_slow() - finish an exit that the faster tiers left
 * @vcpu: vCPU; ctx.exit and ctx.fault say why it left the guest
 *
 * Context: task, vcpu->lock held, vCPU loaded, preemption on.
 * Return: any verdict but PENG_SLOW.
 */
enum peng_verdict peng_exit_slow(struct peng_vcpu *vcpu)
{
	bool aarch32 = vcpu->ctx.regs.pstate & PSR_MODE32_BIT;
	peng_exit_fn fn;

	/*
	 * Where not every CPU has AArch32, guests are not told of it, and have left what
	 * they were told. As on KVM they end where they are found, not where they arrive.
	 */
	if (unlikely(aarch32 && !peng_sysreg_aarch32_el0()) &&
	    vcpu->ctx.exit < PENG_EXIT_ILLEGAL)
		vcpu->ctx.exit = PENG_EXIT_ILLEGAL;
	if (unlikely(vcpu->ctx.exit >= PENG_EXIT_ILLEGAL))
		return exit_without_guest(vcpu);
	if (vcpu->ctx.exit == PENG_EXIT_SERROR || vcpu->ctx.fault.disr) {
		enum peng_verdict verdict = exit_serror(vcpu);

		/*
		 * The trapped instruction has not been executed; the guest takes
		 * the SError at it, and executes it again afterwards. An HVC's
		 * preferred return is behind it: make the guest issue it again.
		 */
		if (vcpu->ctx.exit == PENG_EXIT_SYNC &&
		    ESR_ELx_EC(peng_vcpu_esr(vcpu)) == ESR_ELx_EC_HVC64)
			vcpu->ctx.regs.pc -= 4;
		return verdict;
	}
	if (vcpu->ctx.exit == PENG_EXIT_IRQ)
		return PENG_RESUME;
	if (unlikely(aarch32 && !peng_inject_condition_holds(vcpu))) {
		peng_inject_skip(vcpu);
		return PENG_RESUME;
	}
	fn = handlers[ESR_ELx_EC(peng_vcpu_esr(vcpu))] ?: exit_undef;
	return fn(vcpu);
}
