/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers as people read them, and colours where a terminal shows them.
 */
#ifndef PENG_LIB_TEXT_H
#define PENG_LIB_TEXT_H

#include <stdint.h>
#include <time.h>

/* Room that each of the functions below needs; all return it. */
#define TEXT_MAX 64

/** text_size() - bytes, in the largest binary unit that leaves a number over 1. */
char *text_size(char *text, uint64_t bytes);
/** text_duration() - in its two largest units. */
char *text_duration(char *text, uint64_t ns);
/** text_time() - nanoseconds since 1970, in UTC as RFC 3339 has it. */
char *text_time(char *text, uint64_t ns);
/** text_user() - name of a user, or the number of one who has none. */
char *text_user(char *text, uint32_t uid);

static inline uint64_t text_ns(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

/**
 * text_print_word() - a word that may have a colour
 * @word: a state, an event or a reason
 * @width: blanks follow up to here
 *
 * Only on a terminal, and not where NO_COLOR is set.
 */
void text_print_word(const char *word, int width);

#endif
