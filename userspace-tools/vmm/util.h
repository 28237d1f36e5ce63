/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few macros that every part of the launcher uses, and report(), the one
 * way in which it tells its user that something went wrong: one line, which
 * names what failed and what to do about it.
 */
#ifndef PENG_VMM_UTIL_H
#define PENG_VMM_UTIL_H

#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define container_of(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

static inline uint64_t align_up(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

static inline size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/**
 * report() - tell the user why the launcher cannot go on
 * @format: printf format of the line, without the program's name and newline
 *
 * Context: any thread; the line goes out in one write, errno stays as it is.
 */
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * report_to() - have the report()s of this thread go to a text instead
 * @text: set to the first of them, empty without; NULL: standard error again
 * @size: room there
 */
void report_to(char *text, size_t size);

#endif
