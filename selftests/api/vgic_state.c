// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the attributes by which user space saves and restores a vGIC: which
 * registers exist, the errors for those that do not, for a wrong MPIDR, before
 * INIT and while a vCPU runs; what each kind of register does with a write; and
 * KVM_ARM_SET_DEVICE_ADDR, which is for another interrupt controller.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"

#define DIST	KVM_DEV_ARM_VGIC_GRP_DIST_REGS
#define REDIST	KVM_DEV_ARM_VGIC_GRP_REDIST_REGS
#define CPU	KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS
#define LEVEL	KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO
#define GRP_CTRL	KVM_DEV_ARM_VGIC_GRP_CTRL
#define SGI(r)	(GICR_SGI_FRAME + (r))

#define ICC(crn, crm, op2)	(3ULL << 14 | (crn) << 7 | (crm) << 3 | (op2))
#define ICC_PMR		ICC(4, 6, 0)
#define ICC_BPR0	ICC(12, 8, 3)
#define ICC_AP0R(n)	ICC(12, 8, 4 + (n))
#define ICC_AP1R(n)	ICC(12, 9, (n))
#define ICC_BPR1	ICC(12, 12, 3)
#define ICC_CTLR	ICC(12, 12, 4)
#define ICC_SRE		ICC(12, 12, 5)
#define ICC_IGRPEN0	ICC(12, 12, 6)
#define ICC_IGRPEN1	ICC(12, 12, 7)
#define ICC_IAR1	ICC(12, 12, 0)

static void guest_nothing(u64 arg)
{
}

FIXTURE(state) {
	struct vm vm;
};

FIXTURE_SETUP(state)
{
	vm_init(&self->vm, 2, guest_nothing);
}

FIXTURE_TEARDOWN(state)
{
	vm_destroy(&self->vm);
}

static int set(struct vm *vm, u32 group, u64 attr, u64 val)
{
	return ERRNO(dev_attr(vm->gic, KVM_SET_DEVICE_ATTR, group, attr, &val));
}

static int get(struct vm *vm, u32 group, u64 attr, u64 *val)
{
	*val = 0;
	return ERRNO(dev_attr(vm->gic, KVM_GET_DEVICE_ATTR, group, attr, val));
}

static int has(struct vm *vm, u32 group, u64 attr)
{
	return ERRNO(dev_attr(vm->gic, KVM_HAS_DEVICE_ATTR, group, attr, NULL));
}

static u64 value(struct vm *vm, u32 group, u64 attr)
{
	u64 val;

	CHECK(!get(vm, group, attr, &val), "group %u attribute %#llx: %m", group,
	      (unsigned long long)attr);
	return val;
}

TEST_F(state, registers_that_exist)
{
	static const u32 dist[] = {
		GICD_CTLR, GICD_TYPER, GICD_IIDR, GICD_TYPER2, GICD_STATUSR, GICD_IGROUPR,
		GICD_ISENABLER + 4, GICD_ICENABLER + 28, GICD_ISPENDR, GICD_ICPENDR,
		GICD_ISACTIVER, GICD_ICACTIVER, GICD_IPRIORITYR + 252, GICD_ICFGR,
		GICD_IROUTER + 256, GICD_IROUTER + 260, GICD_PIDR2,
	};
	static const u32 redist[] = {
		GICR_IIDR, GICR_TYPER, GICR_TYPER + 4, GICR_STATUSR, GICR_WAKER,
		GICR_PROPBASER, GICR_PROPBASER + 4, GICR_PENDBASER, GICR_PENDBASER + 4,
		GICR_SYNCR, GICR_PIDR2, SGI(GICR_IGROUPR0), SGI(GICR_ISENABLER0),
		SGI(GICR_ICENABLER0), SGI(GICR_ISPENDR0), SGI(GICR_ICPENDR0),
		SGI(GICR_ISACTIVER0), SGI(GICR_ICACTIVER0), SGI(GICR_IPRIORITYR0 + 28),
		SGI(GICR_ICFGR0 + 4),
	};
	unsigned int i;

	for (i = 0; i < sizeof(dist) / sizeof(dist[0]); i++)
		EXPECT_EQ(0, has(&self->vm, DIST, dist[i])) TH_LOG("GICD %#x", dist[i]);
	for (i = 0; i < sizeof(redist) / sizeof(redist[0]); i++)
		EXPECT_EQ(0, has(&self->vm, REDIST, 1ULL << 32 | redist[i]))
			TH_LOG("GICR %#x", redist[i]);
	/* KVM 6.1 reads and writes it, but denies that it is there. */
	if (!dev_is_kvm())
		EXPECT_EQ(0, has(&self->vm, REDIST, GICR_CTLR));
	EXPECT_EQ(0, has(&self->vm, CPU, ICC_PMR));
	EXPECT_EQ(0, has(&self->vm, CPU, 1ULL << 32 | ICC_AP1R(3)));
	EXPECT_EQ(0, has(&self->vm, LEVEL, 32));
	EXPECT_EQ(0, has(&self->vm, GRP_CTRL, KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES));
}

