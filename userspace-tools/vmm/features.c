// SPDX-License-Identifier: GPL-2.0-only
/*
 * Features of vCPUs: one row says all of one.
 */
#include "features.h"
#include "util.h"
#include "vm.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

enum { FEATURE_PMU, FEATURE_SVE, FEATURE_PTRAUTH, FEATURE_MTE };

/**
 * struct feature_row - a feature
 * @name: as --features has it, and `peng host`
 * @capability: what the hypervisor has where guests can have it; 0 for no more
 * @bits: flags of KVM_ARM_VCPU_INIT
 * @finalize: argument of KVM_ARM_VCPU_FINALIZE, or 0
 * @enable: by KVM_ENABLE_CAP of the first capability, and only if asked for: what it
 *	costs, the guest would pay without using it
 */
static const struct feature_row {
	const char *name;
	unsigned int capability[2];
	uint32_t bits;
	int finalize;
	bool enable;
} rows[] = {
	[FEATURE_PMU] = { .name = "pmu", .capability = { KVM_CAP_ARM_PMU_V3 },
			  .bits = 1 << KVM_ARM_VCPU_PMU_V3 },
	[FEATURE_SVE] = { .name = "sve", .capability = { KVM_CAP_ARM_SVE },
			  .bits = 1 << KVM_ARM_VCPU_SVE, .finalize = KVM_ARM_VCPU_SVE },
	[FEATURE_PTRAUTH] = { .name = "ptrauth",
			      .capability = { KVM_CAP_ARM_PTRAUTH_ADDRESS,
					      KVM_CAP_ARM_PTRAUTH_GENERIC },
			      .bits = 1 << KVM_ARM_VCPU_PTRAUTH_ADDRESS |
				      1 << KVM_ARM_VCPU_PTRAUTH_GENERIC },
	[FEATURE_MTE] = { .name = "mte", .capability = { KVM_CAP_ARM_MTE }, .enable = true },
};

static uint32_t find(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].name) == length && !strncmp(rows[i].name, name, length))
			return 1U << i;
	return 0;
}

int features_read(struct features *features, const char *list)
{
	static const char no[] = "no-";
	size_t length;

	*features = (struct features){ 0 };
	for (const char *word = list;; word += length + 1) {
		bool without = !strncmp(word, no, strlen(no));
		uint32_t feature;

		word += without ? strlen(no) : 0;
		length = strcspn(word, ",");
		feature = find(word, length);
		if (!feature || feature & (features->with | features->without)) {
			report("--features takes each of pmu, sve, ptrauth, mte, or no- and such a name, once, not '%s'",
			       list);
			return -EINVAL;
		}
		*(without ? &features->without : &features->with) |= feature;
		if (!word[length])
			return 0;
	}
}

static bool host_has(const struct vm *vm, const struct feature_row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(row->capability); i++)
		if (row->capability[i] && vm_capability(vm, row->capability[i]) <= 0)
			return false;
	return true;
}

static int enable(struct vm *vm, const struct feature_row *row)
{
	struct kvm_enable_cap cap = { .cap = row->capability[0] };

	if (!row->enable || !ioctl(vm->fd, KVM_ENABLE_CAP, &cap))
		return 0;
	report("%s cannot give a VM %s: %s", vm->options->device, row->name, strerror(errno));
	return -errno;
}

int features_choose(struct vm *vm)
{
	const struct features *asked = &vm->options->features;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t feature = 1U << i;
		bool with = asked->with & feature;
		int error;

		if (asked->without & feature || (!with && rows[i].enable))
			continue;
		if (!host_has(vm, &rows[i])) {
			if (!with)
				continue;
			report("%s has no %s for guests: see peng host; leave it out of --features",
			       vm->options->device, rows[i].name);
			return -ENODEV;
		}
		error = enable(vm, &rows[i]);
		if (error)
			return error;
		vm->features |= feature;
	}
	return 0;
}

uint32_t features_init_bits(const struct vm *vm)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (vm->features & 1U << i)
			bits |= rows[i].bits;
	return bits;
}

int features_finalize(const struct vm *vm, int vcpu)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (vm->features & 1U << i && rows[i].finalize &&
		    ioctl(vcpu, KVM_ARM_VCPU_FINALIZE, &rows[i].finalize) < 0)
			return -errno;
	return 0;
}

bool features_pmu(const struct vm *vm)
{
	return vm->features & 1U << FEATURE_PMU;
}
