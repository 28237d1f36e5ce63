// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MMIO bus of a VM: two sorted arrays in one table, devices and doorbells.
 *
 * Lookup is under RCU (interrupts masked counts, and costs nothing), so that
 * it is the same in both tiers and a replaced table is freed without waiting.
 * A device's functions may sleep in task context, so there the device, not
 * the table, is protected by vm->srcu; whoever removes a device waits for both.
 *
 * Removing clears the entry's pointer in place: it cannot fail for want of
 * memory. Cleared entries are left behind when the next device is added.
 */
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/string.h>

#include "../vcpu.h"
#include "../vm.h"
#include "bus.h"
#include "mmio.h"

/* How many doorbells of one address are tried with interrupts masked. */
#define BUS_FAST_DOORBELLS	16

/**
 * struct peng_bus_slot - an entry of the table
 * @base: first address, copied from the device: it stays for the order of the
 *	table when the device has gone
 * @len: bytes
 * @dev: device, NULL when it was removed
 */
struct peng_bus_slot {
	u64 base;
	u64 len;
	struct peng_io_dev __rcu *dev;
};

/**
 * struct peng_bus_table - one version of the bus
 * @rcu: to free it
 * @nr_devs: devices; they come first
 * @nr_doorbells: doorbells; they follow
 * @slot: each kind sorted by base; the ranges of devices are disjoint
 */
struct peng_bus_table {
	struct rcu_head rcu;
	unsigned int nr_devs;
	unsigned int nr_doorbells;
	struct peng_bus_slot slot[];
};

