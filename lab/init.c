// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of the emulated host
 *
 * Mounts, loads modules, inserts peng.ko, runs COMMAND with its standard
 * streams carried over a virtio-serial port, reports the exit status, powers
 * off.  lab/host says what to do through files in /etc/lab: command (arguments,
 * each ended by a NUL), tty (COMMAND gets a terminal, of this type), insmod, share.  What
 * init itself has to say goes to the kernel log, and failures to COMMAND's
 * stderr as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "attend.h"
#include "link.h"

#define PORT "/dev/vport*p1"
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

static int port = -1;

static void log_line(const char *line)
{
	int kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (kmsg < 0)
		return;
	write_all(kmsg, line, strlen(line));
	close(kmsg);
}

static void say(const char *format, ...)
{
	char line[256] = "lab: ";
	va_list args;

	va_start(args, format);
	vsnprintf(line + 5, sizeof(line) - 6, format, args);
	va_end(args);
	strcat(line, "\n");
	log_line(line);
	if (port >= 0)
		send_frame(port, LINK_STDERR, line, strlen(line));
}

/* The last thing init does; session.c has all output once it says bye. */
static void finish(int status)
{
	static struct link_frame frame;
	unsigned char byte = status;

	if (port >= 0)
		send_frame(port, LINK_EXIT, &byte, 1);
	while (port >= 0 && receive_frame(port, &frame) && frame.type != LINK_BYE)
		;
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

/* What udev would have made; shells and the kselftest runner rely on it. */
static void link_streams(void)
{
	static const char *const links[][2] = {
		{ "/proc/self/fd",	"/dev/fd" },
		{ "/proc/self/fd/0",	"/dev/stdin" },
		{ "/proc/self/fd/1",	"/dev/stdout" },
		{ "/proc/self/fd/2",	"/dev/stderr" },
	};

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlink(links[i][0], links[i][1]))
			say("%s: %m", links[i][1]);
}

static bool insert_module(const char *path, const char *parameters)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && !syscall(SYS_finit_module, fd, parameters, 0);

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
		insert_module(path, "");
	}
}

/* The disk with the clients of KVM, found by its serial number (lab/clients). */
static void mount_clients(void)
{
	char serial[32] = "", device[32];
	glob_t found;
	int fd;

	if (glob("/sys/block/vd*/serial", 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, serial, sizeof(serial) - 1) < 0)
			serial[0] = '\0';
		if (fd >= 0)
			close(fd);
		if (strncmp(serial, "clients", 7))
			continue;
		snprintf(device, sizeof(device), "/dev/%.8s",
			 found.gl_pathv[i] + strlen("/sys/block/"));
		device[strcspn(device + 5, "/") + 5] = '\0';
		if (mount(device, "/opt/clients", "squashfs", MS_RDONLY, NULL))
			say("clients: %m");
	}
	globfree(&found);
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

/*
 * The port turns up some time after its driver was loaded; the first number in
 * its name counts virtio devices of any kind.
 */
static void open_port(void)
{
	glob_t found;

	for (int ms = 0; port < 0 && ms < 20000; ms++) {
		if (!glob(PORT, 0, NULL, &found)) {
			port = open(found.gl_pathv[0], O_RDWR | O_CLOEXEC);
			globfree(&found);
		}
		usleep(1000);
	}
	if (port < 0) {
		say("no " PORT);
		finish(LAB_FAILED);
	}
}

static bool wanted(const char *path)
{
	return access(path, F_OK) == 0;
}

/* What lab/host left in a file; returns its length, 0 where there is none. */
static size_t read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	len = len < 0 ? 0 : len;
	text[len] = '\0';
	return len;
}

/* The arguments of COMMAND; a login shell where there are none. */
static char **read_arguments(void)
{
	static char text[65536], *arguments[1024] = { "-sh" };
	size_t len = read_file("/etc/lab/command", text, sizeof(text)), n = 0;

	for (char *p = text; p < text + len && n < 1023; p += strlen(p) + 1)
		arguments[n++] = p;
	return arguments;
}

static void set_environment(void)
{
	char term[64];

	setenv("PATH", "/usr/bin:/bin:/usr/lib/peng/selftests", 1);
	setenv("HOME", "/root", 1);
	setenv("PS1", "host# ", 1);
	if (read_file("/etc/lab/tty", term, sizeof(term)))
		setenv("TERM", term, 1);
}

/*
 * On a kernel that can tell: what nobody points to any more is printed to the log,
 * where session.c finds it. An object is only counted once it is some seconds old.
 */
static void look_for_leaks(void)
{
	static const char leaks[] = "/sys/kernel/debug/kmemleak";
	char line[512];
	FILE *file;
	int fd;

	fd = open(leaks, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	sleep(6);
	write_all(fd, "scan", 4);
	close(fd);
	file = fopen(leaks, "re");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		log_line(line);
	}
	if (file)
		fclose(file);
}

int main(void)
{
	char parameters[256];
	int status;

	mount_all();
	link_streams();
	load_modules();
	install_applets();
	loopback_up();
	open_port();
	mount_clients();
	set_environment();
	if (wanted("/etc/lab/share") &&
	    mount("share", "/mnt/share", "9p", 0,
		  "trans=virtio,version=9p2000.L,msize=524288")) {
		say("share: %m");
		finish(LAB_FAILED);
	}
	read_file("/etc/lab/insmod", parameters, sizeof(parameters));
	if (wanted("/etc/lab/insmod") && !insert_module(MODULE, parameters))
		finish(LAB_FAILED);
	status = attend_command(port, read_arguments(), wanted("/etc/lab/tty"));
	look_for_leaks();
	finish(status);
}
