/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All VMs of the host: by number, with their maker and their name.
 *
 * One mutex of registry.c guards the numbers and the names. Nothing but memory
 * is asked for while it is held.
 */
#ifndef PENG_REGISTRY_H
#define PENG_REGISTRY_H

#include <linux/atomic.h>
#include <linux/ratelimit_types.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "../uapi/linux/peng.h"

struct peng_vcpu;
struct peng_vm;
struct pid;

/**
 * struct peng_vm_ident - how a VM is known on the host
 * @id: in the registry; 0 before it is there
 * @owner: effective user of the process that made it
 * @pid: that process
 * @created_ns: wall-clock time
 * @name: empty for none; under the registry's mutex, all else is constant
 */
struct peng_vm_ident {
	u32 id;
	kuid_t owner;
	struct pid *pid;
	u64 created_ns;
	char name[PENG_VM_NAME_MAX + 1];
};

/**
 * struct peng_vm_faults - what of a VM's faults was not told
 * @limit: how many are
 * @suppressed: since the last that was
 */
struct peng_vm_faults {
	struct ratelimit_state limit;
	atomic_t suppressed;
};

/**
 * enum peng_vm_event - what happens to a VM
 * @PENG_VM_CREATED: the first
 * @PENG_VM_STARTED: its first vCPU runs; once
 * @PENG_VM_PAUSED: under vm->lock, as are @PENG_VM_STARTED and the next two
 * @PENG_VM_RESUMED: after @PENG_VM_PAUSED
 * @PENG_VM_KILLED: at most once
 * @PENG_VM_SHUTDOWN: the guest has turned itself off
 * @PENG_VM_RESET: the guest wants to start anew
 * @PENG_VM_DESTROYED: the last
 */
enum peng_vm_event {
	PENG_VM_CREATED,
	PENG_VM_STARTED,
	PENG_VM_PAUSED,
	PENG_VM_RESUMED,
	PENG_VM_KILLED,
	PENG_VM_SHUTDOWN,
	PENG_VM_RESET,
	PENG_VM_DESTROYED,
};

/**
 * struct peng_watcher - who is told what happens to VMs; each function may sleep
 * @event: in the order of the events of each VM
 * @fault: a vCPU, whose lock is held, cannot go on; @error is what KVM_RUN ends with, 0
 *	or a negative errno
 */
struct peng_watcher {
	void (*event)(struct peng_vm *vm, enum peng_vm_event event);
	void (*fault)(struct peng_vcpu *vcpu, enum peng_fault_kind kind, int error);
};

int peng_registry_add(struct peng_vm *vm);
void peng_registry_remove(struct peng_vm *vm);
void peng_registry_destroy(struct peng_vm *vm);

struct peng_vm *peng_registry_get(u32 id);
struct peng_vm *peng_registry_get_named(const char *name);
struct peng_vm *peng_registry_next(u32 id);
unsigned int peng_registry_generation(void);

int peng_registry_rename(struct peng_vm *vm, const char *name);
void peng_registry_name(struct peng_vm *vm, char *name);

void peng_registry_watch(const struct peng_watcher *by);
void peng_registry_tell(struct peng_vm *vm, enum peng_vm_event event);
void peng_registry_tell_fault(struct peng_vcpu *vcpu, enum peng_fault_kind kind, int error);

#endif /* PENG_REGISTRY_H */
