// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng metrics`: the host and its VMs in the text format of Prometheus, for
 * node_exporter's textfile collector. Names of VMs need no escapes: the module
 * accepts none that would. Metrics are only ever added, as keys of --json are.
 */
#include "cmd.h"
#include "../lib/client.h"
#include "../lib/names.h"
#include "../vmm/util.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct all - what is printed, read at once: a metric has to stand in one place
 * @vms: VMs
 * @vcpus: those of each
 */
struct all {
	struct vm_list vms;
	struct vcpu_list *vcpus;
};

/* Offset of a number in struct vcpu_info. */
#define COUNTER(which)	offsetof(struct vcpu_info, counters[PENG_A_COUNTER_##which])
#define TIME(member)	offsetof(struct vcpu_info, member)
#define NR_TIMES 3

static const struct {
	size_t offset;
	bool ns;
	const char *name;
	const char *help;
} series[] = {
	{ COUNTER(EXITS), false, "exits", "Exits to the host kernel." },
	{ COUNTER(HVC), false, "hypercalls", "Hypercalls that reached the host kernel." },
	{ COUNTER(WFE), false, "wfe", "WFE that trapped." },
	{ COUNTER(WFI), false, "wfi", "WFI that trapped." },
	{ COUNTER(MMIO_USER), false, "mmio_user", "Accesses that user space was asked to do." },
	{ COUNTER(MMIO_KERNEL), false, "mmio_kernel", "Accesses that the host kernel did." },
	{ COUNTER(SIGNALS), false, "signals", "KVM_RUN ended by a signal." },
	{ COUNTER(HALT_ATTEMPTED_POLL), false, "halt_attempted_polls",
	  "Waits that began with a spin." },
	{ COUNTER(HALT_SUCCESSFUL_POLL), false, "halt_successful_polls",
	  "Waits that ended in the spin." },
	{ COUNTER(HALT_WAKEUP), false, "halt_wakeups", "Waits that slept." },
	{ COUNTER(HALT_WAIT_NS), true, "halt_seconds", "For how long, when they had ended." },
	{ TIME(run_ns), true, "run_seconds", "For how long the vCPU's thread had a CPU." },
	{ TIME(guest_ns), true, "guest_seconds", "Of this in the guest." },
	{ TIME(steal_ns), true, "steal_seconds", "For how long it was ready and had none." },
};

_Static_assert(ARRAY_SIZE(series) == PENG_A_COUNTER_MAX - PENG_A_COUNTER_PAD + NR_TIMES,
	       "a counter without a metric");

static void begin(const char *name, const char *type, const char *help)
{
	printf("# HELP peng_%s %s\n# TYPE peng_%s %s\n", name, help, name, type);
}

static void print_vm_value(const char *name, const struct vm_info *vm, uint64_t value)
{
	printf("peng_%s{vm=\"%" PRIu32 "\",name=\"%s\"} %" PRIu64 "\n", name, vm->id, vm->name,
	       value);
}

static uint64_t vcpus_of(const struct vm_info *vm)
{
	return vm->vcpus;
}

static uint64_t memory_of(const struct vm_info *vm)
{
	return vm->memory;
}

static uint64_t slots_of(const struct vm_info *vm)
{
	return vm->slots;
}

static uint64_t created_of(const struct vm_info *vm)
{
	return vm->created / 1000000000;
}

static const struct {
	const char *name;
	const char *help;
	uint64_t (*value)(const struct vm_info *vm);
} gauges[] = {
	{ "vm_vcpus", "How many vCPUs the VM has.", vcpus_of },
	{ "vm_memory_bytes", "Bytes that the VM's memory slots cover.", memory_of },
	{ "vm_memory_slots", "Memory slots of the VM.", slots_of },
	{ "vm_created_seconds", "When the VM was created, in seconds since 1970.", created_of },
};

static void print_vms(const struct vm_list *list)
{
	begin("vms", "gauge", "VMs of any client.");
	printf("peng_vms %zu\n", list->count);
	begin("vm_info", "gauge", "Who made the VM, and its state.");
	for (size_t i = 0; i < list->count; i++) {
		const struct vm_info *vm = &list->vms[i];

		printf("peng_vm_info{vm=\"%" PRIu32 "\",name=\"%s\",pid=\"%" PRIu32 "\",uid=\"%"
		       PRIu32 "\",state=\"%s\"} 1\n", vm->id, vm->name, vm->pid, vm->uid,
		       name_of_vm_state(vm->state));
	}
	for (size_t i = 0; i < ARRAY_SIZE(gauges); i++) {
		begin(gauges[i].name, "gauge", gauges[i].help);
		for (size_t j = 0; j < list->count; j++)
			print_vm_value(gauges[i].name, &list->vms[j], gauges[i].value(&list->vms[j]));
	}
}

static void print_number(uint64_t value, bool ns)
{
	if (ns)
		printf("%" PRIu64 ".%09" PRIu64 "\n", value / 1000000000, value % 1000000000);
	else
		printf("%" PRIu64 "\n", value);
}

static void print_series(const struct all *all, size_t which)
{
	char name[64];

	snprintf(name, sizeof(name), "vcpu_%s_total", series[which].name);
	begin(name, "counter", series[which].help);
	for (size_t i = 0; i < all->vms.count; i++) {
		for (size_t j = 0; j < all->vcpus[i].count; j++) {
			const struct vcpu_info *vcpu = &all->vcpus[i].vcpus[j];
			uint64_t value;

			memcpy(&value, (const char *)vcpu + series[which].offset, sizeof(value));
			printf("peng_%s{vm=\"%" PRIu32 "\",name=\"%s\",vcpu=\"%" PRIu32 "\"} ", name,
			       all->vms.vms[i].id, all->vms.vms[i].name, vcpu->id);
			print_number(value, series[which].ns);
		}
	}
}

static void print_all(const struct host_info *host, const struct all *all)
{
	begin("info", "gauge", "The module.");
	printf("peng_info{version=\"%s\",mode=\"%s\"} 1\n", host->version, name_of_mode(host->mode));
	print_vms(&all->vms);
	for (size_t i = 0; i < ARRAY_SIZE(series); i++)
		print_series(all, i);
}

static enum status read_all(struct client *client, struct all *all)
{
	enum status status = client_list_vms(client, &all->vms);

	all->vcpus = calloc(all->vms.count + 1, sizeof(*all->vcpus));
	if (!all->vcpus) {
		report("out of memory");
		return STATUS_FAILED;
	}
	for (size_t i = 0; i < all->vms.count && status == STATUS_OK; i++)
		status = client_list_vcpus_left(client, &all->vms.vms[i], &all->vcpus[i]);
	return status;
}

int cmd_metrics(const struct words *words)
{
	struct all all = { };
	struct host_info host;
	struct client *client;
	enum status status = client_open(&client);

	(void)words;
	if (status == STATUS_OK)
		status = client_get_host(client, &host);
	if (status == STATUS_OK)
		status = read_all(client, &all);
	if (status == STATUS_OK)
		print_all(&host, &all);
	for (size_t i = 0; all.vcpus && i < all.vms.count; i++)
		free(all.vcpus[i].vcpus);
	free(all.vcpus);
	free(all.vms.vms);
	client_close(client);
	return status;
}
