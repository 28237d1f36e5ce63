/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of the program. A command is one row in main.c and one file
 * cmd_<name>.c, which says in its help function what it takes.
 */
#ifndef PENG_CMD_H
#define PENG_CMD_H

/**
 * struct command - a command of `peng`
 * @name: what the user types
 * @arguments: what follows, for the usage line
 * @help: what it does, in one line
 * @run: does it; gets the arguments from the command's name on and returns the
 *	program's exit status
 */
struct command {
	const char *name;
	const char *arguments;
	const char *help;
	int (*run)(int argc, char **argv);
};

/** cmd_run() - `peng run`: start a guest and stay until it ends. */
int cmd_run(int argc, char **argv);

/** cmd_exec() - `peng exec`: become a client of KVM that finds peng as /dev/kvm. */
int cmd_exec(int argc, char **argv);

#endif
