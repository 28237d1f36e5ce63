// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the ITS as a guest sees it: messages become LPIs, as each command says,
 * also those of eventfds by the route of their GSI;
 * LPIs follow their tables of properties and pending bits; a guest that moves
 * into another VM by saved tables goes on with them; and nothing that a guest
 * writes into tables or queue does more than harm itself.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "its.h"
#include "state.h"

#define DEVICE	5
#define LPI(n)	(ITS_FIRST_LPI + (n))
#define NR_LPIS	8

static u32 taken[2][NR_LPIS], ready, stop;

static void lpi_irq(struct guest_regs *regs)
{
	u32 intid = gic_ack();

	if (intid >= GIC_SPURIOUS - 3 && intid < ITS_FIRST_LPI)
		return;
	if (intid >= ITS_FIRST_LPI && intid < ITS_FIRST_LPI + NR_LPIS)
		counter_inc(taken[guest_self()->id][intid - ITS_FIRST_LPI]);
	gic_eoi(intid);
}

static u32 count(u32 cpu, u32 n)
{
	return counter_read(taken[cpu][n]);
}

/* Everything up, and events 0 to 3 of a device are LPIs 0 to 3 of CPU 0. */
static void begin(struct its_memory *m)
{
	u32 i;

	guest_hooks.irq = lpi_irq;
	gic_init();
	its_start_cpu(m, 0);
	its_start(m);
	its_mapd(m, DEVICE, true);
	its_mapc(m, 0, 0, true);
	for (i = 0; i < 4; i++)
		its_mapti(m, DEVICE, i, LPI(i), 0);
}

static void guest_commands(u64 arg)
{
	struct its_memory *m = (void *)arg;

	begin(m);
	GUEST_ASSERT(mmio_read32(GUEST_GICD_BASE + GICD_TYPER) & GICD_TYPER_LPIS);
	GUEST_ASSERT(mmio_read64(GUEST_GICR_BASE + GICR_TYPER) & GICR_TYPER_PLPIS);
	its_cmd(m, GITS_CMD_INT, DEVICE, 1);
	GUEST_WAIT(count(0, 1) == 1);
	/* Pending and withdrawn. */
	irq_disable();
	its_cmd(m, GITS_CMD_INT, DEVICE, 2);
	its_cmd(m, GITS_CMD_CLEAR, DEVICE, 2);
	irq_enable();
	isb();
	GUEST_ASSERT_EQ(count(0, 2), 0);
	/* Disabled by its property: it waits until it is enabled again. */
	m->prop[3] &= ~1;
	its_cmd(m, GITS_CMD_INV, DEVICE, 3);
	its_cmd(m, GITS_CMD_INT, DEVICE, 3);
	GUEST_ASSERT_EQ(count(0, 3), 0);
	m->prop[3] |= 1;
	its_queue(m, GITS_CMD_INVALL, 0, 0, 0);
	its_run(m);
	GUEST_WAIT(count(0, 3) == 1);
	/* What is unmapped is nothing. */
	its_cmd(m, GITS_CMD_DISCARD, DEVICE, 1);
	its_cmd(m, GITS_CMD_INT, DEVICE, 1);
	its_mapti(m, DEVICE, 1, LPI(4), 0);
	its_cmd(m, GITS_CMD_INT, DEVICE, 1);
	GUEST_WAIT(count(0, 4) == 1);
	GUEST_ASSERT_EQ(count(0, 1), 1);
	its_mapd(m, DEVICE, false);
	its_cmd(m, GITS_CMD_INT, DEVICE, 0);
	GUEST_ASSERT_EQ(count(0, 0), 0);
	guest_sync(1);
}

TEST(commands)
{
	struct vm vm;
	int its;

	vm_init_its(&vm, 1, guest_commands, &its);
	vcpu_expect_sync(&vm.vcpu[0], 1);
	EXPECT_EQ(0, its_signal(&vm, GUEST_ITS_BASE, DEVICE, 0)) TH_LOG("not mapped any more");
	vcpu_finish(&vm.vcpu[0]);
	vm_destroy(&vm);
	close(its);
}

static void guest_messages(u64 arg)
{
	struct its_memory *m = (void *)arg;
	u32 i;

	guest_sync(1);
	begin(m);
	for (i = 0; i < 50; i++) {
		guest_sync(2);
		GUEST_WAIT(count(0, 0) == i + 1);
	}
	guest_sync(3);
}

