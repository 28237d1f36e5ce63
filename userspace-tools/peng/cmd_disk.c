// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng resize-disk`, `attach-disk`, `detach-disk`: the disks of a VM with a home. While it runs its launcher
 * does it, for it has the file and the guest; else it is done here.
 */
#include "ask.h"
#include "cmd.h"
#include "../lib/text.h"
#include "../vmm/disks.h"
#include "../vmm/options.h"
#include "../vmm/util.h"
#include "../vmm/virtio/blk_file.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_read_only(const char *file)
{
	size_t length = strlen(file);

	return length > 3 && !strcmp(file + length - 3, ",ro");
}

/*
 * Enter the home of words->word[0]. @path is set to the file of words->word[1]: it is
 * named from where the user is, or from the folder as in the config.
 */
static enum status enter(struct home *home, const struct words *words, char *path)
{
	const char *file = words->word[1];
	bool here = realpath(file, path);
	enum status status = home_enter(home, words->word[0]);

	if (status == STATUS_OK && !here && !realpath(file, path))
		snprintf(path, PATH_MAX, "%s", file);
	return status;
}

static int resize_stopped(const struct options *options, const char *path, uint64_t bytes)
{
	int index = disks_find(options, path), file, error;
	uint64_t sectors;

	if (index < 0)
		return index;
	file = blk_file_open(&options->disks[index], &sectors);
	if (file < 0)
		return file;
	error = blk_file_grow(file, &options->disks[index], bytes, &sectors);
	close(file);
	return error;
}

/* Nobody starts it meanwhile. */
static int resize_locked(const struct home *home, const char *path, uint64_t bytes)
{
	int lock = home_lock(home), status = STATUS_FAILED;
	struct options options;

	if (lock < 0)
		return STATUS_FAILED;
	if (!options_read(&options, HOME_CONFIG) && !resize_stopped(&options, path, bytes))
		status = STATUS_OK;
	options_destroy(&options);
	close(lock);
	return status;
}

int cmd_resize_disk(const struct words *words)
{
	char path[PATH_MAX], answer[ASK_MAX];
	struct home home;
	uint64_t bytes;
	int status;
	pid_t pid;

	if (!text_read_size(words->word[2], &bytes)) {
		report("'%s' is no size; give one such as 512M or 4G", words->word[2]);
		return STATUS_USAGE;
	}
	status = enter(&home, words, path);
	if (status != STATUS_OK)
		return status;
	if (home_running(&pid))
		return ask_launcher(&home, answer, "resize-disk %" PRIu64 " %s", bytes, path);
	return resize_locked(&home, path, bytes);
}

/* For a VM that runs: its launcher does it to a file of that name. */
static int ask_of_disk(const struct words *words, const char *command, const char *file,
		       const char *suffix)
{
	const struct words named = { .word = { words->word[0], file } };
	char path[PATH_MAX], answer[ASK_MAX];
	struct home home;
	pid_t pid;
	int status = enter(&home, &named, path);

	if (status != STATUS_OK)
		return status;
	if (home_running(&pid))
		return ask_launcher(&home, answer, "%s %s%s", command, path, suffix);
	report("%s does not run; its disks are what peng edit %s says", home.name, home.name);
	return STATUS_FAILED;
}

int cmd_attach_disk(const struct words *words)
{
	const char *suffix = is_read_only(words->word[1]) ? ",ro" : "";
	char *file = strndup(words->word[1], strlen(words->word[1]) - strlen(suffix));
	int status = STATUS_FAILED;

	if (file)
		status = ask_of_disk(words, "attach-disk", file, suffix);
	else
		report("out of memory");
	free(file);
	return status;
}

int cmd_detach_disk(const struct words *words)
{
	return ask_of_disk(words, "detach-disk", words->word[1], "");
}
