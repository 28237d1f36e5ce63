// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that only read: the host, VMs, vCPUs.
 *
 * No lock: a VM is held by a reference, and what is read of it changes while it
 * is read. A VM that the sender may not see is answered like one that is not there.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcuwait.h>
#include <linux/sched.h>
#include <linux/time64.h>
#include <linux/user_namespace.h>
#include <net/sock.h>

#include "family.h"
#include "../compat.h"
#include "../exit_stats.h"
#include "../feature.h"
#include "../host/probe.h"
#include "../limit.h"
#include "../quota.h"
#include "../stats.h"
#include "../vcpu.h"
#include "../vm.h"

/* One reason for both, so that nobody learns of VMs that are not to be seen. */
#define NO_SUCH_VM	"there is no such VM, or it is another user's"

/**
 * struct peng_viewer - who asks
 * @uid: effective user of the sender
 * @admin: has CAP_SYS_ADMIN in the initial user namespace, as had who opened the socket
 * @opener: the sender also opened the socket. A program that another can make write
 *	into a socket which that other can read must not answer by its own rights
 */
struct peng_viewer {
	kuid_t uid;
	bool admin;
	bool opener;
};

/**
 * struct vm_dump - where a dump of VMs is
 * @viewer: who asks
 * @next: number at which to go on
 */
struct vm_dump {
	struct peng_viewer viewer;
	u32 next;
};

/**
 * struct vcpu_dump - where a dump of vCPUs is
 * @viewer: who asks
 * @vm: number of the VM, 0 where none was given
 * @next: index of the next
 */
struct vcpu_dump {
	struct peng_viewer viewer;
	u32 vm;
	unsigned int next;
};

static_assert(PENG_A_EXITS_MAX * (sizeof(struct peng_exit_stat) + 8 * NLA_HDRLEN) <
	      PENG_VCPU_ROOM / 2);

static_assert(PENG_A_MAPPED_LEVEL1 + PENG_S2_LAST_LEVEL - 1 == PENG_A_MAPPED_LEVEL3);

/* The part of struct netlink_callback that a dump has for itself. */
#define DUMP_ROOM	sizeof_field(struct netlink_callback, ctx)
static_assert(sizeof(struct vm_dump) <= DUMP_ROOM);
static_assert(sizeof(struct vcpu_dump) <= DUMP_ROOM);

/* Who sent a request; the caller is its sender. */
static void init_viewer(struct peng_viewer *viewer, struct sk_buff *request)
{
	viewer->uid = current_euid();
	viewer->opener = uid_eq(NETLINK_CB(request).sk->sk_uid, viewer->uid);
	viewer->admin = netlink_capable(request, CAP_SYS_ADMIN);
}

/* And change what does not concern others. */
static bool may_see(const struct peng_viewer *viewer, const struct peng_vm *vm)
{
	return viewer->admin || (viewer->opener && uid_eq(viewer->uid, vm->ident.owner));
}

/* @vm with its reference, for who may see it; else NULL, and the reference is gone. */
static struct peng_vm *filter(const struct peng_viewer *viewer, struct peng_vm *vm)
{
	if (!vm || may_see(viewer, vm))
		return vm;
	peng_vm_put(vm);
	return NULL;
}

/**
 * peng_netlink_admit() - a VM that a request is about, for a sender who may see it
 * @request: the message; the caller is its sender
 * @info: of the request
 * @vm: VM with a reference, or NULL
 *
 * Context: sleeps.
 * Return: @vm; or -ENOENT with a reason, and the reference is gone.
 */
struct peng_vm *peng_netlink_admit(struct sk_buff *request, struct genl_info *info,
				   struct peng_vm *vm)
{
	struct peng_viewer viewer;

	init_viewer(&viewer, request);
	vm = filter(&viewer, vm);
	if (vm)
		return vm;
	GENL_SET_ERR_MSG(info, NO_SUCH_VM);
	return ERR_PTR(-ENOENT);
}

static struct peng_view view_of_current(void)
{
	return (struct peng_view) {
		.pids = task_active_pid_ns(current),
		.uids = current_user_ns(),
	};
}

