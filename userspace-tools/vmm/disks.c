// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks by name, made at the start and changed later.
 */
#include "disks.h"
#include "util.h"
#include "vm.h"
#include "virtio/virtio.h"

#include <errno.h>
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

int disks_find(const struct options *options, const char *path)
{
	for (unsigned int i = 0; i < options->disk_count; i++)
		if (same_file(options->disks[i].path, path))
			return i;
	report("%s is none of its disks; name one as its config does", path);
	return -ENOENT;
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
	int index = disks_find(vm->options, path);

	if (index < 0)
		return index;
	/* They are the first devices. */
	return blk_resize(vm->virtio[index], &vm->options->disks[index], bytes);
}
