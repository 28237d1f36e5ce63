/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `peng run` was asked for, or what a VM's config says. Strings point into
 * the argument vector or the text of the config.
 */
#ifndef PENG_VMM_OPTIONS_H
#define PENG_VMM_OPTIONS_H

#include "features.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OPTIONS_MAX_DISKS 16
/* Disks that may be attached while the guest runs. */
#define OPTIONS_MAX_ATTACHED 8

enum options_net { OPTIONS_NET_USER, OPTIONS_NET_TAP, OPTIONS_NET_NONE };
enum options_console { OPTIONS_CONSOLE_STDIO, OPTIONS_CONSOLE_PTY };

/**
 * struct options_disk - one --disk
 * @path: file or block device; in memory of its own
 * @read_only: the guest may not write
 */
struct options_disk {
	char *path;
	bool read_only;
};

/**
 * struct options - all of the command line
 * @kernel: kernel image, the one thing that has no default
 * @initrd: initial ramdisk or NULL
 * @append: kernel command line
 * @name: name of the VM or NULL
 * @device: device node of the hypervisor
 * @tap: interface of --net tap=
 * @cpus: vCPUs
 * @quota: of CPU time, in microseconds of each LIMIT_PERIOD; 0 for no limit
 * @affinity: where the vCPUs may run, or NULL
 * @features: of the vCPUs, where they are not to be what the host has
 * @memory: bytes
 * @keep: bytes of it that the guest has been asked to keep; 0 for all
 * @net: what the network card is connected to
 * @console: where the console is
 * @disks: the disks
 * @disk_count: how many
 * @attached: disks that came while the guest ran, by their places; a place without a
 *	path has none. Not of the command line
 * @help: only print the help
 * @text: of the config; NULL for a command line
 */
struct options {
	const char *kernel;
	const char *initrd;
	const char *append;
	const char *name;
	const char *device;
	const char *tap;
	unsigned int cpus;
	uint32_t quota;
	const char *affinity;
	struct features features;
	uint64_t memory;
	uint64_t keep;
	enum options_net net;
	enum options_console console;
	struct options_disk disks[OPTIONS_MAX_DISKS];
	unsigned int disk_count;
	struct options_disk attached[OPTIONS_MAX_ATTACHED];
	bool help;
	char *text;
};

/** options_read_disk() - "FILE" or "FILE,ro". Return: 0 or -errno after a report(). */
int options_read_disk(struct options_disk *disk, const char *value);

/**
 * options_parse() - understand the command line
 * @options: filled in
 * @argc: count of @argv
 * @argv: arguments, starting with the command's name
 * @config: file to write what was given to, for options_read(); or NULL
 *
 * File names are written as absolute ones. What a config cannot have is refused.
 *
 * Return: 0 or -errno after a report(); to be followed by options_destroy().
 */
int options_parse(struct options *options, int argc, char **argv, FILE *config);

/**
 * options_read() - understand a config
 * @options: filled in
 * @path: its file: "key = value" lines with the long names of options as keys, empty
 *	lines, and comments that begin with #
 *
 * Return: 0 or -errno after a report(); to be followed by options_destroy().
 */
int options_read(struct options *options, const char *path);

/** options_check_files() - all files can be opened now. Return: 0 or -errno after a report(). */
int options_check_files(const struct options *options);

/** options_destroy() - free what the above allocated. */
void options_destroy(struct options *options);

/** options_print_help() - one line for each option on stdout. */
void options_print_help(void);

#endif
