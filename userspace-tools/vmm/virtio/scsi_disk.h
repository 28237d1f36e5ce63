/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A SCSI disk (SPC-3, SBC-3) on a raw image file or a block device: as much of one as
 * drivers of disks ask for. It knows buffers and commands, and nothing of virtio.
 */
#ifndef PENG_VMM_VIRTIO_SCSI_DISK_H
#define PENG_VMM_VIRTIO_SCSI_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct options_disk;

#define SCSI_SENSE_SIZE	18
#define SCSI_SERIAL_SIZE 32

/* SAM-5, 5.3.1. */
#define SCSI_GOOD		0x00
#define SCSI_CHECK_CONDITION	0x02

/**
 * struct scsi_disk - a disk
 * @file: image or block device
 * @sectors: its size
 * @read_only: nobody writes
 * @serial: the same for the same file
 */
struct scsi_disk {
	int file;
	uint64_t sectors;
	bool read_only;
	char serial[SCSI_SERIAL_SIZE];
};

/**
 * struct scsi_command - a command
 * @cdb: its descriptor block
 * @cdb_size: bytes of it
 * @iov: buffers for its data, in the one direction that it has; they are used up
 * @iov_count: how many
 * @room: bytes in them
 * @moved: set to what was read or written of these
 * @sense: set where SCSI_CHECK_CONDITION is returned
 */
struct scsi_command {
	const uint8_t *cdb;
	size_t cdb_size;
	struct iovec *iov;
	unsigned int iov_count;
	size_t room;
	size_t moved;
	uint8_t sense[SCSI_SENSE_SIZE];
};

/** scsi_disk_open() - by the option. Return: 0, or -errno after a report(). */
int scsi_disk_open(struct scsi_disk *disk, const struct options_disk *option);

/** scsi_disk_close() - undo that. */
void scsi_disk_close(struct scsi_disk *disk);

/** scsi_disk_do() - carry out a command. Return: SCSI_GOOD or SCSI_CHECK_CONDITION. */
uint8_t scsi_disk_do(struct scsi_disk *disk, struct scsi_command *command);

#endif
