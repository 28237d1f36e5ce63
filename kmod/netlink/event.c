// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to VMs, told to those who listen. A listener that does not read
 * fast enough, and each of them where there is no memory for an event, gets
 * ENOBUFS: it then asks for what there is.
 */
#include <linux/kernel.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/user_namespace.h>

#include "family.h"
#include "../vm.h"

/* A message to a group has one text for all. */
const struct peng_view peng_netlink_initial_view = {
	.pids = &init_pid_ns,
	.uids = &init_user_ns,
};

static const u8 commands[] = {
	[PENG_VM_CREATED] = PENG_CMD_VM_CREATED_NTF,
	[PENG_VM_STARTED] = PENG_CMD_VM_STARTED_NTF,
	[PENG_VM_PAUSED] = PENG_CMD_VM_PAUSED_NTF,
	[PENG_VM_RESUMED] = PENG_CMD_VM_RESUMED_NTF,
	[PENG_VM_KILLED] = PENG_CMD_VM_KILLED_NTF,
	[PENG_VM_SHUTDOWN] = PENG_CMD_VM_SHUTDOWN_NTF,
	[PENG_VM_RESET] = PENG_CMD_VM_RESET_NTF,
	[PENG_VM_DESTROYED] = PENG_CMD_VM_DESTROYED_NTF,
};

/*
 * By who closes the last descriptor: a thread that exits closes nothing unless it
 * is its process's last. Another process may hold it, or the kernel may close it
 * later; by then the address space is gone.
 */
static enum peng_reason end_reason(const struct peng_vm *vm)
{
	if (READ_ONCE(vm->killed))
		return PENG_REASON_KILLED;
	if (READ_ONCE(vm->dead))
		return PENG_REASON_ERROR;
	if (!atomic_read(&vm->mm->mm_users) || current->flags & PF_EXITING)
		return PENG_REASON_EXITED;
	return PENG_REASON_CLOSED;
}

static struct sk_buff *build(struct peng_vm *vm, enum peng_vm_event event)
{
	struct sk_buff *msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *header;

	if (!msg)
		return NULL;
	header = genlmsg_put(msg, 0, 0, &peng_netlink_family, 0, commands[event]);
	if (!header || peng_netlink_put_identity(msg, vm, &peng_netlink_initial_view) ||
	    (event == PENG_VM_DESTROYED && nla_put_u32(msg, PENG_A_VM_REASON, end_reason(vm)))) {
		nlmsg_free(msg);
		return NULL;
	}
	genlmsg_end(msg, header);
	return msg;
}

/**
 * peng_netlink_event() - tell the listeners
 * @vm: VM
 * @event: what happened
 *
 * Context: sleeps.
 */
void peng_netlink_event(struct peng_vm *vm, enum peng_vm_event event)
{
	struct sk_buff *msg;

	if (event == PENG_VM_CREATED)
		peng_netlink_stats_start();
	if (!genl_has_listeners(&peng_netlink_family, &init_net, PENG_GROUP_LIFECYCLE))
		return;
	msg = build(vm, event);
	if (msg)
		genlmsg_multicast_netns(&peng_netlink_family, &init_net, msg, 0,
					PENG_GROUP_LIFECYCLE, GFP_KERNEL);
	else
		genl_set_err(&peng_netlink_family, &init_net, 0, PENG_GROUP_LIFECYCLE, -ENOBUFS);
}
