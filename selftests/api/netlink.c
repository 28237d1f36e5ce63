// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the generic netlink family: every command with what it should take and
 * with what it should not, who may see and name whose VMs, the events and their
 * order, that a listener who loses events hears of it, that VMs may end while they
 * are asked for, and that no message, however malformed, disturbs the host.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include "kselftest_harness.h"
#include "nl.h"
#include "vm.h"

static void count_it(struct nl *nl, void *arg)
{
	++*(unsigned int *)arg;
}

static int get_named(struct nl *nl, const char *name)
{
	struct nl_req req = nl_req(nl->family, PENG_CMD_VM_GET, NLM_F_REQUEST);

	nl_put_string(&req, PENG_A_VM_NAME, name);
	return nl_ask(nl, &req);
}

static int set_name(struct nl *nl, u32 id, const char *name)
{
	struct nl_req req = nl_req(nl->family, PENG_CMD_VM_SET_NAME, NLM_F_REQUEST | NLM_F_ACK);

	nl_put_u32(&req, PENG_A_VM_ID, id);
	nl_put_string(&req, PENG_A_VM_NAME, name);
	return nl_ask(nl, &req);
}

static void guest_syncs(u64 arg)
{
	guest_sync(1);
	guest_sync(2);
}

FIXTURE(netlink) {
	struct nl nl;
};

FIXTURE_SETUP(netlink)
{
	if (dev_is_kvm())
		SKIP_IN_SETUP("KVM has no netlink family");
	nl_open(&self->nl);
}

FIXTURE_TEARDOWN(netlink)
{
	close(self->nl.fd);
}

/* What KVM_CHECK_EXTENSION says on the device. */
static bool has_cap(int cap)
{
	int dev = dev_open(), has = ioctl(dev, KVM_CHECK_EXTENSION, cap);

	close(dev);
	return has;
}

TEST_F(netlink, host)
{
	struct nl_req req = nl_req(self->nl.family, PENG_CMD_HOST_GET, NLM_F_REQUEST);
	struct nlattr **attrs = self->nl.attrs;
	u32 bits;

	ASSERT_EQ(0, nl_ask(&self->nl, &req));
	EXPECT_EQ(PENG_CMD_HOST_GET, self->nl.cmd);
	EXPECT_NE(0, strlen(nl_string(attrs[PENG_A_HOST_VERSION])));
	ASSERT_NE(NULL, attrs[PENG_A_HOST_MODE]);
	EXPECT_GE(PENG_MODE_NVHE, nl_u32(attrs[PENG_A_HOST_MODE]));
	ASSERT_NE(NULL, attrs[PENG_A_HOST_LINES]);
	EXPECT_GE(PENG_LINES_BORROWED, nl_u32(attrs[PENG_A_HOST_LINES]));
	bits = nl_u32(attrs[PENG_A_HOST_VMID_BITS]);
	EXPECT_TRUE(bits == 8 || bits == 16);
	bits = nl_u32(attrs[PENG_A_HOST_IPA_BITS]);
	EXPECT_TRUE(bits >= 32 && bits <= 52);
	bits = nl_u32(attrs[PENG_A_HOST_LIST_REGISTERS]);
	EXPECT_TRUE(bits >= 1 && bits <= 16);
	ASSERT_NE(NULL, attrs[PENG_A_HOST_FEATURES]);
	bits = nl_u32(attrs[PENG_A_HOST_FEATURES]);
	EXPECT_EQ(0, bits >> (PENG_HOST_FEATURE_MTE + 1));
	EXPECT_EQ(has_cap(KVM_CAP_ARM_INJECT_SERROR_ESR), bits >> PENG_HOST_FEATURE_RAS & 1);
	EXPECT_EQ(has_cap(KVM_CAP_ARM_MTE), bits >> PENG_HOST_FEATURE_MTE & 1);

	nl_put_u32(&req, PENG_A_HOST_MODE, 0);
	EXPECT_EQ(EINVAL, nl_ask(&self->nl, &req));
	EXPECT_NE(0, strlen(self->nl.reason));
}

