/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event loop: file descriptors that are waited for with epoll, and the thread
 * that does it. The main thread runs one loop (signals, terminal, UART, RTC);
 * devices that do I/O run their own, so that no vCPU thread ever does it.
 *
 * A source's handler runs in its loop's thread only. Sources are added before
 * the loop runs or from any thread, and removed from the loop's own thread.
 */
#ifndef PENG_VMM_LOOP_H
#define PENG_VMM_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

/**
 * struct loop_source - a file descriptor and who is called when it is ready
 * @fd: the descriptor; owned by whoever embeds the source
 * @ready: handler; gets the source back and the epoll events that are up
 */
struct loop_source {
	int fd;
	void (*ready)(struct loop_source *source, uint32_t events);
};

/**
 * struct loop - one epoll instance and, if it was started, its thread
 * @epoll_fd: the epoll instance; itself pollable, which the network uses
 * @wake: eventfd that ends a wait so that @stopping is looked at
 * @stopping: the loop is to return
 * @thread: thread of the loop, valid while @threaded
 * @threaded: loop_start() made a thread that loop_destroy() has to join
 */
struct loop {
	int epoll_fd;
	struct loop_source wake;
	atomic_bool stopping;
	pthread_t thread;
	bool threaded;
};

/** loop_init() - make an empty loop. Return: 0 or -errno. */
int loop_init(struct loop *loop);

/** loop_destroy() - free what the loop holds, after loop_join(). */
void loop_destroy(struct loop *loop);

/**
 * loop_add() - wait for @events on @source from now on
 * Return: 0 or -errno; -EPERM where the descriptor cannot be waited for
 * (regular files, /dev/null).
 */
int loop_add(struct loop *loop, struct loop_source *source, uint32_t events);

/** loop_remove() - forget @source; in the loop's thread only. */
void loop_remove(struct loop *loop, struct loop_source *source);

/** loop_poll() - wait at most @timeout_ms (-1: no limit) and call handlers. */
void loop_poll(struct loop *loop, int timeout_ms);

/** loop_run() - call handlers until loop_stop(). */
void loop_run(struct loop *loop);

/**
 * loop_start() - run @loop in a thread of its own
 * @loop: the loop
 * @name: the thread's name, 15 characters at most
 * @run: what the thread does, loop_run() for most
 *
 * Return: 0 or -errno.
 */
int loop_start(struct loop *loop, const char *name, void (*run)(struct loop *loop));

/** loop_stop() - make loop_run() return; any thread. */
void loop_stop(struct loop *loop);

/** loop_join() - stop the loop and wait until its thread, if any, has ended. */
void loop_join(struct loop *loop);

/** event_create() - make an eventfd for event_signal(). Return: fd or -errno. */
int event_create(void);

/** event_signal() - make the eventfd readable; any thread. */
void event_signal(int fd);

/** event_clear() - make the eventfd unreadable again. */
void event_clear(int fd);

#endif
