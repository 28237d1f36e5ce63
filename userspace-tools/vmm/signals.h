/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals that the launcher takes: those that ask it to end, that stop and
 * continue it, and that tell of a new window size arrive in the main loop
 * through a signalfd; those that come from its own faults put the terminal
 * back before they kill.
 */
#ifndef PENG_VMM_SIGNALS_H
#define PENG_VMM_SIGNALS_H

#include "loop.h"

/**
 * struct signals - the signalfd
 * @source: its place in the main loop
 * @terminated: called with the number of the signal that asks to end
 * @resized: called when the terminal's window changed
 */
struct signals {
	struct loop_source source;
	void (*terminated)(struct signals *signals, int number);
	void (*resized)(struct signals *signals);
};

/**
 * signals_start() - take signals in @loop from now on
 * @signals: the callbacks are set by the caller
 * @loop: main loop
 *
 * Context: all signals are blocked (thread_setup()).
 * Return: 0 or -errno.
 */
int signals_start(struct signals *signals, struct loop *loop);

/** signals_release() - let signals end the process again, as by default. */
void signals_release(void);

/** signals_stop() - close the signalfd. */
void signals_stop(struct signals *signals);

#endif
