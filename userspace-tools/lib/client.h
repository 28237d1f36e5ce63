/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client of peng's generic netlink family (uapi/linux/peng.h), on libnl. Its
 * functions tell the user what went wrong and what to do about it, in one line,
 * and return what the program is to end with.
 */
#ifndef PENG_LIB_CLIENT_H
#define PENG_LIB_CLIENT_H

#include "../../uapi/linux/peng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit status of the commands that watch and steer; documented in peng-ls(1). */
enum status {
	STATUS_OK,
	STATUS_FAILED,
	STATUS_USAGE,
	STATUS_NO_VM,
	STATUS_DENIED,
	STATUS_NO_MODULE,
};

/* Limits of the host, in the order of their attributes. */
enum host_limit {
	HOST_MAX_VMS,
	HOST_MAX_VCPUS,
	HOST_MAX_VMS_PER_USER,
	HOST_MAX_VCPUS_PER_USER,
	HOST_LIMITS,
};

/**
 * struct host_info - the host
 * @version: of the module
 * @mode: PENG_MODE_*
 * @vmid_bits: width of VMIDs
 * @ipa_bits: most that a guest's addresses can have
 * @list_registers: of the vGIC
 * @lines: PENG_LINES_*
 * @features: bits of PENG_HOST_FEATURE_*
 * @vms: how many there are, of all users
 * @vcpus: how many they have
 * @max: how many there may be, by enum host_limit; 0 for no limit
 */
struct host_info {
	char version[32];
	uint32_t mode;
	uint32_t vmid_bits;
	uint32_t ipa_bits;
	uint32_t list_registers;
	uint32_t lines;
	uint32_t features;
	uint32_t vms;
	uint32_t vcpus;
	uint32_t max[HOST_LIMITS];
};

/**
 * struct fault_info - what a vCPU cannot go on for
 * @kind: PENG_FAULT_*
 * @vcpu: its id
 * @error: errno of KVM_RUN; 0 for none
 * @pc: where the guest was
 * @abort: it was one; else the next two are 0
 * @syndrome: ESR_EL2
 * @ipa: guest physical address
 * @suppressed: how many were not told before it
 */
struct fault_info {
	uint32_t kind;
	uint32_t vcpu;
	uint32_t error;
	uint64_t pc;
	bool abort;
	uint64_t syndrome;
	uint64_t ipa;
	uint32_t suppressed;
};

#define BLOCK_SIZES	3	/* of levels 3, 2 and 1 of Stage-2 */

/**
 * struct vm_info - a VM, as PENG_CMD_VM_GET or an event describes it
 * @id: number
 * @name: empty where it has none
 * @pid: of its maker; 0 where it is not to be seen from here
 * @uid: of its maker
 * @created: nanoseconds since 1970
 * @state: PENG_VM_STATE_*; not of events
 * @vcpus: how many; not of events
 * @slots: of memory; not of events
 * @memory: bytes in them; not of events
 * @reason: PENG_REASON_*; of PENG_CMD_VM_DESTROYED_NTF alone
 * @quota: CPU time that it may have in each period, in microseconds; 0 for no limit
 * @period: in microseconds; 0 where there is no limit
 * @throttled: periods in which a vCPU had to wait for the next
 * @throttled_ns: for how long vCPUs have waited
 * @cgroup: path of its cgroup; empty where it has none
 * @mapped: bytes that Stage-2 maps by pages, and by blocks of the next sizes; not of events
 * @fault: of PENG_CMD_VM_FAULT_NTF alone
 */
struct vm_info {
	uint32_t id;
	char name[PENG_VM_NAME_MAX + 1];
	uint32_t pid;
	uint32_t uid;
	uint64_t created;
	uint32_t state;
	uint32_t vcpus;
	uint32_t slots;
	uint64_t memory;
	uint32_t reason;
	uint32_t quota;
	uint32_t period;
	uint64_t throttled;
	uint64_t throttled_ns;
	char cgroup[PENG_CGROUP_MAX + 1];
	uint64_t mapped[BLOCK_SIZES];
	struct fault_info fault;
};

