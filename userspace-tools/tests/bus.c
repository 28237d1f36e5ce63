// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the bus finds the device at an address and no other: windows may
 * touch but not overlap, and an access that leaves its window reaches nobody.
 */
#include "test.h"
#include "../vmm/bus.h"
#include "../vmm/util.h"

#include <errno.h>
#include <string.h>

static struct bus_region *last;
static uint64_t last_offset;

static uint64_t note_read(struct bus_region *region, uint64_t offset, unsigned int length)
{
	last = region;
	last_offset = offset;
	return length;
}

static void note_write(struct bus_region *region, uint64_t offset, unsigned int length,
		       uint64_t value)
{
	(void)length;
	(void)value;
	last = region;
	last_offset = offset;
}

static const struct bus_ops ops = { note_read, note_write };

static void adds_without_overlap(void)
{
	struct bus_region a = { 0x1000, 0x1000, &ops }, b = { 0x3000, 0x1000, &ops };
	struct bus_region between = { 0x2000, 0x1000, &ops };
	struct bus_region head = { 0x0fff, 2, &ops }, tail = { 0x3fff, 2, &ops };
	struct bus_region around = { 0, 0x10000, &ops }, inside = { 0x1800, 8, &ops };
	struct bus bus = { .count = 0 };

	CHECK(!bus_add(&bus, &b));
	CHECK(!bus_add(&bus, &a));
	CHECK(bus_add(&bus, &head) == -EEXIST);
	CHECK(bus_add(&bus, &tail) == -EEXIST);
	CHECK(bus_add(&bus, &around) == -EEXIST);
	CHECK(bus_add(&bus, &inside) == -EEXIST);
	CHECK(!bus_add(&bus, &between));
	CHECK(bus.count == 3);
}

static void is_full_at_its_size(void)
{
	struct bus_region regions[BUS_MAX_REGIONS + 1];
	struct bus bus = { .count = 0 };

	for (size_t i = 0; i < ARRAY_SIZE(regions); i++) {
		regions[i] = (struct bus_region){ i * 0x1000, 0x1000, &ops };
		CHECK(bus_add(&bus, &regions[i]) == (i < BUS_MAX_REGIONS ? 0 : -ENOSPC));
	}
}

/* Against a search through all windows, one by one. */
static void finds_as_a_plain_search_does(void)
{
	struct bus_region regions[BUS_MAX_REGIONS];
	struct bus bus = { .count = 0 };

	for (size_t i = 0; i < ARRAY_SIZE(regions); i++) {
		regions[i] = (struct bus_region){ test_below(0x4000), 1 + test_below(0x80), &ops };
		bus_add(&bus, &regions[i]);
	}
	for (unsigned int i = 0; i < 100000; i++) {
		gpa_t gpa = test_below(0x4100);
		unsigned int length = 1 << test_below(4);
		struct bus_region *expected = NULL;

		for (unsigned int j = 0; j < bus.count; j++) {
			struct bus_region *region = bus.regions[j];

			if (gpa >= region->base && gpa + length <= region->base + region->size)
				expected = region;
		}
		last = NULL;
		CHECK(bus_read(&bus, gpa, length) == (expected ? length : UINT64_MAX));
		CHECK(last == expected);
		CHECK(!expected || last_offset == gpa - expected->base);
		last = NULL;
		bus_write(&bus, gpa, length, 0);
		CHECK(last == expected);
	}
}

int main(void)
{
	static const struct test_case cases[] = {
		{ "windows touch but do not overlap", adds_without_overlap },
		{ "a full bus takes no more", is_full_at_its_size },
		{ "the device found is the one a plain search finds", finds_as_a_plain_search_does },
	};

	return test_main(cases, ARRAY_SIZE(cases));
}
