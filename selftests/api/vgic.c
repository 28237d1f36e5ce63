// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the VGIC_V3 device: creation and its errors, the addresses of both
 * frames with alignment, overlap and order, the bounds of NR_IRQS, INIT and
 * what it ends, HAS_DEVICE_ATTR, and the arguments of KVM_IRQ_LINE.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"

#define ADDR	KVM_DEV_ARM_VGIC_GRP_ADDR
#define DIST	KVM_VGIC_V3_ADDR_TYPE_DIST
#define REDIST	KVM_VGIC_V3_ADDR_TYPE_REDIST
#define REGION	KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION
#define KB64	0x10000ULL

static void guest_nothing(u64 arg)
{
}

FIXTURE(vgic) {
	struct vm vm;
};

FIXTURE_SETUP(vgic)
{
	vm_open(&self->vm, 40);
	vm_add_memory(&self->vm);
	ASSERT_EQ(0, vm_create_gic(&self->vm));
}

FIXTURE_TEARDOWN(vgic)
{
	vm_destroy(&self->vm);
}

static int set_attr(struct vm *vm, u32 group, u64 attr, void *addr)
{
	return ERRNO(dev_attr(vm->gic, KVM_SET_DEVICE_ATTR, group, attr, addr));
}

static int get_attr(struct vm *vm, u32 group, u64 attr, void *addr)
{
	return ERRNO(dev_attr(vm->gic, KVM_GET_DEVICE_ATTR, group, attr, addr));
}

static int has_attr(struct vm *vm, u32 group, u64 attr)
{
	return ERRNO(dev_attr(vm->gic, KVM_HAS_DEVICE_ATTR, group, attr, NULL));
}

static int place(struct vm *vm, u64 type, u64 addr)
{
	return set_attr(vm, ADDR, type, &addr);
}

static int nr_irqs(struct vm *vm, u32 nr)
{
	return set_attr(vm, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr);
}

static int init(struct vm *vm)
{
	return set_attr(vm, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

TEST_F(vgic, creation)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	int vm = CHECK_FD(ioctl(self->vm.dev, KVM_CREATE_VM, 0));

	EXPECT_EQ(EEXIST, ERRNO(ioctl(self->vm.fd, KVM_CREATE_DEVICE, &cd)));
	cd.flags = KVM_CREATE_DEVICE_TEST;
	EXPECT_EQ(0, ioctl(vm, KVM_CREATE_DEVICE, &cd));
	cd.type = KVM_DEV_TYPE_ARM_VGIC_V2;
	EXPECT_EQ(ENODEV, ERRNO(ioctl(vm, KVM_CREATE_DEVICE, &cd)));
	cd.type = 1000;
	EXPECT_EQ(ENODEV, ERRNO(ioctl(vm, KVM_CREATE_DEVICE, &cd)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(vm, KVM_CREATE_DEVICE, NULL)));
	close(vm);
}

TEST_F(vgic, no_creation_after_a_vcpu_ran)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	struct vm vm;

	vm_open(&vm, 0);
	vm_add_memory(&vm);
	vm_add_vcpu(&vm);
	ASSERT_EQ(0, vcpu_init_features(&vm.vcpu[0], 0));
	vcpu_start(&vm.vcpu[0], guest_nothing, 0);
	vcpu_finish(&vm.vcpu[0]);
	EXPECT_EQ(EBUSY, ERRNO(ioctl(vm.fd, KVM_CREATE_DEVICE, &cd)));
	vm_destroy(&vm);
}

TEST_F(vgic, attributes_that_exist)
{
	EXPECT_EQ(0, has_attr(&self->vm, ADDR, DIST));
	EXPECT_EQ(0, has_attr(&self->vm, ADDR, REDIST));
	EXPECT_EQ(0, has_attr(&self->vm, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0));
	EXPECT_EQ(0, has_attr(&self->vm, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT));
	EXPECT_EQ(ENXIO, has_attr(&self->vm, ADDR, 1000));
	EXPECT_EQ(ENXIO, has_attr(&self->vm, KVM_DEV_ARM_VGIC_GRP_CTRL, 1000));
	EXPECT_EQ(ENXIO, has_attr(&self->vm, 1000, 0));
	EXPECT_EQ(ENXIO, set_attr(&self->vm, 1000, 0, NULL));
	EXPECT_EQ(ENXIO, get_attr(&self->vm, 1000, 0, NULL));
}

