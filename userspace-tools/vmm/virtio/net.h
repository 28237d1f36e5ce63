/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What connects the network card to the world: user-mode NAT by libslirp, or a
 * tap interface. Both work in the card's own thread, with the device's lock
 * held in all calls but run().
 */
#ifndef PENG_VMM_VIRTIO_NET_H
#define PENG_VMM_VIRTIO_NET_H

#include "virtio.h"

#include <linux/virtio_net.h>

struct net;
struct net_link;

/* Header before each frame, in both directions, when VIRTIO_F_VERSION_1 is on. */
#define NET_HEADER_SIZE sizeof(struct virtio_net_hdr_v1)
/* The largest frame: 64 KiB of segments to be cut, and an Ethernet header. */
#define NET_MAX_FRAME 65550

/**
 * struct net_link_ops - a way to be connected
 * @create: connect @net by @target; returns NULL after a report()
 * @features: feature bits that the card can offer because of it
 * @ready: the driver has chosen features
 * @transmit: send a frame, header first, from the guest's buffers
 * @receive: the guest has new buffers to receive into
 * @run: what the card's thread does
 * @destroy: disconnect
 */
struct net_link_ops {
	struct net_link *(*create)(struct net *net, const char *target);
	uint64_t features;
	void (*ready)(struct net_link *link);
	void (*transmit)(struct net_link *link, const struct virtq_chain *chain);
	void (*receive)(struct net_link *link);
	void (*run)(struct loop *loop);
	void (*destroy)(struct net_link *link);
};

/**
 * struct net_link - a connection; embedded in its kind's struct
 * @ops: the kind
 * @net: the card
 */
struct net_link {
	const struct net_link_ops *ops;
	struct net *net;
};

/**
 * struct net - the network card
 * @dev: its virtio side; its lock protects the rest
 * @loop: its own loop and thread
 * @link: its connection
 * @config: configuration space
 * @transmit: the frame that is being sent
 * @receive: the buffer that is being filled
 */
struct net {
	struct virtio_dev dev;
	struct loop loop;
	struct net_link *link;
	struct virtio_net_config config;
	struct virtq_chain transmit;
	struct virtq_chain receive;
};

enum { NET_RECEIVE, NET_TRANSMIT };

extern const struct net_link_ops net_slirp_ops;
extern const struct net_link_ops net_tap_ops;

#endif
