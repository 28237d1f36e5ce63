// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to the family and their answers. Every request asks for an
 * acknowledgement or is a dump, so each ends with an error, 0 among them.
 */
#include "client.h"
#include "../vmm/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

/* Room for what happens while the reader's terminal is slow. */
#define EVENT_BUFFER	(1 << 20)
/* A dump is asked for anew when VMs came or went meanwhile, but not for ever. */
#define DUMP_TRIES	20

#define MAX_ATTR	PENG_A_VM_MAX

_Static_assert(PENG_A_HOST_MAX_VMS + HOST_MAX_VCPUS_PER_USER ==
	       (int)PENG_A_HOST_MAX_VCPUS_PER_USER, "limits are in their order");

_Static_assert((int)MAX_ATTR >= (int)PENG_A_HOST_MAX, "attributes of a message");
_Static_assert((int)MAX_ATTR >= (int)PENG_A_VCPU_MAX, "attributes of a message");

/**
 * struct client - the connection
 * @sock: libnl's
 * @family: number
 * @done: the answer is complete
 * @error: errno that it ended with
 * @reason: what the kernel said about it
 * @take: each message of the answer goes there
 * @arg: of @take
 */
struct client {
	struct nl_sock *sock;
	int family;
	bool done;
	int error;
	char reason[160];
	int (*take)(int cmd, struct nlattr **attrs, void *arg);
	void *arg;
};

/* An extended ack stands behind the errno, and behind the request where it is there. */
static void end_with(struct client *client, struct nlmsghdr *head, int error, size_t skip)
{
	struct nlattr *attrs[NLMSGERR_ATTR_MAX + 1];

	client->done = true;
	client->error = -error;
	client->reason[0] = '\0';
	if (!(head->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    nlmsg_parse(head, NLMSG_ALIGN(skip), attrs, NLMSGERR_ATTR_MAX, NULL) ||
	    !attrs[NLMSGERR_ATTR_MSG])
		return;
	snprintf(client->reason, sizeof(client->reason), "%s",
		 nla_get_string(attrs[NLMSGERR_ATTR_MSG]));
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	struct nlmsghdr *head = (struct nlmsghdr *)((char *)error - NLMSG_HDRLEN);
	size_t skip = sizeof(*error);

	(void)from;
	if (!(head->nlmsg_flags & NLM_F_CAPPED))
		skip += error->msg.nlmsg_len - NLMSG_HDRLEN;
	end_with(arg, head, error->error, skip);
	return NL_STOP;
}

static int on_ack(struct nl_msg *message, void *arg)
{
	end_with(arg, nlmsg_hdr(message), 0, 0);
	return NL_STOP;
}

static int on_finish(struct nl_msg *message, void *arg)
{
	struct nlmsghdr *head = nlmsg_hdr(message);
	int error = 0;

	if (nlmsg_datalen(head) >= (int)sizeof(error))
		memcpy(&error, nlmsg_data(head), sizeof(error));
	end_with(arg, head, error, sizeof(error));
	return NL_STOP;
}

static int on_message(struct nl_msg *message, void *arg)
{
	struct client *client = arg;
	struct nlattr *attrs[MAX_ATTR + 1];

	if (genlmsg_parse(nlmsg_hdr(message), 0, attrs, MAX_ATTR, NULL))
		return NL_SKIP;
	if (!client->take)
		return NL_OK;
	return client->take(genlmsg_hdr(nlmsg_hdr(message))->cmd, attrs, client->arg);
}

static void set_callbacks(struct client *client)
{
	struct nl_cb *callbacks = nl_socket_get_cb(client->sock);

	nl_cb_err(callbacks, NL_CB_CUSTOM, on_error, client);
	nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, on_ack, client);
	nl_cb_set(callbacks, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, client);
	nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_message, client);
	nl_cb_put(callbacks);
}

enum status client_try(struct client **out, const char **why)
{
	struct client *client = calloc(1, sizeof(*client));
	int on = 1;

