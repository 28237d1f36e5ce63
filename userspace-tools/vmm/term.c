// SPDX-License-Identifier: GPL-2.0-only
/*
 * Console input and output of the launcher.
 *
 * Raw mode belongs to the terminal, not to a struct term, and must be undone
 * from signal handlers and atexit(): its state is static here.
 */
#include "term.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define ESCAPE 0x01 /* Ctrl-A */

static struct {
	volatile int raw; /* the terminal is in raw mode */
	int used; /* it has been, and is to be again after a stop */
	struct termios before;
	struct termios during;
} mode;

void term_restore(void)
{
	if (!mode.raw)
		return;
	tcsetattr(STDIN_FILENO, TCSANOW, &mode.before);
	mode.raw = 0;
}

void term_raw_again(void)
{
	if (!mode.used)
		return;
	tcsetattr(STDIN_FILENO, TCSANOW, &mode.during);
	mode.raw = 1;
}

int term_enter_raw(void)
{
	if (tcgetattr(STDIN_FILENO, &mode.before) < 0)
		return -errno;
	mode.during = mode.before;
	cfmakeraw(&mode.during);
	/* Our own messages end in a bare newline. */
	mode.during.c_oflag |= mode.before.c_oflag & (OPOST | ONLCR);
	mode.used = 1;
	term_raw_again();
	return 0;
}

static const char help_text[] =
	"\n"
	"Ctrl-A x       end the guest\n"
	"Ctrl-A c       send a break\n"
	"Ctrl-A Ctrl-A  send Ctrl-A (also Ctrl-A a)\n"
	"Ctrl-A h       this help\n";

/* Act on the byte after Ctrl-A. Return: true if @byte is to reach the guest. */
static bool escape_command(struct term *term, uint8_t *byte)
{
	switch (*byte) {
	case 'x':
		term->quit(term);
		return false;
	case 'c':
		if (term->sink->push_break)
			term->sink->push_break(term->sink);
		return false;
	case 'a':
	case ESCAPE:
		*byte = ESCAPE;
		return true;
	case 'h':
	case '?':
		/* Without waiting: the main loop must go on, whoever reads. */
		output_put(&term->output, (const uint8_t *)help_text, sizeof(help_text) - 1,
			   false);
		return false;
	default:
		return false;
	}
}

/* Sort out the commands of a person; the rest waits for the guest. */
static void take_bytes(struct term *term, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = data[i];

		if (term->escaped) {
			term->escaped = false;
			if (!escape_command(term, &byte))
				continue;
		} else if (term->escapes && byte == ESCAPE) {
			term->escaped = true;
			continue;
		}
		/* Only a person can type more than fits, to a guest that does not listen. */
		if (term->waiting_count < sizeof(term->waiting))
			term->waiting[term->waiting_count++] = byte;
	}
}

/* Room in the sink. Where there is none, the sink will call term_resume(). */
static size_t find_room(struct term *term)
{
	size_t room = term->sink->room(term->sink);

	if (room)
		return room;
	atomic_store(&term->blocked, true);
	/* Room may have come between the two, whose term_resume() saw nothing blocked. */
	return term->sink->room(term->sink);
}

static void give_waiting(struct term *term)
{
	while (term->waiting_count) {
		size_t size = min_size(term->waiting_count, find_room(term));

		if (!size)
			return;
		term->sink->push(term->sink, term->waiting, size);
		term->waiting_count -= size;
		memmove(term->waiting, term->waiting + size, term->waiting_count);
	}
}

static void pause_input(struct term *term)
{
	/* Taken out, not just masked: the hang-up of a pipe cannot be masked. */
	if (term->polled)
		loop_remove(term->loop, &term->input);
	term->polled = false;
}

static void end_input(struct term *term)
{
	pause_input(term);
	term->in = -1;
}

/*
 * A person's terminal is always read, because Ctrl-A x has to work with any
 * guest. Other input is read only as far as the guest takes it, so that it is
 * neither lost nor taken from whoever reads on after this program.
 */
