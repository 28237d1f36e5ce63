// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU with piped input, in the emulated host
 *
 * Linux's PL011 driver discards what arrived before it was opened, and QEMU hands
 * over what is on a pipe at once: `echo poweroff | qemu-system-aarch64 ...` would
 * lose its line long before the guest has a shell.  This program has QEMU's name
 * in the host's PATH and runs the one on the clients' disk; where that has its
 * console on a pipe, the input is held back until the guest shows its prompt.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "link.h"

#define CLIENTS "/opt/clients/bin/"
/* What lab/guest-init sets. */
#define PROMPT "guest# "

static bool console_on_pipe(char **arguments)
{
	struct stat st;

	for (; *arguments; arguments++)
		if (!strcmp(*arguments, "-nographic"))
			return !fstat(0, &st) && S_ISFIFO(st.st_mode);
	return false;
}

static void __attribute__((noreturn)) run(char **arguments)
{
	char path[256];

	snprintf(path, sizeof(path), CLIENTS "%s", basename(arguments[0]));
	execv(path, arguments);
	perror(path);
	_exit(127);
}

/* Returns whether the prompt has now been seen whole; it may come in pieces. */
static bool find_prompt(const char *text, size_t len)
{
	static size_t matched;

	for (size_t i = 0; i < len && matched < strlen(PROMPT); i++) {
		if (text[i] != PROMPT[matched])
			matched = 0;
		if (text[i] == PROMPT[matched])
			matched++;
	}
	return matched == strlen(PROMPT);
}

/* Carries both streams until QEMU closes its end of @out. */
static void carry(int in, int out)
{
	struct pollfd fds[2] = { { .fd = out, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
	static char text[65536];
	bool open = true;
	ssize_t len;

	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents) {
			len = read(out, text, sizeof(text));
			if (len <= 0 || !write_all(1, text, len))
				return;
			if (open && find_prompt(text, len))
				fds[1].fd = 0;
		}
		if (fds[1].fd == 0 && fds[1].revents) {
			len = read(0, text, sizeof(text));
			if (len > 0 && write_all(in, text, len))
				continue;
			close(in);
			open = false;
			fds[1].fd = -1;
		}
	}
}

int main(int argc, char **argv)
{
	int in[2], out[2], status;
	pid_t pid;

	(void)argc;
	if (!console_on_pipe(argv))
		run(argv);
	if (pipe(in) || pipe(out))
		return 125;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[0]);
		close(in[1]);
		close(out[0]);
		close(out[1]);
		run(argv);
	}
	signal(SIGPIPE, SIG_IGN);
	close(in[0]);
	close(out[1]);
	carry(in[1], out[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
