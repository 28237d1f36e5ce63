// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng limit`: what a running VM may have of the host's CPUs and memory. The share is
 * the module's to keep, for any client's VM; where the vCPUs run is the scheduler's,
 * told of each of their threads; memory is its cgroup's.
 */
#include "cmd.h"
#include "../lib/cgroup.h"
#include "../lib/client.h"
#include "../lib/json.h"
#include "../lib/limit.h"
#include "../lib/text.h"
#include "../vmm/util.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct wanted - what was asked for
 * @set_quota: whether @quota and @period are to be set
 * @quota: in microseconds; 0 for no limit
 * @period: in microseconds
 * @set_cpus: whether @cpus are to be set
 * @cpus: where the vCPUs may run
 * @set_memory: whether @memory is to be set
 * @memory: in bytes; CGROUP_NO_LIMIT for no limit
 */
struct wanted {
	bool set_quota;
	uint32_t quota;
	uint32_t period;
	bool set_cpus;
	cpu_set_t cpus;
	bool set_memory;
	uint64_t memory;
};

static bool read_number(const char *text, uint32_t min, uint32_t max, uint32_t *number)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	*number = (uint32_t)value;
	return *text >= '0' && *text <= '9' && !*end && !errno && value >= min && value <= max;
}

static enum status read_quota(const struct words *words, struct wanted *wanted)
{
	wanted->period = LIMIT_PERIOD;
	if (words->cpu && words->quota) {
		report("--cpu and --quota say the same; give one");
		return STATUS_USAGE;
	}
	if (words->period && !words->cpu && !words->quota) {
		report("--period is of use with --cpu or --quota alone");
		return STATUS_USAGE;
	}
	if (words->period && !read_number(words->period, 1000, 1000000, &wanted->period)) {
		report("'%s' is no period: 1000 to 1000000 microseconds", words->period);
		return STATUS_USAGE;
	}
	if (words->cpu && !limit_read_share(words->cpu, wanted->period, &wanted->quota)) {
		report("'%s' is no share: a percentage of one CPU that is a millisecond of the period or more, or none",
		       words->cpu);
		return STATUS_USAGE;
	}
	if (words->quota && strcmp(words->quota, "none") &&
	    !read_number(words->quota, LIMIT_MIN_QUOTA, LIMIT_MAX_QUOTA, &wanted->quota)) {
		report("'%s' is no quota: %d to %d microseconds, or none", words->quota,
		       LIMIT_MIN_QUOTA, LIMIT_MAX_QUOTA);
		return STATUS_USAGE;
	}
	wanted->set_quota = words->cpu || words->quota;
	return STATUS_OK;
}

static enum status read_wanted(const struct words *words, struct wanted *wanted)
{
	enum status status = read_quota(words, wanted);

	if (status == STATUS_OK && words->cpus && !limit_read_cpus(words->cpus, &wanted->cpus)) {
		report("'%s' is no list of CPUs, such as 0-3,8, or none", words->cpus);
		return STATUS_USAGE;
	}
	wanted->set_cpus = words->cpus;
	wanted->memory = CGROUP_NO_LIMIT;
	if (status == STATUS_OK && words->memory && strcmp(words->memory, "none") &&
	    !text_read_size(words->memory, &wanted->memory)) {
		report("'%s' is no size; give one such as 512M or 4G, or none", words->memory);
		return STATUS_USAGE;
	}
	wanted->set_memory = words->memory;
	return status;
}

/* vCPUs that have no thread yet get theirs when it is too late: say so. */
static enum status set_cpus(const struct vcpu_list *list, const cpu_set_t *cpus)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct vcpu_info *vcpu = &list->vcpus[i];

		if (!vcpu->tid) {
			report("vCPU %" PRIu32 " has no thread yet; let it run first", vcpu->id);
			return STATUS_FAILED;
		}
		if (sched_setaffinity((pid_t)vcpu->tid, sizeof(*cpus), cpus) < 0) {
			report("cannot say where vCPU %" PRIu32 " runs: %s", vcpu->id,
			       errno == EINVAL ? "the host has none of these CPUs, or may not use them" :
						 strerror(errno));
			return errno == EPERM ? STATUS_DENIED : STATUS_FAILED;
		}
	}
	return STATUS_OK;
}

