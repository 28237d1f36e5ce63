// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that no message harms the netlink family: 100,000 of random commands and
 * attributes, many of them malformed or cut, from root and from a user, with VMs
 * there that they name, pause, limit and kill. Each is answered by a reply or an
 * errno, the family works afterwards, and the host's log is clean (the lab looks).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "kselftest_harness.h"
#include "nl.h"
#include "vm.h"

#define MESSAGES	50000
#define NR_VMS		4

/**
 * struct fuzz - a sender
 * @nl: its socket
 * @dev: the device
 * @vms: VMs of its own
 * @state: of the generator
 * @answers: messages that were answered with 0 or data
 * @refusals: with an errno
 */
struct fuzz {
	struct nl nl;
	int dev;
	int vms[NR_VMS];
	u64 state;
	unsigned int answers;
	unsigned int refusals;
};

/* xorshift64*, G. Marsaglia, S. Vigna: the same messages for the same seed. */
static u32 below(struct fuzz *f, u32 end)
{
	f->state ^= f->state >> 12;
	f->state ^= f->state << 25;
	f->state ^= f->state >> 27;
	return (u32)((f->state * 0x2545f4914f6cdd1dULL) >> 32) % end;
}

/* Small numbers, which VMs have, limits, and anything. */
static u64 number(struct fuzz *f)
{
	static const u64 edges[] = { 0, 1, 999, 1000, 1000000, 1000001, 0x7fffffff, 0x80000000,
				     0xffffffff, 0x100000000, 0x7fffffffffffffff, ~0UL };

	switch (below(f, 3)) {
	case 0:
		return below(f, 2 * NR_VMS) + 1;
	case 1:
		return edges[below(f, sizeof(edges) / sizeof(edges[0]))];
	default:
		return (u64)below(f, ~0U) << 32 | below(f, ~0U);
	}
}

static void put_random(struct fuzz *f, struct nl_req *req)
{
	static const u16 lengths[] = { 0, 1, 2, 4, 4, 4, 4, 8, 8, 12, 63, 64, 65, 200 };
	u16 len = lengths[below(f, sizeof(lengths) / sizeof(lengths[0]))];
	u16 type = below(f, PENG_A_VM_MAX + 3);
	u8 data[200];
	unsigned int i;

	for (i = 0; i < sizeof(data); i += sizeof(u64)) {
		u64 value = number(f);

		memcpy(data + i, &value, sizeof(value));
	}
	if (!below(f, 3)) {
		memset(data, 'a' + below(f, 4), len);
		if (len && below(f, 4))
			data[len - 1] = 0;
	}
	if (!below(f, 16))
		type |= below(f, 2) ? NLA_F_NESTED : NLA_F_NET_BYTEORDER;
	nl_put(req, type, data, len);
}

/* Something in it is not what it says, from the length of the message on. */
static void spoil(struct fuzz *f, struct nl_req *req)
{
	u8 *bytes = (void *)req;
	u32 end = req->head.nlmsg_len;

	switch (below(f, 3)) {
	case 0:
		req->head.nlmsg_len = NLMSG_HDRLEN + below(f, end - NLMSG_HDRLEN + 1);
		break;
	case 1:
		bytes[NLMSG_HDRLEN + below(f, end - NLMSG_HDRLEN)] ^= 1 << below(f, 8);
		break;
	default:
		req->genl.reserved = below(f, 0x10000);
		break;
	}
}

/* All that comes, a dump to its end; whatever is asked, something does. */
static bool receive_all(struct fuzz *f)
{
	bool answered = false;
	ssize_t len;

	while ((len = recv(f->nl.fd, f->nl.in, sizeof(f->nl.in), MSG_DONTWAIT)) > 0) {
		struct nlmsghdr *head = (void *)f->nl.in;
		int left = len;

		for (; NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
			bool refused = head->nlmsg_type == NLMSG_ERROR &&
				       *(int *)NLMSG_DATA(head);

			answered = true;
			f->refusals += refused;
			f->answers += !refused;
		}
	}
	return answered && errno == EAGAIN;
}

static void send_one(struct fuzz *f)
{
	struct nl_req req = nl_req(f->nl.family, below(f, PENG_CMD_MAX + 3),
				   NLM_F_REQUEST | NLM_F_ACK | (below(f, 3) ? 0 : NLM_F_DUMP));
	unsigned int attrs = below(f, 5);

	while (attrs--)
		put_random(f, &req);
	if (!below(f, 4))
		spoil(f, &req);
	CHECK(send(f->nl.fd, &req, req.head.nlmsg_len, 0) > 0, "errno %d", errno);
	CHECK(receive_all(f), "no answer");
}

static void renew(struct fuzz *f, int *vm)
{
	/* Root may have said that there shall be none. */
	CHECK(geteuid() || !nl_no_limits(&f->nl), "%s", f->nl.reason);
	if (*vm)
		close(*vm);
	*vm = CHECK_FD(ioctl(f->dev, KVM_CREATE_VM, 0));
	if (below(f, 2))
		close(CHECK_FD(ioctl(*vm, KVM_CREATE_VCPU, 0)));
}

static void fuzz(struct fuzz *f)
{
	struct nl_req host;
	unsigned int i;

	CHECK(getrandom(&f->state, sizeof(f->state), 0) == sizeof(f->state), "errno %d", errno);
	f->state |= 1;
	printf("# seed %#llx\n", (unsigned long long)f->state);
	nl_open(&f->nl);
	for (i = 0; i < MESSAGES; i++) {
		/* Some have been killed; their numbers grow. */
		if (i % 1000 == 0)
			renew(f, &f->vms[i / 1000 % NR_VMS]);
		send_one(f);
	}
	for (i = 0; i < NR_VMS; i++)
		close(f->vms[i]);
	host = nl_req(f->nl.family, PENG_CMD_HOST_GET, NLM_F_REQUEST);
	CHECK(nl_ask(&f->nl, &host) == 0, "%s", f->nl.reason);
	/* It was not the same answer all the time. */
	CHECK(f->answers > MESSAGES / 100 && f->refusals > MESSAGES / 10, "%u answers, %u refusals",
	      f->answers, f->refusals);
	close(f->nl.fd);
}

FIXTURE(fuzz) {
	struct fuzz f;
};

FIXTURE_SETUP(fuzz)
{
	if (dev_is_kvm())
		SKIP_IN_SETUP("KVM has no netlink family");
}

/* For the tests that come. */
FIXTURE_TEARDOWN(fuzz)
{
	struct nl nl;

	nl_open(&nl);
	EXPECT_EQ(0, nl_no_limits(&nl));
	close(nl.fd);
}

TEST_F_TIMEOUT(fuzz, root, 240)
{
	self->f.dev = dev_open();
	fuzz(&self->f);
	close(self->f.dev);
}

TEST_F_TIMEOUT(fuzz, user, 240)
{
	int status;
	pid_t pid;

	self->f.dev = dev_open();
	pid = fork();
	if (!pid) {
		become_nobody();
		fuzz(&self->f);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
	close(self->f.dev);
}

TEST_HARNESS_MAIN
