// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_DEV_TYPE_ARM_VGIC_V3: the vGIC as user space sees it. One row for each
 * attribute group; semantics and errnos are those of the kernel's
 * Documentation/virt/kvm/devices/arm-vgic-v3.rst. Each call takes vm->lock.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/uaccess.h>

#include "../vcpu.h"
#include "../vm.h"
#include "init.h"
#include "vgic.h"

/* KVM's limits: at least one register of SPIs, and none of the special INTIDs. */
#define MIN_IRQS	(PENG_VGIC_NR_PRIVATE + 32)
#define MAX_IRQS	1023

/* Value of KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, as arm-vgic-v3.rst has it. */
#define REGION_COUNT	GENMASK_ULL(63, 52)
#define REGION_BASE	GENMASK_ULL(51, 16)
#define REGION_FLAGS	GENMASK_ULL(15, 12)
#define REGION_INDEX	GENMASK_ULL(11, 0)

/**
 * struct attr_row - an attribute
 * @group: KVM_DEV_ARM_VGIC_GRP_*
 * @attr: in the group
 * @size: of the value in user space, 0 for none
 * @set: with vm->lock held; NULL answers -ENXIO
 * @get: likewise; the value comes in as user space had it
 */
struct attr_row {
	u32 group;
	u64 attr;
	u32 size;
	int (*set)(struct peng_vm *vm, u64 val);
	int (*get)(struct peng_vm *vm, u64 *val);
};

static int get_dist(struct peng_vm *vm, u64 *val)
{
	*val = vm->vgic.base;
	return 0;
}

static int set_redist(struct peng_vm *vm, u64 val)
{
	return peng_vgic_add_region(vm, 0, val, 0);
}

static int get_redist(struct peng_vm *vm, u64 *val)
{
	struct peng_vgic_region *region = peng_vgic_find_region(vm, 0);

	*val = region ? region->base : PENG_VGIC_UNSET;
	return 0;
}

static int set_region(struct peng_vm *vm, u64 val)
{
	u32 count = FIELD_GET(REGION_COUNT, val);

	if (!count || (val & REGION_FLAGS))
		return -EINVAL;
	return peng_vgic_add_region(vm, FIELD_GET(REGION_INDEX, val), val & REGION_BASE, count);
}

static int get_region(struct peng_vm *vm, u64 *val)
{
	struct peng_vgic_region *region;

	region = peng_vgic_find_region(vm, FIELD_GET(REGION_INDEX, *val));
	if (!region)
		return -ENOENT;
	*val = region->index | region->base | FIELD_PREP(REGION_COUNT, region->count);
	return 0;
}

static int set_nr_irqs(struct peng_vm *vm, u64 val)
{
	if (val < MIN_IRQS || val > MAX_IRQS || !IS_ALIGNED(val, 32))
		return -EINVAL;
	if (vm->vgic.initialized || vm->vgic.nr_spis)
		return -EBUSY;
	vm->vgic.nr_spis = val - PENG_VGIC_NR_PRIVATE;
	return 0;
}

static int get_nr_irqs(struct peng_vm *vm, u64 *val)
{
	*val = vm->vgic.nr_spis + PENG_VGIC_NR_PRIVATE;
	return 0;
}

static int set_init(struct peng_vm *vm, u64 val)
{
	return peng_vgic_init(vm);
}

static const struct attr_row rows[] = {
	{ KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, sizeof(u64),
	  peng_vgic_set_dist, get_dist },
	{ KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, sizeof(u64),
	  set_redist, get_redist },
	{ KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, sizeof(u64),
	  set_region, get_region },
	{ KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, sizeof(u32), set_nr_irqs, get_nr_irqs },
	{ KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, 0, set_init, NULL },
};

static const struct attr_row *find_row(const struct kvm_device_attr *attr)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].group == attr->group && rows[i].attr == attr->attr)
			return &rows[i];
	return NULL;
}

/* User space's value is of 32 or 64 bits, in host byte order. */
static int copy_in(const struct attr_row *row, const struct kvm_device_attr *attr, u64 *val)
{
	u32 word;

	*val = 0;
	if (row->size == sizeof(u64))
		return copy_from_user(val, u64_to_user_ptr(attr->addr), sizeof(*val)) ?
		       -EFAULT : 0;
	if (!row->size)
		return 0;
	if (get_user(word, (u32 __user *)u64_to_user_ptr(attr->addr)))
		return -EFAULT;
	*val = word;
	return 0;
}

static int copy_out(const struct attr_row *row, const struct kvm_device_attr *attr, u64 val)
{
	if (row->size == sizeof(u64))
		return copy_to_user(u64_to_user_ptr(attr->addr), &val, sizeof(val)) ?
		       -EFAULT : 0;
	return put_user((u32)val, (u32 __user *)u64_to_user_ptr(attr->addr));
}

static int vgic_has_attr(struct peng_device *dev, const struct kvm_device_attr *attr)
{
	return find_row(attr) ? 0 : -ENXIO;
}

static int vgic_set_attr(struct peng_device *dev, const struct kvm_device_attr *attr)
{
	const struct attr_row *row = find_row(attr);
	u64 val;
	int ret;

	if (!row)
		return -ENXIO;
	ret = copy_in(row, attr, &val);
	if (ret)
		return ret;

	mutex_lock(&dev->vm->lock);
	ret = row->set(dev->vm, val);
	mutex_unlock(&dev->vm->lock);
	return ret;
}

static int vgic_get_attr(struct peng_device *dev, const struct kvm_device_attr *attr)
{
	const struct attr_row *row = find_row(attr);
	u64 val;
	int ret;

	if (!row || !row->get)
		return -ENXIO;
	ret = copy_in(row, attr, &val);
	if (ret)
		return ret;

	mutex_lock(&dev->vm->lock);
	ret = row->get(dev->vm, &val);
	mutex_unlock(&dev->vm->lock);
	return ret ?: copy_out(row, attr, val);
}

static bool any_vcpu_ran(struct peng_vm *vm)
{
	struct peng_vcpu *vcpu;
	unsigned int i;

	peng_vm_for_each_vcpu(i, vcpu, vm)
		if (vcpu->ran)
			return true;
	return false;
}

static int vgic_create(struct peng_device *dev)
{
	struct peng_vm *vm = dev->vm;
	int ret;

	if (vm->vgic.present)
		return -EEXIST;
	ret = peng_vm_trylock_vcpus(vm);
	if (ret)
		return ret;
	if (any_vcpu_ran(vm))
		ret = -EBUSY;
	else
		WRITE_ONCE(vm->vgic.present, true);
	peng_vm_unlock_vcpus(vm);
	return ret;
}

/* Undone where the descriptor could not be given; else the VM is going too. */
static void vgic_destroy(struct peng_device *dev)
{
	WRITE_ONCE(dev->vm->vgic.present, false);
}

const struct peng_device_ops peng_vgic_v3_device = {
	.type = KVM_DEV_TYPE_ARM_VGIC_V3,
	.create = vgic_create,
	.destroy = vgic_destroy,
	.has_attr = vgic_has_attr,
	.set_attr = vgic_set_attr,
	.get_attr = vgic_get_attr,
};
