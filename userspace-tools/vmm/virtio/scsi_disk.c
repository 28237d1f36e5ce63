// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of a SCSI disk, by a table. Numbers are big endian.
 */
#include "scsi_disk.h"
#include "blk_file.h"
#include "queue.h"
#include "../options.h"
#include "../util.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Operation codes: SPC-3, table 80; SBC-3, table 27. */
#define TEST_UNIT_READY		0x00
#define REQUEST_SENSE		0x03
#define INQUIRY			0x12
#define MODE_SENSE_6		0x1a
#define START_STOP_UNIT		0x1b
#define READ_CAPACITY_10	0x25
#define READ_10			0x28
#define WRITE_10		0x2a
#define SYNCHRONIZE_CACHE_10	0x35
#define MODE_SENSE_10		0x5a
#define READ_16			0x88
#define WRITE_16		0x8a
#define SYNCHRONIZE_CACHE_16	0x91
#define SERVICE_ACTION_IN_16	0x9e
#define REPORT_LUNS		0xa0

#define READ_CAPACITY_16	0x10	/* a service action */
#define PAGE_CACHING		0x08
#define PAGE_ALL		0x3f
#define VPD_PAGES		0x00
#define VPD_SERIAL		0x80
#define VPD_IDENTIFICATION	0x83
#define VPD_CHARACTERISTICS	0xb1

/* Sense keys and additional sense codes with their qualifiers: SPC-3, 4.5. */
#define NO_SENSE		0x000000
#define MEDIUM_ERROR_READ	0x031100
#define MEDIUM_ERROR_WRITE	0x030c00
#define INVALID_OPERATION	0x052000
#define LBA_OUT_OF_RANGE	0x052100
#define INVALID_FIELD		0x052400
#define WRITE_PROTECTED		0x072700
#define INTERNAL_FAILURE	0x044400

#define VENDOR	"peng    "
#define PRODUCT	"disk            "

static uint16_t get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static uint64_t get64(const uint8_t *at)
{
	return (uint64_t)get32(at) << 32 | get32(at + 4);
}

static void put32(uint8_t *at, uint32_t value)
{
	value = htobe32(value);
	memcpy(at, &value, sizeof(value));
}

static void put64(uint8_t *at, uint64_t value)
{
	value = htobe64(value);
	memcpy(at, &value, sizeof(value));
}

static void put_sense(uint8_t *sense, uint32_t code)
{
	memset(sense, 0, SCSI_SENSE_SIZE);
	sense[0] = 0x70;	/* current, of fixed format */
	sense[2] = code >> 16;
	sense[7] = SCSI_SENSE_SIZE - 8;
	sense[12] = code >> 8;
	sense[13] = code;
}

static uint8_t refuse(struct scsi_command *command, uint32_t code)
{
	put_sense(command->sense, code);
	return SCSI_CHECK_CONDITION;
}

/* No more than the buffers have and than the command allows is an answer, too. */
static uint8_t answer(struct scsi_command *command, const void *data, size_t size, size_t allowed)
{
	const uint8_t *from = data;

	size = min_size(min_size(size, allowed), command->room);
	for (unsigned int i = 0; command->moved < size; i++) {
		size_t part = min_size(command->iov[i].iov_len, size - command->moved);

		memcpy(command->iov[i].iov_base, from + command->moved, part);
		command->moved += part;
	}
	return SCSI_GOOD;
}

static uint8_t do_nothing(struct scsi_disk *disk, struct scsi_command *command)
{
	(void)disk;
	(void)command;
	return SCSI_GOOD;
}

static uint8_t do_request_sense(struct scsi_disk *disk, struct scsi_command *command)
{
	uint8_t sense[SCSI_SENSE_SIZE];

	(void)disk;
	put_sense(sense, NO_SENSE);
	return answer(command, sense, sizeof(sense), command->cdb[4]);
}

