// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng cpus`: how many of its vCPUs a guest uses. Linux takes a CPU off line and
 * on line again itself, by PSCI's CPU_OFF and CPU_ON; it is asked through
 * qemu-guest-agent, which distributions have in a package.
 */
#include "agent.h"
#include "cmd.h"
#include "../vmm/util.h"

#include <jansson.h>
#include <stdlib.h>

/* More than a VM can have. */
#define CPUS_MAX 1024

/**
 * struct cpu - one of the guest's
 * @number: the guest's name for it
 * @online: it is used
 * @can_offline: it need not be
 */
struct cpu {
	json_int_t number;
	bool online;
	bool can_offline;
};

/**
 * struct cpus - what the guest has, by its agent's description
 * @list: in the order of their numbers
 * @count: how many
 * @online: how many it uses
 */
struct cpus {
	struct cpu list[CPUS_MAX];
	size_t count;
	size_t online;
};

static int compare(const void *a, const void *b)
{
	const struct cpu *one = a, *other = b;

	return (one->number > other->number) - (one->number < other->number);
}

/* Return: whether there is a CPU, and each is described. */
static bool read_cpus(const json_t *array, struct cpus *cpus)
{
	json_t *item;
	size_t i;

	cpus->count = json_array_size(array);
	cpus->online = 0;
	if (!cpus->count || cpus->count > CPUS_MAX)
		return false;
	json_array_foreach(array, i, item) {
		json_t *number = json_object_get(item, "logical-id");

		if (!json_is_integer(number))
			return false;
		cpus->list[i] = (struct cpu){
			.number = json_integer_value(number),
			.online = json_is_true(json_object_get(item, "online")),
			.can_offline = json_is_true(json_object_get(item, "can-offline")),
		};
		cpus->online += cpus->list[i].online;
	}
	qsort(cpus->list, cpus->count, sizeof(cpus->list[0]), compare);
	return true;
}

static enum status look(struct agent_link *link, struct cpus *cpus)
{
	json_t *answer;
	enum status status = agent_ask(link, "guest-get-vcpus", NULL, &answer);

	if (status != STATUS_OK)
		return status;
	if (!read_cpus(answer, cpus)) {
		report("the agent in the guest of %s does not say what CPUs there are", link->name);
		status = STATUS_FAILED;
	}
	json_decref(answer);
	return status;
}

static void add_change(json_t *array, const struct cpu *cpu, bool online)
{
	json_array_append_new(array, json_pack("{s:I, s:b}", "logical-id", cpu->number,
					       "online", online));
}

/* The first ones stay: so what was chosen before is chosen again. */
static json_t *changes(const struct cpus *cpus, size_t wanted)
{
	size_t online = cpus->online;
	json_t *array = json_array();

	for (size_t i = 0; i < cpus->count && online < wanted; i++) {
		if (cpus->list[i].online)
			continue;
		add_change(array, &cpus->list[i], true);
		online++;
	}
	for (size_t i = cpus->count; i-- && online > wanted;) {
		if (!cpus->list[i].online || !cpus->list[i].can_offline)
			continue;
		add_change(array, &cpus->list[i], false);
		online--;
	}
	return array;
}

/* It stops at the first that it cannot change; look() then tells. */
static enum status change(struct agent_link *link, const struct cpus *cpus, size_t wanted)
{
	json_t *array = changes(cpus, wanted), *answer = NULL;
	enum status status = STATUS_OK;

	if (json_array_size(array))
		status = agent_ask(link, "guest-set-vcpus", json_pack("{s:O}", "vcpus", array),
				   &answer);
	json_decref(array);
	json_decref(answer);
	return status;
}

static enum status set_cpus(struct agent_link *link, size_t wanted)
{
	struct cpus cpus;
	enum status status = look(link, &cpus);

	if (status == STATUS_OK && wanted > cpus.count) {
		report("%s has %zu vCPUs; give it more by peng edit and peng restart", link->name,
		       cpus.count);
		status = STATUS_FAILED;
	}
	if (status == STATUS_OK)
		status = change(link, &cpus, wanted);
	if (status == STATUS_OK)
		status = look(link, &cpus);
	if (status == STATUS_OK && cpus.online != wanted) {
		report("the guest of %s has %zu CPUs on line, not %zu; its kernel's log says why",
		       link->name, cpus.online, wanted);
		status = STATUS_FAILED;
	}
	return status;
}

int cmd_cpus(const struct words *words)
{
	const char *text = words->word[1];
	struct agent_link link;
	unsigned long wanted;
	struct home home;
	int status;
	char *end;

	wanted = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || !wanted) {
		report("'%s' is no number of CPUs; give 1 or more", text);
		return STATUS_USAGE;
	}
	status = home_enter(&home, words->word[0]);
	if (status == STATUS_OK)
		status = agent_open(&link, &home, words->timeout);
	if (status != STATUS_OK)
		return status;
	status = set_cpus(&link, wanted);
	agent_close(&link);
	return status;
}
