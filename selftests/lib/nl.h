/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client of peng's generic netlink family, made of plain sockets: a test must be
 * able to send what no library would.
 */
#ifndef SELFTESTS_LIB_NL_H
#define SELFTESTS_LIB_NL_H

#include <stdbool.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/types.h>
#include "guest.h"
#include "../../uapi/linux/peng.h"

#define NL_MAX_ATTR	32
#define NL_DUMP		(NLM_F_REQUEST | NLM_F_DUMP)
#define NL_PAYLOAD(a)	((void *)((char *)(a) + NLA_HDRLEN))

enum nl_group { NL_LIFECYCLE, NL_FAULT, NL_STATS, NL_GROUPS };

/**
 * struct nl - a netlink socket, and what was received last
 * @fd: socket
 * @family: number of the family
 * @groups: numbers of its groups
 * @cmd: command of the message received last
 * @attrs: its attributes
 * @reason: what the kernel said with an error
 * @in: room for messages
 */
struct nl {
	int fd;
	u16 family;
	u32 groups[NL_GROUPS];
	u8 cmd;
	struct nlattr *attrs[NL_MAX_ATTR];
	char reason[128];
	char in[32768] __aligned(8);
};

/* A request that is being made. */
struct nl_req {
	struct nlmsghdr head;
	struct genlmsghdr genl;
	char room[2048];
};

typedef void (*nl_each_fn)(struct nl *nl, void *arg);

/* A request without attributes; then some are put behind its headers. */
struct nl_req nl_req(u16 family, u8 cmd, u16 flags);
void nl_put(struct nl_req *req, u16 type, const void *data, u16 len);
void nl_put_u32(struct nl_req *req, u16 type, u32 value);
void nl_put_string(struct nl_req *req, u16 type, const char *text);

/* Attributes of @len bytes at @from, each at its number. */
void nl_parse(struct nlattr **attrs, void *from, int len);
void nl_parse_nested(struct nlattr **attrs, struct nlattr *nest);
/* What an attribute holds; 0 or an empty string where there is none. */
u32 nl_u32(struct nlattr *attr);
u64 nl_u64(struct nlattr *attr);
const char *nl_string(struct nlattr *attr);

/* Take the limits of VMs and vCPUs away; an errno. */
int nl_no_limits(struct nl *nl);

/* Everything up to the end of an answer, each message to @each. An errno. */
int nl_receive(struct nl *nl, bool dump, nl_each_fn each, void *arg);
/* Send and receive: an errno, and its reason in nl->reason. */
int nl_ask_each(struct nl *nl, struct nl_req *req, nl_each_fn each, void *arg);
int nl_ask(struct nl *nl, struct nl_req *req);

void nl_socket(struct nl *nl);
/* An errno: ENOENT where there is no such family. */
int nl_resolve(struct nl *nl);
void nl_open(struct nl *nl);
/* Listen to a group; an errno. */
int nl_join(struct nl *nl, enum nl_group group);

/* For dumps of VMs: puts the number into the u32 at @arg. */
void nl_keep_id(struct nl *nl, void *arg);
/* The youngest VM of this process. */
u32 nl_own_vm(struct nl *nl);
/* An errno; what was asked for is in nl->attrs. */
int nl_get_vm(struct nl *nl, u32 id);
/* The vCPUs of a VM, each to @each; an errno. */
int nl_dump_vcpus(struct nl *nl, u32 id, nl_each_fn each, void *arg);

/* Counters of a vCPU, each at its PENG_A_COUNTER_*. */
struct nl_counters {
	u64 of[PENG_A_COUNTER_MAX + 1];
};

/* Those of the vCPU received last, which must have them all. */
void nl_parse_counters(struct nl *nl, struct nl_counters *counters);
/* A command that takes the number of a VM and nothing else; an errno. */
int nl_steer(struct nl *nl, u8 cmd, u32 id);
/* The next event of a VM that process @pid made; others may end theirs meanwhile. */
u8 nl_next_event(struct nl *nl, u32 pid);

#endif
