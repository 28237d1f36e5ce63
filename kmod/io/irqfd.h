/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_IRQFD and KVM_IOEVENTFD: interrupts and doorbells by eventfd.
 */
#ifndef PENG_IO_IRQFD_H
#define PENG_IO_IRQFD_H

#include <linux/kvm.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct peng_vm;

/**
 * struct peng_irqfds - eventfds of a VM
 * @lock: the lists
 * @items: struct irqfd
 * @resamplers: struct irqfd_resampler, one for each level-triggered line
 * @ioeventfds: struct ioeventfd
 */
struct peng_irqfds {
	struct mutex lock;
	struct list_head items;
	struct list_head resamplers;
	struct list_head ioeventfds;
};

int peng_irqfd_module_init(void);
void peng_irqfd_module_exit(void);
int peng_irqfd_init(struct peng_vm *vm);
void peng_irqfd_destroy(struct peng_vm *vm);
long peng_irqfd_set(struct peng_vm *vm, const struct kvm_irqfd *args);
long peng_ioeventfd_set(struct peng_vm *vm, const struct kvm_ioeventfd *args);

/* The guest has deactivated SPI @intid: lower and resample its level irqfds.
 * Called by the vGIC, interrupts masked or not, no vGIC lock held.
 */
void peng_irqfd_notify_eoi(struct peng_vm *vm, u32 intid);
/* Whether anybody wants to hear of the EOI of SPI @intid; lock-free. */
bool peng_irqfd_wants_eoi(struct peng_vm *vm, u32 intid);

#endif /* PENG_IO_IRQFD_H */
