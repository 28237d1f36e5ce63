// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_DEV_TYPE_ARM_VGIC_V3: the vGIC as user space sees it. One row for each
 * attribute, or for each group whose attributes are registers; semantics and
 * errnos are those of the kernel's Documentation/virt/kvm/devices/arm-vgic-v3.rst.
 * Each call takes vm->lock, those on registers the locks of all vCPUs too.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/kernel.h>
#include <linux/uaccess.h>
#include <asm/cputype.h>

#include "../vcpu.h"
#include "../vm.h"
#include "cpuif_user.h"
#include "init.h"
#include "irq.h"
#include "lpi.h"
#include "mmio.h"
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

static int save_pending_tables(struct peng_vm *vm, u64 val)
{
	int ret = peng_vm_trylock_vcpus(vm);

	if (ret)
		return ret;
	ret = vm->vgic.initialized ? peng_lpi_save_pending(vm) : -ENXIO;
	peng_vm_unlock_vcpus(vm);
	return ret;
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
	{ KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES, 0,
	  save_pending_tables, NULL },
};

static const struct attr_row *find_row(const struct kvm_device_attr *attr)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].group == attr->group && rows[i].attr == attr->attr)
			return &rows[i];
	return NULL;
}

/**
 * struct group_row - attributes that are registers, of all or of one vCPU
 * @group: KVM_DEV_ARM_VGIC_GRP_*
 * @size: of the value in user space
 * @exists: whether the VM has the attribute; @vcpu is the one that it names
 * @get: with all vCPUs' locks held; 0 or -errno
 * @set: likewise
 */
struct group_row {
	u32 group;
	u32 size;
	bool (*exists)(struct peng_vcpu *vcpu, u64 attr);
	int (*get)(struct peng_vcpu *vcpu, u64 attr, u64 *val);
	int (*set)(struct peng_vcpu *vcpu, u64 attr, u64 val);
};

/* A register as an attribute has it; the distributor belongs to no vCPU. */
static struct peng_vgic_access access_to(struct peng_vcpu *vcpu, u64 attr, bool redist)
{
	return (struct peng_vgic_access) {
		.vm = vcpu->vm,
		.target = redist ? vcpu : NULL,
		.offset = attr & KVM_DEV_ARM_VGIC_OFFSET_MASK,
		.len = sizeof(u32),
	};
}

static bool dist_reg_exists(struct peng_vcpu *vcpu, u64 attr)
{
	const struct peng_vgic_access a = access_to(vcpu, attr, false);

	return a.offset < PENG_VGIC_FRAME_SIZE &&
	       peng_vgic_user_exists(&peng_vgic_dist_frame, &a);
}

static int get_dist_reg(struct peng_vcpu *vcpu, u64 attr, u64 *val)
{
	const struct peng_vgic_access a = access_to(vcpu, attr, false);

	*val = a.offset < PENG_VGIC_FRAME_SIZE ?
	       peng_vgic_user_read(&peng_vgic_dist_frame, &a) : 0;
	return 0;
}

static int set_dist_reg(struct peng_vcpu *vcpu, u64 attr, u64 val)
{
	const struct peng_vgic_access a = access_to(vcpu, attr, false);

	return a.offset < PENG_VGIC_FRAME_SIZE ?
	       peng_vgic_user_write(&peng_vgic_dist_frame, &a, val) : 0;
}

static bool redist_reg_exists(struct peng_vcpu *vcpu, u64 attr)
{
	struct peng_vgic_access a = access_to(vcpu, attr, true);

	return a.offset < GIC_V3_REDIST_SIZE &&
	       peng_vgic_user_exists(peng_vgic_redist_frame(&a), &a);
}

static int get_redist_reg(struct peng_vcpu *vcpu, u64 attr, u64 *val)
{
	struct peng_vgic_access a = access_to(vcpu, attr, true);

	*val = a.offset < GIC_V3_REDIST_SIZE ?
	       peng_vgic_user_read(peng_vgic_redist_frame(&a), &a) : 0;
	return 0;
}

