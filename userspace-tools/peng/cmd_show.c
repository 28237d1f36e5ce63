// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng show`: one VM, and a line with counters for each of its vCPUs.
 */
#include "cmd.h"
#include "../lib/client.h"
#include "../lib/json.h"
#include "../lib/names.h"
#include "../lib/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What people ask for first; all of them are in --json. */
static const struct {
	const char *title;
	int counter;
} columns[] = {
	{ "EXITS", PENG_A_COUNTER_EXITS },
	{ "HVC", PENG_A_COUNTER_HVC },
	{ "WFI", PENG_A_COUNTER_WFI },
	{ "MMIO-USER", PENG_A_COUNTER_MMIO_USER },
	{ "SIGNALS", PENG_A_COUNTER_SIGNALS },
};

#define NR_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void print_json(const struct vm_info *vm, const struct vcpu_list *list)
{
	json_t *vcpus = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(vcpus, json_of_vcpu(&list->vcpus[i]));
	json_print(json_pack("{s:o, s:o}", "vm", json_of_vm(vm), "vcpus", vcpus));
}

static void print_mapped(const struct vm_info *vm)
{
	const char *separator = "";
	char text[TEXT_MAX];

	printf("mapped   ");
	for (int i = 0; i < BLOCK_SIZES && client_block_size(i); i++, separator = ", ") {
		printf("%s%s by ", separator, text_size(text, vm->mapped[i]));
		printf("%s", text_size(text, client_block_size(i)));
	}
	printf("\n");
}

static void print_vm(const struct vm_info *vm)
{
	char text[TEXT_MAX];

	printf("id       %" PRIu32 "\n", vm->id);
	printf("name     %s\n", vm->name[0] ? vm->name : "-");
	printf("state    ");
	text_print_word(name_of_vm_state(vm->state), 0);
	printf("\nuser     %s\n", text_user(text, vm->uid));
	if (vm->pid)
		printf("pid      %" PRIu32 "\n", vm->pid);
	else
		printf("pid      -\n");
	printf("created  %s\n", text_time(text, vm->created));
	printf("memory   %s in %" PRIu32 " slots\n", text_size(text, vm->memory), vm->slots);
	print_mapped(vm);
	printf("vcpus    %" PRIu32 "\n", vm->vcpus);
	if (vm->cgroup[0])
		printf("cgroup   %s\n", vm->cgroup);
	if (vm->quota)
		printf("limit    %.6g%% of a CPU, reached in %" PRIu64 " periods\n",
		       100.0 * vm->quota / vm->period, vm->throttled);
}

static void print_vcpus(const struct vcpu_list *list)
{
	char text[TEXT_MAX];

	printf("\n%4s %-9s %4s %7s %9s", "VCPU", "STATE", "CPU", "TID", "GUEST");
	for (size_t i = 0; i < NR_COLUMNS; i++)
		printf(" %11s", columns[i].title);
	printf(" %9s\n", "HALTED");
	for (size_t i = 0; i < list->count; i++) {
		const struct vcpu_info *vcpu = &list->vcpus[i];

		printf("%4" PRIu32 " ", vcpu->id);
		text_print_word(name_of_vcpu_state(vcpu->state), 9);
		if (vcpu->cpu < 0)
			printf(" %4s", "-");
		else
			printf(" %4d", vcpu->cpu);
		if (vcpu->tid)
			printf(" %7" PRIu32, vcpu->tid);
		else
			printf(" %7s", "-");
		printf(" %9s", text_duration(text, vcpu->guest_ns));
		for (size_t j = 0; j < NR_COLUMNS; j++)
			printf(" %11" PRIu64, vcpu->counters[columns[j].counter]);
		printf(" %9s\n", text_duration(text, vcpu->counters[PENG_A_COUNTER_HALT_WAIT_NS]));
	}
}

int cmd_show(const struct words *words)
{
	struct vcpu_list list = { };
	struct client *client;
	struct vm_info vm;
	enum status status = client_open_vm(&client, words->word[0], &vm);

	if (status == STATUS_OK)
		status = client_list_vcpus(client, &vm, &list);
	if (status == STATUS_OK && words->json) {
		print_json(&vm, &list);
	} else if (status == STATUS_OK) {
		print_vm(&vm);
		print_vcpus(&list);
	}
	free(list.vcpus);
	client_close(client);
	return status;
}
