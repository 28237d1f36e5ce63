// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng balloon`: ask a guest to give memory back, and wait until it has.
 */
#include "ask.h"
#include "cmd.h"
#include "../lib/text.h"
#include "../vmm/util.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOOK_INTERVAL_US 200000

/**
 * struct balloon - what the launcher says of it
 * @aim: bytes that the guest shall keep
 * @now: bytes that it has
 * @driver: "driver" or "no-driver"
 */
struct balloon {
	uint64_t aim;
	uint64_t now;
	char driver[16];
};

static enum status look(const struct home *home, struct balloon *balloon)
{
	char answer[ASK_MAX];
	enum status status = ask_launcher(home, answer, "balloon");

	if (status != STATUS_OK)
		return status;
	if (sscanf(answer, "%" SCNu64 " %" SCNu64 " %15s", &balloon->aim, &balloon->now,
		   balloon->driver) == 3)
		return STATUS_OK;
	report("the launcher of %s is another version's; restart %s", home->name, home->name);
	return STATUS_FAILED;
}

/* The guest does what it can, for as long as it is asked. */
static int report_late(const struct home *home, const struct balloon *balloon)
{
	char now[TEXT_MAX], aim[TEXT_MAX];

	if (strcmp(balloon->driver, "driver"))
		report("the guest of %s has no driver of the balloon; load virtio_balloon in it",
		       home->name);
	else
		report("%s still has %s, not %s; the guest goes on, or ask it for less",
		       home->name, text_size(now, balloon->now), text_size(aim, balloon->aim));
	return STATUS_FAILED;
}

static int wait_for_guest(const struct home *home, unsigned long seconds)
{
	const unsigned long looks = 1000000 / LOOK_INTERVAL_US;
	char now[TEXT_MAX], aim[TEXT_MAX];
	struct balloon balloon = { 0 };

	for (unsigned long i = 0;; i++) {
		int status = look(home, &balloon);
		bool reached = balloon.now == balloon.aim;

		if (status == STATUS_OK && !reached && i < seconds * looks) {
			text_progress("%s: the guest has %s, on the way to %s, %lu of %lu s",
				      home->name, text_size(now, balloon.now),
				      text_size(aim, balloon.aim), i / looks, seconds);
			usleep(LOOK_INTERVAL_US);
			continue;
		}
		text_end_progress();
		if (status != STATUS_OK || reached)
			return status;
		return report_late(home, &balloon);
	}
}

int cmd_balloon(const struct words *words)
{
	char answer[ASK_MAX];
	struct home home;
	uint64_t bytes;
	int status;

	if (!text_read_size(words->word[1], &bytes)) {
		report("'%s' is no size; give one such as 512M or 4G", words->word[1]);
		return STATUS_USAGE;
	}
	status = home_enter(&home, words->word[0]);
	if (status == STATUS_OK)
		status = ask_launcher(&home, answer, "balloon %" PRIu64, bytes);
	if (status == STATUS_OK)
		status = wait_for_guest(&home, words->timeout);
	return status;
}