static int set_redist_reg(struct peng_vcpu *vcpu, u64 attr, u64 val)
{
	struct peng_vgic_access a = access_to(vcpu, attr, true);

	return a.offset < GIC_V3_REDIST_SIZE ?
	       peng_vgic_user_write(peng_vgic_redist_frame(&a), &a, val) : 0;
}

static bool cpuif_reg_exists(struct peng_vcpu *vcpu, u64 attr)
{
	return peng_vgic_cpuif_exists(attr);
}

static bool level_info_exists(struct peng_vcpu *vcpu, u64 attr)
{
	return FIELD_GET(KVM_DEV_ARM_VGIC_LINE_LEVEL_INFO_MASK, attr) ==
	       VGIC_LEVEL_INFO_LINE_LEVEL;
}

/* The first of 32 interrupts, or -EINVAL. */
static int level_info_first(struct peng_vcpu *vcpu, u64 attr)
{
	u32 first = attr & KVM_DEV_ARM_VGIC_LINE_LEVEL_INTID_MASK;

	return level_info_exists(vcpu, attr) && IS_ALIGNED(first, 32) ? first : -EINVAL;
}

/* One of those 32, where it has a line: SGIs have none. */
static struct peng_vgic_irq *level_info_irq(struct peng_vcpu *vcpu, u32 intid)
{
	return intid < PENG_VGIC_NR_SGIS ? NULL : peng_vgic_find(vcpu->vm, vcpu, intid);
}

/* An edge-triggered interrupt has a line too, but its level says nothing. */
static int get_level_info(struct peng_vcpu *vcpu, u64 attr, u64 *val)
{
	int i, first = level_info_first(vcpu, attr);
	struct peng_vgic_irq *irq;

	if (first < 0)
		return first;
	*val = 0;
	for (i = 0; i < 32; i++) {
		irq = level_info_irq(vcpu, first + i);
		if (irq && !irq->edge && irq->line_level)
			*val |= BIT(i);
	}
	return 0;
}

/* Whatever the trigger is: user space may restore that later. */
static void set_line_level(struct peng_vgic_irq *irq, bool level)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	if (!irq->claimed)
		irq->line_level = level;
	peng_vgic_commit(irq, NULL);
	local_irq_restore(flags);
}

static int set_level_info(struct peng_vcpu *vcpu, u64 attr, u64 val)
{
	int i, first = level_info_first(vcpu, attr);
	struct peng_vgic_irq *irq;

	if (first < 0)
		return first;
	for (i = 0; i < 32; i++) {
		irq = level_info_irq(vcpu, first + i);
		if (irq)
			set_line_level(irq, val & BIT(i));
	}
	return 0;
}

static const struct group_row groups[] = {
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS, sizeof(u32),
	  dist_reg_exists, get_dist_reg, set_dist_reg },
	{ KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, sizeof(u32),
	  redist_reg_exists, get_redist_reg, set_redist_reg },
	{ KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, sizeof(u64),
	  cpuif_reg_exists, peng_vgic_cpuif_get, peng_vgic_cpuif_set },
	{ KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, sizeof(u32),
	  level_info_exists, get_level_info, set_level_info },
};

static const struct group_row *find_group(const struct kvm_device_attr *attr)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		if (groups[i].group == attr->group)
			return &groups[i];
	return NULL;
}

/* The vCPU that an attribute names; for the distributor any, but there is one. */
static struct peng_vcpu *attr_vcpu(struct peng_vm *vm, const struct kvm_device_attr *attr)
{
	u32 affinity = attr->attr >> KVM_DEV_ARM_VGIC_V3_MPIDR_SHIFT;

	if (attr->group == KVM_DEV_ARM_VGIC_GRP_DIST_REGS)
		return peng_vm_vcpu(vm, 0);
	return peng_vm_vcpu_by_mpidr(vm, FIELD_GET(GENMASK(23, 0), affinity) |
				     (u64)(affinity >> 24) << MPIDR_LEVEL_SHIFT(3));
}

