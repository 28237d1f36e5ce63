// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command line of `peng run`. One row says all of an option; the parser and
 * the help text are made from the rows.
 */
#include "options.h"
#include "layout.h"
#include "util.h"
#include "../../uapi/linux/peng.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct option_row {
	const char *name;
	char letter;
	const char *argument;
	const char *help;
	int (*set)(struct options *options, const char *value);
};

static int set_kernel(struct options *options, const char *value)
{
	options->kernel = value;
	return 0;
}

static int set_initrd(struct options *options, const char *value)
{
	options->initrd = value;
	return 0;
}

static int set_append(struct options *options, const char *value)
{
	options->append = value;
	return 0;
}

static int set_name(struct options *options, const char *value)
{
	if (!*value || strlen(value) > PENG_VM_NAME_MAX) {
		report("--name takes 1 to %d characters", PENG_VM_NAME_MAX);
		return -EINVAL;
	}
	options->name = value;
	return 0;
}

static int set_device(struct options *options, const char *value)
{
	options->device = value;
	return 0;
}

static int set_cpus(struct options *options, const char *value)
{
	char *end;
	unsigned long cpus = strtoul(value, &end, 10);

	if (*end || end == value || cpus < 1 || cpus > LAYOUT_MAX_CPUS) {
		report("--cpus takes a number from 1 to %u, not '%s'", LAYOUT_MAX_CPUS, value);
		return -EINVAL;
	}
	options->cpus = cpus;
	return 0;
}

/* Bits to shift by for a unit; MiB where none is given. Negative: no such unit. */
static int unit_shift(const char *unit)
{
	static const struct {
		char letter;
		int shift;
	} units[] = {
		{ '\0', 20 }, { 'K', 10 }, { 'M', 20 }, { 'G', 30 }, { 'T', 40 },
		{ 'k', 10 }, { 'm', 20 }, { 'g', 30 }, { 't', 40 },
	};

	if (unit[0] && unit[1])
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (units[i].letter == unit[0])
			return units[i].shift;
	return -EINVAL;
}

static int set_memory(struct options *options, const char *value)
{
	char *end;
	unsigned long long size;
	int shift;

	errno = 0;
	size = strtoull(value, &end, 10);
	shift = unit_shift(end);
	if (end == value || *value == '-' || errno || shift < 0 || !size ||
	    size > UINT64_MAX >> shift) {
		report("--memory takes a size such as 512M or 4G, not '%s'", value);
		return -EINVAL;
	}
	options->memory = align_up((uint64_t)size << shift, MIB(2));
	if (!options->memory) {
		report("--memory %s is more than an address can say; give less", value);
		return -EINVAL;
	}
	return 0;
}

static int set_disk(struct options *options, const char *value)
{
	static const char suffix[] = ",ro";
	struct options_disk *disk;
	size_t length = strlen(value);

	if (options->disk_count == OPTIONS_MAX_DISKS) {
		report("more than %u disks; give fewer --disk", OPTIONS_MAX_DISKS);
		return -EINVAL;
	}
	disk = &options->disks[options->disk_count];
	if (length >= sizeof(suffix) && !strcmp(value + length - strlen(suffix), suffix)) {
		disk->read_only = true;
		length -= strlen(suffix);
	}
	disk->path = strndup(value, length);
	if (!disk->path)
		return -ENOMEM;
	options->disk_count++;
	return 0;
}

static int set_net(struct options *options, const char *value)
{
	if (!strcmp(value, "user")) {
		options->net = OPTIONS_NET_USER;
	} else if (!strcmp(value, "none")) {
		options->net = OPTIONS_NET_NONE;
	} else if (!strncmp(value, "tap=", 4) && value[4]) {
		options->net = OPTIONS_NET_TAP;
		options->tap = value + 4;
	} else {
		report("--net takes user, tap=INTERFACE or none, not '%s'", value);
		return -EINVAL;
	}
	return 0;
}

