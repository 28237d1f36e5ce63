/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PL061 GPIO (ARM DDI 0190), eight lines, of which one is the guest's power key.
 */
#ifndef PENG_VMM_GPIO_H
#define PENG_VMM_GPIO_H

#include "bus.h"
#include "loop.h"

#include <pthread.h>

struct vm;

/* The line that the power key pulls up while it is pressed. */
#define GPIO_POWER_KEY 3

/**
 * struct gpio - a PL061
 * @vm: its machine
 * @region: its window
 * @release: timer after which the key is let go, in the main loop
 * @lock: all below, a bit for each line; vCPU threads and the main loop
 * @input: levels from outside
 * @output: levels that the guest drives
 * @direction: GPIODIR: the guest drives it
 * @sense: GPIOIS: level, not edge
 * @both: GPIOIBE: both edges
 * @event: GPIOIEV: rising or high
 * @mask: GPIOIE: interrupts that the guest wants
 * @edges: interrupts of edges, until the guest clears them
 * @select: GPIOAFSEL: kept for the guest
 */
struct gpio {
	struct vm *vm;
	struct bus_region region;
	struct loop_source release;
	pthread_mutex_t lock;
	uint8_t input;
	uint8_t output;
	uint8_t direction;
	uint8_t sense;
	uint8_t both;
	uint8_t event;
	uint8_t mask;
	uint8_t edges;
	uint8_t select;
};

/** gpio_create() - put it on the bus. Return: 0 or -errno. */
int gpio_create(struct gpio *gpio, struct vm *vm);

/** gpio_destroy() - free what it holds; no vCPU runs. */
void gpio_destroy(struct gpio *gpio);

/**
 * gpio_press_power_key() - press the key, and let it go a little later
 *
 * Context: main loop.
 * Return: whether the guest has a driver that wants to know.
 */
bool gpio_press_power_key(struct gpio *gpio);

#endif