/* Where a vCPU may run: @text, or NULL where nobody knows. */
static const char *cpus_of(const struct vcpu_info *vcpu, char *text)
{
	cpu_set_t cpus;

	if (!vcpu->tid || sched_getaffinity((pid_t)vcpu->tid, sizeof(cpus), &cpus) < 0)
		return NULL;
	return limit_write_cpus(text, &cpus);
}

static void print_json(const struct vm_info *vm, const struct vcpu_list *list)
{
	json_t *vcpus = json_array();
	uint64_t limit = CGROUP_NO_LIMIT, used = 0;
	bool counted = cgroup_get_memory(vm, &limit, &used);
	char text[LIMIT_TEXT_MAX];

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(vcpus, json_pack("{s:I, s:s?}",
						       "id", (json_int_t)list->vcpus[i].id,
						       "cpus", cpus_of(&list->vcpus[i], text)));
	json_print(json_of_limits(vm, counted && limit != CGROUP_NO_LIMIT ? &limit : NULL,
				  counted ? &used : NULL, vcpus));
}

static void print_quota(const struct vm_info *vm)
{
	char text[TEXT_MAX];

	if (vm->quota)
		printf("cpu        %.6g%% (%" PRIu32 " us in each %" PRIu32 " us)\n",
		       100.0 * vm->quota / vm->period, vm->quota, vm->period);
	else
		printf("cpu        none\n");
	printf("throttled  %" PRIu64 " periods, %s\n", vm->throttled,
	       text_duration(text, vm->throttled_ns));
}

/* A line for each vCPU, because each may have its own. */
static void print_cpus(const struct vcpu_list *list)
{
	char text[LIMIT_TEXT_MAX];

	for (size_t i = 0; i < list->count; i++) {
		const char *cpus = cpus_of(&list->vcpus[i], text);

		printf("vcpu %-5" PRIu32 " cpus %s\n", list->vcpus[i].id, cpus ? cpus : "-");
	}
}

static void print_memory(const struct vm_info *vm)
{
	char text[TEXT_MAX];
	uint64_t limit, used;

	if (!cgroup_get_memory(vm, &limit, &used)) {
		printf("memory     none, and no cgroup of its own\n");
		return;
	}
	printf("memory     %s", limit == CGROUP_NO_LIMIT ? "none" : text_size(text, limit));
	printf(", %s in use\n", text_size(text, used));
}

static enum status print_limits(struct client *client, const struct vm_info *vm, bool json)
{
	struct vcpu_list list = { };
	enum status status = client_list_vcpus(client, vm, &list);

	if (status == STATUS_OK && json) {
		print_json(vm, &list);
	} else if (status == STATUS_OK) {
		print_quota(vm);
		print_memory(vm);
		print_cpus(&list);
	}
	free(list.vcpus);
	return status;
}

static enum status limit(struct client *client, const struct vm_info *vm,
			 const struct wanted *wanted, bool json)
{
	struct vcpu_list list = { };
	enum status status = STATUS_OK;

	if (!wanted->set_quota && !wanted->set_cpus && !wanted->set_memory)
		return print_limits(client, vm, json);
	if (wanted->set_quota)
		status = client_set_limits(client, vm, wanted->quota, wanted->period);
	if (status == STATUS_OK && wanted->set_memory)
		status = cgroup_set_memory(vm, wanted->memory);
	if (status == STATUS_OK && wanted->set_cpus) {
		status = client_list_vcpus(client, vm, &list);
		if (status == STATUS_OK)
			status = set_cpus(&list, &wanted->cpus);
	}
	free(list.vcpus);
	return status;
}

int cmd_limit(const struct words *words)
{
	struct client *client = NULL;
	struct wanted wanted = { };
	struct vm_info vm;
	enum status status = read_wanted(words, &wanted);

	if (status == STATUS_OK)
		status = client_open_vm(&client, words->word[0], &vm);
	if (status == STATUS_OK)
		status = limit(client, &vm, &wanted, words->json);
	client_close(client);
	return status;
}