static int put_quota(struct sk_buff *msg)
{
	struct peng_quota quota;

	peng_quota_get(&quota);
	if (nla_put_u32(msg, PENG_A_HOST_VMS, quota.nr[PENG_QUOTA_VM]) ||
	    nla_put_u32(msg, PENG_A_HOST_VCPUS, quota.nr[PENG_QUOTA_VCPU]) ||
	    nla_put_u32(msg, PENG_A_HOST_MAX_VMS, quota.host[PENG_QUOTA_VM]) ||
	    nla_put_u32(msg, PENG_A_HOST_MAX_VCPUS, quota.host[PENG_QUOTA_VCPU]) ||
	    nla_put_u32(msg, PENG_A_HOST_MAX_VMS_PER_USER, quota.user[PENG_QUOTA_VM]) ||
	    nla_put_u32(msg, PENG_A_HOST_MAX_VCPUS_PER_USER, quota.user[PENG_QUOTA_VCPU]))
		return -EMSGSIZE;
	return 0;
}

static u32 host_features(void)
{
	const struct peng_host *host = &peng_host;

	return host->ras << PENG_HOST_FEATURE_RAS |
	       host->fwb << PENG_HOST_FEATURE_S2FWB |
	       host->idc << PENG_HOST_FEATURE_IDC |
	       host->dic << PENG_HOST_FEATURE_DIC |
	       !!host->hafdbs << PENG_HOST_FEATURE_HAF |
	       host->vpipt << PENG_HOST_FEATURE_VPIPT |
	       host->gic_tdir << PENG_HOST_FEATURE_TDIR |
	       host->gic_a3v << PENG_HOST_FEATURE_A3V |
	       peng_feature_on_host(PENG_FEATURE_PMU) << PENG_HOST_FEATURE_PMU |
	       peng_feature_on_host(PENG_FEATURE_SVE) << PENG_HOST_FEATURE_SVE |
	       peng_feature_on_host(PENG_FEATURE_PTRAUTH) << PENG_HOST_FEATURE_PTRAUTH |
	       peng_feature_on_host(PENG_FEATURE_MTE) << PENG_HOST_FEATURE_MTE;
}

static int put_host(struct sk_buff *msg)
{
	if (nla_put_string(msg, PENG_A_HOST_VERSION, THIS_MODULE->version) ||
	    nla_put_u32(msg, PENG_A_HOST_MODE, peng_host.vhe ? PENG_MODE_VHE : PENG_MODE_NVHE) ||
	    nla_put_u32(msg, PENG_A_HOST_VMID_BITS, peng_host.vmid_bits) ||
	    nla_put_u32(msg, PENG_A_HOST_IPA_BITS, peng_host.ipa_bits) ||
	    nla_put_u32(msg, PENG_A_HOST_LIST_REGISTERS, peng_host.nr_lrs) ||
	    nla_put_u32(msg, PENG_A_HOST_LINES,
			peng_host.kvm_present ? PENG_LINES_BORROWED : PENG_LINES_OWNED) ||
	    nla_put_u32(msg, PENG_A_HOST_FEATURES, host_features()))
		return -EMSGSIZE;
	return put_quota(msg);
}

/**
 * peng_netlink_put_identity() - number, name and maker of a VM
 * @msg: message
 * @vm: VM; its struct at least
 * @view: for whom
 *
 * Context: sleeps.
 * Return: 0, or -EMSGSIZE where there is no room.
 */
int peng_netlink_put_identity(struct sk_buff *msg, struct peng_vm *vm,
			      const struct peng_view *view)
{
	const struct peng_vm_ident *ident = &vm->ident;
	pid_t pid = pid_nr_ns(ident->pid, view->pids);
	char name[PENG_VM_NAME_MAX + 1];

	peng_registry_name(vm, name);
	if (nla_put_u32(msg, PENG_A_VM_ID, ident->id) ||
	    (*name && nla_put_string(msg, PENG_A_VM_NAME, name)) ||
	    (pid && nla_put_u32(msg, PENG_A_VM_PID, pid)) ||
	    nla_put_u32(msg, PENG_A_VM_UID, from_kuid_munged(view->uids, ident->owner)) ||
	    nla_put_u64_64bit(msg, PENG_A_VM_CREATED, ident->created_ns, PENG_A_VM_PAD))
		return -EMSGSIZE;
	return 0;
}

