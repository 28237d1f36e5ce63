// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of the emulated host
 *
 * Mounts, loads modules, inserts peng.ko, runs COMMAND with its standard
 * streams carried over a virtio-serial port, reports the exit status, powers
 * off.  lab/host says what to do through files in /etc/lab: command (arguments,
 * each ended by a NUL), tty (COMMAND gets a terminal), insmod, share.  What
 * init itself has to say goes to the kernel log, and failures to COMMAND's
 * stderr as well.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "link.h"

#define PORT "/dev/vport0p1"
#define MODULE "/lib/modules/peng.ko"

static const struct {
	const char *type, *dir, *options;
} mounts[] = {
	{ "proc",	"/proc" },
	{ "sysfs",	"/sys" },
	{ "devtmpfs",	"/dev" },
	{ "devpts",	"/dev/pts",	"mode=620,ptmxmode=666" },
	{ "tmpfs",	"/dev/shm" },
	{ "hugetlbfs",	"/dev/hugepages" },
	{ "tmpfs",	"/tmp" },
	{ "tmpfs",	"/run" },
	{ "debugfs",	"/sys/kernel/debug" },
	{ "tracefs",	"/sys/kernel/tracing" },
	{ "cgroup2",	"/sys/fs/cgroup" },
};

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

static int port = -1;

/* Input that COMMAND has not taken yet; while there is some, none is read. */
static struct link_frame input;
static size_t input_taken;

static void send_frame(enum link_type type, const void *data, size_t len)
{
	static struct link_frame frame;

	fill_frame(&frame, type, data, len);
	write_all(port, &frame, LINK_HEADER + len);
}

static void say(const char *format, ...)
{
	char line[256] = "lab: ";
	va_list args;
	int kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	va_start(args, format);
	vsnprintf(line + 5, sizeof(line) - 6, format, args);
	va_end(args);
	strcat(line, "\n");
	if (kmsg >= 0) {
		write_all(kmsg, line, strlen(line));
		close(kmsg);
	}
	if (port >= 0)
		send_frame(LINK_STDERR, line, strlen(line));
}

/* The last thing init does; session.c has all output once it says bye. */
static void finish(int status)
{
	unsigned char byte = status;

	if (port >= 0) {
		send_frame(LINK_EXIT, &byte, 1);
		do {
			if (!receive_frame(port, &input))
				break;
		} while (input.type != LINK_BYE);
	}
	sync();
	reboot(RB_POWER_OFF);
}

static void mount_all(void)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].dir, 0755);
		if (mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0,
			  mounts[i].options))
			say("mount %s: %m", mounts[i].dir);
	}
}

static bool insert_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && !syscall(SYS_finit_module, fd, "", 0);

	if (!ok)
		say("insmod %s: %m", path);
	if (fd >= 0)
		close(fd);
	return ok;
}

static void load_modules(void)
{
	FILE *order = fopen("/lib/modules/order", "re");
	char path[256];

	while (order && fgets(path, sizeof(path), order)) {
		path[strcspn(path, "\n")] = '\0';
		insert_module(path);
	}
}

static void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (ioctl(fd, SIOCSIFFLAGS, &lo))
		say("loopback: %m");
	close(fd);
}

static void install_applets(void)
{
	if (!fork()) {
		execl("/bin/busybox", "busybox", "--install", "-s", "/bin", NULL);
		_exit(127);
	}
	wait(NULL);
}

/* The port turns up some time after its driver was loaded. */
static void open_port(void)
{
	for (int ms = 0; port < 0 && ms < 20000; ms++) {
		port = open(PORT, O_RDWR | O_CLOEXEC);
		usleep(1000);
	}
	if (port < 0) {
		say("no " PORT);
		finish(LAB_FAILED);
	}
}

static bool asked(const char *what)
{
	char path[64];

	snprintf(path, sizeof(path), "/etc/lab/%s", what);
	return access(path, F_OK) == 0;
}

/* The arguments of COMMAND; a login shell where there are none. */
static char **read_arguments(void)
{
	static char text[65536], *arguments[1024] = { "-sh" };
	int fd = open("/etc/lab/command", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	size_t n = 0;

	for (char *p = text; p < text + len && n < 1023; p += strlen(p) + 1)
		arguments[n++] = p;
	return arguments;
}

static void __attribute__((noreturn)) execute(void)
{
	char **arguments = read_arguments();
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chdir("/root"))
		say("/root: %m");
	execvp(strcmp(arguments[0], "-sh") ? arguments[0] : "/bin/sh", arguments);
	fprintf(stderr, "lab: %s: %s\n", arguments[0], strerror(errno));
	_exit(127);
}

static void start_on_terminal(struct command *command)
{
	command->pid = forkpty(&command->out, NULL, NULL, NULL);
	if (!command->pid)
		execute();
	command->in = command->out;
	command->err = -1;
}

static void start_on_pipes(struct command *command)
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
		execute();
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
	if (!receive_frame(port, &input))
		finish(LAB_FAILED);
	input_taken = 0;
	if (input.type == LINK_WINSIZE) {
		if (command->tty)
			ioctl(command->out, TIOCSWINSZ, input.data);
		input.len = 0;
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
		send_frame(type, data, n);
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

static int run_command(void)
{
	struct command command = { .tty = asked("tty") };
	sigset_t chld;
	int children;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	children = signalfd(-1, &chld, SFD_CLOEXEC);
	signal(SIGPIPE, SIG_IGN);
	if (command.tty)
		start_on_terminal(&command);
	else
		start_on_pipes(&command);
	fcntl(command.in, F_SETFL, O_NONBLOCK);
	attend(&command, children);
	return command.status;
}

int main(void)
{
	mount_all();
	load_modules();
	install_applets();
	loopback_up();
	open_port();
	setenv("PATH", "/usr/bin:/bin:/usr/lib/peng/selftests", 1);
	setenv("HOME", "/root", 1);
	setenv("PS1", "host# ", 1);
	if (asked("share") && mount("share", "/mnt/share", "9p", 0,
				    "trans=virtio,version=9p2000.L,msize=524288")) {
		say("share: %m");
		finish(LAB_FAILED);
	}
	if (asked("insmod") && !insert_module(MODULE))
		finish(LAB_FAILED);
	finish(run_command());
}
