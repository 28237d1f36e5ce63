// SPDX-License-Identifier: GPL-2.0-only
/*
 * In which cgroup a VM is: the one of version 2 that the process which made it is in
 * now. What is in the root is in none: there is everything on a host that has version
 * 1 alone.
 */
#include <linux/cgroup.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "family.h"
#include "../vm.h"

#ifdef CONFIG_CGROUPS
/* With a reference; NULL for none. */
static struct cgroup *get_cgroup(const struct peng_vm *vm)
{
	struct cgroup *cgroup = NULL;
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(vm->ident.pid, PIDTYPE_TGID);
	if (task)
		cgroup = task_dfl_cgroup(task);
	if (cgroup && (!cgroup_parent(cgroup) || !cgroup_tryget(cgroup)))
		cgroup = NULL;
	rcu_read_unlock();
	return cgroup;
}

/* A longer path would leave no room for the rest of a message; the id remains. */
static int put_path(struct sk_buff *msg, struct cgroup *cgroup)
{
	char *path = kmalloc(PENG_CGROUP_MAX + 1, GFP_KERNEL);
	int ret = 0, len;

	if (!path)
		return 0;
	len = cgroup_path_ns(cgroup, path, PENG_CGROUP_MAX + 1, current->nsproxy->cgroup_ns);
	if (len > 0 && len <= PENG_CGROUP_MAX)
		ret = nla_put_string(msg, PENG_A_VM_CGROUP, path);
	kfree(path);
	return ret;
}

/**
 * peng_netlink_put_cgroup() - path and number of a VM's cgroup
 * @msg: message; current is its reader
 * @vm: VM
 *
 * Context: sleeps.
 * Return: 0, or -EMSGSIZE where there is no room.
 */
int peng_netlink_put_cgroup(struct sk_buff *msg, const struct peng_vm *vm)
{
	struct cgroup *cgroup = get_cgroup(vm);
	int ret;

	if (!cgroup)
		return 0;
	ret = nla_put_u64_64bit(msg, PENG_A_VM_CGROUP_ID, cgroup_id(cgroup), PENG_A_VM_PAD);
	if (!ret)
		ret = put_path(msg, cgroup);
	cgroup_put(cgroup);
	return ret;
}

/**
 * peng_netlink_in_cgroup() - whether a VM is in a cgroup itself
 * @vm: VM
 * @id: number of the cgroup
 */
bool peng_netlink_in_cgroup(const struct peng_vm *vm, u64 id)
{
	struct cgroup *cgroup = get_cgroup(vm);
	bool same;

	if (!cgroup)
		return false;
	same = cgroup_id(cgroup) == id;
	cgroup_put(cgroup);
	return same;
}
#else
int peng_netlink_put_cgroup(struct sk_buff *msg, const struct peng_vm *vm)
{
	return 0;
}

bool peng_netlink_in_cgroup(const struct peng_vm *vm, u64 id)
{
	return false;
}
#endif
