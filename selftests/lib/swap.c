// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making the host swap: swap.h.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>
#include "swap.h"
#include "vm.h"

u64 host_count(const char *file, const char *key)
{
	char line[256];
	u64 count = 0;
	FILE *f = fopen(file, "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			count = strtoull(line + strlen(key), NULL, 10);
	if (f)
		fclose(f);
	return count;
}

/* A swap header is one page with a signature at its end. */
static bool make_swap(const char *path, u64 size)
{
	u64 page = getpagesize();
	char *first = calloc(1, page);
	u32 *info = (u32 *)(first + 1024);
	int fd = open(path, O_RDWR);
	bool ok;

	info[0] = 1;
	info[1] = size / page - 1;
	memcpy(first + page - 10, "SWAPSPACE2", 10);
	ok = fd >= 0 && write(fd, first, page) == (ssize_t)page && !fsync(fd);
	free(first);
	if (fd >= 0)
		close(fd);
	return ok && !swapon(path, 0);
}

bool host_have_swap(void)
{
	if (host_count("/proc/meminfo", "SwapTotal:"))
		return true;
	if (access("/dev/zram0", F_OK) && system("modprobe zram >/dev/null 2>&1"))
		return false;
	if (!host_write("/sys/block/zram0/disksize", "64M"))
		return false;
	return make_swap("/dev/zram0", 64 << 20);
}

/* Newer kernels do not write a page of zeros, whatever its tags are. */
u64 host_swapped_out(void)
{
	return host_count("/proc/vmstat", "pswpout ") +
	       host_count("/proc/vmstat", "swpout_zero ");
}

void host_page_out(void *p, u64 size)
{
	CHECK_FD(madvise(p, size, MADV_PAGEOUT));
}
