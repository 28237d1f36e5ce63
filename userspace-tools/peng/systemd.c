// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is asked of systemd goes through systemctl; what it is told goes to the socket
 * that it names to a unit of Type=notify (sd_notify(3)).
 */
#include "systemd.h"
#include "../vmm/util.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNNING "/run/systemd/system"

/* Without a word of its own. Return: whether it succeeded. */
static bool systemctl(const char *verb, const struct home *home)
{
	char unit[PENG_VM_NAME_MAX + 16];
	char *arguments[] = { "systemctl", "--quiet", (char *)verb, unit, NULL };
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t pid;

	snprintf(unit, sizeof(unit), "peng@%s.service", home->name);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (!posix_spawnp(&pid, arguments[0], &actions, NULL, arguments, environ))
		waitpid(pid, &status, 0);
	posix_spawn_file_actions_destroy(&actions);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

bool systemd_runs(const struct home *home)
{
	return geteuid() == 0 && !access(RUNNING, F_OK) && !strcmp(home->root, HOME_SYSTEM_ROOT) &&
	       systemctl("cat", home);
}

enum status systemd_start(const struct home *home)
{
	if (systemctl("start", home))
		return STATUS_OK;
	report("%s did not start; journalctl -u peng@%s says why", home->name, home->name);
	return STATUS_FAILED;
}

void systemd_tell_started(void)
{
	static const char ready[] = "READY=1";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;
	int fd;

	if (!length || length >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, length);
	/* A name of the abstract kind. */
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* Where that fails, systemd gives up the start after a while, and says so. */
	if (fd >= 0 && sendto(fd, ready, strlen(ready), MSG_NOSIGNAL, (struct sockaddr *)&address,
			      offsetof(struct sockaddr_un, sun_path) + length) < 0)
		report("cannot tell systemd that the guest runs");
	if (fd >= 0)
		close(fd);
}
