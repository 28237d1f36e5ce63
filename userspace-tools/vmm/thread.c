// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads of the launcher: creation with the right signal mask, and the kick.
 */
#include "thread.h"
#include "util.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KICK_SIGNAL SIGRTMIN
#define KICK_INTERVAL_NS 20000000

struct thread_start {
	void (*run)(void *argument);
	char argument[];
};

static void kick_handler(int signal)
{
	(void)signal;
}

/*
 * Not blocked: faults of the launcher itself, whose handler mends the terminal,
 * and what stops a background job that touches its terminal.
 */
static const int unblocked[] = {
	SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU,
};

void thread_setup(void)
{
	struct sigaction action = { .sa_handler = kick_handler };
	sigset_t set;

	/* No SA_RESTART: the interrupted call has to return. */
	sigaction(KICK_SIGNAL, &action, NULL);
	signal(SIGPIPE, SIG_IGN);

	sigfillset(&set);
	sigdelset(&set, KICK_SIGNAL);
	for (size_t i = 0; i < ARRAY_SIZE(unblocked); i++)
		sigdelset(&set, unblocked[i]);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
}

static void *thread_main(void *data)
{
	struct thread_start *start = data;

	start->run(start->argument);
	free(start);
	return NULL;
}

int thread_create(pthread_t *thread, const char *name, void (*run)(void *argument),
		  const void *argument, size_t size)
{
	struct thread_start *start = malloc(sizeof(*start) + size);
	int error;

	if (!start)
		return -ENOMEM;
	start->run = run;
	memcpy(start->argument, argument, size);
	error = pthread_create(thread, NULL, thread_main, start);
	if (error) {
		free(start);
		return -error;
	}
	pthread_setname_np(*thread, name);
	return 0;
}

void thread_kick_and_join(pthread_t thread)
{
	struct timespec until;

	/*
	 * One kick is not enough: it may arrive just before the thread enters a
	 * blocking call that nothing else ends, such as a write to a full pipe.
	 */
	do {
		pthread_kill(thread, KICK_SIGNAL);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += KICK_INTERVAL_NS;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
	} while (pthread_timedjoin_np(thread, NULL, &until));
}