/* A page of vital product data; 0 for none, else its size. */
static size_t vpd_page(const struct scsi_disk *disk, uint8_t page, uint8_t *data)
{
	static const uint8_t pages[] = {
		VPD_PAGES, VPD_SERIAL, VPD_IDENTIFICATION, VPD_CHARACTERISTICS,
	};
	size_t size = 0, serial = strlen(disk->serial);

	switch (page) {
	case VPD_PAGES:
		size = sizeof(pages);
		memcpy(data + 4, pages, size);
		break;
	case VPD_SERIAL:
		size = serial;
		memcpy(data + 4, disk->serial, size);
		break;
	case VPD_IDENTIFICATION:
		data[4] = 2;	/* ASCII */
		data[5] = 1;	/* begins with the vendor */
		data[7] = strlen(VENDOR) + serial;
		memcpy(data + 8, VENDOR, strlen(VENDOR));
		memcpy(data + 8 + strlen(VENDOR), disk->serial, serial);
		size = 4 + data[7];
		break;
	case VPD_CHARACTERISTICS:
		data[5] = 1;	/* does not rotate */
		size = 60;
		break;
	default:
		return 0;
	}
	data[1] = page;
	data[3] = size;
	return 4 + size;
}

static uint8_t do_inquiry(struct scsi_disk *disk, struct scsi_command *command)
{
	uint8_t data[128] = { 0 };
	size_t size = 36;

	if (command->cdb[1] & 1) {
		size = vpd_page(disk, command->cdb[2], data);
		if (!size)
			return refuse(command, INVALID_FIELD);
	} else {
		data[2] = 5;	/* SPC-3 */
		data[3] = 2;
		data[4] = size - 5;
		data[7] = 2;	/* queues commands */
		memcpy(data + 8, VENDOR PRODUCT "1   ", 28);
	}
	return answer(command, data, size, get16(command->cdb + 3));
}

/* The one page that there is says that a cache is to be flushed: the host's. */
static size_t mode_pages(const struct scsi_command *command, uint8_t *data)
{
	uint8_t page = command->cdb[2] & 0x3f;

	if (page != PAGE_CACHING && page != PAGE_ALL)
		return 0;
	data[0] = PAGE_CACHING;
	data[1] = 18;
	/* What can be changed: nothing. */
	if (command->cdb[2] >> 6 != 1)
		data[2] = 4;
	return 20;
}

static uint8_t do_mode_sense(struct scsi_disk *disk, struct scsi_command *command)
{
	bool is_long = command->cdb[0] == MODE_SENSE_10;
	size_t header = is_long ? 8 : 4;
	uint8_t data[32] = { 0 }, protected = disk->read_only ? 0x80 : 0;
	size_t size = mode_pages(command, data + header);

	if (!size)
		return refuse(command, INVALID_FIELD);
	size += header;
	if (is_long) {
		data[1] = size - 2;
		data[3] = protected;
	} else {
		data[0] = size - 1;
		data[2] = protected;
	}
	return answer(command, data, size, is_long ? get16(command->cdb + 7) : command->cdb[4]);
}

static uint8_t do_read_capacity(struct scsi_disk *disk, struct scsi_command *command)
{
	uint64_t last = disk->sectors - 1;
	uint8_t data[8];

	put32(data, last > UINT32_MAX ? UINT32_MAX : last);
	put32(data + 4, BLK_FILE_SECTOR);
	return answer(command, data, sizeof(data), sizeof(data));
}

static uint8_t do_service_action(struct scsi_disk *disk, struct scsi_command *command)
{
	uint8_t data[32] = { 0 };

	if ((command->cdb[1] & 0x1f) != READ_CAPACITY_16)
		return refuse(command, INVALID_FIELD);
	put64(data, disk->sectors - 1);
	put32(data + 8, BLK_FILE_SECTOR);
	return answer(command, data, sizeof(data), get32(command->cdb + 10));
}

static uint8_t do_report_luns(struct scsi_disk *disk, struct scsi_command *command)
{
	uint8_t data[16] = { 0 };

	(void)disk;
	put32(data, 8);
	return answer(command, data, sizeof(data), get32(command->cdb + 6));
}

