// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vCPUs of all VMs, told from time to time to those who listen. Generic netlink
 * does not say when somebody joins a group: while there are VMs, a worker looks.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/workqueue.h>

#include "family.h"
#include "../exit_stats.h"
#include "../vcpu.h"
#include "../vm.h"

/* A shorter one would be a load of its own. */
#define LEAST_INTERVAL_MS	100U

static unsigned int stats_interval_ms = 1000;
module_param(stats_interval_ms, uint, 0644);
MODULE_PARM_DESC(stats_interval_ms, "milliseconds between two messages to the netlink group stats, 100 at least");

static bool listened_to(void)
{
	return genl_has_listeners(&peng_netlink_family, &init_net, PENG_GROUP_STATS);
}

static int fill(struct sk_buff *msg, void *what)
{
	return peng_netlink_put_vcpu(msg, what);
}

static void tell(struct peng_vcpu *vcpu)
{
	peng_exit_stats_start(vcpu);
	peng_netlink_tell(PENG_GROUP_STATS, PENG_CMD_VCPU_STATS_NTF, PENG_VCPU_ROOM, fill, vcpu);
}

static void tell_all(struct peng_vm *vm)
{
	struct peng_vcpu *vcpu;
	unsigned int i;

	peng_vm_for_each_vcpu(i, vcpu, vm)
		tell(vcpu);
}

static void work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(stats_work, work_fn);

/**
 * peng_netlink_stats_start() - a VM has been made: there may be something to tell
 *
 * Context: any.
 */
void peng_netlink_stats_start(void)
{
	unsigned int ms = max(READ_ONCE(stats_interval_ms), LEAST_INTERVAL_MS);

	queue_delayed_work(system_dfl_wq, &stats_work, msecs_to_jiffies(ms));
}

/* Ends with the last VM; the next one that is made begins anew. */
static void work_fn(struct work_struct *work)
{
	struct peng_vm *vm = peng_registry_next(1);

	if (vm)
		peng_netlink_stats_start();
	while (vm) {
		u32 next = vm->ident.id + 1;

		if (listened_to())
			tell_all(vm);
		peng_vm_put(vm);
		cond_resched();
		vm = listened_to() ? peng_registry_next(next) : NULL;
	}
}

/**
 * peng_netlink_stats_stop() - no VM is left, nor will there be one
 *
 * Context: sleeps.
 */
void peng_netlink_stats_stop(void)
{
	cancel_delayed_work_sync(&stats_work);
}
