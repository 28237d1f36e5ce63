// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng edit`: an editor on a copy of a VM's config, which takes the config's place
 * only if it can be read. What cannot be stays, for the next edit to mend.
 */
#include "cmd.h"
#include "../lib/home.h"
#include "../vmm/options.h"
#include "../vmm/util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define EDITED HOME_CONFIG ".edit"

static int copy_config(void)
{
	int from = open(HOME_CONFIG, O_RDONLY | O_CLOEXEC), to = -1, error = 0;
	struct stat found;

	if (from >= 0)
		to = open(EDITED, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0 || fstat(from, &found) < 0)
		error = -errno;
	else if (sendfile(to, from, NULL, found.st_size) != found.st_size)
		error = -EIO;
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	if (error && error != -EEXIST)
		unlink(EDITED);
	/* One that could not be read is mended, not lost. */
	return error == -EEXIST ? 0 : error;
}

static int take_edited(const struct home *home)
{
	struct options options;
	int error = options_read(&options, EDITED);

	options_destroy(&options);
	if (error)
		return STATUS_FAILED;
	if (rename(EDITED, HOME_CONFIG) == 0)
		return STATUS_OK;
	report("cannot replace %s/%s: %s", home->path, HOME_CONFIG, strerror(errno));
	return STATUS_FAILED;
}

int cmd_edit(const struct words *words)
{
	struct home home;
	int status = home_enter(&home, words->word[0]), error;

	if (status != STATUS_OK)
		return status;
	error = copy_config();
	if (error) {
		report("cannot copy %s/%s: %s", home.path, HOME_CONFIG, strerror(-error));
		return STATUS_FAILED;
	}
	/* The shell takes the variables apart, for they may have options. */
	if (system("${VISUAL:-${EDITOR:-vi}} " EDITED) != 0) {
		report("the editor failed; %s is as it was", HOME_CONFIG);
		unlink(EDITED);
		return STATUS_FAILED;
	}
	return take_edited(&home);
}
