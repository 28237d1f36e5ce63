// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the arguments of KVM_SET_GSI_ROUTING and KVM_SIGNAL_MSI, what the
 * capabilities say with and without an ITS, and every attribute of the ITS: its
 * address, its registers with their read-only and reserved fields, reset, and
 * tables that cannot be saved or restored.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "its.h"

#define ADDR		KVM_DEV_ARM_VGIC_GRP_ADDR
#define REGS		KVM_DEV_ARM_VGIC_GRP_ITS_REGS
#define GRP_CTRL	KVM_DEV_ARM_VGIC_GRP_CTRL
#define MAX_ROUTES	4096
#define MAX_PINS	988

static int set_routes(struct vm *vm, const struct kvm_irq_routing_entry *entries, u32 nr,
		      u32 flags)
{
	struct kvm_irq_routing *arg = calloc(1, sizeof(*arg) + nr * sizeof(*entries));
	int err;

	arg->nr = nr;
	arg->flags = flags;
	if (entries)
		memcpy(arg->entries, entries, nr * sizeof(*entries));
	err = ERRNO(ioctl(vm->fd, KVM_SET_GSI_ROUTING, arg));
	free(arg);
	return err;
}

static int set_pin(struct vm *vm, u32 gsi, u32 chip, u32 pin, u32 flags)
{
	const struct kvm_irq_routing_entry entry = {
		.gsi = gsi, .type = KVM_IRQ_ROUTING_IRQCHIP, .flags = flags,
		.u.irqchip = { .irqchip = chip, .pin = pin },
	};

	return set_routes(vm, &entry, 1, 0);
}

static void guest_nothing(u64 arg)
{
}

FIXTURE(routing) {
	struct vm vm;
};

FIXTURE_SETUP(routing)
{
	vm_init(&self->vm, 1, guest_nothing);
}

FIXTURE_TEARDOWN(routing)
{
	vm_destroy(&self->vm);
}

TEST_F(routing, capabilities)
{
	int its;

	EXPECT_EQ(MAX_ROUTES, ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_IRQ_ROUTING));
	EXPECT_EQ(1, ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_SIGNAL_MSI));
	EXPECT_EQ(0, ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_MSI_DEVID));
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->vm.dev, KVM_CHECK_EXTENSION, KVM_CAP_MSI_DEVID)));
	its = its_create(&self->vm, GUEST_ITS_BASE);
	EXPECT_EQ(1, ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_MSI_DEVID));
	close(its);
}

TEST_F(routing, pins)
{
	struct vm *vm = &self->vm;

	EXPECT_EQ(0, set_pin(vm, 0, 0, 0, 0));
	EXPECT_EQ(0, set_pin(vm, MAX_ROUTES - 1, 0, MAX_PINS - 1, 0));
	EXPECT_EQ(EINVAL, set_pin(vm, MAX_ROUTES, 0, 0, 0));
	EXPECT_EQ(EINVAL, set_pin(vm, 0, 1, 0, 0)) TH_LOG("no such controller");
	EXPECT_EQ(EINVAL, set_pin(vm, 0, 0, MAX_PINS, 0));
	EXPECT_EQ(EINVAL, set_pin(vm, 0, 0, 0, KVM_MSI_VALID_DEVID));
	EXPECT_EQ(EINVAL, set_pin(vm, 0, 0, ~0U, 0));
}

TEST_F(routing, tables)
{
	struct kvm_irq_routing_entry entry[2] = {
		{ .gsi = 7, .type = KVM_IRQ_ROUTING_MSI, .flags = KVM_MSI_VALID_DEVID },
		{ .gsi = 8, .type = KVM_IRQ_ROUTING_IRQCHIP },
	};
	struct vm *vm = &self->vm;

	EXPECT_EQ(0, set_routes(vm, NULL, 0, 0)) TH_LOG("no routes at all");
	EXPECT_EQ(0, set_routes(vm, entry, 2, 0));
	EXPECT_EQ(EINVAL, set_routes(vm, entry, 2, 1));
	entry[1].gsi = 7;
	EXPECT_EQ(EINVAL, set_routes(vm, entry, 2, 0)) TH_LOG("twice");
	entry[0].flags = 2;
	EXPECT_EQ(EINVAL, set_routes(vm, entry, 1, 0));
	entry[0].flags = 0;
	entry[0].type = 77;
	EXPECT_EQ(EINVAL, set_routes(vm, entry, 1, 0));
	EXPECT_EQ(EINVAL, set_routes(vm, NULL, MAX_ROUTES + 1, 0));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(vm->fd, KVM_SET_GSI_ROUTING, NULL)));
}

