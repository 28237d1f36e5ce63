// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng stat`: what all vCPUs of a VM did in each interval. A wait counts when it
 * ends, so a guest that slept for long shows it in one interval. By --exits it is a line
 * for each class of exits instead.
 */
#include "cmd.h"
#include "rates.h"
#include "../lib/client.h"
#include "../lib/exits.h"
#include "../lib/json.h"
#include "../lib/names.h"
#include "../lib/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A screen has room for the title above them. */
#define LINES_PER_TITLE 20
#define BAR_WIDTH 30

static enum status take_sample(struct client *client, const struct vm_info *vm,
			       struct activity *sample)
{
	struct vcpu_list list = { };
	enum status status = client_list_vcpus(client, vm, &list);

	*sample = (struct activity) { .ns = text_now(CLOCK_MONOTONIC) };
	for (size_t i = 0; i < list.count; i++)
		activity_add(sample, &list.vcpus[i]);
	free(list.vcpus);
	return status;
}

static void print_title(const struct words *words)
{
	printf("%-12s", "TIME (UTC)");
	if (words->exits || words->histogram) {
		printf(" %-11s %10s %6s %7s %7s %7s %7s\n", "CLASS", "EXITS/s", "SHARE", "MEAN",
		       "P50", "P99", "USER");
		return;
	}
	for (size_t i = 0; rate_at(i); i++)
		printf(" %10s", rate_at(i)->title);
	printf(" %7s\n", "HALTED");
}

/* Percent of the time that all vCPUs had. */
static double share_of(const struct activity *change, uint64_t ns)
{
	return change->vcpus && change->ns ? 100.0 * ns / change->ns / change->vcpus : 0;
}

static void print_line(const struct activity *change)
{
	double seconds = change->ns / 1e9;

	text_print_now();
	for (size_t i = 0; rate_at(i); i++)
		printf(" %10.0f", change->counters[rate_at(i)->counter] / seconds);
	printf(" %6.0f%%\n", share_of(change, change->counters[PENG_A_COUNTER_HALT_WAIT_NS]));
}

static void print_class(const struct activity *change, unsigned int class)
{
	const struct exit_info *exits = &change->exits[class];
	uint64_t timed = exit_timed(exits);
	char text[TEXT_MAX];

	text_print_now();
	printf(" %-11s %10.0f %5.1f%%", name_of_exits(class), exits->count * 1e9 / change->ns,
	       share_of(change, exits->ns));
	printf(" %7s", timed ? text_short(text, exit_mean(exits)) : "-");
	printf(" %7s", timed ? text_short(text, exit_quantile(exits, 0.5)) : "-");
	printf(" %7s", timed ? text_short(text, exit_quantile(exits, 0.99)) : "-");
	printf(" %7s\n", timed ? text_short(text, exits->user_ns / timed) : "-");
}

/* A line for each bucket that is not empty, its bar as long as its share of them all. */
static void print_buckets(const struct exit_info *exits)
{
	uint64_t timed = exit_timed(exits);
	char text[TEXT_MAX];

	for (unsigned int i = 0; i < PENG_EXIT_BUCKETS; i++) {
		bool last = i == PENG_EXIT_BUCKETS - 1;

		if (!exits->buckets[i])
			continue;
		printf("%24s %-2s %7s %10" PRIu64 " ", "", last ? ">=" : "<",
		       text_short(text, exit_bound(last ? i - 1 : i)), exits->buckets[i]);
		for (uint64_t j = 0; j < (BAR_WIDTH * exits->buckets[i] + timed - 1) / timed; j++)
			putchar('#');
		putchar('\n');
	}
}

static void print_classes(const struct activity *change, bool histogram)
{
	for (unsigned int i = 1; i <= PENG_A_EXITS_MAX; i++) {
		if (!change->exits[i].count)
			continue;
		print_class(change, i);
		if (histogram)
			print_buckets(&change->exits[i]);
	}
}

static void print_change(const struct vm_info *vm, const struct words *words,
			 const struct activity *change)
{
	if (words->json)
		json_print(json_of_change(vm, change));
	else if (words->exits || words->histogram)
		print_classes(change, words->histogram);
	else
		print_line(change);
}

static void wait_for(double seconds)
{
	struct timespec time = { .tv_sec = seconds };

	time.tv_nsec = (seconds - time.tv_sec) * 1e9;
	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

static enum status watch(struct client *client, const struct vm_info *vm,
			 const struct words *words)
{
	struct activity last, now, change;
	enum status status = take_sample(client, vm, &last);

	for (unsigned long line = 0; status == STATUS_OK; line++) {
		if (words->count && line == words->count)
			break;
		wait_for(words->interval);
		status = take_sample(client, vm, &now);
		if (status != STATUS_OK)
			break;
		if (!words->json && (!line || (isatty(STDOUT_FILENO) && !(line % LINES_PER_TITLE))))
			print_title(words);
		change = activity_since(&last, &now);
		print_change(vm, words, &change);
		if (!text_flush())
			break;
		last = now;
	}
	return status;
}

int cmd_stat(const struct words *words)
{
	struct client *client;
	struct vm_info vm;
	enum status status = client_open_vm(&client, words->word[0], &vm);

	if (status == STATUS_OK)
		status = watch(client, &vm, words);
	client_close(client);
	return status;
}
