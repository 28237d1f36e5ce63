// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cgroups are directories: files of one line each say what there is and what may be.
 */
#include "cgroup.h"
#include "text.h"
#include "../vmm/util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT	"/sys/fs/cgroup"
#define PARENT	ROOT "/peng"

/* The cgroup that this process made for itself; empty for none. */
static char own[PATH_MAX];

/* 0 or -errno. */
static int write_file(const char *dir, const char *file, const char *text)
{
	char path[PATH_MAX];
	int fd, error = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		error = -errno;
	close(fd);
	return error;
}

/* "max" is CGROUP_NO_LIMIT. Return: 0 or -errno. */
static int read_bytes(const char *dir, const char *file, uint64_t *bytes)
{
	char path[PATH_MAX], text[32] = "";
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	size = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (size <= 0)
		return -EIO;
	*bytes = strncmp(text, "max", 3) ? strtoull(text, NULL, 10) : CGROUP_NO_LIMIT;
	return 0;
}

/* Launchers that were killed have left theirs; one that is in use cannot be removed. */
static void remove_left(void)
{
	DIR *dir = opendir(PARENT);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	if (dir)
		closedir(dir);
}

void cgroup_enter(const char *name)
{
	uint64_t limit;

	/* There the hierarchy is systemd's. */
	if (!access("/run/systemd/system", F_OK))
		return;
	if (write_file(ROOT, "cgroup.subtree_control", "+memory"))
		return;
	if (mkdir(PARENT, 0755) < 0 && errno != EEXIST)
		return;
	remove_left();
	snprintf(own, sizeof(own), "%s/%s.%d", PARENT, name, getpid());
	if (!write_file(PARENT, "cgroup.subtree_control", "+memory") && !mkdir(own, 0755) &&
	    !read_bytes(own, "memory.max", &limit) && !write_file(own, "cgroup.procs", "0"))
		return;
	rmdir(own);
	own[0] = '\0';
}

void cgroup_leave(void)
{
	if (!own[0])
		return;
	write_file(ROOT, "cgroup.procs", "0");
	rmdir(own);
	own[0] = '\0';
}

/* Whether nobody but the VM's process is in the cgroup. */
static bool is_alone(const char *dir, uint32_t pid)
{
	char path[PATH_MAX], line[32];
	bool found = false, alone = true;
	FILE *file;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		if (strtoul(line, NULL, 10) == pid)
			found = true;
		else
			alone = false;
	}
	fclose(file);
	return found && alone;
}

static bool find(const struct vm_info *vm, char *dir)
{
	snprintf(dir, PATH_MAX, "%s%s", ROOT, vm->cgroup);
	return vm->cgroup[0] && vm->pid && is_alone(dir, vm->pid);
}

bool cgroup_get_memory(const struct vm_info *vm, uint64_t *limit, uint64_t *used)
{
	char dir[PATH_MAX];

	return find(vm, dir) && !read_bytes(dir, "memory.max", limit) &&
	       !read_bytes(dir, "memory.current", used);
}

enum status cgroup_set_memory(const struct vm_info *vm, uint64_t bytes)
{
	char dir[PATH_MAX], text[TEXT_MAX] = "max";
	uint64_t used;
	int error;

	if (!find(vm, dir)) {
		report("the VM has no cgroup of its own; start it by peng start or systemd-run --scope");
		return STATUS_FAILED;
	}
	if (read_bytes(dir, "memory.current", &used)) {
		report("%s has no memory controller; enable it in cgroup.subtree_control above", dir);
		return STATUS_FAILED;
	}
	/* The kernel would kill the VM. */
	if (bytes < used) {
		report("the VM has %s; take some by peng balloon first, or give more",
		       text_size(text, used));
		return STATUS_FAILED;
	}
	if (bytes != CGROUP_NO_LIMIT)
		snprintf(text, sizeof(text), "%" PRIu64, bytes);
	error = write_file(dir, "memory.max", text);
	if (!error)
		return STATUS_OK;
	report("cannot write %s/memory.max: %s", dir, strerror(-error));
	return error == -EACCES || error == -EPERM ? STATUS_DENIED : STATUS_FAILED;
}
