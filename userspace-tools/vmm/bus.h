/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's MMIO space: which device answers at which address. Regions are
 * added while the machine is built and never change once a vCPU runs, so the
 * lookup takes no lock; what a device shares between vCPUs it locks itself.
 */
#ifndef PENG_VMM_BUS_H
#define PENG_VMM_BUS_H

#include "memory.h"

#define BUS_MAX_REGIONS 48

struct bus_region;

/**
 * struct bus_ops - how a device answers
 * @read: value at @offset, @length bytes (1, 2, 4 or 8) in the low bits
 * @write: store the low @length bytes of @value at @offset
 *
 * Called by any vCPU thread; an access never crosses the end of the region.
 */
struct bus_ops {
	uint64_t (*read)(struct bus_region *region, uint64_t offset, unsigned int length);
	void (*write)(struct bus_region *region, uint64_t offset, unsigned int length,
		      uint64_t value);
};

/**
 * struct bus_region - a device's window; embedded in the device
 * @base: guest physical address
 * @size: bytes
 * @ops: how it answers
 */
struct bus_region {
	gpa_t base;
	uint64_t size;
	const struct bus_ops *ops;
};

/**
 * struct bus - all windows
 * @regions: sorted by address, none overlaps another
 * @count: how many
 */
struct bus {
	struct bus_region *regions[BUS_MAX_REGIONS];
	unsigned int count;
};

/**
 * bus_add() - let @region answer from now on
 * Return: 0, -EEXIST where it overlaps another, -ENOSPC where the bus is full.
 */
int bus_add(struct bus *bus, struct bus_region *region);

/**
 * bus_read() - a guest's load from @gpa
 * Return: what the device answers; all ones where there is none.
 */
uint64_t bus_read(const struct bus *bus, gpa_t gpa, unsigned int length);

/** bus_write() - a guest's store to @gpa; ignored where there is no device. */
void bus_write(const struct bus *bus, gpa_t gpa, unsigned int length, uint64_t value);

#endif
