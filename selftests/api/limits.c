// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the limit of a VM's CPU time by netlink: a guest has no more of it than its
 * quota, two guests have it in the ratio of their quotas, one without a limit is not
 * held, and one in WFI pays nothing; a small quota goes to all vCPUs in turn; who
 * waits for the next period leaves KVM_RUN by signals, is paused, killed and set free
 * as ever, and all of it while VMs end; what is refused, and to whom.
 *
 * Times are compared with what the guest had, in some of several windows: the machine
 * below may stand still in any of them.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include "gic.h"
#include "kselftest_harness.h"
#include "nl.h"
#include "vm.h"

#define SPI		40
#define WINDOWS		40
#define WINDOW_NS	1000000000ULL

static u64 counts[VM_MAX_VCPUS], other_count;
static u32 stop;

static void guest_counts(u64 arg)
{
	while (!counter_read(stop))
		counter_inc(counts[arg]);
}

static void guest_counts_too(u64 arg)
{
	while (!counter_read(stop))
		counter_inc(other_count);
}

static void guest_idles(u64 arg)
{
	gic_init();
	gic_enable(SPI);
	irq_enable();
	while (!READ_ONCE(guest_self()->irqs[SPI]))
		wfi();
}

FIXTURE(limits) {
	struct nl nl;
	struct vm vm;
};

FIXTURE_SETUP(limits)
{
	if (dev_is_kvm())
		SKIP_IN_SETUP("KVM has no netlink family");
	nl_open(&self->nl);
}

FIXTURE_TEARDOWN(limits)
{
	close(self->nl.fd);
}

/* An errno; no period where that is 0. */
static int set_limits(struct nl *nl, u32 id, u32 quota_us, u32 period_us)
{
	struct nl_req req = nl_req(nl->family, PENG_CMD_VM_SET_LIMITS, NLM_F_REQUEST | NLM_F_ACK);

	nl_put_u32(&req, PENG_A_VM_ID, id);
	nl_put_u32(&req, PENG_A_VM_QUOTA_US, quota_us);
	if (period_us)
		nl_put_u32(&req, PENG_A_VM_PERIOD_US, period_us);
	return nl_ask(nl, &req);
}

static u64 vm_value(struct nl *nl, u32 id, u16 attr)
{
	CHECK(nl_get_vm(nl, id) == 0, "%s", nl->reason);
	CHECK(nl->attrs[attr], "no attribute %u", attr);
	return nl_u64(nl->attrs[attr]);
}

struct vcpu_seen {
	u32 state;
	u64 guest_ns;
	bool has_steal;
	u64 steal_ns;
};

static void see_vcpu(struct nl *nl, void *arg)
{
	*(struct vcpu_seen *)arg = (struct vcpu_seen) {
		.state = nl_u32(nl->attrs[PENG_A_VCPU_STATE]),
		.guest_ns = nl_u64(nl->attrs[PENG_A_VCPU_GUEST_NS]),
		.has_steal = nl->attrs[PENG_A_VCPU_STEAL_NS],
		.steal_ns = nl_u64(nl->attrs[PENG_A_VCPU_STEAL_NS]),
	};
}

/* The last vCPU. */
static struct vcpu_seen get_vcpu(struct nl *nl, u32 id)
{
	struct vcpu_seen seen = { };

	CHECK(nl_dump_vcpus(nl, id, see_vcpu, &seen) == 0, "%s", nl->reason);
	return seen;
}

static void await_state(struct nl *nl, u32 id, u32 state)
{
	while (get_vcpu(nl, id).state != state)
		sched_yield();
}

static void await_progress(u64 *count)
{
	u64 before = counter_read(*count);

	while (counter_read(*count) == before)
		sched_yield();
}

static void sleep_ns(u64 ns)
{
	const struct timespec time = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	nanosleep(&time, NULL);
}

static u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static u32 begin_counting(struct nl *nl, struct vm *vm, unsigned int nr)
{
	unsigned int i;

	vm_init(vm, nr, guest_counts);
	for (i = 0; i < nr; i++)
		vcpu_spawn(&vm->vcpu[i]);
	for (i = 0; i < nr; i++)
		await_progress(&counts[i]);
	return nl_own_vm(nl);
}

