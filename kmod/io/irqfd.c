// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_IRQFD: an eventfd raises an interrupt, along the route of its GSI.
 *
 * Without KVM_IRQFD_FLAG_RESAMPLE each signal is a pulse. With it the line
 * stays high until the guest has ended the interrupt; then it is lowered, and
 * the resamplefd asks the device whether it wants more.
 *
 * An irqfd dies by deassign, by its eventfd's last close (EPOLLHUP, which
 * arrives under the wait queue's lock and so goes on in a work item), or with
 * the VM's descriptor. Whoever of them unlinks it, under irqfds.lock, frees it.
 * Nothing here holds a reference to the VM: peng_irqfd_release() waits instead.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/irqflags.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "../vm.h"
#include "irqfd.h"

/**
 * struct irqfd - an eventfd that raises an interrupt
 * @vm: whose interrupt
 * @gsi: which interrupt
 * @linked: in vm->irqfds.items; cleared by whoever is to free the irqfd
 * @eventfd: what raises it
 * @resamplefd: what hears of its EOI; NULL for pulses
 * @node: in vm->irqfds.items, then in the list of what is to be freed
 * @resample_node: in vm->irqfds.resamplers
 * @wait: in the wait queue of @eventfd
 * @closed: work item for its last close
 */
struct irqfd {
	struct peng_vm *vm;
	u32 gsi;
	bool linked;
	struct eventfd_ctx *eventfd;
	struct eventfd_ctx *resamplefd;
	struct list_head node;
	struct list_head resample_node;
	wait_queue_entry_t wait;
	struct work_struct closed;
};

/* To get at the irqfd from a poll callback. */
struct irqfd_poll {
	poll_table table;
	struct irqfd *irqfd;
};

/* One queue for all VMs: to wait for it means no close is under way. */
static struct workqueue_struct *irqfd_wq;

static_assert(PENG_NR_GSIS == PENG_VGIC_MAX_ROUTES);

static void irqfd_raise(struct irqfd *irqfd)
{
	peng_route_raise(irqfd->vm, irqfd->gsi, true);
	if (!irqfd->resamplefd)
		peng_route_raise(irqfd->vm, irqfd->gsi, false);
}

/* The eventfd was signalled, or closed for good; its wait queue is locked. */
static int irqfd_wakeup(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct irqfd *irqfd = container_of(wait, struct irqfd, wait);
	__poll_t events = key_to_poll(key);
	u64 count;

	if (events & EPOLLIN) {
		eventfd_ctx_do_read(irqfd->eventfd, &count);
		irqfd_raise(irqfd);
	}
	if (events & EPOLLHUP)
		queue_work(irqfd_wq, &irqfd->closed);
	return 0;
}

static void irqfd_add_wait(struct file *file, wait_queue_head_t *wqh, poll_table *table)
{
	struct irqfd *irqfd = container_of(table, struct irqfd_poll, table)->irqfd;

	add_wait_queue(wqh, &irqfd->wait);
}

static void resample_signal(struct peng_vm *vm, u32 gsi)
{
	struct irqfd *irqfd;

	rcu_read_lock();
	list_for_each_entry_rcu(irqfd, &vm->irqfds.resamplers, resample_node) {
		if (irqfd->gsi == gsi)
			eventfd_signal(irqfd->resamplefd);
	}
	rcu_read_unlock();
}

static void resample_work(struct work_struct *work)
{
	struct peng_vm *vm = container_of(work, struct peng_vm, irqfds.resample_work);
	u32 gsi;

	for_each_set_bit(gsi, vm->irqfds.ended, PENG_NR_GSIS) {
		if (test_and_clear_bit(gsi, vm->irqfds.ended))
			resample_signal(vm, gsi);
	}
}