TEST(messages)
{
	struct vm vm;
	int its, i;

	vm_init_its(&vm, 1, guest_messages, &its);
	vcpu_expect_sync(&vm.vcpu[0], 1);
	EXPECT_EQ(-EBUSY, its_signal(&vm, GUEST_ITS_BASE, DEVICE, 0)) TH_LOG("not enabled");
	EXPECT_EQ(-EINVAL, its_signal(&vm, GUEST_GICD_BASE, DEVICE, 0)) TH_LOG("no ITS");
	for (i = 0; i < 50; i++) {
		vcpu_expect_sync(&vm.vcpu[0], 2);
		EXPECT_EQ(1, its_signal(&vm, GUEST_ITS_BASE, DEVICE, 0));
	}
	vcpu_expect_sync(&vm.vcpu[0], 3);
	EXPECT_EQ(0, its_signal(&vm, GUEST_ITS_BASE, DEVICE, 4));
	EXPECT_EQ(0, its_signal(&vm, GUEST_ITS_BASE, DEVICE + 1, 0));
	EXPECT_EQ(0, its_signal(&vm, GUEST_ITS_BASE, DEVICE, 0x10000));
	vcpu_finish(&vm.vcpu[0]);
	vm_destroy(&vm);
	close(its);
}

static void guest_routed(u64 arg)
{
	struct its_memory *m = (void *)arg;
	u32 i;

	begin(m);
	for (i = 0; i < 20; i++) {
		guest_sync(1);
		GUEST_WAIT(count(0, 2) == i + 1);
	}
	guest_sync(2);
	GUEST_ASSERT_EQ(count(0, 2), 20);
	GUEST_WAIT(count(0, 3) == 1);
}

static void route_msi(struct vm *vm, u32 gsi, u32 event)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry;
	} arg = {
		.head.nr = 1,
		.entry = {
			.gsi = gsi, .type = KVM_IRQ_ROUTING_MSI, .flags = KVM_MSI_VALID_DEVID,
			.u.msi = { .address_lo = GUEST_ITS_BASE + GITS_TRANSLATER,
				   .data = event, .devid = DEVICE },
		},
	};

	CHECK_FD(ioctl(vm->fd, KVM_SET_GSI_ROUTING, &arg));
}

/* An eventfd sends the message of its GSI, which may change under it. */
TEST(irqfd)
{
	struct kvm_irqfd irqfd = { .gsi = 3000 };
	struct vm vm;
	u64 one = 1;
	int its, i;

	vm_init_its(&vm, 1, guest_routed, &its);
	route_msi(&vm, irqfd.gsi, 2);
	irqfd.fd = CHECK_FD(eventfd(0, EFD_CLOEXEC));
	ASSERT_EQ(0, ioctl(vm.fd, KVM_IRQFD, &irqfd));
	for (i = 0; i < 20; i++) {
		vcpu_expect_sync(&vm.vcpu[0], 1);
		ASSERT_EQ(sizeof(one), write(irqfd.fd, &one, sizeof(one)));
	}
	vcpu_expect_sync(&vm.vcpu[0], 2);
	route_msi(&vm, irqfd.gsi, 3);
	ASSERT_EQ(sizeof(one), write(irqfd.fd, &one, sizeof(one)));
	vcpu_finish(&vm.vcpu[0]);
	close(irqfd.fd);
	vm_destroy(&vm);
	close(its);
}

static struct its_memory *shared;

static void guest_moves(u64 arg)
{
	struct its_memory *m = shared;
	u32 cpu = guest_self()->id;

	if (cpu) {
		gic_init_cpu(cpu);
		GUEST_WAIT(counter_read(ready) == 1);
		its_start_cpu(m, cpu);
		irq_enable();
		counter_set(ready, 2);
		GUEST_WAIT(counter_read(stop));
		return;
	}
	begin(m);
	counter_set(ready, 1);
	GUEST_WAIT(counter_read(ready) == 2);
	its_mapc(m, 1, 1, true);
	its_queue(m, GITS_CMD_MOVI | (u64)DEVICE << 32, 0, 1, 0);
	its_run(m);
	its_cmd(m, GITS_CMD_INT, DEVICE, 0);
	GUEST_WAIT(count(1, 0) == 1);
	its_cmd(m, GITS_CMD_INT, DEVICE, 1);
	GUEST_WAIT(count(0, 1) == 1);
	/* Pending here, then everything goes there. */
	irq_disable();
	its_cmd(m, GITS_CMD_INT, DEVICE, 2);
	its_queue(m, GITS_CMD_MOVALL, 0, 0, 1ULL << 16);
	its_run(m);
	GUEST_WAIT(count(1, 2) == 1);
	irq_enable();
	isb();
	GUEST_ASSERT_EQ(count(0, 2), 0);
	/* A collection that moves takes along what is in it. */
	its_mapc(m, 1, 0, true);
	its_cmd(m, GITS_CMD_INT, DEVICE, 0);
	GUEST_WAIT(count(0, 0) == 1);
	counter_set(stop, 1);
}

