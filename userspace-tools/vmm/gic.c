// SPDX-License-Identifier: GPL-2.0-only
/*
 * GICv3 by KVM_CREATE_DEVICE, and interrupt lines into it.
 */
#include "gic.h"
#include "layout.h"
#include "loop.h"
#include "util.h"
#include "vm.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define GIC_FIRST_SPI 32

static int gic_set(struct vm *vm, uint32_t group, uint64_t attribute, const void *value)
{
	struct kvm_device_attr attr = {
		.group = group,
		.attr = attribute,
		.addr = (uintptr_t)value,
	};

	if (ioctl(vm->gic.device, KVM_SET_DEVICE_ATTR, &attr) < 0) {
		report("%s refuses GICv3 attribute %u/%llu: %s", vm->options->device, group,
		       (unsigned long long)attribute, strerror(errno));
		return -errno;
	}
	return 0;
}

int gic_create(struct vm *vm)
{
	struct kvm_create_device create = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };

	if (ioctl(vm->fd, KVM_CREATE_DEVICE, &create) < 0) {
		report("%s cannot make a GICv3: %s; the host needs a GICv3 or later",
		       vm->options->device, strerror(errno));
		return -errno;
	}
	vm->gic.device = create.fd;
	vm->gic.irqfd = vm_capability(vm, KVM_CAP_IRQFD) > 0;
	return 0;
}

int gic_start(struct vm *vm)
{
	const uint64_t dist = LAYOUT_GICD_BASE, redist = LAYOUT_GICR_BASE;
	const uint32_t irqs = GIC_FIRST_SPI + LAYOUT_SPI_COUNT;
	const struct {
		uint32_t group;
		uint64_t attribute;
		const void *value;
	} steps[] = {
		{ KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &dist },
		{ KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &redist },
		{ KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &irqs },
		{ KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int error = gic_set(vm, steps[i].group, steps[i].attribute, steps[i].value);

		if (error)
			return error;
	}
	return 0;
}

void gic_destroy(struct vm *vm)
{
	close(vm->gic.device);
}

void gic_set_level(struct vm *vm, unsigned int spi, bool level)
{
	struct kvm_irq_level line = {
		.irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | (GIC_FIRST_SPI + spi),
		.level = level,
	};

	ioctl(vm->fd, KVM_IRQ_LINE, &line);
}

int gic_edge_create(struct gic_edge *edge, struct vm *vm, unsigned int spi)
{
	struct kvm_irqfd irqfd = { .gsi = spi };

	edge->vm = vm;
	edge->spi = spi;
	edge->eventfd = -1;
	if (!vm->gic.irqfd)
		return 0;
	edge->eventfd = event_create();
	if (edge->eventfd < 0)
		return edge->eventfd;
	irqfd.fd = edge->eventfd;
	if (ioctl(vm->fd, KVM_IRQFD, &irqfd) < 0) {
		int error = -errno;

		close(edge->eventfd);
		edge->eventfd = -1;
		return error;
	}
	return 0;
}

void gic_edge_raise(struct gic_edge *edge)
{
	if (edge->eventfd >= 0) {
		event_signal(edge->eventfd);
		return;
	}
	gic_set_level(edge->vm, edge->spi, true);
	gic_set_level(edge->vm, edge->spi, false);
}

void gic_edge_destroy(struct gic_edge *edge)
{
	if (edge->eventfd >= 0)
		close(edge->eventfd);
}