	*out = client;
	*why = "out of memory";
	if (client)
		client->sock = nl_socket_alloc();
	if (!client || !client->sock)
		return STATUS_FAILED;
	*why = "this kernel gives no netlink sockets";
	if (genl_connect(client->sock))
		return STATUS_FAILED;
	client->family = genl_ctrl_resolve(client->sock, PENG_FAMILY_NAME);
	*why = "this kernel knows no peng: load the module (insmod peng.ko), or leave the network namespace";
	if (client->family < 0)
		return STATUS_NO_MODULE;
	/* Without it there is the errno alone. */
	setsockopt(nl_socket_get_fd(client->sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	set_callbacks(client);
	return STATUS_OK;
}

enum status client_open(struct client **client)
{
	const char *why;
	enum status status = client_try(client, &why);

	if (status != STATUS_OK)
		report("%s", why);
	return status;
}

void client_close(struct client *client)
{
	if (!client)
		return;
	if (client->sock)
		nl_socket_free(client->sock);
	free(client);
}

static struct nl_msg *new_request(const struct client *client, int cmd, int flags)
{
	struct nl_msg *message = nlmsg_alloc();

	if (message && genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, client->family, 0, flags,
				   cmd, PENG_FAMILY_VERSION))
		return message;
	report("out of memory");
	exit(STATUS_FAILED);
}

/* Sends and frees @request; an errno, with client->reason. */
static int ask(struct client *client, struct nl_msg *request)
{
	int ret = nl_send_auto(client->sock, request);

	nlmsg_free(request);
	client->done = false;
	client->error = 0;
	client->reason[0] = '\0';
	if (ret < 0)
		return EIO;
	while (!client->done) {
		ret = nl_recvmsgs_default(client->sock);
		if (ret < 0 && !client->done)
			return ret == -NLE_DUMP_INTR ? EINTR : EIO;
	}
	/* Of a dump that did not see one state of things libnl says so at its end. */
	return ret == -NLE_DUMP_INTR ? EINTR : client->error;
}

static enum status meaning(const struct client *client, int error, const char **why)
{
	*why = NULL;
	if (!error)
		return STATUS_OK;
	if (error == EPERM || error == EACCES) {
		*why = "not allowed: run it as root";
		return STATUS_DENIED;
	}
	if (error == ENOENT) {
		*why = "the VM has just ended; peng ls shows which there are";
		return STATUS_NO_VM;
	}
	*why = client->reason[0] ? client->reason : strerror(error);
	return STATUS_FAILED;
}

static enum status explain(const struct client *client, int error)
{
	const char *why;
	enum status status = meaning(client, error, &why);

	if (why)
		report("%s", why);
	return status;
}

static uint32_t u32_of(struct nlattr *attr)
{
	return attr && nla_len(attr) >= (int)sizeof(uint32_t) ? nla_get_u32(attr) : 0;
}

static uint64_t u64_of(struct nlattr *attr)
{
	return attr && nla_len(attr) >= (int)sizeof(uint64_t) ? nla_get_u64(attr) : 0;
}

static int take_host(int cmd, struct nlattr **attrs, void *arg)
{
	struct host_info *host = arg;

	(void)cmd;
	*host = (struct host_info) {
		.mode = u32_of(attrs[PENG_A_HOST_MODE]),
		.vmid_bits = u32_of(attrs[PENG_A_HOST_VMID_BITS]),
		.ipa_bits = u32_of(attrs[PENG_A_HOST_IPA_BITS]),
		.list_registers = u32_of(attrs[PENG_A_HOST_LIST_REGISTERS]),
		.lines = u32_of(attrs[PENG_A_HOST_LINES]),
		.vms = u32_of(attrs[PENG_A_HOST_VMS]),
		.vcpus = u32_of(attrs[PENG_A_HOST_VCPUS]),
		.features = u32_of(attrs[PENG_A_HOST_FEATURES]),
	};
	for (int i = 0; i < HOST_LIMITS; i++)
		host->max[i] = u32_of(attrs[PENG_A_HOST_MAX_VMS + i]);
	if (attrs[PENG_A_HOST_VERSION])
		nla_strlcpy(host->version, attrs[PENG_A_HOST_VERSION], sizeof(host->version));
	return NL_OK;
}

enum status client_get_host(struct client *client, struct host_info *host)
{
	*host = (struct host_info) { };
	client->take = take_host;
	client->arg = host;
	return explain(client, ask(client, new_request(client, PENG_CMD_HOST_GET, 0)));
}

enum status client_set_host_limits(struct client *client, const uint32_t *max, unsigned int set)
{
	struct nl_msg *request = new_request(client, PENG_CMD_HOST_SET_LIMITS, 0);

