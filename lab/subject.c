// SPDX-License-Identifier: GPL-2.0-only
/*
 * subject user|kernel|calls N - what a debugger or a profiler looks at (in hosts and guests)
 *
 * `user` spends N units of time in a function of its own, `kernel` in a system call.
 * `calls` calls stop_here() and then stores the number of the call in `watched`, N times,
 * or for ever where N is 0.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPINS		(1 << 20)
#define READS		8

volatile uint64_t watched;

/* Steps go from one of its instructions to the next. */
void stop_here(void);
asm("stop_here: nop\n nop\n nop\n nop\n ret\n"
    ".type stop_here, %function\n .size stop_here, . - stop_here\n");

static __attribute__((noinline)) void spin(void)
{
	static volatile unsigned int sink;

	for (int n = 0; n < SPINS; n++)
		sink += n;
}

static void fetch(int fd)
{
	static char buffer[1 << 20];

	for (int n = 0; n < READS; n++) {
		if (read(fd, buffer, sizeof(buffer)) != sizeof(buffer)) {
			perror("/dev/zero");
			exit(1);
		}
	}
}

static void calls(uint64_t count)
{
	for (uint64_t n = 1; !count || n <= count; n++) {
		stop_here();
		watched = n;
	}
}

int main(int argc, char **argv)
{
	uint64_t count = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
	int fd = open("/dev/zero", O_RDONLY);

	if (argc == 3 && !strcmp(argv[1], "calls")) {
		calls(count);
		return 0;
	}
	for (uint64_t n = 0; n < count; n++)
		argv[1][0] == 'u' ? spin() : fetch(fd);
	return !count;
}