TEST_F(netlink, vm)
{
	u64 before = (u64)time(NULL) * 1000000000;
	struct nlattr **attrs = self->nl.attrs;
	struct vm vm;
	u32 id;

	vm_init(&vm, 2, guest_syncs);
	id = nl_own_vm(&self->nl);
	ASSERT_EQ(0, nl_get_vm(&self->nl, id));
	EXPECT_EQ(PENG_CMD_VM_GET, self->nl.cmd);
	EXPECT_EQ(id, nl_u32(attrs[PENG_A_VM_ID]));
	EXPECT_EQ(NULL, attrs[PENG_A_VM_NAME]);
	EXPECT_EQ(getpid(), nl_u32(attrs[PENG_A_VM_PID]));
	EXPECT_EQ(geteuid(), nl_u32(attrs[PENG_A_VM_UID]));
	EXPECT_LE(before, nl_u64(attrs[PENG_A_VM_CREATED]));
	ASSERT_NE(NULL, attrs[PENG_A_VM_STATE]);
	EXPECT_EQ(PENG_VM_STATE_CREATED, nl_u32(attrs[PENG_A_VM_STATE]));
	EXPECT_EQ(2, nl_u32(attrs[PENG_A_VM_VCPUS]));
	EXPECT_EQ(2, nl_u32(attrs[PENG_A_VM_SLOTS]));
	EXPECT_LT(VM_RAM_SIZE, nl_u64(attrs[PENG_A_VM_MEMORY]));

	before = nl_u64(attrs[PENG_A_VM_MEMORY]);
	vm_map(&vm, VM_SLOT_FREE, 0x7000000000, 0x10000);
	vcpu_expect_sync(&vm.vcpu[0], 1);
	ASSERT_EQ(0, nl_get_vm(&self->nl, id));
	EXPECT_EQ(PENG_VM_STATE_RUNNING, nl_u32(attrs[PENG_A_VM_STATE]));
	EXPECT_EQ(3, nl_u32(attrs[PENG_A_VM_SLOTS]));
	EXPECT_EQ(before + 0x10000, nl_u64(attrs[PENG_A_VM_MEMORY]));

	vm_destroy(&vm);
	EXPECT_EQ(ENOENT, nl_get_vm(&self->nl, id));
	EXPECT_NE(0, strlen(self->nl.reason));
}

#define AREA		0x200000000ULL
#define BLOCK		(2ULL << 20)
#define AREA_SIZE	(2 * BLOCK)

static void guest_touches(u64 at)
{
	u64 end = at + AREA_SIZE, step = 8192;

	guest_sync(0);
	for (int pass = 1; pass <= 3; pass++, step = 4096) {
		for (u64 next = at; next < end; next += step)
			++*(volatile u64 *)next;
		guest_sync(pass);
	}
}

static void log_area(struct vm *vm, void *p, bool on)
{
	u32 flags = on ? KVM_MEM_LOG_DIRTY_PAGES : 0;

	CHECK(!vm_set_slot(vm, VM_SLOT_FREE, flags, AREA, AREA_SIZE, p), "log: %m");
}

struct mapped {
	u64 blocks;
	u64 pages;
};

static struct mapped mapped(struct nl *nl, u32 id)
{
	struct nlattr *attrs[NL_MAX_ATTR];

	CHECK(!nl_get_vm(nl, id), "no VM");
	nl_parse_nested(attrs, nl->attrs[PENG_A_VM_MAPPED]);
	CHECK(attrs[PENG_A_MAPPED_LEVEL1], "not a granule of 4K");
	return (struct mapped) {
		.blocks = nl_u64(attrs[PENG_A_MAPPED_LEVEL2]),
		.pages = nl_u64(attrs[PENG_A_MAPPED_LEVEL3]),
	};
}

/* A log makes pages; after it there are blocks where the host has such, also in place of pages. */
TEST_F(netlink, mapped_bytes)
{
	struct mapped others, now;
	struct vcpu *vcpu;
	struct vm vm;
	void *p;
	u32 id;

	vm_init(&vm, 1, guest_touches);
	vcpu = &vm.vcpu[0];
	id = nl_own_vm(&self->nl);
	now = mapped(&self->nl, id);
	EXPECT_EQ(0, now.blocks);
	EXPECT_EQ(0, now.pages);

	p = mmap((void *)(2 * AREA), AREA_SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, madvise(p, AREA_SIZE, MADV_HUGEPAGE));
	memset(p, 1, AREA_SIZE);
	log_area(&vm, p, true);
	vcpu_start(vcpu, guest_touches, AREA);
	vcpu_expect_sync(vcpu, 0);
	others = mapped(&self->nl, id);
	EXPECT_LT(0, others.blocks + others.pages);
	vcpu_expect_sync(vcpu, 1);
	now = mapped(&self->nl, id);
	EXPECT_EQ(others.blocks, now.blocks);
	EXPECT_EQ(others.pages + AREA_SIZE / 2, now.pages);

	log_area(&vm, p, false);
	vcpu_expect_sync(vcpu, 2);
	now = mapped(&self->nl, id);
	EXPECT_EQ(others.blocks + AREA_SIZE, now.blocks);
	EXPECT_EQ(others.pages, now.pages);

	log_area(&vm, p, true);
	vcpu_expect_sync(vcpu, 3);
	now = mapped(&self->nl, id);
	EXPECT_EQ(others.blocks, now.blocks);
	EXPECT_EQ(others.pages + AREA_SIZE, now.pages);

	ASSERT_EQ(0, vm_set_slot(&vm, VM_SLOT_FREE, 0, AREA, 0, p));
	now = mapped(&self->nl, id);
	EXPECT_EQ(others.blocks, now.blocks);
	EXPECT_EQ(others.pages, now.pages);
	vm_destroy(&vm);
}