void peng_irqfd_notify_eoi(struct peng_vm *vm, u32 intid)
{
	u32 gsi = peng_route_gsi_of(vm, intid);

	if (gsi >= PENG_NR_GSIS || !test_bit(gsi, vm->irqfds.resampled))
		return;
	peng_route_raise(vm, gsi, false);

	/* An eventfd's wait queue has a lock that sleeps there. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT) && irqs_disabled()) {
		set_bit(gsi, vm->irqfds.ended);
		queue_work(irqfd_wq, &vm->irqfds.resample_work);
		return;
	}
	resample_signal(vm, gsi);
}

static void resample_link(struct irqfd *irqfd)
{
	struct peng_irqfds *irqfds = &irqfd->vm->irqfds;

	list_add_tail_rcu(&irqfd->resample_node, &irqfds->resamplers);
	if (irqfd->gsi < PENG_NR_GSIS)
		set_bit(irqfd->gsi, irqfds->resampled);
}

/* With the last resampler of a line nobody is left who could lower it. */
static void resample_unlink(struct irqfd *irqfd)
{
	struct peng_irqfds *irqfds = &irqfd->vm->irqfds;
	struct irqfd *other;

	list_del_rcu(&irqfd->resample_node);
	list_for_each_entry(other, &irqfds->resamplers, resample_node) {
		if (other->gsi == irqfd->gsi)
			return;
	}
	if (irqfd->gsi < PENG_NR_GSIS)
		clear_bit(irqfd->gsi, irqfds->resampled);
	peng_route_raise(irqfd->vm, irqfd->gsi, false);
}

/* Put an irqfd on @gone, to be freed; its eventfd raises nothing any more. */
static void irqfd_unlink(struct irqfd *irqfd, struct list_head *gone)
{
	u64 count;

	lockdep_assert_held(&irqfd->vm->irqfds.lock);

	irqfd->linked = false;
	list_move_tail(&irqfd->node, gone);
	eventfd_ctx_remove_wait_queue(irqfd->eventfd, &irqfd->wait, &count);
	if (irqfd->resamplefd)
		resample_unlink(irqfd);
}

/* The others have never been seen by a reader: clients deassign many at a time. */
static void wait_for_resample(const struct list_head *gone)
{
	const struct irqfd *irqfd;

	list_for_each_entry(irqfd, gone, node) {
		if (irqfd->resamplefd) {
			synchronize_rcu_expedited();	/* resample_signal() */
			return;
		}
	}
}

static void irqfds_free(struct list_head *gone)
{
	struct irqfd *irqfd, *next;

	wait_for_resample(gone);
	list_for_each_entry_safe(irqfd, next, gone, node) {
		if (irqfd->resamplefd)
			eventfd_ctx_put(irqfd->resamplefd);
		eventfd_ctx_put(irqfd->eventfd);
		kfree(irqfd);
	}
}

static void irqfd_closed(struct work_struct *work)
{
	struct irqfd *irqfd = container_of(work, struct irqfd, closed);
	struct mutex *lock = &irqfd->vm->irqfds.lock;
	LIST_HEAD(gone);

	mutex_lock(lock);
	if (irqfd->linked)
		irqfd_unlink(irqfd, &gone);
	mutex_unlock(lock);
	irqfds_free(&gone);
}

/*
 * Free what the caller has unlinked. The queue may still hold the work item of
 * one of these, or run that of another that the caller was asked about and no
 * longer found: after this, neither.
 */
static void irqfds_flush_and_free(struct list_head *gone)
{
	flush_workqueue(irqfd_wq);
	irqfds_free(gone);
}

static bool eventfd_is_used(struct peng_irqfds *irqfds, struct eventfd_ctx *eventfd)
{
	struct irqfd *irqfd;

	list_for_each_entry(irqfd, &irqfds->items, node) {
		if (irqfd->eventfd == eventfd)
			return true;
	}
	return false;
}

/* @file keeps the eventfd open meanwhile: its close comes later, as a wakeup. */
static int irqfd_link(struct irqfd *irqfd, struct file *file)
{
	struct peng_irqfds *irqfds = &irqfd->vm->irqfds;
	struct irqfd_poll poll = { .irqfd = irqfd };

	lockdep_assert_held(&irqfds->lock);

	if (eventfd_is_used(irqfds, irqfd->eventfd))
		return -EBUSY;
	list_add_tail(&irqfd->node, &irqfds->items);
	irqfd->linked = true;
	if (irqfd->resamplefd)
		resample_link(irqfd);

	init_poll_funcptr(&poll.table, irqfd_add_wait);
	if (vfs_poll(file, &poll.table) & EPOLLIN)
		irqfd_raise(irqfd);
	return 0;
}

static struct irqfd *irqfd_alloc(struct peng_vm *vm, u32 gsi)
{
	struct irqfd *irqfd = kzalloc(sizeof(*irqfd), GFP_KERNEL_ACCOUNT);

	if (!irqfd)
		return NULL;
	irqfd->vm = vm;
	irqfd->gsi = gsi;
	init_waitqueue_func_entry(&irqfd->wait, irqfd_wakeup);
	INIT_WORK(&irqfd->closed, irqfd_closed);
	return irqfd;
}

/* Look up both eventfds, and go live. Consumes neither @irqfd nor @file. */
static int irqfd_connect(struct irqfd *irqfd, struct file *file, const struct kvm_irqfd *args)
{
	struct peng_vm *vm = irqfd->vm;
	int ret;

	irqfd->eventfd = eventfd_ctx_fileget(file);
	if (IS_ERR(irqfd->eventfd))
		return PTR_ERR(irqfd->eventfd);

	if (args->flags & KVM_IRQFD_FLAG_RESAMPLE) {
		irqfd->resamplefd = eventfd_ctx_fdget(args->resamplefd);
		if (IS_ERR(irqfd->resamplefd)) {
			ret = PTR_ERR(irqfd->resamplefd);
			goto put_eventfd;
		}
	}

	mutex_lock(&vm->irqfds.lock);
	ret = irqfd_link(irqfd, file);
	mutex_unlock(&vm->irqfds.lock);
	if (!ret)
		return 0;

	if (irqfd->resamplefd)
		eventfd_ctx_put(irqfd->resamplefd);
put_eventfd:
	eventfd_ctx_put(irqfd->eventfd);
	return ret;
}

static long irqfd_assign(struct peng_vm *vm, const struct kvm_irqfd *args)
{
	struct irqfd *irqfd;
	struct file *file;
	int ret = -EBADF;

	if (!peng_vgic_initialized(vm))
		return -EAGAIN;
	irqfd = irqfd_alloc(vm, args->gsi);
	if (!irqfd)
		return -ENOMEM;

	file = fget(args->fd);
	if (file) {
		ret = irqfd_connect(irqfd, file, args);
		fput(file);
	}
	if (ret)
		kfree(irqfd);
	return ret;
}

static long irqfd_deassign(struct peng_vm *vm, const struct kvm_irqfd *args)
{
	struct eventfd_ctx *eventfd = eventfd_ctx_fdget(args->fd);
	struct irqfd *irqfd, *next;
	LIST_HEAD(gone);

	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);

	mutex_lock(&vm->irqfds.lock);
	list_for_each_entry_safe(irqfd, next, &vm->irqfds.items, node) {
		if (irqfd->eventfd == eventfd && irqfd->gsi == args->gsi)
			irqfd_unlink(irqfd, &gone);
	}
	mutex_unlock(&vm->irqfds.lock);

	eventfd_ctx_put(eventfd);
	irqfds_flush_and_free(&gone);
	return 0;
}

