/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all virtio devices share: feature negotiation, status, queues, the
 * virtio-mmio window (virtio 1.2, 4.2, version 2), the notification of queues
 * by ioeventfd and the interrupt by irqfd.
 *
 * A device's handlers run with its lock held, so a device needs no lock of its
 * own. Notifications are handled in the device's loop; register accesses come
 * from vCPU threads.
 */
#ifndef PENG_VMM_VIRTIO_VIRTIO_H
#define PENG_VMM_VIRTIO_VIRTIO_H

#include "../bus.h"
#include "../gic.h"
#include "../loop.h"
#include "queue.h"

#include <pthread.h>
#include <stdatomic.h>

#define VIRTIO_MAX_QUEUES 4

struct options_disk;
struct term_sink;
struct virtio_dev;
struct vm;

/**
 * struct virtio_ops - a kind of device
 * @id: VIRTIO_ID_*
 * @queue_count: how many queues it has
 * @notified: the driver put requests into queue @index
 * @ready: the driver has finished its set-up (DRIVER_OK); NULL: nothing to do
 * @configured: the driver wrote @length bytes at @offset of the configuration space;
 *	NULL: it has nothing to write there
 * @reset: the driver resets: return once no request is in work any more; NULL:
 *	none ever is outside of a handler
 * @destroy: stop threads and free the device; without the lock
 */
struct virtio_ops {
	uint32_t id;
	unsigned int queue_count;
	void (*notified)(struct virtio_dev *dev, unsigned int index);
	void (*ready)(struct virtio_dev *dev);
	void (*configured)(struct virtio_dev *dev, uint64_t offset, unsigned int length,
			   uint64_t value);
	void (*reset)(struct virtio_dev *dev);
	void (*destroy)(struct virtio_dev *dev);
};

/**
 * struct virtio_kick - notification of one queue
 * @source: the ioeventfd in the device's loop
 * @dev: the device
 * @index: the queue
 */
struct virtio_kick {
	struct loop_source source;
	struct virtio_dev *dev;
	unsigned int index;
};

/**
 * struct virtio_dev - a device; embedded in its kind's struct
 * @ops: its kind
 * @vm: its machine
 * @loop: where its notifications are handled
 * @region: its window
 * @irq: its interrupt
 * @kicks: its notifications
 * @features: feature bits offered
 * @config: configuration space, or NULL
 * @config_size: size of it
 * @interrupt: InterruptStatus; any thread
 * @lock: all below, @config, and the queues
 * @driver_features: feature bits accepted
 * @status: device status
 * @generation: ConfigGeneration
 * @features_sel: which half of @features the driver looks at
 * @driver_features_sel: which half of @driver_features it writes
 * @queue_sel: which queue it sets up
 * @queues: the queues
 */
struct virtio_dev {
	const struct virtio_ops *ops;
	struct vm *vm;
	struct loop *loop;
	struct bus_region region;
	struct gic_edge irq;
	struct virtio_kick kicks[VIRTIO_MAX_QUEUES];
	uint64_t features;
	const void *config;
	size_t config_size;
	atomic_uint interrupt;
	pthread_mutex_t lock;
	uint64_t driver_features;
	uint32_t status;
	uint32_t generation;
	uint32_t features_sel;
	uint32_t driver_features_sel;
	uint32_t queue_sel;
	struct virtq queues[VIRTIO_MAX_QUEUES];
};

/**
 * virtio_create() - put a device on the bus
 * @dev: @ops, @loop, @features, @config and @config_size are set by the caller;
 *	features that all devices have are added here
 * @vm: the machine
 *
 * Return: 0 or -errno.
 */
int virtio_create(struct virtio_dev *dev, struct vm *vm);

/** virtio_destroy() - undo virtio_create(); the loop's thread has ended. */
void virtio_destroy(struct virtio_dev *dev);

/** virtio_live() - whether the driver has set the device up; lock held. */
bool virtio_live(const struct virtio_dev *dev);

/** virtio_has() - whether feature bit number @feature was negotiated; lock held. */
bool virtio_has(const struct virtio_dev *dev, unsigned int feature);

/**
 * virtio_flush() - after work on queue @index: interrupt the driver if it wants
 * that, and ask for a reset if the queue is broken; lock held
 */
void virtio_flush(struct virtio_dev *dev, unsigned int index);

/** virtio_config_changed() - tell the driver of new configuration; lock held. */
void virtio_config_changed(struct virtio_dev *dev);

/**
 * virtio_work() - take requests until there are none, in bounded steps
 * @dev: the device; lock held
 * @index: the queue
 * @handle: does one request; returns false to stop early
 *
 * Requests that are left after one queue's worth notify the loop again, so
 * that no device starves the others of its loop.
 */
void virtio_work(struct virtio_dev *dev, unsigned int index, struct virtq_chain *chain,
		 bool (*handle)(struct virtio_dev *dev, struct virtq_chain *chain));

/** blk_create() - a disk. Return: the device, or NULL after a report(). */
struct virtio_dev *blk_create(struct vm *vm, const struct options_disk *disk, unsigned int index);

/** blk_resize() - make it larger and tell the guest. Return: 0 or -errno after a report(). */
int blk_resize(struct virtio_dev *dev, const struct options_disk *disk, uint64_t bytes);

/** net_create() - the network card. Return: the device, or NULL after a report(). */
struct virtio_dev *net_create(struct vm *vm);

/** console_create() - the console. Return: the device, or NULL after a report(). */
struct virtio_dev *console_create(struct vm *vm);

/** console_sink() - where console input goes if it is to go to this device. */
struct term_sink *console_sink(struct virtio_dev *dev);

/** console_resize() - tell the guest of the terminal's size. */
void console_resize(struct virtio_dev *dev);

/** rng_create() - the entropy source. Return: the device, or NULL after a report(). */
struct virtio_dev *rng_create(struct vm *vm);

/**
 * agent_create() - channel to the guest's agent
 * @vm: the machine
 * @listener: listening socket of its far end, the caller's
 *
 * Return: the device, or NULL after a report().
 */
struct virtio_dev *agent_create(struct vm *vm, int listener);

/** balloon_create() - the balloon. Return: the device, or NULL after a report(). */
struct virtio_dev *balloon_create(struct vm *vm);

/**
 * struct balloon_state - how far the guest is
 * @driver: it has a driver
 * @aim: bytes of memory that it shall keep
 * @now: bytes that it has
 */
struct balloon_state {
	bool driver;
	uint64_t aim;
	uint64_t now;
};

/** balloon_keep() - ask the guest to give up all memory but that much. */
void balloon_keep(struct virtio_dev *dev, uint64_t bytes);

/** balloon_state() - how far it is. */
struct balloon_state balloon_state(struct virtio_dev *dev);

#endif
