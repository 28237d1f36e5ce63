// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that change something.
 */
#include <linux/capability.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/netlink.h>
#include <linux/time64.h>

#include "family.h"
#include "../limit.h"
#include "../quota.h"
#include "../stats.h"
#include "../vm.h"

/* In microseconds. Most: of more, all vCPUs together cannot make use. */
#define MIN_QUOTA	1000
#define MAX_QUOTA	(PENG_MAX_VCPUS * MAX_PERIOD)
#define MIN_PERIOD	1000
#define MAX_PERIOD	1000000
#define DEFAULT_PERIOD	100000

/*
 * A name may become that of a file or a unit, is typed in a shell, and must not
 * be taken for an id: ASCII alone, and a letter in front.
 */
static bool name_ok(const char *name)
{
	if (!*name)
		return true;
	if (!isascii(*name) || !isalpha(*name))
		return false;
	while (*++name)
		if (!isascii(*name) || !(isalnum(*name) || strchr("._-", *name)))
			return false;
	return true;
}

static int set_name(struct peng_vm *vm, const char *name, struct genl_info *info)
{
	int ret;

	if (!name_ok(name)) {
		GENL_SET_ERR_MSG(info, "a name is a letter, then letters, digits and . _ -");
		return -EINVAL;
	}
	ret = peng_registry_rename(vm, name);
	if (ret)
		GENL_SET_ERR_MSG(info, "another VM has this name");
	return ret;
}

/*
 * The VM of PENG_A_VM_ID, with a reference, for a sender who may steer it: the
 * one place where that is decided.
 */
static struct peng_vm *find_vm(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *id = info->attrs[PENG_A_VM_ID];

	if (!id) {
		GENL_SET_ERR_MSG(info, "which VM? its id is missing");
		return ERR_PTR(-EINVAL);
	}
	return peng_netlink_admit(request, info, peng_registry_get(nla_get_u32(id)));
}

int peng_netlink_vm_set_name(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *name = info->attrs[PENG_A_VM_NAME];
	struct peng_vm *vm;
	int ret;

	if (!name) {
		GENL_SET_ERR_MSG(info, "the new name is missing");
		return -EINVAL;
	}
	vm = find_vm(request, info);
	if (IS_ERR(vm))
		return PTR_ERR(vm);
	ret = set_name(vm, nla_data(name), info);
	peng_vm_put(vm);
	return ret;
}

static int steer(struct sk_buff *request, struct genl_info *info, int (*act)(struct peng_vm *vm))
{
	struct peng_vm *vm = find_vm(request, info);
	int ret;

	if (IS_ERR(vm))
		return PTR_ERR(vm);
	ret = act(vm);
	if (ret)
		GENL_SET_ERR_MSG(info, "the VM is dead and will not run again");
	peng_vm_put(vm);
	return ret;
}

int peng_netlink_vm_pause(struct sk_buff *request, struct genl_info *info)
{
	return steer(request, info, peng_vm_pause);
}

int peng_netlink_vm_resume(struct sk_buff *request, struct genl_info *info)
{
	return steer(request, info, peng_vm_resume);
}

int peng_netlink_vm_kill(struct sk_buff *request, struct genl_info *info)
{
	return steer(request, info, peng_vm_kill);
}

int peng_netlink_vm_reset_stats(struct sk_buff *request, struct genl_info *info)
{
	struct peng_vm *vm = find_vm(request, info);

	if (IS_ERR(vm))
		return PTR_ERR(vm);
	peng_stats_reset(vm);
	peng_vm_put(vm);
	return 0;
}

/* Whether a quota and a period are what a VM can have; else there is a reason. */
static int check_limits(u32 quota, u32 period, struct genl_info *info)
{
	if (quota && (quota < MIN_QUOTA || quota > MAX_QUOTA)) {
		GENL_SET_ERR_MSG(info, "a quota is 1000 to 512000000 microseconds, or 0 for none");
		return -ERANGE;
	}
	if (period < MIN_PERIOD || period > MAX_PERIOD) {
		GENL_SET_ERR_MSG(info, "a period is 1000 to 1000000 microseconds");
		return -ERANGE;
	}
	return 0;
}

static int set_limits(struct peng_vm *vm, struct genl_info *info)
{
	struct nlattr *period = info->attrs[PENG_A_VM_PERIOD_US];
	u32 quota_us = nla_get_u32(info->attrs[PENG_A_VM_QUOTA_US]);
	u32 period_us = period ? nla_get_u32(period) : DEFAULT_PERIOD;
	int ret = check_limits(quota_us, period_us, info);

	if (ret)
		return ret;
	ret = peng_limit_set(vm, (u64)quota_us * NSEC_PER_USEC, (u64)period_us * NSEC_PER_USEC);
	if (ret)
		GENL_SET_ERR_MSG(info, "the VM is dead and will not run again");
	return ret;
}

int peng_netlink_vm_set_limits(struct sk_buff *request, struct genl_info *info)
{
	struct peng_vm *vm;
	int ret;

	if (!info->attrs[PENG_A_VM_QUOTA_US]) {
		GENL_SET_ERR_MSG(info, "the quota is missing");
		return -EINVAL;
	}
	vm = find_vm(request, info);
	if (IS_ERR(vm))
		return PTR_ERR(vm);
	ret = set_limits(vm, info);
	peng_vm_put(vm);
	return ret;
}

static const struct {
	u16 attr;
	enum peng_quota_kind kind;
	bool per_user;
} host_limits[] = {
	{ PENG_A_HOST_MAX_VMS, PENG_QUOTA_VM, false },
	{ PENG_A_HOST_MAX_VCPUS, PENG_QUOTA_VCPU, false },
	{ PENG_A_HOST_MAX_VMS_PER_USER, PENG_QUOTA_VM, true },
	{ PENG_A_HOST_MAX_VCPUS_PER_USER, PENG_QUOTA_VCPU, true },
};

int peng_netlink_host_set_limits(struct sk_buff *request, struct genl_info *info)
{
	bool given = false;
	unsigned int i;

	if (!netlink_capable(request, CAP_SYS_ADMIN)) {
		GENL_SET_ERR_MSG(info, "the host's limits are the administrator's to set");
		return -EPERM;
	}
	for (i = 0; i < ARRAY_SIZE(host_limits); i++) {
		struct nlattr *limit = info->attrs[host_limits[i].attr];

		if (!limit)
			continue;
		peng_quota_set(host_limits[i].kind, host_limits[i].per_user, nla_get_u32(limit));
		given = true;
	}
	if (given)
		return 0;
	GENL_SET_ERR_MSG(info, "which limit? none is given");
	return -EINVAL;
}