	client->take = NULL;
	for (int i = 0; i < HOST_LIMITS; i++)
		if (set >> i & 1)
			nla_put_u32(request, PENG_A_HOST_MAX_VMS + i, max[i]);
	return explain(client, ask(client, request));
}

static void read_fault(struct fault_info *fault, struct nlattr *nest)
{
	struct nlattr *attrs[PENG_A_FAULT_MAX + 1];

	if (nla_parse_nested(attrs, PENG_A_FAULT_MAX, nest, NULL) < 0)
		return;
	*fault = (struct fault_info) {
		.kind = u32_of(attrs[PENG_A_FAULT_KIND]),
		.vcpu = u32_of(attrs[PENG_A_FAULT_VCPU]),
		.error = u32_of(attrs[PENG_A_FAULT_ERROR]),
		.pc = u64_of(attrs[PENG_A_FAULT_PC]),
		.abort = attrs[PENG_A_FAULT_IPA],
		.syndrome = u64_of(attrs[PENG_A_FAULT_SYNDROME]),
		.ipa = u64_of(attrs[PENG_A_FAULT_IPA]),
		.suppressed = u32_of(attrs[PENG_A_FAULT_SUPPRESSED]),
	};
}

uint64_t client_block_size(int i)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	uint64_t entries = page / sizeof(uint64_t);

	if (i > 1 && page != 4096)
		return 0;
	return i ? page * entries * (i > 1 ? entries : 1) : page;
}

static void read_mapped(struct vm_info *vm, struct nlattr *nest)
{
	struct nlattr *attrs[PENG_A_MAPPED_MAX + 1];

	if (nla_parse_nested(attrs, PENG_A_MAPPED_MAX, nest, NULL) < 0)
		return;
	for (int i = 0; i < BLOCK_SIZES; i++)
		vm->mapped[i] = u64_of(attrs[PENG_A_MAPPED_LEVEL3 - i]);
}

static void read_vm(struct vm_info *vm, struct nlattr **attrs)
{
	*vm = (struct vm_info) {
		.id = u32_of(attrs[PENG_A_VM_ID]),
		.pid = u32_of(attrs[PENG_A_VM_PID]),
		.uid = u32_of(attrs[PENG_A_VM_UID]),
		.created = u64_of(attrs[PENG_A_VM_CREATED]),
		.state = u32_of(attrs[PENG_A_VM_STATE]),
		.vcpus = u32_of(attrs[PENG_A_VM_VCPUS]),
		.slots = u32_of(attrs[PENG_A_VM_SLOTS]),
		.memory = u64_of(attrs[PENG_A_VM_MEMORY]),
		.reason = u32_of(attrs[PENG_A_VM_REASON]),
		.quota = u32_of(attrs[PENG_A_VM_QUOTA_US]),
		.period = u32_of(attrs[PENG_A_VM_PERIOD_US]),
		.throttled = u64_of(attrs[PENG_A_VM_THROTTLED]),
		.throttled_ns = u64_of(attrs[PENG_A_VM_THROTTLED_NS]),
	};
	if (attrs[PENG_A_VM_NAME])
		nla_strlcpy(vm->name, attrs[PENG_A_VM_NAME], sizeof(vm->name));
	if (attrs[PENG_A_VM_CGROUP])
		nla_strlcpy(vm->cgroup, attrs[PENG_A_VM_CGROUP], sizeof(vm->cgroup));
	if (attrs[PENG_A_VM_MAPPED])
		read_mapped(vm, attrs[PENG_A_VM_MAPPED]);
	if (attrs[PENG_A_VM_FAULT])
		read_fault(&vm->fault, attrs[PENG_A_VM_FAULT]);
}

static int take_vm(int cmd, struct nlattr **attrs, void *arg)
{
	(void)cmd;
	read_vm(arg, attrs);
	return NL_OK;
}

/* A name begins with a letter, so a number is never one. */
static bool read_number(const char *text, uint32_t *number)
{
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	*number = *end || errno || value > UINT32_MAX ? 0 : value;
	return true;
}

static enum status find_vm(struct client *client, const char *text, struct vm_info *vm)
{
	struct nl_msg *request = new_request(client, PENG_CMD_VM_GET, 0);
	bool is_number;
	uint32_t id;
	int error;

	memset(vm, 0, sizeof(*vm));
	is_number = read_number(text, &id);
	if (is_number ? id == 0 : strlen(text) > PENG_VM_NAME_MAX) {
		nlmsg_free(request);
		error = ENOENT;
	} else {
		if (is_number)
			nla_put_u32(request, PENG_A_VM_ID, id);
		else
			nla_put_string(request, PENG_A_VM_NAME, text);
		client->take = take_vm;
		client->arg = vm;
		error = ask(client, request);
	}
	if (error != ENOENT)
		return explain(client, error);
	report("no VM '%s' of yours; peng ls shows which there are", text);
	return STATUS_NO_VM;
}

enum status client_open_vm(struct client **client, const char *text, struct vm_info *vm)
{
	enum status status = client_open(client);

	return status == STATUS_OK ? find_vm(*client, text, vm) : status;
}