static void end_counting(struct vm *vm)
{
	unsigned int i;

	counter_set(stop, 1);
	for (i = 0; i < vm->nr_vcpus; i++)
		vcpu_join(&vm->vcpu[i]);
	vm_destroy(vm);
}

static bool is_near(u64 value, u64 wanted)
{
	return value * 10 >= wanted * 9 && value * 10 <= wanted * 11;
}

TEST_F(limits, shown)
{
	struct nl *nl = &self->nl;
	struct vm *vm = &self->vm;
	u32 id;

	vm_open(vm, 0);
	id = nl_own_vm(nl);
	ASSERT_EQ(0, nl_get_vm(nl, id));
	EXPECT_EQ(NULL, nl->attrs[PENG_A_VM_QUOTA_US]);
	EXPECT_EQ(NULL, nl->attrs[PENG_A_VM_PERIOD_US]);
	EXPECT_EQ(0, vm_value(nl, id, PENG_A_VM_THROTTLED));
	EXPECT_EQ(0, vm_value(nl, id, PENG_A_VM_THROTTLED_NS));

	ASSERT_EQ(0, set_limits(nl, id, 1000, 1000000));
	ASSERT_EQ(0, nl_get_vm(nl, id));
	EXPECT_EQ(1000, nl_u32(nl->attrs[PENG_A_VM_QUOTA_US]));
	EXPECT_EQ(1000000, nl_u32(nl->attrs[PENG_A_VM_PERIOD_US]));
	ASSERT_EQ(0, set_limits(nl, id, 512000000, 0));
	ASSERT_EQ(0, nl_get_vm(nl, id));
	EXPECT_EQ(512000000, nl_u32(nl->attrs[PENG_A_VM_QUOTA_US]));
	EXPECT_EQ(100000, nl_u32(nl->attrs[PENG_A_VM_PERIOD_US])) TH_LOG("where none is given");
	ASSERT_EQ(0, set_limits(nl, id, 0, 0));
	ASSERT_EQ(0, nl_get_vm(nl, id));
	EXPECT_EQ(NULL, nl->attrs[PENG_A_VM_QUOTA_US]);
	vm_destroy(vm);
}

TEST_F(limits, refusals)
{
	static const struct {
		u32 quota, period;
	} bad[] = {
		{ 1, 0 }, { 999, 0 }, { 512000001, 0 }, { ~0U, 0 },
		{ 1000, 1 }, { 1000, 999 }, { 1000, 1000001 }, { 1000, ~0U }, { 0, 999 },
	};
	struct nl_req req = nl_req(self->nl.family, PENG_CMD_VM_SET_LIMITS,
				   NLM_F_REQUEST | NLM_F_ACK);
	struct nl *nl = &self->nl;
	unsigned int i;
	u16 half = 1;
	u32 id;

	vm_open(&self->vm, 0);
	id = nl_own_vm(nl);
	ASSERT_EQ(0, set_limits(nl, id, 5000, 10000));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(ERANGE, set_limits(nl, id, bad[i].quota, bad[i].period))
			TH_LOG("%u", i);
		EXPECT_NE(0, strlen(nl->reason));
	}
	EXPECT_EQ(ENOENT, set_limits(nl, 0x7fffffff, 1000, 0));
	EXPECT_NE(0, strlen(nl->reason));
	EXPECT_EQ(EINVAL, nl_steer(nl, PENG_CMD_VM_SET_LIMITS, id)) TH_LOG("which");
	EXPECT_NE(0, strlen(nl->reason));
	nl_put_u32(&req, PENG_A_VM_QUOTA_US, 1000);
	EXPECT_EQ(EINVAL, nl_ask(nl, &req)) TH_LOG("whose");
	EXPECT_NE(0, strlen(nl->reason));
	nl_put_u32(&req, PENG_A_VM_ID, id);
	nl_put(&req, PENG_A_VM_PERIOD_US, &half, sizeof(half));
	EXPECT_NE(0, nl_ask(nl, &req)) TH_LOG("half a period");

	ASSERT_EQ(0, nl_get_vm(nl, id));
	EXPECT_EQ(5000, nl_u32(nl->attrs[PENG_A_VM_QUOTA_US])) TH_LOG("as it was");
	EXPECT_EQ(10000, nl_u32(nl->attrs[PENG_A_VM_PERIOD_US]));
	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_KILL, id));
	EXPECT_EQ(EIO, set_limits(nl, id, 1000, 0));
	EXPECT_NE(0, strlen(nl->reason));
	vm_destroy(&self->vm);
}

