// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that guest memory stays the process's memory: while a guest writes to
 * it without a pause, the kernel migrates, swaps out, drops, write-protects,
 * merges and replaces the pages below, and the guest never sees a stale page,
 * never writes to one that is no longer its own, and loses no store.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "kselftest_harness.h"
#include "swap.h"
#include "vm.h"

#define AREA	0x200000000ULL
#define PAGES	64
#define PAGE	((u64)getpagesize())
#define SIZE	(PAGES * PAGE)
#define STEP	4096ULL
#define ROUNDS	20

static u32 stop;
static u64 area_size;

/* Each page's first word counts the guest's rounds; a lost store shows. */
static void count_round(u64 at, u64 round)
{
	u64 i;

	for (i = 0; i < area_size; i += STEP) {
		GUEST_ASSERT_EQ(READ_ONCE(*(u64 *)(at + i)), round - 1);
		WRITE_ONCE(*(u64 *)(at + i), round);
	}
}

static void guest_count(u64 at)
{
	u64 round;

	for (round = 1; !counter_read(stop); round++) {
		count_round(at, round);
		WRITE_ONCE(guest_self()->ucall_args[5], round);
	}
}

/* A guest of one vCPU that gets the area's address, which is returned. */
static char *start(struct vm *vm, guest_fn fn)
{
	area_size = SIZE;
	vm_init(vm, 1, fn);
	vcpu_start(&vm->vcpu[0], fn, AREA);
	return vm_map(vm, VM_SLOT_FREE, AREA, SIZE);
}

/*
 * The guest counts in one thread while @disturb is called again and again, until
 * the guest has seen pages that were disturbed behind it.
 */
static void count_while(struct __test_metadata *_metadata, void (*disturb)(char *p, int round))
{
	struct vm vm;
	u64 i, want;
	char *p;
	int n;

	p = start(&vm, guest_count);
	vcpu_spawn(&vm.vcpu[0]);
	for (n = 0; n < ROUNDS || READ_ONCE(vm.vcpu[0].guest->ucall_args[5]) < 2; n++) {
		disturb(p, n);
		usleep(5000);
	}
	counter_set(stop, 1);
	vcpu_join(&vm.vcpu[0]);
	want = vm.vcpu[0].guest->ucall_args[5];
	for (i = 0; i < SIZE; i += STEP)
		ASSERT_EQ(want, *(u64 *)(p + i));
}

static void page_out(char *p, int round)
{
	host_page_out(p, SIZE);
}

TEST(swapped)
{
	if (!host_have_swap())
		SKIP(return, "no swap and no zram");
	count_while(_metadata, page_out);
}

/* The same, and the guest says how far it has come after every round. */
static void guest_count_in_steps(u64 at)
{
	u64 round;

	for (round = 1; round <= ROUNDS; round++) {
		count_round(at, round);
		guest_sync(round);
	}
}

/*
 * A guest that never pauses may keep all its pages young, and so in memory.
 * Between two runs the kernel is told twice: the first time it finds the pages
 * young and makes them old, the second time they go.
 */
TEST(swapped_between_runs)
{
	struct vm vm;
	u64 before;
	char *p;
	int n;

	if (!host_have_swap())
		SKIP(return, "no swap and no zram");
	p = start(&vm, guest_count_in_steps);
	for (n = 1; n <= ROUNDS; n++) {
		vcpu_expect_sync(&vm.vcpu[0], n);
		before = host_swapped_out();
		page_out(p, n);
		page_out(p, n);
		/* A pass without a page that went out would prove nothing. */
		ASSERT_GT(host_swapped_out(), before);
	}
	vcpu_finish(&vm.vcpu[0]);
	vm_destroy(&vm);
}

static void migrate(char *p, int round)
{
	/* Compaction moves pages; with several nodes so does move_pages(). */
	host_write("/proc/sys/vm/compact_memory", "1");
}

TEST(migrated_by_compaction)
{
	u64 before = host_count("/proc/vmstat", "pgmigrate_success ");

	count_while(_metadata, migrate);
	if (host_count("/proc/vmstat", "pgmigrate_success ") == before)
		SKIP(return, "nothing was there to compact");
}

static void protect(char *p, int round)
{
	CHECK_FD(mprotect(p, SIZE, PROT_READ));
	CHECK_FD(mprotect(p, SIZE, PROT_READ | PROT_WRITE));
}

