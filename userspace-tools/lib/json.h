/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What --json prints. Keys are only ever added; Documentation/peng-watch.rst has
 * the list. Times are strings in UTC (RFC 3339), sizes are bytes, what is not known
 * is null.
 */
#ifndef PENG_LIB_JSON_H
#define PENG_LIB_JSON_H

#include "exits.h"

#include <jansson.h>

/** json_of_vm() - a VM as `peng ls` and `peng show` have it. */
json_t *json_of_vm(const struct vm_info *vm);
json_t *json_of_vcpu(const struct vcpu_info *vcpu);
/** json_of_change() - what a VM's vCPUs did, as `peng stat` has it. */
json_t *json_of_change(const struct vm_info *vm, const struct activity *change);
/**
 * json_of_limits() - what a VM may have of the host, as `peng limit` has it
 * @vm: VM
 * @memory: bytes that it may have; NULL for no limit
 * @used: bytes that it has; NULL where nobody knows
 * @vcpus: where they may run; taken
 */
json_t *json_of_limits(const struct vm_info *vm, const uint64_t *memory, const uint64_t *used,
		       json_t *vcpus);
/** json_of_listening() - the first line of events: nothing is missed from here on. */
json_t *json_of_listening(void);
/** json_of_event() - as client_event_fn gets it; 0 means that events were lost. */
json_t *json_of_event(int cmd, const struct vm_info *vm);

/** json_print() - one line, at once; takes the reference. */
void json_print(json_t *value);

#endif
