// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMIO lookup: a sorted array of windows, searched by bisection.
 */
#include "bus.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Index of the first region that ends after @gpa. */
static unsigned int bus_search(const struct bus *bus, gpa_t gpa)
{
	unsigned int low = 0, high = bus->count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;
		const struct bus_region *region = bus->regions[middle];

		if (region->base + region->size > gpa)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int bus_add(struct bus *bus, struct bus_region *region)
{
	unsigned int at = bus_search(bus, region->base);

	if (bus->count == BUS_MAX_REGIONS)
		return -ENOSPC;
	if (at < bus->count && bus->regions[at]->base < region->base + region->size)
		return -EEXIST;
	memmove(&bus->regions[at + 1], &bus->regions[at],
		(bus->count - at) * sizeof(bus->regions[0]));
	bus->regions[at] = region;
	bus->count++;
	return 0;
}

static struct bus_region *bus_find(const struct bus *bus, gpa_t gpa, unsigned int length)
{
	unsigned int at = bus_search(bus, gpa);
	struct bus_region *region;

	if (at == bus->count)
		return NULL;
	region = bus->regions[at];
	if (gpa < region->base || length > region->base + region->size - gpa)
		return NULL;
	return region;
}

uint64_t bus_read(const struct bus *bus, gpa_t gpa, unsigned int length)
{
	struct bus_region *region = bus_find(bus, gpa, length);

	if (!region)
		return UINT64_MAX;
	return region->ops->read(region, gpa - region->base, length);
}

void bus_write(const struct bus *bus, gpa_t gpa, unsigned int length, uint64_t value)
{
	struct bus_region *region = bus_find(bus, gpa, length);

	if (region)
		region->ops->write(region, gpa - region->base, length, value);
}
