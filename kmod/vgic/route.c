// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a GSI is: a pin of the vGIC or a message to an ITS (KVM API 4.52).
 *
 * One table for each VM, replaced as a whole under vm->irqfds.lock. Readers are
 * under RCU and in any context: an eventfd's wakeup has interrupts masked.
 */
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../vm.h"
#include "its.h"
#include "vgic.h"

#define PIN_TO_INTID(pin)	((pin) + PENG_VGIC_NR_PRIVATE)
#define NO_GSI			U16_MAX

/**
 * struct route - where a GSI goes
 * @type: KVM_IRQ_ROUTING_IRQCHIP or _MSI; 0 for nowhere
 * @pin: SPI, counted from 0
 * @msi: message
 */
struct route {
	u32 type;
	union {
		u32 pin;
		struct kvm_msi msi;
	};
};

/**
 * struct peng_route_table - all routes of a VM
 * @gsi_of_pin: the GSI that leads to each SPI, or NO_GSI
 * @nr: GSIs
 * @routes: by GSI
 */
struct peng_route_table {
	u16 gsi_of_pin[PENG_VGIC_NR_PINS];
	u32 nr;
	struct route routes[];
};

static_assert(PENG_VGIC_MAX_ROUTES < NO_GSI);

static struct peng_route_table *table_alloc(u32 nr)
{
	struct peng_route_table *table;

	table = kvzalloc(struct_size(table, routes, nr), GFP_KERNEL_ACCOUNT);
	if (!table)
		return NULL;
	memset(table->gsi_of_pin, 0xff, sizeof(table->gsi_of_pin));
	table->nr = nr;
	return table;
}

/* When this returns nobody uses a route of the old table any more. */
static void table_replace(struct peng_vm *vm, struct peng_route_table *table)
{
	struct peng_route_table *old;

	mutex_lock(&vm->irqfds.lock);
	old = rcu_dereference_protected(vm->vgic.routes, lockdep_is_held(&vm->irqfds.lock));
	rcu_assign_pointer(vm->vgic.routes, table);
	mutex_unlock(&vm->irqfds.lock);
	if (old) {
		synchronize_rcu_expedited();
		kvfree(old);
	}
}

int peng_route_init_default(struct peng_vm *vm)
{
	u32 nr = vm->vgic.nr_spis, i;
	struct peng_route_table *table = table_alloc(nr);

	if (!table)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		table->routes[i].type = KVM_IRQ_ROUTING_IRQCHIP;
		table->routes[i].pin = i;
		table->gsi_of_pin[i] = i;
	}
	table_replace(vm, table);
	return 0;
}

void peng_route_destroy(struct peng_vm *vm)
{
	kvfree(rcu_dereference_protected(vm->vgic.routes, true));
}

static int add_pin(struct peng_route_table *table, struct route *route, u32 gsi,
		   const struct kvm_irq_routing_entry *entry)
{
	u32 pin = entry->u.irqchip.pin;

	if (entry->flags || entry->u.irqchip.irqchip >= KVM_NR_IRQCHIPS ||
	    pin >= PENG_VGIC_NR_PINS)
		return -EINVAL;
	pin = array_index_nospec(pin, PENG_VGIC_NR_PINS);
	route->pin = pin;
	table->gsi_of_pin[pin] = gsi;
	return 0;
}

static int add_msi(struct route *route, const struct kvm_irq_routing_entry *entry)
{
	if (entry->flags & ~KVM_MSI_VALID_DEVID)
		return -EINVAL;
	route->msi = (struct kvm_msi) {
		.address_lo = entry->u.msi.address_lo,
		.address_hi = entry->u.msi.address_hi,
		.data = entry->u.msi.data,
		.flags = entry->flags,
		.devid = entry->u.msi.devid,
	};
	return 0;
}