TEST_F(state, registers_that_do_not)
{
	u64 val;

	EXPECT_EQ(ENXIO, has(&self->vm, DIST, GICD_CTLR + 2)) TH_LOG("not aligned");
	EXPECT_EQ(ENXIO, has(&self->vm, DIST, 0x7f0000));
	EXPECT_EQ(ENXIO, has(&self->vm, DIST, GICD_ISENABLER + VM_NR_IRQS / 8))
		TH_LOG("behind the last interrupt");
	EXPECT_EQ(ENXIO, has(&self->vm, REDIST, 0x20));
	EXPECT_EQ(ENXIO, has(&self->vm, CPU, ICC_IAR1));
	EXPECT_EQ(ENXIO, has(&self->vm, LEVEL, 1 << 10)) TH_LOG("unknown information");
	EXPECT_EQ(0, get(&self->vm, DIST, 0x7f0000, &val)) TH_LOG("reads as zero all the same");
	EXPECT_EQ(0, val);
	EXPECT_EQ(0, set(&self->vm, DIST, 0x7f0000, ~0));
	EXPECT_EQ(ENOENT, get(&self->vm, CPU, ICC_IAR1, &val));
	EXPECT_EQ(ENOENT, set(&self->vm, CPU, ICC_IAR1, 0));
	EXPECT_EQ(EINVAL, get(&self->vm, LEVEL, 1 << 10, &val));
	EXPECT_EQ(EINVAL, get(&self->vm, LEVEL, 33, &val)) TH_LOG("no multiple of 32");
	EXPECT_EQ(EINVAL, set(&self->vm, LEVEL, 33, 0));
}

TEST_F(state, no_such_vcpu)
{
	u64 val;

	EXPECT_EQ(EINVAL, has(&self->vm, REDIST, 2ULL << 32));
	EXPECT_EQ(EINVAL, get(&self->vm, REDIST, 2ULL << 32, &val));
	EXPECT_EQ(EINVAL, set(&self->vm, REDIST, 1ULL << 40, 0));
	EXPECT_EQ(EINVAL, get(&self->vm, CPU, 2ULL << 32 | ICC_PMR, &val));
	EXPECT_EQ(EINVAL, set(&self->vm, LEVEL, 2ULL << 32, 0));
	EXPECT_EQ(0, get(&self->vm, DIST, 2ULL << 32, &val)) TH_LOG("belongs to no vCPU");
}

TEST_F(state, bad_pointers)
{
	EXPECT_EQ(EFAULT, ERRNO(dev_attr(self->vm.gic, KVM_GET_DEVICE_ATTR, DIST, 0, NULL)));
	EXPECT_EQ(EFAULT, ERRNO(dev_attr(self->vm.gic, KVM_SET_DEVICE_ATTR, DIST, 0, NULL)));
	EXPECT_EQ(EFAULT, ERRNO(dev_attr(self->vm.gic, KVM_GET_DEVICE_ATTR, CPU, ICC_PMR, NULL)));
	EXPECT_EQ(EFAULT, ERRNO(dev_attr(self->vm.gic, KVM_SET_DEVICE_ATTR, LEVEL, 32, NULL)));
}

