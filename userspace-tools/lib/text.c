// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sizes, times, users, progress and colours.
 */
#include "text.h"
#include "../vmm/util.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

char *text_size(char *text, uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	unsigned int unit = 0;
	uint64_t rest = 0;

	while (bytes >= 1024) {
		rest = bytes % 1024;
		bytes /= 1024;
		unit++;
	}
	if (rest && bytes < 100)
		snprintf(text, TEXT_MAX, "%" PRIu64 ".%" PRIu64 "%c", bytes, rest * 10 / 1024,
			 units[unit]);
	else
		snprintf(text, TEXT_MAX, "%" PRIu64 "%c", bytes, units[unit]);
	return text;
}

/* Bits to shift by for a unit; MiB where none is given. Negative: no such unit. */
static int unit_shift(const char *unit)
{
	static const struct {
		char letter;
		int shift;
	} units[] = {
		{ '\0', 20 }, { 'K', 10 }, { 'M', 20 }, { 'G', 30 }, { 'T', 40 },
		{ 'k', 10 }, { 'm', 20 }, { 'g', 30 }, { 't', 40 },
	};

	if (unit[0] && unit[1])
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (units[i].letter == unit[0])
			return units[i].shift;
	return -1;
}

bool text_read_size(const char *text, uint64_t *bytes)
{
	unsigned long long size;
	char *end;
	int shift;

	errno = 0;
	size = strtoull(text, &end, 10);
	shift = unit_shift(end);
	if (*text < '0' || *text > '9' || errno || shift < 0 || size > UINT64_MAX >> shift)
		return false;
	*bytes = (uint64_t)size << shift;
	return true;
}

void text_progress(const char *format, ...)
{
	va_list arguments;

	if (!isatty(STDERR_FILENO))
		return;
	va_start(arguments, format);
	dprintf(STDERR_FILENO, "\r\033[K");
	vdprintf(STDERR_FILENO, format, arguments);
	va_end(arguments);
}

void text_end_progress(void)
{
	if (isatty(STDERR_FILENO))
		dprintf(STDERR_FILENO, "\r\033[K");
}

char *text_duration(char *text, uint64_t ns)
{
	static const struct {
		unsigned int seconds;
		char name, part;
		unsigned int part_seconds;
	} units[] = {
		{ 86400, 'd', 'h', 3600 },
		{ 3600, 'h', 'm', 60 },
		{ 60, 'm', 's', 1 },
	};
	uint64_t seconds = ns / NS_PER_S;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (seconds < units[i].seconds)
			continue;
		snprintf(text, TEXT_MAX, "%" PRIu64 "%c%02" PRIu64 "%c", seconds / units[i].seconds,
			 units[i].name, seconds % units[i].seconds / units[i].part_seconds,
			 units[i].part);
		return text;
	}
	snprintf(text, TEXT_MAX, "%" PRIu64 ".%" PRIu64 "s", seconds, ns % NS_PER_S * 10 / NS_PER_S);
	return text;
}

char *text_short(char *text, uint64_t ns)
{
	static const char * const units[] = { "ns", "us", "ms", "s" };
	double number = ns;
	size_t unit = 0;

	while (number >= 999.5 && unit < ARRAY_SIZE(units) - 1) {
		number /= 1000;
		unit++;
	}
	snprintf(text, TEXT_MAX, "%.*f%s", unit && number < 99.95 ? 1 : 0, number, units[unit]);
	return text;
}

char *text_time(char *text, uint64_t ns)
{
	time_t seconds = ns / NS_PER_S;
	struct tm parts;
	size_t length;

	gmtime_r(&seconds, &parts);
	length = strftime(text, TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(text + length, TEXT_MAX - length, ".%09" PRIu64 "Z", (uint64_t)(ns % NS_PER_S));
	return text;
}

void text_print_now(void)
{
	char text[TEXT_MAX];

	/* Of 1970-01-01T00:00:00.000000000Z the middle. */
	printf("%.12s", text_time(text, text_now(CLOCK_REALTIME)) + 11);
}

bool text_flush(void)
{
	return !fflush(stdout) && !ferror(stdout);
}

char *text_user(char *text, uint32_t uid)
{
	const struct passwd *user = getpwuid(uid);

	if (user && strlen(user->pw_name) < TEXT_MAX)
		return strcpy(text, user->pw_name);
	snprintf(text, TEXT_MAX, "%" PRIu32, uid);
	return text;
}

static bool use_colour(void)
{
	const char *terminal = getenv("TERM"), *none = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(none && *none) && terminal && strcmp(terminal, "dumb");
}

/* Green goes, yellow waits for somebody, red is the end. */
static const struct {
	const char *word;
	const char *colour;
} colours[] = {
	{ "ok", "32" },
	{ "running", "32" },
	{ "started", "32" },
	{ "resumed", "32" },
	{ "paused", "33" },
	{ "suspended", "33" },
	{ "throttled", "33" },
	{ "bad", "31" },
	{ "lost", "31" },
	{ "dead", "31" },
	{ "killed", "31" },
	{ "error", "31" },
};

void text_print_word(const char *word, int width)
{
	const char *colour = NULL;

	for (size_t i = 0; use_colour() && i < ARRAY_SIZE(colours); i++)
		if (!strcmp(colours[i].word, word))
			colour = colours[i].colour;
	if (colour)
		printf("\033[%sm%-*s\033[0m", colour, width, word);
	else
		printf("%-*s", width, word);
}
