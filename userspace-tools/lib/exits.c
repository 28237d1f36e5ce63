// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sums, differences and quantiles of what vCPUs did.
 */
#include "exits.h"

/* Of a number that only grows, but for `peng reset`. */
static uint64_t since(uint64_t from, uint64_t to)
{
	return to < from ? to : to - from;
}

void exit_add(struct exit_info *sum, const struct exit_info *exits)
{
	sum->count += exits->count;
	sum->ns += exits->ns;
	sum->user_ns += exits->user_ns;
	for (unsigned int i = 0; i < PENG_EXIT_BUCKETS; i++)
		sum->buckets[i] += exits->buckets[i];
}

struct exit_info exit_since(const struct exit_info *from, const struct exit_info *to)
{
	struct exit_info change = {
		.count = since(from->count, to->count),
		.ns = since(from->ns, to->ns),
		.user_ns = since(from->user_ns, to->user_ns),
	};

	for (unsigned int i = 0; i < PENG_EXIT_BUCKETS; i++)
		change.buckets[i] = since(from->buckets[i], to->buckets[i]);
	return change;
}

void activity_add(struct activity *sum, const struct vcpu_info *vcpu)
{
	sum->vcpus++;
	for (int i = 0; i <= PENG_A_COUNTER_MAX; i++)
		sum->counters[i] += vcpu->counters[i];
	for (int i = 0; i <= PENG_A_EXITS_MAX; i++)
		exit_add(&sum->exits[i], &vcpu->exits[i]);
}

struct activity activity_since(const struct activity *from, const struct activity *to)
{
	struct activity change = { .ns = to->ns - from->ns, .vcpus = to->vcpus };

	for (int i = 0; i <= PENG_A_COUNTER_MAX; i++)
		change.counters[i] = since(from->counters[i], to->counters[i]);
	for (int i = 0; i <= PENG_A_EXITS_MAX; i++)
		change.exits[i] = exit_since(&from->exits[i], &to->exits[i]);
	return change;
}

uint64_t exit_timed(const struct exit_info *exits)
{
	uint64_t timed = 0;

	for (unsigned int i = 0; i < PENG_EXIT_BUCKETS; i++)
		timed += exits->buckets[i];
	return timed;
}

uint64_t exit_mean(const struct exit_info *exits)
{
	uint64_t timed = exit_timed(exits);

	return timed ? exits->ns / timed : 0;
}

uint64_t exit_bound(unsigned int bucket)
{
	return UINT64_C(1) << (PENG_EXIT_BUCKET_SHIFT + bucket);
}

uint64_t exit_quantile(const struct exit_info *exits, double part)
{
	double left = part * exit_timed(exits);

	for (unsigned int i = 0; i < PENG_EXIT_BUCKETS; i++) {
		uint64_t begin = i ? exit_bound(i - 1) : 0;

		if (!exits->buckets[i])
			continue;
		if (i == PENG_EXIT_BUCKETS - 1)
			return begin;
		if (left <= exits->buckets[i])
			return begin + (exit_bound(i) - begin) * (left / exits->buckets[i]);
		left -= exits->buckets[i];
	}
	return 0;
}