TEST_F(routing, signal_msi)
{
	struct kvm_msi msi = { .flags = 2 };
	struct vm *vm = &self->vm;
	struct vm bare;
	int its;

	EXPECT_EQ(-ENODEV, its_signal(vm, GUEST_ITS_BASE, 0, 0)) TH_LOG("there is no ITS");
	EXPECT_EQ(EINVAL, ERRNO(ioctl(vm->fd, KVM_SIGNAL_MSI, &msi)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(vm->fd, KVM_SIGNAL_MSI, NULL)));
	its = its_create(vm, GUEST_ITS_BASE);
	EXPECT_EQ(-EBUSY, its_signal(vm, GUEST_ITS_BASE, 0, 0));
	EXPECT_EQ(-EINVAL, its_signal(vm, GUEST_ITS_BASE + 0x100000, 0, 0));
	msi.flags = 0;
	msi.address_lo = GUEST_ITS_BASE + GITS_TRANSLATER;
	EXPECT_EQ(EINVAL, ERRNO(ioctl(vm->fd, KVM_SIGNAL_MSI, &msi))) TH_LOG("from no device");
	close(its);

	vm_open(&bare, 0);
	EXPECT_EQ(-EINVAL, its_signal(&bare, GUEST_ITS_BASE, 0, 0)) TH_LOG("no vGIC");
	vm_destroy(&bare);
}

static int create(struct vm *vm)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_ITS };

	CHECK_FD(ioctl(vm->fd, KVM_CREATE_DEVICE, &cd));
	return cd.fd;
}

static int set(int its, u32 group, u64 attr, u64 val)
{
	return ERRNO(dev_attr(its, KVM_SET_DEVICE_ATTR, group, attr, &val));
}

static int get(int its, u32 group, u64 attr, u64 *val)
{
	return ERRNO(dev_attr(its, KVM_GET_DEVICE_ATTR, group, attr, val));
}

static u64 value(int its, u64 reg)
{
	u64 val = 0;

	CHECK(!get(its, REGS, reg, &val), "register %#llx: %m", (unsigned long long)reg);
	return val;
}

static int has(int its, u32 group, u64 attr)
{
	return ERRNO(dev_attr(its, KVM_HAS_DEVICE_ATTR, group, attr, NULL));
}

TEST_F(routing, its_attributes_that_exist)
{
	static const u64 regs[] = {
		GITS_CTLR, GITS_IIDR, GITS_TYPER, GITS_CBASER, GITS_CWRITER, GITS_CREADR,
		GITS_BASER, GITS_BASER + 56, GITS_PIDR2, GITS_CIDR3,
	};
	int its = create(&self->vm);
	unsigned int i;

	EXPECT_EQ(0, has(its, ADDR, KVM_VGIC_ITS_ADDR_TYPE));
	EXPECT_EQ(0, has(its, GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT));
	EXPECT_EQ(0, has(its, GRP_CTRL, KVM_DEV_ARM_ITS_CTRL_RESET));
	EXPECT_EQ(0, has(its, GRP_CTRL, KVM_DEV_ARM_ITS_SAVE_TABLES));
	EXPECT_EQ(0, has(its, GRP_CTRL, KVM_DEV_ARM_ITS_RESTORE_TABLES));
	for (i = 1; i < sizeof(regs) / sizeof(regs[0]); i++)
		EXPECT_EQ(0, has(its, REGS, regs[i])) TH_LOG("%#llx", (unsigned long long)regs[i]);
	EXPECT_EQ(ENXIO, has(its, ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST));
	EXPECT_EQ(ENXIO, has(its, GRP_CTRL, 77));
	EXPECT_EQ(ENXIO, has(its, 77, 0));
	EXPECT_EQ(EINVAL, has(its, REGS, GITS_CBASER + 4)) TH_LOG("registers of 64 bits are whole");
	EXPECT_EQ(EINVAL, has(its, REGS, GITS_CTLR + 2));
	EXPECT_EQ(ENXIO, has(its, REGS, 0x8000));
	close(its);
}

