// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each command accepts: an attribute that is not in its array is refused,
 * because every command is validated strictly. Documentation/netlink/peng.yaml
 * says the same, and selftests/static/netlink compares the two.
 */
#include "family.h"

const struct nla_policy peng_netlink_host_get_policy[PENG_A_HOST_MAX + 1] = {
};

const struct nla_policy peng_netlink_host_set_limits_policy[PENG_A_HOST_MAX + 1] = {
	[PENG_A_HOST_MAX_VMS] = { .type = NLA_U32 },
	[PENG_A_HOST_MAX_VCPUS] = { .type = NLA_U32 },
	[PENG_A_HOST_MAX_VMS_PER_USER] = { .type = NLA_U32 },
	[PENG_A_HOST_MAX_VCPUS_PER_USER] = { .type = NLA_U32 },
};

const struct nla_policy peng_netlink_vm_get_policy[PENG_A_VM_MAX + 1] = {
	[PENG_A_VM_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[PENG_A_VM_NAME] = { .type = NLA_NUL_STRING, .len = PENG_VM_NAME_MAX },
	[PENG_A_VM_PID] = NLA_POLICY_MIN(NLA_U32, 1),
	[PENG_A_VM_UID] = { .type = NLA_U32 },
	[PENG_A_VM_STATE] = NLA_POLICY_MAX(NLA_U32, PENG_VM_STATE_PAUSED),
	[PENG_A_VM_CGROUP_ID] = NLA_POLICY_MIN(NLA_U64, 1),
};

const struct nla_policy peng_netlink_vcpu_get_policy[PENG_A_VCPU_MAX + 1] = {
	[PENG_A_VCPU_VM] = NLA_POLICY_MIN(NLA_U32, 1),
	[PENG_A_VCPU_ID] = { .type = NLA_U32 },
};

const struct nla_policy peng_netlink_vm_set_name_policy[PENG_A_VM_MAX + 1] = {
	[PENG_A_VM_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[PENG_A_VM_NAME] = { .type = NLA_NUL_STRING, .len = PENG_VM_NAME_MAX },
};

const struct nla_policy peng_netlink_vm_pause_policy[PENG_A_VM_MAX + 1] = {
	[PENG_A_VM_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

const struct nla_policy peng_netlink_vm_resume_policy[PENG_A_VM_MAX + 1] = {
	[PENG_A_VM_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

const struct nla_policy peng_netlink_vm_kill_policy[PENG_A_VM_MAX + 1] = {
	[PENG_A_VM_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

const struct nla_policy peng_netlink_vm_reset_stats_policy[PENG_A_VM_MAX + 1] = {
	[PENG_A_VM_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

const struct nla_policy peng_netlink_vm_set_limits_policy[PENG_A_VM_MAX + 1] = {
	[PENG_A_VM_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[PENG_A_VM_QUOTA_US] = { .type = NLA_U32 },
	[PENG_A_VM_PERIOD_US] = { .type = NLA_U32 },
};