/* One more entry of @size bytes in an array of @count; ends the program for want of memory. */
static void *grow(void *array, size_t count, size_t size)
{
	array = reallocarray(array, count + 1, size);
	if (array)
		return array;
	report("out of memory");
	exit(STATUS_FAILED);
}

static int add_vm(int cmd, struct nlattr **attrs, void *arg)
{
	struct vm_list *list = arg;

	(void)cmd;
	list->vms = grow(list->vms, list->count, sizeof(*list->vms));
	read_vm(&list->vms[list->count++], attrs);
	return NL_OK;
}

enum status client_list_vms(struct client *client, struct vm_list *list)
{
	return client_list_vms_of(client, 0, list);
}

enum status client_list_vms_of(struct client *client, uint64_t cgroup, struct vm_list *list)
{
	int error = EINTR;

	list->vms = NULL;
	client->take = add_vm;
	client->arg = list;
	for (int try = 0; error == EINTR && try < DUMP_TRIES; try++) {
		struct nl_msg *request = new_request(client, PENG_CMD_VM_GET, NLM_F_DUMP);

		list->count = 0;
		if (cgroup)
			nla_put_u64(request, PENG_A_VM_CGROUP_ID, cgroup);
		error = ask(client, request);
	}
	/* VMs come and go all the time here: what was seen last is as good as any. */
	return explain(client, error == EINTR ? 0 : error);
}

enum status client_find_own(struct client *client, struct vm_info *vm)
{
	enum status status = STATUS_NO_VM;
	struct vm_list list;

	if (client_list_vms(client, &list) != STATUS_OK)
		list.count = 0;
	for (size_t i = 0; i < list.count; i++) {
		if (list.vms[i].pid != (uint32_t)getpid())
			continue;
		*vm = list.vms[i];
		status = STATUS_OK;
	}
	free(list.vms);
	return status;
}

static void read_counters(struct vcpu_info *vcpu, struct nlattr *nest)
{
	struct nlattr *counters[PENG_A_COUNTER_MAX + 1];

	if (!nest || nla_parse_nested(counters, PENG_A_COUNTER_MAX, nest, NULL))
		return;
	for (int i = 0; i <= PENG_A_COUNTER_MAX; i++)
		vcpu->counters[i] = u64_of(counters[i]);
}

static void read_exit(struct exit_info *exits, struct nlattr *nest)
{
	struct nlattr *attrs[PENG_A_EXIT_MAX + 1];
	struct nlattr *buckets;

	if (nla_parse_nested(attrs, PENG_A_EXIT_MAX, nest, NULL))
		return;
	exits->count = u64_of(attrs[PENG_A_EXIT_COUNT]);
	exits->ns = u64_of(attrs[PENG_A_EXIT_NS]);
	exits->user_ns = u64_of(attrs[PENG_A_EXIT_USER_NS]);
	buckets = attrs[PENG_A_EXIT_BUCKETS];
	if (buckets)
		nla_memcpy(exits->buckets, buckets, sizeof(exits->buckets));
}

static void read_exits(struct vcpu_info *vcpu, struct nlattr *nest)
{
	struct nlattr *classes[PENG_A_EXITS_MAX + 1];

	if (!nest || nla_parse_nested(classes, PENG_A_EXITS_MAX, nest, NULL))
		return;
	for (int i = 0; i <= PENG_A_EXITS_MAX; i++)
		if (classes[i])
			read_exit(&vcpu->exits[i], classes[i]);
}

static int add_vcpu(int cmd, struct nlattr **attrs, void *arg)
{
	struct vcpu_list *list = arg;
	struct vcpu_info *vcpu;

	(void)cmd;
	list->vcpus = grow(list->vcpus, list->count, sizeof(*list->vcpus));
	vcpu = &list->vcpus[list->count++];
	*vcpu = (struct vcpu_info) {
		.id = u32_of(attrs[PENG_A_VCPU_ID]),
		.state = u32_of(attrs[PENG_A_VCPU_STATE]),
		.cpu = attrs[PENG_A_VCPU_CPU] ? (int)u32_of(attrs[PENG_A_VCPU_CPU]) : -1,
		.tid = u32_of(attrs[PENG_A_VCPU_TID]),
		.run_ns = u64_of(attrs[PENG_A_VCPU_RUN_NS]),
		.guest_ns = u64_of(attrs[PENG_A_VCPU_GUEST_NS]),
		.steal_ns = u64_of(attrs[PENG_A_VCPU_STEAL_NS]),
	};
	read_counters(vcpu, attrs[PENG_A_VCPU_COUNTERS]);
	read_exits(vcpu, attrs[PENG_A_VCPU_EXITS]);
	return NL_OK;
}

