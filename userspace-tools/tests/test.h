/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the unit programs of the launcher share: a check that says where it
 * failed, random numbers that are the same in each run, and TAP.
 */
#ifndef PENG_TESTS_TEST_H
#define PENG_TESTS_TEST_H

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)							\
	do {									\
		if (!(condition)) {						\
			printf("Bail out! %s:%d: %s\n", __FILE__, __LINE__,	\
			       #condition);					\
			exit(1);						\
		}								\
	} while (0)

/* xorshift64*: G. Marsaglia, "Xorshift RNGs", 2003. */
static inline uint64_t test_random(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d;
}

static inline uint32_t test_below(uint32_t limit)
{
	return test_random() % limit;
}

/* The launcher's signal mask, but Ctrl-C ends a test. For programs that have thread.c. */
#define test_thread_setup()					\
	do {							\
		sigset_t none;					\
								\
		thread_setup();					\
		sigemptyset(&none);				\
		sigprocmask(SIG_SETMASK, &none, NULL);		\
	} while (0)

/**
 * struct test_case - one thing that is proved
 * @name: what
 * @run: proves it, or ends the program by CHECK()
 */
struct test_case {
	const char *name;
	void (*run)(void);
};

static inline int test_main(const struct test_case *cases, size_t count)
{
	printf("TAP version 13\n1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		cases[i].run();
		printf("ok %zu %s\n", i + 1, cases[i].name);
	}
	return 0;
}

#endif
