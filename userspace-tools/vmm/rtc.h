/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PL031 real-time clock (ARM DDI 0224): the host's wall clock plus an offset
 * that the guest may set, and an alarm.
 */
#ifndef PENG_VMM_RTC_H
#define PENG_VMM_RTC_H

#include "bus.h"
#include "loop.h"

#include <pthread.h>

struct vm;

/**
 * struct rtc - a PL031
 * @vm: its machine
 * @region: its window
 * @alarm: timer of the alarm, in the main loop
 * @lock: all below; vCPU threads and the main loop
 * @offset: what the guest's clock is ahead of the host's, in seconds
 * @match: time of the alarm
 * @load: time last set
 * @mask: the alarm's interrupt is unmasked
 * @raised: the alarm went off
 */
struct rtc {
	struct vm *vm;
	struct bus_region region;
	struct loop_source alarm;
	pthread_mutex_t lock;
	uint32_t offset;
	uint32_t match;
	uint32_t load;
	bool mask;
	bool raised;
};

/** rtc_create() - put a clock on the bus. Return: 0 or -errno. */
int rtc_create(struct rtc *rtc, struct vm *vm);

/** rtc_destroy() - free what it holds; no vCPU runs. */
void rtc_destroy(struct rtc *rtc);

#endif
