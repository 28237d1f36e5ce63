// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio entropy source: fills the guest's buffers from getrandom().
 */
#include "virtio.h"
#include "../util.h"
#include "../vm.h"

#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* A request may ask for as much as it likes, but the loop is for others too. */
#define RNG_MAX_REQUEST 65536

/**
 * struct rng - an entropy source
 * @dev: its virtio side
 * @chain: the request in work
 * @bytes: entropy on its way
 */
struct rng {
	struct virtio_dev dev;
	struct virtq_chain chain;
	uint8_t bytes[RNG_MAX_REQUEST];
};

static bool handle_request(struct virtio_dev *dev, struct virtq_chain *chain)
{
	struct rng *rng = container_of(dev, struct rng, dev);
	ssize_t size = getrandom(rng->bytes, min_size(chain->in_size, RNG_MAX_REQUEST), 0);

	size = size < 0 ? 0 : (ssize_t)virtq_chain_write(chain, 0, rng->bytes, size);
	virtq_push(&dev->queues[0], chain->head, size);
	return true;
}

static void rng_notified(struct virtio_dev *dev, unsigned int index)
{
	struct rng *rng = container_of(dev, struct rng, dev);

	virtio_work(dev, index, &rng->chain, handle_request);
}

static void rng_destroy(struct virtio_dev *dev)
{
	struct rng *rng = container_of(dev, struct rng, dev);

	virtio_destroy(dev);
	/* What the guest uses as keys does not stay behind. */
	explicit_bzero(rng->bytes, sizeof(rng->bytes));
	free(rng);
}

static const struct virtio_ops rng_ops = {
	.id = VIRTIO_ID_RNG,
	.queue_count = 1,
	.notified = rng_notified,
	.destroy = rng_destroy,
};

struct virtio_dev *rng_create(struct vm *vm)
{
	struct rng *rng = calloc(1, sizeof(*rng));
	int error;

	if (!rng) {
		report("no memory for the entropy source");
		return NULL;
	}
	rng->dev.ops = &rng_ops;
	rng->dev.loop = &vm->io_loop;
	error = virtio_create(&rng->dev, vm);
	if (error) {
		report("cannot make the entropy source: %s", strerror(-error));
		free(rng);
		return NULL;
	}
	return &rng->dev;
}
