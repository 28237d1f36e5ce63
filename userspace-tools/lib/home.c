// SPDX-License-Identifier: GPL-2.0-only
/*
 * Folders of VMs, their locks and their sockets. Names of sockets are short,
 * because they are relative: an address of a Unix socket has little room.
 */
#include "home.h"
#include "../vmm/util.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define USER_ROOT "/.local/share"

/* As the module has it, so that a VM can have the name of its folder. */
static bool is_name(const char *name)
{
	if (!isalpha((unsigned char)name[0]) || strlen(name) > PENG_VM_NAME_MAX)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	return true;
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* Made absolute, because commands leave the folder that they were typed in. */
static bool find_root(char *root)
{
	const char *given = variable("PENG_HOME"), *data = variable("XDG_DATA_HOME");
	const char *user = variable("HOME");
	char here[PATH_MAX];
	int length;

	if (given && given[0] == '/')
		length = snprintf(root, PATH_MAX, "%s", given);
	else if (given)
		length = getcwd(here, sizeof(here)) ?
			 snprintf(root, PATH_MAX, "%s/%s", here, given) : PATH_MAX;
	else if (geteuid() == 0)
		length = snprintf(root, PATH_MAX, "%s", HOME_SYSTEM_ROOT);
	else if (data)
		length = snprintf(root, PATH_MAX, "%s/peng", data);
	else
		length = user ? snprintf(root, PATH_MAX, "%s" USER_ROOT "/peng", user) : PATH_MAX;
	return length < PATH_MAX;
}

static void set_name(struct home *home, const char *name)
{
	home->name = name;
	snprintf(home->path, sizeof(home->path), "%s/%.*s", home->root, PENG_VM_NAME_MAX, name);
}

enum status home_find(struct home *home, const char *name)
{
	if (!is_name(name)) {
		report("'%s' is no name: a name is a letter, then letters, digits and . _ -, %d at most",
		       name, PENG_VM_NAME_MAX);
		return STATUS_USAGE;
	}
	if (!find_root(home->root)) {
		report("no folder for VMs; name one by PENG_HOME");
		return STATUS_FAILED;
	}
	set_name(home, name);
	return STATUS_OK;
}

/* With all that is above it. */
static int make_root(const char *root)
{
	char path[PATH_MAX];
	char *at = path;

	snprintf(path, sizeof(path), "%s", root);
	while ((at = strchr(at + 1, '/'))) {
		*at = '\0';
		mkdir(path, 0755);
		*at = '/';
	}
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

enum status home_make(struct home *home)
{
	int error = make_root(home->root);

	if (!error && mkdir(home->path, 0700) < 0)
		error = -errno;
	if (error == -EEXIST) {
		report("there is a VM %s already, in %s", home->name, home->path);
		return STATUS_FAILED;
	}
	if (error || chdir(home->path) < 0) {
		report("cannot make %s: %s", home->path, strerror(error ? -error : errno));
		return error == -EACCES ? STATUS_DENIED : STATUS_FAILED;
	}
	return STATUS_OK;
}

enum status home_enter(struct home *home, const char *name)
{
	enum status status = home_find(home, name);

	if (status != STATUS_OK)
		return status;
	if (chdir(home->path) == 0)
		return STATUS_OK;
	if (errno == EACCES) {
		report("cannot enter %s: %s", home->path, strerror(errno));
		return STATUS_DENIED;
	}
	report("there is no VM %s in %s; make it by peng create", name, home->root);
	return STATUS_NO_VM;
}

static int may_be_home(const struct dirent *entry)
{
	return is_name(entry->d_name);
}

enum status home_each(enum status (*each)(const struct home *home, void *arg), void *arg)
{
	enum status status = STATUS_OK;
	struct dirent **entries;
	struct home home;
	int count;

	if (!find_root(home.root))
		return STATUS_OK;
	count = scandir(home.root, &entries, may_be_home, alphasort);
	for (int i = 0; i < count; i++) {
		set_name(&home, entries[i]->d_name);
		if (status == STATUS_OK && chdir(home.path) == 0 && access(HOME_CONFIG, F_OK) == 0)
			status = each(&home, arg);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return status;
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *where)
{
	(void)found;
	(void)kind;
	(void)where;
	return remove(path);
}

enum status home_remove(const struct home *home)
{
	/* Neither what a link points to nor what is mounted there. */
	if (nftw(home->path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0)
		return STATUS_OK;
	report("cannot remove all of %s: %s", home->path, strerror(errno));
	return STATUS_FAILED;
}

/* Locks of the open file: they pass to a child, and can be asked for without taking. */
static struct flock whole_file(void)
{
	return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
}

static pid_t read_pid(int file)
{
	char text[16];
	ssize_t size = pread(file, text, sizeof(text) - 1, 0);

	if (size <= 0)
		return 0;
	text[size] = '\0';
	return atoi(text);
}

static int refuse_lock(const struct home *home, int file)
{
	pid_t pid = read_pid(file);

	if (pid > 0)
		report("%s runs already, by process %d", home->name, pid);
	else
		report("%s is being started or removed", home->name);
	return -1;
}

int home_lock(const struct home *home)
{
	struct flock lock = whole_file();
	struct stat found;
	int file = -1;

	if (mkdir(HOME_RUN, 0700) == 0 || errno == EEXIST)
		file = open(HOME_PID, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0) {
		report("cannot open %s/%s: %s", home->path, HOME_PID, strerror(errno));
		return -1;
	}
	if (fcntl(file, F_OFD_SETLK, &lock) < 0) {
		if (errno == EAGAIN || errno == EACCES)
			refuse_lock(home, file);
		else
			report("cannot lock %s/%s: %s", home->path, HOME_PID, strerror(errno));
	} else if (fstat(file, &found) < 0 || !found.st_nlink) {
		report("%s has just been removed", home->name);
	} else {
		home_set_pid(file, 0);
		return file;
	}
	close(file);
	return -1;
}

void home_set_pid(int lock, pid_t pid)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d\n", pid);

	/* A reader that finds it empty waits; it cannot be told more where this fails. */
	if (ftruncate(lock, 0) == 0 && pid && pwrite(lock, text, length, 0) != length)
		report("cannot write %s: %s", HOME_PID, strerror(errno));
}

bool home_running(pid_t *pid)
{
	struct flock lock = whole_file();
	int file = open(HOME_PID, O_RDONLY | O_CLOEXEC);
	bool running = false;

	*pid = 0;
	if (file < 0)
		return false;
	/* A lock to write is asked of the system, not of this descriptor. */
	if (fcntl(file, F_OFD_GETLK, &lock) == 0)
		running = lock.l_type != F_UNLCK;
	*pid = read_pid(file);
	close(file);
	return running;
}

static struct sockaddr_un address_of(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
	return address;
}

int home_listen(const char *name)
{
	struct sockaddr_un address = address_of(name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask = umask(0177);
	int error = 0;

	/* Of a launcher that did not live to remove it. */
	unlink(name);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 8) < 0)
		error = errno;
	umask(mask);
	if (!error)
		return fd;
	report("cannot make the socket %s: %s", name, strerror(error));
	if (fd >= 0)
		close(fd);
	return -1;
}

int home_connect(const char *name, int flags)
{
	struct sockaddr_un address = address_of(name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Up to the end, which the launcher makes behind its line. */
static bool read_answer(int fd, char *answer, size_t size)
{
	size_t length = 0;
	ssize_t got;

	do {
		got = recv(fd, answer + length, size - 1 - length, 0);
		length += got > 0 ? got : 0;
	} while ((got > 0 && length < size - 1) || (got < 0 && errno == EINTR));
	answer[length] = '\0';
	answer[strcspn(answer, "\n")] = '\0';
	return length;
}

bool home_say(const char *line, char *answer, size_t size)
{
	ssize_t length = strlen(line);
	int fd = home_connect(HOME_CONTROL, 0);
	bool said;

	if (fd < 0)
		return false;
	said = send(fd, line, length, MSG_NOSIGNAL) == length && read_answer(fd, answer, size);
	close(fd);
	return said;
}
