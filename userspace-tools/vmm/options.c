// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command line of `peng run`, and the config that says the same of a VM with a
 * home. One row says all of an option; the parsers and the help text are made
 * from the rows.
 */
#include "options.h"
#include "layout.h"
#include "util.h"
#include "../lib/limit.h"
#include "../lib/text.h"
#include "../../uapi/linux/peng.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option_kind {
	OPTION_PLAIN,
	OPTION_FILE, /* begins with a file's name */
	OPTION_LINE, /* for a command line alone: a VM's home says it */
};

struct option_row {
	const char *name;
	char letter;
	const char *argument;
	const char *help;
	int (*set)(struct options *options, const char *value);
	enum option_kind kind;
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

static int set_cpu_limit(struct options *options, const char *value)
{
	if (limit_read_share(value, LIMIT_PERIOD, &options->quota))
		return 0;
	report("--cpu-limit takes a percentage of one CPU, from 1 on, or none, not '%s'", value);
	return -EINVAL;
}

static int set_affinity(struct options *options, const char *value)
{
	cpu_set_t cpus;

	options->affinity = value;
	if (limit_read_cpus(value, &cpus))
		return 0;
	report("--affinity takes a list of CPUs such as 0-3,8, or none, not '%s'", value);
	return -EINVAL;
}

static int set_features(struct options *options, const char *value)
{
	return features_read(&options->features, value);
}

static int set_memory(struct options *options, const char *value)
{
	uint64_t size;

	if (!text_read_size(value, &size) || !size) {
		report("--memory takes a size such as 512M or 4G, not '%s'", value);
		return -EINVAL;
	}
	options->memory = align_up(size, MIB(2));
	if (!options->memory) {
		report("--memory %s is more than an address can say; give less", value);
		return -EINVAL;
	}
	return 0;
}

int options_read_disk(struct options_disk *disk, const char *value)
{
	static const char suffix[] = ",ro";
	size_t length = strlen(value);

	disk->read_only = length >= sizeof(suffix) &&
			  !strcmp(value + length - strlen(suffix), suffix);
	if (disk->read_only)
		length -= strlen(suffix);
	disk->path = strndup(value, length);
	if (disk->path)
		return 0;
	report("no memory for disk %s", value);
	return -ENOMEM;
}

static int set_disk(struct options *options, const char *value)
{
	int error;

	if (options->disk_count == OPTIONS_MAX_DISKS) {
		report("more than %u disks; give fewer --disk", OPTIONS_MAX_DISKS);
		return -EINVAL;
	}
	error = options_read_disk(&options->disks[options->disk_count], value);
	if (!error)
		options->disk_count++;
	return error;
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
	{ "kernel", 'k', "IMAGE", "kernel: arm64 Image, gzip of it, or EFI zboot", set_kernel,
	  OPTION_FILE },
	{ "initrd", 'i', "FILE", "initial ramdisk", set_initrd, OPTION_FILE },
	{ "append", 'a', "ARGS", "kernel command line (default: console=ttyAMA0)", set_append,
	  OPTION_PLAIN },
	{ "cpus", 'c', "N", "number of vCPUs (default: 1)", set_cpus, OPTION_PLAIN },
	{ "cpu-limit", 'l', "PERCENT", "CPU time of all vCPUs together, in percent of one CPU",
	  set_cpu_limit, OPTION_PLAIN },
	{ "affinity", 'A', "LIST", "CPUs of the host that the vCPUs may run on, as 0-3,8",
	  set_affinity, OPTION_PLAIN },
	{ "features", 'F', "LIST", "of the vCPUs: mte, and no-pmu, no-sve, no-ptrauth, which\n"
	  "guests have otherwise where the host does", set_features, OPTION_PLAIN },
	{ "memory", 'm', "SIZE", "memory, with K, M, G or T; M if none (default: 512M)",
	  set_memory, OPTION_PLAIN },
	{ "disk", 'd', "FILE[,ro]", "raw disk image or block device; may be repeated", set_disk,
	  OPTION_FILE },
	{ "net", 'n', "user|tap=IF|none", "network: NAT in this process, a tap interface, none\n"
	  "(default: user)", set_net, OPTION_PLAIN },
	{ "console", 'C', "stdio|pty", "console: this terminal or a new one (default: stdio)",
	  set_console, OPTION_LINE },
	{ "name", 'N', "NAME", "name of the VM, shown in peng ls", set_name, OPTION_LINE },
	{ "device", 'D', "PATH", "hypervisor's device node (default: /dev/peng)", set_device,
	  OPTION_PLAIN },
	{ "help", 'h', NULL, "print this help", set_help, OPTION_LINE },
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

static int check_complete(const struct options *options)
{
	if (!options->help && !options->kernel) {
		report("no kernel; give one with --kernel IMAGE (see peng run --help)");
		return -EINVAL;
	}
	return 0;
}

static void set_defaults(struct options *options)
{
	*options = (struct options){
		.append = "console=ttyAMA0",
		.device = "/dev/peng",
		.cpus = 1,
		.memory = MIB(512),
	};
}

/* A line of a config. What a config cannot hold or has no use for is refused. */
static int record_option(FILE *config, const struct option_row *row, const char *value)
{
	char here[PATH_MAX] = "";

	if (row->kind == OPTION_LINE) {
		report("--%s is for peng run; a VM's folder is its name and has its console",
		       row->name);
		return -EINVAL;
	}
	if (value[strcspn(value, "\r\n")] || isspace((unsigned char)value[0]) ||
	    (value[0] && isspace((unsigned char)value[strlen(value) - 1]))) {
		report("--%s: a config takes no line break, nor blanks at an end", row->name);
		return -EINVAL;
	}
	/* The VM is not started from where it was made. */
	if (row->kind == OPTION_FILE && value[0] != '/' && !getcwd(here, sizeof(here))) {
		report("cannot find the current folder: %s", strerror(errno));
		return -errno;
	}
	fprintf(config, "%s = %s%s%s\n", row->name, here, here[0] ? "/" : "", value);
	return 0;
}

static int take_option(struct options *options, FILE *config, const struct option_row *row,
		       const char *value)
{
	int error = row->set(options, value);

	if (!error && config && !options->help)
		error = record_option(config, row, value);
	return error;
}

int options_parse(struct options *options, int argc, char **argv, FILE *config)
{
	struct option longs[ARRAY_SIZE(rows) + 1];
	char shorts[2 * ARRAY_SIZE(rows) + 2];
	int letter;

	set_defaults(options);
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
		error = take_option(options, config, row, optarg);
		if (error)
			return error;
	}
	if (!options->help && optind < argc) {
		report("unexpected argument '%s'; see peng run --help", argv[optind]);
		return -EINVAL;
	}
	return check_complete(options);
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (isspace((unsigned char)*text))
		text++;
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return text;
}

static const struct option_row *find_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, name) && rows[i].kind != OPTION_LINE)
			return &rows[i];
	return NULL;
}

