// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dispatch of firmware calls, SMCCC 1.2 (DEN0028): the table of functions, and
 * those of the architecture and of the hypervisor itself.
 *
 * 1.2 is answered because its rules hold: results are in X0 to X3, X4 to X17
 * are as the caller left them, and what is not known is NOT_SUPPORTED.
 */
#include <linux/arm-smccc.h>
#include <linux/kvm.h>
#include <linux/timekeeping.h>
#include <asm/esr.h>

#include "../host/probe.h"
#include "../host/spectre.h"
#include "../inject.h"
#include "../table.h"
#include "../trace.h"
#include "../vcpu.h"
#include "../vm.h"
#include "call.h"
#include "smccc.h"

static PENG_CALL(version)
{
	call->ret[0] = ARM_SMCCC_VERSION_1_2;
	return PENG_RESUME;
}

static s32 workaround_state(enum peng_exposure exposure)
{
	switch (exposure) {
	case PENG_UNAFFECTED:
		return SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED;
	case PENG_MITIGATED:
		return SMCCC_RET_SUCCESS;
	case PENG_VULNERABLE:
		break;
	}
	return SMCCC_RET_NOT_SUPPORTED;
}

static PENG_CALL(arch_features)
{
	u32 func = call->arg[0];

	switch (func) {
	case ARM_SMCCC_VERSION_FUNC_ID:
	case ARM_SMCCC_ARCH_FEATURES_FUNC_ID:
		call->ret[0] = SMCCC_RET_SUCCESS;
		break;
	case ARM_SMCCC_HV_PV_TIME_FEATURES:
		if (peng_smccc_find(vcpu, func))
			call->ret[0] = SMCCC_RET_SUCCESS;
		break;
	case ARM_SMCCC_ARCH_WORKAROUND_1:
		call->ret[0] = workaround_state(peng_spectre.v2);
		break;
	case ARM_SMCCC_ARCH_WORKAROUND_2:
		if (peng_spectre.v4 == PENG_UNAFFECTED)
			call->ret[0] = SMCCC_RET_NOT_REQUIRED;
		break;
	case ARM_SMCCC_ARCH_WORKAROUND_3:
		call->ret[0] = workaround_state(peng_spectre.bhb);
		break;
	}
	return PENG_RESUME;
}

/*
 * Firmware's work reaches the whole CPU, and so the guest's predictions, too.
 * A loop over the branch history has run when the guest was left.
 */
static PENG_CALL(arch_workaround)
{
	bool bhb = call->func == ARM_SMCCC_ARCH_WORKAROUND_3;
	enum peng_exposure exposure = bhb ? peng_spectre.bhb : peng_spectre.v2;

	if (exposure == PENG_VULNERABLE)
		return PENG_RESUME;
	if (exposure == PENG_MITIGATED && !(bhb && peng_host.bhb_loops))
		arm_smccc_1_1_invoke(call->func, NULL);
	call->ret[0] = SMCCC_RET_SUCCESS;
	return PENG_RESUME;
}

/* The services below are KVM's, so the name under which guests look is, too. */
static PENG_CALL(vendor_uid)
{
	static const uuid_t uid = ARM_SMCCC_VENDOR_HYP_UID_KVM;
	int reg;

	for (reg = 0; reg < ARRAY_SIZE(call->ret); reg++)
		call->ret[reg] = smccc_uuid_to_reg(&uid, reg);
	return PENG_RESUME;
}

static PENG_CALL(vendor_features)
{
	call->ret[0] = READ_ONCE(vcpu->vm->smccc.bmap[PENG_BMAP_VENDOR_HYP]);
	return PENG_RESUME;
}

/*
 * Wall clock and counter of one moment. Only where the host keeps time by the
 * counter that guests see, too (Documentation/virt/kvm/arm/ptp_kvm.rst).
 */
