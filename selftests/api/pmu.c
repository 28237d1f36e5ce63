// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the ioctls about a PMU: the capability follows the host; a vCPU without one
 * has no attributes, registers or ID fields of it; each attribute's errors in KVM's
 * order; what a VM needs before it runs; filters; a PMU version and a number of
 * counters that user space lowers.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"

#define PMU		(1U << KVM_ARM_VCPU_PMU_V3)
#define PPI		23
#define DFR0		ARM64_SYS_REG(3, 0, 0, 5, 0)
#define PMUVER(dfr0)	((dfr0) >> 8 & 0xf)
#define PMCR		ARM64_SYS_REG(3, 3, 9, 12, 0)
#define PMSWINC		ARM64_SYS_REG(3, 3, 9, 12, 4)
#define PMCCNTR		ARM64_SYS_REG(3, 3, 9, 13, 0)
#define PMEVTYPER0	ARM64_SYS_REG(3, 3, 14, 12, 0)
#define PMCR_N(pmcr)	((pmcr) >> 11 & 0x1f)

static void guest_nothing(u64 arg)
{
}

static u64 seen_ceid0;

static void guest_ceid(u64 arg)
{
	seen_ceid0 = read_sysreg(pmceid0_el0);
}

FIXTURE(pmu) {
	struct vm vm;
	struct vcpu *v;
	bool has;
};

static void add_vcpu(struct vm *vm, u32 features)
{
	vm_add_vcpu(vm);
	CHECK_FD(vcpu_init_features(&vm->vcpu[vm->nr_vcpus - 1], features));
	vcpu_start(&vm->vcpu[vm->nr_vcpus - 1], guest_nothing, 0);
}

FIXTURE_SETUP(pmu)
{
	vm_open(&self->vm, 0);
	vm_add_memory(&self->vm);
	self->has = ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_ARM_PMU_V3) == 1;
	if (!self->has)
		SKIP_IN_SETUP("the host has no PMU for guests");
	add_vcpu(&self->vm, PMU);
	self->v = &self->vm.vcpu[0];
}

FIXTURE_TEARDOWN(pmu)
{
	vm_destroy(&self->vm);
}

static int set(struct vcpu *v, u64 attr, void *addr)
{
	return ERRNO(dev_attr(v->fd, KVM_SET_DEVICE_ATTR, KVM_ARM_VCPU_PMU_V3_CTRL, attr, addr));
}

static int get(struct vcpu *v, u64 attr, void *addr)
{
	return ERRNO(dev_attr(v->fd, KVM_GET_DEVICE_ATTR, KVM_ARM_VCPU_PMU_V3_CTRL, attr, addr));
}

static int has(struct vcpu *v, u64 attr)
{
	return ERRNO(dev_attr(v->fd, KVM_HAS_DEVICE_ATTR, KVM_ARM_VCPU_PMU_V3_CTRL, attr, NULL));
}

static int set_irq(struct vcpu *v, int irq)
{
	return set(v, KVM_ARM_VCPU_PMU_V3_IRQ, &irq);
}

static int init(struct vcpu *v)
{
	return set(v, KVM_ARM_VCPU_PMU_V3_INIT, NULL);
}

static int filter(struct vcpu *v, u16 base, u16 nr, u8 action)
{
	struct kvm_pmu_event_filter f = { .base_event = base, .nevents = nr, .action = action };

	return set(v, KVM_ARM_VCPU_PMU_V3_FILTER, &f);
}

/* The type of the host's PMU, or -1. */
static int host_pmu(void)
{
	char text[16] = "";
	int type = -1;
	glob_t found;
	FILE *f;

	if (glob("/sys/bus/event_source/devices/armv8*/type", 0, NULL, &found))
		return -1;
	f = fopen(found.gl_pathv[0], "r");
	if (f && fgets(text, sizeof(text), f))
		type = atoi(text);
	if (f)
		fclose(f);
	globfree(&found);
	return type;
}

