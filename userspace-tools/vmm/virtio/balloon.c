// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio memory balloon (virtio 1.2, 5.5): pages that the guest gives up go back
 * to the host, until it takes them again. Pages that it has free anyway go back
 * too, as it reports them, without being lost to it.
 *
 * The guest counts in pages of 4 KiB; a page of the host goes back once all that
 * is in it was given up. Its content is gone, which is what the guest agreed to.
 */
#include "virtio.h"
#include "../options.h"
#include "../util.h"
#include "../vm.h"

#include <errno.h>
#include <linux/virtio_balloon.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_SHIFT VIRTIO_BALLOON_PFN_SHIFT
#define PAGES_PER_WORD 64
/* Page numbers that are looked at in one request; Linux gives a quarter of a KiB. */
#define MAX_PAGES 4096

/* Without a queue of statistics, that of the reports comes next. */
enum { BALLOON_INFLATE, BALLOON_DEFLATE, BALLOON_REPORT, BALLOON_QUEUES };

/**
 * struct balloon - the balloon
 * @dev: its virtio side; its lock protects the rest
 * @config: configuration space
 * @given: a bit for each page of the guest that it has given up
 * @per_host: pages of the guest in one of the host
 * @chain: the request in work
 * @pages: page numbers of it
 */
struct balloon {
	struct virtio_dev dev;
	struct virtio_balloon_config config;
	uint64_t *given;
	unsigned int per_host;
	struct virtq_chain chain;
	uint32_t pages[MAX_PAGES];
};

static struct memory *memory_of(struct balloon *balloon)
{
	return &balloon->dev.vm->memory;
}

static uint64_t page_count(struct balloon *balloon)
{
	return memory_of(balloon)->size >> PAGE_SHIFT;
}

static bool is_given(const struct balloon *balloon, uint64_t page)
{
	return balloon->given[page / PAGES_PER_WORD] >> page % PAGES_PER_WORD & 1;
}

static void set_given(struct balloon *balloon, uint64_t page, bool given)
{
	uint64_t bit = 1ULL << page % PAGES_PER_WORD;

	if (given)
		balloon->given[page / PAGES_PER_WORD] |= bit;
	else
		balloon->given[page / PAGES_PER_WORD] &= ~bit;
}

/* Whether the host's page of that number is given up with all that is in it. */
static bool host_page_given(const struct balloon *balloon, uint64_t host_page)
{
	for (unsigned int i = 0; i < balloon->per_host; i++)
		if (!is_given(balloon, host_page * balloon->per_host + i))
			return false;
	return true;
}

/* Back to the host: the pages from @first to before @end, all of which are given up. */
static void discard(struct balloon *balloon, uint64_t first, uint64_t end)
{
	uint64_t size = (uint64_t)balloon->per_host << PAGE_SHIFT;

	if (first == end)
		return;
	first /= balloon->per_host;
	end = (end - 1) / balloon->per_host + 1;
	if (!host_page_given(balloon, first))
		first++;
	if (first < end && !host_page_given(balloon, end - 1))
		end--;
	if (first < end)
		madvise(memory_of(balloon)->host + first * size, (end - first) * size,
			MADV_DONTNEED);
}

/* Neighbours, in whichever direction the guest goes, are discarded at once. */
static void inflate(struct balloon *balloon, size_t count)
{
	uint64_t base = memory_of(balloon)->base >> PAGE_SHIFT, first = 0, end = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t page = balloon->pages[i] - base;

		if (page >= page_count(balloon))
			continue;
		set_given(balloon, page, true);
		if (first < end && page == end) {
			end++;
		} else if (first < end && page + 1 == first) {
			first--;
		} else {
			discard(balloon, first, end);
			first = page;
			end = page + 1;
		}
	}
	discard(balloon, first, end);
}

/* The pages come back empty, when the guest touches them. */
static void deflate(struct balloon *balloon, size_t count)
{
	uint64_t base = memory_of(balloon)->base >> PAGE_SHIFT;

	for (size_t i = 0; i < count; i++)
		if (balloon->pages[i] - base < page_count(balloon))
			set_given(balloon, balloon->pages[i] - base, false);
}

static size_t read_pages(struct balloon *balloon, const struct virtq_chain *chain)
{
	return virtq_chain_read(chain, 0, balloon->pages, sizeof(balloon->pages)) /
	       sizeof(balloon->pages[0]);
}

static bool handle_inflate(struct virtio_dev *dev, struct virtq_chain *chain)
{
	struct balloon *balloon = container_of(dev, struct balloon, dev);

	inflate(balloon, read_pages(balloon, chain));
	virtq_push(&dev->queues[BALLOON_INFLATE], chain->head, 0);
	return true;
}

static bool handle_deflate(struct virtio_dev *dev, struct virtq_chain *chain)
{
	struct balloon *balloon = container_of(dev, struct balloon, dev);

	deflate(balloon, read_pages(balloon, chain));
	virtq_push(&dev->queues[BALLOON_DEFLATE], chain->head, 0);
	return true;
}

