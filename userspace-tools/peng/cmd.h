/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of the program. A command is one row in main.c, from which its help
 * comes, and a function in a file cmd_<name>.c.
 */
#ifndef PENG_CMD_H
#define PENG_CMD_H

#include <stdbool.h>

struct home;

#define CMD_MAX_WORDS 3

/* Options that a row of main.c allows. */
#define CMD_JSON	(1U << 0)
#define CMD_COUNT	(1U << 1)
#define CMD_FOLLOW	(1U << 2)
#define CMD_INTERVAL	(1U << 3)
#define CMD_FOREGROUND	(1U << 4)
#define CMD_TIMEOUT	(1U << 5)
#define CMD_LISTEN	(1U << 6)
#define CMD_ALL		(1U << 7)
#define CMD_EXITS	(1U << 8)
#define CMD_LIMIT	(1U << 9)
#define CMD_CGROUP	(1U << 10)
#define CMD_MAX		(1U << 11)
#define CMD_MAX_LIMITS	4

/**
 * struct words - what a command was given
 * @json: --json
 * @count: --count; 0 without
 * @interval: --interval, in seconds
 * @foreground: --foreground
 * @timeout: --timeout, in seconds
 * @listen: --listen; NULL without
 * @all: --all
 * @exits: --exits
 * @histogram: --histogram
 * @cpu: --cpu; NULL without, as the next four
 * @quota: --quota
 * @period: --period
 * @cpus: --cpus
 * @memory: --memory
 * @cgroup: --cgroup; NULL without
 * @max: --max-vms, --max-vcpus, --max-vms-per-user, --max-vcpus-per-user; NULL without
 * @rest_count: count of @rest
 * @rest: all arguments from the first word on, where the row says so
 * @word: what is not an option, as many as the row says
 */
struct words {
	bool json;
	unsigned long count;
	double interval;
	bool foreground;
	unsigned long timeout;
	const char *listen;
	bool all;
	bool exits;
	bool histogram;
	const char *cpu;
	const char *quota;
	const char *period;
	const char *cpus;
	const char *memory;
	const char *cgroup;
	const char *max[CMD_MAX_LIMITS];
	int rest_count;
	char **rest;
	const char *word[CMD_MAX_WORDS];
};

/**
 * struct command - a command of `peng`
 * @name: what the user types
 * @arguments: what follows, for the usage line
 * @help: what it does, in one line
 * @run: does it; gets the arguments from the command's name on, has a help of its
 *	own, and returns the program's exit status
 * @act: the same where main.c reads the arguments and has the help; one of the two
 * @options: CMD_*, where there is @act
 * @words: how many it takes, and must have, where there is @act
 * @rest: it takes one word, then options of `peng run`, which it reads itself
 * @details: what --help says in addition, where there is @act
 */
struct command {
	const char *name;
	const char *arguments;
	const char *help;
	int (*run)(int argc, char **argv);
	int (*act)(const struct words *words);
	unsigned int options;
	int words;
	bool rest;
	const char *details;
};

/** cmd_run() - `peng run`: start a guest and stay until it ends. */
int cmd_run(int argc, char **argv);

/** cmd_exec() - `peng exec`: become a client of KVM that finds peng as /dev/kvm. */
int cmd_exec(int argc, char **argv);

/** cmd_create() - `peng create`: a VM with a folder of its own (lib/home.h). */
int cmd_create(const struct words *words);

/** cmd_start() - `peng start`: it runs in the background. */
int cmd_start(const struct words *words);

/** start_home() - the same for a VM that was entered. */
int start_home(const struct home *home, bool foreground);

/** cmd_stop() - `peng stop` and `peng restart`: ask the guest, then force it. */
int cmd_stop(const struct words *words);
int cmd_restart(const struct words *words);

/** cmd_console() - `peng console`: this terminal becomes its console. */
int cmd_console(const struct words *words);

/** cmd_edit() - `peng edit`: change its config. */
int cmd_edit(const struct words *words);

/** cmd_cpus() - `peng cpus`: how many of its vCPUs its guest uses. */
int cmd_cpus(const struct words *words);

/** cmd_balloon() - `peng balloon`: how much memory its guest keeps. */
int cmd_balloon(const struct words *words);

/** cmd_resize_disk() - `peng resize-disk`: make one larger. */
int cmd_resize_disk(const struct words *words);

/** cmd_attach_disk() - `peng attach-disk`: give the guest another while it runs. */
int cmd_attach_disk(const struct words *words);

/** cmd_detach_disk() - `peng detach-disk`: take it away again. */
int cmd_detach_disk(const struct words *words);

/** cmd_rm() - `peng rm`: remove one that does not run. */
int cmd_rm(const struct words *words);

/** cmd_ls() - `peng ls`: all VMs that the user may see. */
int cmd_ls(const struct words *words);

/** cmd_show() - `peng show`: one VM with its vCPUs. */
int cmd_show(const struct words *words);

/** cmd_stat() - `peng stat`: what a VM's vCPUs do, again and again. */
int cmd_stat(const struct words *words);

/** cmd_top() - `peng top`: all VMs on a screen, with keys. */
int cmd_top(const struct words *words);

/** cmd_metrics() - `peng metrics`: all of it for Prometheus. */
int cmd_metrics(const struct words *words);

/** cmd_events() - `peng events`: what happens to VMs, as it happens. */
int cmd_events(const struct words *words);

/** cmd_host() - `peng host`: what the module says of it, and its limits. */
int cmd_host(const struct words *words);

/** cmd_doctor() - `peng doctor`: what this host lacks to run guests. */
int cmd_doctor(const struct words *words);

/** cmd_pause() - `peng pause` and the other commands that change a VM. */
int cmd_pause(const struct words *words);
int cmd_resume(const struct words *words);
int cmd_kill(const struct words *words);
int cmd_reset(const struct words *words);
int cmd_rename(const struct words *words);

/** cmd_limit() - `peng limit`: how much a VM has of the host's CPUs. */
int cmd_limit(const struct words *words);

#endif
