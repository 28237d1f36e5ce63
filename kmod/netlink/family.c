// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family "peng": its commands and groups.
 *
 * It exists in the initial network namespace alone: what it shows is of the host,
 * whatever network a reader has. Commands of several senders run at a time, and
 * none holds the lock of generic netlink, because to drop the last reference of a
 * VM may take long.
 */
#include <linux/kernel.h>
#include <linux/module.h>

#include "family.h"
#include "netlink.h"

#define POLICY(_name)								\
	.policy = peng_netlink_##_name##_policy,				\
	.maxattr = ARRAY_SIZE(peng_netlink_##_name##_policy) - 1

static const struct genl_ops ops[] = {
	{
		.cmd = PENG_CMD_HOST_GET,
		POLICY(host_get),
		.doit = peng_netlink_host_get,
	},
	{
		.cmd = PENG_CMD_VM_GET,
		POLICY(vm_get),
		.doit = peng_netlink_vm_get,
		.start = peng_netlink_vm_start,
		.dumpit = peng_netlink_vm_dump,
	},
	{
		.cmd = PENG_CMD_VCPU_GET,
		POLICY(vcpu_get),
		.doit = peng_netlink_vcpu_get,
		.start = peng_netlink_vcpu_start,
		.dumpit = peng_netlink_vcpu_dump,
	},
	{
		.cmd = PENG_CMD_VM_SET_NAME,
		POLICY(vm_set_name),
		.doit = peng_netlink_vm_set_name,
	},
	{
		.cmd = PENG_CMD_VM_PAUSE,
		POLICY(vm_pause),
		.doit = peng_netlink_vm_pause,
	},
	{
		.cmd = PENG_CMD_VM_RESUME,
		POLICY(vm_resume),
		.doit = peng_netlink_vm_resume,
	},
	{
		.cmd = PENG_CMD_VM_KILL,
		POLICY(vm_kill),
		.doit = peng_netlink_vm_kill,
	},
	{
		.cmd = PENG_CMD_VM_RESET_STATS,
		POLICY(vm_reset_stats),
		.doit = peng_netlink_vm_reset_stats,
	},
	{
		.cmd = PENG_CMD_VM_SET_LIMITS,
		POLICY(vm_set_limits),
		.doit = peng_netlink_vm_set_limits,
	},
	{
		.cmd = PENG_CMD_HOST_SET_LIMITS,
		POLICY(host_set_limits),
		.doit = peng_netlink_host_set_limits,
	},
};

/* Events tell of everybody's VMs, and a group cannot tell its members apart. */
static const struct genl_multicast_group groups[] = {
	[PENG_GROUP_LIFECYCLE] = { .name = PENG_MCGRP_LIFECYCLE, COMPAT_MCAST_CAP_SYS_ADMIN },
	[PENG_GROUP_FAULT] = { .name = PENG_MCGRP_FAULT, COMPAT_MCAST_CAP_SYS_ADMIN },
	[PENG_GROUP_STATS] = { .name = PENG_MCGRP_STATS, COMPAT_MCAST_CAP_SYS_ADMIN },
};

struct genl_family peng_netlink_family __ro_after_init = {
	.name = PENG_FAMILY_NAME,
	.version = PENG_FAMILY_VERSION,
	.module = THIS_MODULE,
	.netnsok = false,
	.parallel_ops = true,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

static const struct peng_watcher watcher = {
	.event = peng_netlink_event,
	.fault = peng_netlink_fault,
};

/**
 * peng_netlink_init() - at load, before there can be a VM
 *
 * Return: 0 or -errno.
 */
int peng_netlink_init(void)
{
	int ret = genl_register_family(&peng_netlink_family);

	if (!ret)
		peng_registry_watch(&watcher);
	return ret;
}

/**
 * peng_netlink_exit() - at unload, when there can be no VM any more
 *
 * Waits for all requests, which may hold references of VMs.
 */
void peng_netlink_exit(void)
{
	peng_netlink_stats_stop();
	genl_unregister_family(&peng_netlink_family);
	peng_registry_watch(NULL);
}
