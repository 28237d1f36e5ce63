// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks by name, made at the start and changed later.
 */
#include "disks.h"
#include "util.h"
#include "vm.h"
#include "virtio/scsi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool same_file(const char *one, const char *other)
{
	struct stat a, b;

	if (!strcmp(one, other))
		return true;
	if (stat(one, &a) < 0 || stat(other, &b) < 0)
		return false;
	if (S_ISBLK(a.st_mode) && S_ISBLK(b.st_mode))
		return a.st_rdev == b.st_rdev;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Index among the disks that the machine starts with, or -ENOENT. */
static int find(const struct options *options, const char *path)
{
	for (unsigned int i = 0; i < options->disk_count; i++)
		if (same_file(options->disks[i].path, path))
			return i;
	return -ENOENT;
}

/* Place of a disk that was attached, or -ENOENT. */
static int find_attached(const struct options *options, const char *path)
{
	for (unsigned int i = 0; i < OPTIONS_MAX_ATTACHED; i++)
		if (options->attached[i].path && same_file(options->attached[i].path, path))
			return i;
	return -ENOENT;
}

static int no_disk(const char *path)
{
	report("%s is none of its disks; name one as its config does", path);
	return -ENOENT;
}

int disks_find(const struct options *options, const char *path)
{
	int index = find(options, path);

	return index < 0 ? no_disk(path) : index;
}

int disks_create(struct vm *vm)
{
	const struct options *options = vm->options;
	int error = 0;

	for (unsigned int i = 0; !error && i < options->disk_count; i++)
		error = vm_add_virtio(vm, blk_create(vm, &options->disks[i], i));
	return error;
}

int disks_resize(struct vm *vm, const char *path, uint64_t bytes)
{
	struct options *options = vm->options;
	int index = find_attached(options, path);

	if (index >= 0)
		return scsi_resize(vm->scsi, &options->attached[index], index, bytes);
	index = disks_find(options, path);
	if (index < 0)
		return index;
	/* They are the first devices. */
	return blk_resize(vm->virtio[index], &options->disks[index], bytes);
}

static int free_place(const struct options *options)
{
	for (unsigned int i = 0; i < OPTIONS_MAX_ATTACHED; i++)
		if (!options->attached[i].path)
			return i;
	report("it has %u attached disks, and no room for more; detach one", OPTIONS_MAX_ATTACHED);
	return -ENOSPC;
}

int disks_attach(struct vm *vm, const char *value)
{
	int place = free_place(vm->options), error;
	struct options_disk *disk;

	if (place < 0)
		return place;
	disk = &vm->options->attached[place];
	error = options_read_disk(disk, value);
	if (!error)
		error = scsi_attach(vm->scsi, disk, place);
	if (error) {
		free(disk->path);
		disk->path = NULL;
	}
	return error;
}

int disks_detach(struct vm *vm, const char *path)
{
	int place = find_attached(vm->options, path);

	if (place < 0 && find(vm->options, path) >= 0) {
		report("%s is of its config, and goes when it stops", path);
		return -EBUSY;
	}
	if (place < 0)
		return no_disk(path);
	scsi_detach(vm->scsi, place);
	free(vm->options->attached[place].path);
	vm->options->attached[place].path = NULL;
	return 0;
}
