/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PL011 UART (ARM DDI 0183), the guest's first console. Output goes straight
 * to the terminal; input waits outside until the receive FIFO has room and the
 * guest listens.
 */
#ifndef PENG_VMM_SERIAL_H
#define PENG_VMM_SERIAL_H

#include "bus.h"
#include "term.h"

#include <pthread.h>

struct vm;

#define SERIAL_FIFO_SIZE 32
#define SERIAL_REGISTERS (0x4c / 4)

/**
 * struct serial - a PL011
 * @vm: its machine
 * @region: its window
 * @sink: takes console input
 * @lock: all below; vCPU threads and the main loop
 * @regs: registers as last written, by offset / 4
 * @raw: raw interrupt status
 * @fifo: received characters with their error bits
 * @head: the oldest of them
 * @count: how many
 * @flag_reads: reads of the flags since the last output, as far as they count
 * @line: level of the interrupt line
 */
struct serial {
	struct vm *vm;
	struct bus_region region;
	struct term_sink sink;
	pthread_mutex_t lock;
	uint16_t regs[SERIAL_REGISTERS];
	uint16_t raw;
	uint16_t fifo[SERIAL_FIFO_SIZE];
	unsigned int head;
	unsigned int count;
	unsigned int flag_reads;
	bool line;
};

/** serial_create() - put a UART on the bus. Return: 0 or -errno. */
int serial_create(struct serial *serial, struct vm *vm);

/** serial_destroy() - free what it holds; no vCPU runs. */
void serial_destroy(struct serial *serial);

#endif
