// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio disk on a raw image file or a block device. The disk's own thread
 * takes requests from the queue, checks them, starts them through struct
 * blk_io and gives them back as they finish, in any order.
 *
 * A flush covers the writes that were given back before it was asked for, as
 * the specification demands, so requests need no order among each other.
 */
#include "virtio.h"
#include "blk_file.h"
#include "blk_io.h"
#include "../options.h"
#include "../util.h"
#include "../vm.h"

#include <errno.h>
#include <linux/fs.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Header and status take a segment each. */
#define BLK_MAX_DATA_SEGMENTS (VIRTQ_MAX_SEGMENTS - 2)
/* Zeroes are written by hand on file systems that cannot do it, in one request. */
#define ZERO_BUFFER_SIZE 65536
#define BLK_MAX_ZERO_SECTORS (BLK_MAX_DATA_SEGMENTS * (ZERO_BUFFER_SIZE / BLK_FILE_SECTOR))

static uint8_t zeroes[ZERO_BUFFER_SIZE];

/**
 * struct blk_request - a request in work
 * @io: what is done to the file
 * @chain: the guest's buffers
 * @type: VIRTIO_BLK_T_*
 * @left: bytes that are still to be read or written
 * @returned: bytes that the guest gets if all goes well, without the status
 * @status: where the guest wants the status
 * @next_free: in the list of unused requests
 */
struct blk_request {
	struct blk_io_request io;
	struct virtq_chain chain;
	uint32_t type;
	size_t left;
	size_t returned;
	uint8_t *status;
	struct blk_request *next_free;
};

/**
 * struct blk - a disk
 * @dev: its virtio side; its lock protects the rest
 * @loop: its own loop and thread
 * @done: eventfd of finished I/O
 * @file: image or block device
 * @io: way to do I/O
 * @config: configuration space
 * @serial: answer to a request for the disk's name
 * @in_work: requests that are in work
 * @idle: signalled when there are none
 * @free: requests that are not
 * @requests: all requests
 */
struct blk {
	struct virtio_dev dev;
	struct loop loop;
	struct loop_source done;
	int file;
	struct blk_io *io;
	struct virtio_blk_config config;
	char serial[VIRTIO_BLK_ID_BYTES];
	unsigned int in_work;
	pthread_cond_t idle;
	struct blk_request *free;
	struct blk_request requests[BLK_IO_DEPTH];
};

/**
 * enum blk_verdict - how far the check of a request got
 * @BLK_SUBMIT: its I/O can start
 * @BLK_DONE: it is done
 * @BLK_FAILED: it is wrong
 * @BLK_UNSUPPORTED: it is nothing this disk does
 */
enum blk_verdict { BLK_SUBMIT, BLK_DONE, BLK_FAILED, BLK_UNSUPPORTED };

static void submit(struct blk *blk, struct blk_request *request)
{
	blk->io->ops->submit(blk->io, &request->io);
}

static void finish(struct blk *blk, struct blk_request *request, uint8_t status)
{
	bool good = status == VIRTIO_BLK_S_OK;

	*request->status = status;
	virtq_push(&blk->dev.queues[0], request->chain.head, good ? request->returned + 1 : 0);
	request->next_free = blk->free;
	blk->free = request;
}

/* Whether @count sectors from @sector on are all on the disk. */
static bool on_disk(const struct blk *blk, uint64_t sector, uint64_t count)
{
	return sector <= blk->config.capacity && count <= blk->config.capacity - sector;
}

static enum blk_verdict set_data(struct blk *blk, struct blk_request *request, uint64_t sector,
				 size_t size)
{
	if (size % BLK_FILE_SECTOR || !on_disk(blk, sector, size / BLK_FILE_SECTOR))
		return BLK_FAILED;
	request->io.offset = sector * BLK_FILE_SECTOR;
	request->left = size;
	return size ? BLK_SUBMIT : BLK_DONE;
}

static enum blk_verdict check_read(struct blk *blk, struct blk_request *request,
				   const struct virtio_blk_outhdr *header)
{
	struct virtq_chain *chain = &request->chain;

	request->io.op = BLK_READ;
	request->io.iov = chain->iov + chain->out_count;
	request->io.iov_count = chain->in_count;
	request->returned = chain->in_size - 1;
	iov_slice(&request->io.iov, &request->io.iov_count, 0, request->returned);
	return set_data(blk, request, header->sector, request->returned);
}

