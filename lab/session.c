// SPDX-License-Identifier: GPL-2.0-only
/*
 * session LOG PATTERNS TIMEOUT TTY EMULATOR ARGS... - the near end of a host
 *
 * Starts the emulator, carries this process's standard streams to and from the
 * init.c inside, judges the kernel log, and exits with COMMAND's status.  The
 * emulator never outlives this process, whatever ends it, and the terminal is
 * given back as it was found.  TIMEOUT is in seconds, 0 for none; TTY is 1
 * where the terminal is to be COMMAND's own.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "link.h"

#define QEMU_LINK "socket,id=link,fd=9"
#define QEMU_LINK_FD 9

static pid_t emulator;
static int link_fd;
static bool on_terminal;
static struct termios found;
static volatile sig_atomic_t timed_out, resized;
static bool output_lost;
static int status = -1;

/* Frame on its way to the host: while there is one, no input is read. */
static struct link_frame to_send;
static size_t send_len, sent;

static void restore_terminal(void)
{
	if (on_terminal)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &found);
}

static void die_by(int sig)
{
	kill(emulator, SIGKILL);
	waitpid(emulator, NULL, 0);
	restore_terminal();
	signal(sig, SIG_DFL);
	raise(sig);
}

/* The second time, a second later, means that nobody takes our output. */
static void time_is_up(int sig)
{
	(void)sig;
	kill(emulator, SIGKILL);
	if (timed_out) {
		restore_terminal();
		_exit(LAB_TIMEOUT);
	}
	timed_out = 1;
}

static void note_resize(int sig)
{
	(void)sig;
	resized = 1;
}

