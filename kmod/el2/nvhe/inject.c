// SPDX-License-Identifier: GPL-2.0-only
/*
 * <debugfs>/peng/el2_fault: the next vCPU that enters its guest has EL2 fault
 * instead, in the way that was written (enum nvhe_fault by number), or behind the
 * guest (NVHE_FAULT_WITH_FP). Root only, and only where the module was loaded with
 * debug=1: whoever can write it can end any VM of the host.
 */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "backend.h"

static bool debug;
module_param(debug, bool, 0444);
MODULE_PARM_DESC(debug, "files in debugfs that make peng fail on purpose (default: n)");

/* Looked at by each entry; 0 nearly always. */
atomic_t peng_nvhe_injected;

static struct dentry *dir;

static int inject_set(void *unused, u64 val)
{
	if ((val & ~NVHE_FAULT_WITH_FP) >= NVHE_NR_FAULTS || val == NVHE_FAULT_WITH_FP)
		return -EINVAL;
	atomic_set(&peng_nvhe_injected, val);
	return 0;
}

static int inject_get(void *unused, u64 *val)
{
	*val = atomic_read(&peng_nvhe_injected);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(inject_fops, inject_get, inject_set, "%llu\n");

/* Without debugfs there is nothing to inject with, and nothing to report. */
void peng_nvhe_inject_init(void)
{
	if (!debug)
		return;
	dir = debugfs_create_dir("peng", NULL);
	debugfs_create_file_unsafe("el2_fault", 0600, dir, NULL, &inject_fops);
}

void peng_nvhe_inject_exit(void)
{
	debugfs_remove_recursive(dir);
	dir = NULL;
}
