// SPDX-License-Identifier: GPL-2.0-only
/*
 * The feature model: one row says of a feature how user space asks for it, what the
 * guest sees of it, and what keeps it from working where the guest does not see it.
 *
 * Registers of a feature name it in their rows (sysreg/sysreg_table.c); how far a
 * field of an ID register follows the host's is in sysreg/idreg.c; what is saved and
 * restored belongs to the feature's own folder. Documentation/api/features.rst has
 * the same rows, and what each of them costs.
 */
#include <linux/bits.h>
#include <linux/cache.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <asm/cpufeature.h>
#include <asm/kvm_arm.h>
#include <asm/sysreg.h>

#include "context.h"
#include "feature.h"
#include "fp/fp.h"
#include "pmu/pmu.h"

#define NR_CAPS	2
#define NR_IDS	4

/**
 * struct feature_id - fields of an ID register that describe a feature
 * @enc: sys_reg() encoding, 0 behind the last
 * @mask: the fields
 */
struct feature_id {
	u32 enc;
	u64 mask;
};

/**
 * struct feature_row - a feature
 * @host: whether this host can give it to guests; NULL: none can
 * @init: bits of kvm_vcpu_init.features[0] that ask for it, all of them or none;
 *	0 where it is enabled for the VM
 * @caps: capabilities that are 1 where @host is true
 * @ids: 0 for a guest that lacks it
 * @off: EL2 controls for a guest that lacks it
 * @on: and for one that has it
 */
struct feature_row {
	bool (*host)(void);
	u32 init;
	u32 caps[NR_CAPS];
	struct feature_id ids[NR_IDS];
	struct peng_trap_regs off;
	struct peng_trap_regs on;
};

#define FIELD(reg, field)	{ SYS_##reg, 0xfULL << reg##_##field##_SHIFT }

#define DFR0_PERFMON		GENMASK_ULL(27, 24)
/* Algorithm and generic authentication fields stand side by side, Arm ARM D17.2.65. */
#define ISAR1_PTRAUTH		(GENMASK_ULL(31, 24) | GENMASK_ULL(11, 4))
#define ISAR2_PTRAUTH		GENMASK_ULL(15, 8)
/* MTE_frac and MTEX belong to MTE: 51:48 and 55:52 only speak of it. */
#define PFR1_MTE		(GENMASK_ULL(55, 48) | GENMASK_ULL(43, 40) | GENMASK_ULL(11, 8))

static bool mte_on_host(void)
{
	return compat_host_has_mte();
}

/* The two are one for HCR_EL2: a guest would have the other in spite of its ID registers. */
static bool ptrauth_on_host(void)
{
	return system_supports_address_auth() && system_supports_generic_auth();
}

static const struct feature_row rows[PENG_NR_FEATURES] = {
	/* Its registers trap in every guest (sysreg/trapbits.c). */
	[PENG_FEATURE_PMU] = {
		.host = peng_pmu_on_host,
		.init = BIT(KVM_ARM_VCPU_PMU_V3),
		.caps = { KVM_CAP_ARM_PMU_V3 },
		.ids = { FIELD(ID_AA64DFR0_EL1, PMUVer), { SYS_ID_DFR0_EL1, DFR0_PERFMON } },
	},
	/* It stays trapped by CPTR_EL2.ZEN = 0 until a guest that has it uses it. */
	[PENG_FEATURE_SVE] = {
		.host = peng_sve_on_host,
		.init = BIT(KVM_ARM_VCPU_SVE),
		.caps = { KVM_CAP_ARM_SVE },
		.ids = { FIELD(ID_AA64PFR0_EL1, SVE), { SYS_ID_AA64ZFR0_EL1, ~0ULL } },
	},
	/* HCR_EL2.API and APK are 0 where it is off. */
	[PENG_FEATURE_PTRAUTH] = {
		.host = ptrauth_on_host,
		.init = BIT(KVM_ARM_VCPU_PTRAUTH_ADDRESS) | BIT(KVM_ARM_VCPU_PTRAUTH_GENERIC),
		.caps = { KVM_CAP_ARM_PTRAUTH_ADDRESS, KVM_CAP_ARM_PTRAUTH_GENERIC },
		.on = { .hcr = HCR_API | HCR_APK },
		.ids = { { SYS_ID_AA64ISAR1_EL1, ISAR1_PTRAUTH },
			 { SYS_ID_AA64ISAR2_EL1, ISAR2_PTRAUTH } },
	},
	/* HCR_EL2.ATA = 0 traps all tag registers but GMID_EL1. */
	[PENG_FEATURE_MTE] = {
		.host = mte_on_host,
		.ids = { { SYS_ID_AA64PFR1_EL1, PFR1_MTE } },
		.off = { .hcr = HCR_TID5 },
		.on = { .hcr = HCR_ATA },
	},
};

