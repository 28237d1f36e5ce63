// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a guest's PMU and the host's perf keep to themselves: what the host does
 * while a guest counts is not counted; host events that are for guests or for the host
 * alone count just that; samples say where in a guest they were taken; the guest's
 * counters go on when another thread runs the vCPU, and user space reads and sets them.
 */
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include "kselftest_harness.h"
#include "vm.h"
#include "pmu.h"

extern char __executable_start[], etext[];

static s64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void count_cycles(void)
{
	start();
	enable();
	on(CYCLES);
}

static void burn_ms(s64 ms)
{
	s64 end = now_ns() + ms * 1000000;

	while (now_ns() < end)
		cpu_relax();
}

static u64 shared_delta;

/* Guest: how much is counted over an exit. */
static void guest_over_exits(u64 arg)
{
	u64 a;

	count_cycles();
	for (;;) {
		a = counter(CYCLES);
		guest_sync(1);
		shared_delta = counter(CYCLES) - a;
		guest_sync(2);
	}
}

/*
 * The host is busy for much longer than the guest, so what it does is seen in the
 * counter unless it is left out. A machine that stands still in the middle adds to
 * both: once is enough.
 */
TEST(host_time_is_not_counted)
{
	u64 busy = 0, idle = ~0UL;
	struct vm vm;
	int i;

	NEED_PMU();
	pmu_vm(&vm, guest_over_exits);
	for (i = 0; i < 20 && idle > busy / 20; i++) {
		s64 start = now_ns();

		vcpu_expect_sync(&vm.vcpu[0], 1);
		burn_ms(200);
		vcpu_expect_sync(&vm.vcpu[0], 2);
		busy = now_ns() - start;
		/* An emulated CPU has a cycle in each nanosecond, and no real one many less. */
		idle = shared_delta;
	}
	EXPECT_LT(idle, busy / 20);
	vm_destroy(&vm);
}

static void guest_counts_on(u64 arg)
{
	u64 a;

	count_cycles();
	for (;;) {
		a = counter(CYCLES);
		GUEST_WAIT(counter(CYCLES) > a + MANY);
		guest_sync(1);
	}
}

static void *run_once(void *v)
{
	vcpu_expect_sync(v, 1);
	return NULL;
}

TEST(another_thread_goes_on_counting)
{
	pthread_t thread;
	struct vm vm;
	int i;

	NEED_PMU();
	if (dev_is_kvm())
		SKIP(return, "KVM 6.1 leaves its events with the first thread");
	pmu_vm(&vm, guest_counts_on);
	for (i = 0; i < 4; i++) {
		vcpu_expect_sync(&vm.vcpu[0], 1);
		ASSERT_EQ(0, pthread_create(&thread, NULL, run_once, &vm.vcpu[0]));
		pthread_join(thread, NULL);
	}
	vm_destroy(&vm);
}

/* What user space reads is what the guest has, and it counts on from what it sets. */
TEST(user_space_saves_and_restores)
{
	struct vcpu *v;
	struct vm vm;
	u64 a;

	NEED_PMU();
	if (dev_is_kvm())
		SKIP(return, "KVM 6.1 adds what was counted before to what user space sets");
	pmu_vm(&vm, guest_counts_on);
	v = &vm.vcpu[0];
	vcpu_expect_sync(v, 1);
	a = vcpu_get64(v, REG_PMCCNTR);
	EXPECT_GT(a, MANY);
	EXPECT_EQ(1UL << CYCLES, vcpu_get64(v, REG_PMCNTENSET));
	vcpu_set64(v, REG_PMCCNTR, 1UL << 40);
	EXPECT_EQ(1UL << 40, vcpu_get64(v, REG_PMCCNTR));
	vcpu_expect_sync(v, 1);
	EXPECT_GT(vcpu_get64(v, REG_PMCCNTR), (1UL << 40) + MANY);
	/* The guest waits for a counter that is off now. */
	vcpu_set64(v, REG_PMCNTENSET, 0);
	a = vcpu_get64(v, REG_PMCCNTR);
	vcpu_run_for_ms(v, 200);
	EXPECT_EQ(a, vcpu_get64(v, REG_PMCCNTR));
	vm_destroy(&vm);
}

