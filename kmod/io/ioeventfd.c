// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_IOEVENTFD: a guest write signals an eventfd instead of leaving to user
 * space. vm->irqfds.lock protects the list; the bus calls the write function
 * without it.
 *
 * KVM knows more address spaces than an ARM64 guest can reach (port I/O, s390
 * channels), and clients probe with them: those are kept and compared, and on
 * no bus.
 */
#include <linux/eventfd.h>
#include <linux/slab.h>

#include "../vm.h"
#include "bus.h"
#include "irqfd.h"

#define IOEVENTFD_SPACES	(KVM_IOEVENTFD_FLAG_PIO | KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY)

/**
 * struct ioeventfd - an eventfd that a guest write signals
 * @dev: where it is on the bus
 * @node: in vm->irqfds.ioeventfds
 * @eventfd: what to signal
 * @addr: address to match
 * @datamatch: value to match, unless @wildcard
 * @len: width to match in bytes, 0 for any
 * @space: bits of IOEVENTFD_SPACES, 0 for MMIO
 * @wildcard: any value matches
 */
struct ioeventfd {
	struct peng_io_dev dev;
	struct list_head node;
	struct eventfd_ctx *eventfd;
	u64 addr;
	u64 datamatch;
	u32 len;
	u32 space;
	bool wildcard;
};

static int ioeventfd_write(struct peng_vcpu *vcpu, struct peng_io_dev *dev,
			   u64 gpa, unsigned int len, u64 val)
{
	struct ioeventfd *p = container_of(dev, struct ioeventfd, dev);

	if (p->len && p->len != len)
		return -EOPNOTSUPP;
	if (!p->wildcard && p->datamatch != val)
		return -EOPNOTSUPP;
	eventfd_signal(p->eventfd);
	return 0;
}

static const struct peng_io_ops ioeventfd_ops = {
	.write = ioeventfd_write,
	.irqs_off = true,
	.doorbell = true,
};

/* KVM's own precedence, where a caller sets both. */
static u32 space_of(u32 flags)
{
	if (flags & KVM_IOEVENTFD_FLAG_PIO)
		return KVM_IOEVENTFD_FLAG_PIO;
	return flags & KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY;
}

/* Whether one write could match both. */
static bool ioeventfds_collide(const struct ioeventfd *a, const struct ioeventfd *b)
{
	if (a->space != b->space || a->addr != b->addr)
		return false;
	if (!a->len || !b->len)
		return true;
	return a->len == b->len &&
	       (a->wildcard || b->wildcard || a->datamatch == b->datamatch);
}

static bool ioeventfds_equal(const struct ioeventfd *a, const struct ioeventfd *b)
{
	return a->eventfd == b->eventfd && a->space == b->space &&
	       a->addr == b->addr && a->len == b->len && a->wildcard == b->wildcard &&
	       (a->wildcard || a->datamatch == b->datamatch);
}

static void ioeventfd_fill(struct ioeventfd *p, const struct kvm_ioeventfd *args)
{
	p->dev.ops = &ioeventfd_ops;
	p->dev.base = args->addr;
	p->dev.len = args->len;
	p->addr = args->addr;
	p->len = args->len;
	p->space = space_of(args->flags);
	p->wildcard = !(args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH);
	p->datamatch = p->wildcard ? 0 : args->datamatch;
}

static int ioeventfd_link(struct peng_vm *vm, struct ioeventfd *p)
{
	struct ioeventfd *other;
	int ret;

	lockdep_assert_held(&vm->irqfds.lock);

	list_for_each_entry(other, &vm->irqfds.ioeventfds, node) {
		if (ioeventfds_collide(other, p))
			return -EEXIST;
	}
	if (!p->space) {
		ret = peng_bus_add(vm, &p->dev);
		if (ret)
			return ret;
	}
	list_add_tail(&p->node, &vm->irqfds.ioeventfds);
	return 0;
}

static void ioeventfd_free(struct ioeventfd *p)
{
	eventfd_ctx_put(p->eventfd);
	kfree(p);
}

static int ioeventfd_check(const struct kvm_ioeventfd *args)
{
	switch (args->len) {
	case 0: case 1: case 2: case 4: case 8:
		break;
	default:
		return -EINVAL;
	}
	if (args->addr + args->len < args->addr)
		return -EINVAL;
	if (args->flags & ~KVM_IOEVENTFD_VALID_FLAG_MASK)
		return -EINVAL;
	if (!args->len && (args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH))
		return -EINVAL;
	return 0;
}

static long ioeventfd_assign(struct peng_vm *vm, const struct kvm_ioeventfd *args)
{
	struct eventfd_ctx *eventfd;
	struct ioeventfd *p;
	int ret;

	ret = ioeventfd_check(args);
	if (ret)
		return ret;
	eventfd = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p) {
		eventfd_ctx_put(eventfd);
		return -ENOMEM;
	}
	ioeventfd_fill(p, args);
	p->eventfd = eventfd;

	mutex_lock(&vm->irqfds.lock);
	ret = ioeventfd_link(vm, p);
	mutex_unlock(&vm->irqfds.lock);
	if (ret)
		ioeventfd_free(p);
	return ret;
}

/* Take the one that equals @key off the list, NULL if there is none. */
static struct ioeventfd *ioeventfd_unlink(struct peng_vm *vm, const struct ioeventfd *key)
{
	struct ioeventfd *p, *found = NULL;

	mutex_lock(&vm->irqfds.lock);
	list_for_each_entry(p, &vm->irqfds.ioeventfds, node) {
		if (ioeventfds_equal(p, key)) {
			found = p;
			list_del(&p->node);
			break;
		}
	}
	mutex_unlock(&vm->irqfds.lock);
	return found;
}

static long ioeventfd_deassign(struct peng_vm *vm, const struct kvm_ioeventfd *args)
{
	struct ioeventfd key = {}, *p;

	key.eventfd = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(key.eventfd))
		return PTR_ERR(key.eventfd);
	ioeventfd_fill(&key, args);
	p = ioeventfd_unlink(vm, &key);
	eventfd_ctx_put(key.eventfd);
	if (!p)
		return -ENOENT;

	peng_bus_remove(vm, &p->dev);
	ioeventfd_free(p);
	return 0;
}

long peng_ioeventfd_set(struct peng_vm *vm, const struct kvm_ioeventfd *args)
{
	if (args->flags & KVM_IOEVENTFD_FLAG_DEASSIGN)
		return ioeventfd_deassign(vm, args);
	return ioeventfd_assign(vm, args);
}

/* No vCPU is left, so nobody is on the bus: it is torn down as a whole. */
void peng_ioeventfd_destroy(struct peng_vm *vm)
{
	struct ioeventfd *p, *next;

	list_for_each_entry_safe(p, next, &vm->irqfds.ioeventfds, node)
		ioeventfd_free(p);
	INIT_LIST_HEAD(&vm->irqfds.ioeventfds);
}
