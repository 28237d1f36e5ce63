// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng create` and `peng rm`: the folder of a VM comes and goes. It is made once
 * all that was asked for is checked, and what makes it a VM's is its config.
 */
#include "cmd.h"
#include "../lib/home.h"
#include "../vmm/options.h"
#include "../vmm/util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char heading[] =
	"# A VM of peng: long options of peng run, one in a line. Names of files are\n"
	"# relative to this folder. What is changed here counts from the next start.\n";

static int write_config(const char *text, size_t size)
{
	int file = open(HOME_CONFIG, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t written;
	int error = 0;

	if (file < 0)
		return -errno;
	written = write(file, text, size);
	if (written != (ssize_t)size)
		error = written < 0 ? -errno : -ENOSPC;
	if (close(file) < 0 && !error)
		error = -errno;
	return error;
}

static enum status make_home(struct home *home, const char *text, size_t size)
{
	enum status status = home_make(home);
	int error;

	if (status != STATUS_OK)
		return status;
	error = write_config(text, size);
	if (!error)
		return STATUS_OK;
	report("cannot write %s/%s: %s", home->path, HOME_CONFIG, strerror(-error));
	unlink(HOME_CONFIG);
	rmdir(home->path);
	return STATUS_FAILED;
}

/* Whether a guest can start with the options, which go to @config. */
static enum status write_options(const struct words *words, FILE *config)
{
	enum status status = STATUS_USAGE;
	struct options options;
	int error;

	error = options_parse(&options, words->rest_count, words->rest, config);
	if (!error && options.help)
		report("see peng create --help");
	else if (!error)
		status = options_check_files(&options) ? STATUS_FAILED : STATUS_OK;
	options_destroy(&options);
	return status;
}

int cmd_create(const struct words *words)
{
	enum status status;
	struct home home;
	size_t size = 0;
	char *text = NULL;
	FILE *config;

	status = home_find(&home, words->word[0]);
	if (status != STATUS_OK)
		return status;
	config = open_memstream(&text, &size);
	if (!config) {
		report("no memory for a config");
		return STATUS_FAILED;
	}
	fputs(heading, config);
	status = write_options(words, config);
	if (fclose(config)) {
		report("no memory for a config");
		status = STATUS_FAILED;
	}
	if (status == STATUS_OK)
		status = make_home(&home, text, size);
	free(text);
	return status;
}

int cmd_rm(const struct words *words)
{
	struct home home;
	enum status status = home_enter(&home, words->word[0]);
	pid_t pid;
	int lock;

	if (status != STATUS_OK)
		return status;
	if (home_running(&pid)) {
		report("%s runs; stop it first", home.name);
		return STATUS_FAILED;
	}
	/* PENG_HOME may be wrong. */
	if (access(HOME_CONFIG, F_OK) < 0) {
		report("%s has no config, so it is no VM's folder; nothing is removed", home.path);
		return STATUS_FAILED;
	}
	lock = home_lock(&home);
	if (lock < 0)
		return STATUS_FAILED;
	status = home_remove(&home);
	close(lock);
	return status;
}
