/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM and its life.
 *
 * References: the VM fd holds one, each vCPU fd and each device fd holds one.
 * The VM dies with the last. irqfds hold none: the VM's end waits for them.
 * Who finds a VM in the registry (registry.h) holds one while looking at it.
 *
 * Locks, outermost first (Documentation/locking.rst): vm->lock, vcpu->lock,
 * vm->memslots.lock, vm->irqfds.lock, vm->bus.lock, the Stage-2 lock, then
 * the vGIC's raw spinlocks.
 */
#ifndef PENG_VM_H
#define PENG_VM_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/refcount.h>
#include <linux/srcu.h>
#include <linux/types.h>

#include "feature.h"
#include "io/bus.h"
#include "io/coalesced.h"
#include "io/irqfd.h"
#include "limit.h"
#include "mmu/memslot.h"
#include "mmu/stage2.h"
#include "pmu/pmu.h"
#include "registry.h"
#include "smccc/smccc.h"
#include "sysreg/sysreg.h"
#include "timer/timer.h"
#include "vgic/vgic.h"

struct mm_struct;
struct peng_account;
struct peng_vcpu;

#define PENG_MAX_VCPUS	512

/**
 * struct peng_vm - a virtual machine
 * @refs: file descriptors and others that keep the VM
 * @lock: configuration: vCPU and device creation, vGIC set-up
 * @account: where the VM and its vCPUs count (quota.h)
 * @mm: address space of the creator; every ioctl must come from it
 * @nr_vcpus: entries in @vcpus; read lock-free, after the entry is complete
 * @devices: struct peng_device
 * @srcu: readers of memory slots and of the bus in task context
 * @dead: the VM must not run any more; every ioctl on it gives -EIO
 * @killed: @dead is from peng_vm_kill(); for who has the last reference
 * @paused: no vCPU may enter the guest; written under @lock, read lock-free
 * @limited: @limit has a quota; written under @lock, read lock-free
 * @features: what its CPUs have, bits by enum peng_feature; once @features_fixed,
 *	constant, and read lock-free
 * @features_fixed: by the first KVM_ARM_VCPU_INIT
 * @ran: some vCPU has run; configuration that guests could see is fixed; set once
 * @nisv_to_user: KVM_CAP_ARM_NISV_TO_USER is enabled
 * @system_suspend: KVM_CAP_ARM_SYSTEM_SUSPEND is enabled; set once, read lock-free
 * @ident: how it is known on the host
 * @limit: how much CPU time it may have
 * @faults: that those who listen were not told of
 * @stage2: Stage-2 address space
 * @memslots: guest memory
 * @bus: in-kernel MMIO devices
 * @coalesced: writes that user space reads later
 * @mmio_gen: counts changes of what is memory, and devices that go
 * @irqfds: eventfds
 * @vgic: distributor
 * @timer: counter offsets, interrupt numbers
 * @smccc: firmware versions
 * @sysreg: ID registers
 * @pmu: whose performance monitors
 * @vcpus: by index, in the order of creation; entries are never removed
 */
struct peng_vm {
	refcount_t refs;
	struct mutex lock;
	struct peng_account *account;
	struct mm_struct *mm;
	unsigned int nr_vcpus;
	struct list_head devices;
	struct srcu_struct srcu;
	bool dead;
	bool killed;
	bool paused;
	bool limited;
	unsigned long features;
	bool features_fixed;
	bool ran;
	bool nisv_to_user;
	bool system_suspend;
	struct peng_vm_ident ident;
	struct peng_vm_limit limit;
	struct peng_vm_faults faults;

	struct peng_stage2 stage2;
	struct peng_memslots memslots;
	struct peng_bus bus;
	struct peng_coalesced coalesced;
	atomic_long_t mmio_gen;
	struct peng_irqfds irqfds;
	struct peng_vgic_dist vgic;
	struct peng_vm_timer timer;
	struct peng_vm_smccc smccc;
	struct peng_vm_sysreg sysreg;
	struct peng_vm_pmu pmu;
	struct peng_vcpu *vcpus[PENG_MAX_VCPUS];
};

long peng_vm_create(unsigned long type);
void peng_vm_get(struct peng_vm *vm);
void peng_vm_put(struct peng_vm *vm);
/* A reference, but of a VM whose end has begun. */
bool peng_vm_tryget(struct peng_vm *vm);
/* Stop all vCPUs for good: peng found its own state wrong. Any context. */
void peng_vm_fail(struct peng_vm *vm);
/* For whom steers VMs from outside: hold all vCPUs, let them go on, end them. */
int peng_vm_pause(struct peng_vm *vm);
int peng_vm_resume(struct peng_vm *vm);
int peng_vm_kill(struct peng_vm *vm);

/* vCPU by KVM vCPU id, by MPIDR affinity bits; NULL if none. */
struct peng_vcpu *peng_vm_vcpu_by_id(struct peng_vm *vm, unsigned int id);
struct peng_vcpu *peng_vm_vcpu_by_mpidr(struct peng_vm *vm, u64 mpidr);

/* Take every vCPU's lock without waiting, with vm->lock held: -EBUSY where
 * one is in an ioctl. For configuration that no vCPU may see change.
 */
int peng_vm_trylock_vcpus(struct peng_vm *vm);
void peng_vm_unlock_vcpus(struct peng_vm *vm);

/* Whether the guest's CPUs have what a row of a table is for. */
static inline bool peng_vm_has_feature(const struct peng_vm *vm, enum peng_feature feature)
{
	return feature == PENG_FEATURE_NONE || vm->features & BIT(feature);
}

static inline unsigned int peng_vm_nr_vcpus(struct peng_vm *vm)
{
	/* Pairs with the release where a vCPU is added: its entry is complete. */
	return smp_load_acquire(&vm->nr_vcpus);
}

/* vCPU by index, in any context; NULL if none. A guest may have chosen @idx. */
static inline struct peng_vcpu *peng_vm_vcpu(struct peng_vm *vm, unsigned int idx)
{
	if (idx >= peng_vm_nr_vcpus(vm))
		return NULL;
	return vm->vcpus[array_index_nospec(idx, PENG_MAX_VCPUS)];
}

#define peng_vm_for_each_vcpu(idx, vcpu, vm)				\
	for ((idx) = 0; (idx) < peng_vm_nr_vcpus(vm) &&			\
	     ((vcpu) = peng_vm_vcpu(vm, idx)); (idx)++)

#endif /* PENG_VM_H */