static unsigned long on_host __ro_after_init;
static u32 init_flags __ro_after_init;
/* Those that are asked for by KVM_ARM_VCPU_INIT. */
static unsigned long by_init __ro_after_init;

#define for_each_feature(f)	for ((f) = PENG_FEATURE_NONE + 1; (f) < PENG_NR_FEATURES; (f)++)

/**
 * peng_feature_init() - find out what this host can give
 *
 * Context: load, after peng_host_probe().
 * Return: 0.
 */
int __init peng_feature_init(void)
{
	unsigned int f;

	for_each_feature(f) {
		if (rows[f].host && rows[f].host()) {
			on_host |= BIT(f);
			init_flags |= rows[f].init;
		}
		if (rows[f].init)
			by_init |= BIT(f);
	}
	return 0;
}

/**
 * peng_feature_on_host() - whether guests of this host can have a feature
 * @feature: which
 */
bool peng_feature_on_host(enum peng_feature feature)
{
	return on_host & BIT(feature);
}

/**
 * peng_feature_cap() - KVM_CHECK_EXTENSION of a feature's capability
 * @cap: KVM_CAP_*
 *
 * Return: whether this host has the feature that it announces; false for a
 * capability of something else.
 */
bool peng_feature_cap(u32 cap)
{
	unsigned int f, i;

	for_each_feature(f)
		for (i = 0; i < NR_CAPS; i++)
			if (rows[f].caps[i] && rows[f].caps[i] == cap)
				return peng_feature_on_host(f);
	return false;
}

/**
 * peng_feature_from_init() - what the flags of KVM_ARM_VCPU_INIT ask for
 * @flags: kvm_vcpu_init.features[0]
 * @features: result, bits by enum peng_feature
 *
 * Return: 0, or -EINVAL where a flag asks for what this host does not have, or not
 * for all of what belongs together.
 */
int peng_feature_from_init(u32 flags, unsigned long *features)
{
	u32 other = BIT(KVM_ARM_VCPU_POWER_OFF) | BIT(KVM_ARM_VCPU_PSCI_0_2);
	unsigned int f;
	u32 asked;

	*features = 0;
	if (flags & ~(init_flags | other))
		return -EINVAL;
	for_each_feature(f) {
		asked = flags & rows[f].init;
		if (!asked)
			continue;
		if (asked != rows[f].init)
			return -EINVAL;
		*features |= BIT(f);
	}
	return 0;
}

/**
 * peng_feature_init_agrees() - whether a vCPU may be what its VM is
 * @features: the VM's
 * @asked: by peng_feature_from_init()
 */
bool peng_feature_init_agrees(unsigned long features, unsigned long asked)
{
	return (features & by_init) == asked;
}

/**
 * peng_feature_hidden() - fields of an ID register that a guest must not see
 * @features: the VM's
 * @enc: sys_reg() encoding
 *
 * Return: mask of the fields.
 */
u64 peng_feature_hidden(unsigned long features, u32 enc)
{
	unsigned int f, i;
	u64 mask = 0;

	for_each_feature(f) {
		if (features & BIT(f))
			continue;
		for (i = 0; i < NR_IDS && rows[f].ids[i].enc; i++)
			if (rows[f].ids[i].enc == enc)
				mask |= rows[f].ids[i].mask;
	}
	return mask;
}

/**
 * peng_feature_traps() - EL2 controls that a VM's features ask for
 * @features: the VM's
 * @trap: to which they are added
 */
void peng_feature_traps(unsigned long features, struct peng_trap_regs *trap)
{
	const struct peng_trap_regs *set;
	unsigned int f;

	for_each_feature(f) {
		set = features & BIT(f) ? &rows[f].on : &rows[f].off;
		trap->hcr |= set->hcr;
		trap->mdcr |= set->mdcr;
		trap->cptr |= set->cptr;
		trap->hstr |= set->hstr;
	}
}
