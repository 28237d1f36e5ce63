// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_DEV_TYPE_VFIO: the device by which a client says which VFIO groups, or devices by
 * themselves, belong to a VM.
 *
 * KVM does three things with them, and here is nothing to do for any of them:
 *
 *   It gives VFIO its struct kvm (vfio_file_set_kvm()), of which VFIO takes references by functions
 *   of KVM's own and which drivers may look into. peng has none to give, and another pointer in its
 *   place would be followed. No driver of what is a PCI or platform device wants it; mediated
 *   devices that translate guest addresses by themselves do (GVT-g, vfio-ap), and refuse to be
 *   opened without.
 *   It asks whether DMA may bypass caches (vfio_file_enforced_coherent()), so that x86 honours the
 *   guest's cache instructions. On ARM64 those are never trapped or ignored, and Stage-2 leaves the
 *   types of memory to the guest.
 *   On POWER, tables of DMA addresses.
 *
 * What is left is the list: files that are there until they are taken out or the VM dies. Its lock
 * is the innermost.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "../device.h"
#include "../vm.h"

/* One file of VFIO that belongs to the VM; @file is a reference. */
struct entry {
	struct list_head node;
	struct file *file;
};

/* The device; @lock protects @entries. */
struct registry {
	struct peng_device dev;
	struct mutex lock;
	struct list_head entries;
};

static struct registry *to_registry(struct peng_device *dev)
{
	return container_of(dev, struct registry, dev);
}

/* VFIO is a module of its own: where it is not loaded no file can be one of its. */
static bool is_vfio(struct file *file)
{
	typeof(&vfio_file_is_valid) ask = symbol_get(vfio_file_is_valid);
	bool answer;

	if (!ask)
		return false;
	answer = compat_vfio_answer(ask(file));
	symbol_put(vfio_file_is_valid);
	return answer;
}

static struct entry *find_entry(const struct registry *reg, const struct file *file)
{
	struct entry *e;

	lockdep_assert_held(&reg->lock);

	list_for_each_entry(e, &reg->entries, node)
		if (e->file == file)
			return e;
	return NULL;
}

static int add(struct registry *reg, struct file *file)
{
	struct entry *e;

	lockdep_assert_held(&reg->lock);

	if (!is_vfio(file))
		return -EINVAL;
	if (find_entry(reg, file))
		return -EEXIST;
	e = kzalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);
	if (!e)
		return -ENOMEM;
	e->file = get_file(file);
	list_add_tail(&e->node, &reg->entries);
	return 0;
}

static void remove_entry(struct entry *e)
{
	list_del(&e->node);
	fput(e->file);
	kfree(e);
}

static int del(struct registry *reg, struct file *file)
{
	struct entry *e = find_entry(reg, file);

	if (!e)
		return -ENOENT;
	remove_entry(e);
	return 0;
}

struct attr {
	u32 group;
	u64 attr;
	int (*set)(struct registry *reg, struct file *file);
};

/* KVM_DEV_VFIO_FILE and its attributes have the same numbers. */
static const struct attr attrs[] = {
	{ KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_ADD,	add },
	{ KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_DEL,	del },
};

static const struct attr *find_attr(const struct kvm_device_attr *attr)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attrs); i++)
		if (attrs[i].group == attr->group && attrs[i].attr == attr->attr)
			return &attrs[i];
	return NULL;
}

static int vfio_has_attr(struct peng_device *dev, const struct kvm_device_attr *attr)
{
	return find_attr(attr) ? 0 : -ENXIO;
}

static int vfio_set_attr(struct peng_device *dev, const struct kvm_device_attr *attr)
{
	struct registry *reg = to_registry(dev);
	const struct attr *row = find_attr(attr);
	struct file *file;
	int fd, ret;

	if (!row)
		return -ENXIO;
	if (get_user(fd, (s32 __user *)(unsigned long)attr->addr))
		return -EFAULT;
	file = fget(fd);
	if (!file)
		return -EBADF;

	mutex_lock(&reg->lock);
	ret = row->set(reg, file);
	mutex_unlock(&reg->lock);
	fput(file);
	return ret;
}

static int vfio_create(struct peng_device *dev)
{
	struct registry *reg = to_registry(dev);
	const struct peng_device *other;

	list_for_each_entry(other, &dev->vm->devices, node)
		if (other->ops == dev->ops)
			return -EBUSY;
	mutex_init(&reg->lock);
	INIT_LIST_HEAD(&reg->entries);
	return 0;
}

static void vfio_destroy(struct peng_device *dev)
{
	struct registry *reg = to_registry(dev);
	struct entry *e, *next;

	list_for_each_entry_safe(e, next, &reg->entries, node)
		remove_entry(e);
	mutex_destroy(&reg->lock);
}

const struct peng_device_ops peng_vfio_device = {
	.type = KVM_DEV_TYPE_VFIO,
	.size = sizeof(struct registry),
	.create = vfio_create,
	.destroy = vfio_destroy,
	.has_attr = vfio_has_attr,
	.set_attr = vfio_set_attr,
};
