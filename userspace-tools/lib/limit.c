// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shares of CPU time and sets of CPUs, to and from text.
 */
#include "limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool limit_read_share(const char *text, uint32_t period, uint32_t *quota)
{
	double percent, time;
	char *end;

	*quota = 0;
	if (!strcmp(text, "none"))
		return true;
	percent = strtod(text, &end);
	if (!is_digit(*text) || (*end && strcmp(end, "%")))
		return false;
	time = percent * period / 100;
	if (time != 0 && !(time >= LIMIT_MIN_QUOTA && time <= LIMIT_MAX_QUOTA))
		return false;
	*quota = (uint32_t)time;
	return true;
}

/* A number of a CPU; the text goes on behind it. */
static bool read_cpu(const char **text, unsigned long *cpu)
{
	char *end;

	if (!is_digit(**text))
		return false;
	*cpu = strtoul(*text, &end, 10);
	*text = end;
	return *cpu < CPU_SETSIZE;
}

/* A CPU, or from one up to another. */
static bool read_range(const char **text, cpu_set_t *cpus)
{
	unsigned long first, last;

	if (!read_cpu(text, &first))
		return false;
	last = first;
	if (**text == '-') {
		++*text;
		if (!read_cpu(text, &last))
			return false;
	}
	for (unsigned long cpu = first; cpu <= last; cpu++)
		CPU_SET(cpu, cpus);
	return first <= last;
}

bool limit_read_cpus(const char *text, cpu_set_t *cpus)
{
	CPU_ZERO(cpus);
	if (!strcmp(text, "none")) {
		memset(cpus, 0xff, sizeof(*cpus));
		return true;
	}
	while (read_range(&text, cpus)) {
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
	return false;
}

char *limit_write_cpus(char *text, const cpu_set_t *cpus)
{
	int length = 0;

	text[0] = '\0';
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		int first = cpu;

		if (!CPU_ISSET(cpu, cpus))
			continue;
		while (cpu + 1 < CPU_SETSIZE && CPU_ISSET(cpu + 1, cpus))
			cpu++;
		length += snprintf(text + length, LIMIT_TEXT_MAX - length, "%s%d", length ? "," : "",
				   first);
		if (cpu > first)
			length += snprintf(text + length, LIMIT_TEXT_MAX - length, "-%d", cpu);
	}
	return text;
}
