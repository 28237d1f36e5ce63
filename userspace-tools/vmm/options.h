/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `peng run` was asked for. Strings point into the argument vector.
 */
#ifndef PENG_VMM_OPTIONS_H
#define PENG_VMM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_MAX_DISKS 16

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
 * @memory: bytes
 * @net: what the network card is connected to
 * @console: where the console is
 * @disks: the disks
 * @disk_count: how many
 * @help: only print the help
 */
struct options {
	const char *kernel;
	const char *initrd;
	const char *append;
	const char *name;
	const char *device;
	const char *tap;
	unsigned int cpus;
	uint64_t memory;
	enum options_net net;
	enum options_console console;
	struct options_disk disks[OPTIONS_MAX_DISKS];
	unsigned int disk_count;
	bool help;
};

/**
 * options_parse() - understand the command line
 * @options: filled in
 * @argc: count of @argv
 * @argv: arguments, starting with the command's name
 *
 * Return: 0 or -EINVAL after a report().
 */
int options_parse(struct options *options, int argc, char **argv);

/** options_destroy() - free what options_parse() allocated. */
void options_destroy(struct options *options);

/** options_print_help() - one line for each option on stdout. */
void options_print_help(void);

#endif