TEST_F(routing, its_address)
{
	int its = create(&self->vm), other = create(&self->vm);
	u64 val = 0;

	EXPECT_EQ(ENXIO, get(its, REGS, GITS_TYPER, &val)) TH_LOG("not before it is anywhere");
	ASSERT_EQ(0, get(its, ADDR, KVM_VGIC_ITS_ADDR_TYPE, &val));
	EXPECT_EQ(~0ULL, val);
	EXPECT_EQ(EINVAL, set(its, ADDR, KVM_VGIC_ITS_ADDR_TYPE, GUEST_ITS_BASE + 0x1000));
	EXPECT_EQ(E2BIG, set(its, ADDR, KVM_VGIC_ITS_ADDR_TYPE, 1ULL << 40));
	EXPECT_EQ(ENODEV, set(its, ADDR, 77, GUEST_ITS_BASE));
	EXPECT_EQ(EFAULT, ERRNO(dev_attr(its, KVM_SET_DEVICE_ATTR, ADDR, KVM_VGIC_ITS_ADDR_TYPE,
					 NULL)));
	EXPECT_EQ(0, set(its, ADDR, KVM_VGIC_ITS_ADDR_TYPE, GUEST_ITS_BASE));
	EXPECT_EQ(EEXIST, set(its, ADDR, KVM_VGIC_ITS_ADDR_TYPE, GUEST_ITS_BASE + 0x100000));
	ASSERT_EQ(0, get(its, ADDR, KVM_VGIC_ITS_ADDR_TYPE, &val));
	EXPECT_EQ(GUEST_ITS_BASE, val);
	/* KVM takes two in one place, and only one of them answers. */
	if (!dev_is_kvm())
		EXPECT_EQ(EEXIST, set(other, ADDR, KVM_VGIC_ITS_ADDR_TYPE,
				      GUEST_ITS_BASE + 0x10000));
	EXPECT_EQ(0, set(other, ADDR, KVM_VGIC_ITS_ADDR_TYPE, GUEST_ITS_BASE + 0x20000));
	close(its);
	close(other);
}

TEST_F(routing, its_registers)
{
	int its = its_create(&self->vm, GUEST_ITS_BASE);
	u64 baser = value(its, GITS_BASER), val;

	EXPECT_EQ(1, value(its, GITS_TYPER) & 1);
	EXPECT_EQ(GITS_CTLR_QUIESCENT, value(its, GITS_CTLR));
	EXPECT_EQ(GITS_BASER_TYPE_DEVICE, GITS_BASER_TYPE(baser));
	EXPECT_EQ(8, GITS_BASER_ENTRY_SIZE(baser));
	EXPECT_EQ(GITS_BASER_TYPE_COLLECTION, GITS_BASER_TYPE(value(its, GITS_BASER + 8)));
	EXPECT_EQ(0, value(its, GITS_BASER + 16));
	EXPECT_EQ(0, set(its, REGS, GITS_BASER + 16, ~0ULL));
	EXPECT_EQ(0, value(its, GITS_BASER + 16));
	EXPECT_EQ(0, set(its, REGS, GITS_CTLR, 1)) TH_LOG("not without tables");
	EXPECT_EQ(0, value(its, GITS_CTLR) & 1);
	EXPECT_EQ(0, set(its, REGS, GITS_BASER, GITS_BASER_VALID | 0x80010000));
	EXPECT_EQ(0, set(its, REGS, GITS_BASER + 8, GITS_BASER_VALID | GITS_BASER_INDIRECT |
			 0x80020000));
	val = value(its, GITS_BASER);
	EXPECT_EQ(GITS_BASER_TYPE_DEVICE, GITS_BASER_TYPE(val));
	EXPECT_EQ(0x80010000, GITS_BASER_ADDR_48_to_52(val));
	EXPECT_EQ(0, value(its, GITS_BASER + 8) & GITS_BASER_INDIRECT);
	EXPECT_EQ(0, set(its, REGS, GITS_CBASER, GITS_CBASER_VALID | 0x80030000));
	EXPECT_EQ(EINVAL, set(its, REGS, GITS_CREADR, 0x1000)) TH_LOG("behind the queue");
	EXPECT_EQ(0, set(its, REGS, GITS_CREADR, 0x40));
	EXPECT_EQ(0x40, value(its, GITS_CREADR));
	EXPECT_EQ(0, set(its, REGS, GITS_CWRITER, 0x40));
	EXPECT_EQ(0, set(its, REGS, GITS_CTLR, 1));
	EXPECT_EQ(1, value(its, GITS_CTLR) & 1);
	EXPECT_EQ(EBUSY, set(its, REGS, GITS_CREADR, 0));
	EXPECT_EQ(0, set(its, REGS, GITS_BASER, 0)) TH_LOG("ignored while it is enabled");
	EXPECT_EQ(val, value(its, GITS_BASER));
	EXPECT_EQ(EINVAL, set(its, REGS, GITS_IIDR, value(its, GITS_IIDR) | 0x1000));
	EXPECT_EQ(0, set(its, REGS, GITS_IIDR, value(its, GITS_IIDR)));
	EXPECT_EQ(0, set(its, GRP_CTRL, KVM_DEV_ARM_ITS_CTRL_RESET, 0));
	EXPECT_EQ(0, value(its, GITS_CTLR) & 1);
	EXPECT_EQ(0, value(its, GITS_CBASER));
	EXPECT_EQ(0, value(its, GITS_BASER) & GITS_BASER_VALID);
	close(its);
}