/**
 * struct exit_info - exits of one class
 * @count: how many
 * @ns: for how long the guest was left for those that were timed
 * @user_ns: what of it user space had
 * @buckets: how many of these were how long: PENG_A_EXIT_BUCKETS
 */
struct exit_info {
	uint64_t count;
	uint64_t ns;
	uint64_t user_ns;
	uint64_t buckets[PENG_EXIT_BUCKETS];
};

/**
 * struct vcpu_info - a vCPU
 * @id: number
 * @state: PENG_VCPU_STATE_*
 * @cpu: of the host, where it was last; -1 for none
 * @tid: thread that ran it last; 0 for none that is left
 * @run_ns: for how long that thread had a CPU
 * @guest_ns: for how long the vCPU was in the guest, whichever threads ran it
 * @steal_ns: for how long the thread was ready and had none
 * @counters: by PENG_A_COUNTER_*
 * @exits: by PENG_A_EXITS_*
 */
struct vcpu_info {
	uint32_t id;
	uint32_t state;
	int cpu;
	uint32_t tid;
	uint64_t run_ns;
	uint64_t guest_ns;
	uint64_t steal_ns;
	uint64_t counters[PENG_A_COUNTER_MAX + 1];
	struct exit_info exits[PENG_A_EXITS_MAX + 1];
};

/** client_block_size() - of @mapped[i], in bytes; 0 where this host has none. */
uint64_t client_block_size(int i);

/** struct vm_list - VMs, in the order of their numbers; to be freed by free(vms) */
struct vm_list {
	struct vm_info *vms;
	size_t count;
};

/** struct vcpu_list - vCPUs, in the order of their creation; freed by free(vcpus) */
struct vcpu_list {
	struct vcpu_info *vcpus;
	size_t count;
};

struct client;

/**
 * client_event_fn - what happened to a VM
 * @cmd: PENG_CMD_VM_*_NTF; 0 where events were lost
 * @vm: which; not where events were lost
 *
 * Return: whether to go on listening.
 */
typedef bool (*client_event_fn)(int cmd, const struct vm_info *vm, void *arg);

/** client_try() - find the family; *client is to be closed, also after a failure (*why). */
enum status client_try(struct client **client, const char **why);
/** client_open() - the same; the user hears of a failure. */
enum status client_open(struct client **client);
/** client_open_vm() - and find the VM that the user means by @text, a number or a name. */
enum status client_open_vm(struct client **client, const char *text, struct vm_info *vm);
void client_close(struct client *client);

enum status client_get_host(struct client *client, struct host_info *host);
/** client_set_host_limits() - those of @max whose bit is in @set; 0 for no limit. */
enum status client_set_host_limits(struct client *client, const uint32_t *max, unsigned int set);

/** client_find_own() - the youngest VM of this process; without a line to the user. */
enum status client_find_own(struct client *client, struct vm_info *vm);
enum status client_list_vms(struct client *client, struct vm_list *list);
/** client_list_vms_of() - those of the cgroup of that number. */
enum status client_list_vms_of(struct client *client, uint64_t cgroup, struct vm_list *list);
enum status client_list_vcpus(struct client *client, const struct vm_info *vm,
			      struct vcpu_list *list);
/** client_list_vcpus_left() - the same; a VM that has ended has none. */
enum status client_list_vcpus_left(struct client *client, const struct vm_info *vm,
				   struct vcpu_list *list);

/** client_steer() - PENG_CMD_VM_*: with @name where that is not NULL. */
enum status client_steer(struct client *client, int cmd, const struct vm_info *vm,
			 const char *name);
/** client_try_steer() - the same, without a line to the user; *why where it failed. */
enum status client_try_steer(struct client *client, int cmd, const struct vm_info *vm,
			     const char **why);

/** client_set_limits() - PENG_CMD_VM_SET_LIMITS; in microseconds, no limit where @quota is 0. */
enum status client_set_limits(struct client *client, const struct vm_info *vm, uint32_t quota,
			      uint32_t period);

/** client_join() - hear of all that happens to VMs from now on. */
enum status client_join(struct client *client);
/** client_listen() - after client_join(); returns when @event does not go on. */
enum status client_listen(struct client *client, client_event_fn event, void *arg);

#endif
