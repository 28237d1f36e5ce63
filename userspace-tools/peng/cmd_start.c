// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng start`: what `peng run` does, for a VM with a home and in the background.
 * The process that the user waits for stays until the guest runs: up to there the
 * launcher's errors go through a pipe to it, from there on to the VM's log. A byte
 * that is zero is between the two.
 *
 * The lock on the pid file is taken before the launcher is made, which inherits it.
 */
#include "cmd.h"
#include "systemd.h"
#include "../lib/cgroup.h"
#include "../lib/home.h"
#include "../vmm/options.h"
#include "../vmm/relay.h"
#include "../vmm/thread.h"
#include "../vmm/util.h"
#include "../vmm/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Whether the guest has run: set once, for it is not a new start when it resets. */
static bool started;

static void stay_on_stderr(const struct vm_place *place)
{
	(void)place;
	if (!started)
		systemd_tell_started();
	started = true;
}

/* Whoever waits for the start has heard all. */
static void move_to_log(const struct vm_place *place)
{
	int log;

	(void)place;
	if (started)
		return;
	started = true;
	log = open(HOME_LOG, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0)
		report("cannot write %s: %s", HOME_LOG, strerror(errno));
	/* Nobody may be left to be told. */
	if (write(STDERR_FILENO, "", 1) < 0)
		errno = 0;
	dup2(log < 0 ? STDOUT_FILENO : log, STDERR_FILENO);
	if (log >= 0)
		close(log);
}

static int run_machine(struct options *options, const struct vm_place *place)
{
	int null, status, listener = home_listen(HOME_CONSOLE);
	struct relay relay;

	thread_setup();
	if (listener < 0 || relay_start(&relay, HOME_CONSOLE_LOG, listener))
		return VM_FAILED;
	do {
		thread_setup();
		status = vm_run(options, place);
	} while (status == VM_RESET);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	relay_finish(&relay);
	close(listener);
	return status;
}

/* The launcher's life. */
static int launch(const struct home *home, struct options *options, int lock,
		  bool foreground)
{
	struct vm_place place = {
		.control = home_listen(HOME_CONTROL),
		.agent = home_listen(HOME_AGENT),
		.started = foreground ? stay_on_stderr : move_to_log,
	};
	int status = VM_FAILED;

	home_set_pid(lock, getpid());
	prctl(PR_SET_NAME, home->name);
	cgroup_enter(home->name);
	if (place.control >= 0 && place.agent >= 0)
		status = run_machine(options, &place);
	if (started)
		report("%s ended with status %d", home->name, status);
	unlink(HOME_CONTROL);
	unlink(HOME_AGENT);
	unlink(HOME_CONSOLE);
	cgroup_leave();
	home_set_pid(lock, 0);
	return status;
}

/* Pass on what the launcher says. Return: whether the VM runs. */
static bool hear_launcher(int pipe)
{
	const char *end = NULL;

	while (!end) {
		char data[512];
		ssize_t size = read(pipe, data, sizeof(data));

		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0)
			return false;
		end = memchr(data, '\0', size);
		if (end)
			size = end - data;
		if (size && write(STDERR_FILENO, data, size) < 0)
			errno = 0;
	}
	return true;
}

static int wait_for_launcher(const struct home *home, int pipe, pid_t pid)
{
	int status = 0;

	if (hear_launcher(pipe))
		return STATUS_OK;
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		report("the launcher of %s was killed by signal %d", home->name, WTERMSIG(status));
	return STATUS_FAILED;
}

static int start_in_background(const struct home *home, struct options *options, int lock)
{
	int ends[2], status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		report("cannot make a pipe: %s", strerror(errno));
		return STATUS_FAILED;
	}
	pid = fork();
	if (pid == 0) {
		setsid();
		close(ends[0]);
		dup2(ends[1], STDERR_FILENO);
		close(ends[1]);
		return launch(home, options, lock, false);
	}
	close(ends[1]);
	if (pid < 0) {
		report("cannot start a process: %s", strerror(errno));
		status = STATUS_FAILED;
	} else {
		status = wait_for_launcher(home, ends[0], pid);
	}
	close(ends[0]);
	return status;
}

/* Return: a status of the launcher or, in the background, of its start. */
static int start_here(const struct home *home, bool foreground, bool only_check)
{
	int lock = home_lock(home), status = STATUS_FAILED;
	struct options options;

	if (lock < 0)
		return STATUS_FAILED;
	if (!options_read(&options, HOME_CONFIG)) {
		options.name = home->name;
		if (only_check)
			status = STATUS_OK;
		else if (foreground)
			status = launch(home, &options, lock, true);
		else
			status = start_in_background(home, &options, lock);
	}
	options_destroy(&options);
	close(lock);
	return status;
}

/* What can be said before systemd is asked is said here, for it goes to the journal there. */
int start_home(const struct home *home, bool foreground)
{
	bool by_systemd = !foreground && systemd_runs(home);
	int status = start_here(home, foreground, by_systemd);

	return by_systemd && status == STATUS_OK ? (int)systemd_start(home) : status;
}

int cmd_start(const struct words *words)
{
	struct home home;
	int status = home_enter(&home, words->word[0]);

	return status == STATUS_OK ? start_home(&home, words->foreground) : status;
}
