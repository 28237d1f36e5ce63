// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disk I/O by a few threads that make ordinary system calls, for hosts where
 * io_uring is missing or forbidden.
 */
#include "blk_io.h"
#include "../thread.h"
#include "../util.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define BLK_THREADS 4

/**
 * struct blk_list - requests, first come first served
 * @first: the oldest
 * @last: where the next goes
 */
struct blk_list {
	struct blk_io_request *first;
	struct blk_io_request **last;
};

/**
 * struct blk_threads - the threads of one disk
 * @io: the common part
 * @file: the disk's file
 * @done: eventfd of the disk's loop
 * @threads: the threads
 * @thread_count: how many were started
 * @lock: all below
 * @work: signalled when @todo or @ending changes
 * @todo: requests that wait
 * @finished: requests that are done
 * @ending: the threads are to end
 */
struct blk_threads {
	struct blk_io io;
	int file;
	int done;
	pthread_t threads[BLK_THREADS];
	unsigned int thread_count;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct blk_list todo;
	struct blk_list finished;
	bool ending;
};

static void list_init(struct blk_list *list)
{
	list->first = NULL;
	list->last = &list->first;
}

static void list_add(struct blk_list *list, struct blk_io_request *request)
{
	request->next = NULL;
	*list->last = request;
	list->last = &request->next;
}

static struct blk_io_request *list_take(struct blk_list *list)
{
	struct blk_io_request *request = list->first;

	if (request)
		list->first = request->next;
	if (!list->first)
		list->last = &list->first;
	return request;
}

static ssize_t perform(int file, const struct blk_io_request *request)
{
	switch (request->op) {
	case BLK_READ:
		return preadv(file, request->iov, request->iov_count, request->offset);
	case BLK_WRITE:
		return pwritev(file, request->iov, request->iov_count, request->offset);
	case BLK_FLUSH:
		return fdatasync(file);
	case BLK_PUNCH:
		return fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				 request->offset, request->length);
	case BLK_ZERO:
		return fallocate(file, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
				 request->offset, request->length);
	}
	return -1;
}

static void worker(void *argument)
{
	struct blk_threads *threads = *(struct blk_threads **)argument;
	struct blk_io_request *request;

	pthread_mutex_lock(&threads->lock);
	for (;;) {
		request = list_take(&threads->todo);
		if (!request && threads->ending)
			break;
		if (!request) {
			pthread_cond_wait(&threads->work, &threads->lock);
			continue;
		}
		pthread_mutex_unlock(&threads->lock);
		request->result = perform(threads->file, request);
		if (request->result < 0)
			request->result = -errno;
		pthread_mutex_lock(&threads->lock);
		list_add(&threads->finished, request);
		event_signal(threads->done);
	}
	pthread_mutex_unlock(&threads->lock);
}

static void threads_destroy(struct blk_io *io)
{
	struct blk_threads *threads = container_of(io, struct blk_threads, io);

	pthread_mutex_lock(&threads->lock);
	threads->ending = true;
	pthread_cond_broadcast(&threads->work);
	pthread_mutex_unlock(&threads->lock);
	while (threads->thread_count)
		pthread_join(threads->threads[--threads->thread_count], NULL);
	pthread_cond_destroy(&threads->work);
	pthread_mutex_destroy(&threads->lock);
	free(threads);
}

static struct blk_io *threads_create(int file, int done)
{
	struct blk_threads *threads = calloc(1, sizeof(*threads));

	if (!threads)
		return NULL;
	threads->io.ops = &blk_threads_ops;
	threads->file = file;
	threads->done = done;
	list_init(&threads->todo);
	list_init(&threads->finished);
	pthread_mutex_init(&threads->lock, NULL);
	pthread_cond_init(&threads->work, NULL);
	while (threads->thread_count < BLK_THREADS &&
	       !thread_create(&threads->threads[threads->thread_count], "disk-io", worker,
			      &threads, sizeof(threads)))
		threads->thread_count++;
	if (!threads->thread_count) {
		threads_destroy(&threads->io);
		return NULL;
	}
	return &threads->io;
}

static void threads_submit(struct blk_io *io, struct blk_io_request *request)
{
	struct blk_threads *threads = container_of(io, struct blk_threads, io);

	pthread_mutex_lock(&threads->lock);
	list_add(&threads->todo, request);
	pthread_cond_signal(&threads->work);
	pthread_mutex_unlock(&threads->lock);
}

static void threads_push(struct blk_io *io)
{
	(void)io;
}

static struct blk_io_request *threads_reap(struct blk_io *io)
{
	struct blk_threads *threads = container_of(io, struct blk_threads, io);
	struct blk_io_request *request;

	pthread_mutex_lock(&threads->lock);
	request = list_take(&threads->finished);
	pthread_mutex_unlock(&threads->lock);
	return request;
}

const struct blk_io_ops blk_threads_ops = {
	.name = "threads",
	.create = threads_create,
	.submit = threads_submit,
	.push = threads_push,
	.reap = threads_reap,
	.destroy = threads_destroy,
};
