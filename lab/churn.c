// SPDX-License-Identifier: GPL-2.0-only
/*
 * churn MEGABYTES - write memory without a pause, and check it (in guests)
 *
 * Each 64-bit word holds what its place and the round make it; each round checks
 * the last one's words and writes its own.  Prints where its words are, then
 * `=churn= ROUND WRONG` every second, and so shows a guest that was moved or
 * restored with a page that is lost, old or somebody else's.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static uint64_t word(size_t i, uint64_t round)
{
	return (i + 1) * 0x9e3779b97f4a7c15ULL ^ round * 0xc2b2ae3d27d4eb4fULL;
}

int main(int argc, char **argv)
{
	size_t n = (argc > 1 ? strtoul(argv[1], NULL, 10) : 16) << 17, i;
	volatile uint64_t *p = mmap(NULL, n * sizeof(*p), PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long wrong = 0;
	time_t told = 0;
	uint64_t round;

	if (p == MAP_FAILED) {
		perror("churn");
		return 1;
	}
	printf("=words= %p\n", (void *)p);
	fflush(stdout);
	for (i = 0; i < n; i++)
		p[i] = word(i, 0);
	for (round = 1;; round++) {
		for (i = 0; i < n; i++) {
			wrong += p[i] != word(i, round - 1);
			p[i] = word(i, round);
		}
		if (time(NULL) == told)
			continue;
		told = time(NULL);
		printf("=churn= %llu %lu\n", (unsigned long long)round, wrong);
		fflush(stdout);
	}
}
