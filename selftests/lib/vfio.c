// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's device that is given to a test: found by its numbers, bound to VFIO's driver
 * the first time, and opened like any other.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include "vfio.h"
#include "vm.h"

#define DEVICES		"/sys/bus/pci/devices"
/* ivshmem, whose second region is the memory. */
#define NUMBERS		"PCI_ID=1AF4:1110"

static bool is_wanted(const char *name)
{
	char path[PATH_MAX], text[512];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), DEVICES "/%s/uevent", name);
	f = fopen(path, "r");
	if (!f)
		return false;
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	fclose(f);
	return strstr(text, NUMBERS);
}

static bool find(char *name, size_t size)
{
	DIR *dir = opendir(DEVICES);
	bool found = false;
	struct dirent *e;

	if (!dir)
		return false;
	while (!found && (e = readdir(dir))) {
		found = is_wanted(e->d_name);
		if (found)
			snprintf(name, size, "%s", e->d_name);
	}
	closedir(dir);
	return found;
}

/* Number of the group, with the device bound to VFIO's driver. */
static int bind_to_vfio(const char *name)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t len;

	CHECK(!system("modprobe -a vfio_pci vfio_iommu_type1"), "no VFIO");
	snprintf(path, sizeof(path), DEVICES "/%s/driver", name);
	if (access(path, F_OK)) {
		snprintf(path, sizeof(path), DEVICES "/%s/driver_override", name);
		CHECK(host_write(path, "vfio-pci"), "%s", path);
		CHECK(host_write("/sys/bus/pci/drivers_probe", name), "%s", name);
	}
	snprintf(path, sizeof(path), DEVICES "/%s/iommu_group", name);
	len = readlink(path, target, sizeof(target) - 1);
	CHECK(len > 0, "%s: %m", path);
	target[len] = '\0';
	return atoi(basename(target));
}

int vfio_open_group(int number)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "/dev/vfio/%d", number);
	fd = open(path, O_RDWR);
	return fd < 0 ? -errno : fd;
}

static u64 region_offset(struct vfio *vfio, u32 index, u64 size)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	CHECK_FD(ioctl(vfio->device, VFIO_DEVICE_GET_REGION_INFO, &info));
	CHECK(info.size >= size, "region %u has %llu bytes", index, info.size);
	return info.offset;
}

bool vfio_open(struct vfio *vfio)
{
	char name[NAME_MAX + 1];

	if (!find(name, sizeof(name)))
		return false;
	vfio->number = bind_to_vfio(name);
	vfio->group = vfio_open_group(vfio->number);
	CHECK(vfio->group >= 0, "group %d: %s", vfio->number, strerror(-vfio->group));
	vfio->container = CHECK_FD(open("/dev/vfio/vfio", O_RDWR));
	CHECK_FD(ioctl(vfio->group, VFIO_GROUP_SET_CONTAINER, &vfio->container));
	CHECK_FD(ioctl(vfio->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	vfio->device = CHECK_FD(ioctl(vfio->group, VFIO_GROUP_GET_DEVICE_FD, name));
	vfio->config = region_offset(vfio, VFIO_PCI_CONFIG_REGION_INDEX, PCI_STD_HEADER_SIZEOF);
	vfio->region = region_offset(vfio, VFIO_PCI_BAR2_REGION_INDEX, VFIO_REGION_SIZE);
	vfio_enable_memory(vfio, true);
	return true;
}

void vfio_close(struct vfio *vfio)
{
	close(vfio->device);
	close(vfio->group);
	close(vfio->container);
}

void *vfio_map(struct vfio *vfio, unsigned long long at, int prot)
{
	void *p = mmap((void *)at, VFIO_REGION_SIZE, prot, MAP_SHARED | MAP_FIXED_NOREPLACE,
		       vfio->device, vfio->region);

	CHECK(p == (void *)at, "mmap: %m");
	return p;
}

void vfio_enable_memory(struct vfio *vfio, bool on)
{
	u64 at = vfio->config + PCI_COMMAND;
	u16 command;

	CHECK(pread(vfio->device, &command, 2, at) == 2, "%m");
	command = on ? command | PCI_COMMAND_MEMORY : command & ~PCI_COMMAND_MEMORY;
	CHECK(pwrite(vfio->device, &command, 2, at) == 2, "%m");
}
