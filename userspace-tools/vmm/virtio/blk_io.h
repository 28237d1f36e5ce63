/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * File I/O of a disk, apart from the thread that talks to the guest: by
 * io_uring, or by a few threads where the host does not let us have one.
 * Requests come back through an eventfd in the disk's loop.
 */
#ifndef PENG_VMM_VIRTIO_BLK_IO_H
#define PENG_VMM_VIRTIO_BLK_IO_H

#include "../loop.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct blk_io;

/* Requests that one disk has in work at most. */
#define BLK_IO_DEPTH 256

/**
 * enum blk_op - what is done to the file
 * @BLK_READ: from the file to the buffers
 * @BLK_WRITE: from the buffers to the file
 * @BLK_FLUSH: all that was written is to be on stable storage
 * @BLK_PUNCH: give the range back to the file system; it reads as zeroes
 * @BLK_ZERO: make the range read as zeroes, allocated
 */
enum blk_op { BLK_READ, BLK_WRITE, BLK_FLUSH, BLK_PUNCH, BLK_ZERO };

/**
 * struct blk_io_request - one operation; embedded in the disk's request
 * @op: what to do
 * @iov: buffers of a read or write
 * @iov_count: how many
 * @offset: where in the file
 * @length: bytes of the range to punch or zero
 * @result: bytes done, or -errno
 * @next: for lists of threads
 */
struct blk_io_request {
	enum blk_op op;
	struct iovec *iov;
	unsigned int iov_count;
	off_t offset;
	off_t length;
	ssize_t result;
	struct blk_io_request *next;
};

/**
 * struct blk_io_ops - a way to do I/O
 * @name: for messages
 * @create: set it up for a file whose completions go to @done
 * @submit: start a request; at most BLK_IO_DEPTH are in work
 * @push: let the requests submitted since the last call begin
 * @reap: a request that is finished, or NULL
 * @destroy: free it; no request is in work
 *
 * All but @create and @destroy are called by the disk's thread.
 */
struct blk_io_ops {
	const char *name;
	struct blk_io *(*create)(int file, int done);
	void (*submit)(struct blk_io *io, struct blk_io_request *request);
	void (*push)(struct blk_io *io);
	struct blk_io_request *(*reap)(struct blk_io *io);
	void (*destroy)(struct blk_io *io);
};

/**
 * struct blk_io - the state of one way; embedded in it
 * @ops: the way
 */
struct blk_io {
	const struct blk_io_ops *ops;
};

extern const struct blk_io_ops blk_uring_ops;
extern const struct blk_io_ops blk_threads_ops;

#endif
