// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the system ioctls: API version, mapping size, VM creation with each
 * IPA size, capabilities on both file descriptors, the preferred target, and
 * the errors of all that is unknown or malformed.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include "kselftest_harness.h"
#include "vm.h"

FIXTURE(system) {
	int dev;
};

FIXTURE_SETUP(system)
{
	self->dev = dev_open();
}

FIXTURE_TEARDOWN(system)
{
	close(self->dev);
}

TEST_F(system, api_version)
{
	EXPECT_EQ(KVM_API_VERSION, ioctl(self->dev, KVM_GET_API_VERSION, 0));
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->dev, KVM_GET_API_VERSION, 1)));
}

TEST_F(system, mmap_size)
{
	int size = ioctl(self->dev, KVM_GET_VCPU_MMAP_SIZE, 0);

	EXPECT_GE(size, sizeof(struct kvm_run));
	/* struct kvm_run, and the ring of coalesced MMIO. */
	EXPECT_EQ(2 * getpagesize(), size);
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->dev, KVM_GET_VCPU_MMAP_SIZE, 1)));
}

TEST_F(system, unknown_ioctls)
{
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->dev, _IO(KVMIO, 0xff), 0)));
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->dev, 0, 0)));
	/* Ioctls of another file descriptor. */
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->dev, KVM_RUN, 0)));
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->dev, KVM_CREATE_VCPU, 0)));
}

TEST_F(system, other_file_operations)
{
	char byte = 0;

	EXPECT_EQ(EINVAL, ERRNO(read(self->dev, &byte, 1)));
	EXPECT_EQ(EINVAL, ERRNO(write(self->dev, &byte, 1)));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->dev, 0));
	EXPECT_EQ(ENODEV, errno);
}

