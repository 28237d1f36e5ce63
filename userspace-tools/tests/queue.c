// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the virtqueue gives a device exactly what a driver put in, and
 * that no content of guest memory makes it leave guest memory, loop, or hand
 * out a request that breaks the rules. Built with the sanitizers, which see
 * any access outside of the memory that stands in for the guest's.
 */
#include "test.h"
#include "../vmm/util.h"
#include "../vmm/virtio/queue.h"

#include <string.h>

#define BASE 0x40000000UL
#define SIZE 0x40000UL
#define QUEUE_SIZE 64

/* Where the driver has its rings and tables, as offsets. */
#define DESC 0x1000
#define AVAIL 0x3000
#define USED 0x4000
#define TABLES 0x8000
#define BUFFERS 0x20000

static struct memory memory;
static struct virtq_chain chain;

static void *at(uint64_t offset)
{
	return memory.host + offset;
}

static struct virtq make_queue(uint32_t size, bool event_idx)
{
	struct virtq queue = {
		.memory = &memory,
		.size = size,
		.event_idx = event_idx,
		.desc_gpa = BASE + DESC,
		.avail_gpa = BASE + AVAIL,
		.used_gpa = BASE + USED,
	};

	virtq_enable(&queue);
	return queue;
}

/* A descriptor as the driver writes it. */
static void put_desc(struct vring_desc *desc, uint64_t gpa, uint32_t length, uint16_t flags,
		     uint16_t next)
{
	*desc = (struct vring_desc){ gpa, length, flags, next };
}

static void make_available(uint16_t index, uint16_t head)
{
	struct vring_avail *avail = at(AVAIL);

	avail->ring[index % QUEUE_SIZE] = head;
	avail->idx = index + 1;
}

static void clear(void)
{
	memset(memory.host, 0, SIZE);
}