TEST(between_cpus)
{
	struct vm vm;
	int its;

	shared = vm_init_its(&vm, 2, guest_moves, &its);
	vm_finish(&vm);
	vm_destroy(&vm);
	close(its);
}

static void guest_saved(u64 arg)
{
	struct its_memory *m = (void *)arg;

	begin(m);
	irq_disable();
	guest_sync(0);
	/* In the tables once, and no more: it must not come back with them. */
	its_cmd(m, GITS_CMD_DISCARD, DEVICE, 0);
	its_cmd(m, GITS_CMD_INT, DEVICE, 1);
	guest_sync(1);
	/* In the other VM. */
	irq_enable();
	GUEST_WAIT(count(0, 1) == 1);
	guest_sync(2);
	GUEST_WAIT(count(0, 3) == 1);
	its_mapti(m, DEVICE, 9, LPI(5), 0);
	its_cmd(m, GITS_CMD_INT, DEVICE, 9);
	GUEST_WAIT(count(0, 5) == 1);
	GUEST_ASSERT_EQ(count(0, 1), 1);
}

static int its_attr(int its, unsigned int cmd, u32 group, u64 attr, u64 *val)
{
	return ERRNO(dev_attr(its, cmd, group, attr, val));
}

static void copy_its(int to, int from)
{
	static const u64 regs[] = {
		GITS_CBASER, GITS_CREADR, GITS_CWRITER, GITS_BASER, GITS_BASER + 8, GITS_IIDR,
	};
	u64 val[7];
	int i;

	CHECK(!its_attr(from, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL,
			KVM_DEV_ARM_ITS_SAVE_TABLES, NULL), "%m");
	for (i = 0; i < 6; i++) {
		CHECK(!its_attr(from, KVM_GET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ITS_REGS,
				regs[i], &val[i]), "%m");
		CHECK(!its_attr(to, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ITS_REGS,
				regs[i], &val[i]), "register %d: %m", i);
	}
	CHECK(!its_attr(to, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL,
			KVM_DEV_ARM_ITS_RESTORE_TABLES, NULL), "%m");
	CHECK(!its_attr(from, KVM_GET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ITS_REGS, GITS_CTLR,
			&val[6]), "%m");
	CHECK(!its_attr(to, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ITS_REGS, GITS_CTLR,
			&val[6]), "%m");
}

/* @levels: of the device table */
static void save_and_restore(int levels)
{
	struct its_memory *m;
	struct vm from, to;
	int its[2];

	m = vm_init_its(&from, 1, guest_saved, &its[0]);
	if (levels == 2) {
		m->level1 = vm_alloc(&from, 0x10000, 0x10000);
		m->level1[0] = GITS_BASER_VALID | (u64)m->device;
	}
	vcpu_expect_sync(&from.vcpu[0], 0);
	CHECK(!its_attr(its[0], KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL,
			KVM_DEV_ARM_ITS_SAVE_TABLES, NULL), "%m");
	vcpu_expect_sync(&from.vcpu[0], 1);
	CHECK_FD(dev_attr(from.gic, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL,
			  KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES, NULL));
	vm_init_like(&to, &from);
	its[1] = its_create(&to, GUEST_ITS_BASE);
	vm_copy_state(&to, &from);
	copy_its(its[1], its[0]);
	vcpu_expect_sync(&to.vcpu[0], 2);
	CHECK(its_signal(&to, GUEST_ITS_BASE, DEVICE, 3) == 1, "mapped");
	CHECK(its_signal(&to, GUEST_ITS_BASE, DEVICE, 7) == 0, "never mapped");
	CHECK(its_signal(&to, GUEST_ITS_BASE, DEVICE, 0) == 0, "discarded");
	vcpu_finish(&to.vcpu[0]);
	vm_destroy(&to);
	vm_destroy(&from);
	close(its[0]);
	close(its[1]);
}

TEST(saved_and_restored)
{
	save_and_restore(1);
}

TEST(saved_in_two_levels)
{
	save_and_restore(2);
}

static struct its_memory *second;

