/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making the host swap: for tests of what becomes of guest memory meanwhile.
 */
#ifndef SELFTESTS_LIB_SWAP_H
#define SELFTESTS_LIB_SWAP_H

#include <stdbool.h>
#include <linux/types.h>

/* What stands behind @key, with its colon or space, in a file of /proc. */
u64 host_count(const char *file, const char *key);
/* Swap space: the host's own, or a small disk in memory that becomes it. */
bool host_have_swap(void);
/* Pages that have gone out since the host started. */
u64 host_swapped_out(void);
/* Tell the kernel that a range may go out; what is young only becomes old. */
void host_page_out(void *p, u64 size);

#endif
