// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng ls`: a line for each VM, and by --all for each that has a folder and does
 * not run.
 */
#include "cmd.h"
#include "../lib/client.h"
#include "../lib/home.h"
#include "../lib/json.h"
#include "../lib/names.h"
#include "../lib/text.h"
#include "../vmm/options.h"
#include "../vmm/util.h"

#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define LEAST_NAME 8

/**
 * struct row - a line
 * @vm: what is known; a VM that does not run has the number 0, and what its config says
 * @state: word
 */
struct row {
	struct vm_info vm;
	const char *state;
};

struct rows {
	struct row *rows;
	size_t count;
};

static struct row *add_row(struct rows *rows)
{
	struct row *grown = realloc(rows->rows, (rows->count + 1) * sizeof(*grown));

	if (!grown) {
		report("out of memory");
		return NULL;
	}
	rows->rows = grown;
	grown += rows->count++;
	*grown = (struct row){ };
	return grown;
}

static json_t *json_of_row(const struct row *row)
{
	json_t *object = json_of_vm(&row->vm);

	if (row->vm.id)
		return object;
	json_object_set_new(object, "id", json_null());
	json_object_set_new(object, "created", json_null());
	json_object_set_new(object, "slots", json_null());
	json_object_set_new(object, "throttled", json_null());
	json_object_set_new(object, "throttled_ns", json_null());
	json_object_set_new(object, "mapped", json_null());
	json_object_set_new(object, "state", json_string(row->state));
	return object;
}

static void print_json(const struct rows *rows)
{
	json_t *vms = json_array();

	for (size_t i = 0; i < rows->count; i++)
		json_array_append_new(vms, json_of_row(&rows->rows[i]));
	json_print(json_pack("{s:o}", "vms", vms));
}

static int name_width(const struct rows *rows)
{
	int width = LEAST_NAME;

	for (size_t i = 0; i < rows->count; i++)
		if ((int)strlen(rows->rows[i].vm.name) > width)
			width = strlen(rows->rows[i].vm.name);
	return width;
}

/* A number that is 0 where it is not known. */
static const char *known(char *text, uint32_t number)
{
	snprintf(text, TEXT_MAX, number ? "%" PRIu32 : "-", number);
	return text;
}

static void print_row(const struct row *row, int width, uint64_t now)
{
	char id[TEXT_MAX], vcpus[TEXT_MAX], size[TEXT_MAX] = "-", pid[TEXT_MAX], user[TEXT_MAX];
	const struct vm_info *vm = &row->vm;
	char age[TEXT_MAX] = "-";

	if (vm->id || vm->memory)
		text_size(size, vm->memory);
	/* The clock may have been set back. */
	if (vm->created)
		text_duration(age, now > vm->created ? now - vm->created : 0);
	printf("%5s %-*s ", known(id, vm->id), width, vm->name[0] ? vm->name : "-");
	text_print_word(row->state, 8);
	printf("%5s %7s %7s %-8s %8s\n", vm->id && !vm->vcpus ? "0" : known(vcpus, vm->vcpus), size,
	       known(pid, vm->pid), text_user(user, vm->uid), age);
}

static void print_table(const struct rows *rows)
{
	int width = name_width(rows);
	uint64_t now = text_now(CLOCK_REALTIME);

	printf("%5s %-*s %-8s%5s %7s %7s %-8s %8s\n", "ID", width, "NAME", "STATE", "VCPUS",
	       "MEMORY", "PID", "USER", "AGE");
	for (size_t i = 0; i < rows->count; i++)
		print_row(&rows->rows[i], width, now);
}

/* Of where cgroups of version 2 are, alone or beside those of version 1. */
static const char * const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

/* The number of a cgroup is that of its directory. STATUS_FAILED after a line to the user. */
static enum status find_cgroup(const char *path, uint64_t *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		char name[PATH_MAX];
		struct statfs system;
		struct stat found;

		snprintf(name, sizeof(name), "%s/%s", mounts[i], path);
		if (statfs(name, &system) < 0 || system.f_type != CGROUP2_SUPER_MAGIC ||
		    stat(name, &found) < 0 || !S_ISDIR(found.st_mode))
			continue;
		*id = found.st_ino;
		return STATUS_OK;
	}
	report("no cgroup '%s' of version 2; its path begins below /sys/fs/cgroup", path);
	return STATUS_FAILED;
}

static enum status add_vms(struct rows *rows, uint64_t cgroup)
{
	struct vm_list list = { };
	struct client *client;
	enum status status = client_open(&client);

	if (status == STATUS_OK)
		status = client_list_vms_of(client, cgroup, &list);
	for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
		struct row *row = add_row(rows);

		if (row)
			*row = (struct row){ list.vms[i], name_of_vm_state(list.vms[i].state) };
		else
			status = STATUS_FAILED;
	}
	free(list.vms);
	client_close(client);
	return status;
}

static bool is_listed(const struct rows *rows, const char *name)
{
	for (size_t i = 0; i < rows->count; i++)
		if (!strcmp(rows->rows[i].vm.name, name))
			return true;
	return false;
}

/* A config that cannot be read has told the user so, and leaves its VM in the list. */
static void read_config(struct vm_info *vm)
{
	struct options options;

	if (!options_read(&options, HOME_CONFIG)) {
		vm->vcpus = options.cpus;
		vm->memory = options.memory;
	}
	options_destroy(&options);
}

static enum status add_home(const struct home *home, void *arg)
{
	struct rows *rows = arg;
	struct stat found;
	struct row *row;
	pid_t pid;
	bool running = home_running(&pid);

	if (running && is_listed(rows, home->name))
		return STATUS_OK;
	row = add_row(rows);
	if (!row)
		return STATUS_FAILED;
	row->state = running ? "starting" : "stopped";
	snprintf(row->vm.name, sizeof(row->vm.name), "%s", home->name);
	if (stat(".", &found) == 0)
		row->vm.uid = found.st_uid;
	read_config(&row->vm);
	return STATUS_OK;
}

int cmd_ls(const struct words *words)
{
	struct rows rows = { };
	enum status status = STATUS_OK;
	uint64_t cgroup = 0;

	if (words->cgroup && words->all) {
		report("what does not run is in no cgroup: give --all or --cgroup");
		return STATUS_USAGE;
	}
	if (words->cgroup)
		status = find_cgroup(words->cgroup, &cgroup);
	if (status == STATUS_OK)
		status = add_vms(&rows, cgroup);
	if (status == STATUS_OK && words->all)
		status = home_each(add_home, &rows);
	if (status == STATUS_OK) {
		if (words->json)
			print_json(&rows);
		else
			print_table(&rows);
	}
	free(rows.rows);
	return status;
}
