/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_IRQFD and KVM_IOEVENTFD: interrupts and doorbells by eventfd.
 */
#ifndef PENG_IO_IRQFD_H
#define PENG_IO_IRQFD_H

#include <linux/kvm.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct peng_vm;

/* GSIs that can have a route. */
#define PENG_NR_GSIS	4096

/**
 * struct peng_irqfds - eventfds of a VM
 * @lock: the lists; outside vm->bus.lock
 * @items: struct irqfd
 * @resamplers: those of @items that are level-triggered; read under RCU
 * @resampled: GSIs that @resamplers is about; set bits are read lock-free
 * @ended: GSIs whose EOI @resample_work is to tell, where the vCPU cannot
 * @resample_work: tells user space of EOIs
 * @ioeventfds: struct ioeventfd
 */
struct peng_irqfds {
	struct mutex lock;
	struct list_head items;
	struct list_head resamplers;
	DECLARE_BITMAP(resampled, PENG_NR_GSIS);
	DECLARE_BITMAP(ended, PENG_NR_GSIS);
	struct work_struct resample_work;
	struct list_head ioeventfds;
};

int peng_irqfd_module_init(void);
void peng_irqfd_module_exit(void);

void peng_irqfd_init(struct peng_vm *vm);

/**
 * peng_irqfd_release() - let go of all irqfds, when the VM's fd is closed
 * @vm: VM; its vCPUs may still be running, and the vGIC is there
 *
 * Context: may sleep. Afterwards no eventfd raises an interrupt of the VM.
 */
void peng_irqfd_release(struct peng_vm *vm);

/**
 * peng_irqfd_destroy() - undo peng_irqfd_init(), at the end of the VM
 * @vm: VM; no vCPU is left, and nothing on the bus is used any more
 *
 * Context: may sleep.
 */
void peng_irqfd_destroy(struct peng_vm *vm);

/* KVM_IRQFD and KVM_IOEVENTFD. May sleep, vCPUs may be running. */
long peng_irqfd_set(struct peng_vm *vm, const struct kvm_irqfd *args);
long peng_ioeventfd_set(struct peng_vm *vm, const struct kvm_ioeventfd *args);

/**
 * peng_irqfd_notify_eoi() - the guest has deactivated an SPI
 * @vm: VM
 * @intid: SPI
 *
 * Lowers the line and signals the resamplefds of its level-triggered irqfds;
 * a device that still wants service signals its irqfd again.
 *
 * Context: any, interrupts masked or not, no vGIC lock held.
 */
void peng_irqfd_notify_eoi(struct peng_vm *vm, u32 intid);

/* ioeventfd.c, for peng_irqfd_destroy(). */
void peng_ioeventfd_destroy(struct peng_vm *vm);

#endif /* PENG_IO_IRQFD_H */