TEST_F(netlink, names)
{
	static const char * const good[] = { "a", "vm-1", "Web.front_2", "x--" };
	static const char * const bad[] = { "1", "-a", ".", "a b", "a/b", "a\n", "\xc3\xa4", "a\x7f" };
	char longest[PENG_VM_NAME_MAX + 2];
	struct nl *nl = &self->nl;
	struct vm vm, other;
	u32 id, other_id;
	unsigned int i;

	vm_open(&vm, 0);
	id = nl_own_vm(nl);
	vm_open(&other, 0);
	other_id = nl_own_vm(nl);
	ASSERT_NE(id, other_id);

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		ASSERT_EQ(0, set_name(nl, id, good[i])) TH_LOG("%s: %s", good[i], nl->reason);
		ASSERT_EQ(0, get_named(nl, good[i]));
		EXPECT_EQ(id, nl_u32(nl->attrs[PENG_A_VM_ID]));
		EXPECT_STREQ(good[i], nl_string(nl->attrs[PENG_A_VM_NAME]));
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(EINVAL, set_name(nl, id, bad[i])) TH_LOG("%s", bad[i]);
		EXPECT_NE(0, strlen(nl->reason));
	}
	EXPECT_EQ(EEXIST, set_name(nl, other_id, good[3]));
	EXPECT_NE(0, strlen(nl->reason));
	EXPECT_EQ(0, set_name(nl, id, good[3])) TH_LOG("its own name again");

	memset(longest, 'n', sizeof(longest));
	longest[PENG_VM_NAME_MAX + 1] = 0;
	EXPECT_EQ(EINVAL, set_name(nl, id, longest));
	longest[PENG_VM_NAME_MAX] = 0;
	EXPECT_EQ(0, set_name(nl, id, longest));
	EXPECT_EQ(0, get_named(nl, longest));
	EXPECT_EQ(ENOENT, get_named(nl, good[3]));

	EXPECT_EQ(0, set_name(nl, id, ""));
	EXPECT_EQ(0, nl_get_vm(nl, id));
	EXPECT_EQ(NULL, nl->attrs[PENG_A_VM_NAME]);
	EXPECT_EQ(ENOENT, get_named(nl, "")) TH_LOG("nothing is no name");
	EXPECT_EQ(ENOENT, set_name(nl, 0x7fffffff, "a"));
	EXPECT_EQ(0, set_name(nl, other_id, "gone"));
	vm_destroy(&other);
	EXPECT_EQ(ENOENT, get_named(nl, "gone"));
	EXPECT_EQ(0, set_name(nl, id, "gone"));
	vm_destroy(&vm);
}

TEST_F(netlink, filters)
{
	struct nl *nl = &self->nl;
	struct vm vms[3];
	unsigned int i, n;
	u32 id = 0;

	for (i = 0; i < ARRAY_SIZE(vms); i++) {
		vm_open(&vms[i], 0);
		ASSERT_LT(id, nl_own_vm(nl)) TH_LOG("numbers are not given again at once");
		id = nl_own_vm(nl);
	}
	ASSERT_EQ(0, set_name(nl, id, "third"));

	for (i = 0; i < 8; i++) {
		struct nl_req req = nl_req(nl->family, PENG_CMD_VM_GET, NL_DUMP);
		static const unsigned int expected[] = { 3, 1, 1, 3, 0, 3, 0, 0 };

		nl_put_u32(&req, PENG_A_VM_PID, getpid());
		if (i == 1)
			nl_put_u32(&req, PENG_A_VM_ID, id);
		if (i == 2)
			nl_put_string(&req, PENG_A_VM_NAME, "third");
		if (i == 3)
			nl_put_u32(&req, PENG_A_VM_STATE, PENG_VM_STATE_CREATED);
		if (i == 4)
			nl_put_u32(&req, PENG_A_VM_STATE, PENG_VM_STATE_RUNNING);
		if (i == 5)
			nl_put_u32(&req, PENG_A_VM_UID, geteuid());
		if (i == 6)
			nl_put_u32(&req, PENG_A_VM_UID, NOBODY);
		if (i == 7)
			nl_put_string(&req, PENG_A_VM_NAME, "fourth");
		n = 0;
		EXPECT_EQ(0, nl_ask_each(nl, &req, count_it, &n));
		EXPECT_EQ(expected[i], n) TH_LOG("filter %u", i);
	}
	for (i = 0; i < ARRAY_SIZE(vms); i++)
		vm_destroy(&vms[i]);
}

