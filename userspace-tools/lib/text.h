/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers as people read and write them; progress and colours where a terminal shows
 * them.
 */
#ifndef PENG_LIB_TEXT_H
#define PENG_LIB_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Room that each of the functions below needs; all return it. */
#define TEXT_MAX 64

/** text_size() - bytes, in the largest binary unit that leaves a number over 1. */
char *text_size(char *text, uint64_t bytes);
/** text_duration() - in its two largest units. */
char *text_duration(char *text, uint64_t ns);
/** text_short() - a time that is mostly below a second, in three digits and its unit. */
char *text_short(char *text, uint64_t ns);
/** text_time() - nanoseconds since 1970, in UTC as RFC 3339 has it. */
char *text_time(char *text, uint64_t ns);
/** text_user() - name of a user, or the number of one who has none. */
char *text_user(char *text, uint32_t uid);

/** text_now() - a clock's time in nanoseconds. */
static inline uint64_t text_now(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/** text_print_now() - the time of day in milliseconds. */
void text_print_now(void);
/** text_flush() - after a line; false where nobody reads on, as in `peng stat web | head -1`. */
bool text_flush(void);

/** text_read_size() - bytes from "512M" or "4G", M without a unit; whether it is a size. */
bool text_read_size(const char *text, uint64_t *bytes);

/** text_progress() - how far something is: the line that is shown until the next, or the end. */
void text_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** text_end_progress() - take it away. Both only on a terminal, on standard error. */
void text_end_progress(void);

/**
 * text_print_word() - a word that may have a colour
 * @word: a state, an event or a reason
 * @width: blanks follow up to here
 *
 * Only on a terminal, and not where NO_COLOR is set.
 */
void text_print_word(const char *word, int width);

#endif
