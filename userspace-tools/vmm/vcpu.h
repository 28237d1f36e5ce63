/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual CPU and its thread, which does nothing but KVM_RUN and what its
 * exits ask for. Secondary vCPUs start powered off and wait in the kernel
 * until the guest turns them on by PSCI.
 */
#ifndef PENG_VMM_VCPU_H
#define PENG_VMM_VCPU_H

#include "memory.h"

#include <pthread.h>
#include <stdbool.h>

struct kvm_run;
struct vm;

/**
 * struct vcpu - a virtual CPU
 * @vm: its machine
 * @index: number, 0 is the one that boots
 * @fd: its fd
 * @run: page shared with the kernel
 * @mpidr: MPIDR_EL1 as the guest sees it
 * @thread: its thread, valid while @started
 * @started: the thread exists
 */
struct vcpu {
	struct vm *vm;
	unsigned int index;
	int fd;
	struct kvm_run *run;
	uint64_t mpidr;
	pthread_t thread;
	bool started;
};

/** vcpu_create() - make vCPU @index of @vm. Return: 0 or -errno after a report(). */
int vcpu_create(struct vcpu *vcpu, struct vm *vm, unsigned int index);

/** vcpu_destroy() - close it; its thread is stopped. */
void vcpu_destroy(struct vcpu *vcpu);

/** vcpu_start_pmu() - once the GIC is ready: connect the PMU, if there is one. */
int vcpu_start_pmu(struct vcpu *vcpu);

/**
 * vcpu_set_boot() - make it start as the arm64 boot protocol says
 * @vcpu: the vCPU that boots
 * @entry: address of the kernel's first instruction
 * @dtb: address of the device tree
 */
int vcpu_set_boot(struct vcpu *vcpu, gpa_t entry, gpa_t dtb);

/** vcpu_start() - start its thread. Return: 0 or -errno. */
int vcpu_start(struct vcpu *vcpu);

/** vcpu_stop() - make its thread end and join it. */
void vcpu_stop(struct vcpu *vcpu);

#endif
