// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power State Coordination Interface, DEN0022: versions 0.2, 1.0 and 1.1, and
 * the 0.1 that KVM gives to vCPUs without the feature PSCI_0_2.
 *
 * A vCPU's power state is under its power_lock; who turns a vCPU on leaves
 * its start state in vcpu->reset, and the vCPU's own thread applies it.
 */
#include <linux/arm-smccc.h>
#include <linux/kvm.h>
#include <asm/cputype.h>
#include <asm/sysreg.h>

#include "../registry.h"
#include "../request.h"
#include "../vcpu.h"
#include "../vm.h"
#include "call.h"
#include "smccc.h"

/**
 * peng_psci_version() - PSCI as this vCPU sees it
 * @vcpu: initialised
 *
 * Return: PSCI_VERSION(major, minor).
 */
u32 peng_psci_version(const struct peng_vcpu *vcpu)
{
	if (!peng_vcpu_has_feature(vcpu, KVM_ARM_VCPU_PSCI_0_2))
		return PENG_PSCI_0_1;
	return READ_ONCE(vcpu->vm->smccc.psci_version);
}

PENG_CALL(peng_psci_get_version)
{
	call->ret[0] = peng_psci_version(vcpu);
	return PENG_RESUME;
}

/*
 * 0 is both "implemented" and, for CPU_SUSPEND, "original format, no
 * OS-initiated mode". SMCCC_VERSION is asked for here, too (DEN0028 7.3).
 */
PENG_CALL(peng_psci_features)
{
	u32 func = call->arg[0];
	const struct peng_call_row *row = peng_smccc_find(vcpu, func);

	if (row && (row->since || func == ARM_SMCCC_VERSION_FUNC_ID))
		call->ret[0] = PSCI_RET_SUCCESS;
	return PENG_RESUME;
}

/*
 * Every state is a standby state that keeps all registers, as a power-down
 * request may be treated (DEN0022 5.4.2), and wakes up as WFI does.
 */
PENG_CALL(peng_psci_cpu_suspend)
{
	peng_vcpu_block(vcpu);
	call->ret[0] = PSCI_RET_SUCCESS;
	return PENG_RESUME;
}

PENG_CALL(peng_psci_cpu_off)
{
	spin_lock(&vcpu->power_lock);
	peng_vcpu_power_off(vcpu);
	spin_unlock(&vcpu->power_lock);
	call->ret[0] = PSCI_RET_SUCCESS;
	return PENG_RESUME;
}

static s32 turn_on(struct peng_vcpu *target, const struct peng_vcpu_reset *reset)
{
	lockdep_assert_held(&target->power_lock);

	if (target->mp_state != KVM_MP_STATE_STOPPED)
		return PSCI_RET_ALREADY_ON;

	target->reset = *reset;
	/* A full barrier: who sees the new state finds the request. */
	peng_request_make(target, PENG_REQ_RESET);
	WRITE_ONCE(target->mp_state, KVM_MP_STATE_RUNNABLE);
	peng_vcpu_wake(target);
	return PSCI_RET_SUCCESS;
}

PENG_CALL(peng_psci_cpu_on)
{
	const struct peng_vcpu_reset reset = {
		.pc = call->arg[1],
		.context_id = call->arg[2],
		.be = peng_vcpu_sys_read(vcpu, PENG_SCTLR_EL1) & SCTLR_ELx_EE,
	};
	struct peng_vcpu *target = NULL;
	s32 ret;

	if (!(call->arg[0] & ~MPIDR_HWID_BITMASK))
		target = peng_vm_vcpu_by_mpidr(vcpu->vm, call->arg[0]);
	if (!target) {
		call->ret[0] = PSCI_RET_INVALID_PARAMS;
		return PENG_RESUME;
	}

	spin_lock(&target->power_lock);
	ret = turn_on(target, &reset);
	spin_unlock(&target->power_lock);

	/* 0.1 has no such code. */
	if (ret == PSCI_RET_ALREADY_ON && peng_psci_version(vcpu) == PENG_PSCI_0_1)
		ret = PSCI_RET_INVALID_PARAMS;
	call->ret[0] = ret;
	return PENG_RESUME;
}