/* More than one part of a dump holds. */
TEST_F(netlink, many)
{
	struct nl_req req = nl_req(self->nl.family, PENG_CMD_VM_GET, NL_DUMP);
	struct vm vms[200];
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(vms); i++)
		vm_open(&vms[i], 0);
	nl_put_u32(&req, PENG_A_VM_PID, getpid());
	EXPECT_EQ(0, nl_ask_each(&self->nl, &req, count_it, &n));
	EXPECT_EQ(ARRAY_SIZE(vms), n);
	for (i = 0; i < ARRAY_SIZE(vms); i++)
		vm_destroy(&vms[i]);
}

struct seen {
	unsigned int nr;
	u32 vm, state[VM_MAX_VCPUS];
	bool on_cpu[VM_MAX_VCPUS];
	u32 tid[VM_MAX_VCPUS];
	u64 run_ns[VM_MAX_VCPUS], guest_ns[VM_MAX_VCPUS];
	u64 exits[VM_MAX_VCPUS];
};

static void see_vcpu(struct nl *nl, void *arg)
{
	u32 id = nl_u32(nl->attrs[PENG_A_VCPU_ID]);
	struct nl_counters counters;
	struct seen *seen = arg;

	seen->nr++;
	seen->vm = nl_u32(nl->attrs[PENG_A_VCPU_VM]);
	if (id >= VM_MAX_VCPUS)
		return;
	seen->state[id] = nl_u32(nl->attrs[PENG_A_VCPU_STATE]);
	seen->on_cpu[id] = nl->attrs[PENG_A_VCPU_CPU];
	seen->tid[id] = nl_u32(nl->attrs[PENG_A_VCPU_TID]);
	seen->run_ns[id] = nl_u64(nl->attrs[PENG_A_VCPU_RUN_NS]);
	seen->guest_ns[id] = nl_u64(nl->attrs[PENG_A_VCPU_GUEST_NS]);
	nl_parse_counters(nl, &counters);
	seen->exits[id] = counters.of[PENG_A_COUNTER_EXITS];
}

TEST_F(netlink, vcpus)
{
	struct nl_req missing = nl_req(self->nl.family, PENG_CMD_VCPU_GET, NL_DUMP);
	struct seen seen = { 0 };
	struct vm vm;
	u32 id;

	vm_init_psci(&vm, 3, guest_syncs);
	id = nl_own_vm(&self->nl);
	ASSERT_EQ(0, nl_dump_vcpus(&self->nl, id, see_vcpu, &seen));
	EXPECT_EQ(3, seen.nr);
	EXPECT_EQ(id, seen.vm);
	EXPECT_EQ(PENG_VCPU_STATE_USER, seen.state[0]);
	EXPECT_EQ(PENG_VCPU_STATE_STOPPED, seen.state[1]);
	EXPECT_FALSE(seen.on_cpu[0]);
	EXPECT_EQ(0, seen.exits[0]);
	EXPECT_EQ(0, seen.tid[0]);

	vcpu_expect_sync(&vm.vcpu[0], 1);
	ASSERT_EQ(0, nl_dump_vcpus(&self->nl, id, see_vcpu, &seen));
	EXPECT_TRUE(seen.on_cpu[0]);
	EXPECT_LT(0, seen.exits[0]);
	EXPECT_EQ(getpid(), seen.tid[0]);
	EXPECT_LT(0, seen.run_ns[0]);
	EXPECT_LT(0, seen.guest_ns[0]);
	EXPECT_EQ(0, seen.tid[1]);
	EXPECT_FALSE(seen.on_cpu[2]);

	EXPECT_EQ(EINVAL, nl_ask(&self->nl, &missing));
	EXPECT_NE(0, strlen(self->nl.reason));
	vm_destroy(&vm);
	EXPECT_EQ(ENOENT, nl_dump_vcpus(&self->nl, id, NULL, NULL));
	EXPECT_NE(0, strlen(self->nl.reason));
}

