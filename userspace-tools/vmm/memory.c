// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory: an anonymous private mapping, so that huge pages, swap and the
 * process's memory cgroup work on it as on any other memory.
 */
#include "memory.h"
#include "util.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* Stage-2 can use 2 MiB blocks only where both sides have the same alignment. */
#define MEMORY_ALIGNMENT MIB(2)

int memory_create(struct memory *memory, gpa_t base, uint64_t size)
{
	uint64_t reserved = size + MEMORY_ALIGNMENT;
	uint8_t *map, *host;
	uint64_t head;

	map = mmap(NULL, reserved, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED) {
		report("cannot reserve %llu MiB of guest memory: %s; give a smaller --memory",
		       (unsigned long long)(size >> 20), strerror(errno));
		return -errno;
	}
	host = (uint8_t *)align_up((uintptr_t)map, MEMORY_ALIGNMENT);
	head = host - map;
	if (head)
		munmap(map, head);
	munmap(host + size, reserved - head - size);
	/* The guest's memory is not the launcher's fault: it stays out of core files. */
	madvise(host, size, MADV_DONTDUMP);
	/* Only a wish: a host without transparent huge pages runs the guest all the same. */
	madvise(host, size, MADV_HUGEPAGE);

	memory->host = host;
	memory->base = base;
	memory->size = size;
	return 0;
}

void memory_destroy(struct memory *memory)
{
	munmap(memory->host, memory->size);
	memory->host = NULL;
}
