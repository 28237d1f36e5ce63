// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network by a tap interface of the host. Frames go between the guest's
 * buffers and the interface without a copy here; checksums and segmentation
 * are left to the host's network stack.
 */
#include "net.h"
#include "../util.h"
#include "../vm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TAP_DEVICE "/dev/net/tun"
/* Frames taken at a time, before notifications get their turn. */
#define TAP_BATCH 64

/**
 * struct net_tap - a tap interface
 * @link: the common part
 * @source: the interface, in the card's loop
 */
struct net_tap {
	struct net_link link;
	struct loop_source source;
};

/* What the driver accepted -> what the host's stack may hand to it. */
static const struct {
	unsigned int feature;
	unsigned int offload;
} offloads[] = {
	{ VIRTIO_NET_F_GUEST_CSUM, TUN_F_CSUM },
	{ VIRTIO_NET_F_GUEST_TSO4, TUN_F_TSO4 },
	{ VIRTIO_NET_F_GUEST_TSO6, TUN_F_TSO6 },
	{ VIRTIO_NET_F_GUEST_ECN, TUN_F_TSO_ECN },
};

static void tap_ready(struct net_link *link)
{
	struct net_tap *tap = container_of(link, struct net_tap, link);
	unsigned long flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(offloads); i++)
		if (virtio_has(&link->net->dev, offloads[i].feature))
			flags |= offloads[i].offload;
	ioctl(tap->source.fd, TUNSETOFFLOAD, flags);
	/* Frames may wait whose edge has gone by. */
	event_signal(link->net->dev.kicks[NET_RECEIVE].source.fd);
}

static void tap_transmit(struct net_link *link, const struct virtq_chain *chain)
{
	struct net_tap *tap = container_of(link, struct net_tap, link);

	/* A frame that the interface does not take is lost, as on any wire. */
	if (writev(tap->source.fd, chain->iov, chain->out_count) < 0)
		return;
}

/* One frame into the guest's buffers. Return: false where there was none, or no good buffer. */
static bool receive_frame(struct net_tap *tap, struct virtq *queue)
{
	struct virtq_chain *chain = &tap->link.net->receive;
	const uint16_t one = 1;
	ssize_t size;

	size = readv(tap->source.fd, chain->iov + chain->out_count, chain->in_count);
	if (size < (ssize_t)NET_HEADER_SIZE) {
		virtq_unpop(queue);
		return false;
	}
	virtq_chain_write(chain, offsetof(struct virtio_net_hdr_v1, num_buffers), &one,
			  sizeof(one));
	virtq_push(queue, chain->head, size);
	return true;
}

/* Frames from the interface to the guest, until either has no more. */
static void tap_receive(struct net_link *link)
{
	struct net_tap *tap = container_of(link, struct net_tap, link);
	struct net *net = link->net;
	struct virtq *queue = &net->dev.queues[NET_RECEIVE];
	unsigned int budget = TAP_BATCH;

	do {
		virtq_kicks_off(queue);
		while (budget && virtq_pop(queue, &net->receive)) {
			if (!receive_frame(tap, queue))
				return;
			budget--;
		}
	} while (budget && virtq_kicks_on(queue));
	if (!budget)
		event_signal(net->dev.kicks[NET_RECEIVE].source.fd);
}

static void tap_source_ready(struct loop_source *source, uint32_t events)
{
	struct net_tap *tap = container_of(source, struct net_tap, source);
	struct virtio_dev *dev = &tap->link.net->dev;

	(void)events;
	pthread_mutex_lock(&dev->lock);
	if (virtio_live(dev)) {
		tap_receive(&tap->link);
		virtio_flush(dev, NET_RECEIVE);
	}
	pthread_mutex_unlock(&dev->lock);
}

static int open_tap(const char *name)
{
	const int header_size = NET_HEADER_SIZE;
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd;

	/* The kernel would make one that nothing is connected to. */
	if (!if_nametoindex(name)) {
		report("no tap interface %s; make it by ip tuntap add %s mode tap", name, name);
		return -1;
	}
	fd = open(TAP_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		report("cannot open %s: %s; load the tun module, run as root, or use --net user",
		       TAP_DEVICE, strerror(errno));
		return -1;
	}
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, TUNSETIFF, &request) < 0 ||
	    ioctl(fd, TUNSETVNETHDRSZ, &header_size) < 0) {
		report("cannot use tap interface %s: %s; is it a tap, free, and yours?", name,
		       strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

static struct net_link *tap_create(struct net *net, const char *target)
{
	struct net_tap *tap = calloc(1, sizeof(*tap));

	if (!tap) {
		report("no memory for tap interface %s", target);
		return NULL;
	}
	tap->link.ops = &net_tap_ops;
	tap->link.net = net;
	tap->source.ready = tap_source_ready;
	tap->source.fd = open_tap(target);
	if (tap->source.fd < 0)
		goto free_tap;
	/* Edge triggered: frames that nobody takes must not keep the thread awake. */
	if (loop_add(&net->loop, &tap->source, EPOLLIN | EPOLLET)) {
		report("cannot wait for tap interface %s", target);
		close(tap->source.fd);
		goto free_tap;
	}
	return &tap->link;

free_tap:
	free(tap);
	return NULL;
}

static void tap_destroy(struct net_link *link)
{
	struct net_tap *tap = container_of(link, struct net_tap, link);

	close(tap->source.fd);
	free(tap);
}

const struct net_link_ops net_tap_ops = {
	.create = tap_create,
	.features = 1ULL << VIRTIO_NET_F_CSUM | 1ULL << VIRTIO_NET_F_GUEST_CSUM |
		    1ULL << VIRTIO_NET_F_HOST_TSO4 | 1ULL << VIRTIO_NET_F_HOST_TSO6 |
		    1ULL << VIRTIO_NET_F_HOST_ECN | 1ULL << VIRTIO_NET_F_GUEST_TSO4 |
		    1ULL << VIRTIO_NET_F_GUEST_TSO6 | 1ULL << VIRTIO_NET_F_GUEST_ECN,
	.ready = tap_ready,
	.transmit = tap_transmit,
	.receive = tap_receive,
	.run = loop_run,
	.destroy = tap_destroy,
};
