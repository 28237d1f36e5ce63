// SPDX-License-Identifier: GPL-2.0-only
/*
 * Split virtqueue, device side. See queue.h for whom it trusts: nobody.
 */
#include "queue.h"
#include "../util.h"

#include <string.h>

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))

void virtq_reset(struct virtq *queue)
{
	*queue = (struct virtq){ .memory = queue->memory };
}

/* Ring at @gpa, aligned as 2.7 of the specification demands, or NULL. */
static void *ring_at(const struct virtq *queue, gpa_t gpa, size_t size, size_t alignment)
{
	if (gpa & (alignment - 1))
		return NULL;
	return memory_at(queue->memory, gpa, size);
}

void virtq_enable(struct virtq *queue)
{
	size_t size = queue->size;
	/* Each ring ends with the 16 bits of the other side's event index. */
	const size_t event = sizeof(uint16_t);

	queue->broken = true;
	if (!size || size > VIRTQ_MAX_SIZE || (size & (size - 1)))
		return;
	queue->desc = ring_at(queue, queue->desc_gpa, size * sizeof(struct vring_desc),
			      VRING_DESC_ALIGN_SIZE);
	queue->avail = ring_at(queue, queue->avail_gpa,
			       sizeof(struct vring_avail) + size * sizeof(uint16_t) + event,
			       VRING_AVAIL_ALIGN_SIZE);
	queue->used = ring_at(queue, queue->used_gpa,
			      sizeof(struct vring_used) +
			      size * sizeof(struct vring_used_elem) + event,
			      VRING_USED_ALIGN_SIZE);
	if (!queue->desc || !queue->avail || !queue->used)
		return;
	queue->broken = false;
	queue->ready = true;
}

static volatile uint16_t *used_event(struct virtq *queue)
{
	return &queue->avail->ring[queue->size];
}

static volatile uint16_t *avail_event(struct virtq *queue)
{
	return (volatile uint16_t *)&queue->used->ring[queue->size];
}

static bool add_buffer(struct virtq *queue, struct virtq_chain *chain,
		       const struct vring_desc *desc)
{
	void *host = memory_at(queue->memory, desc->addr, desc->len);
	unsigned int at = chain->out_count + chain->in_count;

	if (!host || at == VIRTQ_MAX_SEGMENTS)
		return false;
	if (!desc->len)
		return true;
	chain->iov[at] = (struct iovec){ host, desc->len };
	if (desc->flags & VRING_DESC_F_WRITE) {
		chain->in_count++;
		chain->in_size += desc->len;
		return true;
	}
	/* All buffers to read come before all to write. */
	if (chain->in_count)
		return false;
	chain->out_count++;
	chain->out_size += desc->len;
	return true;
}

/* A copy that the guest cannot change any more. Tables need not be aligned. */
static struct vring_desc copy_desc(const uint8_t *table, uint32_t index)
{
	struct vring_desc desc;

	memcpy(&desc, table + index * sizeof(desc), sizeof(desc));
	/* Keeps the compiler from reading a field once more after it was checked. */
	__asm__ __volatile__("" : : : "memory");
	return desc;
}

/*
 * Follow a chain through @table of @count descriptors. Each may be visited once
 * at most, so a loop ends after @count steps. @outer: the queue's own table,
 * where an indirect descriptor may end the chain.
 */
static bool walk(struct virtq *queue, struct virtq_chain *chain, const uint8_t *table,
		 uint32_t count, uint32_t index, bool outer);

static bool walk_indirect(struct virtq *queue, struct virtq_chain *chain,
			  const struct vring_desc *desc)
{
	uint32_t count = desc->len / sizeof(struct vring_desc);
	const uint8_t *table;

	if (desc->flags & VRING_DESC_F_NEXT)
		return false;
	if (!count || count > VIRTQ_MAX_SEGMENTS || desc->len % sizeof(struct vring_desc))
		return false;
	table = memory_at(queue->memory, desc->addr, desc->len);
	if (!table)
		return false;
	return walk(queue, chain, table, count, 0, false);
}

static bool walk(struct virtq *queue, struct virtq_chain *chain, const uint8_t *table,
		 uint32_t count, uint32_t index, bool outer)
{
	for (uint32_t step = 0; step < count; step++) {
		struct vring_desc desc;

		if (index >= count)
			return false;
		desc = copy_desc(table, index);
		if (desc.flags & VRING_DESC_F_INDIRECT)
			return outer && walk_indirect(queue, chain, &desc);
		if (!add_buffer(queue, chain, &desc))
			return false;
		if (!(desc.flags & VRING_DESC_F_NEXT))
			return true;
		index = desc.next;
	}
	return false;
}