static PENG_CALL(vendor_ptp)
{
	struct system_time_snapshot now;
	u64 cycles;

	if (call->arg[0] != KVM_PTP_VIRT_COUNTER && call->arg[0] != KVM_PTP_PHYS_COUNTER)
		return PENG_RESUME;

	ktime_get_snapshot_id(CLOCK_REALTIME, &now);
	if (!compat_snapshot_is_of_counter(&now))
		return PENG_RESUME;

	cycles = now.cycles;
	if (call->arg[0] == KVM_PTP_VIRT_COUNTER)
		cycles -= vcpu->ctx.timer.cntvoff;
	else
		cycles -= vcpu->ctx.timer.cntpoff;
	call->ret[0] = upper_32_bits(now.systime);
	call->ret[1] = lower_32_bits(now.systime);
	call->ret[2] = upper_32_bits(cycles);
	call->ret[3] = lower_32_bits(cycles);
	return PENG_RESUME;
}

#define ARCH(_id, _fn)		{ .id = (_id), .flags = PENG_CALL_FAST, .fn = (_fn) }
#define PSCI(_id, _since, _fn)	{ .id = (_id), .since = (_since), .fn = (_fn) }
#define PSCI_FAST(_id, _since, _fn)						\
	{ .id = (_id), .flags = PENG_CALL_FAST, .since = (_since), .fn = (_fn) }
#define PSCI_OPTIN(_id, _since, _fn)						\
	{ .id = (_id), .flags = PENG_CALL_OPTIN, .since = (_since), .fn = (_fn) }
#define PSCI_KVM(_id, _fn)							\
	{ .id = (_id), .flags = PENG_CALL_WIDE, .since = PENG_PSCI_0_1,		\
	  .until = PENG_PSCI_0_1, .fn = (_fn) }
#define SERVICE(_id, _bmap, _bit, _fn)						\
	{ .id = (_id), .flags = PENG_CALL_BMAP, .bmap = (_bmap), .bit = (_bit), .fn = (_fn) }
#define TRNG(_id, _fn)								\
	SERVICE(_id, PENG_BMAP_STD, KVM_REG_ARM_STD_BIT_TRNG_V1_0, _fn)
#define PVTIME(_id, _fn)							\
	SERVICE(_id, PENG_BMAP_STD_HYP, KVM_REG_ARM_STD_HYP_BIT_PV_TIME, _fn)
