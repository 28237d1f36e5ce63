// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to peng's generic netlink family, and their answers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include "nl.h"
#include "vm.h"

struct nl_req nl_req(u16 family, u8 cmd, u16 flags)
{
	return (struct nl_req) {
		.head = {
			.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN,
			.nlmsg_type = family,
			.nlmsg_flags = flags,
		},
		.genl = { .cmd = cmd, .version = PENG_FAMILY_VERSION },
	};
}

void nl_put(struct nl_req *req, u16 type, const void *data, u16 len)
{
	struct nlattr *attr = (void *)((char *)req + NLMSG_ALIGN(req->head.nlmsg_len));

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	memcpy(NL_PAYLOAD(attr), data, len);
	req->head.nlmsg_len = NLMSG_ALIGN(req->head.nlmsg_len) + NLA_ALIGN(attr->nla_len);
}

void nl_put_u32(struct nl_req *req, u16 type, u32 value)
{
	nl_put(req, type, &value, sizeof(value));
}

void nl_put_string(struct nl_req *req, u16 type, const char *text)
{
	nl_put(req, type, text, strlen(text) + 1);
}

void nl_parse(struct nlattr **attrs, void *from, int len)
{
	struct nlattr *attr = from;

	memset(attrs, 0, NL_MAX_ATTR * sizeof(*attrs));
	while (len >= (int)sizeof(*attr) && attr->nla_len >= NLA_HDRLEN && attr->nla_len <= len) {
		unsigned int type = attr->nla_type & NLA_TYPE_MASK;

		if (type < NL_MAX_ATTR)
			attrs[type] = attr;
		len -= NLA_ALIGN(attr->nla_len);
		attr = (void *)((char *)attr + NLA_ALIGN(attr->nla_len));
	}
}

void nl_parse_nested(struct nlattr **attrs, struct nlattr *nest)
{
	CHECK(nest, "a nest is missing");
	nl_parse(attrs, NL_PAYLOAD(nest), nest->nla_len - NLA_HDRLEN);
}

u32 nl_u32(struct nlattr *attr)
{
	return attr ? *(u32 *)NL_PAYLOAD(attr) : 0;
}

u64 nl_u64(struct nlattr *attr)
{
	u64 value = 0;

	if (attr)
		memcpy(&value, NL_PAYLOAD(attr), sizeof(value));
	return value;
}

const char *nl_string(struct nlattr *attr)
{
	return attr ? NL_PAYLOAD(attr) : "";
}

/* The errno of an NLMSG_ERROR or NLMSG_DONE; keeps the reason. */
static int error_of(struct nl *nl, struct nlmsghdr *head)
{
	int error = *(int *)NLMSG_DATA(head);
	struct nlattr *attrs[NL_MAX_ATTR];
	int skip = sizeof(int);

	if (head->nlmsg_type == NLMSG_ERROR) {
		struct nlmsgerr *err = NLMSG_DATA(head);

		skip = sizeof(*err);
		if (!(head->nlmsg_flags & NLM_F_CAPPED))
			skip += err->msg.nlmsg_len - NLMSG_HDRLEN;
	}
	if (head->nlmsg_flags & NLM_F_ACK_TLVS) {
		skip = NLMSG_ALIGN(skip);
		nl_parse(attrs, (char *)NLMSG_DATA(head) + skip,
		      (int)head->nlmsg_len - NLMSG_HDRLEN - skip);
		snprintf(nl->reason, sizeof(nl->reason), "%s",
			 nl_string(attrs[NLMSGERR_ATTR_MSG]));
	}
	return -error;
}

int nl_receive(struct nl *nl, bool dump, nl_each_fn each, void *arg)
{
	for (;;) {
		int len = recv(nl->fd, nl->in, sizeof(nl->in), 0);
		struct nlmsghdr *head = (void *)nl->in;

		if (len < 0)
			return errno;
		for (; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len)) {
			if (head->nlmsg_type == NLMSG_ERROR || head->nlmsg_type == NLMSG_DONE)
				return error_of(nl, head);
			nl->cmd = ((struct genlmsghdr *)NLMSG_DATA(head))->cmd;
			nl_parse(nl->attrs, (char *)NLMSG_DATA(head) + GENL_HDRLEN,
			      head->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN);
			if (each)
				each(nl, arg);
		}
		if (!dump)
			return 0;
	}
}

int nl_ask_each(struct nl *nl, struct nl_req *req, nl_each_fn each, void *arg)
{
	nl->reason[0] = 0;
	if (send(nl->fd, req, req->head.nlmsg_len, 0) < 0)
		return errno;
	return nl_receive(nl, (req->head.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP, each, arg);
}

int nl_ask(struct nl *nl, struct nl_req *req)
{
	return nl_ask_each(nl, req, NULL, NULL);
}

void nl_socket(struct nl *nl)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	int on = 1;

	memset(nl, 0, sizeof(*nl));
	nl->fd = CHECK_FD(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC));
	CHECK_FD(setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)));
	CHECK_FD(bind(nl->fd, (struct sockaddr *)&self, sizeof(self)));
}

