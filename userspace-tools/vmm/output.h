/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Console output on its way out. A vCPU prints by one store for each
 * character, so writing each one at once would cost it more than the exit
 * itself: characters go to a buffer, and a thread of its own writes as many as
 * have gathered.
 */
#ifndef PENG_VMM_OUTPUT_H
#define PENG_VMM_OUTPUT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTPUT_SIZE 16384

/**
 * struct output - the buffer and its thread
 * @fd: where it is written
 * @droppable: what @fd does not take at once is dropped: nobody may be reading
 * @thread: the thread
 * @lock: all below
 * @filled: signalled when there is something to write, or @ending
 * @emptied: signalled when there is room again, or @hasty
 * @head: index of the oldest byte
 * @count: bytes in @bytes
 * @ending: the thread is to end once all is written
 * @hasty: what would block is dropped from now on
 * @bytes: the buffer
 */
struct output {
	int fd;
	bool droppable;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	pthread_cond_t emptied;
	size_t head;
	size_t count;
	bool ending;
	bool hasty;
	uint8_t bytes[OUTPUT_SIZE];
};

/** output_create() - start the thread that writes to @fd. Return: 0 or -errno. */
int output_create(struct output *output, int fd, bool droppable);

/** output_destroy() - write what is left, unless hurried, and end the thread. */
void output_destroy(struct output *output);

/**
 * output_put() - append bytes
 * @output: the buffer
 * @data: the bytes
 * @size: how many
 * @wait: wait for room; otherwise what does not fit is dropped
 *
 * Context: any thread.
 */
void output_put(struct output *output, const uint8_t *data, size_t size, bool wait);

/** output_hurry() - from now on wait neither for room nor for a reader. */
void output_hurry(struct output *output);

#endif
