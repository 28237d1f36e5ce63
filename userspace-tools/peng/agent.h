/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * qemu-guest-agent in the guest of a VM that has a home: JSON requests, one at a
 * time, through the launcher's socket (QEMU's docs/interop/qemu-ga-ref).
 */
#ifndef PENG_PENG_AGENT_H
#define PENG_PENG_AGENT_H

#include "cmd.h"
#include "../lib/home.h"

#include <jansson.h>
#include <stdint.h>

/* An answer is one line. */
#define AGENT_ANSWER_MAX 65536

/**
 * struct agent_link - a connection
 * @name: of the VM
 * @fd: socket
 * @deadline: CLOCK_MONOTONIC in nanoseconds
 * @seconds: how long that was from the beginning on
 * @size: bytes in @answer
 * @taken: how many of them are lines that have been read
 * @answer: what has come
 */
struct agent_link {
	const char *name;
	int fd;
	uint64_t deadline;
	unsigned long seconds;
	size_t size;
	size_t taken;
	char answer[AGENT_ANSWER_MAX];
};

/**
 * agent_open() - connect, and wait until the agent answers
 * @link: filled in; agent_close() it where this returns STATUS_OK
 * @home: of the VM, entered
 * @seconds: how long to wait, for this and all that is asked then
 *
 * Return: STATUS_OK, or another after a report().
 */
enum status agent_open(struct agent_link *link, const struct home *home, unsigned long seconds);

/** agent_close() - let the next one have it. */
void agent_close(struct agent_link *link);

/**
 * agent_ask() - have it do a command
 * @link: the connection
 * @command: its name
 * @arguments: an object, which is given away, or NULL
 * @answer: what it returns; json_decref() it where this returns STATUS_OK
 *
 * Return: STATUS_OK, or another after a report().
 */
enum status agent_ask(struct agent_link *link, const char *command, json_t *arguments,
		      json_t **answer);

#endif
