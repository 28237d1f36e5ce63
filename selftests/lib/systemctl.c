// SPDX-License-Identifier: GPL-2.0-only
/*
 * systemctl --quiet cat|start peng@NAME.service - the least of systemd, for peng start
 *
 * Has the unit, and starts it as Type=notify says: in a session of its own, and waits
 * until it has told that it is ready (sd_notify(3)), or has ended. What it was asked goes
 * into /run/systemd/asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOTIFY "/run/systemd/notify"

static void note(const char *verb, const char *unit)
{
	FILE *file = fopen("/run/systemd/asked", "a");

	if (!file)
		exit(1);
	fprintf(file, "%s %s\n", verb, unit);
	fclose(file);
}

static int listen_to_unit(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = NOTIFY };
	struct timeval limit = { .tv_usec = 200000 };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	unlink(NOTIFY);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    setenv("NOTIFY_SOCKET", NOTIFY, 1))
		exit(1);
	return fd;
}

int main(int argc, char **argv)
{
	char name[64], said[64] = "";
	pid_t pid;
	int fd;

	if (argc != 4 || strcmp(argv[1], "--quiet") ||
	    sscanf(argv[3], "peng@%63[^.].service", name) != 1)
		return 1;
	note(argv[2], argv[3]);
	if (!strcmp(argv[2], "cat"))
		return 0;
	if (strcmp(argv[2], "start"))
		return 1;
	fd = listen_to_unit();
	pid = fork();
	if (!pid) {
		setsid();
		execlp("peng", "peng", "start", "--foreground", name, NULL);
		_exit(127);
	}
	while (recv(fd, said, sizeof(said) - 1, 0) < 0)
		if (waitpid(pid, NULL, WNOHANG))
			return 1;
	return strcmp(said, "READY=1") != 0;
}
