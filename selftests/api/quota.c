// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the limits of VMs and vCPUs that the module's parameters and netlink set: who
 * is at a limit is refused and told by errno which, and nobody else is; what is closed is
 * given back, and only then; a limit below what there is takes nothing away; many who
 * come at a time get exactly as many as there may be; netlink shows all of it.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include "kselftest_harness.h"
#include "nl.h"
#include "vm.h"

#define THREADS		8
#define ROOM		5

static const char * const parameters[] = {
	"max_vms", "max_vcpus", "max_vms_per_user", "max_vcpus_per_user",
};

static bool write_limit(const char *name, const char *text)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/module/peng/parameters/%s", name);
	return host_write(path, text);
}

static void limit(const char *name, unsigned int most)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", most);
	CHECK(write_limit(name, text), "%s=%s", name, text);
}

static void no_limits(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(parameters); i++)
		limit(parameters[i], 0);
}

FIXTURE(quota) {
	struct nl nl;
	int dev;
	u32 vms, vcpus;
};

/* A number of the host's. */
static u32 host(struct nl *nl, u16 attr)
{
	struct nl_req req = nl_req(nl->family, PENG_CMD_HOST_GET, NLM_F_REQUEST);

	CHECK(nl_ask(nl, &req) == 0, "%s", nl->reason);
	CHECK(nl->attrs[attr], "attribute %u is missing", attr);
	return nl_u32(nl->attrs[attr]);
}

FIXTURE_SETUP(quota)
{
	if (dev_is_kvm())
		SKIP_IN_SETUP("KVM has no such limits");
	no_limits();
	nl_open(&self->nl);
	self->dev = dev_open();
	self->vms = host(&self->nl, PENG_A_HOST_VMS);
	self->vcpus = host(&self->nl, PENG_A_HOST_VCPUS);
}

FIXTURE_TEARDOWN(quota)
{
	no_limits();
	close(self->dev);
	close(self->nl.fd);
}

/* A descriptor; or minus an errno. */
static int create_vm(int dev)
{
	int fd = ioctl(dev, KVM_CREATE_VM, 0);

	return fd < 0 ? -errno : fd;
}

static int create_vcpu(int vm, unsigned long id)
{
	int fd = ioctl(vm, KVM_CREATE_VCPU, id);

	return fd < 0 ? -errno : fd;
}

TEST_F(quota, vms)
{
	int fd[3];

	fd[0] = CHECK_FD(create_vm(self->dev));
	limit("max_vms", self->vms + 2);
	fd[1] = CHECK_FD(create_vm(self->dev));
	EXPECT_EQ(-ENOSPC, create_vm(self->dev));
	EXPECT_EQ(self->vms + 2, host(&self->nl, PENG_A_HOST_VMS));
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->dev, KVM_CREATE_VM, ~0UL)))
		TH_LOG("what KVM refuses is refused as KVM does");

	/* Lowered: those that are there stay, and count. */
	limit("max_vms", self->vms + 1);
	EXPECT_LE(0, create_vcpu(fd[1], 0));
	close(fd[0]);
	EXPECT_EQ(-ENOSPC, create_vm(self->dev));
	limit("max_vms", self->vms + 2);
	fd[2] = CHECK_FD(create_vm(self->dev));
	EXPECT_EQ(-ENOSPC, create_vm(self->dev));
	limit("max_vms", 0);
	fd[0] = CHECK_FD(create_vm(self->dev));
	close(fd[0]);
	close(fd[2]);
}

