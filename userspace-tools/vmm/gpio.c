// SPDX-License-Identifier: GPL-2.0-only
/*
 * PL061: one row for each register behind the data window, whose address has the
 * mask of the lines that are meant. All that a register does to the interrupt is
 * found anew after each change.
 */
#include "gpio.h"
#include "gic.h"
#include "layout.h"
#include "util.h"
#include "vm.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* GPIODATA: address bits 9 to 2 say which lines. */
#define DATA_END 0x400

/* Offsets of registers behind it, divided by 4. */
enum {
	GPIODIR = 0x00 / 4,
	GPIOIS = 0x04 / 4,
	GPIOIBE = 0x08 / 4,
	GPIOIEV = 0x0c / 4,
	GPIOIE = 0x10 / 4,
	GPIORIS = 0x14 / 4,
	GPIOMIS = 0x18 / 4,
	GPIOIC = 0x1c / 4,
	GPIOAFSEL = 0x20 / 4,
	GPIO_REGISTERS,
};

/* Peripheral and cell identification, 0xfe0 on. */
#define ID_OFFSET 0xfe0
static const uint8_t ids[] = { 0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

/* How long a finger is on the key: longer than a driver takes contacts to bounce. */
#define PRESS_NS 200000000

static uint8_t levels(const struct gpio *gpio)
{
	return (gpio->output & gpio->direction) | (gpio->input & ~gpio->direction);
}

static uint8_t raw_interrupts(const struct gpio *gpio)
{
	return (gpio->sense & ~(levels(gpio) ^ gpio->event)) | (gpio->edges & ~gpio->sense);
}

static void update_line(struct gpio *gpio)
{
	gic_set_level(gpio->vm, LAYOUT_SPI_GPIO, raw_interrupts(gpio) & gpio->mask);
}

/* Keep the edges that lead from the levels before to those now, where they count. */
static void note_edges(struct gpio *gpio, uint8_t before)
{
	uint8_t now = levels(gpio), changed = before ^ now;

	gpio->edges |= changed & ~gpio->sense & (gpio->both | ~(now ^ gpio->event));
}

static uint8_t read_raw(struct gpio *gpio)
{
	return raw_interrupts(gpio);
}

static uint8_t read_masked(struct gpio *gpio)
{
	return raw_interrupts(gpio) & gpio->mask;
}

static void write_clear(struct gpio *gpio, uint8_t value)
{
	gpio->edges &= ~value;
}

static void write_direction(struct gpio *gpio, uint8_t value)
{
	uint8_t before = levels(gpio);

	gpio->direction = value;
	note_edges(gpio, before);
}

/* A register is a byte that is kept, unless there is a function. */
static const struct gpio_row {
	size_t kept;
	uint8_t (*read)(struct gpio *gpio);
	void (*write)(struct gpio *gpio, uint8_t value);
} rows[GPIO_REGISTERS] = {
	[GPIODIR] = { offsetof(struct gpio, direction), NULL, write_direction },
	[GPIOIS] = { offsetof(struct gpio, sense), NULL, NULL },
	[GPIOIBE] = { offsetof(struct gpio, both), NULL, NULL },
	[GPIOIEV] = { offsetof(struct gpio, event), NULL, NULL },
	[GPIOIE] = { offsetof(struct gpio, mask), NULL, NULL },
	[GPIORIS] = { 0, read_raw, NULL },
	[GPIOMIS] = { 0, read_masked, NULL },
	[GPIOIC] = { 0, NULL, write_clear },
	[GPIOAFSEL] = { offsetof(struct gpio, select), NULL, NULL },
};

static uint8_t *kept(struct gpio *gpio, const struct gpio_row *row)
{
	return row->kept ? (uint8_t *)gpio + row->kept : NULL;
}

static uint8_t read_register(struct gpio *gpio, size_t index)
{
	const uint8_t *byte;

	if (index >= GPIO_REGISTERS)
		return 0;
	if (rows[index].read)
		return rows[index].read(gpio);
	byte = kept(gpio, &rows[index]);
	return byte ? *byte : 0;
}

static void write_register(struct gpio *gpio, size_t index, uint8_t value)
{
	uint8_t *byte;

	if (index >= GPIO_REGISTERS)
		return;
	byte = kept(gpio, &rows[index]);
	if (rows[index].write)
		rows[index].write(gpio, value);
	else if (byte)
		*byte = value;
}

static uint64_t gpio_read(struct bus_region *region, uint64_t offset, unsigned int length)
{
	struct gpio *gpio = container_of(region, struct gpio, region);
	uint64_t value;

	(void)length;
	if (offset >= ID_OFFSET)
		return ids[(offset - ID_OFFSET) / 4];
	pthread_mutex_lock(&gpio->lock);
	if (offset < DATA_END)
		value = levels(gpio) & (offset >> 2);
	else
		value = read_register(gpio, (offset - DATA_END) / 4);
	pthread_mutex_unlock(&gpio->lock);
	return value;
}

static void write_data(struct gpio *gpio, uint8_t lines, uint8_t value)
{
	uint8_t before = levels(gpio);

	lines &= gpio->direction;
	gpio->output = (gpio->output & ~lines) | (value & lines);
	note_edges(gpio, before);
}

static void gpio_write(struct bus_region *region, uint64_t offset, unsigned int length,
		       uint64_t value)
{
	struct gpio *gpio = container_of(region, struct gpio, region);

	(void)length;
	pthread_mutex_lock(&gpio->lock);
	if (offset < DATA_END)
		write_data(gpio, offset >> 2, value);
	else
		write_register(gpio, (offset - DATA_END) / 4, value);
	update_line(gpio);
	pthread_mutex_unlock(&gpio->lock);
}

static const struct bus_ops gpio_ops = { gpio_read, gpio_write };

/* Return: whether an interrupt is wanted of that line. */
static bool set_input(struct gpio *gpio, unsigned int line, bool level)
{
	uint8_t bit = 1U << line, before;
	bool wanted;

	pthread_mutex_lock(&gpio->lock);
	before = levels(gpio);
	gpio->input = level ? gpio->input | bit : gpio->input & ~bit;
	note_edges(gpio, before);
	update_line(gpio);
	wanted = gpio->mask & bit;
	pthread_mutex_unlock(&gpio->lock);
	return wanted;
}

static void release_ready(struct loop_source *source, uint32_t events)
{
	struct gpio *gpio = container_of(source, struct gpio, release);

	(void)events;
	event_clear(source->fd);
	set_input(gpio, GPIO_POWER_KEY, false);
}

bool gpio_press_power_key(struct gpio *gpio)
{
	struct itimerspec once = { .it_value.tv_nsec = PRESS_NS };
	bool wanted = set_input(gpio, GPIO_POWER_KEY, true);

	timerfd_settime(gpio->release.fd, 0, &once, NULL);
	return wanted;
}

int gpio_create(struct gpio *gpio, struct vm *vm)
{
	int error;

	memset(gpio, 0, sizeof(*gpio));
	gpio->vm = vm;
	gpio->release.ready = release_ready;
	gpio->release.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (gpio->release.fd < 0)
		return -errno;
	pthread_mutex_init(&gpio->lock, NULL);
	gpio->region = (struct bus_region){
		.base = LAYOUT_GPIO_BASE,
		.size = LAYOUT_GPIO_SIZE,
		.ops = &gpio_ops,
	};
	error = loop_add(&vm->loop, &gpio->release, EPOLLIN);
	if (!error)
		error = bus_add(&vm->bus, &gpio->region);
	if (error)
		gpio_destroy(gpio);
	return error;
}

void gpio_destroy(struct gpio *gpio)
{
	close(gpio->release.fd);
	pthread_mutex_destroy(&gpio->lock);
}