/* The buffers themselves are what is free, until they are given back. */
static bool handle_report(struct virtio_dev *dev, struct virtq_chain *chain)
{
	struct balloon *balloon = container_of(dev, struct balloon, dev);
	uintptr_t size = (uintptr_t)balloon->per_host << PAGE_SHIFT;
	const struct iovec *iov = chain->iov + chain->out_count;

	for (unsigned int i = 0; i < chain->in_count; i++) {
		uintptr_t from = align_up((uintptr_t)iov[i].iov_base, size);
		uintptr_t to = ((uintptr_t)iov[i].iov_base + iov[i].iov_len) & ~(size - 1);

		if (from < to)
			madvise((void *)from, to - from, MADV_DONTNEED);
	}
	virtq_push(&dev->queues[BALLOON_REPORT], chain->head, 0);
	return true;
}

static void balloon_notified(struct virtio_dev *dev, unsigned int index)
{
	static bool (*const handlers[BALLOON_QUEUES])(struct virtio_dev *dev,
						      struct virtq_chain *chain) = {
		[BALLOON_INFLATE] = handle_inflate,
		[BALLOON_DEFLATE] = handle_deflate,
		[BALLOON_REPORT] = handle_report,
	};
	struct balloon *balloon = container_of(dev, struct balloon, dev);

	virtio_work(dev, index, &balloon->chain, handlers[index]);
}

static void balloon_configured(struct virtio_dev *dev, uint64_t offset, unsigned int length,
			       uint64_t value)
{
	struct balloon *balloon = container_of(dev, struct balloon, dev);

	if (offset == offsetof(struct virtio_balloon_config, actual) &&
	    length == sizeof(balloon->config.actual))
		balloon->config.actual = value;
}

/* Whoever starts anew has all of its memory, and is asked again. */
static void balloon_reset(struct virtio_dev *dev)
{
	struct balloon *balloon = container_of(dev, struct balloon, dev);

	balloon->config.actual = 0;
	memset(balloon->given, 0, page_count(balloon) / 8);
}

static void balloon_destroy(struct virtio_dev *dev)
{
	struct balloon *balloon = container_of(dev, struct balloon, dev);

	virtio_destroy(dev);
	free(balloon->given);
	free(balloon);
}

static const struct virtio_ops balloon_ops = {
	.id = VIRTIO_ID_BALLOON,
	.queue_count = BALLOON_QUEUES,
	.notified = balloon_notified,
	.configured = balloon_configured,
	.reset = balloon_reset,
	.destroy = balloon_destroy,
};

void balloon_keep(struct virtio_dev *dev, uint64_t bytes)
{
	struct balloon *balloon = container_of(dev, struct balloon, dev);

	pthread_mutex_lock(&dev->lock);
	balloon->config.num_pages = (memory_of(balloon)->size - bytes) >> PAGE_SHIFT;
	virtio_config_changed(dev);
	pthread_mutex_unlock(&dev->lock);
}

struct balloon_state balloon_state(struct virtio_dev *dev)
{
	struct balloon *balloon = container_of(dev, struct balloon, dev);
	uint64_t all = page_count(balloon), out;
	struct balloon_state state;

	pthread_mutex_lock(&dev->lock);
	/* What the guest says may be anything. */
	out = min_size(balloon->config.actual, all);
	state.driver = virtio_live(dev);
	state.aim = (all - balloon->config.num_pages) << PAGE_SHIFT;
	state.now = (all - out) << PAGE_SHIFT;
	pthread_mutex_unlock(&dev->lock);
	return state;
}

static int start_device(struct balloon *balloon, struct vm *vm)
{
	uint64_t pages = vm->memory.size >> PAGE_SHIFT, keep = vm->options->keep;

	/* Of whole words, and of whole pages of the host: memory is of 2 MiB. */
	balloon->given = calloc(align_up(pages, PAGES_PER_WORD) / PAGES_PER_WORD,
				sizeof(balloon->given[0]));
	if (!balloon->given)
		return -ENOMEM;
	balloon->per_host = sysconf(_SC_PAGESIZE) >> PAGE_SHIFT;
	if (keep)
		balloon->config.num_pages = pages - (keep >> PAGE_SHIFT);
	balloon->dev.ops = &balloon_ops;
	balloon->dev.loop = &vm->io_loop;
	balloon->dev.features = 1ULL << VIRTIO_BALLOON_F_REPORTING;
	balloon->dev.config = &balloon->config;
	balloon->dev.config_size = sizeof(balloon->config);
	return virtio_create(&balloon->dev, vm);
}

struct virtio_dev *balloon_create(struct vm *vm)
{
	struct balloon *balloon = calloc(1, sizeof(*balloon));
	int error = balloon ? start_device(balloon, vm) : -ENOMEM;

	if (!error)
		return &balloon->dev;
	report("cannot make the balloon: %s", strerror(-error));
	if (balloon)
		free(balloon->given);
	free(balloon);
	return NULL;
}
