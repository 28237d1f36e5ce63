/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The MMIO bus of a VM: which device inside the kernel answers a guest
 * physical address. Readers are lock-free (SRCU in task context, RCU with
 * interrupts masked); writers hold bus->lock.
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
 * @read: 0, or -EOPNOTSUPP to let the access go on to the next device of the
 *	same address and then to user space
 * @write: likewise
 * @irqs_off: both may be called with interrupts masked, and do not sleep
 */
struct peng_io_ops {
	int (*read)(struct peng_vcpu *vcpu, struct peng_io_dev *dev,
		    u64 gpa, unsigned int len, u64 *val);
	int (*write)(struct peng_vcpu *vcpu, struct peng_io_dev *dev,
		     u64 gpa, unsigned int len, u64 val);
	bool irqs_off;
};

/**
 * struct peng_io_dev - a range of guest physical addresses
 * @ops: what answers
 * @base: first address
 * @len: bytes; 0 for an ioeventfd that matches any length
 *
 * Embedded in its owner; must live until peng_bus_remove() has returned.
 */
struct peng_io_dev {
	const struct peng_io_ops *ops;
	u64 base;
	u64 len;
};

struct peng_bus_table;

struct peng_bus {
	struct mutex lock;			/* writers */
	struct peng_bus_table __rcu *table;	/* sorted by base, then length */
};

int peng_bus_init(struct peng_vm *vm);
void peng_bus_destroy(struct peng_vm *vm);
/* -EEXIST on overlap of in-kernel devices, -ENOMEM. May sleep. */
int peng_bus_add(struct peng_vm *vm, struct peng_io_dev *dev);
void peng_bus_remove(struct peng_vm *vm, struct peng_io_dev *dev);

/* 0 done, -EOPNOTSUPP nobody answered; task context. */
int peng_bus_read(struct peng_vcpu *vcpu, u64 gpa, unsigned int len, u64 *val);
int peng_bus_write(struct peng_vcpu *vcpu, u64 gpa, unsigned int len, u64 val);
/* The same, interrupts masked; -EAGAIN where the device needs task context. */
int peng_bus_read_fast(struct peng_vcpu *vcpu, u64 gpa, unsigned int len, u64 *val);
int peng_bus_write_fast(struct peng_vcpu *vcpu, u64 gpa, unsigned int len, u64 val);

#endif /* PENG_IO_BUS_H */
