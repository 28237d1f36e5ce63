/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The channel by which other programs of the owner speak with the launcher: a
 * Unix socket. A command is a line, its answer is a line that begins with ok or
 * error, and then the connection is closed. A command's argument is all that is
 * behind a blank.
 */
#ifndef PENG_VMM_CONTROL_H
#define PENG_VMM_CONTROL_H

#include "loop.h"

#include <limits.h>
#include <stddef.h>

#define CONTROL_MAX_CLIENTS 8
/* A command with the name of a file, and what may be said of that. */
#define CONTROL_LINE_MAX (PATH_MAX + 64)
#define CONTROL_ANSWER_MAX 1024

struct vm;

/**
 * struct control_client - one who is connected
 * @source: the connection; -1 where there is none
 * @vm: whose
 * @line: what it has said
 * @size: how much
 */
struct control_client {
	struct loop_source source;
	struct vm *vm;
	char line[CONTROL_LINE_MAX];
	size_t size;
};

/**
 * struct control - the channel
 * @listener: the socket; the caller's, -1 where there is none
 * @clients: who is connected
 */
struct control {
	struct loop_source listener;
	struct control_client clients[CONTROL_MAX_CLIENTS];
};

/** control_create() - listen in the main loop, where vm->place has a socket. */
int control_create(struct vm *vm);

/** control_destroy() - let all go; the socket stays open. */
void control_destroy(struct vm *vm);

#endif
