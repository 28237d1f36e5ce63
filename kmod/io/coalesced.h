/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Coalesced MMIO: guest writes to zones that user space has named are put into
 * a ring that it reads when it next has reason to, instead of leaving KVM_RUN.
 */
#ifndef PENG_IO_COALESCED_H
#define PENG_IO_COALESCED_H

#include <linux/kvm.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct page;
struct peng_vm;

/**
 * struct peng_coalesced - coalesced MMIO of a VM
 * @lock: changes of @zones; innermost of the mutexes
 * @zones: struct mmio_zone; read under RCU
 * @nr_zones: how many there are
 * @ring_lock: the ring's producer side; any context
 * @ring: a page shared with user space, which may write anything into it
 */
struct peng_coalesced {
	struct mutex lock;	/* changes of zones */
	struct list_head zones;
	unsigned int nr_zones;
	raw_spinlock_t ring_lock;	/* the producer side */
	struct kvm_coalesced_mmio_ring *ring;
};

int peng_coalesced_init(struct peng_vm *vm);
void peng_coalesced_destroy(struct peng_vm *vm);

/* KVM_REGISTER_COALESCED_MMIO and KVM_UNREGISTER_COALESCED_MMIO. */
int peng_coalesced_add(struct peng_vm *vm, const struct kvm_coalesced_mmio_zone *zone);
int peng_coalesced_remove(struct peng_vm *vm, const struct kvm_coalesced_mmio_zone *zone);

/* The page behind struct kvm_run in the mapping of a vCPU. */
struct page *peng_coalesced_page(struct peng_vm *vm);

/**
 * peng_coalesced_write() - put a guest write into the ring
 * @vm: VM
 * @gpa: guest physical address
 * @len: bytes
 * @val: what is written, as a number of this host
 *
 * Context: any; interrupts may be masked.
 * Return: false where no zone holds all of it, or the ring is full: the write
 *	then goes to user space as any other.
 */
bool peng_coalesced_write(struct peng_vm *vm, u64 gpa, unsigned int len, u64 val);

#endif /* PENG_IO_COALESCED_H */
