// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_CREATE_DEVICE, and the file descriptors it gives.
 *
 * A device lives as long as its VM, whatever becomes of its descriptor.
 */
#include <linux/anon_inodes.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "device.h"
#include "ioctl.h"
#include "vm.h"

static const struct peng_device_ops *const kinds[] = {
	&peng_vgic_v3_device,
	&peng_its_device,
	&peng_vfio_device,
};

static const struct peng_device_ops *find_kind(u32 type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i]->type == type)
			return kinds[i];
	return NULL;
}

static long has_attr(const struct peng_ioctl_target *t, void *arg)
{
	return t->dev->ops->has_attr(t->dev, arg);
}

static long get_attr(const struct peng_ioctl_target *t, void *arg)
{
	/* KVM's answer where there is nothing to read. */
	return t->dev->ops->get_attr ? t->dev->ops->get_attr(t->dev, arg) : -EPERM;
}

static long set_attr(const struct peng_ioctl_target *t, void *arg)
{
	return t->dev->ops->set_attr(t->dev, arg);
}

static const struct peng_ioctl_row device_rows[] = {
	{ KVM_HAS_DEVICE_ATTR,	PENG_ARG_IN,	0,	has_attr },
	{ KVM_GET_DEVICE_ATTR,	PENG_ARG_IN,	0,	get_attr },
	{ KVM_SET_DEVICE_ATTR,	PENG_ARG_IN,	0,	set_attr },
};

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct peng_device *dev = file->private_data;
	const struct peng_ioctl_target target = { .vm = dev->vm, .dev = dev };
	long ret;

	if (dev->vm->mm != current->mm || READ_ONCE(dev->vm->dead))
		return -EIO;
	ret = peng_ioctl_run(device_rows, ARRAY_SIZE(device_rows), &target, cmd, arg);
	/* KVM's device files answer ENOTTY to what they do not know. */
	if (ret == -EINVAL && cmd != KVM_HAS_DEVICE_ATTR && cmd != KVM_GET_DEVICE_ATTR &&
	    cmd != KVM_SET_DEVICE_ATTR)
		return -ENOTTY;
	return ret;
}

static int device_release(struct inode *inode, struct file *file)
{
	struct peng_device *dev = file->private_data;

	peng_vm_put(dev->vm);
	return 0;
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = device_ioctl,
	.release = device_release,
	.llseek = noop_llseek,
};

static void device_free(struct peng_device *dev)
{
	list_del(&dev->node);
	dev->ops->destroy(dev);
	kfree(dev);
}

/**
 * peng_device_create() - KVM_CREATE_DEVICE
 * @vm: VM, vm->lock held
 * @args: type and flags in, file descriptor out
 *
 * Return: 0; -ENODEV for an unknown type; -EINVAL for unknown flags; whatever
 * the device's own create answers.
 */
long peng_device_create(struct peng_vm *vm, struct kvm_create_device *args)
{
	const struct peng_device_ops *ops = find_kind(args->type);
	struct peng_device *dev;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (!ops)
		return -ENODEV;
	if (args->flags & KVM_CREATE_DEVICE_TEST)
		return 0;

	dev = kzalloc(ops->size ?: sizeof(*dev), GFP_KERNEL_ACCOUNT);
	if (!dev)
		return -ENOMEM;
	dev->ops = ops;
	dev->vm = vm;
	ret = ops->create(dev);
	if (ret) {
		kfree(dev);
		return ret;
	}
	list_add(&dev->node, &vm->devices);

	peng_vm_get(vm);
	ret = anon_inode_getfd("peng-device", &device_fops, dev, O_RDWR | O_CLOEXEC);
	if (ret < 0) {
		device_free(dev);
		peng_vm_put(vm);
		return ret;
	}
	args->fd = ret;
	return 0;
}

/* The VM dies: nobody can reach the devices any more. */
void peng_device_destroy_all(struct peng_vm *vm)
{
	struct peng_device *dev, *next;

	list_for_each_entry_safe(dev, next, &vm->devices, node)
		device_free(dev);
}
