/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cgroups (version 2, Documentation/admin-guide/cgroup-v2.rst of the kernel): what
 * holds the memory of a VM. A VM has one of its own where nothing but its process is
 * in it: systemd gives one to each unit, and `peng start` makes one elsewhere.
 */
#ifndef PENG_LIB_CGROUP_H
#define PENG_LIB_CGROUP_H

#include "client.h"

#include <stdbool.h>
#include <stdint.h>

#define CGROUP_NO_LIMIT	UINT64_MAX

/**
 * cgroup_enter() - have this process in a cgroup of its own, /peng/NAME.PID
 * @name: of the VM
 *
 * Where systemd runs, where the user may not, or where the host has no memory
 * controller, the process stays where it is.
 */
void cgroup_enter(const char *name);

/** cgroup_leave() - remove what cgroup_enter() made. */
void cgroup_leave(void);

/**
 * cgroup_set_memory() - how much memory a VM may have
 * @vm: VM
 * @bytes: no less than it has; CGROUP_NO_LIMIT for all
 *
 * Return: a status, after a report() where it is not STATUS_OK.
 */
enum status cgroup_set_memory(const struct vm_info *vm, uint64_t bytes);

/**
 * cgroup_get_memory() - how much memory a VM may have, and has
 * @vm: VM
 * @limit: CGROUP_NO_LIMIT for no limit
 * @used: with what the kernel has for it
 *
 * Return: whether it has a cgroup of its own which counts that.
 */
bool cgroup_get_memory(const struct vm_info *vm, uint64_t *limit, uint64_t *used);

#endif
