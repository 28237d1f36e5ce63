/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counters whose rates `peng stat` and `peng top` show, in their order. A counter
 * that is to be seen in both is one row of rates.c.
 */
#ifndef PENG_RATES_H
#define PENG_RATES_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct rate - a column
 * @title: above it
 * @counter: PENG_A_COUNTER_*
 * @top: also in `peng top`, whose lines have less room
 */
struct rate {
	const char *title;
	int counter;
	bool top;
};

/* The @i-th column; NULL behind the last. */
const struct rate *rate_at(size_t i);

#endif