/* An errno; what was asked for is in nl->attrs. */
static int get_vcpu(struct nl *nl, u32 vm, u32 id, nl_each_fn each, void *arg)
{
	struct nl_req req = nl_req(nl->family, PENG_CMD_VCPU_GET, each ? NL_DUMP : NLM_F_REQUEST);

	nl_put_u32(&req, PENG_A_VCPU_VM, vm);
	nl_put_u32(&req, PENG_A_VCPU_ID, id);
	return nl_ask_each(nl, &req, each, arg);
}

TEST_F(netlink, one_vcpu)
{
	struct nl *nl = &self->nl;
	struct seen seen = { 0 };
	struct vm vm;
	u32 id;

	vm_init_psci(&vm, 3, guest_syncs);
	id = nl_own_vm(nl);
	ASSERT_EQ(0, get_vcpu(nl, id, 2, NULL, NULL));
	EXPECT_EQ(PENG_CMD_VCPU_GET, nl->cmd);
	EXPECT_EQ(id, nl_u32(nl->attrs[PENG_A_VCPU_VM]));
	ASSERT_NE(NULL, nl->attrs[PENG_A_VCPU_ID]);
	EXPECT_EQ(2, nl_u32(nl->attrs[PENG_A_VCPU_ID]));
	ASSERT_NE(NULL, nl->attrs[PENG_A_VCPU_STATE]);
	EXPECT_EQ(PENG_VCPU_STATE_STOPPED, nl_u32(nl->attrs[PENG_A_VCPU_STATE]));
	EXPECT_NE(NULL, nl->attrs[PENG_A_VCPU_COUNTERS]);
	EXPECT_EQ(ENOENT, get_vcpu(nl, id, 3, NULL, NULL));
	EXPECT_NE(0, strlen(nl->reason));

	ASSERT_EQ(0, get_vcpu(nl, id, 1, see_vcpu, &seen)) TH_LOG("a dump of one");
	EXPECT_EQ(1, seen.nr);
	EXPECT_EQ(PENG_VCPU_STATE_STOPPED, seen.state[1]);
	seen.nr = 0;
	EXPECT_EQ(0, get_vcpu(nl, id, 3, see_vcpu, &seen)) TH_LOG("a dump of none");
	EXPECT_EQ(0, seen.nr);
	vm_destroy(&vm);
	EXPECT_EQ(ENOENT, get_vcpu(nl, id, 2, NULL, NULL));
	EXPECT_NE(0, strlen(nl->reason));
}

