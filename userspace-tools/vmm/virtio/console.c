// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio console (hvc0 in a Linux guest): one port, without multiport. Its
 * output goes to the same terminal as the UART's; input goes to it where the
 * kernel command line makes it the last console.
 *
 * Linux's driver offers buffers for input a moment before it is ready to keep
 * what arrives in them, so input is held back for LISTEN_DELAY_S after the
 * driver has started: far longer than that moment, and a person does not see it.
 */
#include "virtio.h"
#include "../term.h"
#include "../util.h"
#include "../vm.h"

#include <errno.h>
#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define LISTEN_DELAY_S 1

enum { RECEIVE, TRANSMIT };

/**
 * struct console - a console
 * @dev: its virtio side
 * @sink: takes console input
 * @listen: timer that lets input begin, in the main loop
 * @listening: input may be given to the driver
 * @config: its configuration space: the terminal's size
 * @input: the buffer that takes the next input
 * @output: the request in work
 * @text: output on its way to the terminal
 * @writing: it is being written, with the lock released
 * @written: signalled when it was
 */
struct console {
	struct virtio_dev dev;
	struct term_sink sink;
	struct loop_source listen;
	bool listening;
	struct virtio_console_config config;
	struct virtq_chain input;
	struct virtq_chain output;
	uint8_t text[4096];
	bool writing;
	pthread_cond_t written;
};

/*
 * Output may block for as long as nobody reads it, so it is done without the
 * lock, from a copy; console_reset() waits for it.
 */
static bool handle_output(struct virtio_dev *dev, struct virtq_chain *chain)
{
	struct console *console = container_of(dev, struct console, dev);
	size_t offset = 0, size;

	while ((size = virtq_chain_read(chain, offset, console->text, sizeof(console->text)))) {
		console->writing = true;
		pthread_mutex_unlock(&dev->lock);
		term_write(&dev->vm->term, console->text, size);
		pthread_mutex_lock(&dev->lock);
		console->writing = false;
		offset += size;
	}
	pthread_cond_signal(&console->written);
	virtq_push(&dev->queues[TRANSMIT], chain->head, 0);
	return virtio_live(dev);
}

static void console_reset(struct virtio_dev *dev)
{
	struct console *console = container_of(dev, struct console, dev);

	console->listening = false;
	while (console->writing)
		pthread_cond_wait(&console->written, &dev->lock);
}

static void console_notified(struct virtio_dev *dev, unsigned int index)
{
	struct console *console = container_of(dev, struct console, dev);

	if (index == TRANSMIT) {
		virtio_work(dev, index, &console->output, handle_output);
		return;
	}
	/* Buffers for input: the terminal may be read again. */
	term_resume(&dev->vm->term);
}

static size_t sink_room(struct term_sink *sink)
{
	struct console *console = container_of(sink, struct console, sink);
	struct virtio_dev *dev = &console->dev;
	struct virtq *queue = &dev->queues[RECEIVE];
	size_t room = 0;

	pthread_mutex_lock(&dev->lock);
	if (console->listening && virtq_pop(queue, &console->input)) {
		room = console->input.in_size;
		/* Only looked at: the push comes when there is input. */
		virtq_unpop(queue);
	}
	if (!room)
		virtq_kicks_on(queue);
	pthread_mutex_unlock(&dev->lock);
	return room;
}

static void sink_push(struct term_sink *sink, const uint8_t *data, size_t size)
{
	struct console *console = container_of(sink, struct console, sink);
	struct virtio_dev *dev = &console->dev;
	struct virtq *queue = &dev->queues[RECEIVE];

	pthread_mutex_lock(&dev->lock);
	if (console->listening)
		virtq_give(queue, &console->input, data, size);
	virtio_flush(dev, RECEIVE);
	pthread_mutex_unlock(&dev->lock);
}

struct term_sink *console_sink(struct virtio_dev *dev)
{
	return &container_of(dev, struct console, dev)->sink;
}

static void take_size(struct console *console)
{
	struct winsize size;

	if (!term_size(&console->dev.vm->term, &size))
		return;
	console->config.cols = size.ws_col;
	console->config.rows = size.ws_row;
}

void console_resize(struct virtio_dev *dev)
{
	struct console *console = container_of(dev, struct console, dev);

	pthread_mutex_lock(&dev->lock);
	take_size(console);
	virtio_config_changed(dev);
	pthread_mutex_unlock(&dev->lock);
}

static void console_ready(struct virtio_dev *dev)
{
	struct console *console = container_of(dev, struct console, dev);
	struct itimerspec once = { .it_value.tv_sec = LISTEN_DELAY_S };

	timerfd_settime(console->listen.fd, 0, &once, NULL);
}

static void listen_ready(struct loop_source *source, uint32_t events)
{
	struct console *console = container_of(source, struct console, listen);
	struct virtio_dev *dev = &console->dev;

	(void)events;
	event_clear(source->fd);
	pthread_mutex_lock(&dev->lock);
	console->listening = virtio_live(dev);
	pthread_mutex_unlock(&dev->lock);
	term_resume(&dev->vm->term);
}

static void free_console(struct console *console)
{
	if (console->listen.fd >= 0)
		close(console->listen.fd);
	pthread_cond_destroy(&console->written);
	free(console);
}

static void console_destroy(struct virtio_dev *dev)
{
	struct console *console = container_of(dev, struct console, dev);

	loop_remove(&dev->vm->loop, &console->listen);
	virtio_destroy(dev);
	free_console(console);
}

static const struct virtio_ops console_ops = {
	.id = VIRTIO_ID_CONSOLE,
	.queue_count = 2,
	.notified = console_notified,
	.ready = console_ready,
	.reset = console_reset,
	.destroy = console_destroy,
};

static int start_device(struct console *console, struct vm *vm)
{
	struct virtio_dev *dev = &console->dev;
	int error;

	dev->ops = &console_ops;
	dev->loop = &vm->io_loop;
	dev->vm = vm;
	dev->config = &console->config;
	dev->config_size = sizeof(console->config);
	take_size(console);
	if (console->config.cols)
		dev->features = 1ULL << VIRTIO_CONSOLE_F_SIZE;
	console->sink = (struct term_sink){ sink_room, sink_push, NULL };
	console->listen.ready = listen_ready;
	console->listen.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (console->listen.fd < 0)
		return -errno;
	error = loop_add(&vm->loop, &console->listen, EPOLLIN);
	return error ? error : virtio_create(dev, vm);
}

struct virtio_dev *console_create(struct vm *vm)
{
	struct console *console = calloc(1, sizeof(*console));
	int error;

	if (!console) {
		report("no memory for the console");
		return NULL;
	}
	pthread_cond_init(&console->written, NULL);
	error = start_device(console, vm);
	if (!error)
		return &console->dev;
	report("cannot make the console: %s", strerror(-error));
	free_console(console);
	return NULL;
}
