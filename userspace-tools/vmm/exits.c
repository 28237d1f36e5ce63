// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits of KVM_RUN. An exit that cannot be gone on from ends the machine with
 * a message that names the cause and shows where the guest was.
 */
#include "exits.h"
#include "bus.h"
#include "util.h"
#include "vcpu.h"
#include "vm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

static const struct {
	const char *name;
	uint64_t id;
} shown[] = {
	{ "pc", CORE_REG(regs.pc) },
	{ "pstate", CORE_REG(regs.pstate) },
	{ "lr", CORE_REG(regs.regs[30]) },
	{ "sp_el1", CORE_REG(sp_el1) },
	{ "elr_el1", CORE_REG(elr_el1) },
	{ "esr_el1", ARM64_SYS_REG(3, 0, 5, 2, 0) },
	{ "far_el1", ARM64_SYS_REG(3, 0, 6, 0, 0) },
	{ "vbar_el1", ARM64_SYS_REG(3, 0, 12, 0, 0) },
};

static void report_registers(const struct vcpu *vcpu)
{
	char text[384] = "";
	size_t length = 0;

	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		uint64_t value = 0;
		struct kvm_one_reg reg = { .id = shown[i].id, .addr = (uintptr_t)&value };

		if (ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg) < 0)
			continue;
		length += snprintf(text + length, sizeof(text) - length, " %s=%#" PRIx64,
				   shown[i].name, value);
	}
	report("vCPU %u:%s", vcpu->index, text);
}

static enum exits_verdict crash(struct vcpu *vcpu)
{
	report_registers(vcpu);
	vm_end(vcpu->vm, VM_CRASHED);
	return EXITS_STOP;
}

static enum exits_verdict exit_again(struct vcpu *vcpu)
{
	(void)vcpu;
	return EXITS_RESUME;
}

static enum exits_verdict exit_mmio(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	const struct bus *bus = &vcpu->vm->bus;
	unsigned int length = run->mmio.len;
	uint64_t value = 0;

	if (length > sizeof(run->mmio.data))
		length = sizeof(run->mmio.data);
	if (run->mmio.is_write) {
		memcpy(&value, run->mmio.data, length);
		bus_write(bus, run->mmio.phys_addr, length, value);
	} else {
		value = bus_read(bus, run->mmio.phys_addr, length);
		memcpy(run->mmio.data, &value, length);
	}
	return EXITS_RESUME;
}

static enum exits_verdict exit_system_event(struct vcpu *vcpu)
{
	switch (vcpu->run->system_event.type) {
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		vm_end(vcpu->vm, VM_POWERED_OFF);
		return EXITS_STOP;
	case KVM_SYSTEM_EVENT_RESET:
		vm_end(vcpu->vm, VM_RESET);
		return EXITS_STOP;
	case KVM_SYSTEM_EVENT_CRASH:
		report("the guest says that it has crashed");
		return crash(vcpu);
	default:
		report("system event %u is not known here", vcpu->run->system_event.type);
		return crash(vcpu);
	}
}

static enum exits_verdict exit_fail_entry(struct vcpu *vcpu)
{
	report("the CPU refused to enter the guest: reason %#llx on host CPU %u",
	       (unsigned long long)vcpu->run->fail_entry.hardware_entry_failure_reason,
	       vcpu->run->fail_entry.cpu);
	return crash(vcpu);
}

static enum exits_verdict exit_internal_error(struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;
	char data[192] = "";
	size_t length = 0;

	for (uint32_t i = 0; i < run->internal.ndata && i < 8; i++)
		length += snprintf(data + length, sizeof(data) - length, " %#llx",
				   (unsigned long long)run->internal.data[i]);
	report("the hypervisor ended the guest: internal error %u, data:%s",
	       run->internal.suberror, length ? data : " none");
	return crash(vcpu);
}

static enum exits_verdict exit_unknown(struct vcpu *vcpu)
{
	report("KVM_RUN came back for reason %u, which is not known here",
	       vcpu->run->exit_reason);
	return crash(vcpu);
}

static enum exits_verdict (*const handlers[])(struct vcpu *vcpu) = {
	[KVM_EXIT_INTR] = exit_again,
	[KVM_EXIT_MMIO] = exit_mmio,
	[KVM_EXIT_SYSTEM_EVENT] = exit_system_event,
	[KVM_EXIT_FAIL_ENTRY] = exit_fail_entry,
	[KVM_EXIT_INTERNAL_ERROR] = exit_internal_error,
};

/* Failures of KVM_RUN itself that the guest is the likely cause of. */
static const struct {
	int error;
	const char *cause;
} causes[] = {
	{ ENOSYS, "the guest accessed a device with an instruction that says no address" },
	{ EFAULT, "the guest accessed memory that the host cannot give" },
	{ ENOMEM, "the host is out of memory; give the guest less by --memory" },
};

/* All vCPUs hear of it at once, and none has registers any more that could be read. */
static enum exits_verdict killed(struct vcpu *vcpu)
{
	if (vm_end(vcpu->vm, VM_FAILED))
		report("the guest was killed (peng kill), or the hypervisor failed it");
	return EXITS_STOP;
}

static enum exits_verdict run_failed(struct vcpu *vcpu, int error)
{
	const char *cause = "the hypervisor gave up";

	if (error == EIO)
		return killed(vcpu);

	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (causes[i].error == error)
			cause = causes[i].cause;
	report("vCPU %u cannot run: %s (%s)", vcpu->index, strerror(error), cause);
	return crash(vcpu);
}

enum exits_verdict exits_handle(struct vcpu *vcpu, int result)
{
	uint32_t reason = vcpu->run->exit_reason;

	if (result == -EINTR || result == -EAGAIN)
		return EXITS_RESUME;
	if (result)
		return run_failed(vcpu, -result);
	if (reason < ARRAY_SIZE(handlers) && handlers[reason])
		return handlers[reason](vcpu);
	return exit_unknown(vcpu);
}
