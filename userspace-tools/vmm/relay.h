/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console of a guest that nobody started from a terminal: what it prints
 * goes to a file, and to whoever is connected to a socket; what those type goes
 * to the guest. To the machine it is standard input and output, and all of it is
 * done by a thread of its own.
 */
#ifndef PENG_VMM_RELAY_H
#define PENG_VMM_RELAY_H

#include "loop.h"

#include <stdint.h>

#define RELAY_MAX_CLIENTS 8

struct relay;

/**
 * struct relay_client - one who is connected
 * @source: the connection; -1 where there is none
 * @relay: whose
 */
struct relay_client {
	struct loop_source source;
	struct relay *relay;
};

/**
 * struct relay - the console's far end
 * @loop: its thread's events
 * @guest: our end of the guest's standard input and output
 * @listener: socket to connect to; the caller's
 * @clients: who is connected
 * @path: name of the file
 * @file: the file
 * @written: bytes in it
 */
struct relay {
	struct loop loop;
	struct loop_source guest;
	struct loop_source listener;
	struct relay_client clients[RELAY_MAX_CLIENTS];
	const char *path;
	int file;
	uint64_t written;
};

/**
 * relay_start() - become standard input and output of this process
 * @relay: filled in
 * @path: the file; what it had before is kept as @path.1
 * @listener: listening socket, not blocking
 *
 * Context: after thread_setup().
 * Return: 0 or -errno after a report().
 */
int relay_start(struct relay *relay, const char *path, int listener);

/** relay_finish() - pass on what is left, let all go, and end the thread. */
void relay_finish(struct relay *relay);

#endif
