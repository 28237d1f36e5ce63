// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual CPUs: creation, registers, and the thread that runs one.
 */
#include "vcpu.h"
#include "exits.h"
#include "features.h"
#include "layout.h"
#include "thread.h"
#include "util.h"
#include "vm.h"
#include "../lib/limit.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define GIC_FIRST_PPI 16

/* MPIDR_EL1: op0 3, op1 0, CRn 0, CRm 0, op2 5. */
#define REG_MPIDR ARM64_SYS_REG(3, 0, 0, 0, 5)

static int init_features(struct vcpu *vcpu)
{
	struct kvm_vcpu_init init;

	if (ioctl(vcpu->vm->fd, KVM_ARM_PREFERRED_TARGET, &init) < 0)
		return -errno;
	init.features[0] |= 1 << KVM_ARM_VCPU_PSCI_0_2;
	if (vcpu->index)
		init.features[0] |= 1 << KVM_ARM_VCPU_POWER_OFF;
	init.features[0] |= features_init_bits(vcpu->vm);
	if (ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &init) < 0)
		return -errno;
	return features_finalize(vcpu->vm, vcpu->fd);
}

static int open_vcpu(struct vcpu *vcpu)
{
	vcpu->fd = ioctl(vcpu->vm->fd, KVM_CREATE_VCPU, (unsigned long)vcpu->index);
	if (vcpu->fd < 0)
		return -errno;
	vcpu->run = mmap(NULL, vcpu->vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED) {
		int error = -errno;

		close(vcpu->fd);
		return error;
	}
	return 0;
}

int vcpu_create(struct vcpu *vcpu, struct vm *vm, unsigned int index)
{
	struct kvm_one_reg mpidr = { .id = REG_MPIDR, .addr = (uintptr_t)&vcpu->mpidr };
	int error;

	vcpu->vm = vm;
	vcpu->index = index;
	vcpu->started = false;
	error = open_vcpu(vcpu);
	if (error) {
		report("cannot make vCPU %u: %s", index, vm_refusal(-error, "max_vcpus"));
		return error;
	}
	error = init_features(vcpu);
	if (!error && ioctl(vcpu->fd, KVM_GET_ONE_REG, &mpidr) < 0)
		error = -errno;
	if (error) {
		report("cannot initialise vCPU %u: %s", index, strerror(-error));
		vcpu_destroy(vcpu);
	}
	return error;
}

static int set_pmu(struct vcpu *vcpu, uint64_t attribute, const void *value)
{
	struct kvm_device_attr attr = {
		.group = KVM_ARM_VCPU_PMU_V3_CTRL,
		.attr = attribute,
		.addr = (uintptr_t)value,
	};

	if (ioctl(vcpu->fd, KVM_SET_DEVICE_ATTR, &attr) < 0) {
		report("cannot start the PMU of vCPU %u: %s", vcpu->index, strerror(errno));
		return -errno;
	}
	return 0;
}

int vcpu_start_pmu(struct vcpu *vcpu)
{
	const int irq = GIC_FIRST_PPI + LAYOUT_PPI_PMU;
	int error;

	if (!features_pmu(vcpu->vm))
		return 0;
	error = set_pmu(vcpu, KVM_ARM_VCPU_PMU_V3_IRQ, &irq);
	return error ? error : set_pmu(vcpu, KVM_ARM_VCPU_PMU_V3_INIT, NULL);
}

void vcpu_destroy(struct vcpu *vcpu)
{
	munmap(vcpu->run, vcpu->vm->run_size);
	close(vcpu->fd);
}

int vcpu_set_boot(struct vcpu *vcpu, gpa_t entry, gpa_t dtb)
{
	const struct {
		uint64_t id;
		uint64_t value;
	} values[] = {
		{ CORE_REG(regs.regs[0]), dtb },
		{ CORE_REG(regs.regs[1]), 0 },
		{ CORE_REG(regs.regs[2]), 0 },
		{ CORE_REG(regs.regs[3]), 0 },
		{ CORE_REG(regs.pc), entry },
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct kvm_one_reg reg = {
			.id = values[i].id,
			.addr = (uintptr_t)&values[i].value,
		};

		if (ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg) < 0) {
			report("cannot set a boot register: %s", strerror(errno));
			return -errno;
		}
	}
	return 0;
}

static void vcpu_main(void *argument)
{
	struct vcpu *vcpu = *(struct vcpu **)argument;

	while (!atomic_load(&vcpu->vm->ended)) {
		int result = ioctl(vcpu->fd, KVM_RUN, 0) < 0 ? -errno : 0;

		if (exits_handle(vcpu, result) == EXITS_STOP)
			break;
	}
}

/* Affinity is of threads, so it is told when there is one. */
static int place_thread(const struct vcpu *vcpu)
{
	const char *list = vcpu->vm->options->affinity;
	cpu_set_t cpus;
	int error;

	if (!list || !limit_read_cpus(list, &cpus))
		return 0;
	error = pthread_setaffinity_np(vcpu->thread, sizeof(cpus), &cpus);
	if (error)
		report("vCPU %u cannot run on CPUs %s: %s; see /proc/self/status for those that may be used",
		       vcpu->index, list, strerror(error));
	return -error;
}

int vcpu_start(struct vcpu *vcpu)
{
	char name[16];
	int error;

	snprintf(name, sizeof(name), "vcpu%u", vcpu->index);
	error = thread_create(&vcpu->thread, name, vcpu_main, &vcpu, sizeof(vcpu));
	if (error)
		report("cannot start vCPU %u: %s", vcpu->index, strerror(-error));
	vcpu->started = !error;
	return error ? error : place_thread(vcpu);
}

void vcpu_stop(struct vcpu *vcpu)
{
	if (!vcpu->started)
		return;
	vcpu->run->immediate_exit = 1;
	thread_kick_and_join(vcpu->thread);
	vcpu->started = false;
}