static void checks_addresses(void)
{
	static const struct {
		uint64_t desc, avail, used;
		uint32_t size;
		bool good;
	} rows[] = {
		{ BASE, BASE + 0x1000, BASE + 0x2000, 256, true },
		{ BASE, BASE + 0x1000, BASE + 0x2000, 1, true },
		{ BASE, BASE + 0x1000, BASE + 0x2000, 0, false },
		{ BASE, BASE + 0x1000, BASE + 0x2000, 3, false },
		{ BASE, BASE + 0x1000, BASE + 0x2000, 512, false },
		{ BASE, BASE + 0x1000, BASE + 0x2000, 0x80000000, false },
		{ BASE + 8, BASE + 0x1000, BASE + 0x2000, 8, false },
		{ BASE, BASE + 0x1001, BASE + 0x2000, 8, false },
		{ BASE, BASE + 0x1000, BASE + 0x2002, 8, false },
		{ BASE - 16, BASE + 0x1000, BASE + 0x2000, 8, false },
		{ BASE + SIZE - 16, BASE + 0x1000, BASE + 0x2000, 8, false },
		{ BASE, BASE + SIZE - 20, BASE + 0x2000, 8, false },
		{ BASE, BASE + SIZE - 22, BASE + 0x2000, 8, true },
		{ BASE, BASE + 0x1000, BASE + SIZE - 68, 8, false },
		{ BASE, BASE + 0x1000, BASE + SIZE - 72, 8, true },
		{ 0, 0, 0, 8, false },
		{ UINT64_MAX - 15, UINT64_MAX - 1, UINT64_MAX - 3, 8, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct virtq queue = {
			.memory = &memory,
			.desc_gpa = rows[i].desc,
			.avail_gpa = rows[i].avail,
			.used_gpa = rows[i].used,
			.size = rows[i].size,
		};

		virtq_enable(&queue);
		CHECK(queue.ready == rows[i].good);
		CHECK(queue.broken == !rows[i].good);
		virtq_reset(&queue);
		CHECK(!queue.ready && !queue.broken && queue.memory == &memory);
	}
}

/* What one random chain of the driver consists of. */
struct made {
	unsigned int out, in;
	struct iovec buffers[VIRTQ_MAX_SEGMENTS];
};

/* Fill @table with a random good chain of @count buffers, entry @first on. */
static void make_chain(struct vring_desc *table, unsigned int first, unsigned int count,
		       struct made *made)
{
	unsigned int out = test_below(count + 1);

	made->out = out;
	made->in = count - out;
	for (unsigned int i = 0; i < count; i++) {
		uint32_t offset = BUFFERS + test_below(0x10000);
		uint32_t length = 1 + test_below(0x1000);
		uint16_t flags = i < out ? 0 : VRING_DESC_F_WRITE;

		if (i + 1 < count)
			flags |= VRING_DESC_F_NEXT;
		put_desc(&table[first + i], BASE + offset, length, flags, first + i + 1);
		made->buffers[i] = (struct iovec){ at(offset), length };
	}
}

static void compare(const struct made *made)
{
	size_t out = 0, in = 0;

	CHECK(chain.out_count == made->out && chain.in_count == made->in);
	for (unsigned int i = 0; i < made->out + made->in; i++) {
		CHECK(chain.iov[i].iov_base == made->buffers[i].iov_base);
		CHECK(chain.iov[i].iov_len == made->buffers[i].iov_len);
		*(i < made->out ? &out : &in) += made->buffers[i].iov_len;
	}
	CHECK(chain.out_size == out && chain.in_size == in);
}

static void takes_what_was_put(void)
{
	struct virtq queue = make_queue(QUEUE_SIZE, false);
	struct vring_used *used = at(USED);
	struct vring_desc *descs = at(DESC);
	struct made made;

	clear();
	for (unsigned int i = 0; i < 200000; i++) {
		unsigned int head = test_below(QUEUE_SIZE / 2);
		unsigned int direct = test_below(QUEUE_SIZE / 2);

		CHECK(!virtq_pop(&queue, &chain));
		if (direct && test_below(2)) {
			make_chain(descs, head, direct, &made);
		} else {
			unsigned int count = 1 + test_below(VIRTQ_MAX_SEGMENTS);

			make_chain(at(TABLES), 0, count, &made);
			put_desc(&descs[head], BASE + TABLES, count * sizeof(descs[0]),
				 VRING_DESC_F_INDIRECT, 0);
		}
		make_available(i, head);
		CHECK(virtq_pop(&queue, &chain));
		CHECK(chain.head == head);
		compare(&made);
		virtq_unpop(&queue);
		CHECK(virtq_pop(&queue, &chain));
		virtq_push(&queue, chain.head, i);
		CHECK(used->idx == (uint16_t)(i + 1));
		CHECK(used->ring[i % QUEUE_SIZE].id == head);
		CHECK(used->ring[i % QUEUE_SIZE].len == i);
	}
}

static void asks_for_interrupts(void)
{
	struct virtq queue = make_queue(QUEUE_SIZE, false);
	struct vring_avail *avail = at(AVAIL);
	struct vring_used *used = at(USED);

	clear();
	CHECK(!virtq_wants_interrupt(&queue));
	virtq_push(&queue, 0, 0);
	CHECK(virtq_wants_interrupt(&queue));
	CHECK(!virtq_wants_interrupt(&queue));
	avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	virtq_push(&queue, 0, 0);
	CHECK(!virtq_wants_interrupt(&queue));
	virtq_kicks_off(&queue);
	CHECK(used->flags == VRING_USED_F_NO_NOTIFY);
	CHECK(!virtq_kicks_on(&queue));
	CHECK(used->flags == 0);

	clear();
	queue = make_queue(QUEUE_SIZE, true);
	/* The driver wants to hear of the third request. */
	avail->ring[QUEUE_SIZE] = 2;
	virtq_push(&queue, 0, 0);
	CHECK(!virtq_wants_interrupt(&queue));
	virtq_push(&queue, 0, 0);
	virtq_push(&queue, 0, 0);
	CHECK(virtq_wants_interrupt(&queue));
	CHECK(!virtq_kicks_on(&queue));
	put_desc(at(DESC), BASE, 1, 0, 0);
	make_available(0, 0);
	CHECK(virtq_kicks_on(&queue));
	CHECK(virtq_pop(&queue, &chain));
	CHECK(!virtq_kicks_on(&queue));
	CHECK(*(uint16_t *)&used->ring[QUEUE_SIZE] == 1);
}

/* Chains that break a rule: the queue is broken, and stays so. */
static void refuses_bad_chains(void)
{
	const uint16_t next = VRING_DESC_F_NEXT, write = VRING_DESC_F_WRITE;
	const uint16_t indirect = VRING_DESC_F_INDIRECT;
	const struct {
		struct vring_desc desc[2];
		uint16_t head;
	} rows[] = {
		{ { { BASE, 16, next, 0 } }, 0 },			/* a loop */
		{ { { BASE, 16, next, 1 }, { BASE, 16, next, 0 } }, 0 },
		{ { { BASE, 16, 0, 0 } }, QUEUE_SIZE },			/* no such entry */
		{ { { BASE, 16, next, QUEUE_SIZE } }, 0 },
		{ { { BASE + SIZE, 1, 0, 0 } }, 0 },			/* outside */
		{ { { BASE - 1, 16, 0, 0 } }, 0 },
		{ { { BASE + SIZE - 1, 2, write, 0 } }, 0 },
		{ { { UINT64_MAX, 16, 0, 0 } }, 0 },
		{ { { BASE, UINT32_MAX, 0, 0 } }, 0 },
		{ { { BASE, 16, write | next, 1 }, { BASE, 16, 0, 0 } }, 0 },	/* wrong order */
		{ { { BASE + TABLES, 16, indirect | next, 1 } }, 0 },
		{ { { BASE + TABLES, 0, indirect, 0 } }, 0 },
		{ { { BASE + TABLES, 17, indirect, 0 } }, 0 },
		{ { { BASE + TABLES, 257 * 16, indirect, 0 } }, 0 },
		{ { { BASE + SIZE - 16, 32, indirect, 0 } }, 0 },
		{ { { BASE + DESC, 16, indirect, 0 } }, 0 },		/* indirect in indirect */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct virtq queue = make_queue(QUEUE_SIZE, false);

		clear();
		memcpy(at(DESC), rows[i].desc, sizeof(rows[i].desc));
		make_available(0, rows[i].head);
		CHECK(!virtq_pop(&queue, &chain));
		CHECK(queue.broken);
		put_desc(at(DESC), BASE, 1, 0, 0);
		make_available(0, 0);
		CHECK(!virtq_pop(&queue, &chain));
		virtq_push(&queue, 0, 0);
		CHECK(!virtq_wants_interrupt(&queue));
	}
}

static void refuses_too_many_requests(void)
{
	struct virtq queue = make_queue(QUEUE_SIZE, false);
	struct vring_avail *avail = at(AVAIL);

	clear();
	avail->idx = QUEUE_SIZE + 1;
	CHECK(!virtq_pop(&queue, &chain));
	CHECK(queue.broken);
}

static void inside(const struct iovec *iov, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		const uint8_t *start = iov[i].iov_base;

		CHECK(iov[i].iov_len && start >= memory.host);
		CHECK(start + iov[i].iov_len <= memory.host + SIZE);
	}
}

