// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coalesced MMIO (KVM API 4.116): zones, and the ring that they share.
 *
 * Zones are found under RCU. The ring lies in a page that user space writes,
 * too: each index that is read from it is checked before it is used, and a ring
 * that makes no sense counts as full.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../vm.h"
#include "coalesced.h"

/* As many as KVM has room for on a bus. */
#define MAX_ZONES	1000

/**
 * struct mmio_zone - writes to these addresses are collected
 * @node: in the VM's list
 * @rcu: for the free
 * @addr: first address
 * @size: bytes
 * @pio: port I/O, which no ARM64 guest can reach: kept, and never matched
 */
struct mmio_zone {
	struct list_head node;
	struct rcu_head rcu;
	u64 addr;
	u32 size;
	bool pio;
};

static bool zone_holds(const struct mmio_zone *zone, u64 addr, u64 len)
{
	return addr >= zone->addr && addr - zone->addr <= zone->size &&
	       len <= zone->size - (addr - zone->addr);
}

static bool any_zone_holds(struct peng_coalesced *c, u64 gpa, unsigned int len)
{
	const struct mmio_zone *zone;
	bool found = false;

	if (list_empty(&c->zones))
		return false;
	rcu_read_lock();
	list_for_each_entry_rcu(zone, &c->zones, node) {
		found = !zone->pio && zone_holds(zone, gpa, len);
		if (found)
			break;
	}
	rcu_read_unlock();
	return found;
}

static bool ring_put(struct kvm_coalesced_mmio_ring *ring, u64 gpa, unsigned int len, u64 val)
{
	u32 last = READ_ONCE(ring->last);
	struct kvm_coalesced_mmio *entry;
	u32 next;

	if (last >= KVM_COALESCED_MMIO_MAX)
		return false;
	next = (last + 1) % KVM_COALESCED_MMIO_MAX;
	if (next == READ_ONCE(ring->first))
		return false;

	entry = &ring->coalesced_mmio[last];
	entry->phys_addr = gpa;
	entry->len = len;
	entry->pio = 0;
	memcpy(entry->data, &val, len);
	/* The entry before its number; user space reads the number first. */
	smp_store_release(&ring->last, next);
	return true;
}

bool peng_coalesced_write(struct peng_vm *vm, u64 gpa, unsigned int len, u64 val)
{
	struct peng_coalesced *c = &vm->coalesced;
	unsigned long flags;
	bool done;

	if (likely(!any_zone_holds(c, gpa, len)))
		return false;
	raw_spin_lock_irqsave(&c->ring_lock, flags);
	done = ring_put(c->ring, gpa, len, val);
	raw_spin_unlock_irqrestore(&c->ring_lock, flags);
	return done;
}

/**
 * peng_coalesced_add() - KVM_REGISTER_COALESCED_MMIO
 * @vm: VM
 * @args: the zone; zones may overlap
 *
 * Context: may sleep.
 * Return: 0; -EINVAL for an address space that is neither memory nor ports,
 *	-ENOSPC, -ENOMEM.
 */
int peng_coalesced_add(struct peng_vm *vm, const struct kvm_coalesced_mmio_zone *args)
{
	struct peng_coalesced *c = &vm->coalesced;
	struct mmio_zone *zone;
	int ret = 0;

	if (args->pio > 1)
		return -EINVAL;
	zone = kzalloc(sizeof(*zone), GFP_KERNEL_ACCOUNT);
	if (!zone)
		return -ENOMEM;
	zone->addr = args->addr;
	zone->size = args->size;
	zone->pio = args->pio;

	mutex_lock(&c->lock);
	if (c->nr_zones < MAX_ZONES) {
		list_add_rcu(&zone->node, &c->zones);
		c->nr_zones++;
	} else {
		ret = -ENOSPC;
	}
	mutex_unlock(&c->lock);
	if (ret)
		kfree(zone);
	return ret;
}

/**
 * peng_coalesced_remove() - KVM_UNREGISTER_COALESCED_MMIO
 * @vm: VM
 * @args: every zone that holds all of this one goes
 *
 * Context: may sleep.
 * Return: 0, whether there was one or not, as from KVM; -EINVAL.
 */
int peng_coalesced_remove(struct peng_vm *vm, const struct kvm_coalesced_mmio_zone *args)
{
	struct peng_coalesced *c = &vm->coalesced;
	struct mmio_zone *zone, *next;

	if (args->pio > 1)
		return -EINVAL;

	mutex_lock(&c->lock);
	list_for_each_entry_safe(zone, next, &c->zones, node) {
		if (zone->pio != args->pio || !zone_holds(zone, args->addr, args->size))
			continue;
		list_del_rcu(&zone->node);
		c->nr_zones--;
		kfree_rcu(zone, rcu);
	}
	mutex_unlock(&c->lock);
	return 0;
}

struct page *peng_coalesced_page(struct peng_vm *vm)
{
	return virt_to_page(vm->coalesced.ring);
}

/**
 * peng_coalesced_init() - a VM without zones
 * @vm: VM
 *
 * Return: 0 or -ENOMEM.
 */
int peng_coalesced_init(struct peng_vm *vm)
{
	struct peng_coalesced *c = &vm->coalesced;

	mutex_init(&c->lock);
	INIT_LIST_HEAD(&c->zones);
	raw_spin_lock_init(&c->ring_lock);
	c->ring = (struct kvm_coalesced_mmio_ring *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	return c->ring ? 0 : -ENOMEM;
}

/**
 * peng_coalesced_destroy() - the end of a VM
 * @vm: VM; nobody is on its bus any more
 */
void peng_coalesced_destroy(struct peng_vm *vm)
{
	struct peng_coalesced *c = &vm->coalesced;
	struct mmio_zone *zone, *next;

	list_for_each_entry_safe(zone, next, &c->zones, node)
		kfree(zone);
	free_page((unsigned long)c->ring);
}