TEST_F(quota, vcpus)
{
	int first = CHECK_FD(create_vm(self->dev)), second = CHECK_FD(create_vm(self->dev));
	int a, b;

	limit("max_vcpus", self->vcpus + 2);
	a = CHECK_FD(create_vcpu(first, 0));
	b = CHECK_FD(create_vcpu(second, 0));
	EXPECT_EQ(-ENOSPC, create_vcpu(first, 1));
	EXPECT_EQ(-EEXIST, create_vcpu(first, 0)) TH_LOG("what KVM refuses comes first");
	EXPECT_EQ(-EINVAL, create_vcpu(first, 1 << 20));
	EXPECT_EQ(self->vcpus + 2, host(&self->nl, PENG_A_HOST_VCPUS));

	/* A vCPU lives as long as its VM. */
	close(a);
	EXPECT_EQ(-ENOSPC, create_vcpu(second, 1));
	close(first);
	EXPECT_EQ(self->vcpus + 1, host(&self->nl, PENG_A_HOST_VCPUS));
	a = CHECK_FD(create_vcpu(second, 1));
	EXPECT_EQ(-ENOSPC, create_vcpu(second, 2));
	/* And its VM as long as the vCPU. */
	close(second);
	close(b);
	EXPECT_EQ(self->vcpus + 2, host(&self->nl, PENG_A_HOST_VCPUS));
	close(a);
	EXPECT_EQ(self->vcpus, host(&self->nl, PENG_A_HOST_VCPUS));
	EXPECT_EQ(self->vms, host(&self->nl, PENG_A_HOST_VMS));
}

/* A user who may have one VM and two vCPUs, by the bit of what went wrong. */
static int as_nobody(int dev)
{
	int vm, bad = 0;

	become_nobody();
	vm = create_vm(dev);
	bad |= (vm < 0) << 1;
	bad |= (create_vm(dev) != -EDQUOT) << 2;
	bad |= (create_vcpu(vm, 0) < 0 || create_vcpu(vm, 1) < 0) << 3;
	bad |= (create_vcpu(vm, 2) != -EDQUOT) << 4;
	bad |= write_limit("max_vms_per_user", "0") << 5;
	if (bad)
		fprintf(stderr, "as a user: %#x\n", bad);
	return bad;
}

TEST_F(quota, users)
{
	int fd[2], status;
	pid_t pid;

	/* Both at their limit: neither is in the other's way. */
	limit("max_vms_per_user", 1);
	limit("max_vcpus_per_user", 2);
	fd[0] = CHECK_FD(create_vm(self->dev));
	EXPECT_EQ(-EDQUOT, create_vm(self->dev)) TH_LOG("root is a user");
	pid = fork();
	if (!pid)
		_exit(!!as_nobody(self->dev));
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
	EXPECT_EQ(self->vms + 1, host(&self->nl, PENG_A_HOST_VMS)) TH_LOG("the user's is gone");
	close(fd[0]);

	/* The user's own limit is the one that is told, where both are reached. */
	limit("max_vms", self->vms + 1);
	fd[0] = CHECK_FD(create_vm(self->dev));
	EXPECT_EQ(-EDQUOT, create_vm(self->dev));
	limit("max_vms_per_user", 2);
	EXPECT_EQ(-ENOSPC, create_vm(self->dev));
	close(fd[0]);
}

/* vCPUs count for the VM's owner, whoever its process has become. */
TEST_F(quota, owner)
{
	int vm = CHECK_FD(create_vm(self->dev));
	int own;

	limit("max_vcpus_per_user", 1);
	ASSERT_EQ(0, setresuid(-1, NOBODY, 0));
	EXPECT_LE(0, create_vcpu(vm, 0));
	EXPECT_EQ(-EDQUOT, create_vcpu(vm, 1));
	own = CHECK_FD(create_vm(self->dev));
	EXPECT_LE(0, create_vcpu(own, 0));
	EXPECT_EQ(-EDQUOT, create_vcpu(own, 1));
	ASSERT_EQ(0, setresuid(-1, 0, 0));
}

struct race {
	int dev;
	bool vcpus;
	int got;
	bool wrong;
};

static void *run_race(void *arg)
{
	struct race *race = arg;
	unsigned int i;

	for (i = 0; i < 3 * ROOM; i++) {
		int fd = race->vcpus ? create_vcpu(race->dev, i) : create_vm(race->dev);

		if (fd >= 0)
			race->got++;
		else if (fd != -ENOSPC)
			race->wrong = true;
	}
	return NULL;
}

