// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one way in which the library gives up: a TAP comment that names the
 * place, then the end of the process, which the harness counts as a failure.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "vm.h"

void report_die(const char *file, int line, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	/* One write, so that lines of several threads do not mix. */
	dprintf(STDERR_FILENO, "# %s:%d: %s\n", file, line, text);
	_exit(1);
}
