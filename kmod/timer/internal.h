/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of timer/.
 */
#ifndef PENG_TIMER_INTERNAL_H
#define PENG_TIMER_INTERNAL_H

#include "timer.h"

/* The counter that a timer compares with, now. */
u64 peng_timer_count(const struct peng_vm *vm, enum peng_timer_index i);

/* No time at which a timer expires. */
#define PENG_TIMER_NEVER	U64_MAX

/* ptimer.c: @ns until it expires, 0 where it has. */
void peng_ptimer_init(struct peng_vcpu *vcpu);
void peng_ptimer_destroy(struct peng_vcpu *vcpu);
void peng_ptimer_flush(struct peng_vcpu *vcpu, u64 ns);

#endif /* PENG_TIMER_INTERNAL_H */
