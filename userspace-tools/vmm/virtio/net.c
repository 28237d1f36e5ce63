// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio network card: queues and configuration. What moves the frames is the
 * link (net_slirp.c, net_tap.c).
 */
#include "net.h"
#include "../options.h"
#include "../util.h"
#include "../vm.h"

#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static bool handle_transmit(struct virtio_dev *dev, struct virtq_chain *chain)
{
	struct net *net = container_of(dev, struct net, dev);

	if (chain->out_size > NET_HEADER_SIZE)
		net->link->ops->transmit(net->link, chain);
	virtq_push(&dev->queues[NET_TRANSMIT], chain->head, 0);
	return true;
}

static void net_notified(struct virtio_dev *dev, unsigned int index)
{
	struct net *net = container_of(dev, struct net, dev);

	if (index == NET_TRANSMIT)
		virtio_work(dev, index, &net->transmit, handle_transmit);
	else
		net->link->ops->receive(net->link);
	/* An answer may have come at once. */
	virtio_flush(dev, NET_RECEIVE);
}

static void net_ready(struct virtio_dev *dev)
{
	struct net *net = container_of(dev, struct net, dev);

	if (net->link->ops->ready)
		net->link->ops->ready(net->link);
}

static void net_destroy(struct virtio_dev *dev)
{
	struct net *net = container_of(dev, struct net, dev);

	loop_join(&net->loop);
	net->link->ops->destroy(net->link);
	virtio_destroy(dev);
	loop_destroy(&net->loop);
	free(net);
}

static const struct virtio_ops net_ops = {
	.id = VIRTIO_ID_NET,
	.queue_count = 2,
	.notified = net_notified,
	.ready = net_ready,
	.destroy = net_destroy,
};

/* A random address of the kind that belongs to no manufacturer. */
static void choose_address(uint8_t *mac)
{
	if (getrandom(mac, 6, 0) != 6)
		memset(mac, 0x5e, 6);
	mac[0] = (mac[0] & ~1) | 2;
}

static int start_device(struct net *net, struct vm *vm)
{
	const struct net_link_ops *ops = net->link->ops;
	int error;

	net->dev.ops = &net_ops;
	net->dev.loop = &net->loop;
	net->dev.config = &net->config;
	net->dev.config_size = sizeof(net->config);
	net->dev.features = ops->features | 1ULL << VIRTIO_NET_F_MAC | 1ULL << VIRTIO_NET_F_STATUS;
	choose_address(net->config.mac);
	net->config.status = VIRTIO_NET_S_LINK_UP;
	error = virtio_create(&net->dev, vm);
	if (error)
		return error;
	error = loop_start(&net->loop, "net", ops->run);
	if (error)
		virtio_destroy(&net->dev);
	return error;
}

struct virtio_dev *net_create(struct vm *vm)
{
	bool tap = vm->options->net == OPTIONS_NET_TAP;
	const struct net_link_ops *ops = tap ? &net_tap_ops : &net_slirp_ops;
	struct net *net = calloc(1, sizeof(*net));
	int error;

	if (!net) {
		report("no memory for the network card");
		return NULL;
	}
	error = loop_init(&net->loop);
	if (error)
		goto report_error;
	net->link = ops->create(net, vm->options->tap);
	if (!net->link)
		goto destroy_loop;
	error = start_device(net, vm);
	if (!error)
		return &net->dev;
	ops->destroy(net->link);
	loop_destroy(&net->loop);
report_error:
	report("cannot make the network card: %s", strerror(-error));
	free(net);
	return NULL;

destroy_loop:
	loop_destroy(&net->loop);
	free(net);
	return NULL;
}
