// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON by jansson. Its functions take a NULL for a failure and hand it on, so that
 * one check at the end finds all want of memory.
 */
#include "json.h"
#include "names.h"
#include "text.h"
#include "../vmm/util.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *json_of_time(uint64_t ns)
{
	char text[TEXT_MAX];

	return json_string(text_time(text, ns));
}

/* What identifies a VM, in events, too. */
static json_t *json_of_identity(const struct vm_info *vm)
{
	return json_pack("{s:I, s:o, s:o, s:I, s:o}",
			 "id", (json_int_t)vm->id,
			 "name", vm->name[0] ? json_string(vm->name) : json_null(),
			 "pid", vm->pid ? json_integer(vm->pid) : json_null(),
			 "uid", (json_int_t)vm->uid,
			 "created", json_of_time(vm->created));
}

static json_t *json_of_mapped(const struct vm_info *vm)
{
	json_t *array = json_array();

	for (int i = 0; i < BLOCK_SIZES && client_block_size(i); i++)
		json_array_append_new(array, json_pack("{s:I, s:I}",
						       "block", (json_int_t)client_block_size(i),
						       "bytes", (json_int_t)vm->mapped[i]));
	return array;
}

json_t *json_of_vm(const struct vm_info *vm)
{
	json_t *object = json_of_identity(vm);

	json_object_set_new(object, "state", json_string(name_of_vm_state(vm->state)));
	json_object_set_new(object, "vcpus", json_integer(vm->vcpus));
	json_object_set_new(object, "slots", json_integer(vm->slots));
	json_object_set_new(object, "memory", json_integer(vm->memory));
	json_object_set_new(object, "quota_us", vm->quota ? json_integer(vm->quota) : json_null());
	json_object_set_new(object, "period_us", vm->quota ? json_integer(vm->period) : json_null());
	json_object_set_new(object, "throttled", json_integer(vm->throttled));
	json_object_set_new(object, "throttled_ns", json_integer(vm->throttled_ns));
	json_object_set_new(object, "cgroup", vm->cgroup[0] ? json_string(vm->cgroup) : json_null());
	json_object_set_new(object, "mapped", json_of_mapped(vm));
	return object;
}

static json_t *json_of_counters(const uint64_t *counters)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i <= PENG_A_COUNTER_MAX; i++)
		if (name_of_counter(i))
			json_object_set_new(object, name_of_counter(i), json_integer(counters[i]));
	return object;
}

static json_t *json_of_buckets(const uint64_t *buckets)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < PENG_EXIT_BUCKETS; i++)
		json_array_append_new(array, json_integer(buckets[i]));
	return array;
}

/* Classes without exits are left out. */
static json_t *json_of_exits(const struct exit_info *exits)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i <= PENG_A_EXITS_MAX; i++)
		if (exits[i].count)
			json_object_set_new(object, name_of_exits(i),
					    json_pack("{s:I, s:I, s:I, s:o}",
						      "count", (json_int_t)exits[i].count,
						      "ns", (json_int_t)exits[i].ns,
						      "user_ns", (json_int_t)exits[i].user_ns,
						      "buckets", json_of_buckets(exits[i].buckets)));
	return object;
}

json_t *json_of_vcpu(const struct vcpu_info *vcpu)
{
	return json_pack("{s:I, s:s, s:o, s:o, s:I, s:I, s:I, s:o, s:o}",
			 "id", (json_int_t)vcpu->id,
			 "state", name_of_vcpu_state(vcpu->state),
			 "cpu", vcpu->cpu < 0 ? json_null() : json_integer(vcpu->cpu),
			 "tid", vcpu->tid ? json_integer(vcpu->tid) : json_null(),
			 "run_ns", (json_int_t)vcpu->run_ns,
			 "guest_ns", (json_int_t)vcpu->guest_ns,
			 "steal_ns", (json_int_t)vcpu->steal_ns,
			 "counters", json_of_counters(vcpu->counters),
			 "exit_classes", json_of_exits(vcpu->exits));
}

static json_t *json_of_now(void)
{
	return json_of_time(text_now(CLOCK_REALTIME));
}

json_t *json_of_change(const struct vm_info *vm, const struct activity *change)
{
	return json_pack("{s:o, s:f, s:o, s:I, s:o, s:o}",
			 "time", json_of_now(),
			 "seconds", change->ns / 1e9,
			 "vm", json_of_identity(vm),
			 "vcpus", (json_int_t)change->vcpus,
			 "counters", json_of_counters(change->counters),
			 "exit_classes", json_of_exits(change->exits));
}

static json_t *json_of_bytes(const uint64_t *bytes)
{
	return bytes ? json_integer(*bytes) : json_null();
}

json_t *json_of_limits(const struct vm_info *vm, const uint64_t *memory, const uint64_t *used,
		       json_t *vcpus)
{
	return json_pack("{s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o}",
			 "vm", json_of_identity(vm),
			 "quota_us", vm->quota ? json_integer(vm->quota) : json_null(),
			 "period_us", vm->quota ? json_integer(vm->period) : json_null(),
			 "throttled", (json_int_t)vm->throttled,
			 "throttled_ns", (json_int_t)vm->throttled_ns,
			 "memory_max", json_of_bytes(memory),
			 "memory_used", json_of_bytes(used),
			 "vcpus", vcpus);
}

json_t *json_of_listening(void)
{
	return json_pack("{s:o, s:s}", "time", json_of_now(), "event", "listening");
}

static json_t *json_of_hex(uint64_t value)
{
	return json_sprintf("0x%" PRIx64, value);
}

static json_t *json_of_fault(const struct fault_info *fault)
{
	return json_pack("{s:s, s:I, s:I, s:o, s:o, s:o, s:I}",
			 "kind", name_of_fault(fault->kind),
			 "vcpu", (json_int_t)fault->vcpu,
			 "error", (json_int_t)fault->error,
			 "pc", json_of_hex(fault->pc),
			 "syndrome", fault->abort ? json_of_hex(fault->syndrome) : json_null(),
			 "ipa", fault->abort ? json_of_hex(fault->ipa) : json_null(),
			 "suppressed", (json_int_t)fault->suppressed);
}

json_t *json_of_event(int cmd, const struct vm_info *vm)
{
	json_t *object = json_pack("{s:o, s:s}", "time", json_of_now(),
				   "event", cmd ? name_of_event(cmd) : "lost");

	if (cmd)
		json_object_set_new(object, "vm", json_of_identity(vm));
	if (cmd == PENG_CMD_VM_DESTROYED_NTF)
		json_object_set_new(object, "reason", json_string(name_of_reason(vm->reason)));
	if (cmd == PENG_CMD_VM_FAULT_NTF)
		json_object_set_new(object, "fault", json_of_fault(&vm->fault));
	return object;
}

void json_print(json_t *value)
{
	if (json_dumpf(value, stdout, JSON_COMPACT)) {
		report("out of memory");
		exit(STATUS_FAILED);
	}
	putchar('\n');
	fflush(stdout);
	json_decref(value);
}