static enum blk_verdict check_write(struct blk *blk, struct blk_request *request,
				    const struct virtio_blk_outhdr *header)
{
	struct virtq_chain *chain = &request->chain;
	size_t size = chain->out_size - sizeof(*header);

	request->io.op = BLK_WRITE;
	request->io.iov = chain->iov;
	request->io.iov_count = chain->out_count;
	iov_slice(&request->io.iov, &request->io.iov_count, sizeof(*header), size);
	return set_data(blk, request, header->sector, size);
}

static enum blk_verdict check_flush(struct blk *blk, struct blk_request *request,
				    const struct virtio_blk_outhdr *header)
{
	(void)blk;
	(void)header;
	request->io.op = BLK_FLUSH;
	return BLK_SUBMIT;
}

static enum blk_verdict check_get_id(struct blk *blk, struct blk_request *request,
				     const struct virtio_blk_outhdr *header)
{
	size_t room = request->chain.in_size - 1;

	(void)header;
	request->returned = virtq_chain_write(&request->chain, 0, blk->serial,
					      min_size(room, sizeof(blk->serial)));
	return BLK_DONE;
}

static enum blk_verdict check_range(struct blk *blk, struct blk_request *request,
				    const struct virtio_blk_outhdr *header)
{
	struct virtio_blk_discard_write_zeroes range;
	uint32_t flags = 0;

	/* max_*_seg allows one range in a request. */
	if (request->chain.out_size != sizeof(*header) + sizeof(range))
		return BLK_UNSUPPORTED;
	virtq_chain_read(&request->chain, sizeof(*header), &range, sizeof(range));
	if (request->type == VIRTIO_BLK_T_WRITE_ZEROES)
		flags = VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	if (range.flags & ~flags)
		return BLK_UNSUPPORTED;
	if (!range.num_sectors || range.num_sectors > BLK_MAX_ZERO_SECTORS ||
	    !on_disk(blk, range.sector, range.num_sectors))
		return BLK_FAILED;
	request->io.op = request->type == VIRTIO_BLK_T_DISCARD || range.flags ?
			 BLK_PUNCH : BLK_ZERO;
	request->io.offset = range.sector * BLK_FILE_SECTOR;
	request->io.length = (off_t)range.num_sectors * BLK_FILE_SECTOR;
	return BLK_SUBMIT;
}

static const struct blk_row {
	uint32_t type;
	bool writes;
	enum blk_verdict (*check)(struct blk *blk, struct blk_request *request,
				  const struct virtio_blk_outhdr *header);
} rows[] = {
	{ VIRTIO_BLK_T_IN, false, check_read },
	{ VIRTIO_BLK_T_OUT, true, check_write },
	{ VIRTIO_BLK_T_FLUSH, false, check_flush },
	{ VIRTIO_BLK_T_GET_ID, false, check_get_id },
	{ VIRTIO_BLK_T_DISCARD, true, check_range },
	{ VIRTIO_BLK_T_WRITE_ZEROES, true, check_range },
};

static bool is_read_only(const struct blk *blk)
{
	return blk->dev.features >> VIRTIO_BLK_F_RO & 1;
}

static enum blk_verdict check(struct blk *blk, struct blk_request *request)
{
	struct virtio_blk_outhdr header;

	if (virtq_chain_read(&request->chain, 0, &header, sizeof(header)) != sizeof(header))
		return BLK_FAILED;
	request->type = header.type;
	request->returned = 0;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].type != header.type)
			continue;
		if (rows[i].writes && is_read_only(blk))
			return BLK_FAILED;
		return rows[i].check(blk, request, &header);
	}
	return BLK_UNSUPPORTED;
}

static void start(struct blk *blk, struct blk_request *request)
{
	static const uint8_t status[] = {
		[BLK_DONE] = VIRTIO_BLK_S_OK,
		[BLK_FAILED] = VIRTIO_BLK_S_IOERR,
		[BLK_UNSUPPORTED] = VIRTIO_BLK_S_UNSUPP,
	};
	struct virtq_chain *chain = &request->chain;
	const struct iovec *last = &chain->iov[chain->out_count + chain->in_count - 1];
	enum blk_verdict verdict;

	blk->free = request->next_free;
	request->status = (uint8_t *)last->iov_base + last->iov_len - 1;
	verdict = check(blk, request);
	if (verdict != BLK_SUBMIT) {
		finish(blk, request, status[verdict]);
		return;
	}
	blk->in_work++;
	submit(blk, request);
}

