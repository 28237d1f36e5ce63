/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's memory: one range of guest physical addresses, backed by one
 * anonymous mapping of this process. Also the only way from a guest physical
 * address to a pointer: memory_at() answers NULL for whatever is not wholly
 * inside, so devices that ask it need no bounds check of their own.
 */
#ifndef PENG_VMM_MEMORY_H
#define PENG_VMM_MEMORY_H

#include <stdint.h>

/* A guest physical address. */
typedef uint64_t gpa_t;

/**
 * struct memory - guest memory and where this process has it
 * @host: start of the mapping
 * @base: guest physical address of the first byte
 * @size: bytes
 */
struct memory {
	uint8_t *host;
	gpa_t base;
	uint64_t size;
};

/**
 * memory_create() - reserve the guest's memory
 * @memory: filled in
 * @base: guest physical address, a multiple of 2 MiB
 * @size: bytes, a multiple of the host's page size
 *
 * Pages are allocated when first touched, in huge pages where the host allows.
 *
 * Return: 0 or -errno, after a report().
 */
int memory_create(struct memory *memory, gpa_t base, uint64_t size);

/** memory_destroy() - give the memory back. */
void memory_destroy(struct memory *memory);

/**
 * memory_at() - pointer to @length bytes of guest memory
 * Return: the pointer, or NULL where not all of them are guest memory.
 */
static inline void *memory_at(const struct memory *memory, gpa_t gpa, uint64_t length)
{
	uint64_t offset = gpa - memory->base;

	if (gpa < memory->base || offset > memory->size || length > memory->size - offset)
		return 0;
	return memory->host + offset;
}

#endif