static void catch_signals(long timeout)
{
	static const int deadly[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct itimerval timer = { { 1, 0 }, { timeout, 0 } };
	struct sigaction action = { .sa_handler = die_by };

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		sigaction(deadly[i], &action, NULL);
	action.sa_handler = time_is_up;
	sigaction(SIGALRM, &action, NULL);
	action.sa_handler = note_resize;
	sigaction(SIGWINCH, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void take_terminal(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &found))
		return;
	raw = found;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	on_terminal = true;
	resized = 1;
}

static void start_emulator(char **argv, int argc)
{
	char *arguments[argc + 3];
	int pair[2];

	memcpy(arguments, argv, argc * sizeof(*argv));
	arguments[argc] = "-chardev";
	arguments[argc + 1] = QEMU_LINK;
	arguments[argc + 2] = NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		perror("lab: socketpair");
		exit(LAB_FAILED);
	}
	link_fd = pair[0];
	emulator = fork();
	if (emulator) {
		close(pair[1]);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	dup2(pair[1], QEMU_LINK_FD);
	dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(arguments[0], arguments);
	perror(arguments[0]);
	_exit(LAB_FAILED);
}

static void queue_frame(enum link_type type, const void *data, size_t len)
{
	fill_frame(&to_send, type, data, len);
	send_len = LINK_HEADER + len;
	sent = 0;
}

static void send_some(void)
{
	ssize_t n = send(link_fd, (char *)&to_send + sent, send_len - sent,
			 MSG_DONTWAIT);

	if (n > 0)
		sent += n;
	if (sent == send_len)
		send_len = 0;
}

/*
 * A line that starts with ~. ends the session, as with ssh: the way out of a
 * host that no longer answers.
 */
static bool wants_out(const char *data, ssize_t len)
{
	static char before[2] = { '\n', '\n' };
	bool out = false;

	for (ssize_t i = 0; on_terminal && i < len; i++) {
		out |= data[i] == '.' && before[1] == '~' &&
		       (before[0] == '\r' || before[0] == '\n');
		before[0] = before[1];
		before[1] = data[i];
	}
	return out;
}

/* Returns false at end of file, which is sent on as an empty frame. */
static bool take_input(void)
{
	char data[LINK_MAX];
	ssize_t len = read(STDIN_FILENO, data, sizeof(data));

	if (len < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (len < 0)
		len = 0;
	if (wants_out(data, len))
		kill(emulator, SIGKILL);
	queue_frame(LINK_STDIN, data, len);
	return len > 0;
}

static void queue_size(void)
{
	struct winsize size;

	resized = 0;
	if (!ioctl(STDIN_FILENO, TIOCGWINSZ, &size))
		queue_frame(LINK_WINSIZE, &size, sizeof(size));
}

/* Returns false where the host has closed the link. */
static bool take_frame(void)
{
	static struct link_frame frame;

	if (!receive_frame(link_fd, &frame))
		return false;
	if (frame.type == LINK_STDOUT &&
	    !write_all(STDOUT_FILENO, frame.data, frame.len))
		output_lost = true;
	if (frame.type == LINK_STDERR)
		write_all(STDERR_FILENO, frame.data, frame.len);
	if (frame.type == LINK_EXIT)
		status = (unsigned char)frame.data[0];
	return true;
}

/*
 * The host may block on us, so we never block on it: input waits until the
 * frame before it is away, and output is always taken.
 */
static void carry(void)
{
	bool input = true, said_bye = false, said_lost = false;
	struct pollfd fds[2];

	for (;;) {
		if (!send_len && status >= 0 && !said_bye) {
			queue_frame(LINK_BYE, "", 0);
			said_bye = true;
		}
		if (!send_len && output_lost && !said_lost) {
			queue_frame(LINK_STDOUT, "", 0);
			said_lost = true;
		}
		if (!send_len && on_terminal && resized)
			queue_size();
		fds[0] = (struct pollfd){ link_fd, POLLIN | (send_len ? POLLOUT : 0) };
		fds[1] = (struct pollfd){ input && !send_len ? 0 : -1, POLLIN };
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents & POLLOUT)
			send_some();
		if (fds[0].revents & (POLLIN | POLLHUP) && !take_frame())
			return;
		if (fds[1].revents)
			input = take_input();
	}
}

static bool log_is_clean(FILE *log, const char *patterns)
{
	FILE *rules = fopen(patterns, "r");
	char pattern[256], line[4096];
	bool clean = rules;

	while (clean && fgets(pattern, sizeof(pattern), rules)) {
		regex_t regex;

		pattern[strcspn(pattern, "\n")] = '\0';
		if (!*pattern || *pattern == '#')
			continue;
		if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
			return false;
		rewind(log);
		while (clean && fgets(line, sizeof(line), log))
			clean = regexec(&regex, line, 0, NULL, 0);
		regfree(&regex);
	}
	if (rules && !clean)
		fprintf(stderr, "lab: the kernel log is not clean: %s", line);
	return clean;
}

static void print_log(FILE *log)
{
	char line[4096];

	rewind(log);
	while (fgets(line, sizeof(line), log))
		fputs(line, stderr);
}

static int judge(const char *log_path, const char *patterns)
{
	FILE *log = fopen(log_path, "r");
	bool clean;

	if (!log) {
		perror(log_path);
		return LAB_FAILED;
	}
	clean = log_is_clean(log, patterns);
	if (clean && status >= 0)
		return status;
	print_log(log);
	if (status > 0)
		return status;
	if (status == 0)
		return LAB_DIRTY_LOG;
	fprintf(stderr, "lab: the host %s\n", timed_out ? "ran out of time"
		: "ended before COMMAND did; its kernel log is above");
	return timed_out ? LAB_TIMEOUT : LAB_FAILED;
}

int main(int argc, char **argv)
{
	if (argc < 6) {
		fputs("usage: session LOG PATTERNS TIMEOUT TTY EMULATOR ARGS...\n",
		      stderr);
		return LAB_FAILED;
	}
	start_emulator(argv + 5, argc - 5);
	catch_signals(atol(argv[3]));
	if (!strcmp(argv[4], "1"))
		take_terminal();
	carry();
	waitpid(emulator, NULL, 0);
	restore_terminal();
	return judge(argv[1], argv[2]);
}
