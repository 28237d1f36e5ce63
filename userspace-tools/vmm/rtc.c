// SPDX-License-Identifier: GPL-2.0-only
/*
 * PL031: one row for each register. Time is counted in 32 bits of seconds, as
 * the hardware does.
 */
#include "rtc.h"
#include "gic.h"
#include "layout.h"
#include "util.h"
#include "vm.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* Offsets of registers, divided by 4. */
enum {
	RTCDR = 0x00 / 4,
	RTCMR = 0x04 / 4,
	RTCLR = 0x08 / 4,
	RTCCR = 0x0c / 4,
	RTCIMSC = 0x10 / 4,
	RTCRIS = 0x14 / 4,
	RTCMIS = 0x18 / 4,
	RTCICR = 0x1c / 4,
	RTC_REGISTERS,
};

/* Peripheral and cell identification, 0xfe0 on: PL031 r1p0. */
#define ID_OFFSET 0xfe0
static const uint8_t ids[] = { 0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static uint32_t read_time(struct rtc *rtc)
{
	return (uint32_t)time(NULL) + rtc->offset;
}

static uint32_t read_match(struct rtc *rtc)
{
	return rtc->match;
}

static uint32_t read_load(struct rtc *rtc)
{
	return rtc->load;
}

static uint32_t read_control(struct rtc *rtc)
{
	(void)rtc;
	return 1; /* always counting */
}

static uint32_t read_mask(struct rtc *rtc)
{
	return rtc->mask;
}

static uint32_t read_raw(struct rtc *rtc)
{
	return rtc->raised;
}

static uint32_t read_masked(struct rtc *rtc)
{
	return rtc->raised && rtc->mask;
}

static void set_alarm(struct rtc *rtc)
{
	uint32_t ahead = rtc->match - read_time(rtc);
	struct itimerspec once = { .it_value.tv_sec = ahead, .it_value.tv_nsec = 1 };

	timerfd_settime(rtc->alarm.fd, 0, &once, NULL);
}

static void write_match(struct rtc *rtc, uint32_t value)
{
	rtc->match = value;
	set_alarm(rtc);
}

static void write_load(struct rtc *rtc, uint32_t value)
{
	rtc->load = value;
	rtc->offset = value - (uint32_t)time(NULL);
	set_alarm(rtc);
}

static void write_mask(struct rtc *rtc, uint32_t value)
{
	rtc->mask = value & 1;
}

static void write_clear(struct rtc *rtc, uint32_t value)
{
	if (value & 1)
		rtc->raised = false;
}

/* No read: zero. No write: ignored. */
static const struct rtc_row {
	uint32_t (*read)(struct rtc *rtc);
	void (*write)(struct rtc *rtc, uint32_t value);
} rows[RTC_REGISTERS] = {
	[RTCDR] = { read_time },
	[RTCMR] = { read_match, write_match },
	[RTCLR] = { read_load, write_load },
	[RTCCR] = { read_control },
	[RTCIMSC] = { read_mask, write_mask },
	[RTCRIS] = { read_raw },
	[RTCMIS] = { read_masked },
	[RTCICR] = { NULL, write_clear },
};

static uint64_t rtc_read(struct bus_region *region, uint64_t offset, unsigned int length)
{
	struct rtc *rtc = container_of(region, struct rtc, region);
	size_t index = offset / 4;
	uint32_t value = 0;

	(void)length;
	if (offset >= ID_OFFSET)
		return ids[(offset - ID_OFFSET) / 4];
	if (index >= RTC_REGISTERS || !rows[index].read)
		return 0;
	pthread_mutex_lock(&rtc->lock);
	value = rows[index].read(rtc);
	pthread_mutex_unlock(&rtc->lock);
	return value;
}

static void rtc_write(struct bus_region *region, uint64_t offset, unsigned int length,
		      uint64_t value)
{
	struct rtc *rtc = container_of(region, struct rtc, region);
	size_t index = offset / 4;

	(void)length;
	if (index >= RTC_REGISTERS || !rows[index].write)
		return;
	pthread_mutex_lock(&rtc->lock);
	rows[index].write(rtc, value);
	gic_set_level(rtc->vm, LAYOUT_SPI_RTC, rtc->raised && rtc->mask);
	pthread_mutex_unlock(&rtc->lock);
}

static const struct bus_ops rtc_ops = { rtc_read, rtc_write };

static void alarm_ready(struct loop_source *source, uint32_t events)
{
	struct rtc *rtc = container_of(source, struct rtc, alarm);

	(void)events;
	event_clear(source->fd);
	pthread_mutex_lock(&rtc->lock);
	rtc->raised = true;
	gic_set_level(rtc->vm, LAYOUT_SPI_RTC, rtc->mask);
	pthread_mutex_unlock(&rtc->lock);
}

int rtc_create(struct rtc *rtc, struct vm *vm)
{
	int error;

	memset(rtc, 0, sizeof(*rtc));
	rtc->vm = vm;
	pthread_mutex_init(&rtc->lock, NULL);
	rtc->alarm.ready = alarm_ready;
	rtc->alarm.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (rtc->alarm.fd < 0)
		return -errno;
	error = loop_add(&vm->loop, &rtc->alarm, EPOLLIN);
	if (error)
		goto close_timer;
	rtc->region = (struct bus_region){
		.base = LAYOUT_RTC_BASE,
		.size = LAYOUT_RTC_SIZE,
		.ops = &rtc_ops,
	};
	error = bus_add(&vm->bus, &rtc->region);
	if (error)
		goto close_timer;
	return 0;

close_timer:
	close(rtc->alarm.fd);
	return error;
}

void rtc_destroy(struct rtc *rtc)
{
	close(rtc->alarm.fd);
	pthread_mutex_destroy(&rtc->lock);
}
