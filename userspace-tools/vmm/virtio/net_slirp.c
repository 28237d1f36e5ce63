// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network without privileges: libslirp makes the guest's connections as
 * ordinary sockets of this process. The guest is 10.0.2.15 (by DHCP), the host
 * 10.0.2.2, the name server 10.0.2.3.
 *
 * libslirp is used by the card's thread alone. It names its descriptors anew
 * before each wait, so they are polled together with the descriptor of the
 * card's epoll loop.
 */
#include "net.h"
#include "../util.h"
#include "../vm.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <slirp/libslirp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Frames that wait for the guest to have buffers; more are lost, as on any wire. */
#define SLIRP_MAX_BACKLOG 256

/**
 * struct slirp_frame - a frame for the guest
 * @next: the one after it
 * @size: bytes of @data
 * @data: header and frame
 */
struct slirp_frame {
	struct slirp_frame *next;
	size_t size;
	uint8_t data[];
};

/**
 * struct net_slirp - a user-mode network
 * @link: the common part
 * @slirp: the library's state
 * @polls: what the library waits for, after the card's loop at index 0
 * @poll_count: how many
 * @poll_room: how many fit
 * @first: the oldest frame for the guest
 * @last: where the next goes
 * @backlog: how many there are
 * @frame: the frame that is being sent
 */
struct net_slirp {
	struct net_link link;
	Slirp *slirp;
	struct pollfd *polls;
	size_t poll_count;
	size_t poll_room;
	struct slirp_frame *first;
	struct slirp_frame **last;
	unsigned int backlog;
	uint8_t frame[NET_MAX_FRAME];
};

static void slirp_transmit(struct net_link *link, const struct virtq_chain *chain)
{
	struct net_slirp *slirp = container_of(link, struct net_slirp, link);
	size_t size = chain->out_size - NET_HEADER_SIZE;

	if (size > sizeof(slirp->frame))
		return;
	size = virtq_chain_read(chain, NET_HEADER_SIZE, slirp->frame, size);
	slirp_input(slirp->slirp, slirp->frame, size);
}

/* Give the guest what waits for it, as far as it has buffers. */
static void slirp_receive(struct net_link *link)
{
	struct net_slirp *slirp = container_of(link, struct net_slirp, link);
	struct net *net = link->net;
	struct virtq *queue = &net->dev.queues[NET_RECEIVE];
	struct virtq_chain *chain = &net->receive;
	struct slirp_frame *frame;

	while ((frame = slirp->first)) {
		if (!virtq_pop(queue, chain)) {
			if (virtq_kicks_on(queue))
				continue;
			return;
		}
		virtq_kicks_off(queue);
		/* Too small a buffer costs the frame, not the guest. */
		if (chain->in_size < frame->size)
			virtq_push(queue, chain->head, 0);
		else
			virtq_push(queue, chain->head,
				   virtq_chain_write(chain, 0, frame->data, frame->size));
		slirp->first = frame->next;
		if (!slirp->first)
			slirp->last = &slirp->first;
		slirp->backlog--;
		free(frame);
	}
}

static ssize_t slirp_send_packet(const void *data, size_t size, void *opaque)
{
	const struct virtio_net_hdr_v1 header = { .num_buffers = 1 };
	struct net_slirp *slirp = opaque;
	struct slirp_frame *frame;

	if (slirp->backlog == SLIRP_MAX_BACKLOG || !virtio_live(&slirp->link.net->dev))
		return size;
	frame = malloc(sizeof(*frame) + sizeof(header) + size);
	if (!frame)
		return size;
	memcpy(frame->data, &header, sizeof(header));
	memcpy(frame->data + sizeof(header), data, size);
	frame->size = sizeof(header) + size;
	frame->next = NULL;
	*slirp->last = frame;
	slirp->last = &frame->next;
	slirp->backlog++;
	slirp_receive(&slirp->link);
	return size;
}

static void slirp_guest_error(const char *message, void *opaque)
{
	/* What a guest does wrong on its network is its own business. */
	(void)message;
	(void)opaque;
}

