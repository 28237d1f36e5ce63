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

/**
 * peng_netlink_tell() - a message to all of a group
 * @group: PENG_GROUP_*
 * @cmd: what it is
 * @room: for attributes, in bytes
 * @fill: puts them: 0, or -EMSGSIZE where there is no room
 * @what: argument of @fill
 *
 * Context: sleeps.
 */
void peng_netlink_tell(enum peng_group group, u8 cmd, size_t room,
		       int (*fill)(struct sk_buff *msg, void *what), void *what)
{
	struct sk_buff *msg = genlmsg_new(room, GFP_KERNEL);
	void *header = msg ? genlmsg_put(msg, 0, 0, &peng_netlink_family, 0, cmd) : NULL;

	if (!header || fill(msg, what)) {
		nlmsg_free(msg);
		genl_set_err(&peng_netlink_family, &init_net, 0, group, -ENOBUFS);
		return;
	}
	genlmsg_end(msg, header);
	genlmsg_multicast_netns(&peng_netlink_family, &init_net, msg, 0, group, GFP_KERNEL);
}

/* What an event tells of. */
struct happening {
	struct peng_vm *vm;
	enum peng_vm_event event;
};

static int fill(struct sk_buff *msg, void *what)
{
	const struct happening *h = what;

	if (peng_netlink_put_identity(msg, h->vm, &peng_netlink_initial_view))
		return -EMSGSIZE;
	if (h->event != PENG_VM_DESTROYED)
		return 0;
	return nla_put_u32(msg, PENG_A_VM_REASON, end_reason(h->vm));
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
	struct happening happening = { .vm = vm, .event = event };

	if (event == PENG_VM_CREATED)
		peng_netlink_stats_start();
	if (!genl_has_listeners(&peng_netlink_family, &init_net, PENG_GROUP_LIFECYCLE))
		return;
	peng_netlink_tell(PENG_GROUP_LIFECYCLE, commands[event], GENLMSG_DEFAULT_SIZE, fill,
			  &happening);
}