/* How many of @nr sorted slots begin at or below @gpa. */
static unsigned int slots_upto(const struct peng_bus_slot *slot, unsigned int nr, u64 gpa)
{
	unsigned int low = 0, high = nr;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (slot[mid].base <= gpa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct peng_bus_table *table_get(struct peng_bus *bus)
{
	return rcu_dereference_check(bus->table, irqs_disabled());
}

static struct peng_io_dev *slot_get(struct peng_bus_slot *slot)
{
	return rcu_dereference_check(slot->dev, irqs_disabled());
}

/* The device that owns all of an access, or NULL. */
static struct peng_io_dev *find_dev(struct peng_bus *bus, u64 gpa, unsigned int len)
{
	struct peng_bus_table *table = table_get(bus);
	struct peng_bus_slot *slot;
	unsigned int nr;
	u64 offset;

	if (!table)
		return NULL;
	nr = slots_upto(table->slot, table->nr_devs, gpa);
	if (!nr)
		return NULL;
	slot = &table->slot[nr - 1];
	offset = gpa - slot->base;
	if (offset >= slot->len || len > slot->len - offset)
		return NULL;
	return slot_get(slot);
}

/* Ask the doorbells of an address in turn, but at most @limit of them. */
static int ring_doorbells(struct peng_vcpu *vcpu, u64 gpa, unsigned int len, u64 val,
			  unsigned int limit)
{
	struct peng_bus_table *table = table_get(&vcpu->vm->bus);
	struct peng_bus_slot *slot;
	struct peng_io_dev *dev;
	unsigned int nr;

	if (!table || !table->nr_doorbells)
		return -EOPNOTSUPP;
	slot = &table->slot[table->nr_devs];
	nr = slots_upto(slot, table->nr_doorbells, gpa);
	for (; nr && slot[nr - 1].base == gpa; nr--) {
		if (!limit--)
			return -EAGAIN;
		dev = slot_get(&slot[nr - 1]);
		if (dev && !dev->ops->write(vcpu, dev, gpa, len, val))
			return 0;
	}
	return -EOPNOTSUPP;
}

struct peng_io_dev *peng_bus_find_fast(struct peng_vm *vm, u64 gpa, unsigned int len)
{
	struct peng_io_dev *dev = find_dev(&vm->bus, gpa, len);

	return dev && dev->ops->irqs_off && dev->ops->read ? dev : NULL;
}

int peng_bus_read_fast(struct peng_vcpu *vcpu, u64 gpa, unsigned int len, u64 *val)
{
	struct peng_io_dev *dev = find_dev(&vcpu->vm->bus, gpa, len);

	if (!dev || !dev->ops->read)
		return -EOPNOTSUPP;
	if (!dev->ops->irqs_off)
		return -EAGAIN;
	return dev->ops->read(vcpu, dev, gpa, len, val);
}

int peng_bus_write_fast(struct peng_vcpu *vcpu, u64 gpa, unsigned int len, u64 val)
{
	struct peng_io_dev *dev = find_dev(&vcpu->vm->bus, gpa, len);
	int ret;

	if (dev) {
		if (!dev->ops->irqs_off)
			return -EAGAIN;
		ret = dev->ops->write(vcpu, dev, gpa, len, val);
		if (ret != -EOPNOTSUPP)
			return ret;
	}
	/* An eventfd's wait queue has a lock that sleeps there. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return -EAGAIN;
	return ring_doorbells(vcpu, gpa, len, val, BUS_FAST_DOORBELLS);
}

/* The caller holds vm->srcu, which keeps the device. */
static struct peng_io_dev *find_dev_srcu(struct peng_bus *bus, u64 gpa, unsigned int len)
{
	struct peng_io_dev *dev;

	rcu_read_lock();
	dev = find_dev(bus, gpa, len);
	rcu_read_unlock();
	return dev;
}

int peng_bus_read(struct peng_vcpu *vcpu, u64 gpa, unsigned int len, u64 *val)
{
	struct peng_vm *vm = vcpu->vm;
	struct peng_io_dev *dev;
	int idx, ret = -EOPNOTSUPP;

	idx = srcu_read_lock(&vm->srcu);
	dev = find_dev_srcu(&vm->bus, gpa, len);
	if (dev && dev->ops->read)
		ret = dev->ops->read(vcpu, dev, gpa, len, val);
	srcu_read_unlock(&vm->srcu, idx);
	return ret;
}

int peng_bus_write(struct peng_vcpu *vcpu, u64 gpa, unsigned int len, u64 val)
{
	struct peng_vm *vm = vcpu->vm;
	struct peng_io_dev *dev;
	int idx, ret = -EOPNOTSUPP;

	idx = srcu_read_lock(&vm->srcu);
	dev = find_dev_srcu(&vm->bus, gpa, len);
	if (dev)
		ret = dev->ops->write(vcpu, dev, gpa, len, val);
	srcu_read_unlock(&vm->srcu, idx);
	if (ret != -EOPNOTSUPP)
		return ret;

	rcu_read_lock();
	ret = ring_doorbells(vcpu, gpa, len, val, UINT_MAX);
	rcu_read_unlock();
	return ret;
}

static struct peng_bus_table *table_locked(struct peng_bus *bus)
{
	return rcu_dereference_protected(bus->table, lockdep_is_held(&bus->lock));
}

/* Append the slots of @from that still have a device; returns how many. */
static unsigned int copy_live(struct peng_bus *bus, struct peng_bus_slot *to,
			      struct peng_bus_slot *from, unsigned int nr)
{
	unsigned int i, live = 0;

	for (i = 0; i < nr; i++) {
		if (rcu_dereference_protected(from[i].dev, lockdep_is_held(&bus->lock)))
			to[live++] = from[i];
	}
	return live;
}

/* A table with the live slots of the present one, and room for one more. */
static struct peng_bus_table *table_copy(struct peng_bus *bus)
{
	struct peng_bus_table *old = table_locked(bus), *new;
	unsigned int nr = old ? old->nr_devs + old->nr_doorbells : 0;

	new = kvzalloc(struct_size(new, slot, nr + 1), GFP_KERNEL_ACCOUNT);
	if (!new || !old)
		return new;
	new->nr_devs = copy_live(bus, new->slot, old->slot, old->nr_devs);
	new->nr_doorbells = copy_live(bus, &new->slot[new->nr_devs],
				      &old->slot[old->nr_devs], old->nr_doorbells);
	return new;
}

static bool table_overlaps(const struct peng_bus_table *table, const struct peng_io_dev *dev)
{
	unsigned int nr = slots_upto(table->slot, table->nr_devs, dev->base);
	const struct peng_bus_slot *slot = table->slot + nr;

	if (nr && dev->base - slot[-1].base < slot[-1].len)
		return true;
	return nr < table->nr_devs && slot->base - dev->base < dev->len;
}

static void table_insert(struct peng_bus_table *table, struct peng_io_dev *dev)
{
	unsigned int total = table->nr_devs + table->nr_doorbells, at;

	if (dev->ops->doorbell) {
		at = table->nr_devs + slots_upto(&table->slot[table->nr_devs],
						 table->nr_doorbells, dev->base);
		table->nr_doorbells++;
	} else {
		at = slots_upto(table->slot, table->nr_devs, dev->base);
		table->nr_devs++;
	}
	memmove(&table->slot[at + 1], &table->slot[at], (total - at) * sizeof(table->slot[0]));
	table->slot[at].base = dev->base;
	table->slot[at].len = dev->len;
	RCU_INIT_POINTER(table->slot[at].dev, dev);
}

static int bus_add_locked(struct peng_bus *bus, struct peng_io_dev *dev)
{
	struct peng_bus_table *old = table_locked(bus), *new = table_copy(bus);

	if (!new)
		return -ENOMEM;
	if (!dev->ops->doorbell && table_overlaps(new, dev)) {
		kvfree(new);
		return -EEXIST;
	}
	table_insert(new, dev);
	rcu_assign_pointer(bus->table, new);
	if (old)
		kvfree_rcu(old, rcu);
	return 0;
}

int peng_bus_add(struct peng_vm *vm, struct peng_io_dev *dev)
{
	int ret;

	if (!dev->ops->doorbell && (!dev->len || dev->base + (dev->len - 1) < dev->base))
		return -EINVAL;
	mutex_lock(&vm->bus.lock);
	ret = bus_add_locked(&vm->bus, dev);
	mutex_unlock(&vm->bus.lock);
	return ret;
}

static bool bus_clear_locked(struct peng_bus *bus, struct peng_io_dev *dev)
{
	struct peng_bus_table *table = table_locked(bus);
	unsigned int i, nr = table ? table->nr_devs + table->nr_doorbells : 0;

	for (i = 0; i < nr; i++) {
		if (rcu_access_pointer(table->slot[i].dev) == dev) {
			RCU_INIT_POINTER(table->slot[i].dev, NULL);
			return true;
		}
	}
	return false;
}

void peng_bus_remove(struct peng_vm *vm, struct peng_io_dev *dev)
{
	bool found;

	mutex_lock(&vm->bus.lock);
	found = bus_clear_locked(&vm->bus, dev);
	mutex_unlock(&vm->bus.lock);
	if (!found)
		return;
	peng_mmio_forget(vm);
	synchronize_srcu_expedited(&vm->srcu);	/* peng_bus_read(), peng_bus_write() */
	synchronize_rcu_expedited();		/* the _fast variants, and doorbells */
}

void peng_bus_init(struct peng_vm *vm)
{
	mutex_init(&vm->bus.lock);
	RCU_INIT_POINTER(vm->bus.table, NULL);
}

/* No vCPU is left, so nobody reads: what is still on the bus is forgotten. */
void peng_bus_destroy(struct peng_vm *vm)
{
	kvfree(rcu_dereference_protected(vm->bus.table, true));
	mutex_destroy(&vm->bus.lock);
}
