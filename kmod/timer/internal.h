/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between timer.c and user.c.
 */
#ifndef PENG_TIMER_INTERNAL_H
#define PENG_TIMER_INTERNAL_H

#include "timer.h"

/* The counter that a timer compares with, now. */
u64 peng_timer_count(const struct peng_vm *vm, enum peng_timer_index i);

#endif /* PENG_TIMER_INTERNAL_H */
