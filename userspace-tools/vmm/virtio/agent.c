// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channel to the agent in a guest: a virtio console (virtio 1.2, 5.3) with one
 * port that is no console but has the name by which qemu-guest-agent finds it.
 * Its far end is a Unix socket, to which one program at a time is connected;
 * others wait. What a side has no room for is lost, as on a serial line: who
 * speaks with the agent begins by synchronising.
 */
#include "virtio.h"
#include "../util.h"
#include "../vm.h"

#include <errno.h>
#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT_NAME "org.qemu.guest_agent.0"
/* An answer is shorter, and the loop is for others, too. */
#define AGENT_MAX_REQUEST 65536

enum { AGENT_RECEIVE, AGENT_TRANSMIT, AGENT_TELL, AGENT_HEAR, AGENT_QUEUES };

_Static_assert(AGENT_QUEUES <= VIRTIO_MAX_QUEUES, "room for its queues");

/* What the driver is told of the port, in this order, each when there is a buffer for it. */
static const struct {
	uint16_t event;
	uint16_t value;
	const char *text;
} news[] = {
	{ VIRTIO_CONSOLE_PORT_ADD, 1, "" },
	{ VIRTIO_CONSOLE_PORT_NAME, 1, PORT_NAME },
	{ VIRTIO_CONSOLE_PORT_OPEN, 1, "" },
};

/* After the first it says that it is ready for the rest. */
#define NEWS_FIRST 1

/**
 * struct agent - the channel
 * @dev: its virtio side; its lock protects the rest
 * @config: configuration space
 * @listener: socket to connect to; the place's
 * @client: who is connected; -1 for nobody
 * @chain: the request in work
 * @told: how many of @news the driver has
 * @allowed: how many it may have by now
 */
struct agent {
	struct virtio_dev dev;
	struct virtio_console_config config;
	struct loop_source listener;
	struct loop_source client;
	struct virtq_chain chain;
	unsigned int told;
	unsigned int allowed;
};

static struct agent *agent_of(struct virtio_dev *dev)
{
	return container_of(dev, struct agent, dev);
}

static void tell_next(struct agent *agent)
{
	const char *text = news[agent->told].text;
	struct virtio_console_control control = {
		.event = news[agent->told].event,
		.value = news[agent->told].value,
	};
	size_t size = virtq_chain_write(&agent->chain, 0, &control, sizeof(control));

	size += virtq_chain_write(&agent->chain, size, text, strlen(text));
	virtq_push(&agent->dev.queues[AGENT_TELL], agent->chain.head, size);
	agent->told++;
}

static void tell(struct agent *agent)
{
	struct virtq *queue = &agent->dev.queues[AGENT_TELL];

	do {
		while (agent->told < agent->allowed && virtq_pop(queue, &agent->chain))
			tell_next(agent);
	} while (agent->told < agent->allowed && virtq_kicks_on(queue));
	virtio_flush(&agent->dev, AGENT_TELL);
}

/* A driver says of device and port once that they are ready; said again it is nothing new. */
static bool hear(struct virtio_dev *dev, struct virtq_chain *chain)
{
	struct virtio_console_control control = { 0 };
	struct agent *agent = agent_of(dev);

	virtq_chain_read(chain, 0, &control, sizeof(control));
	virtq_push(&dev->queues[AGENT_HEAR], chain->head, 0);
	if (control.event == VIRTIO_CONSOLE_DEVICE_READY && control.value && !agent->allowed)
		agent->allowed = NEWS_FIRST;
	if (control.event == VIRTIO_CONSOLE_PORT_READY && control.value && agent->allowed)
		agent->allowed = ARRAY_SIZE(news);
	return virtio_live(dev);
}

static bool pass_to_client(struct virtio_dev *dev, struct virtq_chain *chain)
{
	struct agent *agent = agent_of(dev);
	ssize_t offset = 0, size;
	uint8_t data[4096];

	while (agent->client.fd >= 0 && offset < AGENT_MAX_REQUEST) {
		size = virtq_chain_read(chain, offset, data, sizeof(data));
		if (!size || send(agent->client.fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) != size)
			break;
		offset += size;
	}
	virtq_push(&dev->queues[AGENT_TRANSMIT], chain->head, 0);
	return virtio_live(dev);
}

