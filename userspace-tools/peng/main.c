// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program `peng`: finds the command and runs it.
 */
#include "cmd.h"
#include "../vmm/util.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STATUS_USAGE 2

static const struct command commands[] = {
	{ "run", "--kernel IMAGE [OPTION]...", "run a guest in this terminal", cmd_run },
	{ "exec", "[--] COMMAND...", "run a client of KVM on peng", cmd_exec },
};

static void print_help(void)
{
	printf("Usage: peng COMMAND [ARGUMENT]...\n"
	       "       peng --help | --version\n"
	       "\n"
	       "Commands (peng COMMAND --help tells more):\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-4s %-28s  %s\n", commands[i].name, commands[i].arguments,
		       commands[i].help);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* A file opened later must not become the guest's console by its number. */
static void open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	const struct command *command;

	open_standard_files();
	if (argc < 2) {
		report("no command; see peng --help");
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_help();
		return 0;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("peng %s\n", PENG_VERSION);
		return 0;
	}
	command = find_command(argv[1]);
	if (!command) {
		report("unknown command '%s'; see peng --help", argv[1]);
		return STATUS_USAGE;
	}
	return command->run(argc - 1, argv + 1);
}