static int as_nobody(u32 others)
{
	struct vm own = { .dev = dev_open() };
	struct nl nl;

	become_nobody();
	nl_open(&nl);
	if (set_limits(&nl, others, 0, 0) != ENOENT || !nl.reason[0])
		return 1;
	own.fd = ioctl(own.dev, KVM_CREATE_VM, 0);
	return set_limits(&nl, nl_own_vm(&nl), 1000, 0);
}

TEST_F(limits, unprivileged)
{
	struct nl *nl = &self->nl;
	int status;
	pid_t pid;
	u32 id;

	vm_open(&self->vm, 0);
	id = nl_own_vm(nl);
	ASSERT_EQ(0, set_limits(nl, id, 5000, 0));
	pid = fork();
	if (!pid)
		_exit(!!as_nobody(id));
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
	ASSERT_EQ(0, nl_get_vm(nl, id));
	EXPECT_EQ(5000, nl_u32(nl->attrs[PENG_A_VM_QUOTA_US]));
	vm_destroy(&self->vm);
}

/* What the guest had in a window, of a second of it. */
static u64 share(struct nl *nl, u32 id)
{
	u64 before = get_vcpu(nl, id).guest_ns, begin = now_ns(), time;

	sleep_ns(WINDOW_NS);
	time = now_ns() - begin;
	return (get_vcpu(nl, id).guest_ns - before) * 1000000 / time * 1000;
}

/* What the host does for a guest is paid for, too: it has less than its quota. */
static bool is_quarter(u64 had)
{
	return had >= 125000000 && had <= 275000000;
}

TEST_F(limits, quota)
{
	static const u32 periods_us[] = { 10000, 100000 };
	struct nl *nl = &self->nl;
	unsigned int i, window;
	struct vcpu_seen seen;
	u64 throttled_ns;
	u32 id;

	id = begin_counting(nl, &self->vm, 1);
	for (i = 0; i < ARRAY_SIZE(periods_us); i++) {
		u64 had = 0;

		ASSERT_EQ(0, set_limits(nl, id, periods_us[i] / 4, periods_us[i]));
		for (window = 0; window < WINDOWS && !is_quarter(had); window++)
			had = share(nl, id);
		EXPECT_TRUE(is_quarter(had)) TH_LOG("%lu of 250000000 ns", had);
	}
	EXPECT_LT(0, vm_value(nl, id, PENG_A_VM_THROTTLED));
	throttled_ns = vm_value(nl, id, PENG_A_VM_THROTTLED_NS);
	EXPECT_LT(0, throttled_ns);
	seen = get_vcpu(nl, id);
	EXPECT_TRUE(!seen.has_steal || seen.steal_ns >= throttled_ns)
		TH_LOG("it was ready and had no CPU");
	ASSERT_EQ(0, set_limits(nl, id, 0, 0));
	end_counting(&self->vm);
}

static void pin(pthread_t thread)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	CHECK(!pthread_setaffinity_np(thread, sizeof(cpus), &cpus), "setaffinity");
}