static int start_race(const int *devs, bool vcpus)
{
	struct race races[THREADS];
	pthread_t threads[THREADS];
	unsigned int i;
	int got = 0;

	for (i = 0; i < THREADS; i++) {
		races[i] = (struct race) { .dev = devs[i], .vcpus = vcpus };
		CHECK(!pthread_create(&threads[i], NULL, run_race, &races[i]), "pthread_create");
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		CHECK(!races[i].wrong, "refused for another reason");
		got += races[i].got;
	}
	return got;
}

TEST_F(quota, exact)
{
	int fds[THREADS];
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		fds[i] = self->dev;
	limit("max_vms", self->vms + ROOM);
	EXPECT_EQ(ROOM, start_race(fds, false));

	limit("max_vms", 0);
	for (i = 0; i < THREADS; i++)
		fds[i] = CHECK_FD(create_vm(self->dev));
	limit("max_vcpus", self->vcpus + ROOM);
	EXPECT_EQ(ROOM, start_race(fds, true));
	EXPECT_EQ(self->vcpus + ROOM, host(&self->nl, PENG_A_HOST_VCPUS));
	EXPECT_EQ(self->vms + ROOM + THREADS, host(&self->nl, PENG_A_HOST_VMS));
}

static const u16 limits[] = {
	PENG_A_HOST_MAX_VMS, PENG_A_HOST_MAX_VCPUS,
	PENG_A_HOST_MAX_VMS_PER_USER, PENG_A_HOST_MAX_VCPUS_PER_USER,
};

/* An errno. */
static int set(struct nl *nl, u16 attr, u32 most)
{
	struct nl_req req = nl_req(nl->family, PENG_CMD_HOST_SET_LIMITS, NLM_F_REQUEST | NLM_F_ACK);

	nl_put_u32(&req, attr, most);
	return nl_ask(nl, &req);
}

/* By netlink each limit is set alone or with others, and holds as one in /sys does. */
TEST_F(quota, set_by_netlink)
{
	struct nl_req two = nl_req(self->nl.family, PENG_CMD_HOST_SET_LIMITS,
				   NLM_F_REQUEST | NLM_F_ACK);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		ASSERT_EQ(0, set(&self->nl, limits[i], 1000 + i));
		EXPECT_EQ(1000 + i, host(&self->nl, limits[i]));
	}
	EXPECT_EQ(1000, host(&self->nl, limits[0])) TH_LOG("the others stay");
	nl_put_u32(&two, limits[0], 0);
	nl_put_u32(&two, limits[2], ~0U);
	ASSERT_EQ(0, nl_ask(&self->nl, &two));
	EXPECT_EQ(0, host(&self->nl, limits[0]));
	EXPECT_EQ(~0U, host(&self->nl, limits[2]));

	ASSERT_EQ(0, set(&self->nl, PENG_A_HOST_MAX_VMS, self->vms + 1));
	i = create_vm(self->dev);
	ASSERT_LE(0, (int)i);
	EXPECT_EQ(-ENOSPC, create_vm(self->dev));
	close(i);
}

/* What went wrong, as a user in a process of its own. */
static int set_as_nobody(void)
{
	struct nl nl;

	become_nobody();
	nl_open(&nl);
	return set(&nl, PENG_A_HOST_MAX_VMS, 1) != EPERM || !nl.reason[0] ||
	       host(&nl, PENG_A_HOST_MAX_VMS);
}

TEST_F(quota, users_set_none)
{
	int status;

	if (!fork())
		_exit(set_as_nobody());
	wait(&status);
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, host(&self->nl, PENG_A_HOST_MAX_VMS));
}

TEST_F(quota, shown)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		EXPECT_EQ(0, host(&self->nl, limits[i]));
		limit(parameters[i], 1000 + i);
		EXPECT_EQ(1000 + i, host(&self->nl, limits[i]));
		EXPECT_FALSE(write_limit(parameters[i], "many"));
		EXPECT_FALSE(write_limit(parameters[i], "-1"));
		EXPECT_EQ(1000 + i, host(&self->nl, limits[i]));
	}
}

TEST_HARNESS_MAIN