/* Number of requests waiting; a driver cannot have more than the queue's size. */
static uint16_t waiting(struct virtq *queue)
{
	uint16_t index = __atomic_load_n(&queue->avail->idx, __ATOMIC_ACQUIRE);
	uint16_t count = index - queue->next_avail;

	if (count > queue->size) {
		queue->broken = true;
		return 0;
	}
	return count;
}

bool virtq_pop(struct virtq *queue, struct virtq_chain *chain)
{
	if (!queue->ready || queue->broken || !waiting(queue))
		return false;
	chain->head = READ_ONCE(queue->avail->ring[queue->next_avail % queue->size]);
	chain->out_count = 0;
	chain->in_count = 0;
	chain->out_size = 0;
	chain->in_size = 0;
	if (!walk(queue, chain, (uint8_t *)queue->desc, queue->size, chain->head, true)) {
		queue->broken = true;
		return false;
	}
	queue->next_avail++;
	return true;
}

void virtq_unpop(struct virtq *queue)
{
	queue->next_avail--;
}

void virtq_push(struct virtq *queue, uint16_t head, uint32_t written)
{
	struct vring_used_elem *element;

	if (!queue->ready || queue->broken)
		return;
	element = &queue->used->ring[queue->next_used % queue->size];
	WRITE_ONCE(element->id, head);
	WRITE_ONCE(element->len, written);
	queue->next_used++;
	__atomic_store_n(&queue->used->idx, queue->next_used, __ATOMIC_RELEASE);
}

bool virtq_wants_interrupt(struct virtq *queue)
{
	uint16_t since = queue->signalled;

	if (!queue->ready || queue->broken || since == queue->next_used)
		return false;
	queue->signalled = queue->next_used;
	/* The used index must be visible before the driver's wish is read. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!queue->event_idx)
		return !(READ_ONCE(queue->avail->flags) & VRING_AVAIL_F_NO_INTERRUPT);
	return vring_need_event(*used_event(queue), queue->next_used, since);
}

void virtq_kicks_off(struct virtq *queue)
{
	if (!queue->ready || queue->broken)
		return;
	/* With event indices it is enough not to move the index on. */
	if (!queue->event_idx)
		WRITE_ONCE(queue->used->flags, VRING_USED_F_NO_NOTIFY);
}

bool virtq_kicks_on(struct virtq *queue)
{
	if (!queue->ready || queue->broken)
		return false;
	if (queue->event_idx)
		*avail_event(queue) = queue->next_avail;
	else
		WRITE_ONCE(queue->used->flags, 0);
	/* Pairs with the driver's barrier between its index and its look at this. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return waiting(queue) != 0;
}

void iov_slice(struct iovec **iov, unsigned int *count, size_t offset, size_t size)
{
	struct iovec *from = *iov;
	unsigned int left = *count, kept = 0;

	while (left && offset >= from->iov_len) {
		offset -= from->iov_len;
		from++;
		left--;
	}
	*iov = from;
	if (left && offset) {
		from->iov_base = (uint8_t *)from->iov_base + offset;
		from->iov_len -= offset;
	}
	while (kept < left && size) {
		from[kept].iov_len = min_size(from[kept].iov_len, size);
		size -= from[kept].iov_len;
		kept++;
	}
	*count = kept;
}

/* Copy between @iov and @flat, from @offset of the former on. */
static size_t copy_iov(const struct iovec *iov, unsigned int count, size_t offset, void *flat,
		       size_t size, bool to_iov)
{
	size_t done = 0;

	for (unsigned int i = 0; i < count && done < size; i++) {
		size_t length;
		uint8_t *at;

		if (offset >= iov[i].iov_len) {
			offset -= iov[i].iov_len;
			continue;
		}
		at = (uint8_t *)iov[i].iov_base + offset;
		length = min_size(iov[i].iov_len - offset, size - done);
		if (to_iov)
			memcpy(at, (uint8_t *)flat + done, length);
		else
			memcpy((uint8_t *)flat + done, at, length);
		done += length;
		offset = 0;
	}
	return done;
}

size_t virtq_chain_read(const struct virtq_chain *chain, size_t offset, void *to, size_t size)
{
	return copy_iov(chain->iov, chain->out_count, offset, to, size, false);
}

size_t virtq_chain_write(struct virtq_chain *chain, size_t offset, const void *from, size_t size)
{
	return copy_iov(chain->iov + chain->out_count, chain->in_count, offset, (void *)from,
			size, true);
}

void virtq_give(struct virtq *queue, struct virtq_chain *chain, const uint8_t *data, size_t size)
{
	while (size && virtq_pop(queue, chain)) {
		size_t done = virtq_chain_write(chain, 0, data, size);

		virtq_push(queue, chain->head, done);
		/* A driver that goes on to give buffers without room holds up nobody. */
		if (!done)
			break;
		data += done;
		size -= done;
	}
}