TEST_F(netlink, malformed)
{
	struct nl *nl = &self->nl;
	u16 half = 1;
	struct nl_req req;

	req = nl_req(nl->family, PENG_CMD_MAX + 1, NLM_F_REQUEST);
	EXPECT_EQ(EOPNOTSUPP, nl_ask(nl, &req));
	req = nl_req(nl->family, PENG_CMD_VM_CREATED_NTF, NLM_F_REQUEST);
	EXPECT_EQ(EOPNOTSUPP, nl_ask(nl, &req)) TH_LOG("an event is no request");
	req = nl_req(nl->family, PENG_CMD_VCPU_GET, NLM_F_REQUEST);
	nl_put_u32(&req, PENG_A_VCPU_VM, 1);
	EXPECT_EQ(EINVAL, nl_ask(nl, &req)) TH_LOG("which vCPU");
	EXPECT_NE(0, strlen(nl->reason));
	req = nl_req(nl->family, PENG_CMD_HOST_SET_LIMITS, NLM_F_REQUEST | NLM_F_ACK);
	EXPECT_EQ(EINVAL, nl_ask(nl, &req)) TH_LOG("which limit");
	EXPECT_NE(0, strlen(nl->reason));
	nl_put_u32(&req, PENG_A_HOST_VMS, 1);
	EXPECT_EQ(EINVAL, nl_ask(nl, &req)) TH_LOG("no limit");
	req = nl_req(nl->family, PENG_CMD_HOST_SET_LIMITS, NLM_F_REQUEST | NLM_F_ACK);
	nl_put(&req, PENG_A_HOST_MAX_VMS, &half, sizeof(half));
	EXPECT_NE(0, nl_ask(nl, &req)) TH_LOG("half a limit");
	req = nl_req(nl->family, PENG_CMD_HOST_GET, NL_DUMP);
	EXPECT_EQ(EOPNOTSUPP, nl_ask(nl, &req)) TH_LOG("no dump");

	req = nl_req(nl->family, PENG_CMD_VM_GET, NLM_F_REQUEST);
	EXPECT_EQ(EINVAL, nl_ask(nl, &req)) TH_LOG("which");
	EXPECT_NE(0, strlen(nl->reason));
	nl_put_u32(&req, PENG_A_VM_ID, 1);
	nl_put_string(&req, PENG_A_VM_NAME, "a");
	EXPECT_EQ(EINVAL, nl_ask(nl, &req)) TH_LOG("id and name");
	EXPECT_NE(0, strlen(nl->reason));

	req = nl_req(nl->family, PENG_CMD_VM_GET, NLM_F_REQUEST);
	nl_put_u32(&req, PENG_A_VM_ID, 1);
	nl_put_u32(&req, PENG_A_VM_PID, 1);
	EXPECT_EQ(EINVAL, nl_ask(nl, &req)) TH_LOG("a filter without a dump");

	req = nl_req(nl->family, PENG_CMD_VM_GET, NLM_F_REQUEST);
	nl_put_u32(&req, PENG_A_VM_ID, 0);
	EXPECT_EQ(ERANGE, nl_ask(nl, &req));
	EXPECT_NE(0, strlen(nl->reason));
	req = nl_req(nl->family, PENG_CMD_VM_GET, NLM_F_REQUEST);
	nl_put(&req, PENG_A_VM_ID, &half, sizeof(half));
	EXPECT_NE(0, nl_ask(nl, &req)) TH_LOG("half an id");
	req = nl_req(nl->family, PENG_CMD_VM_GET, NL_DUMP);
	nl_put_u32(&req, PENG_A_VM_STATE, PENG_VM_STATE_PAUSED + 1);
	EXPECT_EQ(ERANGE, nl_ask(nl, &req));
	req = nl_req(nl->family, PENG_CMD_VM_GET, NL_DUMP);
	nl_put_u32(&req, PENG_A_VM_VCPUS, 1);
	EXPECT_EQ(EINVAL, nl_ask(nl, &req)) TH_LOG("what is only answered");
	req = nl_req(nl->family, PENG_CMD_VM_GET, NL_DUMP);
	nl_put_u32(&req, PENG_A_VM_MAX + 1, 1);
	EXPECT_EQ(EINVAL, nl_ask(nl, &req)) TH_LOG("unknown");
	req = nl_req(nl->family, PENG_CMD_VM_GET, NLM_F_REQUEST);
	nl_put(&req, PENG_A_VM_NAME, "abc", 3);
	EXPECT_EQ(EINVAL, nl_ask(nl, &req)) TH_LOG("a string without an end");
	req = nl_req(nl->family, PENG_CMD_VM_SET_NAME, NLM_F_REQUEST | NLM_F_ACK);
	nl_put_u32(&req, PENG_A_VM_ID, 1);
	EXPECT_EQ(EINVAL, nl_ask(nl, &req)) TH_LOG("no name");
	EXPECT_NE(0, strlen(nl->reason));
}

TEST_F(netlink, truncated)
{
	struct nl *nl = &self->nl;
	unsigned int cut;

	/* 8 bytes of attribute behind the headers: every shorter message is refused. */
	for (cut = 1; cut < 8; cut++) {
		struct nl_req req = nl_req(nl->family, PENG_CMD_VM_GET, NLM_F_REQUEST);

		nl_put_u32(&req, PENG_A_VM_ID, 1);
		req.head.nlmsg_len -= cut;
		EXPECT_EQ(EINVAL, nl_ask(nl, &req)) TH_LOG("%u bytes missing", cut);
	}
	for (cut = 1; cut <= GENL_HDRLEN; cut++) {
		struct nl_req req = nl_req(nl->family, PENG_CMD_HOST_GET, NLM_F_REQUEST);

		req.head.nlmsg_len -= cut;
		EXPECT_EQ(EINVAL, nl_ask(nl, &req)) TH_LOG("%u bytes of header missing", cut);
	}
}