TEST_F(limits, ratio)
{
	struct nl *nl = &self->nl;
	u64 first = 0, second = 1;
	unsigned int window;
	struct vm other;
	u32 id, other_id;

	id = begin_counting(nl, &self->vm, 1);
	vm_init(&other, 1, guest_counts_too);
	other_id = nl_own_vm(nl);
	vcpu_spawn(&other.vcpu[0]);
	await_progress(&other_count);
	/* One CPU for both, so that they are equally fast. */
	pin(self->vm.vcpu[0].thread);
	pin(other.vcpu[0].thread);
	ASSERT_EQ(0, set_limits(nl, id, 10000, 50000));
	ASSERT_EQ(0, set_limits(nl, other_id, 20000, 50000));
	for (window = 0; window < WINDOWS && !is_near(2 * first, second); window++) {
		u64 first_before = counter_read(counts[0]);
		u64 second_before = counter_read(other_count);

		sleep_ns(2 * WINDOW_NS);
		first = counter_read(counts[0]) - first_before;
		second = counter_read(other_count) - second_before;
	}
	EXPECT_TRUE(is_near(2 * first, second)) TH_LOG("%lu to %lu", first, second);
	counter_set(stop, 1);
	vcpu_join(&other.vcpu[0]);
	vm_destroy(&other);
	end_counting(&self->vm);
}

/* One that has next to nothing, and beside it one that is not limited. */
TEST_F(limits, unlimited)
{
	struct nl *nl = &self->nl;
	u32 id, other_id;
	struct vm other;

	id = begin_counting(nl, &self->vm, 1);
	vm_init(&other, 1, guest_counts_too);
	other_id = nl_own_vm(nl);
	vcpu_spawn(&other.vcpu[0]);
	await_progress(&other_count);
	ASSERT_EQ(0, set_limits(nl, id, 1000, 1000000));
	await_state(nl, id, PENG_VCPU_STATE_THROTTLED);
	await_progress(&other_count);
	EXPECT_EQ(0, vm_value(nl, other_id, PENG_A_VM_THROTTLED));
	EXPECT_EQ(0, vm_value(nl, other_id, PENG_A_VM_THROTTLED_NS));
	/* To be set free does not take a period. */
	ASSERT_EQ(0, set_limits(nl, id, 0, 0));
	await_progress(&counts[0]);
	counter_set(stop, 1);
	vcpu_join(&other.vcpu[0]);
	vm_destroy(&other);
	end_counting(&self->vm);
}

TEST_F(limits, all_in_turn)
{
	struct nl *nl = &self->nl;
	unsigned int i;
	u32 id;

	id = begin_counting(nl, &self->vm, 4);
	ASSERT_EQ(0, set_limits(nl, id, 1000, 4000));
	for (i = 0; i < 12; i++)
		await_progress(&counts[i % 4]);
	EXPECT_LT(0, vm_value(nl, id, PENG_A_VM_THROTTLED));
	ASSERT_EQ(0, set_limits(nl, id, 0, 0));
	end_counting(&self->vm);
}

TEST_F(limits, idle)
{
	struct nl *nl = &self->nl;
	u64 before = 0, after = 1;
	unsigned int window;
	struct vcpu *v;
	u32 id;

	vm_init(&self->vm, 1, guest_idles);
	v = &self->vm.vcpu[0];
	id = nl_own_vm(nl);
	ASSERT_EQ(0, set_limits(nl, id, 1000, 2000));
	vcpu_spawn(v);
	await_state(nl, id, PENG_VCPU_STATE_HALTED);
	for (window = 0; window < WINDOWS && before != after; window++) {
		before = vm_value(nl, id, PENG_A_VM_THROTTLED);
		sleep_ns(WINDOW_NS / 4);
		after = vm_value(nl, id, PENG_A_VM_THROTTLED);
	}
	EXPECT_EQ(before, after);
	EXPECT_EQ(PENG_VCPU_STATE_HALTED, get_vcpu(nl, id).state);
	ASSERT_EQ(0, vm_irq_line(&self->vm, SPI, 1));
	vcpu_join(v);
	vm_destroy(&self->vm);
}

