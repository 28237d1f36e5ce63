// SPDX-License-Identifier: GPL-2.0-only
/*
 * The far end of the link: COMMAND and its streams
 *
 * Starts COMMAND on pipes or on a terminal, and carries its streams between
 * those and the port until it ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "attend.h"
#include "link.h"

/**
 * struct command - COMMAND while it runs
 * @pid: its process, 0 once reaped
 * @status: exit status as a shell has it
 * @in: its stdin, -1 once closed
 * @out: its stdout, or its terminal
 * @err: its stderr, -1 where it has a terminal
 * @tty: @in and @out are the master of its terminal
 */
struct command {
	pid_t pid;
	int status;
	int in, out, err;
	bool tty;
};

static int port;

/* Input that COMMAND has not taken yet; while there is some, none is read. */
static struct link_frame input;
static size_t input_taken;

static void __attribute__((noreturn)) execute(char **arguments)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (chdir("/root"))
		perror("/root");
	execvp(strcmp(arguments[0], "-sh") ? arguments[0] : "/bin/sh", arguments);
	fprintf(stderr, "lab: %s: %s\n", arguments[0], strerror(errno));
	_exit(127);
}

static void start_on_terminal(struct command *command, char **arguments)
{
	command->pid = forkpty(&command->out, NULL, NULL, NULL);
	if (!command->pid)
		execute(arguments);
	command->in = command->out;
	command->err = -1;
}

static void start_on_pipes(struct command *command, char **arguments)
{
	int in[2], out[2], err[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		return;
	command->pid = fork();
	if (!command->pid) {
		setsid();
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		execute(arguments);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	command->in = in[1];
	command->out = out[0];
	command->err = err[0];
}

/* PID 1 is given every orphan of the system; only COMMAND's status counts. */
static void reap(struct command *command)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != command->pid)
			continue;
		command->pid = 0;
		command->status = WIFEXITED(status) ? WEXITSTATUS(status)
						    : 128 + WTERMSIG(status);
	}
}

static void close_input(struct command *command)
{
	input.len = 0;
	if (command->in >= 0 && !command->tty)
		close(command->in);
	command->in = -1;
}

static void take_frame(struct command *command)
{
	if (!receive_frame(port, &input)) {
		close_input(command);
		return;
	}
	input_taken = 0;
	if (input.type == LINK_WINSIZE) {
		if (command->tty)
			ioctl(command->out, TIOCSWINSZ, input.data);
		input.len = 0;
	} else if (input.type == LINK_STDOUT) {
		close(command->out);
		command->out = -1;
	} else if (!input.len || command->in < 0) {
		close_input(command);
	}
}

static void feed(struct command *command)
{
	ssize_t n = write(command->in, input.data + input_taken,
			  input.len - input_taken);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		close_input(command);
	if (n > 0)
		input_taken += n;
	if (input_taken == input.len)
		input.len = 0;
}

/* Returns false where nothing is left to carry. */
static bool carry(int *fd, enum link_type type)
{
	char data[LINK_MAX];
	ssize_t n = read(*fd, data, sizeof(data));

	if (n > 0) {
		send_frame(port, type, data, n);
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(*fd);
		*fd = -1;
	}
	return false;
}

/*
 * Carries the streams until COMMAND has ended.  Output that it left in its
 * pipes is carried too, but a background process that holds them is not
 * waited for.
 */
static void attend(struct command *command, int children)
{
	struct pollfd fds[5];

	while (command->pid) {
		struct signalfd_siginfo info;

		fds[0] = (struct pollfd){ children, POLLIN };
		fds[1] = (struct pollfd){ input.len ? -1 : port, POLLIN };
		fds[2] = (struct pollfd){ input.len ? command->in : -1, POLLOUT };
		fds[3] = (struct pollfd){ command->out, POLLIN };
		fds[4] = (struct pollfd){ command->err, POLLIN };
		if (poll(fds, 5, -1) < 0)
			continue;
		if (fds[0].revents && read(children, &info, sizeof(info)) > 0)
			reap(command);
		if (fds[1].revents)
			take_frame(command);
		if (fds[2].revents)
			feed(command);
		if (fds[3].revents)
			carry(&command->out, LINK_STDOUT);
		if (fds[4].revents)
			carry(&command->err, LINK_STDERR);
	}
	fcntl(command->out, F_SETFL, O_NONBLOCK);
	fcntl(command->err, F_SETFL, O_NONBLOCK);
	while (command->out >= 0 && carry(&command->out, LINK_STDOUT))
		;
	while (command->err >= 0 && carry(&command->err, LINK_STDERR))
		;
}

int attend_command(int link_port, char **arguments, bool tty)
{
	struct command command = { .tty = tty };
	sigset_t chld;
	int children;

	port = link_port;
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	children = signalfd(-1, &chld, SFD_CLOEXEC);
	signal(SIGPIPE, SIG_IGN);
	if (tty)
		start_on_terminal(&command, arguments);
	else
		start_on_pipes(&command, arguments);
	fcntl(command.in, F_SETFL, O_NONBLOCK);
	attend(&command, children);
	return command.status;
}
