/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guests' driver for an ITS: its tables, its command queue, and LPIs.
 */
#ifndef SELFTESTS_LIB_ITS_H
#define SELFTESTS_LIB_ITS_H

#include "vm.h"
#include "gic.h"

#define GUEST_ITS_BASE		0x49000000
#define GUEST_ITS_STRIDE	0x20000
#define ITS_FIRST_LPI		8192
#define ITS_QUEUE_SIZE		0x10000

/**
 * struct its_memory - what an ITS and the redistributors need, in guest RAM
 * @device: device table, flat
 * @coll: collection table
 * @queue: command queue
 * @itt: interrupt translation tables, by device, of 256 bytes and so 32 events
 * @prop: property table of all LPIs
 * @level1: first level of the device table, where it is of two; else NULL
 * @pend: pending table of each vCPU, of 64K
 * @base: the ITS's first register
 * @cwriter: where the next command goes
 */
struct its_memory {
	u64 *device;
	u64 *coll;
	u64 *queue;
	u8 *itt;
	u8 *prop;
	u64 *level1;
	u8 *pend;
	u64 base;
	u64 cwriter;
};

/* Host: create the device, before the GIC is initialised, place it, and allocate. */
int its_create(struct vm *vm, u64 base);
struct its_memory *its_alloc(struct vm *vm);
/* A VM with @nr vCPUs and an ITS; *@its is its device. */
struct its_memory *vm_init_its(struct vm *vm, unsigned int nr, guest_fn entry, int *its);
/* KVM_SIGNAL_MSI; what it returns, or -errno. */
int its_signal(struct vm *vm, u64 base, u32 device, u32 event);

/* Guest: give the ITS its memory and enable it; LPIs of the calling CPU. */
void its_start(struct its_memory *m);
void its_start_cpu(struct its_memory *m, u32 cpu);

/* Guest: put a command into the queue; run all; wait until they have run. */
void its_queue(struct its_memory *m, u64 w0, u64 w1, u64 w2, u64 w3);
void its_run(struct its_memory *m);
void its_mapd(struct its_memory *m, u32 device, bool valid);
void its_mapc(struct its_memory *m, u32 icid, u32 cpu, bool valid);
void its_mapti(struct its_memory *m, u32 device, u32 event, u32 lpi, u32 icid);
/* A command with device and event alone. */
void its_cmd(struct its_memory *m, u8 opcode, u32 device, u32 event);

#endif
