/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guests' driver for their PMU, a VM that has one, and code at EL0. For one file
 * of a test program.
 */
#ifndef SELFTESTS_LIB_PMU_H
#define SELFTESTS_LIB_PMU_H

#include <sys/ioctl.h>
#include <unistd.h>
#include "vm.h"

#define PPI		23
#define CYCLES		31
#define PMUV3P4		5
#define PMUV3P5		6
#define PMCR_E		1
#define PMCR_P		2
#define PMCR_C		4
#define PMCR_LC		0x40
#define PMCR_LP		0x80
#define PMCR_N(pmcr)	((pmcr) >> 11 & 0x1f)
#define EVENT_SW_INCR	0x00
#define EVENT_CYCLES	0x11
#define EVENT_CHAIN	0x1e
#define NOT_EL1		(1UL << 31)
#define NOT_EL0		(1UL << 30)
#define USERENR_EN	1
#define USERENR_CR	4
#define REG_PMCCNTR	ARM64_SYS_REG(3, 3, 9, 13, 0)
#define REG_PMCNTENSET	ARM64_SYS_REG(3, 3, 9, 12, 1)
/* Much more than what is counted around a step by mistake, and soon reached. */
#define MANY		1000000

/* The attributes of a vCPU with the feature, whose VM has its GIC. */
static inline void pmu_connect(struct vcpu *vcpu)
{
	int irq = PPI;

	CHECK_FD(dev_attr(vcpu->fd, KVM_SET_DEVICE_ATTR, KVM_ARM_VCPU_PMU_V3_CTRL,
			  KVM_ARM_VCPU_PMU_V3_IRQ, &irq));
	CHECK_FD(dev_attr(vcpu->fd, KVM_SET_DEVICE_ATTR, KVM_ARM_VCPU_PMU_V3_CTRL,
			  KVM_ARM_VCPU_PMU_V3_INIT, NULL));
}

static inline void pmu_vm(struct vm *vm, guest_fn entry)
{
	vm_open(vm, 0);
	vm_add_memory(vm);
	vm_add_vcpu(vm);
	vm_add_gic(vm);
	CHECK_FD(vcpu_init_features(&vm->vcpu[0], 1U << KVM_ARM_VCPU_PMU_V3));
	vcpu_start(&vm->vcpu[0], entry, 0);
	pmu_connect(&vm->vcpu[0]);
}

static inline bool host_has_pmu(void)
{
	int dev = dev_open();
	int has = ioctl(dev, KVM_CHECK_EXTENSION, KVM_CAP_ARM_PMU_V3);

	close(dev);
	return has > 0;
}

#define NEED_PMU() do {							\
	if (!host_has_pmu())						\
		SKIP(return, "the host has no PMU for guests");		\
} while (0)

/* The guest's driver: event counters through the selector. */
static inline void select_counter(u64 n)
{
	write_sysreg(n, pmselr_el0);
	isb();
}

static inline u64 counter(u64 n)
{
	isb();
	if (n == CYCLES)
		return read_sysreg(pmccntr_el0);
	select_counter(n);
	return read_sysreg(pmxevcntr_el0);
}

static inline void set_counter(u64 n, u64 val)
{
	if (n == CYCLES) {
		write_sysreg(val, pmccntr_el0);
	} else {
		select_counter(n);
		write_sysreg(val, pmxevcntr_el0);
	}
	isb();
}

static inline void set_type(u64 n, u64 type)
{
	select_counter(n);
	write_sysreg(type, pmxevtyper_el0);
	isb();
}

static inline void on(u64 n)
{
	write_sysreg(1UL << n, pmcntenset_el0);
	isb();
}

static inline void off(u64 n)
{
	write_sysreg(1UL << n, pmcntenclr_el0);
	isb();
}

static inline bool overflowed(u64 n)
{
	return read_sysreg(pmovsclr_el0) & 1UL << n;
}

/* A PMU starts with anything in its registers but PMCR_EL0.E. */
static inline void start(void)
{
	GUEST_ASSERT_EQ(read_sysreg(pmcr_el0) & PMCR_E, 0);
	write_sysreg(~0UL, pmcntenclr_el0);
	write_sysreg(~0UL, pmintenclr_el1);
	write_sysreg(~0UL, pmovsclr_el0);
	write_sysreg(PMCR_P | PMCR_C | PMCR_LC, pmcr_el0);
	write_sysreg(0, pmuserenr_el0);
	set_type(CYCLES, 0);
}

static inline void enable(void)
{
	write_sysreg(PMCR_E | PMCR_LC, pmcr_el0);
	isb();
}

/* So long that a counter of cycles cannot but have counted. */
static inline void spin(void)
{
	guest_delay(20000);
}

/*
 * Code for EL0 is called at an address by which EL0 may execute and not write:
 * GiB 300 of stage 1 is GiB 0 again.
 */
#define ALIAS_GIB	300
#define ALIAS		((u64)ALIAS_GIB << 30)
#define BLOCK_EL0	(0x701ULL | 1ULL << 2 | 3ULL << 6 | 1ULL << 53)

extern u64 guest_pgd[];
extern char el0_cycles[], el0_set_cycles[], el0_userenr[], el0_pmcr[], el0_loop[];
extern char el0_resume[];

asm(".pushsection .text\n"
    "el0_cycles: mrs x0, pmccntr_el0; svc #0\n"
    "el0_set_cycles: msr pmccntr_el0, xzr; svc #0\n"
    "el0_userenr: mrs x0, pmuserenr_el0; svc #0\n"
    "el0_pmcr: mrs x0, pmcr_el0; svc #0\n"
    "el0_loop: mov x1, #0x8000\n"
    "1: subs x1, x1, #1; b.ne 1b; svc #0\n"
    ".popsection\n");

static u64 el0_esr;
static __maybe_unused u64 el0_x0;

static inline void from_el0(struct guest_regs *regs)
{
	el0_esr = read_sysreg(esr_el1);
	el0_x0 = regs->x[0];
	regs->elr = (u64)el0_resume;
	regs->spsr = PSTATE_EL1H_DAIF;
}

/* Returns the class of the exception that ended it. */
static noinline __maybe_unused u64 at_el0(char *code)
{
	write_sysreg(0x3c0, spsr_el1);
	write_sysreg(ALIAS + (u64)code, elr_el1);
	asm volatile("eret\n"
		     ".globl el0_resume\n"
		     "el0_resume:\n" : : : "x0", "x1", "memory");
	return ESR_EC(READ_ONCE(el0_esr));
}

#endif