/* A field that is now likely to be good, now to be anything. */
static void spoil(struct vring_desc *desc)
{
	put_desc(desc, BASE + test_below(SIZE), test_below(0x4000), test_below(8),
		 test_below(QUEUE_SIZE));
	switch (test_below(24)) {
	case 0:
		desc->addr = test_random();
		break;
	case 1:
		desc->len = test_random();
		break;
	case 2:
		desc->next = test_random();
		break;
	case 3:
		desc->flags = test_random();
		break;
	}
}

static void survives_anything(void)
{
	struct vring_desc *descs = at(DESC), *tables = at(TABLES);
	unsigned int good = 0, bad = 0;

	for (unsigned int round = 0; round < 300000; round++) {
		struct virtq queue = make_queue(QUEUE_SIZE, round & 1);
		unsigned int requests = 0;

		for (unsigned int i = 0; i < QUEUE_SIZE; i++)
			spoil(&descs[i]);
		for (unsigned int i = 0; i < 32; i++)
			spoil(&tables[test_below(1024)]);
		if (test_below(2))
			put_desc(&descs[0], BASE + TABLES + 16 * test_below(512),
				 16 * test_below(300), VRING_DESC_F_INDIRECT, 0);
		make_available(test_below(4), test_below(QUEUE_SIZE + 1));
		while (virtq_pop(&queue, &chain)) {
			CHECK(chain.out_count + chain.in_count <= VIRTQ_MAX_SEGMENTS);
			CHECK(++requests <= QUEUE_SIZE);
			inside(chain.iov, chain.out_count + chain.in_count);
			virtq_push(&queue, chain.head, 1);
			good++;
		}
		bad += queue.broken;
		virtq_wants_interrupt(&queue);
		virtq_kicks_on(&queue);
	}
	/* Both kinds were really there. */
	CHECK(good > 1000 && bad > 1000);
}

/* iov_slice() and the copies, against a flat array. */
static void slices_and_copies(void)
{
	static uint8_t flat[0x4000], copy[0x4000];

	for (unsigned int round = 0; round < 20000; round++) {
		unsigned int count = 1 + test_below(8), left;
		size_t total = 0, offset, size, seen = 0;
		struct iovec *iov = chain.iov;

		chain.out_count = count;
		chain.in_count = 0;
		for (unsigned int i = 0; i < count; i++) {
			iov[i] = (struct iovec){ flat + total, 1 + test_below(0x200) };
			total += iov[i].iov_len;
		}
		offset = test_below(total + 16);
		size = test_below(total + 16);
		flat[test_below(total)] = test_random();
		CHECK(virtq_chain_read(&chain, offset, copy, size) ==
		      min_size(size, offset < total ? total - offset : 0));
		if (offset < total)
			CHECK(!memcmp(copy, flat + offset, min_size(size, total - offset)));
		left = count;
		iov_slice(&iov, &left, offset, size);
		for (unsigned int i = 0; i < left; i++) {
			CHECK(iov[i].iov_base == flat + offset + seen);
			seen += iov[i].iov_len;
		}
		CHECK(seen == min_size(size, offset < total ? total - offset : 0));
	}
}

int main(void)
{
	static const struct test_case cases[] = {
		{ "ring addresses and sizes are checked", checks_addresses },
		{ "a request is what the driver put in", takes_what_was_put },
		{ "interrupts and notifications are asked for", asks_for_interrupts },
		{ "a chain that breaks the rules breaks the queue", refuses_bad_chains },
		{ "more requests than the queue holds break it", refuses_too_many_requests },
		{ "no content of memory leads out of it", survives_anything },
		{ "slices and copies are those of a flat array", slices_and_copies },
	};

	/* Of its own, so that the sanitizer sees the first byte outside. */
	memory = (struct memory){ aligned_alloc(4096, SIZE), BASE, SIZE };
	CHECK(memory.host);
	test_main(cases, ARRAY_SIZE(cases));
	free(memory.host);
	return 0;
}