TEST_F(vgic, unknown_ioctls)
{
	EXPECT_EQ(ENOTTY, ERRNO(ioctl(self->vm.gic, _IO(KVMIO, 0xff), 0)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->vm.gic, KVM_SET_DEVICE_ATTR, NULL)));
}

TEST_F(vgic, addresses)
{
	u64 addr = 0;

	EXPECT_EQ(EINVAL, place(&self->vm, DIST, GUEST_GICD_BASE + 0x1000));
	EXPECT_EQ(EINVAL, place(&self->vm, REDIST, GUEST_GICR_BASE + 0x1000));
	EXPECT_EQ(E2BIG, place(&self->vm, DIST, 1ULL << 40));
	EXPECT_EQ(E2BIG, place(&self->vm, REDIST, 1ULL << 40));
	EXPECT_EQ(EFAULT, set_attr(&self->vm, ADDR, DIST, NULL));
	/* Nowhere yet. */
	ASSERT_EQ(0, get_attr(&self->vm, ADDR, DIST, &addr));
	EXPECT_EQ(~0ULL, addr);
	EXPECT_EQ(0, place(&self->vm, DIST, GUEST_GICD_BASE));
	EXPECT_EQ(EEXIST, place(&self->vm, DIST, GUEST_GICD_BASE + 0x100000));
	EXPECT_EQ(0, place(&self->vm, REDIST, GUEST_GICR_BASE));
	EXPECT_NE(0, place(&self->vm, REDIST, GUEST_GICR_BASE + 0x1000000));
	ASSERT_EQ(0, get_attr(&self->vm, ADDR, DIST, &addr));
	EXPECT_EQ(GUEST_GICD_BASE, addr);
	ASSERT_EQ(0, get_attr(&self->vm, ADDR, REDIST, &addr));
	EXPECT_EQ(GUEST_GICR_BASE, addr);
}

/* The redistributors of vCPUs that exist must not lie upon the distributor. */
TEST_F(vgic, frames_that_overlap)
{
	vm_add_vcpu(&self->vm);
	ASSERT_EQ(0, vcpu_init_features(&self->vm.vcpu[0], 0));
	ASSERT_EQ(0, place(&self->vm, DIST, GUEST_GICD_BASE));
	EXPECT_EQ(EINVAL, place(&self->vm, REDIST, GUEST_GICD_BASE));
	EXPECT_EQ(EINVAL, place(&self->vm, REDIST, GUEST_GICD_BASE - KB64));
	EXPECT_EQ(0, place(&self->vm, REDIST, GUEST_GICD_BASE + KB64));
}

TEST_F(vgic, number_of_interrupts)
{
	u32 nr = 0;

	EXPECT_EQ(EINVAL, nr_irqs(&self->vm, 0));
	EXPECT_EQ(EINVAL, nr_irqs(&self->vm, 32));
	EXPECT_EQ(EINVAL, nr_irqs(&self->vm, 63));
	EXPECT_EQ(EINVAL, nr_irqs(&self->vm, 1056));
	EXPECT_EQ(EINVAL, nr_irqs(&self->vm, ~0U));
	EXPECT_EQ(EFAULT, set_attr(&self->vm, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, NULL));
	EXPECT_EQ(EINVAL, nr_irqs(&self->vm, 1024)) TH_LOG("1020 to 1023 are no interrupts");
	EXPECT_EQ(0, nr_irqs(&self->vm, 992));
	EXPECT_EQ(EBUSY, nr_irqs(&self->vm, 64));
	ASSERT_EQ(0, get_attr(&self->vm, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr));
	EXPECT_EQ(992, nr);
}

