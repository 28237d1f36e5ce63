// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the launcher speaks of errors. A line is put together first and written
 * at once, so that lines of several threads, and the guest's own output on the
 * same terminal, do not mix within a line.
 */
#include "util.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

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