/* One line: an option's long name, and behind a = its value. */
static int take_line(struct options *options, const char *path, unsigned int number, char *line)
{
	char *value = strchr(line, '='), *name;
	const struct option_row *row;
	int error;

	if (value)
		*value++ = '\0';
	name = trim(line);
	if (!*name || *name == '#')
		return 0;
	row = find_name(name);
	if (!row || !value) {
		report("%s, line %u: %s '%s'; see peng run --help for options", path, number,
		       row ? "no value given to" : "unknown option", name);
		return -EINVAL;
	}
	error = row->set(options, trim(value));
	if (error)
		report("%s, line %u: mend this", path, number);
	return error;
}

static int read_text(const char *path, char **text)
{
	FILE *file = fopen(path, "re");
	size_t size = 0;
	int error = 0;

	*text = NULL;
	if (!file)
		return -errno;
	/* All of it: a text has no byte that is zero. */
	if (getdelim(text, &size, '\0', file) < 0 && ferror(file))
		error = -errno;
	fclose(file);
	return error;
}

int options_read(struct options *options, const char *path)
{
	unsigned int number = 1;
	char *line, *next;
	int error;

	set_defaults(options);
	error = read_text(path, &options->text);
	if (error) {
		report("cannot read %s: %s", path, strerror(-error));
		return error;
	}
	for (line = options->text; !error && line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		error = take_line(options, path, number++, line);
	}
	return error ? error : check_complete(options);
}

static int check_file(const char *what, const char *path, int mode)
{
	if (faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0)
		return 0;
	report("cannot open the %s %s: %s; check what --%s names", what, path, strerror(errno),
	       what);
	return -errno;
}

int options_check_files(const struct options *options)
{
	int error = check_file("kernel", options->kernel, R_OK);

	if (!error && options->initrd)
		error = check_file("initrd", options->initrd, R_OK);
	for (unsigned int i = 0; !error && i < options->disk_count; i++)
		error = check_file("disk", options->disks[i].path,
				   options->disks[i].read_only ? R_OK : R_OK | W_OK);
	return error;
}

void options_destroy(struct options *options)
{
	for (unsigned int i = 0; i < options->disk_count; i++)
		free(options->disks[i].path);
	for (unsigned int i = 0; i < OPTIONS_MAX_ATTACHED; i++)
		free(options->attached[i].path);
	free(options->text);
}
