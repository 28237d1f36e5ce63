/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How limits are written: a share of the host's CPU time, and a set of its CPUs.
 */
#ifndef PENG_LIB_LIMIT_H
#define PENG_LIB_LIMIT_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In microseconds; what PENG_CMD_VM_SET_LIMITS takes. */
#define LIMIT_MIN_QUOTA		1000
#define LIMIT_MAX_QUOTA		512000000
#define LIMIT_PERIOD		100000

/* Room for any set of CPUs. */
#define LIMIT_TEXT_MAX	4096

/**
 * limit_read_share() - CPU time as a percentage of one CPU
 * @text: "50", "12.5%", "400"; "none" or "0" for no limit
 * @period: in which it is given, in microseconds
 * @quota: in microseconds; 0 for no limit
 *
 * Return: whether it is one that a VM can have.
 */
bool limit_read_share(const char *text, uint32_t period, uint32_t *quota);

/** limit_read_cpus() - "0-3,8", or "none" for all that there are; whether it is such a list. */
bool limit_read_cpus(const char *text, cpu_set_t *cpus);

/** limit_write_cpus() - the same as a list, for which there is LIMIT_TEXT_MAX; returns it. */
char *limit_write_cpus(char *text, const cpu_set_t *cpus);

#endif
