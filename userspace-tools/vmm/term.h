/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the console is: the terminal or pipe that `peng run` was started on,
 * or a new pseudo-terminal. Input is read only when the device that takes it
 * has room, so that a script piped in is never lost; the terminal is put back
 * as it was on every way out of the program that a program can see.
 *
 * Output may come from any thread. Input and the escape commands (Ctrl-A) are
 * handled in the main loop.
 */
#ifndef PENG_VMM_TERM_H
#define PENG_VMM_TERM_H

#include "loop.h"
#include "options.h"
#include "output.h"

#include <stddef.h>
#include <sys/ioctl.h>

struct term;
struct term_sink;

/**
 * struct term_sink - the device that takes console input; embedded in it
 * @room: how many bytes it would take now
 * @push: take @size bytes, no more than there was room for
 * @push_break: take a break condition; NULL where the device knows none
 *
 * Called from the main loop. When room appears after there was none, the
 * device calls term_resume().
 */
struct term_sink {
	size_t (*room)(struct term_sink *sink);
	void (*push)(struct term_sink *sink, const uint8_t *data, size_t size);
	void (*push_break)(struct term_sink *sink);
};

/**
 * struct term - the console's end outside the guest
 * @loop: main loop
 * @input: readiness of @in
 * @resume: signalled by term_resume()
 * @in: what is read, -1 after its end
 * @out: what is written
 * @output: output on its way
 * @pty: a pseudo-terminal was made; output nobody reads is dropped
 * @slave: our own handle on its other side, so that it never hangs up; else -1
 * @pollable: @in can be waited for
 * @polled: and is being waited for
 * @escapes: input is from a person at a terminal: Ctrl-A means something
 * @escaped: the last byte was Ctrl-A
 * @blocked: the sink had no room when it was last asked
 * @waiting: input that the sink had no room for
 * @waiting_count: how much
 * @sink: who takes input
 * @quit: called for Ctrl-A x
 */
struct term {
	struct loop *loop;
	struct loop_source input;
	struct loop_source resume;
	int in;
	int out;
	struct output output;
	bool pty;
	int slave;
	bool pollable;
	bool polled;
	bool escapes;
	bool escaped;
	atomic_bool blocked;
	uint8_t waiting[1024];
	size_t waiting_count;
	struct term_sink *sink;
	void (*quit)(struct term *term);
};

/**
 * term_open() - get at the console
 * @term: filled in; @term->quit is set by the caller before
 * @loop: main loop
 * @kind: stdio or a new pseudo-terminal
 *
 * Return: 0 or -errno after a report().
 */
int term_open(struct term *term, struct loop *loop, enum options_console kind);

/** term_start() - start to read for @sink; the terminal goes raw. */
int term_start(struct term *term, struct term_sink *sink);

/** term_close() - put the terminal back and write what output is left. */
void term_close(struct term *term);

/** term_write() - show what the guest prints; any thread. */
void term_write(struct term *term, const uint8_t *data, size_t size);

/** term_resume() - the sink has room again; any thread. */
void term_resume(struct term *term);

/** term_hurry() - from now on drop output that nobody reads at once. */
void term_hurry(struct term *term);

/** term_size() - columns and rows of the window; false where it has none. */
bool term_size(const struct term *term, struct winsize *size);

/** term_enter_raw() - standard input, a terminal, goes raw. Return: 0 or -errno. */
int term_enter_raw(void);

/** term_restore() - put the terminal back; safe in a signal handler. */
void term_restore(void);

/** term_raw_again() - raw mode once more, after the program was stopped. */
void term_raw_again(void);

#endif