static enum peng_vm_state vm_state(const struct peng_vm *vm)
{
	if (READ_ONCE(vm->dead))
		return PENG_VM_STATE_DEAD;
	if (READ_ONCE(vm->paused))
		return PENG_VM_STATE_PAUSED;
	return READ_ONCE(vm->ran) ? PENG_VM_STATE_RUNNING : PENG_VM_STATE_CREATED;
}

static u64 measure_memory(struct peng_vm *vm, u32 *slots)
{
	const struct peng_memslot_table *table;
	const struct peng_memslot *slot;
	unsigned int i;
	u64 pages = 0;
	int idx;

	*slots = 0;
	idx = srcu_read_lock(&vm->srcu);
	table = peng_memslot_table(vm);
	peng_memslot_for_each(i, slot, table) {
		if (READ_ONCE(slot->dead))
			continue;
		pages += slot->npages;
		++*slots;
	}
	srcu_read_unlock(&vm->srcu, idx);
	return pages << PAGE_SHIFT;
}

static int put_limits(struct sk_buff *msg, struct peng_vm *vm)
{
	struct peng_limits limits;

	peng_limit_get(vm, &limits);
	if (nla_put_u64_64bit(msg, PENG_A_VM_THROTTLED, limits.nr_throttled, PENG_A_VM_PAD) ||
	    nla_put_u64_64bit(msg, PENG_A_VM_THROTTLED_NS, limits.throttled_ns, PENG_A_VM_PAD))
		return -EMSGSIZE;
	if (!limits.quota_ns)
		return 0;
	if (nla_put_u32(msg, PENG_A_VM_QUOTA_US, div_u64(limits.quota_ns, NSEC_PER_USEC)) ||
	    nla_put_u32(msg, PENG_A_VM_PERIOD_US, div_u64(limits.period_ns, NSEC_PER_USEC)))
		return -EMSGSIZE;
	return 0;
}

