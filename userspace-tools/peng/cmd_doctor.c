// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng doctor`: can this host run guests under peng, what is in the way, and what
 * to do about it. Changes nothing.
 */
#include "cmd.h"
#include "../lib/client.h"
#include "../lib/json.h"
#include "../lib/names.h"
#include "../lib/text.h"
#include "../vmm/util.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/kvm.h>

#define DEVICE		"/dev/peng"
#define FOUND_MAX	160

/**
 * struct check - one thing that has to be so
 * @name: of the check
 * @run: looks, writes what it found into @found, and returns NULL, or what to do
 * @needed: there is no use in looking further where it is not so
 */
struct check {
	const char *name;
	const char *(*run)(char *found);
	bool needed;
};

static const char *check_machine(char *found)
{
	struct utsname name;

	if (uname(&name))
		return "a kernel that says what it is";
	snprintf(found, FOUND_MAX, "%s, Linux %.100s", name.machine, name.release);
	return strcmp(name.machine, "aarch64") ? "use an ARM64 host" : NULL;
}

/* Whether the kernel's log has the words; one that is long may have lost them. */
static bool logged(const char *words)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char line[8192];
	bool seen = false;
	ssize_t length;

	if (fd < 0)
		return false;
	while (!seen && ((length = read(fd, line, sizeof(line) - 1)) > 0 || errno == EPIPE)) {
		line[length > 0 ? length : 0] = '\0';
		seen = strstr(line, words);
	}
	close(fd);
	return seen;
}

static const char *check_el2(char *found)
{
	if (logged("CPU(s) started at EL1")) {
		snprintf(found, FOUND_MAX, "the kernel was started at EL1");
		return "have the firmware (or the outer hypervisor) start it at EL2";
	}
	snprintf(found, FOUND_MAX, "%s", logged("CPU(s) started at EL2") ?
		 "the kernel was started at EL2" : "the kernel's log does not say, the module will");
	return NULL;
}

static const char *check_gic(char *found)
{
	FILE *file = fopen("/proc/interrupts", "re");
	bool seen = false;
	char line[4096];

	while (file && !seen && fgets(line, sizeof(line), file))
		seen = strstr(line, "GICv3");
	if (file)
		fclose(file);
	snprintf(found, FOUND_MAX, "%s", seen ? "GICv3" : "no GICv3 in /proc/interrupts");
	return seen ? NULL : "use a host with a GICv3";
}

static const char *check_module(char *found)
{
	struct client *client;
	const char *why;
	enum status status = client_try(&client, &why);

	client_close(client);
	if (status == STATUS_OK)
		why = "loaded";
	else if (status == STATUS_NO_MODULE)
		why = "not loaded, or not for this network namespace";
	snprintf(found, FOUND_MAX, "%s", why);
	return status == STATUS_OK ? NULL : "insmod peng.ko; where that fails, dmesg says why";
}

static bool read_host(struct host_info *host)
{
	struct client *client;
	const char *why;
	enum status status = client_try(&client, &why);

	if (status == STATUS_OK)
		status = client_get_host(client, host);
	client_close(client);
	return status == STATUS_OK;
}

static const char *check_host(char *found)
{
	struct host_info host;

	if (!read_host(&host))
		return "see above";
	snprintf(found, FOUND_MAX,
		 "version %s, %s, %u-bit VMIDs, %u-bit guest addresses, %u list registers, lines %s%s",
		 host.version, name_of_mode(host.mode), host.vmid_bits, host.ipa_bits,
		 host.list_registers, name_of_lines(host.lines),
		 host.lines == PENG_LINES_BORROWED ? " from KVM" : "");
	return NULL;
}

/* How many there are, and how many there may be. */
static void count_text(char *text, size_t size, const char *what, uint32_t count, uint32_t most)
{
	if (most)
		snprintf(text, size, "%" PRIu32 " of at most %" PRIu32 " %s", count, most, what);
	else
		snprintf(text, size, "%" PRIu32 " %s", count, what);
}

static const char *check_room(char *found)
{
	struct host_info host;
	char vms[48], vcpus[48];

	if (!read_host(&host))
		return "see above";
	count_text(vms, sizeof(vms), "VMs", host.vms, host.max[HOST_MAX_VMS]);
	count_text(vcpus, sizeof(vcpus), "vCPUs", host.vcpus, host.max[HOST_MAX_VCPUS]);
	snprintf(found, FOUND_MAX, "%s, %s", vms, vcpus);
	if (host.max[HOST_MAX_VMS] && host.vms >= host.max[HOST_MAX_VMS])
		return "end a VM, or raise /sys/module/peng/parameters/max_vms";
	if (host.max[HOST_MAX_VCPUS] && host.vcpus >= host.max[HOST_MAX_VCPUS])
		return "end a VM, or raise /sys/module/peng/parameters/max_vcpus";
	return NULL;
}

static const char *check_device(char *found)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	int version;

	if (fd < 0) {
		snprintf(found, FOUND_MAX, "%s: %s", DEVICE, strerror(errno));
		return errno == EACCES ? "run as root, or as a member of the group of " DEVICE :
					 "mount devtmpfs on /dev, or let udev make it";
	}
	version = ioctl(fd, KVM_GET_API_VERSION, 0);
	close(fd);
	snprintf(found, FOUND_MAX, "%s, KVM API version %d", DEVICE, version);
	return version == KVM_API_VERSION ? NULL : "remove " DEVICE " and load the module anew";
}

static const struct check checks[] = {
	{ "machine", check_machine, true },
	{ "el2", check_el2, false },
	{ "gic", check_gic, false },
	{ "module", check_module, true },
	{ "host", check_host, false },
	{ "room", check_room, false },
	{ "device", check_device, false },
};

static void add_json(json_t *list, const struct check *check, const char *found, const char *cure)
{
	json_array_append_new(list, json_pack("{s:s, s:b, s:s, s:s?}", "name", check->name,
					      "ok", !cure, "found", found, "cure", cure));
}

static void print_check(const struct check *check, const char *found, const char *cure)
{
	text_print_word(cure ? "bad" : "ok", 4);
	printf(" %-8s %s\n", check->name, found);
	if (cure)
		printf("%14s%s\n", "", cure);
}

int cmd_doctor(const struct words *words)
{
	json_t *list = json_array();
	bool all = true, go_on = true;

	for (size_t i = 0; go_on && i < ARRAY_SIZE(checks); i++) {
		char found[FOUND_MAX] = "";
		const char *cure = checks[i].run(found);

		if (words->json)
			add_json(list, &checks[i], found, cure);
		else
			print_check(&checks[i], found, cure);
		all &= !cure;
		go_on = !cure || !checks[i].needed;
	}
	if (words->json)
		json_print(json_pack("{s:b, s:O}", "ok", all, "checks", list));
	json_decref(list);
	return all ? STATUS_OK : STATUS_FAILED;
}