static void agent_notified(struct virtio_dev *dev, unsigned int index)
{
	struct agent *agent = agent_of(dev);

	if (index == AGENT_TRANSMIT)
		virtio_work(dev, index, &agent->chain, pass_to_client);
	if (index == AGENT_HEAR)
		virtio_work(dev, index, &agent->chain, hear);
	if (index != AGENT_TRANSMIT)
		tell(agent);
}

static void agent_reset(struct virtio_dev *dev)
{
	agent_of(dev)->told = 0;
	agent_of(dev)->allowed = 0;
}

/* The driver has to know the port, or the buffers are not the port's yet. */
static void pass_to_guest(struct agent *agent, const uint8_t *data, size_t size)
{
	struct virtq *queue = &agent->dev.queues[AGENT_RECEIVE];

	if (agent->told < ARRAY_SIZE(news) || !virtio_live(&agent->dev))
		return;
	virtq_give(queue, &agent->chain, data, size);
	virtio_flush(&agent->dev, AGENT_RECEIVE);
}

static void set_client(struct agent *agent, int fd)
{
	pthread_mutex_lock(&agent->dev.lock);
	agent->client.fd = fd;
	pthread_mutex_unlock(&agent->dev.lock);
}

static void drop_client(struct agent *agent)
{
	int fd = agent->client.fd, error;

	loop_remove(agent->dev.loop, &agent->client);
	set_client(agent, -1);
	close(fd);
	error = loop_add(agent->dev.loop, &agent->listener, EPOLLIN);
	if (error)
		report("nobody can reach the guest's agent any more: %s", strerror(-error));
}

static void client_ready(struct loop_source *source, uint32_t events)
{
	struct agent *agent = container_of(source, struct agent, client);
	uint8_t data[4096];
	ssize_t size = recv(source->fd, data, sizeof(data), MSG_DONTWAIT);

	(void)events;
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size <= 0) {
		drop_client(agent);
		return;
	}
	pthread_mutex_lock(&agent->dev.lock);
	pass_to_guest(agent, data, size);
	pthread_mutex_unlock(&agent->dev.lock);
}

static void listener_ready(struct loop_source *source, uint32_t events)
{
	struct agent *agent = container_of(source, struct agent, listener);
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	set_client(agent, fd);
	if (!loop_add(agent->dev.loop, &agent->client, EPOLLIN)) {
		loop_remove(agent->dev.loop, &agent->listener);
		return;
	}
	set_client(agent, -1);
	close(fd);
}

static void agent_destroy(struct virtio_dev *dev)
{
	struct agent *agent = agent_of(dev);

	virtio_destroy(dev);
	if (agent->client.fd >= 0)
		close(agent->client.fd);
	free(agent);
}

static const struct virtio_ops agent_ops = {
	.id = VIRTIO_ID_CONSOLE,
	.queue_count = AGENT_QUEUES,
	.notified = agent_notified,
	.reset = agent_reset,
	.destroy = agent_destroy,
};

struct virtio_dev *agent_create(struct vm *vm, int listener)
{
	struct agent *agent = calloc(1, sizeof(*agent));
	int error;

	if (!agent) {
		report("no memory for the agent's channel");
		return NULL;
	}
	agent->dev.ops = &agent_ops;
	agent->dev.loop = &vm->io_loop;
	agent->dev.config = &agent->config;
	agent->dev.config_size = sizeof(agent->config);
	agent->dev.features = 1ULL << VIRTIO_CONSOLE_F_MULTIPORT;
	agent->config.max_nr_ports = 1;
	agent->client = (struct loop_source){ -1, client_ready };
	agent->listener = (struct loop_source){ listener, listener_ready };
	error = loop_add(&vm->io_loop, &agent->listener, EPOLLIN);
	if (!error)
		error = virtio_create(&agent->dev, vm);
	if (!error)
		return &agent->dev;
	report("cannot make the agent's channel: %s", strerror(-error));
	free(agent);
	return NULL;
}