/* A store that meets the read-only moment ends KVM_RUN with EFAULT: run on. */
static void *run_over_efault(void *arg)
{
	struct vcpu *vcpu = arg;
	int ret;

	do {
		ret = ioctl(vcpu->fd, KVM_RUN, 0);
		CHECK(!ret || errno == EFAULT || errno == EINTR, "KVM_RUN: %m");
	} while (ret);
	CHECK(vcpu->guest->ucall_cmd == UCALL_DONE, "stale data: %llu instead of %llu",
	      (unsigned long long)vcpu->guest->ucall_args[3],
	      (unsigned long long)vcpu->guest->ucall_args[4]);
	return NULL;
}

TEST(write_protected)
{
	struct vm vm;
	char *p;
	int n;

	p = start(&vm, guest_count);
	ASSERT_EQ(0, pthread_create(&vm.vcpu[0].thread, NULL, run_over_efault, &vm.vcpu[0]));
	for (n = 0; n < ROUNDS; n++) {
		protect(p, n);
		usleep(5000);
	}
	counter_set(stop, 1);
	vcpu_join(&vm.vcpu[0]);
}

/* fork() makes every page copy-on-write: the guest goes on with the parent's. */
static void fork_once(char *p, int round)
{
	pid_t pid = fork();
	int status;
	u64 seen;

	if (!pid) {
		seen = *(u64 *)p;
		usleep(2000);
		_exit(*(u64 *)p != seen);
	}
	CHECK(pid > 0, "fork: %m");
	waitpid(pid, &status, 0);
	CHECK(status == 0, "a child saw the guest write to its copy");
}

TEST(copied_on_write)
{
	count_while(_metadata, fork_once);
}

static void merge_and_split(char *p, int round)
{
	madvise(p, SIZE, round % 2 ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
	if (round % 2)
		/* Splits by taking one page out and giving it back unchanged. */
		CHECK_FD(mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
	else
		CHECK_FD(mprotect(p, SIZE, PROT_READ | PROT_WRITE));
}

TEST(split_and_collapsed)
{
	count_while(_metadata, merge_and_split);
}

/* Pages that are dropped read as zero at the very next access. */
static void guest_dropped(u64 at)
{
	u64 round, i;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < area_size; i += STEP) {
			GUEST_ASSERT_EQ(READ_ONCE(*(u64 *)(at + i)), 0);
			WRITE_ONCE(*(u64 *)(at + i), round + 1);
		}
		guest_sync(round);
	}
}

TEST(dropped)
{
	struct vm vm;
	char *p;
	int n;

	p = start(&vm, guest_dropped);
	for (n = 0; n < ROUNDS; n++) {
		vcpu_expect_sync(&vm.vcpu[0], n);
		ASSERT_EQ(n + 1, *(u64 *)p);
		ASSERT_EQ(0, madvise(p, SIZE, MADV_DONTNEED));
	}
	vcpu_finish(&vm.vcpu[0]);
}

/* Other memory is mapped over the old: the guest sees the new one at once. */
static void guest_replaced(u64 at)
{
	u64 round, i;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < area_size; i += STEP)
			GUEST_ASSERT_EQ(READ_ONCE(*(u64 *)(at + i)), round);
		guest_sync(round);
	}
}

static void map_anew(char *p, u64 value)
{
	u64 i;

	CHECK(mmap(p, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		   -1, 0) == p, "mmap: %m");
	for (i = 0; i < SIZE; i += STEP)
		*(u64 *)(p + i) = value;
}

TEST(replaced)
{
	struct vm vm;
	char *p;
	int n;

	p = start(&vm, guest_replaced);
	for (n = 0; n < ROUNDS; n++) {
		map_anew(p, n);
		vcpu_expect_sync(&vm.vcpu[0], n);
	}
	vcpu_finish(&vm.vcpu[0]);
}

static void *take_away(void *p)
{
	usleep(20000);
	CHECK_FD(munmap(p, SIZE));
	return NULL;
}

/* The guest never stops by itself: only that its memory goes ends KVM_RUN. */
TEST(unmapped_while_running)
{
	pthread_t thief;
	struct vm vm;
	char *p;

	p = start(&vm, guest_count);
	ASSERT_EQ(0, pthread_create(&thief, NULL, take_away, p));
	ASSERT_EQ(-1, ioctl(vm.vcpu[0].fd, KVM_RUN, 0));
	EXPECT_EQ(EFAULT, errno);
	pthread_join(thief, NULL);
}

TEST_HARNESS_MAIN