static void take_requests(struct blk *blk)
{
	struct virtq *queue = &blk->dev.queues[0];
	unsigned int budget = VIRTQ_MAX_SIZE;

	do {
		virtq_kicks_off(queue);
		while (blk->free && budget && virtq_pop(queue, &blk->free->chain)) {
			budget--;
			/* No room for the status: there is no way to answer. */
			if (!blk->free->chain.in_size)
				queue->broken = true;
			else
				start(blk, blk->free);
		}
	} while (blk->free && budget && virtq_kicks_on(queue));
	if (!budget)
		event_signal(blk->dev.kicks[0].source.fd);
}

static void blk_notified(struct virtio_dev *dev, unsigned int index)
{
	struct blk *blk = container_of(dev, struct blk, dev);

	take_requests(blk);
	blk->io->ops->push(blk->io);
	virtio_flush(dev, index);
}

/* Write zeroes where the file system can neither punch nor zero a range. */
static void zero_by_hand(struct blk_request *request)
{
	struct iovec *iov = request->chain.iov;
	size_t left = request->io.length;
	unsigned int count = 0;

	request->io.op = BLK_WRITE;
	request->io.iov = iov;
	request->left = left;
	while (left) {
		iov[count] = (struct iovec){ zeroes, min_size(left, sizeof(zeroes)) };
		left -= iov[count++].iov_len;
	}
	request->io.iov_count = count;
}

/* After a range that could not be punched or zeroed. Return: true to go on with it. */
static bool try_other_way(struct blk_request *request)
{
	if (request->type == VIRTIO_BLK_T_DISCARD)
		return false;
	if (request->io.op == BLK_ZERO)
		request->io.op = BLK_PUNCH;
	else
		zero_by_hand(request);
	return true;
}

/* Account for what a read or write got done. Return: true if there is more to do. */
static bool advance(struct blk_request *request)
{
	size_t done = request->io.result;

	request->left -= min_size(done, request->left);
	request->io.offset += done;
	iov_slice(&request->io.iov, &request->io.iov_count, done, request->left);
	return request->left;
}

static void complete(struct blk *blk, struct blk_request *request)
{
	bool moves = request->io.op == BLK_READ || request->io.op == BLK_WRITE;
	ssize_t result = request->io.result;
	uint8_t status = VIRTIO_BLK_S_OK;

	if (result == -EINTR || result == -EAGAIN)
		goto again;
	if (result == -EOPNOTSUPP && !moves && request->io.op != BLK_FLUSH) {
		if (try_other_way(request))
			goto again;
		/* A discard is a hint: nothing is lost where nothing was done. */
	} else if (result < 0 || (moves && !result)) {
		status = VIRTIO_BLK_S_IOERR;
	} else if (moves && advance(request)) {
		goto again;
	}
	blk->in_work--;
	finish(blk, request, status);
	return;
again:
	submit(blk, request);
}

static void done_ready(struct loop_source *source, uint32_t events)
{
	struct blk *blk = container_of(source, struct blk, done);
	struct blk_io_request *io;

	(void)events;
	event_clear(source->fd);
	pthread_mutex_lock(&blk->dev.lock);
	while ((io = blk->io->ops->reap(blk->io)))
		complete(blk, container_of(io, struct blk_request, io));
	/* Requests may have waited for a place. */
	if (virtio_live(&blk->dev))
		take_requests(blk);
	blk->io->ops->push(blk->io);
	virtio_flush(&blk->dev, 0);
	if (!blk->in_work)
		pthread_cond_broadcast(&blk->idle);
	pthread_mutex_unlock(&blk->dev.lock);
}

static void blk_reset(struct virtio_dev *dev)
{
	struct blk *blk = container_of(dev, struct blk, dev);

	while (blk->in_work)
		pthread_cond_wait(&blk->idle, &dev->lock);
}

static void close_file(struct blk *blk)
{
	if (blk->io)
		blk->io->ops->destroy(blk->io);
	close(blk->done.fd);
	close(blk->file);
}

static void blk_destroy(struct virtio_dev *dev)
{
	struct blk *blk = container_of(dev, struct blk, dev);

	pthread_mutex_lock(&dev->lock);
	dev->status = 0;
	blk_reset(dev);
	pthread_mutex_unlock(&dev->lock);
	loop_join(&blk->loop);
	virtio_destroy(dev);
	close_file(blk);
	loop_destroy(&blk->loop);
	pthread_cond_destroy(&blk->idle);
	free(blk);
}

