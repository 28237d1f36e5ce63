// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole reads, whole writes and frames, for both ends of the link.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "link.h"

bool write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			p += n;
			len -= n;
		}
	}
	return true;
}

static bool read_all(int fd, void *data, size_t len)
{
	char *p = data;

	while (len) {
		ssize_t n = read(fd, p, len);

		if (n == 0 || (n < 0 && errno != EINTR))
			return false;
		if (n > 0) {
			p += n;
			len -= n;
		}
	}
	return true;
}

void fill_frame(struct link_frame *frame, enum link_type type,
		const void *data, size_t len)
{
	frame->type = type;
	frame->len = len;
	memcpy(frame->data, data, len);
}

bool send_frame(int fd, enum link_type type, const void *data, size_t len)
{
	static struct link_frame frame;

	fill_frame(&frame, type, data, len);
	return write_all(fd, &frame, LINK_HEADER + len);
}

bool receive_frame(int fd, struct link_frame *frame)
{
	return read_all(fd, frame, LINK_HEADER) && frame->len <= LINK_MAX &&
	       read_all(fd, frame->data, frame->len);
}
