// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the launcher speaks of errors. A line is put together first and written
 * at once, so that lines of several threads, and the guest's own output on the
 * same terminal, do not mix within a line.
 */
#include "util.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static _Thread_local struct {
	char *text;
	size_t size;
} redirected;

void report_to(char *text, size_t size)
{
	redirected.text = text;
	redirected.size = size;
	if (text)
		text[0] = '\0';
}

/* The first is the cause of the others. Return: whether it was for somebody. */
static bool redirect(const char *format, va_list arguments)
{
	if (!redirected.text)
		return false;
	if (!redirected.text[0])
		vsnprintf(redirected.text, redirected.size, format, arguments);
	return true;
}

void report(const char *format, ...)
{
	static const char prefix[] = "peng: ";
	char line[1024];
	size_t length = sizeof(prefix) - 1;
	int error = errno;
	va_list arguments;
	int n;

	__builtin_memcpy(line, prefix, length);
	va_start(arguments, format);
	if (redirect(format, arguments)) {
		va_end(arguments);
		errno = error;
		return;
	}
	n = vsnprintf(line + length, sizeof(line) - length - 1, format, arguments);
	va_end(arguments);
	if (n < 0)
		return;
	length = min_size(length + n, sizeof(line) - 2);
	line[length++] = '\n';
	/* Nobody is left to hear of a failure. Callers go on to return errno. */
	if (write(STDERR_FILENO, line, length) < 0)
		n = 0;
	errno = error;
}
