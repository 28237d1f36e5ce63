/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI device of the host that belongs to the test: the one of lab/host --passthrough
 * that is nothing but a region of memory.
 */
#ifndef SELFTESTS_LIB_VFIO_H
#define SELFTESTS_LIB_VFIO_H

#include <stdbool.h>
#include <linux/types.h>

#define VFIO_REGION_SIZE	0x400000ULL

/**
 * struct vfio - the device, open
 * @container: of VFIO
 * @group: the IOMMU group that the device is alone in
 * @number: of the group
 * @device: the device itself
 * @config: where in @device its configuration space begins
 * @region: where its region of memory does
 */
struct vfio {
	int container;
	int group;
	int number;
	int device;
	unsigned long long config;
	unsigned long long region;
};

/* False where the host has no such device. */
bool vfio_open(struct vfio *vfio);
void vfio_close(struct vfio *vfio);
/* The group's file; an errno below 0 where it cannot be opened. */
int vfio_open_group(int number);
/* The region at the address @at, which is free. */
void *vfio_map(struct vfio *vfio, unsigned long long at, int prot);
/* Whether the device answers to memory accesses. */
void vfio_enable_memory(struct vfio *vfio, bool on);

#endif
