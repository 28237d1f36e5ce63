/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device side of a split virtqueue (virtio 1.2, 2.7). Everything in the rings
 * and descriptors is the guest's and may change at any moment: each field is
 * read once, checked, and only the checked copy is used. A queue that breaks
 * the rules is broken until reset; the rest of the device goes on.
 *
 * Knows nothing of KVM or of devices, so that it is tested on its own
 * (tests/queue.c). The caller serialises all calls on a queue.
 */
#ifndef PENG_VMM_VIRTIO_QUEUE_H
#define PENG_VMM_VIRTIO_QUEUE_H

#include "../memory.h"

#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* The rings are little endian and are read as they are. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "little-endian hosts only");

#define VIRTQ_MAX_SIZE 256
/* A chain's descriptors, direct and indirect. */
#define VIRTQ_MAX_SEGMENTS 256

/**
 * struct virtq - a queue
 * @memory: the guest's memory
 * @desc_gpa: address of the descriptors, as the driver wrote it
 * @avail_gpa: address of the available ring
 * @used_gpa: address of the used ring
 * @size: number of descriptors, as the driver wrote it
 * @event_idx: VIRTIO_RING_F_EVENT_IDX was negotiated
 * @ready: the driver enabled the queue, and addresses and size were good
 * @broken: the driver broke the rules; nothing moves until reset
 * @desc: descriptors, valid while @ready
 * @avail: available ring, likewise
 * @used: used ring, likewise
 * @next_avail: index of the next available entry to take
 * @next_used: index of the next used entry to fill
 * @signalled: @next_used when the driver was last interrupted
 */
struct virtq {
	const struct memory *memory;
	gpa_t desc_gpa;
	gpa_t avail_gpa;
	gpa_t used_gpa;
	uint32_t size;
	bool event_idx;
	bool ready;
	bool broken;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t next_avail;
	uint16_t next_used;
	uint16_t signalled;
};

/**
 * struct virtq_chain - one request: buffers to read from, then to write to
 * @head: names the request when it is given back
 * @out_count: buffers that the driver filled, first in @iov
 * @in_count: buffers that the device fills, after those
 * @out_size: bytes in the former
 * @in_size: bytes in the latter
 * @iov: the buffers, all of them inside guest memory
 */
struct virtq_chain {
	uint16_t head;
	unsigned int out_count;
	unsigned int in_count;
	size_t out_size;
	size_t in_size;
	struct iovec iov[VIRTQ_MAX_SEGMENTS];
};

/** virtq_reset() - forget all that the driver said. */
void virtq_reset(struct virtq *queue);

/** virtq_enable() - check addresses and size; @queue->ready or @queue->broken after. */
void virtq_enable(struct virtq *queue);

/**
 * virtq_pop() - take the next request
 * Return: false where there is none, or the queue is or just became broken.
 */
bool virtq_pop(struct virtq *queue, struct virtq_chain *chain);

/** virtq_unpop() - put back the request that was taken last. */
void virtq_unpop(struct virtq *queue);

/** virtq_push() - give a request back, @written bytes of its buffers filled. */
void virtq_push(struct virtq *queue, uint16_t head, uint32_t written);

/** virtq_wants_interrupt() - whether the driver is to be told of what was pushed. */
bool virtq_wants_interrupt(struct virtq *queue);

/** virtq_kicks_off() - ask the driver not to notify; only a hint. */
void virtq_kicks_off(struct virtq *queue);

/**
 * virtq_kicks_on() - ask the driver to notify again
 * Return: true where requests arrived meanwhile, whose notification is lost.
 */
bool virtq_kicks_on(struct virtq *queue);

/** virtq_chain_read() - copy from the out buffers. Return: bytes copied. */
size_t virtq_chain_read(const struct virtq_chain *chain, size_t offset, void *to, size_t size);

/** virtq_chain_write() - copy to the in buffers. Return: bytes copied. */
size_t virtq_chain_write(struct virtq_chain *chain, size_t offset, const void *from,
			 size_t size);

/**
 * virtq_give() - copy to as many requests as it takes, each used up by its part
 * @queue: of requests to read
 * @chain: room for the one in work
 * @data: what they get; the rest is lost where there are too few
 * @size: bytes
 */
void virtq_give(struct virtq *queue, struct virtq_chain *chain, const uint8_t *data, size_t size);

/**
 * iov_slice() - narrow @iov to @size bytes from @offset on, in place
 * @iov: the array; moved to its first buffer that is left
 * @count: its length; set to what is left
 */
void iov_slice(struct iovec **iov, unsigned int *count, size_t offset, size_t size);

#endif
