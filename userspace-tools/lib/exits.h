/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vCPUs have done, as numbers that can be added and subtracted: their counters,
 * and their exits by class with how long they took.
 */
#ifndef PENG_LIB_EXITS_H
#define PENG_LIB_EXITS_H

#include "client.h"

/**
 * struct activity - what the vCPUs of a VM have done together
 * @ns: when, by CLOCK_MONOTONIC; of a difference for how long
 * @vcpus: how many there are
 * @counters: by PENG_A_COUNTER_*
 * @exits: by PENG_A_EXITS_*
 */
struct activity {
	uint64_t ns;
	size_t vcpus;
	uint64_t counters[PENG_A_COUNTER_MAX + 1];
	struct exit_info exits[PENG_A_EXITS_MAX + 1];
};

/** activity_add() - one more vCPU. */
void activity_add(struct activity *sum, const struct vcpu_info *vcpu);
/** activity_since() - the difference; what `peng reset` had begin anew counts from there. */
struct activity activity_since(const struct activity *from, const struct activity *to);

/** exit_add() - exits of one class more. */
void exit_add(struct exit_info *sum, const struct exit_info *exits);
/** exit_since() - the difference, as above. */
struct exit_info exit_since(const struct exit_info *from, const struct exit_info *to);

/** exit_timed() - how many were timed: of these are the times. */
uint64_t exit_timed(const struct exit_info *exits);
/** exit_mean() - nanoseconds; 0 where none was timed. */
uint64_t exit_mean(const struct exit_info *exits);
/**
 * exit_quantile() - how long the share @part of exits took at most
 *
 * Within a bucket times are taken to be spread evenly; of the last, which has no end,
 * the beginning is given.
 */
uint64_t exit_quantile(const struct exit_info *exits, double part);
/** exit_bound() - where a bucket ends, in nanoseconds; the last does not. */
uint64_t exit_bound(unsigned int bucket);

#endif