TEST_F(vgic, init_order)
{
	vm_add_vcpu(&self->vm);
	ASSERT_EQ(0, vcpu_init_features(&self->vm.vcpu[0], 0));
	EXPECT_EQ(0, init(&self->vm)) TH_LOG("addresses may come later");
	EXPECT_EQ(0, init(&self->vm)) TH_LOG("twice is the same as once");
	EXPECT_EQ(EBUSY, nr_irqs(&self->vm, 64));
	/* No vCPU more, for it would have no redistributor. */
	EXPECT_EQ(EBUSY, ERRNO(ioctl(self->vm.fd, KVM_CREATE_VCPU, 1)));
	EXPECT_EQ(0, place(&self->vm, DIST, GUEST_GICD_BASE));
	EXPECT_EQ(0, place(&self->vm, REDIST, GUEST_GICR_BASE));
	vcpu_start(&self->vm.vcpu[0], guest_nothing, 0);
	vcpu_finish(&self->vm.vcpu[0]);
}

TEST_F(vgic, run_without_addresses)
{
	vm_add_vcpu(&self->vm);
	ASSERT_EQ(0, vcpu_init_features(&self->vm.vcpu[0], 0));
	ASSERT_EQ(0, init(&self->vm));
	vcpu_start(&self->vm.vcpu[0], guest_nothing, 0);
	EXPECT_EQ(ENXIO, ERRNO(ioctl(self->vm.vcpu[0].fd, KVM_RUN, 0)));
}

TEST_F(vgic, run_without_init)
{
	vm_add_vcpu(&self->vm);
	ASSERT_EQ(0, vcpu_init_features(&self->vm.vcpu[0], 0));
	vm_place_gic(&self->vm);
	vcpu_start(&self->vm.vcpu[0], guest_nothing, 0);
	EXPECT_EQ(EBUSY, ERRNO(ioctl(self->vm.vcpu[0].fd, KVM_RUN, 0)));
}

static int line(struct vm *vm, u32 irq, u32 level)
{
	struct kvm_irq_level arg = { .irq = irq, .level = level };

	return ERRNO(ioctl(vm->fd, KVM_IRQ_LINE, &arg));
}

#define SPI(n)		(KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | (n))
#define PPI(cpu, n)	(KVM_ARM_IRQ_TYPE_PPI << KVM_ARM_IRQ_TYPE_SHIFT | \
			 (cpu) << KVM_ARM_IRQ_VCPU_SHIFT | (n))

TEST_F(vgic, irq_line)
{
	vm_add_vcpu(&self->vm);
	ASSERT_EQ(0, nr_irqs(&self->vm, 64));
	ASSERT_EQ(0, init(&self->vm));
	EXPECT_EQ(0, line(&self->vm, SPI(32), 1));
	EXPECT_EQ(0, line(&self->vm, SPI(63), 0));
	EXPECT_EQ(EINVAL, line(&self->vm, SPI(64), 1)) TH_LOG("behind the last");
	EXPECT_EQ(EINVAL, line(&self->vm, SPI(31), 1)) TH_LOG("no SPI");
	EXPECT_EQ(0, line(&self->vm, PPI(0, 16), 1));
	EXPECT_EQ(0, line(&self->vm, PPI(0, 31), 0));
	EXPECT_EQ(EINVAL, line(&self->vm, PPI(0, 15), 1)) TH_LOG("an SGI");
	EXPECT_EQ(EINVAL, line(&self->vm, PPI(0, 32), 1)) TH_LOG("no PPI");
	EXPECT_EQ(EINVAL, line(&self->vm, PPI(1, 20), 1)) TH_LOG("no such vCPU");
	/* With a controller in the kernel there is no CPU line to drive. */
	EXPECT_EQ(ENXIO, line(&self->vm, KVM_ARM_IRQ_TYPE_CPU << KVM_ARM_IRQ_TYPE_SHIFT, 1));
	EXPECT_EQ(EINVAL, line(&self->vm, 7U << KVM_ARM_IRQ_TYPE_SHIFT, 1));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->vm.fd, KVM_IRQ_LINE, NULL)));
}

TEST_F(vgic, irq_line_without_a_controller)
{
	struct vm vm;

	vm_open(&vm, 0);
	vm_add_vcpu(&vm);
	EXPECT_EQ(ENXIO, line(&vm, SPI(40), 1));
	EXPECT_EQ(ENXIO, line(&vm, PPI(0, 20), 1));
	vm_destroy(&vm);
}

TEST_HARNESS_MAIN
