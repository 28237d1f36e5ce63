// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images into guest memory: the kernel at the start, then room for the device
 * tree, then the initial ramdisk, so that all three are within the window that
 * the boot protocol allows, however much memory there is.
 */
#include "loader.h"
#include "options.h"
#include "unpack.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* arm64 Image header: Documentation/arm64/booting.rst of the kernel. */
struct image_header {
	uint32_t code[2];
	uint64_t text_offset;
	uint64_t image_size;
	uint64_t flags;
	uint64_t reserved[3];
	uint8_t magic[4];
	uint32_t pe_offset;
};

/* What a kernel from before 3.17, which does not say its size, is given. */
#define IMAGE_OLD_TEXT_OFFSET 0x80000UL
#define IMAGE_OLD_SIZE MIB(32)

static int map_file(int fd, const char *what, const char *path, struct blob *blob)
{
	struct stat status;
	void *map;
	int error;

	if (fstat(fd, &status) < 0)
		goto failed;
	if (!S_ISREG(status.st_mode) || !status.st_size) {
		report("the %s %s is %s; give another file", what, path,
		       S_ISREG(status.st_mode) ? "empty" : "no regular file");
		return -EINVAL;
	}
	map = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		goto failed;
	blob->data = map;
	blob->size = status.st_size;
	return 0;

failed:
	error = -errno;
	report("cannot read the %s %s: %s", what, path, strerror(-error));
	return error;
}

static int open_file(const char *what, const char *path, struct blob *blob)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error;

	if (fd < 0) {
		error = -errno;
		report("cannot open the %s %s: %s; check what --%s names", what, path,
		       strerror(-error), what);
		return error;
	}
	error = map_file(fd, what, path, blob);
	close(fd);
	return error;
}

static void close_file(struct blob *blob)
{
	munmap((void *)blob->data, blob->size);
}

static int report_no_room(const struct memory *memory, const char *what)
{
	report("%llu MiB of memory are too little for the %s; give a larger --memory",
	       (unsigned long long)(memory->size >> 20), what);
	return -ENOSPC;
}

static int report_bad_kernel(const char *path, const struct memory *memory, int error)
{
	switch (error) {
	case -ENOSPC:
		return report_no_room(memory, "kernel");
	case -EILSEQ:
		report("kernel %s is damaged; get it anew", path);
		return error;
	case -ENOTSUP:
		report("kernel %s is compressed by something else than gzip or zstd; unpack it",
		       path);
		return error;
	default:
		report("cannot unpack kernel %s: %s", path, strerror(-error));
		return error;
	}
}

/* Move the unpacked kernel to where its header wants it; set its entry and end. */
static int place_kernel(const char *path, const struct memory *memory, size_t size,
			gpa_t *entry, gpa_t *end)
{
	const struct image_header *found = (const struct image_header *)memory->host;
	uint64_t offset, needed;

	if (size < sizeof(*found) || memcmp(found->magic, "ARM\x64", sizeof(found->magic))) {
		report("kernel %s is no arm64 Linux kernel; give an Image or vmlinuz for arm64",
		       path);
		return -EINVAL;
	}
	offset = found->image_size ? found->text_offset : IMAGE_OLD_TEXT_OFFSET;
	needed = found->image_size ? found->image_size : size + IMAGE_OLD_SIZE;
	if (needed < size)
		needed = size;
	if (offset > memory->size || needed > memory->size - offset)
		return report_no_room(memory, "kernel");
	if (offset) {
		memmove(memory->host + offset, memory->host, size);
		memset(memory->host, 0, min_size(offset, size));
	}
	*entry = memory->base + offset;
	*end = *entry + needed;
	return 0;
}

static int load_kernel(const char *path, const struct memory *memory, gpa_t *entry, gpa_t *end)
{
	struct blob file;
	size_t size;
	int error = open_file("kernel", path, &file);

	if (error)
		return error;
	error = unpack_kernel(&file, memory->host, memory->size, &size);
	close_file(&file);
	if (error)
		return report_bad_kernel(path, memory, error);
	return place_kernel(path, memory, size, entry, end);
}

static int load_initrd(const char *path, const struct memory *memory, struct loaded *loaded)
{
	struct blob file;
	int error = open_file("initrd", path, &file);
	void *to;

	if (error)
		return error;
	to = memory_at(memory, loaded->initrd, file.size);
	if (to) {
		memcpy(to, file.data, file.size);
		loaded->initrd_end = loaded->initrd + file.size;
	} else {
		error = report_no_room(memory, "initrd");
	}
	close_file(&file);
	return error;
}

/* Guests that have too little to start up die in ways that do not say so. */
static void warn_of_little(const struct memory *memory, const struct loaded *loaded)
{
	/* An initrd is there packed and unpacked, and a distribution kernel wants the rest. */
	uint64_t initrd = loaded->initrd_end - loaded->initrd;
	uint64_t wanted = loaded->dtb - memory->base + 4 * initrd + MIB(64);

	if (memory->size < wanted)
		report("%llu MiB of memory may be too little for this guest; %llu would do",
		       (unsigned long long)(memory->size >> 20),
		       (unsigned long long)(wanted >> 20));
}

int loader_load(const struct options *options, const struct memory *memory,
		struct loaded *loaded)
{
	gpa_t end;
	int error = load_kernel(options->kernel, memory, &loaded->entry, &end);

	if (error)
		return error;
	/* A 2 MiB block of its own, as kernels before 4.2 ask for. */
	loaded->dtb = align_up(end, LOADER_DTB_SIZE);
	if (!memory_at(memory, loaded->dtb, LOADER_DTB_SIZE))
		return report_no_room(memory, "kernel and its device tree");
	loaded->initrd = loaded->dtb + LOADER_DTB_SIZE;
	loaded->initrd_end = loaded->initrd;
	if (options->initrd)
		error = load_initrd(options->initrd, memory, loaded);
	if (!error)
		warn_of_little(memory, loaded);
	return error;
}
