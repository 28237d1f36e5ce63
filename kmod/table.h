/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lookup in, and load-time check of, the module's const sorted tables.
 *
 * A sorted table is an array of rows whose first-class key grows strictly
 * from row to row. Each owner checks its own tables once, at load, in every
 * build: a table that is out of order fails the load instead of losing rows
 * at run time.
 */
#ifndef PENG_TABLE_H
#define PENG_TABLE_H

#include <linux/build_bug.h>
#include <linux/types.h>

/**
 * PENG_TABLE_FIND() - the row whose key equals a value, or NULL
 * @rows: pointer to the first row
 * @nr: number of rows
 * @field: name of the key field; rows are sorted by it, growing
 * @value: key to look for
 *
 * Binary search; may be used in any context.
 */
#define PENG_TABLE_FIND(rows, nr, field, value)				\
({									\
	typeof(&(rows)[0]) found_ = NULL;				\
	size_t low_ = 0, high_ = (nr);					\
	typeof((rows)[0].field) value_ = (value);			\
									\
	while (low_ < high_) {						\
		size_t mid_ = low_ + (high_ - low_) / 2;		\
									\
		if ((rows)[mid_].field < value_) {			\
			low_ = mid_ + 1;				\
		} else if ((rows)[mid_].field > value_) {		\
			high_ = mid_;					\
		} else {						\
			found_ = &(rows)[mid_];				\
			break;						\
		}							\
	}								\
	found_;								\
})

/**
 * PENG_TABLE_SORTED() - whether the keys of a table grow strictly
 * @rows: pointer to the first row
 * @nr: number of rows
 * @field: name of the key field
 */
#define PENG_TABLE_SORTED(rows, nr, field)				\
({									\
	bool sorted_ = true;						\
	size_t i_;							\
									\
	for (i_ = 1; i_ < (nr); i_++)					\
		if ((rows)[i_ - 1].field >= (rows)[i_].field)		\
			sorted_ = false;				\
	sorted_;							\
})

#endif /* PENG_TABLE_H */
