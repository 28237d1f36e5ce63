// SPDX-License-Identifier: GPL-2.0-only
/*
 * All VMs of the host. A VM is here from when it is complete until its last
 * reference is gone; whoever finds it here gets a reference, or does not find it.
 *
 * Lock: registry_lock, within which no other lock of peng is taken.
 */
#include <linux/compiler.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/ratelimit.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/xarray.h>

#include "registry.h"
#include "vm.h"

static DEFINE_MUTEX(registry_lock);
static DEFINE_XARRAY_ALLOC1(vms);
static u32 last_id;
/* Changes of the set, for who reads it in parts; never 0. */
static unsigned int generation = 1;

/* Set while no VM exists. */
static const struct peng_watcher *watcher;

static void set_changed(void)
{
	lockdep_assert_held(&registry_lock);
	if (!++generation)
		generation = 1;
}

/**
 * peng_registry_add() - give a VM its number
 * @vm: VM, complete, made by the calling process
 *
 * Context: sleeps.
 * Return: 0 or -errno; then @vm is as it was.
 */
int peng_registry_add(struct peng_vm *vm)
{
	struct peng_vm_ident *ident = &vm->ident;
	u32 id;
	int ret;

	ident->owner = current_euid();
	ident->created_ns = ktime_get_real_ns();
	ident->pid = get_pid(task_tgid(current));
	ratelimit_state_init(&vm->faults.limit, PENG_FAULT_INTERVAL_S * HZ, PENG_FAULT_BURST);
	/* What was left out is told by netlink, not by the log. */
	ratelimit_set_flags(&vm->faults.limit, RATELIMIT_MSG_ON_RELEASE);

	mutex_lock(&registry_lock);
	ret = xa_alloc_cyclic(&vms, &id, vm, XA_LIMIT(1, INT_MAX), &last_id,
			      GFP_KERNEL_ACCOUNT);
	if (ret >= 0) {
		ident->id = id;
		set_changed();
	}
	mutex_unlock(&registry_lock);
	if (ret < 0) {
		put_pid(ident->pid);
		return ret;
	}

	peng_registry_tell(vm, PENG_VM_CREATED);
	return 0;
}

/**
 * peng_registry_remove() - nobody finds the VM any more
 * @vm: VM without references; perhaps never added
 *
 * Context: sleeps.
 */
void peng_registry_remove(struct peng_vm *vm)
{
	if (!vm->ident.id)
		return;
	mutex_lock(&registry_lock);
	xa_erase(&vms, vm->ident.id);
	set_changed();
	mutex_unlock(&registry_lock);
}

/**
 * peng_registry_destroy() - the end of a VM is told, and what it is known by freed
 * @vm: VM that has been removed, of which nothing but its struct is left
 *
 * Context: sleeps.
 */
void peng_registry_destroy(struct peng_vm *vm)
{
	if (!vm->ident.id)
		return;
	peng_registry_tell(vm, PENG_VM_DESTROYED);
	put_pid(vm->ident.pid);
}

/**
 * peng_registry_get() - a VM by its number
 * @id: any
 *
 * Context: sleeps.
 * Return: VM with a reference for the caller, or NULL.
 */
struct peng_vm *peng_registry_get(u32 id)
{
	struct peng_vm *vm;

	mutex_lock(&registry_lock);
	vm = xa_load(&vms, id);
	if (vm && !peng_vm_tryget(vm))
		vm = NULL;
	mutex_unlock(&registry_lock);
	return vm;
}

/**
 * peng_registry_next() - go through all VMs
 * @id: where to begin
 *
 * Context: sleeps.
 * Return: VM with the lowest number from @id on, with a reference for the caller, or NULL.
 */
struct peng_vm *peng_registry_next(u32 id)
{
	unsigned long index = id;
	struct peng_vm *vm;

	mutex_lock(&registry_lock);
	vm = xa_find(&vms, &index, ULONG_MAX, XA_PRESENT);
	while (vm && !peng_vm_tryget(vm))
		vm = xa_find_after(&vms, &index, ULONG_MAX, XA_PRESENT);
	mutex_unlock(&registry_lock);
	return vm;
}

/* Without a reference, which the caller may not be able to get. */
static struct peng_vm *find_named(const char *name)
{
	unsigned long index;
	struct peng_vm *vm;

	lockdep_assert_held(&registry_lock);

	if (!*name)
		return NULL;
	xa_for_each(&vms, index, vm)
		if (!strcmp(vm->ident.name, name))
			return vm;
	return NULL;
}

/**
 * peng_registry_get_named() - a VM by its name
 * @name: name
 *
 * Context: sleeps.
 * Return: VM with a reference for the caller, or NULL.
 */
struct peng_vm *peng_registry_get_named(const char *name)
{
	struct peng_vm *vm;

	mutex_lock(&registry_lock);
	vm = find_named(name);
	if (vm && !peng_vm_tryget(vm))
		vm = NULL;
	mutex_unlock(&registry_lock);
	return vm;
}

/**
 * peng_registry_generation() - has the set of VMs changed?
 *
 * Return: number that is another after a VM came or went; not 0.
 */
unsigned int peng_registry_generation(void)
{
	return READ_ONCE(generation);
}

/**
 * peng_registry_rename() - name a VM
 * @vm: VM, of which the caller holds a reference
 * @name: at most PENG_VM_NAME_MAX characters; none takes the name away
 *
 * Context: sleeps.
 * Return: 0, or -EEXIST where another VM has the name.
 */
int peng_registry_rename(struct peng_vm *vm, const char *name)
{
	struct peng_vm *other;
	int ret = 0;

	mutex_lock(&registry_lock);
	other = find_named(name);
	if (other && other != vm)
		ret = -EEXIST;
	else
		strscpy(vm->ident.name, name, sizeof(vm->ident.name));
	mutex_unlock(&registry_lock);
	return ret;
}

/**
 * peng_registry_name() - what a VM is called
 * @vm: VM
 * @name: PENG_VM_NAME_MAX + 1 bytes for it; empty where it has none
 *
 * Context: sleeps.
 */
void peng_registry_name(struct peng_vm *vm, char *name)
{
	mutex_lock(&registry_lock);
	strscpy(name, vm->ident.name, sizeof(vm->ident.name));
	mutex_unlock(&registry_lock);
}

/**
 * peng_registry_watch() - who is told what happens to VMs
 * @by: that one; NULL for nobody
 *
 * Context: load and unload, while no VM exists.
 */
void peng_registry_watch(const struct peng_watcher *by)
{
	watcher = by;
}

/**
 * peng_registry_tell() - something happens to a VM
 * @vm: VM, in the registry or just removed
 * @event: what
 *
 * Context: sleeps; of peng's locks at most vcpu->lock and vm->lock are held.
 */
void peng_registry_tell(struct peng_vm *vm, enum peng_vm_event event)
{
	if (watcher)
		watcher->event(vm, event);
}

/**
 * peng_registry_tell_fault() - a vCPU cannot go on
 * @vcpu: the caller's own
 * @kind: why
 * @error: what KVM_RUN ends with, 0 or a negative errno
 *
 * Context: sleeps; of peng's locks vcpu->lock is held, and vm->srcu may be.
 */
void peng_registry_tell_fault(struct peng_vcpu *vcpu, enum peng_fault_kind kind, int error)
{
	if (watcher)
		watcher->fault(vcpu, kind, error);
}
