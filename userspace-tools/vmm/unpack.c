// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel images: recognise the form, undo the compression. All offsets in a
 * file are checked against its size: an image may come from anywhere.
 */
#include "unpack.h"
#include "util.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

/* Header of an EFI zboot image: drivers/firmware/efi/libstub/zboot-header.S. */
struct zboot_header {
	uint8_t mz[4];
	uint8_t magic[4];
	uint32_t payload_offset;
	uint32_t payload_size;
	uint32_t reserved[2];
	char compression[32];
};

static int unpack_plain(const struct blob *from, uint8_t *to, size_t room, size_t *size)
{
	if (from->size > room)
		return -ENOSPC;
	memcpy(to, from->data, from->size);
	*size = from->size;
	return 0;
}

/* zlib counts in unsigned int: larger buffers are given to it piece by piece. */
static uInt piece(size_t left)
{
	return min_size(left, UINT_MAX);
}

static int inflate_all(z_stream *stream, const struct blob *from, uint8_t *to, size_t room,
		       size_t *size)
{
	int result;

	stream->next_in = (Bytef *)from->data;
	stream->next_out = to;
	do {
		size_t in_left = from->data + from->size - stream->next_in;
		size_t out_left = to + room - stream->next_out;

		if (!out_left)
			return -ENOSPC;
		stream->avail_in = piece(in_left);
		stream->avail_out = piece(out_left);
		result = inflate(stream, Z_NO_FLUSH);
	} while (result == Z_OK);
	*size = stream->next_out - to;
	return result == Z_STREAM_END ? 0 : -EILSEQ;
}

static int unpack_gzip(const struct blob *from, uint8_t *to, size_t room, size_t *size)
{
	z_stream stream = { 0 };
	int error;

	/* 16: expect a gzip header. */
	if (inflateInit2(&stream, MAX_WBITS + 16) != Z_OK)
		return -ENOMEM;
	error = inflate_all(&stream, from, to, room, size);
	inflateEnd(&stream);
	return error;
}

static int unpack_zstd(const struct blob *from, uint8_t *to, size_t room, size_t *size)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();
	ZSTD_inBuffer in = { from->data, from->size, 0 };
	ZSTD_outBuffer out = { to, room, 0 };
	size_t left;

	if (!context)
		return -ENOMEM;
	/* A stream, as a zboot payload is one frame and may be padded after it. */
	do {
		size_t in_was = in.pos, out_was = out.pos;

		left = ZSTD_decompressStream(context, &out, &in);
		if (!ZSTD_isError(left) && in.pos == in_was && out.pos == out_was)
			break;
	} while (left && !ZSTD_isError(left));
	ZSTD_freeDCtx(context);
	*size = out.pos;
	if (ZSTD_isError(left))
		return -EILSEQ;
	if (left)
		return out.pos == room ? -ENOSPC : -EILSEQ;
	return 0;
}

static const struct compression {
	const char *name;
	uint8_t magic[4];
	size_t magic_size;
	int (*unpack)(const struct blob *from, uint8_t *to, size_t room, size_t *size);
} compressions[] = {
	{ "gzip", { 0x1f, 0x8b }, 2, unpack_gzip },
	{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, unpack_zstd },
};

static int unpack_zboot(const struct blob *file, uint8_t *to, size_t room, size_t *size)
{
	struct zboot_header header;
	struct blob payload;

	memcpy(&header, file->data, sizeof(header));
	if (header.payload_offset > file->size ||
	    header.payload_size > file->size - header.payload_offset)
		return -EILSEQ;
	payload.data = file->data + header.payload_offset;
	payload.size = header.payload_size;
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++)
		if (!strncmp(header.compression, compressions[i].name,
			     sizeof(header.compression)))
			return compressions[i].unpack(&payload, to, room, size);
	return -ENOTSUP;
}

static bool is_zboot(const struct blob *file)
{
	return file->size >= sizeof(struct zboot_header) && !memcmp(file->data, "MZ", 2) &&
	       !memcmp(file->data + offsetof(struct zboot_header, magic), "zimg", 4);
}

int unpack_kernel(const struct blob *file, uint8_t *to, size_t room, size_t *size)
{
	if (is_zboot(file))
		return unpack_zboot(file, to, room, size);
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++) {
		const struct compression *row = &compressions[i];

		if (file->size > row->magic_size &&
		    !memcmp(file->data, row->magic, row->magic_size))
			return row->unpack(file, to, room, size);
	}
	return unpack_plain(file, to, room, size);
}
