/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts the kernel and the initial ramdisk into guest memory, where the arm64
 * boot protocol wants them (Documentation/arm64/booting.rst of the kernel).
 */
#ifndef PENG_VMM_LOADER_H
#define PENG_VMM_LOADER_H

#include "memory.h"

struct options;

/* The boot protocol's limit for a device tree, and the room kept for one. */
#define LOADER_DTB_SIZE 0x200000UL

/**
 * struct loaded - where things are in guest memory
 * @entry: the kernel's first instruction
 * @dtb: room of LOADER_DTB_SIZE bytes for the device tree
 * @initrd: initial ramdisk
 * @initrd_end: first byte after it; equal to @initrd where there is none
 */
struct loaded {
	gpa_t entry;
	gpa_t dtb;
	gpa_t initrd;
	gpa_t initrd_end;
};

/**
 * loader_load() - put the images of @options into @memory
 * Return: 0 or -errno after a report().
 */
int loader_load(const struct options *options, const struct memory *memory,
		struct loaded *loaded);

#endif
