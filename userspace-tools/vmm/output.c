// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffered console output. The lock is not held while writing: whoever appends
 * waits for room at most, and only while nobody reads what is there.
 */
#include "output.h"
#include "thread.h"
#include "util.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* How often a blocked writer looks whether it has become hasty. */
#define OUTPUT_POLL_MS 100

static bool is_hasty(struct output *output)
{
	bool hasty;

	pthread_mutex_lock(&output->lock);
	hasty = output->hasty;
	pthread_mutex_unlock(&output->lock);
	return hasty;
}

/* Wait until the descriptor takes something. Return: false to drop instead. */
static bool wait_writable(struct output *output)
{
	struct pollfd writable = { .fd = output->fd, .events = POLLOUT };

	if (output->droppable)
		return true;
	while (poll(&writable, 1, OUTPUT_POLL_MS) <= 0)
		if (is_hasty(output))
			return false;
	return true;
}

/* Write @size bytes. They are dropped where nobody can or wants to read them. */
static void write_out(struct output *output, const uint8_t *data, size_t size)
{
	while (size && wait_writable(output)) {
		ssize_t written = write(output->fd, data, size);

		if (written < 0 && (output->droppable || (errno != EINTR && errno != EAGAIN)))
			return;
		if (written > 0) {
			data += written;
			size -= written;
		}
	}
}

/* What may be written in one go: no more than a writable pipe takes without blocking. */
static size_t copy_oldest(struct output *output, uint8_t *to)
{
	size_t size = min_size(output->count, PIPE_BUF);
	size_t first = min_size(size, OUTPUT_SIZE - output->head);

	memcpy(to, output->bytes + output->head, first);
	memcpy(to + first, output->bytes, size - first);
	return size;
}

static void output_main(void *argument)
{
	struct output *output = *(struct output **)argument;
	uint8_t data[PIPE_BUF];

	pthread_mutex_lock(&output->lock);
	while (output->count || !output->ending) {
		size_t size = copy_oldest(output, data);

		if (!size) {
			pthread_cond_wait(&output->filled, &output->lock);
			continue;
		}
		output->head = (output->head + size) % OUTPUT_SIZE;
		output->count -= size;
		pthread_cond_broadcast(&output->emptied);
		pthread_mutex_unlock(&output->lock);
		write_out(output, data, size);
		pthread_mutex_lock(&output->lock);
	}
	pthread_mutex_unlock(&output->lock);
}

int output_create(struct output *output, int fd, bool droppable)
{
	output->fd = fd;
	output->droppable = droppable;
	output->head = 0;
	output->count = 0;
	output->ending = false;
	output->hasty = false;
	pthread_mutex_init(&output->lock, NULL);
	pthread_cond_init(&output->filled, NULL);
	pthread_cond_init(&output->emptied, NULL);
	return thread_create(&output->thread, "console", output_main, &output, sizeof(output));
}

void output_destroy(struct output *output)
{
	pthread_mutex_lock(&output->lock);
	output->ending = true;
	pthread_cond_signal(&output->filled);
	pthread_mutex_unlock(&output->lock);
	pthread_join(output->thread, NULL);
	pthread_cond_destroy(&output->emptied);
	pthread_cond_destroy(&output->filled);
	pthread_mutex_destroy(&output->lock);
}

void output_hurry(struct output *output)
{
	pthread_mutex_lock(&output->lock);
	output->hasty = true;
	pthread_cond_broadcast(&output->emptied);
	pthread_mutex_unlock(&output->lock);
}

/* Append as much as there is room for. Return: bytes taken. */
static size_t append(struct output *output, const uint8_t *data, size_t size)
{
	size_t tail = (output->head + output->count) % OUTPUT_SIZE;
	size_t first;

	size = min_size(size, OUTPUT_SIZE - output->count);
	first = min_size(size, OUTPUT_SIZE - tail);
	memcpy(output->bytes + tail, data, first);
	memcpy(output->bytes, data + first, size - first);
	output->count += size;
	return size;
}

void output_put(struct output *output, const uint8_t *data, size_t size, bool wait)
{
	pthread_mutex_lock(&output->lock);
	while (size) {
		size_t taken = append(output, data, size);

		data += taken;
		size -= taken;
		/* Nobody waits, and no system call is made, while the thread is busy. */
		pthread_cond_signal(&output->filled);
		if (!size || !wait || output->hasty)
			break;
		pthread_cond_wait(&output->emptied, &output->lock);
	}
	pthread_mutex_unlock(&output->lock);
}