/* The same device and event numbers in two ITSes, and different LPIs. */
static void guest_two(u64 arg)
{
	begin((void *)arg);
	its_start(second);
	its_mapd(second, DEVICE, true);
	its_mapc(second, 0, 0, true);
	its_mapti(second, DEVICE, 0, LPI(7), 0);
	guest_sync(1);
	GUEST_WAIT(count(0, 7) == 1 && count(0, 0) == 0);
	guest_sync(2);
	GUEST_WAIT(count(0, 0) == 1);
	GUEST_ASSERT_EQ(count(0, 7), 1);
	/* One goes, the other stays. */
	its_mapd(second, DEVICE, false);
	its_cmd((void *)arg, GITS_CMD_INT, DEVICE, 0);
	GUEST_WAIT(count(0, 0) == 2);
}

TEST(two_of_them)
{
	struct vm vm;
	int its[2];

	vm_init_its(&vm, 1, guest_two, &its[0]);
	its[1] = its_create(&vm, GUEST_ITS_BASE + GUEST_ITS_STRIDE);
	second = its_alloc(&vm);
	second->base = GUEST_ITS_BASE + GUEST_ITS_STRIDE;
	vcpu_expect_sync(&vm.vcpu[0], 1);
	EXPECT_EQ(1, its_signal(&vm, second->base, DEVICE, 0));
	vcpu_expect_sync(&vm.vcpu[0], 2);
	EXPECT_EQ(1, its_signal(&vm, GUEST_ITS_BASE, DEVICE, 0));
	vcpu_finish(&vm.vcpu[0]);
	vm_destroy(&vm);
	close(its[0]);
	close(its[1]);
}

static void guest_active(u64 arg)
{
	struct its_memory *m = (void *)arg;

	begin(m);
	irq_disable();
	its_cmd(m, GITS_CMD_INT, DEVICE, 0);
	its_cmd(m, GITS_CMD_INT, DEVICE, 1);
	GUEST_WAIT(gic_ack() >= ITS_FIRST_LPI);
}

/* The VM ends with an LPI active and one pending, whichever descriptor is last. */
TEST(ends_in_any_order)
{
	struct vm vm;
	int its, i;

	for (i = 0; i < 2; i++) {
		vm_init_its(&vm, 1, guest_active, &its);
		vcpu_finish(&vm.vcpu[0]);
		if (i)
			close(its);
		vm_destroy(&vm);
		if (!i)
			close(its);
	}
}

/* All opcodes with arbitrary operands, and a queue and tables that are nowhere. */
static void guest_hostile(u64 arg)
{
	struct its_memory *m = (void *)arg;
	u64 x = 88172645463325252ULL;
	u32 i, j;

	begin(m);
	for (i = 0; i < 2000; i++) {
		u64 w[4];

		for (j = 0; j < 4; j++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			w[j] = x;
		}
		w[0] = (w[0] & ~0xf0ULL) & (i & 1 ? ~0ULL : 0x7000000ffULL);
		its_queue(m, w[0], i & 2 ? w[1] : w[1] & 0x1f0000001fULL,
			  i & 4 ? w[2] : w[2] & (1ULL << 63 | 0x1000f), w[3]);
		if (i % 64 == 63)
			its_run(m);
	}
	its_run(m);
	mmio_write32(m->base + GITS_CTLR, 0);
	mmio_write64(m->base + GITS_BASER, GITS_BASER_VALID | GITS_BASER_INDIRECT |
		     GUEST_NOWHERE | 0xff);
	mmio_write64(m->base + GITS_CBASER, GITS_CBASER_VALID | GUEST_NOWHERE | 0xff);
	mmio_write32(m->base + GITS_CTLR, GITS_CTLR_ENABLE);
	mmio_write64(m->base + GITS_CWRITER, 0xfffe0);
	GUEST_WAIT(mmio_read64(m->base + GITS_CREADR) == 0xfffe0);
	/* It still works. */
	mmio_write32(m->base + GITS_CTLR, 0);
	mmio_write64(m->base + GITS_BASER, 0);
	its_start(m);
	its_mapd(m, DEVICE, true);
	its_mapc(m, 0, 0, true);
	its_mapti(m, DEVICE, 6, LPI(6), 0);
	i = count(0, 6);
	its_cmd(m, GITS_CMD_INT, DEVICE, 6);
	GUEST_WAIT(count(0, 6) == i + 1);
}

TEST(hostile)
{
	struct vm vm;
	int its;

	vm_init_its(&vm, 1, guest_hostile, &its);
	vcpu_finish(&vm.vcpu[0]);
	vm_destroy(&vm);
	close(its);
}

TEST_HARNESS_MAIN
