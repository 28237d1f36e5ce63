// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals of the launcher, by a signalfd where they can wait and by handlers
 * where they cannot.
 */
#include "signals.h"
#include "term.h"
#include "util.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const int waited[] = {
	SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH,
};

static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS };

static void fatal_handler(int number)
{
	term_restore();
	/* SA_RESETHAND gave the default back; it kills once this handler returns. */
	raise(number);
}

static void stop_self(void)
{
	term_restore();
	raise(SIGSTOP);
}

static void signals_ready(struct loop_source *source, uint32_t events)
{
	struct signals *signals = container_of(source, struct signals, source);
	struct signalfd_siginfo info;

	(void)events;
	if (read(source->fd, &info, sizeof(info)) != sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGWINCH:
		signals->resized(signals);
		return;
	case SIGTSTP:
		stop_self();
		return;
	case SIGCONT:
		term_raw_again();
		signals->resized(signals);
		return;
	default:
		signals->terminated(signals, info.ssi_signo);
	}
}

/* A signal that the caller's shell or nohup had ignored stays ignored. */
static void fill_set(sigset_t *set)
{
	struct sigaction found;

	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(waited); i++)
		if (!sigaction(waited[i], NULL, &found) && found.sa_handler != SIG_IGN)
			sigaddset(set, waited[i]);
}

int signals_start(struct signals *signals, struct loop *loop)
{
	struct sigaction action = { .sa_handler = fatal_handler, .sa_flags = SA_RESETHAND };
	sigset_t set;

	for (size_t i = 0; i < ARRAY_SIZE(fatal); i++)
		sigaction(fatal[i], &action, NULL);
	fill_set(&set);
	signals->source.ready = signals_ready;
	signals->source.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals->source.fd < 0)
		return -errno;
	return loop_add(loop, &signals->source, EPOLLIN);
}

void signals_release(void)
{
	sigset_t set;

	fill_set(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void signals_stop(struct signals *signals)
{
	close(signals->source.fd);
}
