/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The MMIO bus of a VM: which device inside the kernel answers a guest
 * physical address. Readers take no lock; writers hold bus->lock.
 *
 * Two kinds of entries: devices, which own a range that no other device
 * overlaps, and doorbells (ioeventfds), of which several may wait at one
 * address for different values or widths, even inside a device's range.
 */
#ifndef PENG_IO_BUS_H
#define PENG_IO_BUS_H

#include <linux/mutex.h>
#include <linux/types.h>

struct peng_io_dev;
struct peng_vcpu;
struct peng_vm;

/**
 * struct peng_io_ops - a device on the bus
 * @read: 0, or -EOPNOTSUPP to let the access go on to user space; NULL reads
 *	nothing
 * @write: 0, or -EOPNOTSUPP to let the access go on to the doorbells of the
 *	address and then to user space
 * @irqs_off: both may be called with interrupts masked, and do not sleep; a
 *	single access may still be refused there with -EAGAIN, before it has
 *	had an effect, and is then repeated in task context
 * @doorbell: write only, never sleeps, may share its address with others
 */
struct peng_io_ops {
	int (*read)(struct peng_vcpu *vcpu, struct peng_io_dev *dev,
		    u64 gpa, unsigned int len, u64 *val);
	int (*write)(struct peng_vcpu *vcpu, struct peng_io_dev *dev,
		     u64 gpa, unsigned int len, u64 val);
	bool irqs_off;
	bool doorbell;
};

/**
 * struct peng_io_dev - an entry of the bus
 * @ops: what answers
 * @base: first address
 * @len: bytes; of no meaning for a doorbell, which checks the width itself
 *
 * Embedded in its owner; must live until peng_bus_remove() has returned, or
 * until the VM's last vCPU is gone. @base and @len are constant meanwhile.
 */
struct peng_io_dev {
	const struct peng_io_ops *ops;
	u64 base;
	u64 len;
};

struct peng_bus_table;

/**
 * struct peng_bus - the bus of a VM
 * @lock: writers; inside vm->lock and vm->irqfds.lock
 * @table: replaced as a whole to add, marked in place to remove; NULL when empty
 */
struct peng_bus {
	struct mutex lock;
	struct peng_bus_table __rcu *table;
};

void peng_bus_init(struct peng_vm *vm);
void peng_bus_destroy(struct peng_vm *vm);

/**
 * peng_bus_add() - let a device answer on the bus
 * @vm: VM
 * @dev: device, with its fields filled in
 *
 * Context: may sleep. vCPUs may be running.
 * Return: 0; -EEXIST where the range overlaps another device, -EINVAL for a
 *	range that is empty or wraps, -ENOMEM.
 */
int peng_bus_add(struct peng_vm *vm, struct peng_io_dev *dev);

/**
 * peng_bus_remove() - take a device from the bus
 * @vm: VM
 * @dev: device; nothing happens where it is not on the bus
 *
 * When this returns nobody is inside the device's functions any more.
 *
 * Context: may sleep, waits for grace periods; not within vm->srcu.
 */
void peng_bus_remove(struct peng_vm *vm, struct peng_io_dev *dev);

/* 0 done, -EOPNOTSUPP nobody answered; task context. */
int peng_bus_read(struct peng_vcpu *vcpu, u64 gpa, unsigned int len, u64 *val);
int peng_bus_write(struct peng_vcpu *vcpu, u64 gpa, unsigned int len, u64 val);
/* The same, interrupts masked; -EAGAIN where the device needs task context. */
int peng_bus_read_fast(struct peng_vcpu *vcpu, u64 gpa, unsigned int len, u64 *val);
int peng_bus_write_fast(struct peng_vcpu *vcpu, u64 gpa, unsigned int len, u64 val);
/* The device that those two ask, if it answers without sleep; RCU protects it. */
struct peng_io_dev *peng_bus_find_fast(struct peng_vm *vm, u64 gpa, unsigned int len);

#endif /* PENG_IO_BUS_H */