TEST_F(state, not_before_init)
{
	struct vm vm;
	u64 val;

	vm_open(&vm, 0);
	vm_add_memory(&vm);
	ASSERT_EQ(0, vm_create_gic(&vm));
	EXPECT_EQ(EINVAL, get(&vm, DIST, GICD_TYPER, &val)) TH_LOG("there is no vCPU");
	vm_add_vcpu(&vm);
	ASSERT_EQ(0, vcpu_init_features(&vm.vcpu[0], 0));
	EXPECT_EQ(EBUSY, get(&vm, DIST, GICD_TYPER, &val));
	EXPECT_EQ(EBUSY, set(&vm, REDIST, GICR_CTLR, 0));
	EXPECT_EQ(EBUSY, get(&vm, CPU, ICC_PMR, &val));
	EXPECT_EQ(EBUSY, set(&vm, LEVEL, 32, 0));
	EXPECT_EQ(0, has(&vm, DIST, GICD_TYPER));
	vm_destroy(&vm);
}

static u32 running, stop;

static void guest_runs(u64 arg)
{
	counter_set(running, 1);
	GUEST_WAIT(counter_read(stop));
}

TEST_F(state, not_while_a_vcpu_runs)
{
	u64 val;

	vcpu_start(&self->vm.vcpu[0], guest_runs, 0);
	vcpu_spawn(&self->vm.vcpu[0]);
	while (!counter_read(running))
		usleep(100);
	EXPECT_EQ(EBUSY, get(&self->vm, DIST, GICD_TYPER, &val));
	EXPECT_EQ(EBUSY, set(&self->vm, REDIST, 1ULL << 32 | SGI(GICR_ISENABLER0), 1));
	EXPECT_EQ(EBUSY, get(&self->vm, CPU, 1ULL << 32 | ICC_PMR, &val));
	EXPECT_EQ(EBUSY, get(&self->vm, LEVEL, 32, &val));
	EXPECT_EQ(EBUSY, set(&self->vm, GRP_CTRL, KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES, 0));
	counter_set(stop, 1);
	vcpu_join(&self->vm.vcpu[0]);
	EXPECT_EQ(0, get(&self->vm, DIST, GICD_TYPER, &val));
}

TEST_F(state, iidr)
{
	u64 iidr = value(&self->vm, DIST, GICD_IIDR);
	u64 other = iidr & ~0xf000ULL;

	EXPECT_EQ(0x43b, iidr & 0xfff);
	EXPECT_EQ(0, set(&self->vm, DIST, GICD_IIDR, iidr));
	EXPECT_EQ(EINVAL, set(&self->vm, DIST, GICD_IIDR, iidr ^ 1));
	EXPECT_EQ(EINVAL, set(&self->vm, DIST, GICD_IIDR, iidr ^ 1 << 24));
	EXPECT_EQ(EINVAL, set(&self->vm, DIST, GICD_IIDR, other | 0x1000));
	EXPECT_EQ(EINVAL, set(&self->vm, DIST, GICD_IIDR, other | 0xf000));
	EXPECT_EQ(iidr, value(&self->vm, DIST, GICD_IIDR));
	EXPECT_EQ(0, set(&self->vm, DIST, GICD_IIDR, other | 0x2000));
	EXPECT_EQ(other | 0x2000, value(&self->vm, DIST, GICD_IIDR));
	EXPECT_EQ(EINVAL, set(&self->vm, DIST, GICD_TYPER2, 1));
	EXPECT_EQ(0, set(&self->vm, DIST, GICD_TYPER, ~0)) TH_LOG("read-only");
}

