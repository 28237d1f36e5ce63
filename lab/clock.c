// SPDX-License-Identifier: GPL-2.0-only
/*
 * clock [DEVICE] - what a PTP device says of the time since 1970 (in guests)
 *
 * Prints seconds and nanoseconds.  The device of ptp_kvm tells the host's clock.
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

/* An open file's clock, as clock_getres(2) says under "Dynamic clocks". */
static clockid_t clock_of(int fd)
{
	return (~(clockid_t)fd << 3) | 3;
}

int main(int argc, char **argv)
{
	const char *device = argc == 2 ? argv[1] : "/dev/ptp0";
	int fd = open(device, O_RDONLY);
	struct timespec now;

	if (fd < 0 || clock_gettime(clock_of(fd), &now)) {
		perror(device);
		return 1;
	}
	printf("%lld.%09ld\n", (long long)now.tv_sec, now.tv_nsec);
	return 0;
}
