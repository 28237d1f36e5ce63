// SPDX-License-Identifier: GPL-2.0-only
/*
 * PL011: one row for each register. A transmitter that is always empty needs
 * no FIFO: a character is out when the store to UARTDR is done.
 *
 * Input that a guest did not expect would be lost: Linux's driver empties the
 * FIFO when it opens the port, long after its console has turned the receiver
 * on. So characters are accepted only once the guest has unmasked a receive
 * interrupt, or has read the flags POLL_READS times in a row with nothing to
 * say, as a guest does that waits for input by polling. Time would not tell:
 * a boot may take any.
 */
#include "serial.h"
#include "gic.h"
#include "layout.h"
#include "util.h"
#include "vm.h"

#include <string.h>

#define POLL_READS 16

/* Offsets of registers, divided by 4. */
enum {
	UARTDR = 0x00 / 4,
	UARTRSR = 0x04 / 4,
	UARTFR = 0x18 / 4,
	UARTILPR = 0x20 / 4,
	UARTIBRD = 0x24 / 4,
	UARTFBRD = 0x28 / 4,
	UARTLCR_H = 0x2c / 4,
	UARTCR = 0x30 / 4,
	UARTIFLS = 0x34 / 4,
	UARTIMSC = 0x38 / 4,
	UARTRIS = 0x3c / 4,
	UARTMIS = 0x40 / 4,
	UARTICR = 0x44 / 4,
	UARTDMACR = 0x48 / 4,
};

#define UARTDR_BE	0x0400
#define UARTDR_ERRORS	0x0f00
#define UARTDR_ERRORS_SHIFT 8

#define UARTFR_CTS	0x0001
#define UARTFR_DSR	0x0002
#define UARTFR_DCD	0x0004
#define UARTFR_RXFE	0x0010
#define UARTFR_RXFF	0x0040
#define UARTFR_TXFE	0x0080

#define UARTLCR_H_FEN	0x0010

#define UARTCR_UARTEN	0x0001
#define UARTCR_TXE	0x0100
#define UARTCR_RXE	0x0200

#define UARTINT_RX	0x0010
#define UARTINT_TX	0x0020
#define UARTINT_RT	0x0040
#define UARTINT_BE	0x0200

/* Peripheral and cell identification, 0xfe0 on: PL011 r1p5, whose FIFOs have 32 places. */
#define ID_OFFSET 0xfe0
static const uint8_t ids[] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static void update_line(struct serial *serial)
{
	bool line = serial->raw & serial->regs[UARTIMSC];

	if (line == serial->line)
		return;
	serial->line = line;
	gic_set_level(serial->vm, LAYOUT_SPI_SERIAL, line);
}

static bool receiver_on(const struct serial *serial)
{
	const uint16_t on = UARTCR_UARTEN | UARTCR_RXE;

	return (serial->regs[UARTCR] & on) == on;
}

static bool receiver_interrupts(const struct serial *serial)
{
	return serial->regs[UARTIMSC] & (UARTINT_RX | UARTINT_RT);
}

static unsigned int fifo_size(const struct serial *serial)
{
	return serial->regs[UARTLCR_H] & UARTLCR_H_FEN ? SERIAL_FIFO_SIZE : 1;
}

static unsigned int fifo_room(const struct serial *serial)
{
	unsigned int size = fifo_size(serial);

	if (!receiver_on(serial) ||
	    !(receiver_interrupts(serial) || serial->flag_reads >= POLL_READS))
		return 0;
	return serial->count < size ? size - serial->count : 0;
}

/* Characters at which UARTINT_RX rises: 1/8, 1/4, 1/2, 3/4 or 7/8 of the FIFO. */
static unsigned int fifo_trigger(const struct serial *serial)
{
	static const uint8_t eighths[8] = { 1, 2, 4, 6, 7, 4, 4, 4 };

	if (fifo_size(serial) == 1)
		return 1;
	return eighths[serial->regs[UARTIFLS] >> 3 & 7] * SERIAL_FIFO_SIZE / 8;
}

static void fifo_put(struct serial *serial, uint16_t character)
{
	if (serial->count == SERIAL_FIFO_SIZE)
		return;
	serial->fifo[(serial->head + serial->count++) % SERIAL_FIFO_SIZE] = character;
	/* The timeout is what tells of characters below the trigger level. No need to wait. */
	serial->raw |= UARTINT_RT;
	if (serial->count >= fifo_trigger(serial))
		serial->raw |= UARTINT_RX;
}

static uint16_t read_data(struct serial *serial)
{
	uint16_t character;

	if (!serial->count)
		return 0;
	character = serial->fifo[serial->head];
	serial->head = (serial->head + 1) % SERIAL_FIFO_SIZE;
	serial->count--;
	serial->regs[UARTRSR] = (character & UARTDR_ERRORS) >> UARTDR_ERRORS_SHIFT;
	if (serial->count < fifo_trigger(serial))
		serial->raw &= ~UARTINT_RX;
	if (!serial->count)
		serial->raw &= ~UARTINT_RT;
	return character;
}

static void write_data(struct serial *serial, uint16_t value)
{
	(void)value;
	serial->raw |= UARTINT_TX;
	serial->flag_reads = 0;
}

static uint16_t read_flags(struct serial *serial)
{
	uint16_t flags = UARTFR_TXFE | UARTFR_CTS | UARTFR_DSR | UARTFR_DCD;

	if (!serial->count)
		flags |= UARTFR_RXFE;
	if (serial->count >= fifo_size(serial))
		flags |= UARTFR_RXFF;
	if (serial->flag_reads < POLL_READS)
		serial->flag_reads++;
	return flags;
}

