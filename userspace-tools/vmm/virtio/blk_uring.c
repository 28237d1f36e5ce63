// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disk I/O by io_uring: one ring for each disk, used by its thread alone.
 */
#include "blk_io.h"
#include "../util.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/falloc.h>
#include <stdlib.h>

/**
 * struct blk_uring - a ring
 * @io: the common part
 * @ring: liburing's part
 * @file: the disk's file
 */
struct blk_uring {
	struct blk_io io;
	struct io_uring ring;
	int file;
};

static struct blk_io *uring_create(int file, int done)
{
	struct blk_uring *uring = calloc(1, sizeof(*uring));

	if (!uring)
		return NULL;
	uring->io.ops = &blk_uring_ops;
	uring->file = file;
	if (io_uring_queue_init(BLK_IO_DEPTH, &uring->ring, 0))
		goto free_uring;
	/* Came with 5.6, as did the last of the operations that are needed. */
	if (!(uring->ring.features & IORING_FEAT_RW_CUR_POS))
		goto exit_ring;
	if (io_uring_register_eventfd(&uring->ring, done))
		goto exit_ring;
	return &uring->io;

exit_ring:
	io_uring_queue_exit(&uring->ring);
free_uring:
	free(uring);
	return NULL;
}

static void prepare(struct blk_uring *uring, struct io_uring_sqe *sqe,
		    const struct blk_io_request *request)
{
	switch (request->op) {
	case BLK_READ:
		io_uring_prep_readv(sqe, uring->file, request->iov, request->iov_count,
				    request->offset);
		break;
	case BLK_WRITE:
		io_uring_prep_writev(sqe, uring->file, request->iov, request->iov_count,
				     request->offset);
		break;
	case BLK_FLUSH:
		io_uring_prep_fsync(sqe, uring->file, IORING_FSYNC_DATASYNC);
		break;
	case BLK_PUNCH:
		io_uring_prep_fallocate(sqe, uring->file,
					FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					request->offset, request->length);
		break;
	case BLK_ZERO:
		io_uring_prep_fallocate(sqe, uring->file,
					FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
					request->offset, request->length);
		break;
	}
}

static void uring_submit(struct blk_io *io, struct blk_io_request *request)
{
	struct blk_uring *uring = container_of(io, struct blk_uring, io);
	struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);

	/* The queue holds as many as may be in work, but not yet all pushed ones. */
	while (!sqe) {
		io_uring_submit(&uring->ring);
		sqe = io_uring_get_sqe(&uring->ring);
	}
	prepare(uring, sqe, request);
	io_uring_sqe_set_data(sqe, request);
}

static void uring_push(struct blk_io *io)
{
	struct blk_uring *uring = container_of(io, struct blk_uring, io);

	/* Interrupted or short of memory for a moment: nothing was taken, so again. */
	while (io_uring_sq_ready(&uring->ring) && io_uring_submit(&uring->ring) < 0)
		;
}

static struct blk_io_request *uring_reap(struct blk_io *io)
{
	struct blk_uring *uring = container_of(io, struct blk_uring, io);
	struct blk_io_request *request;
	struct io_uring_cqe *cqe;

	if (io_uring_peek_cqe(&uring->ring, &cqe))
		return NULL;
	request = io_uring_cqe_get_data(cqe);
	request->result = cqe->res;
	io_uring_cqe_seen(&uring->ring, cqe);
	return request;
}

static void uring_destroy(struct blk_io *io)
{
	struct blk_uring *uring = container_of(io, struct blk_uring, io);

	io_uring_queue_exit(&uring->ring);
	free(uring);
}

const struct blk_io_ops blk_uring_ops = {
	.name = "io_uring",
	.create = uring_create,
	.submit = uring_submit,
	.push = uring_push,
	.reap = uring_reap,
	.destroy = uring_destroy,
};
