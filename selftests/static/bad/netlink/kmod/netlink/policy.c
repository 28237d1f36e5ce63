// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accepts another type than the specification has, and an attribute too many.
 */
const struct nla_policy peng_netlink_vm_get_policy[PENG_A_VM_MAX + 1] = {
	[PENG_A_VM_ID] = { .type = NLA_U64 },
	[PENG_A_VM_NAME] = { .type = NLA_U32 },
};