static void read_input(struct term *term)
{
	uint8_t data[256];
	size_t room = sizeof(data);
	ssize_t size;

	if (!term->escapes)
		room = min_size(room, find_room(term));
	if (!room) {
		pause_input(term);
		return;
	}
	size = read(term->in, data, room);
	if (size > 0) {
		take_bytes(term, data, size);
		give_waiting(term);
	} else if (!term->pty && (size == 0 || (errno != EINTR && errno != EAGAIN))) {
		end_input(term);
		return;
	}
	/* What cannot be polled is read on when the loop has seen to the others. */
	if (!term->pollable)
		event_signal(term->resume.fd);
}

static void input_ready(struct loop_source *source, uint32_t events)
{
	(void)events;
	read_input(container_of(source, struct term, input));
}

static void resume_ready(struct loop_source *source, uint32_t events)
{
	struct term *term = container_of(source, struct term, resume);

	(void)events;
	event_clear(source->fd);
	give_waiting(term);
	if (term->in < 0 || term->polled)
		return;
	if (term->pollable)
		term->polled = !loop_add(term->loop, &term->input, EPOLLIN);
	else
		read_input(term);
}

void term_resume(struct term *term)
{
	if (atomic_exchange(&term->blocked, false))
		event_signal(term->resume.fd);
}

static int open_pty(struct term *term)
{
	struct termios raw;
	const char *name;

	term->in = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (term->in < 0 || grantpt(term->in) < 0 || unlockpt(term->in) < 0)
		goto failed;
	name = ptsname(term->in);
	if (!name)
		goto failed;
	term->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (term->slave < 0 || tcgetattr(term->slave, &raw) < 0)
		goto failed;
	cfmakeraw(&raw);
	tcsetattr(term->slave, TCSANOW, &raw);
	term->out = term->in;
	term->pty = true;
	report("console on %s", name);
	return 0;

failed:
	report("cannot make a pseudo-terminal: %s; is /dev/pts mounted?", strerror(errno));
	return -EIO;
}

int term_open(struct term *term, struct loop *loop, enum options_console kind)
{
	int error;

	term->loop = loop;
	term->slave = -1;
	term->in = STDIN_FILENO;
	term->out = STDOUT_FILENO;
	term->pty = false;
	term->escapes = false;
	term->escaped = false;
	term->polled = false;
	term->waiting_count = 0;
	atomic_init(&term->blocked, false);
	term->resume.ready = resume_ready;
	term->resume.fd = event_create();
	if (term->resume.fd < 0) {
		report("cannot make an event: %s", strerror(-term->resume.fd));
		return term->resume.fd;
	}
	if (kind == OPTIONS_CONSOLE_PTY) {
		error = open_pty(term);
		if (error)
			return error;
	} else {
		term->escapes = isatty(STDIN_FILENO);
	}
	/* A pseudo-terminal is like a serial line that may have no terminal at its end. */
	error = output_create(&term->output, term->out, term->pty);
	if (error)
		report("cannot start the console thread: %s", strerror(-error));
	return error;
}

int term_start(struct term *term, struct term_sink *sink)
{
	int error;

	term->sink = sink;
	if (term->escapes) {
		atexit(term_restore);
		error = term_enter_raw();
		if (error)
			return error;
	}
	error = loop_add(term->loop, &term->resume, EPOLLIN);
	if (error)
		return error;
	term->input.ready = input_ready;
	term->input.fd = term->in;
	error = loop_add(term->loop, &term->input, EPOLLIN);
	term->pollable = !error;
	term->polled = !error;
	/* A regular file or /dev/null cannot be polled: it is always ready. */
	if (error == -EPERM)
		event_signal(term->resume.fd);
	else if (error)
		term->in = -1;
	return 0;
}

void term_close(struct term *term)
{
	term_restore();
	output_destroy(&term->output);
	if (term->pty)
		close(term->out);
	if (term->slave >= 0)
		close(term->slave);
	close(term->resume.fd);
}

void term_hurry(struct term *term)
{
	output_hurry(&term->output);
}

void term_write(struct term *term, const uint8_t *data, size_t size)
{
	output_put(&term->output, data, size, true);
}

bool term_size(const struct term *term, struct winsize *size)
{
	return ioctl(term->out, TIOCGWINSZ, size) == 0 && size->ws_col && size->ws_row;
}
