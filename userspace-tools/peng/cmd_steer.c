// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng pause`, `resume`, `kill`, `reset`, `rename`: one VM, one command of the family.
 */
#include "cmd.h"
#include "../lib/client.h"

static int steer(const struct words *words, int cmd)
{
	struct client *client;
	struct vm_info vm;
	enum status status = client_open_vm(&client, words->word[0], &vm);

	if (status == STATUS_OK)
		status = client_steer(client, cmd, &vm, words->word[1]);
	client_close(client);
	return status;
}

int cmd_pause(const struct words *words)
{
	return steer(words, PENG_CMD_VM_PAUSE);
}

int cmd_resume(const struct words *words)
{
	return steer(words, PENG_CMD_VM_RESUME);
}

int cmd_kill(const struct words *words)
{
	return steer(words, PENG_CMD_VM_KILL);
}

int cmd_reset(const struct words *words)
{
	return steer(words, PENG_CMD_VM_RESET_STATS);
}

int cmd_rename(const struct words *words)
{
	return steer(words, PENG_CMD_VM_SET_NAME);
}
