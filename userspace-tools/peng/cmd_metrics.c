// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng metrics`: the host and its VMs in the text format of Prometheus, for
 * node_exporter's textfile collector, or as a page to scrape. Names of VMs need no
 * escapes: the module accepts none that would. Metrics are only ever added, as keys of
 * --json are.
 */
#include "cmd.h"
#include "../lib/client.h"
#include "../lib/exits.h"
#include "../lib/http.h"
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
	{ COUNTER(INTERRUPTS), false, "interrupts",
	  "Virtual interrupts that the guest acknowledged." },
	{ TIME(run_ns), true, "run_seconds", "For how long the vCPU's thread had a CPU." },
	{ TIME(guest_ns), true, "guest_seconds", "For how long the vCPU was in the guest." },
	{ TIME(steal_ns), true, "steal_seconds", "For how long it was ready and had none." },
};

_Static_assert(ARRAY_SIZE(series) == PENG_A_COUNTER_MAX - PENG_A_COUNTER_PAD + NR_TIMES,
	       "a counter without a metric");

static void begin(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP peng_%s %s\n# TYPE peng_%s %s\n", name, help, name, type);
}

static void print_number(FILE *out, uint64_t value, bool ns)
{
	if (ns)
		fprintf(out, "%" PRIu64 ".%09" PRIu64 "\n", value / 1000000000, value % 1000000000);
	else
		fprintf(out, "%" PRIu64 "\n", value);
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

static uint64_t quota_of(const struct vm_info *vm)
{
	return (uint64_t)vm->quota * 1000;
}

static uint64_t period_of(const struct vm_info *vm)
{
	return (uint64_t)vm->period * 1000;
}

static uint64_t throttled_of(const struct vm_info *vm)
{
	return vm->throttled;
}

static uint64_t throttled_ns_of(const struct vm_info *vm)
{
	return vm->throttled_ns;
}

static const struct {
	const char *name;
	const char *help;
	uint64_t (*value)(const struct vm_info *vm);
	bool counter;
	bool ns;
} of_vms[] = {
	{ "vm_vcpus", "How many vCPUs the VM has.", vcpus_of, false, false },
	{ "vm_memory_bytes", "Bytes that the VM's memory slots cover.", memory_of, false, false },
	{ "vm_memory_slots", "Memory slots of the VM.", slots_of, false, false },
	{ "vm_created_seconds", "When the VM was created, in seconds since 1970.", created_of,
	  false, false },
	{ "vm_cpu_quota_seconds", "CPU time that the VM may have in each period; 0 for no limit.",
	  quota_of, false, true },
	{ "vm_cpu_period_seconds", "How long such a period is; 0 for no limit.", period_of,
	  false, true },
	{ "vm_throttled_periods_total", "Periods in which a vCPU had to wait for the next.",
	  throttled_of, true, false },
	{ "vm_throttled_seconds_total", "For how long vCPUs waited for the next period.",
	  throttled_ns_of, true, true },
};

static void print_of_vms(FILE *out, const struct vm_list *list, size_t which)
{
	const char *name = of_vms[which].name;

	begin(out, name, of_vms[which].counter ? "counter" : "gauge", of_vms[which].help);
	for (size_t i = 0; i < list->count; i++) {
		const struct vm_info *vm = &list->vms[i];

		fprintf(out, "peng_%s{vm=\"%" PRIu32 "\",name=\"%s\"} ", name, vm->id, vm->name);
		print_number(out, of_vms[which].value(vm), of_vms[which].ns);
	}
}

static void print_mapped(FILE *out, const struct vm_list *list)
{
	begin(out, "vm_mapped_bytes", "gauge", "Bytes that Stage-2 maps by blocks of this size.");
	for (size_t i = 0; i < list->count; i++) {
		const struct vm_info *vm = &list->vms[i];

		for (int size = 0; size < BLOCK_SIZES && client_block_size(size); size++)
			fprintf(out, "peng_vm_mapped_bytes{vm=\"%" PRIu32 "\",name=\"%s\",block=\"%"
				PRIu64 "\"} %" PRIu64 "\n", vm->id, vm->name,
				client_block_size(size), vm->mapped[size]);
	}
}

static void print_vms(FILE *out, const struct vm_list *list)
{
	begin(out, "vms", "gauge", "VMs of any client.");
	fprintf(out, "peng_vms %zu\n", list->count);
	begin(out, "vm_info", "gauge", "Who made the VM, and its state.");
	for (size_t i = 0; i < list->count; i++) {
		const struct vm_info *vm = &list->vms[i];

		fprintf(out, "peng_vm_info{vm=\"%" PRIu32 "\",name=\"%s\",pid=\"%" PRIu32 "\",uid=\"%"
			PRIu32 "\",state=\"%s\"} 1\n", vm->id, vm->name, vm->pid, vm->uid,
			name_of_vm_state(vm->state));
	}
	for (size_t i = 0; i < ARRAY_SIZE(of_vms); i++)
		print_of_vms(out, list, i);
	print_mapped(out, list);
}

static void print_series(FILE *out, const struct all *all, size_t which)
{
	char name[64];

	snprintf(name, sizeof(name), "vcpu_%s_total", series[which].name);
	begin(out, name, "counter", series[which].help);
	for (size_t i = 0; i < all->vms.count; i++) {
		for (size_t j = 0; j < all->vcpus[i].count; j++) {
			const struct vcpu_info *vcpu = &all->vcpus[i].vcpus[j];
			uint64_t value;

			memcpy(&value, (const char *)vcpu + series[which].offset, sizeof(value));
			fprintf(out, "peng_%s{vm=\"%" PRIu32 "\",name=\"%s\",vcpu=\"%" PRIu32 "\"} ",
				name, all->vms.vms[i].id, all->vms.vms[i].name, vcpu->id);
			print_number(out, value, series[which].ns);
		}
	}
}

/* A line of a class of exits, up to its value. */
static void print_class(FILE *out, const char *name, const struct vm_info *vm, uint32_t vcpu,
			unsigned int class)
{
	fprintf(out, "peng_vcpu_%s{vm=\"%" PRIu32 "\",name=\"%s\",vcpu=\"%" PRIu32
		"\",class=\"%s\"", name, vm->id, vm->name, vcpu, name_of_exits(class));
}

/* Every other bound is as much as a graph shows; what is above them all is in +Inf. */
static void print_buckets(FILE *out, const struct vm_info *vm, const struct vcpu_info *vcpu,
			  unsigned int class)
{
	const struct exit_info *exits = &vcpu->exits[class];
	uint64_t sum = 0;

	for (unsigned int i = 0; i < PENG_EXIT_BUCKETS - 1; i++) {
		sum += exits->buckets[i];
		if (i % 2)
			continue;
		print_class(out, "exit_seconds_bucket", vm, vcpu->id, class);
		fprintf(out, ",le=\"%.9g\"} %" PRIu64 "\n", exit_bound(i) / 1e9, sum);
	}
	print_class(out, "exit_seconds_bucket", vm, vcpu->id, class);
	fprintf(out, ",le=\"+Inf\"} %" PRIu64 "\n", exit_timed(exits));
	print_class(out, "exit_seconds_sum", vm, vcpu->id, class);
	fprintf(out, "} ");
	print_number(out, exits->ns, true);
	print_class(out, "exit_seconds_count", vm, vcpu->id, class);
	fprintf(out, "} %" PRIu64 "\n", exit_timed(exits));
}

static void print_count(FILE *out, const struct vm_info *vm, const struct vcpu_info *vcpu,
			unsigned int class)
{
	print_class(out, "class_exits_total", vm, vcpu->id, class);
	fprintf(out, "} ");
	print_number(out, vcpu->exits[class].count, false);
}

static void print_user_time(FILE *out, const struct vm_info *vm, const struct vcpu_info *vcpu,
			    unsigned int class)
{
	print_class(out, "exit_user_seconds_total", vm, vcpu->id, class);
	fprintf(out, "} ");
	print_number(out, vcpu->exits[class].user_ns, true);
}

/* What there is of each class of exits that a vCPU had. */
static const struct {
	const char *name, *type, *help;
	void (*print)(FILE *out, const struct vm_info *vm, const struct vcpu_info *vcpu,
		      unsigned int class);
} of_classes[] = {
	{ "vcpu_class_exits_total", "counter", "Exits to the host kernel by class.", print_count },
	{ "vcpu_exit_seconds", "histogram",
	  "How long the guest was left, from the first look at its vCPUs on.", print_buckets },
	{ "vcpu_exit_user_seconds_total", "counter", "What of it user space had.",
	  print_user_time },
};

static void print_classes(FILE *out, const struct all *all, size_t which)
{
	begin(out, of_classes[which].name, of_classes[which].type, of_classes[which].help);
	for (size_t i = 0; i < all->vms.count; i++)
		for (size_t j = 0; j < all->vcpus[i].count; j++)
			for (unsigned int class = 1; class <= PENG_A_EXITS_MAX; class++)
				if (all->vcpus[i].vcpus[j].exits[class].count)
					of_classes[which].print(out, &all->vms.vms[i],
								&all->vcpus[i].vcpus[j], class);
}

static void print_all(FILE *out, const struct host_info *host, const struct all *all)
{
	begin(out, "info", "gauge", "The module.");
	fprintf(out, "peng_info{version=\"%s\",mode=\"%s\"} 1\n", host->version,
		name_of_mode(host->mode));
	print_vms(out, &all->vms);
	for (size_t i = 0; i < ARRAY_SIZE(series); i++)
		print_series(out, all, i);
	for (size_t i = 0; i < ARRAY_SIZE(of_classes); i++)
		print_classes(out, all, i);
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

static enum status write_metrics(FILE *out)
{
	struct all all = { };
	struct host_info host;
	struct client *client;
	enum status status = client_open(&client);

	if (status == STATUS_OK)
		status = client_get_host(client, &host);
	if (status == STATUS_OK)
		status = read_all(client, &all);
	if (status == STATUS_OK)
		print_all(out, &host, &all);
	for (size_t i = 0; all.vcpus && i < all.vms.count; i++)
		free(all.vcpus[i].vcpus);
	free(all.vcpus);
	free(all.vms.vms);
	client_close(client);
	return status;
}

int cmd_metrics(const struct words *words)
{
	static const struct http_page page = {
		.path = "/metrics",
		.type = "text/plain; version=0.0.4; charset=utf-8",
		.write = write_metrics,
	};

	return words->listen ? http_serve(words->listen, &page) : write_metrics(stdout);
}
