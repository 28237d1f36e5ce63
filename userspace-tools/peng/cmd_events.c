// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng events`: a line for each thing that happens to a VM. The first line is
 * there when nothing is missed any more, and each is written at once, so that a
 * script can wait for it.
 */
#include "cmd.h"
#include "../lib/client.h"
#include "../lib/json.h"
#include "../lib/names.h"
#include "../lib/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/**
 * struct printer - what is left to do
 * @json: lines are for programs
 * @left: events to print; 0 for all
 */
struct printer {
	bool json;
	unsigned long left;
};

static void print_first(bool json)
{
	if (json)
		json_print(json_of_listening());
	else
		printf("%-12s %-9s %5s %-16s %7s %s\n", "TIME (UTC)", "EVENT", "ID", "NAME", "PID",
		       "USER");
	fflush(stdout);
}

static void print_fault(const struct fault_info *fault)
{
	printf(", vCPU %" PRIu32 ": %s", fault->vcpu, name_of_fault(fault->kind));
	if (fault->abort)
		printf(" at 0x%" PRIx64 ", syndrome 0x%" PRIx64, fault->ipa, fault->syndrome);
	printf(", PC 0x%" PRIx64, fault->pc);
	if (fault->error)
		printf(", %s", strerror(fault->error));
	if (fault->suppressed)
		printf("; %" PRIu32 " more were not told", fault->suppressed);
}

static void print_line(int cmd, const struct vm_info *vm)
{
	char text[TEXT_MAX];

	text_print_now();
	putchar(' ');
	text_print_word(cmd ? name_of_event(cmd) : "lost", 9);
	if (!cmd) {
		printf(" some events; peng ls shows what there is now\n");
		return;
	}
	printf(" %5" PRIu32 " %-16s %7" PRIu32 " %s", vm->id, vm->name[0] ? vm->name : "-", vm->pid,
	       text_user(text, vm->uid));
	if (cmd == PENG_CMD_VM_DESTROYED_NTF)
		printf(", %s", name_of_reason(vm->reason));
	if (cmd == PENG_CMD_VM_FAULT_NTF)
		print_fault(&vm->fault);
	putchar('\n');
}

static bool print_event(int cmd, const struct vm_info *vm, void *arg)
{
	struct printer *printer = arg;

	if (printer->json)
		json_print(json_of_event(cmd, vm));
	else
		print_line(cmd, vm);
	return text_flush() && (!printer->left || --printer->left);
}

int cmd_events(const struct words *words)
{
	struct printer printer = { .json = words->json, .left = words->count };
	struct client *client;
	enum status status = client_open(&client);

	if (status == STATUS_OK)
		status = client_join(client);
	if (status == STATUS_OK) {
		print_first(words->json);
		status = client_listen(client, print_event, &printer);
	}
	client_close(client);
	return status;
}
