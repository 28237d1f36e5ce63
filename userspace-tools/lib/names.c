// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words for the numbers of uapi/linux/peng.h: one table for each of its enums.
 */
#include "names.h"
#include "../../uapi/linux/peng.h"
#include "../vmm/util.h"

static const char * const modes[] = {
	[PENG_MODE_VHE] = "VHE",
	[PENG_MODE_NVHE] = "nVHE",
};

static const char * const lines_of[] = {
	[PENG_LINES_OWNED] = "owned",
	[PENG_LINES_BORROWED] = "borrowed",
};

static const char * const features[] = {
	[PENG_HOST_FEATURE_RAS] = "ras",
	[PENG_HOST_FEATURE_S2FWB] = "s2fwb",
	[PENG_HOST_FEATURE_IDC] = "idc",
	[PENG_HOST_FEATURE_DIC] = "dic",
	[PENG_HOST_FEATURE_HAF] = "haf",
	[PENG_HOST_FEATURE_VPIPT] = "vpipt",
	[PENG_HOST_FEATURE_TDIR] = "tdir",
	[PENG_HOST_FEATURE_A3V] = "a3v",
	[PENG_HOST_FEATURE_PMU] = "pmu",
	[PENG_HOST_FEATURE_SVE] = "sve",
	[PENG_HOST_FEATURE_PTRAUTH] = "ptrauth",
	[PENG_HOST_FEATURE_MTE] = "mte",
};

static const char * const vm_states[] = {
	[PENG_VM_STATE_CREATED] = "created",
	[PENG_VM_STATE_RUNNING] = "running",
	[PENG_VM_STATE_DEAD] = "dead",
	[PENG_VM_STATE_PAUSED] = "paused",
};

static const char * const vcpu_states[] = {
	[PENG_VCPU_STATE_USER] = "user",
	[PENG_VCPU_STATE_RUNNING] = "running",
	[PENG_VCPU_STATE_HALTED] = "halted",
	[PENG_VCPU_STATE_STOPPED] = "stopped",
	[PENG_VCPU_STATE_SUSPENDED] = "suspended",
	[PENG_VCPU_STATE_PAUSED] = "paused",
	[PENG_VCPU_STATE_THROTTLED] = "throttled",
};

static const char * const reasons[] = {
	[PENG_REASON_CLOSED] = "closed",
	[PENG_REASON_EXITED] = "exited",
	[PENG_REASON_ERROR] = "error",
	[PENG_REASON_KILLED] = "killed",
};

static const char * const events[] = {
	[PENG_CMD_VM_CREATED_NTF] = "created",
	[PENG_CMD_VM_STARTED_NTF] = "started",
	[PENG_CMD_VM_DESTROYED_NTF] = "destroyed",
	[PENG_CMD_VM_PAUSED_NTF] = "paused",
	[PENG_CMD_VM_RESUMED_NTF] = "resumed",
	[PENG_CMD_VM_KILLED_NTF] = "killed",
	[PENG_CMD_VM_SHUTDOWN_NTF] = "shutdown",
	[PENG_CMD_VM_RESET_NTF] = "reset",
	[PENG_CMD_VM_FAULT_NTF] = "fault",
};

static const char * const faults[] = {
	[PENG_FAULT_MEMORY] = "memory",
	[PENG_FAULT_ABORT] = "abort",
	[PENG_FAULT_ENTRY] = "entry",
	[PENG_FAULT_DEFECT] = "defect",
};

static const char * const counters[] = {
	[PENG_A_COUNTER_EXITS] = "exits",
	[PENG_A_COUNTER_HVC] = "hvc",
	[PENG_A_COUNTER_WFE] = "wfe",
	[PENG_A_COUNTER_WFI] = "wfi",
	[PENG_A_COUNTER_MMIO_USER] = "mmio_user",
	[PENG_A_COUNTER_MMIO_KERNEL] = "mmio_kernel",
	[PENG_A_COUNTER_SIGNALS] = "signals",
	[PENG_A_COUNTER_HALT_ATTEMPTED_POLL] = "halt_attempted_poll",
	[PENG_A_COUNTER_HALT_SUCCESSFUL_POLL] = "halt_successful_poll",
	[PENG_A_COUNTER_HALT_WAKEUP] = "halt_wakeup",
	[PENG_A_COUNTER_HALT_WAIT_NS] = "halt_wait_ns",
	[PENG_A_COUNTER_INTERRUPTS] = "interrupts",
};

_Static_assert(ARRAY_SIZE(counters) == PENG_A_COUNTER_MAX + 1, "a counter without a name");

static const char * const exits[] = {
	[PENG_A_EXITS_INTERRUPT] = "interrupt",
	[PENG_A_EXITS_MEMORY] = "memory",
	[PENG_A_EXITS_MMIO_KERNEL] = "mmio_kernel",
	[PENG_A_EXITS_MMIO_USER] = "mmio_user",
	[PENG_A_EXITS_SYSREG] = "sysreg",
	[PENG_A_EXITS_WFI] = "wfi",
	[PENG_A_EXITS_WFE] = "wfe",
	[PENG_A_EXITS_HYPERCALL] = "hypercall",
	[PENG_A_EXITS_FP] = "fp",
	[PENG_A_EXITS_DEBUG] = "debug",
	[PENG_A_EXITS_OTHER] = "other",
};

_Static_assert(ARRAY_SIZE(exits) == PENG_A_EXITS_MAX + 1, "a class without a name");

static const char *look_up(const char * const *names, size_t count, unsigned int number)
{
	return number < count && names[number] ? names[number] : "unknown";
}

const char *name_of_mode(unsigned int mode)
{
	return look_up(modes, ARRAY_SIZE(modes), mode);
}

const char *name_of_lines(unsigned int lines)
{
	return look_up(lines_of, ARRAY_SIZE(lines_of), lines);
}

const char *name_of_feature(unsigned int feature)
{
	return look_up(features, ARRAY_SIZE(features), feature);
}

const char *name_of_vm_state(unsigned int state)
{
	return look_up(vm_states, ARRAY_SIZE(vm_states), state);
}

const char *name_of_vcpu_state(unsigned int state)
{
	return look_up(vcpu_states, ARRAY_SIZE(vcpu_states), state);
}

const char *name_of_reason(unsigned int reason)
{
	return look_up(reasons, ARRAY_SIZE(reasons), reason);
}

const char *name_of_event(unsigned int cmd)
{
	return look_up(events, ARRAY_SIZE(events), cmd);
}

const char *name_of_fault(unsigned int kind)
{
	return look_up(faults, ARRAY_SIZE(faults), kind);
}

const char *name_of_exits(unsigned int class)
{
	return class < ARRAY_SIZE(exits) ? exits[class] : NULL;
}

const char *name_of_counter(unsigned int counter)
{
	return counter < ARRAY_SIZE(counters) ? counters[counter] : NULL;
}