TEST_F(state, enable_and_group)
{
	struct vm *vm = &self->vm;

	EXPECT_EQ(0, set(vm, DIST, GICD_ISENABLER + 4, 0x0f));
	EXPECT_EQ(0, set(vm, DIST, GICD_ISENABLER + 4, 0xf0));
	EXPECT_EQ(0xff, value(vm, DIST, GICD_ISENABLER + 4));
	EXPECT_EQ(0, set(vm, DIST, GICD_ICENABLER + 4, 0x3c));
	EXPECT_EQ(0xc3, value(vm, DIST, GICD_ICENABLER + 4));
	EXPECT_EQ(0, set(vm, DIST, GICD_ISENABLER, ~0)) TH_LOG("SGIs and PPIs are not here");
	EXPECT_EQ(0, value(vm, DIST, GICD_ISENABLER));
	EXPECT_EQ(0, set(vm, REDIST, 1ULL << 32 | SGI(GICR_IGROUPR0), 0x5a5a5a5a));
	EXPECT_EQ(0x5a5a5a5a, value(vm, REDIST, 1ULL << 32 | SGI(GICR_IGROUPR0)));
	EXPECT_EQ(0xffffffff, value(vm, REDIST, SGI(GICR_IGROUPR0)));
	EXPECT_EQ(0, set(vm, DIST, GICD_IROUTER + 40 * 8, 1));
	EXPECT_EQ(1, value(vm, DIST, GICD_IROUTER + 40 * 8));
	EXPECT_EQ(0, set(vm, DIST, GICD_IROUTER + 40 * 8 + 4, ~0)) TH_LOG("there is no Aff3");
	EXPECT_EQ(0, value(vm, DIST, GICD_IROUTER + 40 * 8 + 4));
}

/* The latch, not what is pending; all bits count; ICPENDR is nothing. */
TEST_F(state, pending)
{
	struct vm *vm = &self->vm;

	EXPECT_EQ(0, set(vm, DIST, GICD_ICFGR + 8, 0)) TH_LOG("level");
	ASSERT_EQ(0, vm_irq_line(vm, 33, true));
	EXPECT_EQ(0, value(vm, DIST, GICD_ISPENDR + 4));
	EXPECT_EQ(2, value(vm, LEVEL, 32));
	EXPECT_EQ(0, set(vm, DIST, GICD_ISPENDR + 4, 0x11));
	EXPECT_EQ(0x11, value(vm, DIST, GICD_ISPENDR + 4));
	EXPECT_EQ(0, value(vm, DIST, GICD_ICPENDR + 4));
	EXPECT_EQ(0, set(vm, DIST, GICD_ICPENDR + 4, ~0));
	EXPECT_EQ(0x11, value(vm, DIST, GICD_ISPENDR + 4));
	EXPECT_EQ(0, set(vm, DIST, GICD_ISPENDR + 4, 0x10));
	EXPECT_EQ(0x10, value(vm, DIST, GICD_ISPENDR + 4));
	EXPECT_EQ(0, set(vm, REDIST, SGI(GICR_ISPENDR0), 0x8001));
	EXPECT_EQ(0x8001, value(vm, REDIST, SGI(GICR_ISPENDR0)));
	EXPECT_EQ(0, value(vm, REDIST, 1ULL << 32 | SGI(GICR_ISPENDR0)));
	EXPECT_EQ(0, value(vm, REDIST, SGI(GICR_ICPENDR0)));
	EXPECT_EQ(0, set(vm, DIST, GICD_ISACTIVER + 4, 6));
	EXPECT_EQ(0, set(vm, DIST, GICD_ICACTIVER + 4, 2));
	EXPECT_EQ(4, value(vm, DIST, GICD_ISACTIVER + 4));
}

TEST_F(state, level_info)
{
	struct vm *vm = &self->vm;

	EXPECT_EQ(0, set(vm, LEVEL, 64, 0x80000001));
	EXPECT_EQ(0, value(vm, LEVEL, 64)) TH_LOG("of edge-triggered interrupts");
	EXPECT_EQ(0, set(vm, DIST, GICD_ICFGR + 16, 0));
	EXPECT_EQ(0, set(vm, DIST, GICD_ICFGR + 20, 0));
	EXPECT_EQ(0x80000001, value(vm, LEVEL, 64));
	EXPECT_EQ(0, vm_irq_line(vm, 64, false));
	EXPECT_EQ(0x80000000, value(vm, LEVEL, 64));
	EXPECT_EQ(0, set(vm, LEVEL, 1ULL << 32, ~0)) TH_LOG("SGIs have no line");
	EXPECT_EQ(0xffff0000, value(vm, LEVEL, 1ULL << 32));
	EXPECT_EQ(0, value(vm, LEVEL, 0));
	EXPECT_EQ(0, set(vm, LEVEL, 992, ~0)) TH_LOG("behind the last");
	EXPECT_EQ(0, value(vm, LEVEL, 992));
}

