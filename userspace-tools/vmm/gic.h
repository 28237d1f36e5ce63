/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's GICv3, which the kernel emulates, and the interrupt lines that
 * devices of this process drive. A line is either level triggered and set by
 * an ioctl (UART, RTC), or edge triggered and raised by an eventfd that the
 * kernel listens to (virtio queues).
 */
#ifndef PENG_VMM_GIC_H
#define PENG_VMM_GIC_H

#include <stdbool.h>

struct vm;

/**
 * struct gic - the interrupt controller of a VM
 * @device: its device fd
 * @irqfd: the kernel takes eventfds for lines
 */
struct gic {
	int device;
	bool irqfd;
};

/**
 * struct gic_edge - an edge-triggered line
 * @vm: whose line it is
 * @spi: shared peripheral interrupt, counted from 0
 * @eventfd: raised by writing here; -1 where the kernel has no irqfd
 */
struct gic_edge {
	struct vm *vm;
	unsigned int spi;
	int eventfd;
};

/** gic_create() - make the controller. Return: 0 or -errno after a report(). */
int gic_create(struct vm *vm);

/** gic_start() - once all vCPUs exist: make it ready for interrupts. */
int gic_start(struct vm *vm);

/** gic_destroy() - close what gic_create() opened. */
void gic_destroy(struct vm *vm);

/** gic_set_level() - set the level of a level-triggered line; any thread. */
void gic_set_level(struct vm *vm, unsigned int spi, bool level);

/** gic_edge_create() - open an edge-triggered line. Return: 0 or -errno. */
int gic_edge_create(struct gic_edge *edge, struct vm *vm, unsigned int spi);

/** gic_edge_raise() - raise the interrupt once; any thread. */
void gic_edge_raise(struct gic_edge *edge);

/** gic_edge_destroy() - close the line. */
void gic_edge_destroy(struct gic_edge *edge);

#endif
