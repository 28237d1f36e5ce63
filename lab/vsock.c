// SPDX-License-Identifier: GPL-2.0-only
/*
 * vsock listen PORT | vsock connect CID PORT - standard streams over AF_VSOCK
 *
 * Carries stdin to the other side and what that sends to stdout, both at once (in
 * hosts and guests).  The end of stdin is passed on as a half close, and the other
 * side's is the end of stdout; the program ends after both, so that a filter
 * between the two can answer with what it knows only at the end.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/vm_sockets.h>
#include "link.h"

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "vsock: %s: %m\n", what);
	exit(1);
}

/* The one connection that is waited for. */
static int accept_one(int fd, const struct sockaddr_vm *address)
{
	int connection;

	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) || listen(fd, 1))
		fail("listen");
	connection = accept(fd, NULL, NULL);
	if (connection < 0)
		fail("accept");
	close(fd);
	return connection;
}

/* A busy machine may answer later than after the two seconds of the default. */
static int connect_to(int fd, const struct sockaddr_vm *address)
{
	struct timeval patience = { .tv_sec = 120 };

	if (setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &patience,
		       sizeof(patience)) ||
	    connect(fd, (const struct sockaddr *)address, sizeof(*address)))
		fail("connect");
	return fd;
}

static bool copy(int from, int to)
{
	static char data[65536];
	ssize_t len;

	while ((len = read(from, data, sizeof(data))) > 0)
		if (!write_all(to, data, len))
			return false;
	return len == 0;
}

/* Neither process keeps open what the other's peer waits to see closed. */
static void carry(int fd)
{
	pid_t sender = fork();
	int status;

	if (sender < 0)
		fail("fork");
	if (!sender) {
		close(1);
		if (!copy(0, fd) || shutdown(fd, SHUT_WR))
			fail("send");
		_exit(0);
	}
	close(0);
	if (!copy(fd, 1) || close(1)) {
		kill(sender, SIGKILL);
		fail("receive");
	}
	if (waitpid(sender, &status, 0) != sender || status)
		exit(1);
}

int main(int argc, char **argv)
{
	struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY };
	bool connects = argc == 4 && !strcmp(argv[1], "connect");
	int fd;

	if (!connects && (argc != 3 || strcmp(argv[1], "listen"))) {
		fputs("usage: vsock listen PORT | vsock connect CID PORT\n", stderr);
		return 2;
	}
	address.svm_port = strtoul(argv[argc - 1], NULL, 0);
	if (connects)
		address.svm_cid = strtoul(argv[2], NULL, 0);
	signal(SIGPIPE, SIG_IGN);
	fd = socket(AF_VSOCK, SOCK_STREAM, 0);
	if (fd < 0)
		fail("socket");
	carry(connects ? connect_to(fd, &address) : accept_one(fd, &address));
	return 0;
}
