// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line to the launcher, and its answer as a status.
 */
#include "ask.h"
#include "../vmm/control.h"
#include "../vmm/util.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

_Static_assert(ASK_MAX > CONTROL_ANSWER_MAX + 1, "an answer fits");

enum status ask_launcher(const struct home *home, char *answer, const char *format, ...)
{
	char line[CONTROL_LINE_MAX], whole[ASK_MAX];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line) - 1, format, arguments);
	va_end(arguments);
	if (length < 0 || length >= (int)sizeof(line) - 1 || strchr(line, '\n')) {
		report("too long or with a line break: %.64s...; give another name", line);
		return STATUS_USAGE;
	}
	strcpy(line + length, "\n");
	if (!home_say(line, whole, sizeof(whole))) {
		report("%s does not run; start it first", home->name);
		return STATUS_FAILED;
	}
	if (!strncmp(whole, "ok", 2)) {
		strcpy(answer, whole + 2 + (whole[2] == ' '));
		return STATUS_OK;
	}
	report("%s: %s", home->name, strncmp(whole, "error ", 6) ? whole : whole + 6);
	return STATUS_FAILED;
}
