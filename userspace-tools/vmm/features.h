/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest's CPUs have that is chosen for the VM (KVM_ARM_VCPU_INIT). A set of
 * features is a mask of their rows in features.c.
 */
#ifndef PENG_VMM_FEATURES_H
#define PENG_VMM_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

struct vm;

/**
 * struct features - what --features says
 * @with: the host has to have these
 * @without: the guest is not to have these
 */
struct features {
	uint32_t with;
	uint32_t without;
};

/** features_read() - "NAME" and "no-NAME", with commas between. Return: 0 or -errno after a report(). */
int features_read(struct features *features, const char *list);

/**
 * features_choose() - fix vm->features, before the first vCPU is made
 * @vm: the VM, whose fd is open
 *
 * Return: 0 or -errno after a report().
 */
int features_choose(struct vm *vm);

/** features_init_bits() - the flags of KVM_ARM_VCPU_INIT for @vm. */
uint32_t features_init_bits(const struct vm *vm);

/** features_finalize() - KVM_ARM_VCPU_FINALIZE for what needs it. Return: 0 or -errno. */
int features_finalize(const struct vm *vm, int vcpu);

/** features_pmu() - whether the vCPUs of @vm have performance monitors. */
bool features_pmu(const struct vm *vm);

#endif
