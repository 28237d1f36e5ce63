// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves what netlink says of a vCPU's exits: each is counted in its class, classes
 * together are all exits, times are those that are promised from the first look on and
 * fit their buckets, a reset has all begin anew, and no reader finds less than nothing.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "gic.h"
#include "nl.h"
#include "vm.h"

#define PSCI_VERSION_FN	0x84000000
#define CALLS		30
#define READS		20
#define LOOKS		10
#define SLEEPS		5

static volatile u32 taken;

static void take(u32 intid)
{
	write_sysreg(0, cntv_ctl_el0);
	taken++;
}

static void sleep_once(void)
{
	u32 before = taken;

	write_sysreg(counter_virtual() + read_sysreg(cntfrq_el0) / 50, cntv_cval_el0);
	write_sysreg(1, cntv_ctl_el0);
	isb();
	irq_disable();
	while (taken == before) {
		wfi();
		irq_enable();
		isb();
		irq_disable();
	}
	irq_enable();
}

static void guest_works(u64 arg)
{
	unsigned int i;

	guest_hooks.intid = take;
	gic_init();
	gic_enable(GIC_PPI_VTIMER);
	guest_sync(1);
	guest_sync(2);
	for (i = 0; i < CALLS; i++)
		guest_hvc(PSCI_VERSION_FN, 0, 0, 0);
	for (i = 0; i < READS; i++)
		mmio_read32(GUEST_MMIO_BASE);
	for (i = 0; i < LOOKS; i++)
		mmio_read32(GUEST_GICD_BASE + GICD_IIDR);
	for (i = 0; i < SLEEPS; i++)
		sleep_once();
	guest_sync(3);
}

static u32 stop;

static void guest_calls(u64 arg)
{
	while (!counter_read(stop))
		guest_hvc(PSCI_VERSION_FN, 0, 0, 0);
}

static bool answer(struct vcpu *v)
{
	return v->run->mmio.phys_addr == GUEST_MMIO_BASE;
}

/* Exits of a class, PENG_A_EXIT_*. */
struct exits {
	u64 count, ns, user_ns, timed;
	u64 buckets[PENG_EXIT_BUCKETS];
};

struct seen {
	struct exits of[PENG_A_EXITS_MAX + 1];
	struct nl_counters counters;
};

static void see_class(struct exits *exits, struct nlattr *nest)
{
	struct nlattr *attrs[NL_MAX_ATTR], *buckets;
	unsigned int i;

	nl_parse_nested(attrs, nest);
	exits->count = nl_u64(attrs[PENG_A_EXIT_COUNT]);
	exits->ns = nl_u64(attrs[PENG_A_EXIT_NS]);
	exits->user_ns = nl_u64(attrs[PENG_A_EXIT_USER_NS]);
	buckets = attrs[PENG_A_EXIT_BUCKETS];
	if (!buckets)
		return;
	CHECK(buckets->nla_len - NLA_HDRLEN <= sizeof(exits->buckets), "too many buckets");
	memcpy(exits->buckets, NL_PAYLOAD(buckets), buckets->nla_len - NLA_HDRLEN);
	for (i = 0; i < PENG_EXIT_BUCKETS; i++)
		exits->timed += exits->buckets[i];
}

static void see_vcpu(struct nl *nl, void *arg)
{
	struct nlattr *attrs[NL_MAX_ATTR], *nest = nl->attrs[PENG_A_VCPU_EXITS];
	struct seen *seen = arg;
	unsigned int i;

	memset(seen, 0, sizeof(*seen));
	nl_parse_counters(nl, &seen->counters);
	nl_parse_nested(attrs, nest);
	for (i = 1; i <= PENG_A_EXITS_MAX; i++)
		if (attrs[i])
			see_class(&seen->of[i], attrs[i]);
}

FIXTURE(exits) {
	struct nl nl;
	struct vm vm;
	struct vcpu *v;
	u32 id;
	struct seen seen;
};

FIXTURE_SETUP(exits)
{
	if (dev_is_kvm())
		SKIP_IN_SETUP("KVM has no netlink family");
	nl_open(&self->nl);
	vm_init(&self->vm, 1, guest_works);
	self->vm.mmio = answer;
	self->v = &self->vm.vcpu[0];
	self->id = nl_own_vm(&self->nl);
}

FIXTURE_TEARDOWN(exits)
{
	vm_destroy(&self->vm);
	close(self->nl.fd);
}

static void look(struct nl *nl, u32 id, struct seen *seen)
{
	CHECK(nl_dump_vcpus(nl, id, see_vcpu, seen) == 0, "%s", nl->reason);
}

static u64 sum_of(const struct seen *seen)
{
	u64 sum = 0;
	unsigned int i;

	for (i = 1; i <= PENG_A_EXITS_MAX; i++)
		sum += seen->of[i].count;
	return sum;
}

