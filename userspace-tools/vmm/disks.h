/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The disks of a machine that runs, by the names of their files. Whoever asks for
 * something names a disk as he likes: two names are the same disk where they lead
 * to the same file. All of it runs in the main loop.
 */
#ifndef PENG_VMM_DISKS_H
#define PENG_VMM_DISKS_H

#include "options.h"

struct vm;

/** disks_find() - index of a disk in @options, or -ENOENT after a report(). */
int disks_find(const struct options *options, const char *path);

/** disks_attach() - "FILE" or "FILE,ro" of a machine that runs. Return: 0 or -errno after a report(). */
int disks_attach(struct vm *vm, const char *value);

/** disks_detach() - one that disks_attach() took. Return: 0 or -errno after a report(). */
int disks_detach(struct vm *vm, const char *path);

/** disks_create() - all that the machine starts with. Return: 0 or -errno after a report(). */
int disks_create(struct vm *vm);

/**
 * disks_resize() - give a disk a new size, and tell the guest
 * Return: 0 or -errno after a report().
 */
int disks_resize(struct vm *vm, const char *path, uint64_t bytes);

#endif
