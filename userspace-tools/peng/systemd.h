/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMs as units of systemd, peng@NAME: those of root, in the folder that the unit looks
 * in, where systemd runs the host and has the unit.
 */
#ifndef PENG_PENG_SYSTEMD_H
#define PENG_PENG_SYSTEMD_H

#include "cmd.h"
#include "../lib/home.h"

#include <stdbool.h>

/** systemd_runs() - whether a VM that was entered is started as a unit. */
bool systemd_runs(const struct home *home);

/** systemd_start() - have it started, and wait. Return: a status, after a report(). */
enum status systemd_start(const struct home *home);

/** systemd_tell_started() - the same from within the unit: the guest runs. */
void systemd_tell_started(void);

#endif