/* A table that is nowhere, one that links behind its end, and a wrong collection. */
TEST_F(routing, its_bad_tables)
{
	int its = its_create(&self->vm, GUEST_ITS_BASE);
	struct its_memory *m = its_alloc(&self->vm);

	EXPECT_EQ(0, set(its, GRP_CTRL, KVM_DEV_ARM_ITS_SAVE_TABLES, 0)) TH_LOG("nothing to save");
	EXPECT_EQ(0, set(its, GRP_CTRL, KVM_DEV_ARM_ITS_RESTORE_TABLES, 0));
	ASSERT_EQ(0, set(its, REGS, GITS_BASER, GITS_BASER_VALID | (u64)m->device));
	ASSERT_EQ(0, set(its, REGS, GITS_BASER + 8, GITS_BASER_VALID | (u64)m->coll));
	EXPECT_EQ(0, set(its, GRP_CTRL, KVM_DEV_ARM_ITS_RESTORE_TABLES, 0));
	m->coll[0] = 1ULL << 63 | 5 << 16;
	EXPECT_EQ(EINVAL, set(its, GRP_CTRL, KVM_DEV_ARM_ITS_RESTORE_TABLES, 0))
		TH_LOG("a vCPU that does not exist");
	m->coll[0] = 1ULL << 63;
	m->coll[1] = 1ULL << 63;
	EXPECT_EQ(EEXIST, set(its, GRP_CTRL, KVM_DEV_ARM_ITS_RESTORE_TABLES, 0));
	m->coll[1] = 0;
	m->device[0] = 1ULL << 63 | (u64)m->itt >> 8 << 5 | 31;
	EXPECT_EQ(EINVAL, set(its, GRP_CTRL, KVM_DEV_ARM_ITS_RESTORE_TABLES, 0))
		TH_LOG("too many events");
	m->device[0] = 1ULL << 63 | (u64)m->itt >> 8 << 5 | 4;
	*(u64 *)m->itt = 100ULL << 48 | 8192ULL << 16;
	EXPECT_EQ(EINVAL, set(its, GRP_CTRL, KVM_DEV_ARM_ITS_RESTORE_TABLES, 0))
		TH_LOG("a link out of the table");
	*(u64 *)m->itt = 100ULL << 16;
	EXPECT_EQ(EINVAL, set(its, GRP_CTRL, KVM_DEV_ARM_ITS_RESTORE_TABLES, 0))
		TH_LOG("no LPI");
	*(u64 *)m->itt = 0;
	EXPECT_EQ(0, set(its, GRP_CTRL, KVM_DEV_ARM_ITS_RESTORE_TABLES, 0));
	ASSERT_EQ(0, set(its, GRP_CTRL, KVM_DEV_ARM_ITS_CTRL_RESET, 0));
	ASSERT_EQ(0, set(its, REGS, GITS_BASER, GITS_BASER_VALID | GUEST_NOWHERE));
	EXPECT_EQ(EFAULT, set(its, GRP_CTRL, KVM_DEV_ARM_ITS_RESTORE_TABLES, 0));
	close(its);
}

TEST_HARNESS_MAIN
