/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this folder share: the family, its policies, who asks, and
 * how a VM is written into a message.
 */
#ifndef PENG_NETLINK_FAMILY_H
#define PENG_NETLINK_FAMILY_H

#include <linux/types.h>
#include <linux/uidgid.h>
#include <net/genetlink.h>

#include "../../uapi/linux/peng.h"
#include "../registry.h"

struct peng_vcpu;
struct peng_vm;
struct pid_namespace;
struct user_namespace;

/* Index in the family's groups. */
enum peng_group {
	PENG_GROUP_LIFECYCLE,
	PENG_GROUP_FAULT,
	PENG_GROUP_STATS,
};

/* More than a message of a vCPU ever needs: each class of exits has a histogram. */
#define PENG_VCPU_ROOM	8192

extern struct genl_family peng_netlink_family;

/* policy.c: what each command accepts, and nothing else. */
extern const struct nla_policy peng_netlink_host_get_policy[PENG_A_HOST_MAX + 1];
extern const struct nla_policy peng_netlink_host_set_limits_policy[PENG_A_HOST_MAX + 1];
extern const struct nla_policy peng_netlink_vm_get_policy[PENG_A_VM_MAX + 1];
extern const struct nla_policy peng_netlink_vcpu_get_policy[PENG_A_VCPU_MAX + 1];
extern const struct nla_policy peng_netlink_vm_set_name_policy[PENG_A_VM_MAX + 1];
extern const struct nla_policy peng_netlink_vm_pause_policy[PENG_A_VM_MAX + 1];
extern const struct nla_policy peng_netlink_vm_resume_policy[PENG_A_VM_MAX + 1];
extern const struct nla_policy peng_netlink_vm_kill_policy[PENG_A_VM_MAX + 1];
extern const struct nla_policy peng_netlink_vm_reset_stats_policy[PENG_A_VM_MAX + 1];
extern const struct nla_policy peng_netlink_vm_set_limits_policy[PENG_A_VM_MAX + 1];

/**
 * struct peng_view - for whom numbers are translated
 * @pids: PID namespace
 * @uids: user namespace
 */
struct peng_view {
	struct pid_namespace *pids;
	struct user_namespace *uids;
};

/* dump.c */
struct peng_vm *peng_netlink_admit(struct sk_buff *request, struct genl_info *info,
				   struct peng_vm *vm);
int peng_netlink_put_identity(struct sk_buff *msg, struct peng_vm *vm,
			      const struct peng_view *view);
int peng_netlink_put_vcpu(struct sk_buff *msg, struct peng_vcpu *vcpu);

int peng_netlink_host_get(struct sk_buff *request, struct genl_info *info);
int peng_netlink_vm_get(struct sk_buff *request, struct genl_info *info);
int peng_netlink_vm_start(struct netlink_callback *cb);
int peng_netlink_vm_dump(struct sk_buff *msg, struct netlink_callback *cb);
int peng_netlink_vcpu_get(struct sk_buff *request, struct genl_info *info);
int peng_netlink_vcpu_start(struct netlink_callback *cb);
int peng_netlink_vcpu_dump(struct sk_buff *msg, struct netlink_callback *cb);

/* cgroup.c */
int peng_netlink_put_cgroup(struct sk_buff *msg, const struct peng_vm *vm);
bool peng_netlink_in_cgroup(const struct peng_vm *vm, u64 id);

/* control.c */
int peng_netlink_host_set_limits(struct sk_buff *request, struct genl_info *info);
int peng_netlink_vm_set_name(struct sk_buff *request, struct genl_info *info);
int peng_netlink_vm_pause(struct sk_buff *request, struct genl_info *info);
int peng_netlink_vm_resume(struct sk_buff *request, struct genl_info *info);
int peng_netlink_vm_kill(struct sk_buff *request, struct genl_info *info);
int peng_netlink_vm_reset_stats(struct sk_buff *request, struct genl_info *info);
int peng_netlink_vm_set_limits(struct sk_buff *request, struct genl_info *info);

/* event.c, fault.c */
extern const struct peng_view peng_netlink_initial_view;
void peng_netlink_tell(enum peng_group group, u8 cmd, size_t room,
		       int (*fill)(struct sk_buff *msg, void *what), void *what);
void peng_netlink_event(struct peng_vm *vm, enum peng_vm_event event);
void peng_netlink_fault(struct peng_vcpu *vcpu, enum peng_fault_kind kind, int error);

/* stats.c: a VM has been made; and none is left */
void peng_netlink_stats_start(void);
void peng_netlink_stats_stop(void);

#endif /* PENG_NETLINK_FAMILY_H */
