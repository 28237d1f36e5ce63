/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMs that have a home: a folder of the VM's name with all that belongs to it,
 * which can be copied and moved as files. A command goes into the folder, and
 * from there on all names are relative to it: those below, and those that a
 * person wrote into the config.
 *
 * Whether a VM runs is told by the lock on its pid file, which ends with the
 * process that holds it however that ends, and which a copy does not have.
 */
#ifndef PENG_LIB_HOME_H
#define PENG_LIB_HOME_H

#include "client.h"

#include <limits.h>
#include <sys/types.h>

/* What is in the folder. */
#define HOME_CONFIG	"config"
#define HOME_LOG	"log"
#define HOME_CONSOLE_LOG "console.log"
#define HOME_RUN	"run"
#define HOME_PID	"run/pid"
#define HOME_CONSOLE	"run/console"
#define HOME_CONTROL	"run/control"
#define HOME_AGENT	"run/agent"

/* Where root's homes are unless PENG_HOME says else; units of systemd know no other. */
#define HOME_SYSTEM_ROOT "/var/lib/peng"

/**
 * struct home - a VM's folder
 * @name: the VM
 * @root: absolute path of the folder that the VMs' folders are in
 * @path: absolute path of the VM's own
 */
struct home {
	const char *name;
	char root[PATH_MAX];
	char path[PATH_MAX + PENG_VM_NAME_MAX + 2];
};

/** home_find() - where the folder of a VM is, or would be. */
enum status home_find(struct home *home, const char *name);

/** home_make() - make the folder and go there; STATUS_FAILED where it exists. */
enum status home_make(struct home *home);

/** home_enter() - home_find(), and go there; STATUS_NO_VM where there is none. */
enum status home_enter(struct home *home, const char *name);

/**
 * home_each() - for every folder of a VM that may be entered, in the order of their names
 * @each: called in the folder; what it returns other than STATUS_OK ends it
 *
 * Return: the last that @each returned; STATUS_OK where there is none.
 */
enum status home_each(enum status (*each)(const struct home *home, void *arg), void *arg);

/** home_remove() - remove the folder and all that is in it, and nothing else. */
enum status home_remove(const struct home *home);

/**
 * home_lock() - become the only process that may run or remove the VM
 * @home: entered
 *
 * Return: fd of the pid file, empty and locked until its last copy is closed;
 * -1 after a report(), because the VM runs or for another reason.
 */
int home_lock(const struct home *home);

/** home_set_pid() - say in the locked pid file who runs the VM; 0 for no one. */
void home_set_pid(int lock, pid_t pid);

/**
 * home_running() - whether the VM that was entered runs
 * @pid: who runs it, or ran it last and did not live to say that it ended; 0: no
 *	one, or someone who has only begun
 */
bool home_running(pid_t *pid);

/** home_listen() - a socket of that name for the owner. Return: fd or -1 after a report(). */
int home_listen(const char *name);

/**
 * home_connect() - to a socket of that name
 * @name: of HOME_CONSOLE and the like
 * @flags: SOCK_NONBLOCK: EAGAIN where too many wait already to be accepted
 *
 * Return: fd or -1, with errno.
 */
int home_connect(const char *name, int flags);

/**
 * home_say() - a line to the launcher of the VM that was entered
 * @line: the command, with its newline
 * @answer: filled in, without its newline
 * @size: room there
 *
 * Return: whether there is an answer; there is none where the VM does not run.
 */
bool home_say(const char *line, char *answer, size_t size);

#endif
