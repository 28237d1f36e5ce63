// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng exec`: a client of KVM, unmodified, on peng.
 *
 * The client opens /dev/kvm by that name. In a mount namespace of its own the
 * name stands for peng's device node, and nobody else sees a difference. Where
 * the host has no /dev/kvm there is no name to mount on, and devtmpfs, which all
 * namespaces share, must not get one: the namespace gets a /dev that is built
 * anew, each entry bound to that of the host.
 */
#include "cmd.h"
#include "../vmm/util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/kvm.h>

#define DEVICE		"/dev/peng"
#define ALIAS		"/dev/kvm"

/* As env(1), nice(1) and their like have them. */
#define STATUS_FAILED		125
#define STATUS_CANNOT_RUN	126
#define STATUS_NOT_FOUND	127

/* The device node is there, may be opened, and is a hypervisor's. */
static int check_device(const char *device)
{
	int fd = open(device, O_RDWR | O_CLOEXEC);
	int version;

	if (fd < 0 && errno == ENOENT) {
		report("no %s: is the module loaded? (insmod peng.ko)", device);
		return -1;
	}
	if (fd < 0 && errno == EACCES) {
		report("no permission to open %s: run as root, or as a member of its group", device);
		return -1;
	}
	if (fd < 0) {
		report("%s: %s", device, strerror(errno));
		return -1;
	}
	version = ioctl(fd, KVM_GET_API_VERSION, 0);
	close(fd);
	if (version != KVM_API_VERSION) {
		report("%s is no hypervisor's device node", device);
		return -1;
	}
	return 0;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok ? 0 : -1;
}

/* Who the caller is outside, they are inside: the namespace gives no name away. */
static int map_self(uid_t uid, gid_t gid)
{
	char line[64];

	if (write_file("/proc/self/setgroups", "deny"))
		return -1;
	snprintf(line, sizeof(line), "%u %u 1\n", uid, uid);
	if (write_file("/proc/self/uid_map", line))
		return -1;
	snprintf(line, sizeof(line), "%u %u 1\n", gid, gid);
	return write_file("/proc/self/gid_map", line);
}

/* Who may not mount gets a user namespace, where that is allowed. */
static int enter_namespace(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWNS)) {
		if (errno != EPERM || unshare(CLONE_NEWUSER | CLONE_NEWNS) || map_self(uid, gid)) {
			report("cannot make a mount namespace (%s): run as root, or allow user namespaces",
			       strerror(errno));
			return -1;
		}
	}
	/* What the host mounts later is still seen; nothing goes the other way. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL)) {
		report("cannot make mounts private: %s", strerror(errno));
		return -1;
	}
	return 0;
}

/* Put what is at @from under the directory @dir onto the empty @to of the new one. */
static int bind_entry(int dir, const char *from, int to)
{
	int tree = open_tree(dir, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE |
			     AT_SYMLINK_NOFOLLOW);
	int ret;

	if (tree < 0)
		return -1;
	ret = move_mount(tree, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	close(tree);
	return ret;
}

static int copy_link(int from, int to, const char *name)
{
	char target[4096];
	ssize_t length = readlinkat(from, name, target, sizeof(target) - 1);

	if (length < 0)
		return -1;
	target[length] = '\0';
	return symlinkat(target, to, name);
}

/* An entry @name of the host's /dev @from, under @as in the new one @to. */
static int mirror_entry(int from, const char *name, int to, const char *as)
{
	struct stat st;
	int fd, ret;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW))
		return -1;
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, as);
	if (S_ISDIR(st.st_mode)) {
		if (mkdirat(to, as, 0755))
			return -1;
		fd = openat(to, as, O_PATH | O_DIRECTORY | O_CLOEXEC);
	} else {
		fd = openat(to, as, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	}
	if (fd < 0)
		return -1;
	ret = bind_entry(from, name, fd);
	close(fd);
	return ret;
}

/* A device that goes away between being listed and being bound is no loss. */
static int mirror_entries(DIR *from, int to)
{
	struct dirent *entry;

	while ((entry = readdir(from))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (mirror_entry(dirfd(from), entry->d_name, to, entry->d_name) &&
		    errno != ENOENT) {
			report("/dev/%s: %s", entry->d_name, strerror(errno));
			return -1;
		}
	}
	return 0;
}

/* A /dev with an empty ALIAS; the mounts below it come along with their entries. */
static int mirror_dev(void)
{
	DIR *from = opendir("/dev");
	int to = -1, alias, ret = -1;

	if (!from)
		return -1;
	if (mount("peng", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755"))
		goto out;
	to = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (to < 0 || mirror_entries(from, to))
		goto out;
	alias = openat(to, "kvm", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (alias < 0)
		goto out;
	close(alias);
	ret = 0;
out:
	closedir(from);
	if (to >= 0)
		close(to);
	return ret;
}

static int stand_in(const char *device)
{
	if ((access(ALIAS, F_OK) && mirror_dev()) || mount(device, ALIAS, NULL, MS_BIND, NULL)) {
		report("cannot put %s in the place of %s: %s", device, ALIAS, strerror(errno));
		return -1;
	}
	return 0;
}

static void print_help(void)
{
	printf("Usage: peng exec [OPTION]... [--] COMMAND [ARGUMENT]...\n"
	       "Run COMMAND, a client of KVM, on peng: %s is %s for it and its children.\n"
	       "\n"
	       "  -D, --device PATH  device node that stands in (default: %s)\n"
	       "  -h, --help         print this and exit\n"
	       "\n"
	       "Exit status: COMMAND's, or\n"
	       "  %d    COMMAND was not reached\n"
	       "  %d    it cannot be run\n"
	       "  %d    it was not found\n"
	       "  2      wrong usage\n",
	       ALIAS, DEVICE, DEVICE, STATUS_FAILED, STATUS_CANNOT_RUN, STATUS_NOT_FOUND);
}

int cmd_exec(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'D' },
		{ "help", no_argument, NULL, 'h' },
		{ },
	};
	const char *device = DEVICE;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+D:h", options, NULL)) != -1) {
		switch (option) {
		case 'D':
			device = optarg;
			break;
		case 'h':
			print_help();
			return 0;
		default:
			report("unknown option or missing value '%s'; see peng exec --help",
			       argv[optind - 1]);
			return 2;
		}
	}
	if (optind == argc) {
		report("no command to run; see peng exec --help");
		return 2;
	}
	if (check_device(device) || enter_namespace() || stand_in(device))
		return STATUS_FAILED;
	execvp(argv[optind], argv + optind);
	option = errno == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
	report("%s: %s", argv[optind], strerror(errno));
	return option;
}
