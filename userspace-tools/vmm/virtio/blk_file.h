/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file behind a disk: a raw image or a block device. It is locked for as
 * long as it is open, so that no second guest writes what this one uses.
 */
#ifndef PENG_VMM_VIRTIO_BLK_FILE_H
#define PENG_VMM_VIRTIO_BLK_FILE_H

#include <stdint.h>

struct options_disk;

/* The unit that virtio counts in, whatever the disk's own is. */
#define BLK_FILE_SECTOR 512

/**
 * blk_file_open() - open and lock what --disk names
 * @disk: the option
 * @sectors: set to its size
 *
 * Return: file descriptor, or -errno after a report().
 */
int blk_file_open(const struct options_disk *disk, uint64_t *sectors);

/**
 * blk_file_grow() - make the file larger; a block device has been made so already
 * @file: what blk_file_open() returned
 * @disk: the option
 * @bytes: its new size
 * @sectors: set to that
 *
 * Return: 0, or -errno after a report().
 */
int blk_file_grow(int file, const struct options_disk *disk, uint64_t bytes,
		  uint64_t *sectors);

#endif