static uint16_t read_raw(struct serial *serial)
{
	return serial->raw;
}

static uint16_t read_masked(struct serial *serial)
{
	return serial->raw & serial->regs[UARTIMSC];
}

static uint16_t read_zero(struct serial *serial)
{
	(void)serial;
	return 0;
}

static void write_clear_errors(struct serial *serial, uint16_t value)
{
	(void)value;
	serial->regs[UARTRSR] = 0;
}

static void write_clear(struct serial *serial, uint16_t value)
{
	serial->raw &= ~value;
}

static void write_ignored(struct serial *serial, uint16_t value)
{
	(void)serial;
	(void)value;
}

static void write_line_control(struct serial *serial, uint16_t value)
{
	/* Turning the FIFOs off or on empties them. */
	if ((serial->regs[UARTLCR_H] ^ value) & UARTLCR_H_FEN) {
		serial->count = 0;
		serial->raw &= ~(UARTINT_RX | UARTINT_RT);
	}
	serial->regs[UARTLCR_H] = value;
}

/* No read: what was written. No write: stored. @mask: bits that exist. */
static const struct serial_row {
	uint16_t mask;
	uint16_t (*read)(struct serial *serial);
	void (*write)(struct serial *serial, uint16_t value);
} rows[SERIAL_REGISTERS] = {
	[UARTDR] = { 0x00ff, read_data, write_data },
	[UARTRSR] = { 0x000f, NULL, write_clear_errors },
	[UARTFR] = { 0x0000, read_flags, write_ignored },
	[UARTILPR] = { 0x00ff },
	[UARTIBRD] = { 0xffff },
	[UARTFBRD] = { 0x003f },
	[UARTLCR_H] = { 0x00ff, NULL, write_line_control },
	[UARTCR] = { 0xff87 },
	[UARTIFLS] = { 0x003f },
	[UARTIMSC] = { 0x07ff },
	[UARTRIS] = { 0x0000, read_raw, write_ignored },
	[UARTMIS] = { 0x0000, read_masked, write_ignored },
	[UARTICR] = { 0x07ff, read_zero, write_clear },
	[UARTDMACR] = { 0x0007 },
};

static uint64_t serial_read(struct bus_region *region, uint64_t offset, unsigned int length)
{
	struct serial *serial = container_of(region, struct serial, region);
	size_t index = offset / 4;
	unsigned int room_before;
	bool resume;
	uint16_t value;

	(void)length;
	if (offset >= ID_OFFSET)
		return ids[(offset - ID_OFFSET) / 4];
	if (index >= SERIAL_REGISTERS)
		return 0;
	pthread_mutex_lock(&serial->lock);
	room_before = fifo_room(serial);
	value = rows[index].read ? rows[index].read(serial) : serial->regs[index];
	resume = !room_before && fifo_room(serial);
	update_line(serial);
	pthread_mutex_unlock(&serial->lock);
	if (resume)
		term_resume(&serial->vm->term);
	return value;
}

static void serial_write(struct bus_region *region, uint64_t offset, unsigned int length,
			 uint64_t value)
{
	struct serial *serial = container_of(region, struct serial, region);
	size_t index = offset / 4;
	unsigned int room_before;
	bool resume;

	(void)length;
	if (index >= SERIAL_REGISTERS)
		return;
	value &= rows[index].mask;
	/* Before the lock, because output may block. Early consoles never set UARTEN. */
	if (index == UARTDR)
		term_write(&serial->vm->term, &(uint8_t){ value }, 1);
	pthread_mutex_lock(&serial->lock);
	room_before = fifo_room(serial);
	if (rows[index].write)
		rows[index].write(serial, value);
	else
		serial->regs[index] = value;
	resume = !room_before && fifo_room(serial);
	update_line(serial);
	pthread_mutex_unlock(&serial->lock);
	if (resume)
		term_resume(&serial->vm->term);
}

static const struct bus_ops serial_ops = { serial_read, serial_write };

static size_t sink_room(struct term_sink *sink)
{
	struct serial *serial = container_of(sink, struct serial, sink);
	size_t room;

	pthread_mutex_lock(&serial->lock);
	room = fifo_room(serial);
	pthread_mutex_unlock(&serial->lock);
	return room;
}

static void sink_push(struct term_sink *sink, const uint8_t *data, size_t size)
{
	struct serial *serial = container_of(sink, struct serial, sink);

	pthread_mutex_lock(&serial->lock);
	for (size_t i = 0; i < size; i++)
		fifo_put(serial, data[i]);
	update_line(serial);
	pthread_mutex_unlock(&serial->lock);
}

static void sink_push_break(struct term_sink *sink)
{
	struct serial *serial = container_of(sink, struct serial, sink);

	pthread_mutex_lock(&serial->lock);
	fifo_put(serial, UARTDR_BE);
	serial->raw |= UARTINT_BE;
	update_line(serial);
	pthread_mutex_unlock(&serial->lock);
}

int serial_create(struct serial *serial, struct vm *vm)
{
	memset(serial, 0, sizeof(*serial));
	serial->vm = vm;
	pthread_mutex_init(&serial->lock, NULL);
	/* Values after reset. */
	serial->regs[UARTCR] = UARTCR_TXE | UARTCR_RXE;
	serial->regs[UARTIFLS] = 0x12;
	serial->sink = (struct term_sink){ sink_room, sink_push, sink_push_break };
	serial->region = (struct bus_region){
		.base = LAYOUT_SERIAL_BASE,
		.size = LAYOUT_SERIAL_SIZE,
		.ops = &serial_ops,
	};
	return bus_add(&vm->bus, &serial->region);
}

void serial_destroy(struct serial *serial)
{
	pthread_mutex_destroy(&serial->lock);
}
