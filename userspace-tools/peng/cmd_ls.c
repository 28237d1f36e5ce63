// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng ls`: a line for each VM.
 */
#include "cmd.h"
#include "../lib/client.h"
#include "../lib/json.h"
#include "../lib/names.h"
#include "../lib/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_NAME 8

static void print_json(const struct vm_list *list)
{
	json_t *vms = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(vms, json_of_vm(&list->vms[i]));
	json_print(json_pack("{s:o}", "vms", vms));
}

static int name_width(const struct vm_list *list)
{
	int width = LEAST_NAME;

	for (size_t i = 0; i < list->count; i++)
		if ((int)strlen(list->vms[i].name) > width)
			width = strlen(list->vms[i].name);
	return width;
}

static void print_vm(const struct vm_info *vm, int width, uint64_t now)
{
	char size[TEXT_MAX], age[TEXT_MAX], user[TEXT_MAX], pid[16] = "-";

	if (vm->pid)
		snprintf(pid, sizeof(pid), "%" PRIu32, vm->pid);
	printf("%5" PRIu32 " %-*s ", vm->id, width, vm->name[0] ? vm->name : "-");
	text_print_word(name_of_vm_state(vm->state), 8);
	/* The clock may have been set back. */
	printf("%5" PRIu32 " %7s %7s %-8s %8s\n", vm->vcpus, text_size(size, vm->memory), pid,
	       text_user(user, vm->uid), text_duration(age, now > vm->created ? now - vm->created : 0));
}

static void print_table(const struct vm_list *list)
{
	int width = name_width(list);
	uint64_t now = text_now(CLOCK_REALTIME);

	printf("%5s %-*s %-8s%5s %7s %7s %-8s %8s\n", "ID", width, "NAME", "STATE", "VCPUS",
	       "MEMORY", "PID", "USER", "AGE");
	for (size_t i = 0; i < list->count; i++)
		print_vm(&list->vms[i], width, now);
}

int cmd_ls(const struct words *words)
{
	struct vm_list list = { };
	struct client *client;
	enum status status = client_open(&client);

	if (status == STATUS_OK)
		status = client_list_vms(client, &list);
	if (status == STATUS_OK) {
		if (words->json)
			print_json(&list);
		else
			print_table(&list);
	}
	free(list.vms);
	client_close(client);
	return status;
}