/* What a read or a write says of its place: bytes, or none that the disk has. */
static bool find_range(const struct scsi_disk *disk, const uint8_t *cdb, off_t *offset, size_t *size)
{
	bool is_long = cdb[0] == READ_16 || cdb[0] == WRITE_16;
	uint64_t sector = is_long ? get64(cdb + 2) : get32(cdb + 2);
	uint32_t count = is_long ? get32(cdb + 10) : get16(cdb + 7);

	*offset = (off_t)(sector * BLK_FILE_SECTOR);
	*size = (size_t)count * BLK_FILE_SECTOR;
	return sector <= disk->sectors && count <= disk->sectors - sector;
}

static uint8_t transfer(struct scsi_disk *disk, struct scsi_command *command, bool write,
			off_t offset, size_t size)
{
	struct iovec *iov = command->iov;
	unsigned int count = command->iov_count;

	iov_slice(&iov, &count, 0, size);
	while (command->moved < size) {
		ssize_t done = write ? pwritev(disk->file, iov, count, offset) :
				       preadv(disk->file, iov, count, offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return refuse(command, write ? MEDIUM_ERROR_WRITE : MEDIUM_ERROR_READ);
		offset += done;
		command->moved += done;
		iov_slice(&iov, &count, done, size - command->moved);
	}
	return SCSI_GOOD;
}

static uint8_t do_transfer(struct scsi_disk *disk, struct scsi_command *command)
{
	bool write = command->cdb[0] == WRITE_10 || command->cdb[0] == WRITE_16;
	off_t offset;
	size_t size;

	if (write && disk->read_only)
		return refuse(command, WRITE_PROTECTED);
	if (!find_range(disk, command->cdb, &offset, &size))
		return refuse(command, LBA_OUT_OF_RANGE);
	if (size > command->room)
		return refuse(command, INVALID_FIELD);
	return size ? transfer(disk, command, write, offset, size) : SCSI_GOOD;
}

static uint8_t do_synchronize(struct scsi_disk *disk, struct scsi_command *command)
{
	return fdatasync(disk->file) < 0 ? refuse(command, INTERNAL_FAILURE) : SCSI_GOOD;
}

static const struct {
	uint8_t code;
	uint8_t cdb_size;
	uint8_t (*act)(struct scsi_disk *disk, struct scsi_command *command);
} commands[] = {
	{ TEST_UNIT_READY, 6, do_nothing },
	{ REQUEST_SENSE, 6, do_request_sense },
	{ INQUIRY, 6, do_inquiry },
	{ MODE_SENSE_6, 6, do_mode_sense },
	{ START_STOP_UNIT, 6, do_nothing },
	{ READ_CAPACITY_10, 10, do_read_capacity },
	{ READ_10, 10, do_transfer },
	{ WRITE_10, 10, do_transfer },
	{ SYNCHRONIZE_CACHE_10, 10, do_synchronize },
	{ MODE_SENSE_10, 10, do_mode_sense },
	{ READ_16, 16, do_transfer },
	{ WRITE_16, 16, do_transfer },
	{ SYNCHRONIZE_CACHE_16, 16, do_synchronize },
	{ SERVICE_ACTION_IN_16, 16, do_service_action },
	{ REPORT_LUNS, 12, do_report_luns },
};

uint8_t scsi_disk_do(struct scsi_disk *disk, struct scsi_command *command)
{
	command->moved = 0;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].code == command->cdb[0] &&
		    commands[i].cdb_size <= command->cdb_size)
			return commands[i].act(disk, command);
	return refuse(command, INVALID_OPERATION);
}

int scsi_disk_open(struct scsi_disk *disk, const struct options_disk *option)
{
	struct stat status;
	int file = blk_file_open(option, &disk->sectors);

	if (file < 0)
		return file;
	disk->file = file;
	disk->read_only = option->read_only;
	if (!fstat(file, &status))
		snprintf(disk->serial, sizeof(disk->serial), "%llx-%llx",
			 (unsigned long long)status.st_dev, (unsigned long long)status.st_ino);
	return 0;
}

void scsi_disk_close(struct scsi_disk *disk)
{
	close(disk->file);
}
