/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands that have the launcher of a VM do something while the VM runs.
 */
#ifndef PENG_ASK_H
#define PENG_ASK_H

#include "../lib/home.h"

/* Room for an answer. */
#define ASK_MAX 1100

/**
 * ask_launcher() - have it do something
 * @home: entered
 * @answer: set to what it says behind "ok"; ASK_MAX bytes
 * @format: the line, without its newline (vmm/control.c)
 *
 * Return: STATUS_OK, or another after a report() of what is in the way.
 */
enum status ask_launcher(const struct home *home, char *answer, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