static int create(int dev, u64 type)
{
	int fd = ioctl(dev, KVM_CREATE_VM, type);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

TEST_F(system, ipa_sizes)
{
	int limit = ioctl(self->dev, KVM_CHECK_EXTENSION, KVM_CAP_ARM_VM_IPA_SIZE);
	int bits;

	ASSERT_GE(limit, 40);
	ASSERT_LE(limit, 52);
	EXPECT_EQ(0, create(self->dev, 0));
	for (bits = 32; bits <= limit; bits++)
		EXPECT_EQ(0, create(self->dev, bits)) TH_LOG("%d bits", bits);
	EXPECT_EQ(EINVAL, create(self->dev, 1));
	EXPECT_EQ(EINVAL, create(self->dev, 31));
	EXPECT_EQ(EINVAL, create(self->dev, limit + 1));
	EXPECT_EQ(EINVAL, create(self->dev, 0x100));
	EXPECT_EQ(EINVAL, create(self->dev, 1ULL << 40));
}

TEST_F(system, close_on_exec)
{
	struct vm vm;

	vm_open(&vm, 0);
	vm_add_vcpu(&vm);
	EXPECT_EQ(FD_CLOEXEC, fcntl(vm.fd, F_GETFD) & FD_CLOEXEC);
	EXPECT_EQ(FD_CLOEXEC, fcntl(vm.vcpu[0].fd, F_GETFD) & FD_CLOEXEC);
	ASSERT_EQ(0, vm_create_gic(&vm));
	EXPECT_EQ(FD_CLOEXEC, fcntl(vm.gic, F_GETFD) & FD_CLOEXEC);
}

TEST_F(system, device_node_is_not_open_to_all)
{
	struct stat st;

	ASSERT_EQ(0, fstat(self->dev, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(0, st.st_mode & 0007);
}

/* What the ground plan of the API rests on, and what each must say. */
static const struct {
	int nr, least, most;
} caps[] = {
	{ KVM_CAP_USER_MEMORY, 1, 1 },
	{ KVM_CAP_DESTROY_MEMORY_REGION_WORKS, 1, 1 },
	{ KVM_CAP_JOIN_MEMORY_REGIONS_WORKS, 1, 1 },
	{ KVM_CAP_ONE_REG, 1, 1 },
	{ KVM_CAP_ARM_PSCI, 1, 1 },
	{ KVM_CAP_ARM_PSCI_0_2, 1, 1 },
	{ KVM_CAP_MP_STATE, 1, 1 },
	{ KVM_CAP_IRQCHIP, 1, 1 },
	{ KVM_CAP_DEVICE_CTRL, 1, 1 },
	{ KVM_CAP_IRQFD, 1, 1 },
	{ KVM_CAP_IRQFD_RESAMPLE, 1, 1 },
	{ KVM_CAP_IOEVENTFD, 1, 1 },
	{ KVM_CAP_IOEVENTFD_ANY_LENGTH, 1, 1 },
	{ KVM_CAP_READONLY_MEM, 1, 1 },
	{ KVM_CAP_SYNC_MMU, 1, 1 },
	{ KVM_CAP_IMMEDIATE_EXIT, 1, 1 },
	{ KVM_CAP_CHECK_EXTENSION_VM, 1, 1 },
	/* What QEMU asks for before it starts. */
	{ KVM_CAP_COALESCED_MMIO, 1, 1 },
	{ KVM_CAP_COALESCED_PIO, 1, 1 },
	{ KVM_CAP_VCPU_EVENTS, 1, 1 },
	{ KVM_CAP_ARM_NISV_TO_USER, 1, 1 },
	{ KVM_CAP_ARM_INJECT_EXT_DABT, 1, 1 },
	{ KVM_CAP_ARM_INJECT_SERROR_ESR, 0, 1 },
	{ KVM_CAP_ARM_SET_DEVICE_ADDR, 1, 1 },
	{ KVM_CAP_ARM_IRQ_LINE_LAYOUT_2, 1, 1 },
	{ KVM_CAP_ARM_SYSTEM_SUSPEND, 1, 1 },
	{ KVM_CAP_SYSTEM_EVENT_DATA, 1, 1 },
	{ KVM_CAP_PTP_KVM, 1, 1 },
	{ KVM_CAP_INTERNAL_ERROR_DATA, 1, 1 },
	{ KVM_CAP_VCPU_ATTRIBUTES, 1, 1 },
	{ KVM_CAP_ENABLE_CAP_VM, 1, 1 },
	{ KVM_CAP_NR_VCPUS, 1, 512 },
	{ KVM_CAP_MAX_VCPUS, 8, 512 },
	{ KVM_CAP_MAX_VCPU_ID, 8, 512 },
	{ KVM_CAP_NR_MEMSLOTS, 32, 32767 },
	{ KVM_CAP_ARM_VM_IPA_SIZE, 40, 52 },
	/* Other architectures', and what cannot be here. */
	{ KVM_CAP_MULTI_ADDRESS_SPACE, 0, 0 },
	{ KVM_CAP_PIT, 0, 0 },
	{ KVM_CAP_X86_SMM, 0, 0 },
	{ KVM_CAP_S390_SKEYS, 0, 0 },
	{ KVM_CAP_PPC_SMT, 0, 0 },
	{ 100000, 0, 0 },
	{ -1, 0, 0 },
};

TEST_F(system, capabilities)
{
	int fds[2] = { self->dev, CHECK_FD(ioctl(self->dev, KVM_CREATE_VM, 0)) };
	unsigned int i, f;
	int value;

	for (i = 0; i < ARRAY_SIZE(caps); i++)
		for (f = 0; f < 2; f++) {
			value = ioctl(fds[f], KVM_CHECK_EXTENSION, (long)caps[i].nr);
			EXPECT_GE(value, caps[i].least) TH_LOG("capability %d", caps[i].nr);
			EXPECT_LE(value, caps[i].most) TH_LOG("capability %d", caps[i].nr);
		}
	close(fds[1]);
}

static int enable(int vm, u32 cap, u32 flags, u64 arg)
{
	struct kvm_enable_cap args = { .cap = cap, .flags = flags, .args[0] = arg };

	return ERRNO(ioctl(vm, KVM_ENABLE_CAP, &args));
}

TEST_F(system, enable_cap)
{
	int vm = CHECK_FD(ioctl(self->dev, KVM_CREATE_VM, 0));

	EXPECT_EQ(0, enable(vm, KVM_CAP_ARM_NISV_TO_USER, 0, 0));
	EXPECT_EQ(0, enable(vm, KVM_CAP_ARM_SYSTEM_SUSPEND, 0, 0));
	EXPECT_EQ(EINVAL, enable(vm, KVM_CAP_ARM_NISV_TO_USER, 1, 0));
	EXPECT_EQ(EINVAL, enable(vm, KVM_CAP_ARM_PSCI, 0, 0));
	EXPECT_EQ(EINVAL, enable(vm, 100000, 0, 0));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(vm, KVM_ENABLE_CAP, NULL)));
	close(vm);
}

TEST_F(system, preferred_target)
{
	int vm = CHECK_FD(ioctl(self->dev, KVM_CREATE_VM, 0));
	struct kvm_vcpu_init init;
	unsigned int i;

	memset(&init, 0xff, sizeof(init));
	ASSERT_EQ(0, ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init));
	EXPECT_LT(init.target, KVM_ARM_NUM_TARGETS);
	for (i = 0; i < ARRAY_SIZE(init.features); i++)
		EXPECT_EQ(0, init.features[i]);
	EXPECT_EQ(EFAULT, ERRNO(ioctl(vm, KVM_ARM_PREFERRED_TARGET, NULL)));
	close(vm);
}

TEST_HARNESS_MAIN
