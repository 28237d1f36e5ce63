/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What init.c asks of attend.c.
 */
#ifndef PENG_LAB_ATTEND_H
#define PENG_LAB_ATTEND_H

#include <stdbool.h>

/**
 * attend_command() - run COMMAND and carry its streams until it ends
 * @link_port: the virtio-serial port
 * @arguments: of COMMAND, which is looked up in PATH; "-sh" is a login shell
 * @tty: give it a terminal instead of pipes
 *
 * Reaps every other child too, so it is for PID 1.
 *
 * Return: the exit status as a shell has it, 127 where COMMAND was not found.
 */
int attend_command(int link_port, char **arguments, bool tty);

#endif