TEST(capability_follows_the_host)
{
	int dev = dev_open();

	EXPECT_EQ(host_pmu() >= 0, ioctl(dev, KVM_CHECK_EXTENSION, KVM_CAP_ARM_PMU_V3));
	close(dev);
}

TEST(nothing_without_the_feature)
{
	struct vcpu *v;
	struct vm vm;
	int irq;
	u64 val;

	vm_init(&vm, 1, guest_nothing);
	v = &vm.vcpu[0];
	EXPECT_EQ(ENXIO, has(v, KVM_ARM_VCPU_PMU_V3_IRQ));
	EXPECT_EQ(ENXIO, has(v, KVM_ARM_VCPU_PMU_V3_INIT));
	EXPECT_EQ(ENODEV, set_irq(v, PPI));
	EXPECT_EQ(ENODEV, init(v));
	EXPECT_EQ(ENODEV, get(v, KVM_ARM_VCPU_PMU_V3_IRQ, &irq));
	EXPECT_EQ(ENXIO, get(v, KVM_ARM_VCPU_PMU_V3_INIT, &irq));
	EXPECT_EQ(ENOENT, ERRNO(vcpu_get(v, PMCR, &val)));
	EXPECT_EQ(ENOENT, ERRNO(vcpu_get(v, PMCCNTR, &val)));
	EXPECT_EQ(0, PMUVER(vcpu_get64(v, DFR0)));
	vcpu_finish(v);
	vm_destroy(&vm);
}

TEST_F(pmu, interrupt)
{
	struct vcpu *v = self->v;
	int irq = 0;

	EXPECT_EQ(0, has(v, KVM_ARM_VCPU_PMU_V3_IRQ));
	EXPECT_EQ(0, has(v, KVM_ARM_VCPU_PMU_V3_INIT));
	EXPECT_EQ(0, has(v, KVM_ARM_VCPU_PMU_V3_FILTER));
	EXPECT_EQ(0, has(v, KVM_ARM_VCPU_PMU_V3_SET_PMU));
	EXPECT_EQ(ENXIO, has(v, 4));
	EXPECT_EQ(ENXIO, set(v, 4, &irq));

	/* No vGIC yet. */
	EXPECT_EQ(EINVAL, set_irq(v, PPI));
	EXPECT_EQ(EINVAL, get(v, KVM_ARM_VCPU_PMU_V3_IRQ, &irq));
	CHECK_FD(vm_create_gic(&self->vm));
	EXPECT_EQ(ENXIO, get(v, KVM_ARM_VCPU_PMU_V3_IRQ, &irq));
	EXPECT_EQ(ENODEV, init(v));
	vm_place_gic(&self->vm);
	vm_init_gic(&self->vm);
	EXPECT_EQ(ENXIO, init(v));

	EXPECT_EQ(EINVAL, set_irq(v, 15));
	EXPECT_EQ(EINVAL, set_irq(v, 1020));
	EXPECT_EQ(EINVAL, set_irq(v, -1));
	EXPECT_EQ(EFAULT, set(v, KVM_ARM_VCPU_PMU_V3_IRQ, NULL));
	EXPECT_EQ(0, set_irq(v, PPI));
	EXPECT_EQ(EBUSY, set_irq(v, PPI));
	EXPECT_EQ(EINVAL, set_irq(v, PPI + 1));
	EXPECT_EQ(0, get(v, KVM_ARM_VCPU_PMU_V3_IRQ, &irq));
	EXPECT_EQ(PPI, irq);
	EXPECT_EQ(0, init(v));
	EXPECT_EQ(EBUSY, init(v));
	EXPECT_EQ(EBUSY, set_irq(v, PPI));
	vcpu_finish(v);
}