/* What a user may do, by the bit of what went wrong. */
static int as_nobody(u32 others)
{
	struct nl_req all, host;
	unsigned int n = 0;
	struct nl before, nl;
	struct vm own;
	int bad = 0;
	u32 id = 0;

	own.dev = dev_open();
	nl_open(&before);
	become_nobody();
	nl_open(&nl);
	all = nl_req(nl.family, PENG_CMD_VM_GET, NL_DUMP);
	host = nl_req(nl.family, PENG_CMD_HOST_GET, NLM_F_REQUEST);
	bad |= (nl_ask(&nl, &host) != 0) << 1;
	bad |= (nl_get_vm(&nl, others) != ENOENT || !nl.reason[0]) << 2;
	bad |= (set_name(&nl, others, "stolen") != ENOENT || !nl.reason[0]) << 3;
	bad |= (nl_dump_vcpus(&nl, others, NULL, NULL) != ENOENT) << 4;
	bad |= (get_named(&nl, "roots") != ENOENT) << 5;
	bad |= (nl_ask_each(&nl, &all, count_it, &n) || n) << 6;
	bad |= (nl_join(&nl, NL_LIFECYCLE) != EPERM) << 7;
	bad |= (nl_join(&nl, NL_FAULT) != EPERM) << 13;
	bad |= (nl_join(&nl, NL_STATS) != EPERM) << 14;

	own.fd = ioctl(own.dev, KVM_CREATE_VM, 0);
	bad |= (nl_ask_each(&nl, &all, nl_keep_id, &id) || !id || id == others) << 8;
	bad |= (nl_get_vm(&nl, id) || set_name(&nl, id, "mine") || get_named(&nl, "mine")) << 9;
	bad |= (nl_dump_vcpus(&nl, id, NULL, NULL) != 0) << 10;
	bad |= (set_name(&nl, id, "roots") != EEXIST) << 11;
	/* A socket that another opened answers that other. */
	bad |= (nl_get_vm(&before, id) != ENOENT) << 12;
	if (bad)
		fprintf(stderr, "as a user: %#x\n", bad);
	return bad;
}

TEST_F(netlink, unprivileged)
{
	struct vm vm;
	int status;
	pid_t pid;
	u32 id;

	vm_open(&vm, 0);
	id = nl_own_vm(&self->nl);
	ASSERT_EQ(0, set_name(&self->nl, id, "roots"));
	pid = fork();
	if (!pid)
		_exit(!!as_nobody(id));
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, get_named(&self->nl, "roots"));
	vm_destroy(&vm);
}

TEST_F(netlink, other_network_namespace)
{
	struct nl_req host = nl_req(self->nl.family, PENG_CMD_HOST_GET, NLM_F_REQUEST);
	struct nl nl;

	if (unshare(CLONE_NEWNET))
		SKIP(return, "no network namespaces");
	nl_socket(&nl);
	EXPECT_EQ(ENOENT, nl_resolve(&nl));
	EXPECT_EQ(ENOENT, nl_ask(&nl, &host));
	/* A socket stays where it was opened. */
	EXPECT_EQ(0, nl_ask(&self->nl, &host));
	close(nl.fd);
}

TEST_F(netlink, events)
{
	struct nl *nl = &self->nl;
	struct vm vm;
	pid_t pid;
	u32 id;

	ASSERT_EQ(0, nl_join(nl, NL_LIFECYCLE));
	vm_init(&vm, 2, guest_syncs);
	ASSERT_EQ(PENG_CMD_VM_CREATED_NTF, nl_next_event(nl, getpid()));
	id = nl_u32(nl->attrs[PENG_A_VM_ID]);
	EXPECT_EQ(geteuid(), nl_u32(nl->attrs[PENG_A_VM_UID]));
	EXPECT_NE(0, nl_u64(nl->attrs[PENG_A_VM_CREATED]));
	/* One start, whichever vCPU is first, and however often they run. */
	vcpu_expect_sync(&vm.vcpu[1], 1);
	vcpu_expect_sync(&vm.vcpu[0], 1);
	vcpu_expect_sync(&vm.vcpu[0], 2);
	ASSERT_EQ(PENG_CMD_VM_STARTED_NTF, nl_next_event(nl, getpid()));
	EXPECT_EQ(id, nl_u32(nl->attrs[PENG_A_VM_ID]));
	vm_destroy(&vm);
	ASSERT_EQ(PENG_CMD_VM_DESTROYED_NTF, nl_next_event(nl, getpid()));
	EXPECT_EQ(id, nl_u32(nl->attrs[PENG_A_VM_ID]));
	ASSERT_NE(NULL, nl->attrs[PENG_A_VM_REASON]);
	EXPECT_EQ(PENG_REASON_CLOSED, nl_u32(nl->attrs[PENG_A_VM_REASON]));

	pid = fork();
	if (!pid) {
		vm_open(&vm, 0);
		kill(getpid(), SIGKILL);
	}
	EXPECT_EQ(PENG_CMD_VM_CREATED_NTF, nl_next_event(nl, pid));
	EXPECT_EQ(PENG_CMD_VM_DESTROYED_NTF, nl_next_event(nl, pid));
	EXPECT_EQ(PENG_REASON_EXITED, nl_u32(nl->attrs[PENG_A_VM_REASON]));
	waitpid(pid, NULL, 0);
}

