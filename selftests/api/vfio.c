// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves KVM_DEV_TYPE_VFIO: which attributes there are, what is refused with which errno,
 * and that a group belongs to the VM from the time it is added until it is deleted, or
 * until the VM is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "vfio.h"
#include "vm.h"

#define GROUP	KVM_DEV_VFIO_GROUP
#define ADD	KVM_DEV_VFIO_GROUP_ADD
#define DEL	KVM_DEV_VFIO_GROUP_DEL

FIXTURE(vfio) {
	struct vm vm;
	int fd;
};

static int create(struct vm *vm)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_VFIO };

	return ioctl(vm->fd, KVM_CREATE_DEVICE, &cd) ? -errno : (int)cd.fd;
}

FIXTURE_SETUP(vfio)
{
	vm_open(&self->vm, 0);
	self->fd = create(&self->vm);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(vfio)
{
	close(self->fd);
	vm_destroy(&self->vm);
}

#define SET(attr, addr)	ERRNO(dev_attr(self->fd, KVM_SET_DEVICE_ATTR, GROUP, attr, addr))
#define HAS(group, attr) ERRNO(dev_attr(self->fd, KVM_HAS_DEVICE_ATTR, group, attr, NULL))

TEST_F(vfio, one_for_each_vm)
{
	struct kvm_create_device cd = {
		.type = KVM_DEV_TYPE_VFIO, .flags = KVM_CREATE_DEVICE_TEST,
	};

	EXPECT_EQ(-EBUSY, create(&self->vm));
	EXPECT_EQ(0, ioctl(self->vm.fd, KVM_CREATE_DEVICE, &cd));
}

TEST_F(vfio, attributes)
{
	s32 fd = -1;

	EXPECT_EQ(0, HAS(GROUP, ADD));
	EXPECT_EQ(0, HAS(GROUP, DEL));
	EXPECT_EQ(ENXIO, HAS(GROUP, 0));
	EXPECT_EQ(ENXIO, HAS(GROUP, KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE));
	EXPECT_EQ(ENXIO, HAS(0, ADD));
	EXPECT_EQ(ENXIO, HAS(GROUP + 1, ADD));
	EXPECT_EQ(ENXIO, SET(KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE, &fd));
	EXPECT_EQ(ENXIO, ERRNO(dev_attr(self->fd, KVM_SET_DEVICE_ATTR, GROUP + 1, ADD, &fd)));
	EXPECT_EQ(EPERM, ERRNO(dev_attr(self->fd, KVM_GET_DEVICE_ATTR, GROUP, ADD, &fd)));
	EXPECT_EQ(ENOTTY, ERRNO(ioctl(self->fd, KVM_CHECK_EXTENSION, 0)));
}

TEST_F(vfio, what_is_no_group)
{
	s32 null = CHECK_FD(open("/dev/null", O_RDWR)), none = -1;

	EXPECT_EQ(EFAULT, SET(ADD, NULL));
	EXPECT_EQ(EFAULT, SET(DEL, NULL));
	EXPECT_EQ(EBADF, SET(ADD, &none));
	EXPECT_EQ(EBADF, SET(DEL, &none));
	EXPECT_EQ(EINVAL, SET(ADD, &null));
	EXPECT_EQ(EINVAL, SET(ADD, &self->vm.fd));
	EXPECT_EQ(EINVAL, SET(ADD, &self->fd));
	EXPECT_EQ(ENOENT, SET(DEL, &null));
	close(null);
}

TEST_F(vfio, a_group)
{
	struct vfio vfio;
	s32 copy;

	if (!vfio_open(&vfio))
		SKIP(return, "no device to pass through");
	copy = CHECK_FD(dup(vfio.group));
	EXPECT_EQ(EINVAL, SET(ADD, &vfio.container));
	EXPECT_EQ(ENOENT, SET(DEL, &vfio.group));
	EXPECT_EQ(0, SET(ADD, &vfio.group));
	EXPECT_EQ(EEXIST, SET(ADD, &vfio.group));
	EXPECT_EQ(EEXIST, SET(ADD, &copy));
	EXPECT_EQ(0, SET(DEL, &copy));
	EXPECT_EQ(ENOENT, SET(DEL, &vfio.group));
	EXPECT_EQ(0, SET(ADD, &vfio.group));
	close(copy);
	vfio_close(&vfio);
}

/* A group is open once at a time: who holds it is seen by trying. */
TEST_F(vfio, held_by_the_vm)
{
	struct vfio vfio;
	int fd;

	if (!vfio_open(&vfio))
		SKIP(return, "no device to pass through");
	EXPECT_EQ(0, SET(ADD, &vfio.group));
	vfio_close(&vfio);
	EXPECT_EQ(-EBUSY, vfio_open_group(vfio.number));
	close(self->fd);
	vm_destroy(&self->vm);
	fd = vfio_open_group(vfio.number);
	EXPECT_LE(0, fd);
	close(fd);
	vm_open(&self->vm, 0);
	self->fd = create(&self->vm);
	EXPECT_LE(0, self->fd);
}

TEST_HARNESS_MAIN
