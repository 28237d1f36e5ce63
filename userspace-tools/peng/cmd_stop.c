// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng stop` and `peng restart`: the guest's power key, patience, and then a
 * signal to the launcher. Whether the VM runs is told by its lock alone.
 */
#include "cmd.h"
#include "../lib/home.h"
#include "../lib/text.h"
#include "../vmm/util.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOK_INTERVAL_US 100000
/* What the launcher has to end itself, which does not depend on the guest. */
#define FORCE_SECONDS 30
/* From one press of the key to the next. */
#define PRESS_SECONDS 5

/* Return: whether the guest has a driver that has seen it. */
static bool press_power_button(void)
{
	char answer[64];

	return home_say("power-button\n", answer, sizeof(answer)) && !strncmp(answer, "ok", 2);
}

/*
 * A guest that is still booting has no driver of the key, or nobody who reads from
 * it: it is pressed until the driver is there, and now and then from then on.
 */
static void ask_again(unsigned long second, unsigned long *next)
{
	if (second >= *next)
		*next = second + (press_power_button() ? PRESS_SECONDS : 1);
}

/* Return: whether it ended within that time. */
static bool wait_for_end(const struct home *home, unsigned long seconds, bool ask)
{
	const unsigned long looks = 1000000 / LOOK_INTERVAL_US;
	unsigned long next = 0;
	pid_t pid;

	for (unsigned long i = 0; home_running(&pid); i++) {
		if (i == seconds * looks) {
			text_end_progress();
			return false;
		}
		if (ask)
			ask_again(i / looks, &next);
		if (i % looks == 0)
			text_progress("%s: waiting for the guest, %lu of %lu s", home->name,
				      i / looks, seconds);
		usleep(LOOK_INTERVAL_US);
	}
	text_end_progress();
	return true;
}

/*
 * To the process that holds the lock, and to no other that has its number since:
 * a handle of the process is taken before the lock is looked at.
 */
static bool signal_launcher(int number)
{
	bool running;
	pid_t pid;
	int process;

	if (!home_running(&pid) || !pid)
		return false;
	process = syscall(SYS_pidfd_open, pid, 0);
	running = process >= 0 && home_running(&pid);
	if (running)
		syscall(SYS_pidfd_send_signal, process, number, NULL, 0);
	if (process >= 0)
		close(process);
	return running;
}

static int force(const struct home *home)
{
	static const int signals[] = { SIGTERM, SIGKILL };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		signal_launcher(signals[i]);
		if (wait_for_end(home, FORCE_SECONDS, false))
			return STATUS_OK;
	}
	report("%s does not end; see who holds %s/%s", home->name, home->path, HOME_PID);
	return STATUS_FAILED;
}

static int stop_home(const struct home *home, unsigned long seconds)
{
	int status;
	pid_t pid;

	if (!home_running(&pid)) {
		if (pid)
			report("%s does not run; its launcher, process %d, died", home->name, pid);
		return STATUS_OK;
	}
	if (wait_for_end(home, seconds, true))
		return STATUS_OK;
	status = force(home);
	if (status == STATUS_OK)
		report("%s did not power off by itself and was forced", home->name);
	return status;
}

int cmd_stop(const struct words *words)
{
	struct home home;
	int status = home_enter(&home, words->word[0]);

	return status == STATUS_OK ? stop_home(&home, words->timeout) : status;
}

int cmd_restart(const struct words *words)
{
	struct home home;
	int status = home_enter(&home, words->word[0]);

	if (status == STATUS_OK)
		status = stop_home(&home, words->timeout);
	return status == STATUS_OK ? start_home(&home, false) : status;
}