/* A PPI is the same for all vCPUs, an SPI is one vCPU's. */
TEST_F(pmu, interrupts_of_several)
{
	struct vcpu *v = self->vm.vcpu;

	add_vcpu(&self->vm, PMU);
	vm_add_gic(&self->vm);
	EXPECT_EQ(0, set_irq(&v[0], 40));
	EXPECT_EQ(EINVAL, set_irq(&v[1], 40));
	EXPECT_EQ(EINVAL, set_irq(&v[1], PPI));
	EXPECT_EQ(0, set_irq(&v[1], 41));
	EXPECT_EQ(0, init(&v[0]));
	EXPECT_EQ(0, init(&v[1]));
	vcpu_finish(&v[0]);
	vcpu_finish(&v[1]);
}

static int run(struct vcpu *v)
{
	return ERRNO(ioctl(v->fd, KVM_RUN, 0));
}

TEST_F(pmu, not_complete)
{
	vm_add_gic(&self->vm);
	EXPECT_EQ(EINVAL, run(self->v));
	EXPECT_EQ(0, set_irq(self->v, PPI));
	EXPECT_EQ(EINVAL, run(self->v));
	EXPECT_EQ(0, init(self->v));
	vcpu_finish(self->v);
}

TEST_F(pmu, interrupt_of_a_timer)
{
	vm_add_gic(&self->vm);
	EXPECT_EQ(0, set_irq(self->v, 27));
	EXPECT_EQ(0, init(self->v));
	EXPECT_EQ(EINVAL, run(self->v));
}

TEST_F(pmu, without_a_vgic)
{
	EXPECT_EQ(0, init(self->v));
	EXPECT_EQ(EBUSY, init(self->v));
	vcpu_finish(self->v);
}

TEST_F(pmu, filters)
{
	struct vcpu *v = self->v;

	vm_add_gic(&self->vm);
	EXPECT_EQ(EFAULT, set(v, KVM_ARM_VCPU_PMU_V3_FILTER, NULL));
	EXPECT_EQ(EINVAL, filter(v, 0x11, 1, 2));
	EXPECT_EQ(EINVAL, filter(v, 0xffff, 2, KVM_PMU_EVENT_ALLOW));
	/* The first denies, so all others are allowed. */
	EXPECT_EQ(0, filter(v, 0x11, 1, KVM_PMU_EVENT_DENY));
	EXPECT_EQ(0, filter(v, 0x8, 1, KVM_PMU_EVENT_DENY));
	EXPECT_EQ(0, filter(v, 0x8, 1, KVM_PMU_EVENT_ALLOW));
	EXPECT_EQ(0, set_irq(v, PPI));
	EXPECT_EQ(0, init(v));
	EXPECT_EQ(EBUSY, filter(v, 0x8, 1, KVM_PMU_EVENT_DENY));
	vcpu_start(v, guest_ceid, 0);
	vcpu_finish(v);
	EXPECT_EQ(0, seen_ceid0 >> 0x11 & 1);
	EXPECT_EQ(1, seen_ceid0 & 1);
}

TEST_F(pmu, first_filter_that_allows)
{
	struct vcpu *v = self->v;

	vm_add_gic(&self->vm);
	EXPECT_EQ(0, filter(v, 0x11, 1, KVM_PMU_EVENT_ALLOW));
	EXPECT_EQ(0, set_irq(v, PPI));
	EXPECT_EQ(0, init(v));
	vcpu_start(v, guest_ceid, 0);
	vcpu_finish(v);
	EXPECT_EQ(1UL << 0x11, seen_ceid0 & 0xffffffff);
}

TEST_F(pmu, whose_pmu)
{
	int type = host_pmu(), wrong = 1 << 30;
	struct vcpu *v = self->v;

	ASSERT_GE(type, 0);
	vm_add_gic(&self->vm);
	EXPECT_EQ(EFAULT, set(v, KVM_ARM_VCPU_PMU_V3_SET_PMU, NULL));
	EXPECT_EQ(ENXIO, set(v, KVM_ARM_VCPU_PMU_V3_SET_PMU, &wrong));
	wrong = 0;	/* PERF_TYPE_HARDWARE is no PMU */
	EXPECT_EQ(ENXIO, set(v, KVM_ARM_VCPU_PMU_V3_SET_PMU, &wrong));
	EXPECT_EQ(0, set(v, KVM_ARM_VCPU_PMU_V3_SET_PMU, &type));
	EXPECT_EQ(0, set_irq(v, PPI));
	EXPECT_EQ(0, init(v));
	EXPECT_EQ(EBUSY, set(v, KVM_ARM_VCPU_PMU_V3_SET_PMU, &type));
	vcpu_finish(v);
}