/* The least and the most that times in these buckets can be together. */
static bool fits(const struct exits *exits)
{
	u64 least = 0, most = 0;
	unsigned int i;

	for (i = 0; i < PENG_EXIT_BUCKETS; i++) {
		most += exits->buckets[i] << (PENG_EXIT_BUCKET_SHIFT + i);
		if (i)
			least += exits->buckets[i] << (PENG_EXIT_BUCKET_SHIFT + i - 1);
	}
	return least <= exits->ns && (exits->ns <= most || exits->buckets[PENG_EXIT_BUCKETS - 1]);
}

TEST_F(exits, classes)
{
	struct seen *seen = &self->seen;
	unsigned int i;

	vcpu_expect_sync(self->v, 1);
	look(&self->nl, self->id, seen);
	EXPECT_LT(0, sum_of(seen));
	for (i = 1; i <= PENG_A_EXITS_MAX; i++)
		EXPECT_EQ(0, seen->of[i].timed + seen->of[i].ns) TH_LOG("nobody had looked");

	vcpu_expect_sync(self->v, 2);
	ASSERT_EQ(0, nl_steer(&self->nl, PENG_CMD_VM_RESET_STATS, self->id));
	look(&self->nl, self->id, seen);
	EXPECT_EQ(0, sum_of(seen));

	vcpu_expect_sync(self->v, 3);
	look(&self->nl, self->id, seen);
	EXPECT_EQ(CALLS, seen->of[PENG_A_EXITS_HYPERCALL].count);
	EXPECT_EQ(LOOKS, seen->of[PENG_A_EXITS_MMIO_KERNEL].count);
	EXPECT_LT(READS, seen->of[PENG_A_EXITS_MMIO_USER].count);
	EXPECT_EQ(seen->counters.of[PENG_A_COUNTER_MMIO_USER],
		  seen->of[PENG_A_EXITS_MMIO_USER].count);
	EXPECT_LT(0, seen->of[PENG_A_EXITS_WFI].count);
	EXPECT_EQ(seen->counters.of[PENG_A_COUNTER_WFI], seen->of[PENG_A_EXITS_WFI].count);
	EXPECT_EQ(seen->counters.of[PENG_A_COUNTER_EXITS], sum_of(seen));
	for (i = 1; i <= PENG_A_EXITS_MAX; i++) {
		EXPECT_EQ(seen->of[i].count, seen->of[i].timed) TH_LOG("class %u", i);
		EXPECT_LE(seen->of[i].user_ns, seen->of[i].ns) TH_LOG("class %u", i);
		EXPECT_TRUE(fits(&seen->of[i])) TH_LOG("class %u", i);
	}
	EXPECT_LT(0, seen->of[PENG_A_EXITS_HYPERCALL].ns);
	EXPECT_EQ(0, seen->of[PENG_A_EXITS_HYPERCALL].user_ns);
	EXPECT_LT(0, seen->of[PENG_A_EXITS_MMIO_USER].user_ns);
}

/* What lasts while nobody lets the vCPU run is user space's. */
TEST_F(exits, user_time)
{
	struct exits *exits = &self->seen.of[PENG_A_EXITS_MMIO_USER];

	vcpu_expect_sync(self->v, 1);
	look(&self->nl, self->id, &self->seen);
	vcpu_expect_sync(self->v, 2);
	ASSERT_EQ(0, nl_steer(&self->nl, PENG_CMD_VM_RESET_STATS, self->id));
	usleep(200000);
	vcpu_expect_sync(self->v, 3);
	look(&self->nl, self->id, &self->seen);
	EXPECT_LE(200000000, exits->user_ns);
	EXPECT_LE(exits->user_ns, exits->ns);
}

static void *reset_often(void *arg)
{
	unsigned int i;
	struct nl nl;

	nl_open(&nl);
	for (i = 0; i < 500; i++)
		CHECK(nl_steer(&nl, PENG_CMD_VM_RESET_STATS, *(u32 *)arg) == 0, "%s", nl.reason);
	close(nl.fd);
	return NULL;
}

TEST_F(exits, reset_under_load)
{
	struct exits *exits = &self->seen.of[PENG_A_EXITS_HYPERCALL];
	pthread_t thread;
	unsigned int i;

	vcpu_start(self->v, guest_calls, 0);
	vcpu_spawn(self->v);
	ASSERT_EQ(0, pthread_create(&thread, NULL, reset_often, &self->id));
	for (i = 0; i < 300; i++) {
		look(&self->nl, self->id, &self->seen);
		ASSERT_GT(1ULL << 40, exits->count);
		ASSERT_GT(1ULL << 40, exits->timed);
		ASSERT_GT(1ULL << 50, exits->ns);
	}
	pthread_join(thread, NULL);
	counter_set(stop, 1);
	vcpu_join(self->v);
}

TEST_HARNESS_MAIN
