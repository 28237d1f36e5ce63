// SPDX-License-Identifier: GPL-2.0-only
/*
 * profile [SAMPLES] - what perf_event_open(2) counts and samples (in hosts and guests)
 *
 * Counts cycles of a loop at EL0, of the kernel at work for it, and of both, then
 * samples the loop until there are SAMPLES (20). Prints the three counts, whether each
 * stays as it is when disabled, and how many samples were in this program and in the
 * kernel. Whatever is not there ends it with an error.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PERIOD		5000000
#define RING_PAGES	8

/* Ends of this program's code, as the linker knows them. */
extern char __executable_start[], etext[];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int event(bool user, bool kernel, uint64_t period)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.size = sizeof(attr),
		.disabled = 1,
		.exclude_user = !user,
		.exclude_kernel = !kernel,
		.exclude_hv = 1,
		.exclude_guest = 1,
		.sample_period = period,
		.sample_type = PERF_SAMPLE_IP,
		.wakeup_events = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	if (fd < 0)
		fail("perf_event_open");
	return fd;
}

static uint64_t count(int fd)
{
	uint64_t value;

	if (read(fd, &value, sizeof(value)) != sizeof(value))
		fail("read");
	return value;
}

/* Some of it at EL0, some in the kernel. */
static void work(void)
{
	static volatile unsigned int sink;
	char byte;
	int fd = open("/dev/zero", O_RDONLY);

	for (int i = 0; i < 200; i++) {
		for (int n = 0; n < 5000; n++)
			sink += n;
		if (read(fd, &byte, 1) != 1)
			fail("/dev/zero");
	}
	close(fd);
}

/* Prints how much, and whether it ends when it is disabled. */
static void print_count(const char *name, bool user, bool kernel)
{
	int fd = event(user, kernel, 0);
	uint64_t counted;

	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	work();
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	counted = count(fd);
	work();
	printf("%s %llu %s\n", name, (unsigned long long)counted,
	       counted && count(fd) == counted ? "good" : "bad");
	close(fd);
}

/* Takes what has come into the ring; adds to what was here and in the kernel. */
static void take_samples(struct perf_event_mmap_page *page, size_t size, int *here, int *kernel)
{
	const char *data = (const char *)page + page->data_offset;
	uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	uint64_t at = page->data_tail;

	while (at != head) {
		const struct perf_event_header *record = (const void *)(data + at % size);
		uint64_t ip = *(const uint64_t *)(data + (at + sizeof(*record)) % size);

		if (record->type == PERF_RECORD_SAMPLE) {
			*here += ip >= (uintptr_t)__executable_start && ip < (uintptr_t)etext;
			*kernel += ip >> 63;
		}
		at += record->size;
	}
	__atomic_store_n(&page->data_tail, at, __ATOMIC_RELEASE);
}

static void print_samples(int wanted)
{
	size_t page = sysconf(_SC_PAGESIZE), size = RING_PAGES * page;
	int fd = event(true, true, PERIOD), here = 0, kernel = 0;
	void *ring = mmap(NULL, page + size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (ring == MAP_FAILED)
		fail("mmap");
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	while (here < wanted) {
		work();
		take_samples(ring, size, &here, &kernel);
	}
	printf("samples %d %d\n", here, kernel);
}

int main(int argc, char **argv)
{
	print_count("user", true, false);
	print_count("kernel", false, true);
	print_count("all", true, true);
	print_samples(argc > 1 ? atoi(argv[1]) : 20);
	return 0;
}