/* User space's value is of 32 or 64 bits, in host byte order. */
static int copy_in(u32 size, const struct kvm_device_attr *attr, u64 *val)
{
	u32 word;

	*val = 0;
	if (size == sizeof(u64))
		return copy_from_user(val, u64_to_user_ptr(attr->addr), sizeof(*val)) ?
		       -EFAULT : 0;
	if (!size)
		return 0;
	if (get_user(word, (u32 __user *)u64_to_user_ptr(attr->addr)))
		return -EFAULT;
	*val = word;
	return 0;
}

static int copy_out(u32 size, const struct kvm_device_attr *attr, u64 val)
{
	if (size == sizeof(u64))
		return copy_to_user(u64_to_user_ptr(attr->addr), &val, sizeof(val)) ?
		       -EFAULT : 0;
	return put_user((u32)val, (u32 __user *)u64_to_user_ptr(attr->addr));
}

static int vgic_has_attr(struct peng_device *dev, const struct kvm_device_attr *attr)
{
	const struct group_row *group = find_group(attr);
	struct peng_vcpu *vcpu;

	if (!group)
		return find_row(attr) ? 0 : -ENXIO;
	vcpu = attr_vcpu(dev->vm, attr);
	/* KVM does not look whose level it would be. */
	if (!vcpu && group->set != set_level_info)
		return -EINVAL;
	return group->exists(vcpu, attr->attr) ? 0 : -ENXIO;
}

/* Get or set a register with every vCPU held still. */
static int access_group(struct peng_vm *vm, const struct group_row *group,
			const struct kvm_device_attr *attr, bool write, u64 *val)
{
	struct peng_vcpu *vcpu;
	int ret;

	mutex_lock(&vm->lock);
	ret = peng_vm_trylock_vcpus(vm);
	if (ret)
		goto unlock;
	vcpu = attr_vcpu(vm, attr);
	if (!vcpu)
		ret = -EINVAL;
	else if (!vm->vgic.initialized)
		ret = -EBUSY;
	else if (write)
		ret = group->set(vcpu, attr->attr, *val);
	else
		ret = group->get(vcpu, attr->attr, val);
	peng_vm_unlock_vcpus(vm);
unlock:
	mutex_unlock(&vm->lock);
	return ret;
}

static int set_group(struct peng_vm *vm, const struct group_row *group,
		     const struct kvm_device_attr *attr)
{
	u64 val;
	int ret;

	if (!attr_vcpu(vm, attr))
		return -EINVAL;
	ret = copy_in(group->size, attr, &val);
	return ret ?: access_group(vm, group, attr, true, &val);
}

static int get_group(struct peng_vm *vm, const struct group_row *group,
		     const struct kvm_device_attr *attr)
{
	u64 val;
	int ret = access_group(vm, group, attr, false, &val);

	return ret ?: copy_out(group->size, attr, val);
}

static int vgic_set_attr(struct peng_device *dev, const struct kvm_device_attr *attr)
{
	const struct group_row *group = find_group(attr);
	const struct attr_row *row = find_row(attr);
	u64 val;
	int ret;

	if (group)
		return set_group(dev->vm, group, attr);
	if (!row)
		return -ENXIO;
	ret = copy_in(row->size, attr, &val);
	if (ret)
		return ret;

	mutex_lock(&dev->vm->lock);
	ret = row->set(dev->vm, val);
	mutex_unlock(&dev->vm->lock);
	return ret;
}

static int vgic_get_attr(struct peng_device *dev, const struct kvm_device_attr *attr)
{
	const struct group_row *group = find_group(attr);
	const struct attr_row *row = find_row(attr);
	u64 val;
	int ret;

	if (group)
		return get_group(dev->vm, group, attr);
	if (!row || !row->get)
		return -ENXIO;
	ret = copy_in(row->size, attr, &val);
	if (ret)
		return ret;

	mutex_lock(&dev->vm->lock);
	ret = row->get(dev->vm, &val);
	mutex_unlock(&dev->vm->lock);
	return ret ?: copy_out(row->size, attr, val);
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
