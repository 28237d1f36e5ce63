/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device tree that tells the guest what machine it runs on.
 */
#ifndef PENG_VMM_FDT_H
#define PENG_VMM_FDT_H

struct loaded;
struct vm;

/**
 * fdt_build() - write the machine's device tree to guest memory
 * @vm: the machine, with all its devices and vCPUs
 * @loaded: where the images are, and the room for the tree
 *
 * Return: 0 or -errno after a report().
 */
int fdt_build(const struct vm *vm, const struct loaded *loaded);

#endif