static int set_console(struct options *options, const char *value)
{
	if (!strcmp(value, "stdio")) {
		options->console = OPTIONS_CONSOLE_STDIO;
	} else if (!strcmp(value, "pty")) {
		options->console = OPTIONS_CONSOLE_PTY;
	} else {
		report("--console takes stdio or pty, not '%s'", value);
		return -EINVAL;
	}
	return 0;
}

static int set_help(struct options *options, const char *value)
{
	(void)value;
	options->help = true;
	return 0;
}

static const struct option_row rows[] = {
	{ "kernel", 'k', "IMAGE", "kernel: arm64 Image, gzip of it, or EFI zboot", set_kernel },
	{ "initrd", 'i', "FILE", "initial ramdisk", set_initrd },
	{ "append", 'a', "ARGS", "kernel command line (default: console=ttyAMA0)", set_append },
	{ "cpus", 'c', "N", "number of vCPUs (default: 1)", set_cpus },
	{ "memory", 'm', "SIZE", "memory, with K, M, G or T; M if none (default: 512M)",
	  set_memory },
	{ "disk", 'd', "FILE[,ro]", "raw disk image or block device; may be repeated", set_disk },
	{ "net", 'n', "user|tap=IF|none", "network: NAT in this process, a tap interface, none\n"
	  "(default: user)", set_net },
	{ "console", 'C', "stdio|pty", "console: this terminal or a new one (default: stdio)",
	  set_console },
	{ "name", 'N', "NAME", "name of the VM, shown in peng ls", set_name },
	{ "device", 'D', "PATH", "hypervisor's device node (default: /dev/peng)", set_device },
	{ "help", 'h', NULL, "print this help", set_help },
};

void options_print_help(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct option_row *row = &rows[i];
		const char *line = row->help, *end;
		char left[48];

		snprintf(left, sizeof(left), "-%c, --%s%s%s", row->letter, row->name,
			 row->argument ? " " : "", row->argument ? row->argument : "");
		while ((end = strchr(line, '\n'))) {
			printf("  %-30s %.*s\n", left, (int)(end - line), line);
			left[0] = '\0';
			line = end + 1;
		}
		printf("  %-30s %s\n", left, line);
	}
}

static void make_getopt(struct option *longs, char *shorts)
{
	*shorts++ = ':';
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		longs[i] = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].argument ? required_argument : no_argument,
			.val = rows[i].letter,
		};
		*shorts++ = rows[i].letter;
		if (rows[i].argument)
			*shorts++ = ':';
	}
	*shorts = '\0';
	longs[ARRAY_SIZE(rows)] = (struct option){ 0 };
}

static const struct option_row *find_row(int letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

static int check_complete(const struct options *options, int argc, char **argv)
{
	if (options->help)
		return 0;
	if (optind < argc) {
		report("unexpected argument '%s'; see peng run --help", argv[optind]);
		return -EINVAL;
	}
	if (!options->kernel) {
		report("no kernel; give one with --kernel IMAGE (see peng run --help)");
		return -EINVAL;
	}
	return 0;
}

int options_parse(struct options *options, int argc, char **argv)
{
	struct option longs[ARRAY_SIZE(rows) + 1];
	char shorts[2 * ARRAY_SIZE(rows) + 2];
	int letter;

	*options = (struct options){
		.append = "console=ttyAMA0",
		.device = "/dev/peng",
		.cpus = 1,
		.memory = MIB(512),
	};
	make_getopt(longs, shorts);
	opterr = 0;
	while ((letter = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct option_row *row = find_row(letter);
		int error;

		if (!row) {
			report("%s '%s'; see peng run --help",
			       letter == ':' ? "no value given to" : "unknown option",
			       argv[optind - 1]);
			return -EINVAL;
		}
		error = row->set(options, optarg);
		if (error)
			return error;
	}
	return check_complete(options, argc, argv);
}

void options_destroy(struct options *options)
{
	for (unsigned int i = 0; i < options->disk_count; i++)
		free(options->disks[i].path);
}
