/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The forms in which distributions ship an arm64 kernel (plain Image, gzip of
 * it, EFI zboot around a gzip or zstd of it) and how to get the Image out.
 */
#ifndef PENG_VMM_UNPACK_H
#define PENG_VMM_UNPACK_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct blob - bytes that somebody else owns
 * @data: the first one
 * @size: how many
 */
struct blob {
	const uint8_t *data;
	size_t size;
};

/**
 * unpack_kernel() - write the Image that is in @file to @to
 * @file: content of the file
 * @to: room for it
 * @room: size of @to
 * @size: set to the bytes written
 *
 * Return: 0; -ENOSPC where @room is too small; -EINVAL where it is no form
 * that is known here; -EILSEQ where it is damaged; -ENOTSUP where it is
 * compressed by something else.
 */
int unpack_kernel(const struct blob *file, uint8_t *to, size_t room, size_t *size);

#endif