static int put_mapped(struct sk_buff *msg, const struct peng_vm *vm)
{
	struct nlattr *nest = nla_nest_start(msg, PENG_A_VM_MAPPED);
	int level;

	if (!nest)
		return -EMSGSIZE;
	for (level = PENG_S2_MIN_BLOCK_LEVEL; level <= PENG_S2_LAST_LEVEL; level++)
		if (nla_put_u64_64bit(msg, PENG_A_MAPPED_LEVEL1 + level - 1,
				      peng_pgtable_mapped(&vm->stage2.pgt, level),
				      PENG_A_MAPPED_PAD))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_vm(struct sk_buff *msg, struct peng_vm *vm)
{
	const struct peng_view view = view_of_current();
	u32 slots;
	u64 bytes = measure_memory(vm, &slots);

	if (peng_netlink_put_identity(msg, vm, &view) ||
	    nla_put_u32(msg, PENG_A_VM_STATE, vm_state(vm)) ||
	    nla_put_u32(msg, PENG_A_VM_VCPUS, peng_vm_nr_vcpus(vm)) ||
	    nla_put_u32(msg, PENG_A_VM_SLOTS, slots) ||
	    nla_put_u64_64bit(msg, PENG_A_VM_MEMORY, bytes, PENG_A_VM_PAD))
		return -EMSGSIZE;
	return put_mapped(msg, vm) ?: put_limits(msg, vm) ?: peng_netlink_put_cgroup(msg, vm);
}

static int put_answer(struct sk_buff *msg, struct peng_vm *vm, struct peng_vcpu *vcpu)
{
	if (vcpu)
		return peng_netlink_put_vcpu(msg, vcpu);
	return vm ? put_vm(msg, vm) : put_host(msg);
}

/* A reply with @vcpu; where there is none with @vm, or else the host. */
static int reply(struct genl_info *info, struct peng_vm *vm, struct peng_vcpu *vcpu)
{
	struct sk_buff *msg = genlmsg_new(vcpu ? PENG_VCPU_ROOM : GENLMSG_DEFAULT_SIZE,
					  GFP_KERNEL);
	void *header;

	if (!msg)
		return -ENOMEM;
	header = genlmsg_put_reply(msg, info, &peng_netlink_family, 0, info->genlhdr->cmd);
	if (!header || put_answer(msg, vm, vcpu)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

int peng_netlink_host_get(struct sk_buff *request, struct genl_info *info)
{
	return reply(info, NULL, NULL);
}

/* Of all that a dump can be asked for, a single VM is named by these two. */
static struct peng_vm *find_vm(struct genl_info *info)
{
	struct nlattr *id = info->attrs[PENG_A_VM_ID], *name = info->attrs[PENG_A_VM_NAME];

	if (!id == !name || info->attrs[PENG_A_VM_PID] || info->attrs[PENG_A_VM_UID] ||
	    info->attrs[PENG_A_VM_STATE] || info->attrs[PENG_A_VM_CGROUP_ID]) {
		GENL_SET_ERR_MSG(info, "one VM is asked for by its id or by its name alone");
		return ERR_PTR(-EINVAL);
	}
	return id ? peng_registry_get(nla_get_u32(id)) : peng_registry_get_named(nla_data(name));
}

int peng_netlink_vm_get(struct sk_buff *request, struct genl_info *info)
{
	struct peng_vm *vm = find_vm(info);
	int ret;

	if (!IS_ERR(vm))
		vm = peng_netlink_admit(request, info, vm);
	if (IS_ERR(vm))
		return PTR_ERR(vm);
	ret = reply(info, vm, NULL);
	peng_vm_put(vm);
	return ret;
}

/* Whether the VM is one of those that a dump was asked for. */
static bool matches(struct peng_vm *vm, struct nlattr * const *attrs)
{
	const struct peng_view view = view_of_current();
	char name[PENG_VM_NAME_MAX + 1];

	if (attrs[PENG_A_VM_ID] && nla_get_u32(attrs[PENG_A_VM_ID]) != vm->ident.id)
		return false;
	if (attrs[PENG_A_VM_PID] &&
	    nla_get_u32(attrs[PENG_A_VM_PID]) != pid_nr_ns(vm->ident.pid, view.pids))
		return false;
	if (attrs[PENG_A_VM_UID] &&
	    !uid_eq(make_kuid(view.uids, nla_get_u32(attrs[PENG_A_VM_UID])), vm->ident.owner))
		return false;
	if (attrs[PENG_A_VM_STATE] && nla_get_u32(attrs[PENG_A_VM_STATE]) != vm_state(vm))
		return false;
	if (attrs[PENG_A_VM_CGROUP_ID] &&
	    !peng_netlink_in_cgroup(vm, nla_get_u64(attrs[PENG_A_VM_CGROUP_ID])))
		return false;
	if (!attrs[PENG_A_VM_NAME])
		return true;
	peng_registry_name(vm, name);
	return !strcmp(name, nla_data(attrs[PENG_A_VM_NAME]));
}

static enum peng_vcpu_state vcpu_state(const struct peng_vcpu *vcpu)
{
	switch (READ_ONCE(vcpu->mp_state)) {
	case KVM_MP_STATE_STOPPED:
		return PENG_VCPU_STATE_STOPPED;
	case KVM_MP_STATE_SUSPENDED:
		return PENG_VCPU_STATE_SUSPENDED;
	default:
		break;
	}
	if (!rcu_access_pointer(vcpu->thread))
		return PENG_VCPU_STATE_USER;
	if (READ_ONCE(vcpu->vm->paused))
		return PENG_VCPU_STATE_PAUSED;
	if (!peng_limit_granted(vcpu))
		return PENG_VCPU_STATE_THROTTLED;
	return rcu_access_pointer(vcpu->wait.task) ? PENG_VCPU_STATE_HALTED :
						     PENG_VCPU_STATE_RUNNING;
}

static int put_counters(struct sk_buff *msg, const struct peng_vcpu *vcpu)
{
	struct nlattr *nest = nla_nest_start(msg, PENG_A_VCPU_COUNTERS);
	struct peng_stat stat;
	unsigned int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; peng_stats_get(vcpu, i, &stat); i++)
		if (nla_put_u64_64bit(msg, stat.attr, stat.value, PENG_A_COUNTER_PAD))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* Without the zeros at the end. */
static int put_buckets(struct sk_buff *msg, const u64 *buckets)
{
	unsigned int nr = PENG_EXIT_BUCKETS;

	while (nr && !buckets[nr - 1])
		nr--;
	return nr ? nla_put(msg, PENG_A_EXIT_BUCKETS, nr * sizeof(*buckets), buckets) : 0;
}

static int put_exit(struct sk_buff *msg, unsigned int class, const struct peng_exit_stat *stat)
{
	struct nlattr *nest = nla_nest_start(msg, class);

	if (!nest || nla_put_u64_64bit(msg, PENG_A_EXIT_COUNT, stat->count, PENG_A_EXIT_PAD) ||
	    nla_put_u64_64bit(msg, PENG_A_EXIT_NS, stat->time.ns, PENG_A_EXIT_PAD) ||
	    nla_put_u64_64bit(msg, PENG_A_EXIT_USER_NS, stat->time.user_ns, PENG_A_EXIT_PAD) ||
	    put_buckets(msg, stat->time.buckets))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_exits(struct sk_buff *msg, struct peng_vcpu *vcpu)
{
	struct nlattr *nest = nla_nest_start(msg, PENG_A_VCPU_EXITS);
	struct peng_exit_stat stat;
	unsigned int class;

	if (!nest)
		return -EMSGSIZE;
	for (class = 1; class <= PENG_A_EXITS_MAX; class++) {
		peng_exit_stats_get(vcpu, class, &stat);
		if (stat.count && put_exit(msg, class, &stat))
			return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

static int put_times(struct sk_buff *msg, struct peng_vcpu *vcpu)
{
	struct peng_vcpu_times times;

	if (!peng_stats_times(vcpu, task_active_pid_ns(current), &times))
		return 0;
	if ((times.pid && nla_put_u32(msg, PENG_A_VCPU_TID, times.pid)) ||
	    nla_put_u64_64bit(msg, PENG_A_VCPU_RUN_NS, times.run_ns, PENG_A_VCPU_PAD) ||
	    nla_put_u64_64bit(msg, PENG_A_VCPU_GUEST_NS, times.guest_ns, PENG_A_VCPU_PAD))
		return -EMSGSIZE;
	if (!compat_run_delay_known())
		return 0;
	return nla_put_u64_64bit(msg, PENG_A_VCPU_STEAL_NS, times.steal_ns, PENG_A_VCPU_PAD);
}

/**
 * peng_netlink_put_vcpu() - what is known of a vCPU
 * @msg: message
 * @vcpu: vCPU
 *
 * Context: sleeps; numbers are those that the caller's namespaces have.
 * Return: 0, or -EMSGSIZE where there is no room.
 */
int peng_netlink_put_vcpu(struct sk_buff *msg, struct peng_vcpu *vcpu)
{
	int cpu = READ_ONCE(vcpu->last_cpu);

	if (nla_put_u32(msg, PENG_A_VCPU_VM, vcpu->vm->ident.id) ||
	    nla_put_u32(msg, PENG_A_VCPU_ID, vcpu->id) ||
	    nla_put_u32(msg, PENG_A_VCPU_STATE, vcpu_state(vcpu)) ||
	    (cpu >= 0 && nla_put_u32(msg, PENG_A_VCPU_CPU, cpu)))
		return -EMSGSIZE;
	return put_counters(msg, vcpu) ?: put_times(msg, vcpu) ?: put_exits(msg, vcpu);
}

/* A message of a dump: @vcpu, or @vm where there is none. */
static int put_part(struct sk_buff *msg, struct netlink_callback *cb, struct peng_vm *vm,
		    struct peng_vcpu *vcpu)
{
	void *header = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   &peng_netlink_family, NLM_F_MULTI,
				   vcpu ? PENG_CMD_VCPU_GET : PENG_CMD_VM_GET);

	if (!header)
		return -EMSGSIZE;
	if (vcpu ? peng_netlink_put_vcpu(msg, vcpu) : put_vm(msg, vm)) {
		genlmsg_cancel(msg, header);
		return -EMSGSIZE;
	}
	/* A set of VMs that changed under the dump is marked as such. */
	genl_dump_check_consistent(cb, header);
	genlmsg_end(msg, header);
	return 0;
}

/* In the sender's context; later parts are made in that of whoever reads. */
int peng_netlink_vm_start(struct netlink_callback *cb)
{
	struct vm_dump *dump = (struct vm_dump *)cb->ctx;

	init_viewer(&dump->viewer, cb->skb);
	dump->next = 1;
	return 0;
}

int peng_netlink_vm_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct nlattr * const *attrs = genl_info_dump(cb)->attrs;
	struct vm_dump *dump = (struct vm_dump *)cb->ctx;
	struct peng_vm *vm;
	int ret = 0;

	cb->seq = peng_registry_generation();
	while (!ret && (vm = peng_registry_next(dump->next))) {
		if (may_see(&dump->viewer, vm) && matches(vm, attrs))
			ret = put_part(msg, cb, vm, NULL);
		if (!ret)
			dump->next = vm->ident.id + 1;
		peng_vm_put(vm);
		cond_resched();
	}
	return msg->len;
}

/* Who looks at it wants to know how long exits take, which is not measured before. */
static int reply_vcpu(struct genl_info *info, struct peng_vm *vm)
{
	struct peng_vcpu *vcpu;

	vcpu = peng_vm_vcpu_by_id(vm, nla_get_u32(info->attrs[PENG_A_VCPU_ID]));
	if (!vcpu) {
		GENL_SET_ERR_MSG(info, "the VM has no such vCPU");
		return -ENOENT;
	}
	peng_exit_stats_start(vcpu);
	return reply(info, vm, vcpu);
}

int peng_netlink_vcpu_get(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *id = info->attrs[PENG_A_VCPU_VM];
	struct peng_vm *vm;
	int ret;

	if (!id || !info->attrs[PENG_A_VCPU_ID]) {
		GENL_SET_ERR_MSG(info, "one vCPU is asked for by its VM's id and its own");
		return -EINVAL;
	}
	vm = peng_netlink_admit(request, info, peng_registry_get(nla_get_u32(id)));
	if (IS_ERR(vm))
		return PTR_ERR(vm);
	ret = reply_vcpu(info, vm);
	peng_vm_put(vm);
	return ret;
}

/* Not every kernel passes on a reason from here: the first part finds the faults. */
int peng_netlink_vcpu_start(struct netlink_callback *cb)
{
	struct nlattr *id = genl_info_dump(cb)->attrs[PENG_A_VCPU_VM];
	struct vcpu_dump *dump = (struct vcpu_dump *)cb->ctx;

	init_viewer(&dump->viewer, cb->skb);
	dump->vm = id ? nla_get_u32(id) : 0;
	dump->next = 0;
	/* A part must hold at least one vCPU. */
	cb->min_dump_alloc = PENG_VCPU_ROOM;
	return 0;
}

/* As many as there is room for; exits are timed from here on, as by vcpu-get for one. */
static int put_vcpus(struct sk_buff *msg, struct netlink_callback *cb, struct peng_vm *vm)
{
	struct nlattr *id = genl_info_dump(cb)->attrs[PENG_A_VCPU_ID];
	struct vcpu_dump *dump = (struct vcpu_dump *)cb->ctx;

	for (; dump->next < peng_vm_nr_vcpus(vm); dump->next++) {
		struct peng_vcpu *vcpu = peng_vm_vcpu(vm, dump->next);

		if (id && nla_get_u32(id) != vcpu->id)
			continue;
		peng_exit_stats_start(vcpu);
		if (put_part(msg, cb, vm, vcpu))
			break;
	}
	return msg->len;
}

int peng_netlink_vcpu_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct vcpu_dump *dump = (struct vcpu_dump *)cb->ctx;
	struct peng_vm *vm;
	int ret;

	if (!dump->vm) {
		NL_SET_ERR_MSG(cb->extack, "whose vCPUs? the id of a VM is missing");
		return -EINVAL;
	}
	/* Numbers are not given again soon: a later part finds the same VM, or none. */
	vm = filter(&dump->viewer, peng_registry_get(dump->vm));
	if (!vm) {
		NL_SET_ERR_MSG(cb->extack, NO_SUCH_VM);
		return -ENOENT;
	}
	ret = put_vcpus(msg, cb, vm);
	peng_vm_put(vm);
	return ret;
}