TEST_F(limits, signals)
{
	struct nl *nl = &self->nl;
	struct vcpu *v;
	u32 id;

	vm_init(&self->vm, 1, guest_counts);
	v = &self->vm.vcpu[0];
	id = nl_own_vm(nl);
	ASSERT_EQ(0, set_limits(nl, id, 1000, 1000000));
	/* Some of these find it throttled; all of them end. */
	while (!vm_value(nl, id, PENG_A_VM_THROTTLED_NS)) {
		vcpu_run_for_ms(v, 20);
		ASSERT_EQ(KVM_EXIT_INTR, v->run->exit_reason);
	}
	v->run->immediate_exit = 1;
	EXPECT_EQ(EINTR, ERRNO(ioctl(v->fd, KVM_RUN, 0)));
	v->run->immediate_exit = 0;
	ASSERT_EQ(0, set_limits(nl, id, 0, 0));
	counter_set(stop, 1);
	vcpu_finish(v);
	vm_destroy(&self->vm);
}

TEST_F(limits, pause)
{
	struct nl *nl = &self->nl;
	u64 before;
	u32 id;

	id = begin_counting(nl, &self->vm, 1);
	ASSERT_EQ(0, set_limits(nl, id, 1000, 1000000));
	await_state(nl, id, PENG_VCPU_STATE_THROTTLED);
	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_PAUSE, id));
	await_state(nl, id, PENG_VCPU_STATE_PAUSED);
	ASSERT_EQ(0, set_limits(nl, id, 0, 0));
	before = counter_read(counts[0]);
	sleep_ns(WINDOW_NS / 50);
	EXPECT_EQ(before, counter_read(counts[0])) TH_LOG("it is paused still");
	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_RESUME, id));
	await_progress(&counts[0]);
	end_counting(&self->vm);
}

/* KVM_RUN until it fails for another reason than a signal; that errno. */
static void *run_to_error(void *arg)
{
	struct vcpu *v = arg;
	int error;

	do
		error = ERRNO(ioctl(v->fd, KVM_RUN, 0));
	while (!error || error == EINTR);
	return (void *)(long)error;
}

TEST_F(limits, kill)
{
	struct nl *nl = &self->nl;
	struct vcpu *v;
	void *error;
	u32 id;

	vm_init(&self->vm, 1, guest_counts);
	v = &self->vm.vcpu[0];
	id = nl_own_vm(nl);
	ASSERT_EQ(0, pthread_create(&v->thread, NULL, run_to_error, v));
	ASSERT_EQ(0, set_limits(nl, id, 1000, 1000000));
	await_state(nl, id, PENG_VCPU_STATE_THROTTLED);
	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_KILL, id));
	pthread_join(v->thread, &error);
	EXPECT_EQ(EIO, (long)error);
	vm_destroy(&self->vm);
}

static void *run_and_end(void *arg)
{
	unsigned int i;
	struct vm vm;

	for (i = 0; i < 30; i++) {
		vm_init(&vm, 1, guest_counts);
		vcpu_run_for_ms(&vm.vcpu[0], 20);
		vm_destroy(&vm);
	}
	counter_set(*(u32 *)arg, 1);
	return NULL;
}

TEST_F(limits, races_with_the_end)
{
	static const u8 commands[] = {
		PENG_CMD_VM_PAUSE, PENG_CMD_VM_RESUME, PENG_CMD_VM_RESET_STATS, PENG_CMD_VM_RESUME,
	};
	struct nl_req all = nl_req(self->nl.family, PENG_CMD_VM_GET, NL_DUMP);
	struct nl *nl = &self->nl;
	pthread_t thread;
	u32 id = 1, done = 0;
	unsigned int i = 0;
	sigset_t alarms;

	nl_put_u32(&all, PENG_A_VM_PID, getpid());
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_and_end, &done));
	/* The other's alarms are not for this one. */
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarms, NULL);
	while (!counter_read(done)) {
		int error;

		EXPECT_EQ(0, nl_ask_each(nl, &all, nl_keep_id, &id));
		error = set_limits(nl, id, i % 3 * 1000, 1000 << i % 4);
		EXPECT_TRUE(!error || error == ENOENT);
		error = nl_steer(nl, commands[i++ % 4], id);
		EXPECT_TRUE(!error || error == ENOENT);
	}
	pthread_join(thread, NULL);
}

TEST_HARNESS_MAIN