static const char * const group_names[NL_GROUPS] = {
	[NL_LIFECYCLE] = PENG_MCGRP_LIFECYCLE,
	[NL_FAULT] = PENG_MCGRP_FAULT,
	[NL_STATS] = PENG_MCGRP_STATS,
};

/* Of the family that was received last. */
static u32 find_group(struct nl *nl, const char *name)
{
	struct nlattr *groups[NL_MAX_ATTR], *group[NL_MAX_ATTR], *all;
	unsigned int i;

	all = nl->attrs[CTRL_ATTR_MCAST_GROUPS];
	CHECK(all, "no groups");
	nl_parse(groups, NL_PAYLOAD(all), all->nla_len - NLA_HDRLEN);
	for (i = 0; i < NL_MAX_ATTR; i++) {
		if (!groups[i])
			continue;
		nl_parse(group, NL_PAYLOAD(groups[i]), groups[i]->nla_len - NLA_HDRLEN);
		if (!strcmp(nl_string(group[CTRL_ATTR_MCAST_GRP_NAME]), name))
			return nl_u32(group[CTRL_ATTR_MCAST_GRP_ID]);
	}
	CHECK(false, "no group %s", name);
	return 0;
}

int nl_resolve(struct nl *nl)
{
	struct nl_req req = nl_req(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_REQUEST);
	unsigned int i;
	int error;

	nl_put_string(&req, CTRL_ATTR_FAMILY_NAME, PENG_FAMILY_NAME);
	error = nl_ask(nl, &req);
	if (error)
		return error;
	nl->family = *(u16 *)NL_PAYLOAD(nl->attrs[CTRL_ATTR_FAMILY_ID]);
	CHECK(nl_u32(nl->attrs[CTRL_ATTR_VERSION]) == PENG_FAMILY_VERSION, "version");
	for (i = 0; i < NL_GROUPS; i++)
		nl->groups[i] = find_group(nl, group_names[i]);
	return 0;
}

void nl_open(struct nl *nl)
{
	nl_socket(nl);
	CHECK(nl_resolve(nl) == 0, "no family");
}

int nl_join(struct nl *nl, enum nl_group group)
{
	return ERRNO(setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &nl->groups[group],
				sizeof(nl->groups[group])));
}

void nl_keep_id(struct nl *nl, void *arg)
{
	*(u32 *)arg = nl_u32(nl->attrs[PENG_A_VM_ID]);
}

u32 nl_own_vm(struct nl *nl)
{
	struct nl_req req = nl_req(nl->family, PENG_CMD_VM_GET, NL_DUMP);
	u32 id = 0;

	nl_put_u32(&req, PENG_A_VM_PID, getpid());
	CHECK(nl_ask_each(nl, &req, nl_keep_id, &id) == 0, "%s", nl->reason);
	CHECK(id, "this process has no VM");
	return id;
}

int nl_get_vm(struct nl *nl, u32 id)
{
	struct nl_req req = nl_req(nl->family, PENG_CMD_VM_GET, NLM_F_REQUEST);

	nl_put_u32(&req, PENG_A_VM_ID, id);
	return nl_ask(nl, &req);
}

int nl_no_limits(struct nl *nl)
{
	struct nl_req req = nl_req(nl->family, PENG_CMD_HOST_SET_LIMITS, NLM_F_REQUEST | NLM_F_ACK);

	nl_put_u32(&req, PENG_A_HOST_MAX_VMS, 0);
	nl_put_u32(&req, PENG_A_HOST_MAX_VCPUS, 0);
	nl_put_u32(&req, PENG_A_HOST_MAX_VMS_PER_USER, 0);
	nl_put_u32(&req, PENG_A_HOST_MAX_VCPUS_PER_USER, 0);
	return nl_ask(nl, &req);
}

int nl_dump_vcpus(struct nl *nl, u32 id, nl_each_fn each, void *arg)
{
	struct nl_req req = nl_req(nl->family, PENG_CMD_VCPU_GET, NL_DUMP);

	nl_put_u32(&req, PENG_A_VCPU_VM, id);
	return nl_ask_each(nl, &req, each, arg);
}

void nl_parse_counters(struct nl *nl, struct nl_counters *counters)
{
	struct nlattr *attrs[NL_MAX_ATTR], *nest = nl->attrs[PENG_A_VCPU_COUNTERS];
	unsigned int i;

	CHECK(nest, "no counters");
	nl_parse(attrs, NL_PAYLOAD(nest), nest->nla_len - NLA_HDRLEN);
	for (i = PENG_A_COUNTER_PAD + 1; i <= PENG_A_COUNTER_MAX; i++) {
		CHECK(attrs[i], "no counter %u", i);
		counters->of[i] = nl_u64(attrs[i]);
	}
}

int nl_steer(struct nl *nl, u8 cmd, u32 id)
{
	struct nl_req req = nl_req(nl->family, cmd, NLM_F_REQUEST | NLM_F_ACK);

	nl_put_u32(&req, PENG_A_VM_ID, id);
	return nl_ask(nl, &req);
}

u8 nl_next_event(struct nl *nl, u32 pid)
{
	do {
		int error = nl_receive(nl, false, NULL, NULL);

		CHECK(!error, "%s", strerror(error));
	} while (nl_u32(nl->attrs[PENG_A_VM_PID]) != pid);
	return nl->cmd;
}
