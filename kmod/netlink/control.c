// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that change something.
 */
#include <linux/ctype.h>
#include <linux/err.h>

#include "family.h"
#include "../stats.h"
#include "../vm.h"

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