long peng_irqfd_set(struct peng_vm *vm, const struct kvm_irqfd *args)
{
	if (args->flags & ~(KVM_IRQFD_FLAG_DEASSIGN | KVM_IRQFD_FLAG_RESAMPLE))
		return -EINVAL;
	if (args->flags & KVM_IRQFD_FLAG_DEASSIGN)
		return irqfd_deassign(vm, args);
	return irqfd_assign(vm, args);
}

void peng_irqfd_init(struct peng_vm *vm)
{
	struct peng_irqfds *irqfds = &vm->irqfds;

	mutex_init(&irqfds->lock);
	INIT_LIST_HEAD(&irqfds->items);
	INIT_LIST_HEAD(&irqfds->resamplers);
	INIT_LIST_HEAD(&irqfds->ioeventfds);
	bitmap_zero(irqfds->resampled, PENG_NR_GSIS);
	bitmap_zero(irqfds->ended, PENG_NR_GSIS);
	INIT_WORK(&irqfds->resample_work, resample_work);
}

void peng_irqfd_release(struct peng_vm *vm)
{
	struct irqfd *irqfd, *next;
	LIST_HEAD(gone);

	mutex_lock(&vm->irqfds.lock);
	list_for_each_entry_safe(irqfd, next, &vm->irqfds.items, node)
		irqfd_unlink(irqfd, &gone);
	mutex_unlock(&vm->irqfds.lock);
	irqfds_flush_and_free(&gone);
}

void peng_irqfd_destroy(struct peng_vm *vm)
{
	WARN_ON_ONCE(!list_empty(&vm->irqfds.items));
	cancel_work_sync(&vm->irqfds.resample_work);
	peng_ioeventfd_destroy(vm);
	mutex_destroy(&vm->irqfds.lock);
}

int peng_irqfd_module_init(void)
{
	irqfd_wq = alloc_workqueue("peng-irqfd", WQ_UNBOUND, 0);
	return irqfd_wq ? 0 : -ENOMEM;
}

void peng_irqfd_module_exit(void)
{
	destroy_workqueue(irqfd_wq);
}
