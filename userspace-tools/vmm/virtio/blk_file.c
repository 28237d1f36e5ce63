// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening and growth of disk images and block devices.
 */
#include "blk_file.h"
#include "../options.h"
#include "../util.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two guests that write the same file system destroy it. */
static int lock_file(int file, const struct options_disk *disk)
{
	if (!flock(file, (disk->read_only ? LOCK_SH : LOCK_EX) | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return 0; /* a file system without locks */
	report("disk %s is in use; end the other user, or give ,ro to both", disk->path);
	return -EBUSY;
}

static int read_size(int file, const char *path, uint64_t *size)
{
	struct stat status;

	if (fstat(file, &status) < 0 ||
	    (S_ISBLK(status.st_mode) && ioctl(file, BLKGETSIZE64, size) < 0)) {
		report("cannot read the size of disk %s: %s", path, strerror(errno));
		return -EIO;
	}
	if (S_ISREG(status.st_mode))
		*size = status.st_size;
	else if (!S_ISBLK(status.st_mode))
		*size = 0;
	if (*size >= BLK_FILE_SECTOR)
		return 0;
	report("disk %s is neither a raw image nor a block device; make one by truncate -s 1G",
	       path);
	return -EINVAL;
}

int blk_file_open(const struct options_disk *disk, uint64_t *sectors)
{
	int file = open(disk->path, (disk->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	uint64_t size;
	int error;

	if (file < 0) {
		error = -errno;
		report("cannot open disk %s: %s; %s", disk->path, strerror(-error),
		       error == -EROFS || error == -EACCES ? "give ,ro after its name" :
							     "check what --disk names");
		return error;
	}
	error = lock_file(file, disk);
	if (!error)
		error = read_size(file, disk->path, &size);
	if (error) {
		close(file);
		return error;
	}
	*sectors = size / BLK_FILE_SECTOR;
	return file;
}

/* What a disk cannot become. Return: 0 or -errno after a report(). */
static int check_growth(int file, const struct options_disk *disk, uint64_t now, uint64_t bytes)
{
	struct stat status;

	if (disk->read_only) {
		report("disk %s is read-only for the guest, and stays as it is", disk->path);
		return -EROFS;
	}
	if (bytes < now) {
		report("disk %s has %" PRIu64 "M and is not made smaller; give that or more",
		       disk->path, now >> 20);
		return -EINVAL;
	}
	if (bytes > now && (fstat(file, &status) < 0 || S_ISBLK(status.st_mode))) {
		report("block device %s has %" PRIu64 " KiB; enlarge it first, then give its new size",
		       disk->path, now >> 10);
		return -EINVAL;
	}
	return 0;
}

int blk_file_grow(int file, const struct options_disk *disk, uint64_t bytes, uint64_t *sectors)
{
	uint64_t now;
	int error = read_size(file, disk->path, &now);

	if (!error)
		error = check_growth(file, disk, now, bytes);
	if (error)
		return error;
	if (bytes > now && (bytes > INT64_MAX || ftruncate(file, bytes) < 0)) {
		error = bytes > INT64_MAX ? -EFBIG : -errno;
		report("cannot enlarge disk %s: %s; give a smaller size", disk->path,
		       strerror(-error));
		return error;
	}
	*sectors = bytes / BLK_FILE_SECTOR;
	return 0;
}