TEST_F(pmu, all_vcpus_have_it)
{
	if (dev_is_kvm())
		SKIP(return, "KVM 6.1 lets each vCPU have its own features");
	vm_add_vcpu(&self->vm);
	EXPECT_EQ(EINVAL, ERRNO(vcpu_init_features(&self->vm.vcpu[1], 0)));
	EXPECT_EQ(0, vcpu_init_features(&self->vm.vcpu[1], PMU));
}

TEST_F(pmu, registers)
{
	struct vcpu *v = self->v;
	u64 val;

	EXPECT_GT(PMCR_N(vcpu_get64(v, PMCR)), 0);
	EXPECT_EQ(0, vcpu_get64(v, PMCR) & 1);
	val = 0x123456789abcdef;
	EXPECT_EQ(0, vcpu_set(v, PMCCNTR, &val));
	EXPECT_EQ(val, vcpu_get64(v, PMCCNTR));
	val = 0x80000011;
	EXPECT_EQ(0, vcpu_set(v, PMEVTYPER0, &val));
	EXPECT_EQ(val, vcpu_get64(v, PMEVTYPER0));
	val = ~0UL;
	EXPECT_EQ(0, vcpu_set(v, PMSWINC, &val));
	EXPECT_EQ(0, vcpu_get64(v, PMSWINC));
	/* A vCPU that is initialised anew has a PMU that is. */
	EXPECT_EQ(0, vcpu_init_features(v, PMU));
	if (!dev_is_kvm())
		EXPECT_EQ(0, vcpu_get64(v, PMCCNTR));
}

/* KVM 6.1 takes no other version than the host's. */
TEST_F(pmu, version)
{
	struct vcpu *v = self->v;
	u64 dfr0 = vcpu_get64(v, DFR0), val;

	EXPECT_GE(PMUVER(dfr0), 1);
	EXPECT_LE(PMUVER(dfr0), 6);
	val = dfr0 & ~0xf00UL;
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(v, DFR0, &val)));
	val = dfr0 + (1UL << 8);
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(v, DFR0, &val)));
	val = dfr0 | 0xf00;
	EXPECT_EQ(EINVAL, ERRNO(vcpu_set(v, DFR0, &val)));
	if (dev_is_kvm())
		return;
	val = (dfr0 & ~0xf00UL) | 0x100;
	EXPECT_EQ(0, vcpu_set(v, DFR0, &val));
	EXPECT_EQ(val, vcpu_get64(v, DFR0));
	EXPECT_EQ(0, vcpu_set(v, DFR0, &dfr0));
	EXPECT_EQ(dfr0, vcpu_get64(v, DFR0));
}

TEST_F(pmu, number_of_counters)
{
	struct vcpu *v = self->v;
	u64 pmcr = vcpu_get64(v, PMCR), val;

	if (dev_is_kvm())
		SKIP(return, "KVM 6.1 believes any number");
	val = pmcr & ~(0x1fUL << 11);
	EXPECT_EQ(0, vcpu_set(v, PMCR, &val));
	EXPECT_EQ(0, PMCR_N(vcpu_get64(v, PMCR)));
	val |= 0x1fUL << 11;
	EXPECT_EQ(0, vcpu_set(v, PMCR, &val));
	EXPECT_EQ(PMCR_N(pmcr) == 0x1f ? 0x1f : 0, PMCR_N(vcpu_get64(v, PMCR)));
	EXPECT_EQ(0, vcpu_set(v, PMCR, &pmcr));
	EXPECT_EQ(PMCR_N(pmcr), PMCR_N(vcpu_get64(v, PMCR)));
}

TEST_HARNESS_MAIN
