/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device file descriptors (KVM_CREATE_DEVICE) and device attributes.
 *
 * A device attribute is a row; KVM_HAS_DEVICE_ATTR is the lookup itself.
 * The same rows serve vCPU attributes.
 */
#ifndef PENG_DEVICE_H
#define PENG_DEVICE_H

#include <linux/kvm.h>
#include <linux/list.h>
#include <linux/types.h>

struct peng_device;
struct peng_vcpu;
struct peng_vm;

/**
 * struct peng_device_ops - a kind of device
 * @type: KVM_DEV_TYPE_*
 * @size: of the struct that begins with struct peng_device; 0 for just that
 * @create: set up @dev; vm->lock held; returns 0 or -errno
 * @destroy: undo create when the VM dies; no vCPU runs any more
 * @has_attr: 0, or -ENXIO where the attribute is unknown
 * @set_attr: value at attr->addr in user space
 * @get_attr: likewise; NULL where there is nothing to read
 */
struct peng_device_ops {
	u32 type;
	size_t size;
	int (*create)(struct peng_device *dev);
	void (*destroy)(struct peng_device *dev);
	int (*has_attr)(struct peng_device *dev, const struct kvm_device_attr *attr);
	int (*set_attr)(struct peng_device *dev, const struct kvm_device_attr *attr);
	int (*get_attr)(struct peng_device *dev, const struct kvm_device_attr *attr);
};

/**
 * struct peng_device - a device of a VM; lives as long as the VM
 * @ops: what it is
 * @vm: whose; the device's fd holds a reference
 * @node: in vm->devices, under vm->lock
 */
struct peng_device {
	const struct peng_device_ops *ops;
	struct peng_vm *vm;
	struct list_head node;
};

extern const struct peng_device_ops peng_vfio_device;

long peng_device_create(struct peng_vm *vm, struct kvm_create_device *args);
void peng_device_destroy_all(struct peng_vm *vm);

#endif /* PENG_DEVICE_H */