static int host_event(bool not_host, bool not_guest)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.size = sizeof(attr),
		.exclude_host = not_host,
		.exclude_guest = not_guest,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static u64 read_event(int fd)
{
	u64 val = 0;

	CHECK(read(fd, &val, sizeof(val)) == sizeof(val), "read of an event: %m");
	return val;
}

static void guest_spins_on_demand(u64 arg)
{
	u32 i;

	start();
	guest_hooks.sync = from_el0;
	enable();
	on(CYCLES);
	for (;;) {
		u64 a = counter(CYCLES);

		/* At EL1 for a part, and for the most at EL0, like a host on VHE. */
		while (counter(CYCLES) < a + 200 * MANY) {
			spin();
			for (i = 0; i < 100; i++)
				at_el0(el0_loop);
		}
		guest_sync(1);
	}
}

/*
 * Host events for guests or for the host alone, beside the guest's own. The guest's
 * 200 million cycles are in the one, and for the most part not in the other; once of
 * some times, as above.
 */
TEST(host_events_tell_guest_from_host)
{
	u64 in_guest, in_host, host_busy, guest_busy;
	bool told = false;
	int guests, hosts, i;
	struct vm vm;

	NEED_PMU();
	guests = host_event(true, false);
	hosts = host_event(false, true);
	ASSERT_GE(guests, 0);
	ASSERT_GE(hosts, 0);
	pmu_vm(&vm, guest_spins_on_demand);
	guest_pgd[ALIAS_GIB] = BLOCK_EL0;
	for (i = 0; i < 10 && !told; i++) {
		in_guest = read_event(guests);
		burn_ms(200);
		host_busy = read_event(guests) - in_guest;
		in_guest = read_event(guests);
		in_host = read_event(hosts);
		vcpu_expect_sync(&vm.vcpu[0], 1);
		guest_busy = read_event(hosts) - in_host;
		in_guest = read_event(guests) - in_guest;
		EXPECT_EQ(0, host_busy);
		EXPECT_GE(in_guest, 200 * MANY);
		told = guest_busy < in_guest / 2;
	}
	EXPECT_TRUE(told) TH_LOG("%lu of the guest's %lu cycles are the host's", guest_busy,
				 in_guest);
	vm_destroy(&vm);
}

/* Samples in the ring that say where in the guest they were taken. */
static u32 guest_samples(struct perf_event_mmap_page *page, u64 size)
{
	const char *data = (const char *)page + page->data_offset;
	u64 head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	u64 at = page->data_tail;
	u32 found = 0;

	while (at != head) {
		const struct perf_event_header *record = (const void *)(data + at % size);
		u32 mode = record->misc & PERF_RECORD_MISC_CPUMODE_MASK;
		u64 ip = *(const u64 *)(data + (at + sizeof(*record)) % size);

		if (mode == PERF_RECORD_MISC_GUEST_KERNEL)
			found += ip >= (u64)__executable_start && ip < (u64)etext;
		else if (mode == PERF_RECORD_MISC_GUEST_USER)
			found += ip - ALIAS >= (u64)__executable_start && ip - ALIAS < (u64)etext;
		at += record->size;
	}
	__atomic_store_n(&page->data_tail, at, __ATOMIC_RELEASE);
	return found;
}

/* What `perf kvm --guest record` does. */
TEST(samples_say_where_the_guest_was)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.size = sizeof(attr),
		.exclude_host = 1,
		.sample_period = MANY,
		.sample_type = PERF_SAMPLE_IP,
	};
	u64 page = sysconf(_SC_PAGESIZE), size = 8 * page;
	u32 found = 0;
	struct vm vm;
	void *ring;
	int fd;

	NEED_PMU();
	if (!dev_is_kvm() && !access("/dev/kvm", F_OK))
		SKIP(return, "KVM is active, and perf asks nobody else");
	fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	ASSERT_GE(fd, 0);
	ring = mmap(NULL, page + size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, ring);
	pmu_vm(&vm, guest_spins_on_demand);
	guest_pgd[ALIAS_GIB] = BLOCK_EL0;
	while (found < 10) {
		vcpu_expect_sync(&vm.vcpu[0], 1);
		found += guest_samples(ring, size);
	}
	vm_destroy(&vm);
}

TEST_HARNESS_MAIN