static int64_t slirp_clock(void *opaque)
{
	struct timespec now;

	(void)opaque;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void slirp_poll_fd(int fd, void *opaque)
{
	(void)fd;
	(void)opaque;
}

static void slirp_notify(void *opaque)
{
	(void)opaque;
}

/* Timers are for IPv6 router advertisements alone, and IPv6 is off. */
static const SlirpCb callbacks = {
	.send_packet = slirp_send_packet,
	.guest_error = slirp_guest_error,
	.clock_get_ns = slirp_clock,
	.register_poll_fd = slirp_poll_fd,
	.unregister_poll_fd = slirp_poll_fd,
	.notify = slirp_notify,
};

static const struct {
	int slirp;
	short poll;
} events[] = {
	{ SLIRP_POLL_IN, POLLIN },
	{ SLIRP_POLL_OUT, POLLOUT },
	{ SLIRP_POLL_PRI, POLLPRI },
	{ SLIRP_POLL_ERR, POLLERR },
	{ SLIRP_POLL_HUP, POLLHUP },
};

static int add_poll(int fd, int wanted, void *opaque)
{
	struct net_slirp *slirp = opaque;
	struct pollfd *entry;

	if (slirp->poll_count == slirp->poll_room) {
		size_t room = slirp->poll_room * 2;

		entry = realloc(slirp->polls, room * sizeof(*entry));
		if (!entry)
			return -1;
		slirp->polls = entry;
		slirp->poll_room = room;
	}
	entry = &slirp->polls[slirp->poll_count];
	*entry = (struct pollfd){ .fd = fd };
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (wanted & events[i].slirp)
			entry->events |= events[i].poll;
	return slirp->poll_count++;
}

static int get_events(int index, void *opaque)
{
	struct net_slirp *slirp = opaque;
	int found = 0;

	if (index < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (slirp->polls[index].revents & events[i].poll)
			found |= events[i].slirp;
	return found;
}

static void slirp_run(struct loop *loop)
{
	struct net *net = container_of(loop, struct net, loop);
	struct net_slirp *slirp = container_of(net->link, struct net_slirp, link);

	while (!atomic_load(&loop->stopping)) {
		uint32_t timeout = INT_MAX;
		int result;

		slirp->polls[0] = (struct pollfd){ .fd = loop->epoll_fd, .events = POLLIN };
		slirp->poll_count = 1;
		pthread_mutex_lock(&net->dev.lock);
		slirp_pollfds_fill(slirp->slirp, &timeout, add_poll, slirp);
		pthread_mutex_unlock(&net->dev.lock);

		result = poll(slirp->polls, slirp->poll_count, timeout);
		loop_poll(loop, 0);

		pthread_mutex_lock(&net->dev.lock);
		slirp_pollfds_poll(slirp->slirp, result < 0, get_events, slirp);
		virtio_flush(&net->dev, NET_RECEIVE);
		pthread_mutex_unlock(&net->dev.lock);
	}
}

static void slirp_destroy(struct net_link *link)
{
	struct net_slirp *slirp = container_of(link, struct net_slirp, link);

	while (slirp->first) {
		struct slirp_frame *frame = slirp->first;

		slirp->first = frame->next;
		free(frame);
	}
	if (slirp->slirp)
		slirp_cleanup(slirp->slirp);
	free(slirp->polls);
	free(slirp);
}

static struct net_link *slirp_create(struct net *net, const char *target)
{
	const SlirpConfig config = {
		.version = 4,
		.in_enabled = true,
		.vnetwork.s_addr = htonl(0x0a000200),
		.vnetmask.s_addr = htonl(0xffffff00),
		.vhost.s_addr = htonl(0x0a000202),
		.vdhcp_start.s_addr = htonl(0x0a00020f),
		.vnameserver.s_addr = htonl(0x0a000203),
		.vhostname = "guest",
	};
	struct net_slirp *slirp = calloc(1, sizeof(*slirp));

	(void)target;
	if (!slirp)
		goto no_memory;
	slirp->link.ops = &net_slirp_ops;
	slirp->link.net = net;
	slirp->last = &slirp->first;
	slirp->poll_room = 32;
	slirp->polls = calloc(slirp->poll_room, sizeof(slirp->polls[0]));
	if (!slirp->polls)
		goto destroy_slirp;
	slirp->slirp = slirp_new(&config, &callbacks, slirp);
	if (!slirp->slirp)
		goto destroy_slirp;
	return &slirp->link;

destroy_slirp:
	slirp_destroy(&slirp->link);
no_memory:
	report("cannot start the user-mode network: no memory");
	return NULL;
}

const struct net_link_ops net_slirp_ops = {
	.create = slirp_create,
	.transmit = slirp_transmit,
	.receive = slirp_receive,
	.run = slirp_run,
	.destroy = slirp_destroy,
};