#define VENDOR(_id, _bit, _fn)							\
	SERVICE(_id, PENG_BMAP_VENDOR_HYP, KVM_REG_ARM_VENDOR_HYP_BIT_##_bit, _fn)

static const struct peng_call_row rows[] = {
	ARCH(ARM_SMCCC_VERSION_FUNC_ID, version),
	ARCH(ARM_SMCCC_ARCH_FEATURES_FUNC_ID, arch_features),
	ARCH(ARM_SMCCC_ARCH_WORKAROUND_3, arch_workaround),
	ARCH(ARM_SMCCC_ARCH_WORKAROUND_1, arch_workaround),

	PSCI_FAST(PSCI_0_2_FN_PSCI_VERSION, PENG_PSCI_0_2, peng_psci_get_version),
	PSCI(PSCI_0_2_FN_CPU_SUSPEND, PENG_PSCI_0_2, peng_psci_cpu_suspend),
	PSCI(PSCI_0_2_FN_CPU_OFF, PENG_PSCI_0_2, peng_psci_cpu_off),
	PSCI(PSCI_0_2_FN_CPU_ON, PENG_PSCI_0_2, peng_psci_cpu_on),
	PSCI(PSCI_0_2_FN_AFFINITY_INFO, PENG_PSCI_0_2, peng_psci_affinity_info),
	PSCI_FAST(PSCI_0_2_FN_MIGRATE_INFO_TYPE, PENG_PSCI_0_2, peng_psci_migrate_info_type),
	PSCI(PSCI_0_2_FN_SYSTEM_OFF, PENG_PSCI_0_2, peng_psci_system_off),
	PSCI(PSCI_0_2_FN_SYSTEM_RESET, PENG_PSCI_0_2, peng_psci_system_reset),
	PSCI_FAST(PSCI_1_0_FN_PSCI_FEATURES, PENG_PSCI_1_0, peng_psci_features),
	PSCI_OPTIN(PSCI_1_0_FN_SYSTEM_SUSPEND, PENG_PSCI_1_0, peng_psci_system_suspend),
	PSCI(PSCI_1_1_FN_SYSTEM_RESET2, PENG_PSCI_1_1, peng_psci_system_reset2),

	TRNG(ARM_SMCCC_TRNG_VERSION, peng_trng_version),
	TRNG(ARM_SMCCC_TRNG_FEATURES, peng_trng_features),
	TRNG(ARM_SMCCC_TRNG_GET_UUID, peng_trng_uuid),
	TRNG(ARM_SMCCC_TRNG_RND32, peng_trng_rnd),

	VENDOR(ARM_SMCCC_VENDOR_HYP_KVM_FEATURES_FUNC_ID, FUNC_FEAT, vendor_features),
	VENDOR(ARM_SMCCC_VENDOR_HYP_KVM_PTP_FUNC_ID, PTP, vendor_ptp),
	VENDOR(ARM_SMCCC_VENDOR_HYP_CALL_UID_FUNC_ID, FUNC_FEAT, vendor_uid),

	/* PSCI 0.1 leaves the numbers to the implementation: KVM's. */
	PSCI_KVM(KVM_PSCI_FN_CPU_OFF, peng_psci_cpu_off),
	PSCI_KVM(KVM_PSCI_FN_CPU_ON, peng_psci_cpu_on),

	PSCI(PSCI_0_2_FN64_CPU_SUSPEND, PENG_PSCI_0_2, peng_psci_cpu_suspend),
	PSCI(PSCI_0_2_FN64_CPU_ON, PENG_PSCI_0_2, peng_psci_cpu_on),
	PSCI(PSCI_0_2_FN64_AFFINITY_INFO, PENG_PSCI_0_2, peng_psci_affinity_info),
	PSCI_OPTIN(PSCI_1_0_FN64_SYSTEM_SUSPEND, PENG_PSCI_1_0, peng_psci_system_suspend),
	PSCI(PSCI_1_1_FN64_SYSTEM_RESET2, PENG_PSCI_1_1, peng_psci_system_reset2),
	TRNG(ARM_SMCCC_TRNG_RND64, peng_trng_rnd),

	PVTIME(ARM_SMCCC_HV_PV_TIME_FEATURES, peng_pvtime_features),
	PVTIME(ARM_SMCCC_HV_PV_TIME_ST, peng_pvtime_stolen),
};

const u64 peng_smccc_bmaps[PENG_NR_BMAPS] = {
	[PENG_BMAP_STD] = BIT(KVM_REG_ARM_STD_BIT_TRNG_V1_0),
	[PENG_BMAP_STD_HYP] = BIT(KVM_REG_ARM_STD_HYP_BIT_PV_TIME),
	[PENG_BMAP_VENDOR_HYP] = BIT(KVM_REG_ARM_VENDOR_HYP_BIT_FUNC_FEAT) |
				 BIT(KVM_REG_ARM_VENDOR_HYP_BIT_PTP),
};

static bool row_bad(const struct peng_call_row *row)
{
	if (!row->fn || row->bmap >= PENG_NR_BMAPS)
		return true;
	return row->flags & PENG_CALL_BMAP && !(peng_smccc_bmaps[row->bmap] & BIT(row->bit));
}

/**
 * peng_smccc_module_init() - check the table
 *
 * Return: 0, or -EINVAL where it is out of order.
 */
int __init peng_smccc_module_init(void)
{
	bool bad = !PENG_TABLE_SORTED(rows, ARRAY_SIZE(rows), id);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		bad |= row_bad(&rows[i]);
	return WARN_ON(bad) ? -EINVAL : 0;
}

void peng_smccc_vm_init(struct peng_vm *vm)
{
	vm->smccc.psci_version = PENG_PSCI_1_1;
	memcpy(vm->smccc.bmap, peng_smccc_bmaps, sizeof(vm->smccc.bmap));
	peng_filter_init(vm);
}

void peng_smccc_vm_destroy(struct peng_vm *vm)
{
	peng_filter_destroy(vm);
}

void peng_smccc_vcpu_reset(struct peng_vcpu *vcpu)
{
	vcpu->ctx.smccc_version = ARM_SMCCC_VERSION_1_2;
}

static bool row_allowed(const struct peng_vcpu *vcpu, const struct peng_call_row *row)
{
	u32 psci = row->since ? peng_psci_version(vcpu) : 0;

	if (psci < row->since || (row->until && psci > row->until))
		return false;
	if (row->flags & PENG_CALL_OPTIN && !READ_ONCE(vcpu->vm->system_suspend))
		return false;
	if (!(row->flags & PENG_CALL_BMAP))
		return true;
	return READ_ONCE(vcpu->vm->smccc.bmap[row->bmap]) & BIT(row->bit);
}

const struct peng_call_row *peng_smccc_find(const struct peng_vcpu *vcpu, u32 func)
{
	const struct peng_call_row *row = PENG_TABLE_FIND(rows, ARRAY_SIZE(rows), id, func);

	return row && row_allowed(vcpu, row) ? row : NULL;
}

static enum peng_verdict run_row(struct peng_vcpu *vcpu, const struct peng_call_row *row)
{
	u64 *regs = vcpu->ctx.regs.regs;
	struct peng_call call = {
		.func = regs[0],
		.arg = { regs[1], regs[2], regs[3] },
		.ret = { SMCCC_RET_NOT_SUPPORTED },
	};
	enum peng_verdict verdict = PENG_RESUME;
	size_t i;

	peng_stats_inc(vcpu->stats.hvc);
	if (row && !ARM_SMCCC_IS_64(call.func) && !(row->flags & PENG_CALL_WIDE))
		for (i = 0; i < ARRAY_SIZE(call.arg); i++)
			call.arg[i] = lower_32_bits(call.arg[i]);
	if (row)
		verdict = row->fn(vcpu, &call);
	memcpy(regs, call.ret, sizeof(call.ret));
	return verdict;
}

/**
 * peng_smccc_hvc_fast() - calls that need no sleep
 * @vcpu: loaded on this CPU; its PC is behind the HVC already
 *
 * Context: interrupts masked.
 * Return: PENG_RESUME, or PENG_SLOW for peng_smccc_hvc() to finish.
 */
enum peng_verdict peng_smccc_hvc_fast(struct peng_vcpu *vcpu)
{
	u32 func = vcpu->ctx.regs.regs[0];
	const struct peng_call_row *row = peng_smccc_find(vcpu, func);

	if (!row || !(row->flags & PENG_CALL_FAST) ||
	    peng_filter_find(vcpu->vm, func) != PENG_FILTER_HANDLE)
		return PENG_SLOW;
	return run_row(vcpu, row);
}

static enum peng_verdict answer(struct peng_vcpu *vcpu, u32 func)
{
	switch (peng_filter_find(vcpu->vm, func)) {
	case PENG_FILTER_FORWARD:
		return peng_filter_forward(vcpu, func);
	case PENG_FILTER_HANDLE:
		return run_row(vcpu, peng_smccc_find(vcpu, func));
	default:
		return run_row(vcpu, NULL);
	}
}

/**
 * peng_smccc_hvc() - HVC from AArch64
 * @vcpu: loaded on this CPU; its PC is behind the HVC already
 *
 * The instruction's immediate is not looked at, as KVM does not.
 *
 * Context: may sleep.
 * Return: PENG_RESUME, or PENG_USER for what user space has to do.
 */
enum peng_verdict peng_smccc_hvc(struct peng_vcpu *vcpu)
{
	u32 func = vcpu->ctx.regs.regs[0];
	enum peng_verdict verdict = answer(vcpu, func);

	trace_peng_hypercall(vcpu->idx, func, vcpu->ctx.regs.regs[0]);
	return verdict;
}

/**
 * peng_smccc_smc() - SMC from AArch64
 * @vcpu: loaded on this CPU; its PC is at the SMC, which trapped
 *
 * Firmware at EL3 is the host's. A guest's own is reached by HVC, and by SMC where
 * the kernel's KVM answers it, too.
 *
 * Return: PENG_RESUME, or PENG_USER for what user space has to do.
 */
enum peng_verdict peng_smccc_smc(struct peng_vcpu *vcpu)
{
	u64 func = vcpu->ctx.regs.regs[0];

	peng_inject_skip(vcpu);
	if (PENG_SMC_ANSWERED && !(peng_vcpu_esr(vcpu) & ESR_ELx_xVC_IMM_MASK))
		return peng_smccc_hvc(vcpu);
	vcpu->ctx.regs.regs[0] = SMCCC_RET_NOT_SUPPORTED;
	trace_peng_hypercall(vcpu->idx, func, vcpu->ctx.regs.regs[0]);
	return PENG_RESUME;
}
