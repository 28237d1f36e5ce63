// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio-mmio, version 2: one row for each register of virtio 1.2, 4.2.2.
 * InterruptStatus is atomic, so that an interrupt is read and acknowledged
 * without waiting for the device's work on its queues.
 */
#include "virtio.h"
#include "../layout.h"
#include "../util.h"
#include "../vm.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <string.h>
#include <unistd.h>

#define MMIO_MAGIC	0x74726976 /* "virt" */
#define MMIO_VERSION	2
#define MMIO_VENDOR	0x676e6570 /* "peng" */
#define MMIO_REGISTERS	(VIRTIO_MMIO_CONFIG / 4)

static const uint64_t common_features = 1ULL << VIRTIO_F_VERSION_1 |
					1ULL << VIRTIO_RING_F_INDIRECT_DESC |
					1ULL << VIRTIO_RING_F_EVENT_IDX;

bool virtio_live(const struct virtio_dev *dev)
{
	return dev->status & VIRTIO_CONFIG_S_DRIVER_OK;
}

bool virtio_has(const struct virtio_dev *dev, unsigned int feature)
{
	return dev->driver_features >> feature & 1;
}

static void raise_interrupt(struct virtio_dev *dev, uint32_t cause)
{
	atomic_fetch_or(&dev->interrupt, cause);
	gic_edge_raise(&dev->irq);
}

void virtio_config_changed(struct virtio_dev *dev)
{
	dev->generation++;
	if (virtio_live(dev))
		raise_interrupt(dev, VIRTIO_MMIO_INT_CONFIG);
}

void virtio_flush(struct virtio_dev *dev, unsigned int index)
{
	struct virtq *queue = &dev->queues[index];

	if (virtq_wants_interrupt(queue))
		raise_interrupt(dev, VIRTIO_MMIO_INT_VRING);
	if (queue->broken && !(dev->status & VIRTIO_CONFIG_S_NEEDS_RESET)) {
		dev->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
		virtio_config_changed(dev);
	}
}

void virtio_work(struct virtio_dev *dev, unsigned int index, struct virtq_chain *chain,
		 bool (*handle)(struct virtio_dev *dev, struct virtq_chain *chain))
{
	struct virtq *queue = &dev->queues[index];
	unsigned int budget = VIRTQ_MAX_SIZE;
	bool go_on = true;

	do {
		virtq_kicks_off(queue);
		while (go_on && budget && virtq_pop(queue, chain)) {
			go_on = handle(dev, chain);
			budget--;
		}
	} while (go_on && budget && virtq_kicks_on(queue));
	if (!budget)
		event_signal(dev->kicks[index].source.fd);
	virtio_flush(dev, index);
}

static void kick_ready(struct loop_source *source, uint32_t events)
{
	struct virtio_kick *kick = container_of(source, struct virtio_kick, source);
	struct virtio_dev *dev = kick->dev;

	(void)events;
	event_clear(source->fd);
	pthread_mutex_lock(&dev->lock);
	if (virtio_live(dev))
		dev->ops->notified(dev, kick->index);
	pthread_mutex_unlock(&dev->lock);
}

static struct virtq *selected(struct virtio_dev *dev)
{
	return dev->queue_sel < dev->ops->queue_count ? &dev->queues[dev->queue_sel] : NULL;
}

static uint32_t read_magic(struct virtio_dev *dev)
{
	(void)dev;
	return MMIO_MAGIC;
}

static uint32_t read_version(struct virtio_dev *dev)
{
	(void)dev;
	return MMIO_VERSION;
}

static uint32_t read_device(struct virtio_dev *dev)
{
	return dev->ops->id;
}

static uint32_t read_vendor(struct virtio_dev *dev)
{
	(void)dev;
	return MMIO_VENDOR;
}

static uint32_t read_features(struct virtio_dev *dev)
{
	return dev->features_sel < 2 ? dev->features >> 32 * dev->features_sel : 0;
}

static void write_features_sel(struct virtio_dev *dev, uint32_t value)
{
	dev->features_sel = value;
}

static void write_driver_features(struct virtio_dev *dev, uint32_t value)
{
	uint32_t shift = 32 * dev->driver_features_sel;

	/* Settled once the driver has said FEATURES_OK. */
	if (dev->driver_features_sel > 1 || (dev->status & VIRTIO_CONFIG_S_FEATURES_OK))
		return;
	dev->driver_features &= ~(0xffffffffULL << shift);
	dev->driver_features |= (uint64_t)value << shift;
}

static void write_driver_features_sel(struct virtio_dev *dev, uint32_t value)
{
	dev->driver_features_sel = value;
}

static void write_queue_sel(struct virtio_dev *dev, uint32_t value)
{
	dev->queue_sel = value;
}

static uint32_t read_queue_max(struct virtio_dev *dev)
{
	return selected(dev) ? VIRTQ_MAX_SIZE : 0;
}

static void write_queue_size(struct virtio_dev *dev, uint32_t value)
{
	struct virtq *queue = selected(dev);

	if (queue && !queue->ready)
		queue->size = value;
}

