// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choose the backend, and bring each CPU up and down for it.
 *
 * Runs at the host kernel's own exception level. peng_el2 is written once, at
 * load, before any VM can exist.
 */
#include <linux/cpuhotplug.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/printk.h>

#include "../host/probe.h"
#include "el2.h"
#include "vhe/vhe.h"

const struct peng_el2_ops *peng_el2;

static int hotplug_state;

static int cpu_up(unsigned int cpu)
{
	unsigned long flags;
	int ret;

	local_irq_save(flags);
	ret = peng_el2->cpu_up();
	local_irq_restore(flags);
	return ret;
}

static int cpu_down(unsigned int cpu)
{
	unsigned long flags;

	local_irq_save(flags);
	peng_el2->cpu_down();
	local_irq_restore(flags);
	return 0;
}

/**
 * peng_el2_init() - choose the backend and bring all CPUs up
 *
 * Context: module load; may sleep.
 * Return: 0; -ENODEV where the host kernel does not run at EL2.
 */
int peng_el2_init(void)
{
	int ret;

	if (!peng_host.vhe) {
		pr_err("the host kernel runs at EL1, and this build has the VHE backend only; use a CPU with FEAT_VHE (Armv8.1) and boot at EL2\n");
		return -ENODEV;
	}
	peng_el2 = &peng_vhe_ops;

	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "peng/el2:online", cpu_up, cpu_down);
	if (ret < 0)
		return ret;
	hotplug_state = ret;
	return 0;
}

/**
 * peng_el2_exit() - give every CPU back as it was found
 *
 * Context: module unload, no VM exists; may sleep.
 */
void peng_el2_exit(void)
{
	cpuhp_remove_state(hotplug_state);
}