static const struct virtio_ops blk_ops = {
	.id = VIRTIO_ID_BLOCK,
	.queue_count = 1,
	.notified = blk_notified,
	.reset = blk_reset,
	.destroy = blk_destroy,
};

int blk_resize(struct virtio_dev *dev, const struct options_disk *disk, uint64_t bytes)
{
	struct blk *blk = container_of(dev, struct blk, dev);
	uint64_t sectors;
	int error;

	pthread_mutex_lock(&dev->lock);
	error = blk_file_grow(blk->file, disk, bytes, &sectors);
	if (!error) {
		blk->config.capacity = sectors;
		virtio_config_changed(dev);
	}
	pthread_mutex_unlock(&dev->lock);
	return error;
}

static void set_config(struct blk *blk, bool read_only)
{
	int sector;

	blk->dev.features = 1ULL << VIRTIO_BLK_F_SEG_MAX | 1ULL << VIRTIO_BLK_F_FLUSH;
	blk->config.seg_max = BLK_MAX_DATA_SEGMENTS;
	if (!ioctl(blk->file, BLKSSZGET, &sector)) {
		blk->dev.features |= 1ULL << VIRTIO_BLK_F_BLK_SIZE;
		blk->config.blk_size = sector;
	}
	if (read_only) {
		blk->dev.features |= 1ULL << VIRTIO_BLK_F_RO;
		return;
	}
	blk->dev.features |= 1ULL << VIRTIO_BLK_F_DISCARD | 1ULL << VIRTIO_BLK_F_WRITE_ZEROES;
	blk->config.max_discard_sectors = BLK_MAX_ZERO_SECTORS;
	blk->config.max_discard_seg = 1;
	blk->config.discard_sector_alignment = 8;
	blk->config.max_write_zeroes_sectors = BLK_MAX_ZERO_SECTORS;
	blk->config.max_write_zeroes_seg = 1;
	blk->config.write_zeroes_may_unmap = 1;
}

static int start_io(struct blk *blk)
{
	blk->done.ready = done_ready;
	blk->done.fd = event_create();
	if (blk->done.fd < 0)
		return blk->done.fd;
	blk->io = blk_uring_ops.create(blk->file, blk->done.fd);
	if (!blk->io)
		blk->io = blk_threads_ops.create(blk->file, blk->done.fd);
	if (!blk->io)
		return -ENOMEM;
	return loop_add(&blk->loop, &blk->done, EPOLLIN);
}

static int start_device(struct blk *blk, struct vm *vm, unsigned int index)
{
	char name[16];
	int error;

	blk->dev.ops = &blk_ops;
	blk->dev.loop = &blk->loop;
	blk->dev.config = &blk->config;
	blk->dev.config_size = sizeof(blk->config);
	pthread_cond_init(&blk->idle, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(blk->requests); i++) {
		blk->requests[i].next_free = blk->free;
		blk->free = &blk->requests[i];
	}
	snprintf(blk->serial, sizeof(blk->serial), "peng-disk%u", index);
	error = virtio_create(&blk->dev, vm);
	if (error)
		return error;
	snprintf(name, sizeof(name), "disk%u", index);
	error = loop_start(&blk->loop, name, loop_run);
	if (error)
		virtio_destroy(&blk->dev);
	return error;
}

struct virtio_dev *blk_create(struct vm *vm, const struct options_disk *disk, unsigned int index)
{
	struct blk *blk = calloc(1, sizeof(*blk));
	uint64_t sectors;
	int error;

	if (!blk) {
		report("no memory for disk %s", disk->path);
		return NULL;
	}
	blk->file = blk_file_open(disk, &sectors);
	if (blk->file < 0)
		goto free_blk;
	blk->config.capacity = sectors;
	set_config(blk, disk->read_only);
	error = loop_init(&blk->loop);
	if (error)
		goto close_disk;
	error = start_io(blk);
	if (!error)
		error = start_device(blk, vm, index);
	if (!error)
		return &blk->dev;
	close_file(blk);
	loop_destroy(&blk->loop);
	goto report_error;

close_disk:
	close(blk->file);
report_error:
	report("cannot make disk %s: %s", disk->path, strerror(-error));
free_blk:
	free(blk);
	return NULL;
}