static uint32_t read_queue_ready(struct virtio_dev *dev)
{
	struct virtq *queue = selected(dev);

	return queue && queue->ready;
}

static void write_queue_ready(struct virtio_dev *dev, uint32_t value)
{
	struct virtq *queue = selected(dev);

	if (!queue || queue->ready == (value & 1))
		return;
	if (value & 1) {
		queue->event_idx = virtio_has(dev, VIRTIO_RING_F_EVENT_IDX);
		virtq_enable(queue);
		virtio_flush(dev, dev->queue_sel);
	} else {
		virtq_reset(queue);
	}
}

static void write_notify(struct virtio_dev *dev, uint32_t value)
{
	if (value < dev->ops->queue_count)
		event_signal(dev->kicks[value].source.fd);
}

static uint32_t read_status(struct virtio_dev *dev)
{
	return dev->status;
}

static void reset(struct virtio_dev *dev)
{
	/* No new request is started while the device waits for the old ones. */
	dev->status &= ~VIRTIO_CONFIG_S_DRIVER_OK;
	if (dev->ops->reset)
		dev->ops->reset(dev);
	for (unsigned int i = 0; i < dev->ops->queue_count; i++)
		virtq_reset(&dev->queues[i]);
	dev->status = 0;
	dev->driver_features = 0;
	atomic_store(&dev->interrupt, 0);
}

static void write_status(struct virtio_dev *dev, uint32_t value)
{
	bool was_live = virtio_live(dev);

	if (!value) {
		reset(dev);
		return;
	}
	if ((dev->driver_features & ~dev->features) ||
	    !virtio_has(dev, VIRTIO_F_VERSION_1))
		value &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	if (!(value & VIRTIO_CONFIG_S_FEATURES_OK))
		value &= ~VIRTIO_CONFIG_S_DRIVER_OK;
	/* Only a reset clears what was set. */
	dev->status |= value & 0xff & ~VIRTIO_CONFIG_S_NEEDS_RESET;
	if (!was_live && virtio_live(dev) && dev->ops->ready)
		dev->ops->ready(dev);
}

static void set_half(gpa_t *address, uint32_t value, bool high)
{
	unsigned int shift = high ? 32 : 0;

	*address = (*address & ~(0xffffffffULL << shift)) | (uint64_t)value << shift;
}

#define ADDRESS_WRITER(name, member, high)					\
	static void name(struct virtio_dev *dev, uint32_t value)		\
	{									\
		struct virtq *queue = selected(dev);				\
										\
		if (queue && !queue->ready)					\
			set_half(&queue->member, value, high);			\
	}

ADDRESS_WRITER(write_desc_low, desc_gpa, false)
ADDRESS_WRITER(write_desc_high, desc_gpa, true)
ADDRESS_WRITER(write_avail_low, avail_gpa, false)
ADDRESS_WRITER(write_avail_high, avail_gpa, true)
ADDRESS_WRITER(write_used_low, used_gpa, false)
ADDRESS_WRITER(write_used_high, used_gpa, true)

/* The length of a shared memory region that does not exist. */
static uint32_t read_no_shm(struct virtio_dev *dev)
{
	(void)dev;
	return UINT32_MAX;
}

static uint32_t read_generation(struct virtio_dev *dev)
{
	return dev->generation;
}

/* No read: zero. No write: ignored. InterruptStatus and InterruptACK are not here. */
#define ROW(name) [(VIRTIO_MMIO_##name) / 4]
static const struct mmio_row {
	uint32_t (*read)(struct virtio_dev *dev);
	void (*write)(struct virtio_dev *dev, uint32_t value);
} rows[MMIO_REGISTERS] = {
	ROW(MAGIC_VALUE) = { read_magic },
	ROW(VERSION) = { read_version },
	ROW(DEVICE_ID) = { read_device },
	ROW(VENDOR_ID) = { read_vendor },
	ROW(DEVICE_FEATURES) = { read_features },
	ROW(DEVICE_FEATURES_SEL) = { NULL, write_features_sel },
	ROW(DRIVER_FEATURES) = { NULL, write_driver_features },
	ROW(DRIVER_FEATURES_SEL) = { NULL, write_driver_features_sel },
	ROW(QUEUE_SEL) = { NULL, write_queue_sel },
	ROW(QUEUE_NUM_MAX) = { read_queue_max },
	ROW(QUEUE_NUM) = { NULL, write_queue_size },
	ROW(QUEUE_READY) = { read_queue_ready, write_queue_ready },
	ROW(QUEUE_NOTIFY) = { NULL, write_notify },
	ROW(STATUS) = { read_status, write_status },
	ROW(QUEUE_DESC_LOW) = { NULL, write_desc_low },
	ROW(QUEUE_DESC_HIGH) = { NULL, write_desc_high },
	ROW(QUEUE_AVAIL_LOW) = { NULL, write_avail_low },
	ROW(QUEUE_AVAIL_HIGH) = { NULL, write_avail_high },
	ROW(QUEUE_USED_LOW) = { NULL, write_used_low },
	ROW(QUEUE_USED_HIGH) = { NULL, write_used_high },
	ROW(SHM_LEN_LOW) = { read_no_shm },
	ROW(SHM_LEN_HIGH) = { read_no_shm },
	ROW(SHM_BASE_LOW) = { read_no_shm },
	ROW(SHM_BASE_HIGH) = { read_no_shm },
	ROW(CONFIG_GENERATION) = { read_generation },
};

