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
#include "nvhe/backend.h"
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
 * Return: 0; -ENODEV where the host has no EL2 for peng; -EBUSY where somebody
 * else has it.
 */
int peng_el2_init(void)
{
	int ret;

	peng_el2 = peng_host.vhe ? &peng_vhe_ops : &peng_nvhe_ops;
	if (peng_el2->init) {
		ret = peng_el2->init();
		if (ret)
			return ret;
	}

	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "peng/el2:online", cpu_up, cpu_down);
	if (ret < 0)
		goto exit_backend;
	hotplug_state = ret;
	return 0;

exit_backend:
	if (ret == -EBUSY)
		pr_err("EL2 is in use; end the guests of built-in KVM, or boot with kvm-arm.mode=none\n");
	if (peng_el2->exit)
		peng_el2->exit();
	return ret;
}

/**
 * peng_el2_exit() - give every CPU back as it was found
 *
 * Context: module unload, no VM exists; may sleep.
 */
void peng_el2_exit(void)
{
	cpuhp_remove_state(hotplug_state);
	if (peng_el2->exit)
		peng_el2->exit();
}
