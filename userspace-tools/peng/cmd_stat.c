// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng stat`: what all vCPUs of a VM did in each interval. A wait counts when it
 * ends, so a guest that slept for long shows it in one interval.
 */
#include "cmd.h"
#include "../lib/client.h"
#include "../lib/json.h"
#include "../lib/names.h"
#include "../lib/text.h"
#include "../vmm/util.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A screen has room for the title above them. */
#define LINES_PER_TITLE 20

static const struct {
	const char *title;
	int counter;
} columns[] = {
	{ "EXITS/s", PENG_A_COUNTER_EXITS },
	{ "HVC/s", PENG_A_COUNTER_HVC },
	{ "WFI/s", PENG_A_COUNTER_WFI },
	{ "WFE/s", PENG_A_COUNTER_WFE },
	{ "MMIO-K/s", PENG_A_COUNTER_MMIO_KERNEL },
	{ "MMIO-U/s", PENG_A_COUNTER_MMIO_USER },
	{ "SIGNALS/s", PENG_A_COUNTER_SIGNALS },
};

/**
 * struct sample - counters at a moment
 * @ns: when, by CLOCK_MONOTONIC
 * @vcpus: how many there are
 * @counters: their sums, by PENG_A_COUNTER_*
 */
struct sample {
	uint64_t ns;
	size_t vcpus;
	uint64_t counters[PENG_A_COUNTER_MAX + 1];
};

static enum status take_sample(struct client *client, const struct vm_info *vm,
			       struct sample *sample)
{
	struct vcpu_list list = { };
	enum status status = client_list_vcpus(client, vm, &list);

	*sample = (struct sample) { .ns = text_now(CLOCK_MONOTONIC), .vcpus = list.count };
	for (size_t i = 0; i < list.count; i++)
		for (int j = 0; j <= PENG_A_COUNTER_MAX; j++)
			sample->counters[j] += list.vcpus[i].counters[j];
	free(list.vcpus);
	return status;
}

/* Of one counter, which `peng reset` may have had begin anew meanwhile. */
static uint64_t change_of(const struct sample *from, const struct sample *to, int counter)
{
	uint64_t before = from->counters[counter], after = to->counters[counter];

	return after < before ? after : after - before;
}

static void print_title(void)
{
	printf("%-12s", "TIME (UTC)");
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		printf(" %10s", columns[i].title);
	printf(" %7s\n", "HALTED");
}

static void print_line(const struct sample *from, const struct sample *to)
{
	double seconds = (to->ns - from->ns) / 1e9;
	double halted = change_of(from, to, PENG_A_COUNTER_HALT_WAIT_NS);

	text_print_now();
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		printf(" %10.0f", change_of(from, to, columns[i].counter) / seconds);
	printf(" %6.0f%%\n", to->vcpus ? 100 * halted / (to->ns - from->ns) / to->vcpus : 0);
}

static void print_json(const struct vm_info *vm, const struct sample *from, const struct sample *to)
{
	uint64_t change[PENG_A_COUNTER_MAX + 1];

	for (int i = 0; i <= PENG_A_COUNTER_MAX; i++)
		change[i] = change_of(from, to, i);
	json_print(json_of_change(vm, to->ns - from->ns, to->vcpus, change));
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
	struct sample last, now;
	enum status status = take_sample(client, vm, &last);

	for (unsigned long line = 0; status == STATUS_OK; line++) {
		if (words->count && line == words->count)
			break;
		wait_for(words->interval);
		status = take_sample(client, vm, &now);
		if (status != STATUS_OK)
			break;
		if (!words->json && (!line || (isatty(STDOUT_FILENO) && !(line % LINES_PER_TITLE))))
			print_title();
		if (words->json)
			print_json(vm, &last, &now);
		else
			print_line(&last, &now);
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