TEST_F(state, cpu_interface)
{
	u64 second = 1ULL << 32;
	struct vm *vm = &self->vm;

	EXPECT_EQ(0, set(vm, CPU, second | ICC_PMR, 0xf8));
	EXPECT_EQ(0xf8, value(vm, CPU, second | ICC_PMR));
	EXPECT_EQ(0, value(vm, CPU, ICC_PMR));
	EXPECT_EQ(0, set(vm, CPU, ICC_IGRPEN0, 1));
	EXPECT_EQ(0, set(vm, CPU, ICC_IGRPEN1, 1));
	EXPECT_EQ(1, value(vm, CPU, ICC_IGRPEN0));
	EXPECT_EQ(1, value(vm, CPU, ICC_IGRPEN1));
	EXPECT_EQ(0, set(vm, CPU, ICC_BPR0, 3));
	EXPECT_EQ(0, set(vm, CPU, ICC_BPR1, 4));
	EXPECT_EQ(3, value(vm, CPU, ICC_BPR0));
	EXPECT_EQ(4, value(vm, CPU, ICC_BPR1));
	EXPECT_EQ(0, set(vm, CPU, ICC_AP1R(0), 0x10));
	EXPECT_EQ(0x10, value(vm, CPU, ICC_AP1R(0)));
	EXPECT_EQ(0, set(vm, CPU, ICC_AP0R(0), 0x20));
	EXPECT_EQ(0x20, value(vm, CPU, ICC_AP0R(0)));
	EXPECT_EQ(7, value(vm, CPU, ICC_SRE));
	EXPECT_EQ(0, set(vm, CPU, ICC_SRE, 7));
	EXPECT_EQ(EINVAL, set(vm, CPU, ICC_SRE, 6)) TH_LOG("there is nothing but system registers");
}

TEST_F(state, cpu_interface_control)
{
	struct vm *vm = &self->vm;
	u64 ctlr = value(vm, CPU, ICC_CTLR);

	EXPECT_EQ(0, ctlr & 3);
	EXPECT_EQ(EINVAL, set(vm, CPU, ICC_CTLR, ctlr | 7 << 8)) TH_LOG("priority bits");
	EXPECT_EQ(EINVAL, set(vm, CPU, ICC_CTLR, ctlr | 7 << 11)) TH_LOG("number bits");
	EXPECT_EQ(EINVAL, set(vm, CPU, ICC_CTLR, ctlr ^ 1 << 14)) TH_LOG("SEIS");
	EXPECT_EQ(EINVAL, set(vm, CPU, ICC_CTLR, ctlr ^ 1 << 15)) TH_LOG("A3V");
	EXPECT_EQ(ctlr, value(vm, CPU, ICC_CTLR));
	EXPECT_EQ(0, set(vm, CPU, ICC_BPR0, 2));
	EXPECT_EQ(0, set(vm, CPU, ICC_CTLR, ctlr | 3));
	EXPECT_EQ(ctlr | 3, value(vm, CPU, ICC_CTLR));
	/* CBPR: group 1 has group 0's binary point, plus one. */
	EXPECT_EQ(3, value(vm, CPU, ICC_BPR1));
	EXPECT_EQ(0, set(vm, CPU, ICC_BPR1, 6)) TH_LOG("ignored");
	EXPECT_EQ(3, value(vm, CPU, ICC_BPR1));
}

TEST_F(state, device_addr)
{
	struct kvm_arm_device_addr addr = {
		.id = (u64)KVM_ARM_DEVICE_VGIC_V2 << KVM_ARM_DEVICE_ID_SHIFT |
		      KVM_VGIC_V2_ADDR_TYPE_DIST,
		.addr = 0x8000000,
	};

	EXPECT_EQ(1, ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_ARM_SET_DEVICE_ADDR));
	EXPECT_EQ(ENODEV, ERRNO(ioctl(self->vm.fd, KVM_ARM_SET_DEVICE_ADDR, &addr)));
	addr.id = 5ULL << KVM_ARM_DEVICE_ID_SHIFT;
	EXPECT_EQ(ENODEV, ERRNO(ioctl(self->vm.fd, KVM_ARM_SET_DEVICE_ADDR, &addr)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->vm.fd, KVM_ARM_SET_DEVICE_ADDR, NULL)));
}

TEST_HARNESS_MAIN
