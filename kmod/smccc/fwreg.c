// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware as user space sees it: pseudo-registers with the versions that a
 * guest was started with, to be carried to the host that it moves to.
 */
#include <linux/kvm.h>
#include <linux/uaccess.h>

#include "../host/spectre.h"
#include "../table.h"
#include "../vcpu.h"
#include "../vm.h"
#include "call.h"
#include "smccc.h"

/* The three workaround registers hold a level of four bits. */
#define LEVEL_MASK	GENMASK(3, 0)

/**
 * struct fwreg_row - a pseudo-register
 * @id: KVM register id; the table is sorted by it
 * @bmap: enum peng_smccc_bmap, for the bitmap registers
 * @get: value
 * @set: 0 or -errno
 */
struct fwreg_row {
	u64 id;
	unsigned int bmap;
	u64 (*get)(struct peng_vcpu *vcpu, const struct fwreg_row *row);
	int (*set)(struct peng_vcpu *vcpu, const struct fwreg_row *row, u64 val);
};

static u64 get_psci(struct peng_vcpu *vcpu, const struct fwreg_row *row)
{
	return peng_psci_version(vcpu);
}

/* The vCPU's feature PSCI_0_2 decides between 0.1 and all others. */
static int set_psci(struct peng_vcpu *vcpu, const struct fwreg_row *row, u64 val)
{
	bool wants_02 = peng_vcpu_has_feature(vcpu, KVM_ARM_VCPU_PSCI_0_2);

	switch (val) {
	case PENG_PSCI_0_1:
		return wants_02 ? -EINVAL : 0;
	case PENG_PSCI_0_2:
	case PENG_PSCI_1_0:
	case PENG_PSCI_1_1:
		if (!wants_02)
			return -EINVAL;
		WRITE_ONCE(vcpu->vm->smccc.psci_version, val);
		return 0;
	}
	return -EINVAL;
}

static u64 get_workaround(struct peng_vcpu *vcpu, const struct fwreg_row *row)
{
	bool bhb = row->id == KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3;

	switch (bhb ? peng_spectre.bhb : peng_spectre.v2) {
	case PENG_UNAFFECTED:
		return KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_REQUIRED;
	case PENG_MITIGATED:
		return KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1_AVAIL;
	case PENG_VULNERABLE:
		break;
	}
	return KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_AVAIL;
}

static_assert(KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3_NOT_REQUIRED ==
	      KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_REQUIRED);
static_assert(KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3_AVAIL ==
	      KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1_AVAIL);

/* A guest that moves here must not lose protection that it was promised. */
static int set_workaround(struct peng_vcpu *vcpu, const struct fwreg_row *row, u64 val)
{
	return val > get_workaround(vcpu, row) ? -EINVAL : 0;
}

static u64 get_workaround_2(struct peng_vcpu *vcpu, const struct fwreg_row *row)
{
	return peng_spectre.v4 == PENG_UNAFFECTED ?
	       KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_REQUIRED :
	       KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_AVAIL;
}

/*
 * Four levels, of which a host offers the lowest or the highest: UNKNOWN is as
 * little as NOT_AVAIL, and only NOT_REQUIRED can stand in for AVAIL.
 */
static int set_workaround_2(struct peng_vcpu *vcpu, const struct fwreg_row *row, u64 val)
{
	u64 level = val & LEVEL_MASK;

	if (val & ~(u64)(LEVEL_MASK | KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_ENABLED) ||
	    level > KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_REQUIRED)
		return -EINVAL;
	if (val != level && level != KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_AVAIL)
		return -EINVAL;
	if (level >= KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_AVAIL &&
	    peng_spectre.v4 != PENG_UNAFFECTED)
		return -EINVAL;
	return 0;
}

static u64 get_bmap(struct peng_vcpu *vcpu, const struct fwreg_row *row)
{
	return READ_ONCE(vcpu->vm->smccc.bmap[row->bmap]);
}

/* Under vm->lock, as is the first KVM_RUN, from which on guests may have asked. */
static int set_bmap(struct peng_vcpu *vcpu, const struct fwreg_row *row, u64 val)
{
	struct peng_vm *vm = vcpu->vm;
	int ret = 0;

	if (val & ~peng_smccc_bmaps[row->bmap])
		return -EINVAL;

	mutex_lock(&vm->lock);
	if (vm->ran && val != vm->smccc.bmap[row->bmap])
		ret = -EBUSY;
	else
		WRITE_ONCE(vm->smccc.bmap[row->bmap], val);
	mutex_unlock(&vm->lock);
	return ret;
}

#define BMAP(_id, _bmap)	{ .id = (_id), .bmap = (_bmap), .get = get_bmap, .set = set_bmap }

static const struct fwreg_row rows[] = {
	{ KVM_REG_ARM_PSCI_VERSION, .get = get_psci, .set = set_psci },
	{ KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1, .get = get_workaround, .set = set_workaround },
	{ KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2, .get = get_workaround_2, .set = set_workaround_2 },
	{ KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3, .get = get_workaround, .set = set_workaround },
	BMAP(KVM_REG_ARM_STD_BMAP, PENG_BMAP_STD),
	BMAP(KVM_REG_ARM_STD_HYP_BMAP, PENG_BMAP_STD_HYP),
	BMAP(KVM_REG_ARM_VENDOR_HYP_BMAP, PENG_BMAP_VENDOR_HYP),
};

/**
 * peng_fwreg_get() - KVM_GET_ONE_REG of classes FW and FW_FEAT_BMAP
 * @vcpu: vcpu->lock held
 * @id: KVM register id
 * @val: result
 *
 * Return: 0 or -ENOENT.
 */
int peng_fwreg_get(struct peng_vcpu *vcpu, u64 id, u64 *val)
{
	const struct fwreg_row *row = PENG_TABLE_FIND(rows, ARRAY_SIZE(rows), id, id);

	if (!row)
		return -ENOENT;
	*val = row->get(vcpu, row);
	return 0;
}

/**
 * peng_fwreg_set() - KVM_SET_ONE_REG of classes FW and FW_FEAT_BMAP
 * @vcpu: vcpu->lock held
 * @id: KVM register id
 * @val: new value
 *
 * Return: 0, -ENOENT, -EINVAL for what this host cannot give, or -EBUSY for
 * what a guest that has run would see change.
 */
int peng_fwreg_set(struct peng_vcpu *vcpu, u64 id, u64 val)
{
	const struct fwreg_row *row = PENG_TABLE_FIND(rows, ARRAY_SIZE(rows), id, id);

	return row ? row->set(vcpu, row, val) : -ENOENT;
}

/**
 * peng_fwreg_list() - ids of classes FW and FW_FEAT_BMAP
 * @vcpu: vcpu->lock held
 * @uids: where they go in user space, or NULL to count only
 *
 * Return: how many there are, or -EFAULT.
 */
int peng_fwreg_list(struct peng_vcpu *vcpu, u64 __user *uids)
{
	size_t i;

	for (i = 0; uids && i < ARRAY_SIZE(rows); i++)
		if (put_user(rows[i].id, uids + i))
			return -EFAULT;
	return ARRAY_SIZE(rows);
}
