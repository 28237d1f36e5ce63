// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event loop on epoll. See loop.h for who may call what from where.
 */
#include "loop.h"
#include "thread.h"
#include "util.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int event_create(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

void event_signal(int fd)
{
	uint64_t one = 1;

	/* Fails only where the counter is full, and then the event is pending anyway. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

void event_clear(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
}

static void wake_ready(struct loop_source *source, uint32_t events)
{
	(void)events;
	event_clear(source->fd);
}

int loop_add(struct loop *loop, struct loop_source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, source->fd, &event) < 0)
		return -errno;
	return 0;
}

void loop_remove(struct loop *loop, struct loop_source *source)
{
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
}

int loop_init(struct loop *loop)
{
	int error;

	loop->threaded = false;
	atomic_init(&loop->stopping, false);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return -errno;
	loop->wake.ready = wake_ready;
	loop->wake.fd = event_create();
	if (loop->wake.fd < 0) {
		error = loop->wake.fd;
		goto close_epoll;
	}
	error = loop_add(loop, &loop->wake, EPOLLIN);
	if (error)
		goto close_wake;
	return 0;

close_wake:
	close(loop->wake.fd);
close_epoll:
	close(loop->epoll_fd);
	return error;
}

void loop_join(struct loop *loop)
{
	loop_stop(loop);
	if (loop->threaded)
		thread_kick_and_join(loop->thread);
	loop->threaded = false;
}

void loop_destroy(struct loop *loop)
{
	loop_join(loop);
	close(loop->wake.fd);
	close(loop->epoll_fd);
}

void loop_poll(struct loop *loop, int timeout_ms)
{
	struct epoll_event events[16];
	int count = epoll_wait(loop->epoll_fd, events, ARRAY_SIZE(events), timeout_ms);

	for (int i = 0; i < count; i++) {
		struct loop_source *source = events[i].data.ptr;

		source->ready(source, events[i].events);
	}
}

void loop_run(struct loop *loop)
{
	while (!atomic_load(&loop->stopping))
		loop_poll(loop, -1);
}

void loop_stop(struct loop *loop)
{
	atomic_store(&loop->stopping, true);
	event_signal(loop->wake.fd);
}

struct loop_start {
	struct loop *loop;
	void (*run)(struct loop *loop);
};

static void loop_thread(void *argument)
{
	struct loop_start start = *(struct loop_start *)argument;

	start.run(start.loop);
}

int loop_start(struct loop *loop, const char *name, void (*run)(struct loop *loop))
{
	struct loop_start start = { loop, run };
	int error = thread_create(&loop->thread, name, loop_thread, &start, sizeof(start));

	loop->threaded = !error;
	return error;
}
