// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng console`: between this terminal and the socket of a VM's console. As with
 * `peng run`, only a person's input has commands in it, and the end of other input
 * means nothing.
 */
#include "cmd.h"
#include "../lib/home.h"
#include "../vmm/term.h"
#include "../vmm/util.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ESCAPE 0x01 /* Ctrl-A */

static const char help_text[] =
	"\r\n"
	"Ctrl-A d       leave the console; the guest goes on\r\n"
	"Ctrl-A Ctrl-A  send Ctrl-A (also Ctrl-A a)\r\n"
	"Ctrl-A h       this help\r\n";

/**
 * struct attached - a console that this terminal is attached to
 * @socket: to the launcher
 * @person: input is from a terminal
 * @escaped: the last byte was Ctrl-A
 * @left: Ctrl-A d
 */
struct attached {
	int socket;
	bool person;
	bool escaped;
	bool left;
};

static bool write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t written = write(fd, data, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		data += written;
		size -= written;
	}
	return true;
}

/* Act on the byte after Ctrl-A. Return: whether one is to be sent, in *@byte. */
static bool escape_command(struct attached *attached, char *byte)
{
	attached->escaped = false;
	switch (*byte) {
	case 'd':
		attached->left = true;
		return false;
	case 'a':
	case ESCAPE:
		*byte = ESCAPE;
		return true;
	case 'h':
	case '?':
		write_all(STDOUT_FILENO, help_text, sizeof(help_text) - 1);
		return false;
	default:
		return false;
	}
}

/* Take out a person's commands. Return: how much is left to be sent. */
static size_t filter(struct attached *attached, char *data, size_t size)
{
	size_t kept = 0;

	for (size_t i = 0; i < size && !attached->left; i++) {
		char byte = data[i];

		if (attached->escaped) {
			if (!escape_command(attached, &byte))
				continue;
		} else if (byte == ESCAPE) {
			attached->escaped = true;
			continue;
		}
		data[kept++] = byte;
	}
	return kept;
}

/* Return: whether there may be more. */
static bool pass_input(struct attached *attached)
{
	char data[512];
	ssize_t size = read(STDIN_FILENO, data, sizeof(data));

	if (size <= 0)
		return size < 0 && errno == EINTR;
	if (attached->person)
		size = filter(attached, data, size);
	/* That the launcher has gone is found out by reading. */
	write_all(attached->socket, data, size);
	return true;
}

/* Return: whether there may be more. */
static bool pass_output(struct attached *attached)
{
	char data[4096];
	ssize_t size = read(attached->socket, data, sizeof(data));

	if (size < 0 && errno == EINTR)
		return true;
	return size > 0 && write_all(STDOUT_FILENO, data, size);
}

/* Until the person leaves or the launcher hangs up. */
static void attend(struct attached *attached)
{
	struct pollfd fds[] = {
		{ .fd = attached->socket, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};

	while (!attached->left) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		if (fds[0].revents && !pass_output(attached))
			return;
		if (fds[1].revents && !pass_input(attached))
			fds[1].fd = -1;
	}
}

static void restore_and_die(int number)
{
	term_restore();
	raise(number);
}

static int enter_raw(void)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };
	struct sigaction action = { .sa_handler = restore_and_die, .sa_flags = SA_RESETHAND };
	int error;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
	error = term_enter_raw();
	if (error)
		report("cannot set the terminal: %s", strerror(-error));
	return error;
}

static int attach(const struct home *home, struct attached *attached)
{
	signal(SIGPIPE, SIG_IGN);
	attached->person = isatty(STDIN_FILENO);
	if (attached->person) {
		report("console of %s; Ctrl-A d leaves it, Ctrl-A h helps", home->name);
		if (enter_raw())
			return STATUS_FAILED;
	}
	attend(attached);
	term_restore();
	if (attached->person)
		report(attached->left ? "left the console of %s" : "%s ended", home->name);
	return STATUS_OK;
}

int cmd_console(const struct words *words)
{
	struct home home;
	struct attached attached = { .socket = -1 };
	int status = home_enter(&home, words->word[0]);
	pid_t pid;

	if (status != STATUS_OK)
		return status;
	if (!home_running(&pid)) {
		report("%s does not run; start it by peng start", home.name);
		return STATUS_FAILED;
	}
	attached.socket = home_connect(HOME_CONSOLE, 0);
	if (attached.socket < 0) {
		report("cannot reach the console of %s: %s", home.name, strerror(errno));
		return errno == EACCES ? STATUS_DENIED : STATUS_FAILED;
	}
	status = attach(&home, &attached);
	close(attached.socket);
	return status;
}