static int list_vcpus(struct client *client, const struct vm_info *vm, struct vcpu_list *list)
{
	struct nl_msg *request = new_request(client, PENG_CMD_VCPU_GET, NLM_F_DUMP);

	*list = (struct vcpu_list) { };
	client->take = add_vcpu;
	client->arg = list;
	nla_put_u32(request, PENG_A_VCPU_VM, vm->id);
	return ask(client, request);
}

enum status client_list_vcpus(struct client *client, const struct vm_info *vm,
			      struct vcpu_list *list)
{
	return explain(client, list_vcpus(client, vm, list));
}

enum status client_list_vcpus_left(struct client *client, const struct vm_info *vm,
				   struct vcpu_list *list)
{
	int error = list_vcpus(client, vm, list);

	return explain(client, error == ENOENT ? 0 : error);
}

static int steer(struct client *client, int cmd, const struct vm_info *vm, const char *name)
{
	struct nl_msg *request = new_request(client, cmd, 0);

	client->take = NULL;
	nla_put_u32(request, PENG_A_VM_ID, vm->id);
	if (name)
		nla_put_string(request, PENG_A_VM_NAME, name);
	return ask(client, request);
}

enum status client_steer(struct client *client, int cmd, const struct vm_info *vm,
			 const char *name)
{
	return explain(client, steer(client, cmd, vm, name));
}

enum status client_try_steer(struct client *client, int cmd, const struct vm_info *vm,
			     const char **why)
{
	return meaning(client, steer(client, cmd, vm, NULL), why);
}

enum status client_set_limits(struct client *client, const struct vm_info *vm, uint32_t quota,
			      uint32_t period)
{
	struct nl_msg *request = new_request(client, PENG_CMD_VM_SET_LIMITS, 0);

	client->take = NULL;
	nla_put_u32(request, PENG_A_VM_ID, vm->id);
	nla_put_u32(request, PENG_A_VM_QUOTA_US, quota);
	nla_put_u32(request, PENG_A_VM_PERIOD_US, period);
	return explain(client, ask(client, request));
}

/* As it answers to resolve a name, all names come before the first membership. */
static int join(struct client *client)
{
	static const char * const names[] = { PENG_MCGRP_LIFECYCLE, PENG_MCGRP_FAULT };
	int groups[ARRAY_SIZE(names)];
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		groups[i] = genl_ctrl_resolve_grp(client->sock, PENG_FAMILY_NAME, names[i]);
		if (groups[i] < 0)
			return groups[i];
	}
	nl_socket_set_buffer_size(client->sock, EVENT_BUFFER, 0);
	nl_socket_disable_seq_check(client->sock);
	/* It answered to resolve the names as it does to requests. */
	set_callbacks(client);
	for (size_t i = 0; !ret && i < ARRAY_SIZE(groups); i++)
		ret = nl_socket_add_membership(client->sock, groups[i]);
	return ret;
}

enum status client_join(struct client *client)
{
	int ret = join(client);

	if (ret == -NLE_PERM) {
		report("events tell of everybody's VMs: run it as root");
		return STATUS_DENIED;
	}
	if (ret) {
		report("cannot listen to events: %s", nl_geterror(ret));
		return STATUS_FAILED;
	}
	return STATUS_OK;
}

/**
 * struct listener - who hears of events
 * @event: where they go
 * @arg: of @event
 * @stop: it has heard enough
 */
struct listener {
	client_event_fn event;
	void *arg;
	bool stop;
};

static int take_event(int cmd, struct nlattr **attrs, void *arg)
{
	struct listener *listener = arg;
	struct vm_info vm;

	read_vm(&vm, attrs);
	listener->stop = !listener->event(cmd, &vm, listener->arg);
	return listener->stop ? NL_STOP : NL_OK;
}

enum status client_listen(struct client *client, client_event_fn event, void *arg)
{
	struct listener listener = { .event = event, .arg = arg };
	enum status status = STATUS_OK;

	client->take = take_event;
	client->arg = &listener;
	while (!listener.stop) {
		int ret = nl_recvmsgs_default(client->sock);

		/* libnl's word for ENOBUFS: the kernel had to leave events out. */
		if (ret == -NLE_NOMEM) {
			listener.stop = !event(0, NULL, arg);
		} else if (ret < 0 && ret != -NLE_INTR) {
			report("cannot listen to events: %s", nl_geterror(ret));
			status = STATUS_FAILED;
			listener.stop = true;
		}
	}
	client->take = NULL;
	client->arg = NULL;
	return status;
}
