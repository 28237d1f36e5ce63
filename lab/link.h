/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What session.c (on the developer's machine) and init.c (PID 1 of the emulated
 * host) say to each other: frames over one virtio-serial port, which carry the
 * standard streams of COMMAND and, in the end, its exit status.
 */
#ifndef PENG_LAB_LINK_H
#define PENG_LAB_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * enum link_type - what a frame carries
 * @LINK_STDIN: to the host: bytes for COMMAND, none at end of file
 * @LINK_WINSIZE: to the host: struct winsize of the terminal
 * @LINK_BYE: to the host: all has arrived, power off
 * @LINK_STDOUT: from the host: bytes of COMMAND; to the host, once and empty:
 *	nobody reads them any more
 * @LINK_STDERR: from the host: bytes of COMMAND
 * @LINK_EXIT: from the host: exit status, a byte; the last frame
 */
enum link_type {
	LINK_STDIN,
	LINK_WINSIZE,
	LINK_BYE,
	LINK_STDOUT,
	LINK_STDERR,
	LINK_EXIT,
};

#define LINK_MAX 16384

/**
 * struct link_frame - one frame; both ends are little-endian
 * @type: enum link_type
 * @len: bytes used of @data, all that is sent
 * @data: the payload
 */
struct link_frame {
	uint32_t type;
	uint32_t len;
	char data[LINK_MAX];
};

#define LINK_HEADER (sizeof(struct link_frame) - LINK_MAX)

bool write_all(int fd, const void *data, size_t len);
void fill_frame(struct link_frame *frame, enum link_type type,
		const void *data, size_t len);
bool send_frame(int fd, enum link_type type, const void *data, size_t len);
bool receive_frame(int fd, struct link_frame *frame);

/* Exit statuses that are not COMMAND's; 124 is what timeout(1) says. */
#define LAB_DIRTY_LOG	123
#define LAB_TIMEOUT	124
#define LAB_FAILED	125

#endif