static uint64_t read_config(struct virtio_dev *dev, uint64_t offset, unsigned int length)
{
	uint64_t value = 0;

	if (offset >= dev->config_size)
		return 0;
	pthread_mutex_lock(&dev->lock);
	memcpy(&value, (const uint8_t *)dev->config + offset,
	       min_size(length, dev->config_size - offset));
	pthread_mutex_unlock(&dev->lock);
	return value;
}

static void write_config(struct virtio_dev *dev, uint64_t offset, unsigned int length,
			 uint64_t value)
{
	if (!dev->ops->configured)
		return;
	pthread_mutex_lock(&dev->lock);
	dev->ops->configured(dev, offset, length, value);
	pthread_mutex_unlock(&dev->lock);
}

static uint64_t mmio_read(struct bus_region *region, uint64_t offset, unsigned int length)
{
	struct virtio_dev *dev = container_of(region, struct virtio_dev, region);
	const struct mmio_row *row;
	uint32_t value;

	if (offset >= VIRTIO_MMIO_CONFIG)
		return read_config(dev, offset - VIRTIO_MMIO_CONFIG, length);
	/* Registers other than the configuration space take aligned words only. */
	if (length != 4 || offset % 4)
		return 0;
	if (offset == VIRTIO_MMIO_INTERRUPT_STATUS)
		return atomic_load(&dev->interrupt);
	row = &rows[offset / 4];
	if (!row->read)
		return 0;
	pthread_mutex_lock(&dev->lock);
	value = row->read(dev);
	pthread_mutex_unlock(&dev->lock);
	return value;
}

static void mmio_write(struct bus_region *region, uint64_t offset, unsigned int length,
		       uint64_t value)
{
	struct virtio_dev *dev = container_of(region, struct virtio_dev, region);
	const struct mmio_row *row;

	if (offset >= VIRTIO_MMIO_CONFIG) {
		write_config(dev, offset - VIRTIO_MMIO_CONFIG, length, value);
		return;
	}
	if (length != 4 || offset % 4)
		return;
	if (offset == VIRTIO_MMIO_INTERRUPT_ACK) {
		atomic_fetch_and(&dev->interrupt, ~(unsigned int)value);
		return;
	}
	row = &rows[offset / 4];
	if (!row->write)
		return;
	pthread_mutex_lock(&dev->lock);
	row->write(dev, value);
	pthread_mutex_unlock(&dev->lock);
}

static const struct bus_ops mmio_ops = { mmio_read, mmio_write };

static int create_kick(struct virtio_dev *dev, unsigned int index)
{
	struct virtio_kick *kick = &dev->kicks[index];
	int error;

	kick->dev = dev;
	kick->index = index;
	kick->source.ready = kick_ready;
	kick->source.fd = event_create();
	if (kick->source.fd < 0)
		return kick->source.fd;
	error = loop_add(dev->loop, &kick->source, EPOLLIN);
	if (!error)
		error = vm_add_notifier(dev->vm, kick->source.fd,
					dev->region.base + VIRTIO_MMIO_QUEUE_NOTIFY, index);
	/* Without ioeventfd the store comes to write_notify(). */
	return error == -ENOSYS ? 0 : error;
}

void virtio_destroy(struct virtio_dev *dev)
{
	for (unsigned int i = 0; i < dev->ops->queue_count; i++)
		if (dev->kicks[i].source.fd >= 0)
			close(dev->kicks[i].source.fd);
	gic_edge_destroy(&dev->irq);
	pthread_mutex_destroy(&dev->lock);
}

int virtio_create(struct virtio_dev *dev, struct vm *vm)
{
	unsigned int slot = vm->virtio_count;
	int error;

	dev->vm = vm;
	dev->features |= common_features;
	dev->region = (struct bus_region){
		.base = LAYOUT_VIRTIO_BASE + slot * LAYOUT_VIRTIO_STRIDE,
		.size = LAYOUT_VIRTIO_SIZE,
		.ops = &mmio_ops,
	};
	pthread_mutex_init(&dev->lock, NULL);
	for (unsigned int i = 0; i < dev->ops->queue_count; i++) {
		dev->queues[i].memory = &vm->memory;
		dev->kicks[i].source.fd = -1;
	}
	error = gic_edge_create(&dev->irq, vm, LAYOUT_SPI_VIRTIO + slot);
	for (unsigned int i = 0; !error && i < dev->ops->queue_count; i++)
		error = create_kick(dev, i);
	if (!error)
		error = bus_add(&vm->bus, &dev->region);
	if (error)
		virtio_destroy(dev);
	return error;
}