TEST_F(netlink, lost_events_are_told)
{
	struct nl *nl = &self->nl;
	unsigned int i;
	int size = 1, error;
	struct vm vm;

	CHECK_FD(setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)));
	ASSERT_EQ(0, nl_join(nl, NL_LIFECYCLE));
	for (i = 0; i < 100; i++) {
		vm_open(&vm, 0);
		vm_destroy(&vm);
	}
	do
		error = nl_receive(nl, false, NULL, NULL);
	while (!error);
	EXPECT_EQ(ENOBUFS, error);
	/* And it goes on from there. */
	while (recv(nl->fd, nl->in, sizeof(nl->in), MSG_DONTWAIT) > 0)
		;
	vm_open(&vm, 0);
	EXPECT_EQ(PENG_CMD_VM_CREATED_NTF, nl_next_event(nl, getpid()));
	vm_destroy(&vm);
}

struct churn {
	u32 pid;
	bool done;
};

static void *churn(void *arg)
{
	struct churn *churn = arg;
	unsigned int i;
	struct vm vm;

	for (i = 0; i < 300; i++) {
		vm_open(&vm, 0);
		vm_add_vcpu(&vm);
		vm_destroy(&vm);
	}
	__atomic_store_n(&churn->done, true, __ATOMIC_RELEASE);
	return NULL;
}

TEST_F(netlink, races_with_the_end)
{
	struct nl_req all = nl_req(self->nl.family, PENG_CMD_VM_GET, NL_DUMP);
	struct churn state = { 0 };
	pthread_t thread;
	u32 id = 1;

	ASSERT_EQ(0, pthread_create(&thread, NULL, churn, &state));
	while (!__atomic_load_n(&state.done, __ATOMIC_ACQUIRE)) {
		unsigned int nr = 0;
		int error;

		EXPECT_EQ(0, nl_ask_each(&self->nl, &all, nl_keep_id, &id));
		error = nl_get_vm(&self->nl, id);
		EXPECT_TRUE(!error || error == ENOENT);
		error = nl_dump_vcpus(&self->nl, id, count_it, &nr);
		EXPECT_TRUE((!error && nr <= 1) || error == ENOENT);
		error = set_name(&self->nl, id, "racer");
		EXPECT_TRUE(!error || error == ENOENT || error == EEXIST);
	}
	pthread_join(thread, NULL);
}

/* Headers right or nearly so, and behind them anything. */
static void random_request(struct nl_req *req, u16 family)
{
	unsigned int i, nr = rand() % 5;

	*req = nl_req(family, rand() % (PENG_CMD_MAX + 3), NLM_F_REQUEST);
	if (rand() % 2)
		req->head.nlmsg_flags |= NLM_F_DUMP;
	if (!(rand() % 8))
		req->head.nlmsg_flags = rand();
	if (!(rand() % 8))
		req->genl.version = rand();
	for (i = 0; i < nr; i++) {
		u8 data[72];
		unsigned int j, len = rand() % 3 ? 4 : rand() % sizeof(data);

		for (j = 0; j < sizeof(data); j++)
			data[j] = rand() % 4 ? rand() % 3 : rand();
		nl_put(req, rand() % (PENG_A_VM_MAX + 3) | (rand() % 8 ? 0 : NLA_F_NESTED),
			data, len);
	}
	if (!(rand() % 4) && nr)
		((struct nlattr *)req->room)->nla_len = rand();
	if (!(rand() % 4))
		req->head.nlmsg_len -= rand() % 8;
}

TEST_F(netlink, random)
{
	struct nl_req host = nl_req(self->nl.family, PENG_CMD_HOST_GET, NLM_F_REQUEST);
	struct nl *nl = &self->nl;
	unsigned int i;
	struct nl_req req;
	struct vm vm;

	vm_open(&vm, 0);
	srand(20);
	for (i = 0; i < 5000; i++) {
		random_request(&req, nl->family);
		CHECK_FD(send(nl->fd, &req, NLMSG_ALIGN(req.head.nlmsg_len), 0));
		while (recv(nl->fd, nl->in, sizeof(nl->in), MSG_DONTWAIT) > 0)
			;
	}
	EXPECT_EQ(0, nl_ask(nl, &host));
	/* The first one may be paused or killed by now, and the next not allowed. */
	EXPECT_EQ(0, nl_no_limits(nl));
	vm_destroy(&vm);
	vm_init(&vm, 2, guest_syncs);
	EXPECT_EQ(0, nl_get_vm(nl, nl_own_vm(nl)));
	vcpu_expect_sync(&vm.vcpu[0], 1);
	vm_destroy(&vm);
}

TEST_HARNESS_MAIN