/* One route for each GSI: there is one interrupt controller. */
static int add_entry(struct peng_route_table *table, const struct kvm_irq_routing_entry *entry)
{
	u32 gsi = array_index_nospec(entry->gsi, table->nr);
	struct route *route = &table->routes[gsi];

	if (route->type)
		return -EINVAL;
	route->type = entry->type;
	if (entry->type == KVM_IRQ_ROUTING_IRQCHIP)
		return add_pin(table, route, gsi, entry);
	return entry->type == KVM_IRQ_ROUTING_MSI ? add_msi(route, entry) : -EINVAL;
}

static int set_entries(struct peng_vm *vm, const struct kvm_irq_routing_entry *entries, u32 nr)
{
	struct peng_route_table *table;
	u32 i, nr_gsis = 0;
	int ret = 0;

	for (i = 0; i < nr; i++) {
		if (entries[i].gsi >= PENG_VGIC_MAX_ROUTES)
			return -EINVAL;
		nr_gsis = max(nr_gsis, entries[i].gsi + 1);
	}
	table = table_alloc(nr_gsis);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < nr && !ret; i++)
		ret = add_entry(table, &entries[i]);
	if (ret) {
		kvfree(table);
		return ret;
	}
	table_replace(vm, table);
	return 0;
}

/**
 * peng_route_set() - KVM_SET_GSI_ROUTING
 * @vm: VM
 * @arg: in user space
 *
 * Context: may sleep, waits for a grace period. vCPUs may be running.
 * Return: 0; -EINVAL for too many routes, unknown flags or types, a pin that
 *	does not exist or a GSI that comes twice; -EFAULT; -ENOMEM.
 */
long peng_route_set(struct peng_vm *vm, struct kvm_irq_routing __user *arg)
{
	struct kvm_irq_routing_entry *entries = NULL;
	struct kvm_irq_routing head;
	long ret;

	if (copy_from_user(&head, arg, sizeof(head)))
		return -EFAULT;
	if (head.nr > PENG_VGIC_MAX_ROUTES || head.flags)
		return -EINVAL;
	if (head.nr) {
		entries = vmemdup_user(arg->entries, array_size(sizeof(*entries), head.nr));
		if (IS_ERR(entries))
			return PTR_ERR(entries);
	}
	ret = set_entries(vm, entries, head.nr);
	kvfree(entries);
	return ret;
}

/* A GSI that leads nowhere, or to an SPI that the vGIC does not have, is no error. */
void peng_route_raise(struct peng_vm *vm, u32 gsi, bool level)
{
	const struct peng_route_table *table;
	const struct route *route;

	rcu_read_lock();
	table = rcu_dereference(vm->vgic.routes);
	if (!table || gsi >= table->nr)
		goto unlock;
	route = &table->routes[array_index_nospec(gsi, table->nr)];
	if (route->type == KVM_IRQ_ROUTING_IRQCHIP)
		peng_vgic_inject(vm, NULL, PIN_TO_INTID(route->pin), level);
	else if (route->type == KVM_IRQ_ROUTING_MSI && level)
		peng_its_signal(vm, &route->msi);
unlock:
	rcu_read_unlock();
}

u32 peng_route_gsi_of(struct peng_vm *vm, u32 intid)
{
	const struct peng_route_table *table;
	u32 pin = intid - PENG_VGIC_NR_PRIVATE, gsi = NO_GSI;

	rcu_read_lock();
	table = rcu_dereference(vm->vgic.routes);
	if (table && pin < PENG_VGIC_NR_PINS)
		gsi = table->gsi_of_pin[pin];
	rcu_read_unlock();
	return gsi == NO_GSI ? PENG_VGIC_NO_GSI : gsi;
}

/**
 * peng_route_signal_msi() - KVM_SIGNAL_MSI
 * @vm: VM
 * @msi: message
 *
 * Return: 1 where it was delivered; 0 where the guest has not mapped it; -EINVAL
 *	for unknown flags, a missing device ID or an address of no ITS; -ENODEV
 *	without an ITS; -EBUSY where the guest has not enabled it.
 */
long peng_route_signal_msi(struct peng_vm *vm, const struct kvm_msi *msi)
{
	if (!peng_vgic_present(vm) || (msi->flags & ~KVM_MSI_VALID_DEVID))
		return -EINVAL;
	return peng_its_signal(vm, msi);
}