/* ON where any vCPU of the affinity instance is on, OFF where none is. */
static s32 affinity_info(struct peng_vm *vm, u64 affinity, u64 mask)
{
	s32 ret = PSCI_RET_INVALID_PARAMS;
	struct peng_vcpu *vcpu;
	unsigned int i;

	peng_vm_for_each_vcpu(i, vcpu, vm) {
		if ((vcpu->ctx.sys[PENG_MPIDR_EL1] ^ affinity) & mask)
			continue;
		if (READ_ONCE(vcpu->mp_state) != KVM_MP_STATE_STOPPED)
			return PSCI_0_2_AFFINITY_LEVEL_ON;
		ret = PSCI_0_2_AFFINITY_LEVEL_OFF;
	}
	return ret;
}

PENG_CALL(peng_psci_affinity_info)
{
	u64 affinity = call->arg[0];
	u64 level = call->arg[1];
	u64 mask;

	call->ret[0] = PSCI_RET_INVALID_PARAMS;
	if (level > 3 || affinity & ~MPIDR_HWID_BITMASK)
		return PENG_RESUME;

	mask = MPIDR_HWID_BITMASK & ~(BIT_ULL(MPIDR_LEVEL_SHIFT(level)) - 1);
	call->ret[0] = affinity_info(vcpu->vm, affinity, mask);
	return PENG_RESUME;
}

/* No Trusted OS that would have to be migrated. */
PENG_CALL(peng_psci_migrate_info_type)
{
	call->ret[0] = PSCI_0_2_TOS_MP;
	return PENG_RESUME;
}

/*
 * The whole VM stops: user space, which is told why, may take its time, and
 * must initialise every vCPU that is to run again. A guest that is resumed all
 * the same finds that the call has failed.
 */
static enum peng_verdict system_event(struct peng_vcpu *vcpu, struct peng_call *call,
				      u32 type, u64 flags)
{
	struct kvm_run *run = vcpu->run;
	struct peng_vcpu *other;
	unsigned int i;

	peng_vm_for_each_vcpu(i, other, vcpu->vm) {
		spin_lock(&other->power_lock);
		peng_vcpu_power_off(other);
		spin_unlock(&other->power_lock);
	}

	memset(&run->system_event, 0, sizeof(run->system_event));
	run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	run->system_event.type = type;
	compat_system_event_data(run, flags);
	vcpu->run_ret = 0;
	peng_registry_tell(vcpu->vm, type == KVM_SYSTEM_EVENT_SHUTDOWN ? PENG_VM_SHUTDOWN :
									 PENG_VM_RESET);

	call->ret[0] = PSCI_RET_INTERNAL_FAILURE;
	return PENG_USER;
}

/*
 * User space suspends the machine, or refuses by the result it sets: all
 * registers are as the guest left them (KVM API 8.34).
 */
PENG_CALL(peng_psci_system_suspend)
{
	struct kvm_run *run = vcpu->run;

	memset(&run->system_event, 0, sizeof(run->system_event));
	run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	run->system_event.type = KVM_SYSTEM_EVENT_SUSPEND;
	vcpu->run_ret = 0;

	memcpy(call->ret, vcpu->ctx.regs.regs, sizeof(call->ret));
	return PENG_USER;
}

PENG_CALL(peng_psci_system_off)
{
	return system_event(vcpu, call, KVM_SYSTEM_EVENT_SHUTDOWN, 0);
}

PENG_CALL(peng_psci_system_reset)
{
	return system_event(vcpu, call, KVM_SYSTEM_EVENT_RESET, 0);
}

PENG_CALL(peng_psci_system_reset2)
{
	u32 type = call->arg[0];

	if (type != PSCI_1_1_RESET_TYPE_SYSTEM_WARM_RESET &&
	    type < PSCI_1_1_RESET_TYPE_VENDOR_START) {
		call->ret[0] = PSCI_RET_INVALID_PARAMS;
		return PENG_RESUME;
	}
	return system_event(vcpu, call, KVM_SYSTEM_EVENT_RESET,
			    KVM_SYSTEM_EVENT_RESET_FLAG_PSCI_RESET2);
}
