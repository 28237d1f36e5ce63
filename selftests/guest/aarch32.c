// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves AArch32 at EL0 of a guest, in A32 and T32: exceptions arrive at EL1 by the
 * right vector with the right syndrome and PC; what traps on the way (WFI, WFE, debug
 * and timer registers, MMIO) is done or skipped as its condition says, in IT blocks
 * too; FP and SIMD compute; big-endian data; single steps, software breakpoints and
 * aborts by user space; and which PSTATE user space may set.
 */
#include <string.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"
#include "pmu.h"

/* GiB 3 is EL0's, and none of EL1's code. */
#define USER		0xc0000000UL
#define USER_BLOCK	(USER | 0x701 | 1 << 2 | 1 << 6 | 1UL << 53)
/* User mode, A, I and F masked; Thumb. */
#define A32		0x1d0
#define T32		(A32 | 0x20)
#define PSR_Z		(1UL << 30)
#define LOWER_AARCH32	12

#define EC_CP15_32	0x03
#define EC_CP15_64	0x04
#define EC_SVC32	0x11
#define EC_DABT_LOW	0x24
#define EC_STEP		0x32
#define EC_BKPT32	0x38

/* SCTLR_EL1: WFI and WFE do not trap to EL1. CNTKCTL_EL1: EL0 has the physical timer. */
#define SCTLR_WFX	(1UL << 16 | 1UL << 18)
#define CNTKCTL_PTEN	(1UL << 9)

extern u64 guest_pgd[];
extern char user_begin[], user_end[];

asm("	.balign	4\n"
    "user_begin:\n"
    "a32_sum:\n"
    "	.inst	0xe3a00005\n"		/* mov	r0, #5 */
    "	.inst	0xe2800007\n"		/* add	r0, r0, #7 */
    "	.inst	0xe3e02000\n"		/* mvn	r2, #0 */
    "	.inst	0xef000012\n"		/* svc	#0x12 */
    "a32_fp:\n"
    "	.inst	0xee000a10\n"		/* vmov	s0, r0 */
    "	.inst	0xee300a00\n"		/* vadd.f32 s0, s0, s0 */
    "	.inst	0xee101a10\n"		/* vmov	r1, s0 */
    "	.inst	0xeea22b10\n"		/* vdup.32 q1, r2 */
    "	.inst	0xf2222842\n"		/* vadd.i32 q1, q1, q1 */
    "	.inst	0xee333b10\n"		/* vmov.32 r3, d3[1] */
    "	.inst	0xef000001\n"		/* svc	#1 */
    "a32_cond:\n"
    "	.inst	0xe3500000\n"		/* cmp	r0, #0 */
    "	.inst	0x0320f002\n"		/* wfeeq */
    "	.inst	0x02811001\n"		/* addeq r1, r1, #1 */
    "	.inst	0x1320f002\n"		/* wfene */
    "	.inst	0x12822001\n"		/* addne r2, r2, #1 */
    "	.inst	0xe320f003\n"		/* wfi */
    "	.inst	0xef000002\n"		/* svc	#2 */
    "a32_didr:\n"
    "	.inst	0xee100e10\n"		/* mrc	p14, 0, r0, c0, c0, 0: DBGDIDR */
    "	.inst	0xef000003\n"		/* svc	#3 */
    "a32_drar:\n"
    "	.inst	0xec532e01\n"		/* mrrc	p14, 0, r2, r3, c1: DBGDRAR */
    "	.inst	0xef000003\n"		/* svc	#3 */
    "a32_dscr:\n"
    "	.inst	0xee101e11\n"		/* mrc	p14, 0, r1, c0, c1, 0: DBGDSCRint */
    "	.inst	0xe1540004\n"		/* cmp	r4, r4 */
    "	.inst	0xee10fe11\n"		/* mrc	p14, 0, APSR_nzcv, c0, c1, 0 */
    "	.inst	0x03a05001\n"		/* moveq r5, #1 */
    "	.inst	0xef000003\n"		/* svc	#3 */
    "a32_pmcr:\n"
    "	.inst	0x1e190f1c\n"		/* mrcne p15, 0, r0, c9, c12, 0 */
    "a32_nothing:\n"
    "	.inst	0xee300e10\n"		/* mrc	p14, 1, r0, c0, c0, 0 */
    "a32_pmccntr:\n"
    "	.inst	0xec510f09\n"		/* mrrc	p15, 0, r0, r1, c9: PMCCNTR */
    "	.inst	0xef000005\n"		/* svc	#5 */
    "a32_udf:\n"
    "	.inst	0xe7f000f1\n"		/* udf	#1 */
    "a32_stc:\n"
    "	.inst	0xed815e00\n"		/* stc	p14, c5, [r1] */
    "a32_mmio:\n"
    "	.inst	0xe5910000\n"		/* ldr	r0, [r1] */
    "	.inst	0xf1010200\n"		/* setend be */
    "	.inst	0xe5912000\n"		/* ldr	r2, [r1] */
    "	.inst	0xe5812004\n"		/* str	r2, [r1, #4] */
    "	.inst	0xf1010000\n"		/* setend le */
    "	.inst	0xef000004\n"		/* svc	#4 */
    "a32_bkpt:\n"
    "	.inst	0xe1200077\n"		/* bkpt	#7 */
    "a32_cntp:\n"
    "	.inst	0xee1e0f32\n"		/* mrc	p15, 0, r0, c14, c2, 1: CNTP_CTL */
    "	.inst	0xec532f2e\n"		/* mrrc	p15, 2, r2, r3, c14: CNTP_CVAL */
    "	.inst	0xef000006\n"		/* svc	#6 */
    "t32_it:\n"
    "	.hword	0x2800\n"		/* cmp	r0, #0 */
    "	.hword	0xbf06\n"		/* itte	eq */
    "	.hword	0xbf20\n"		/* wfeeq */
    "	.hword	0x3101\n"		/* addeq r1, #1 */
    "	.hword	0x3201\n"		/* addne r2, #1 */
    "	.hword	0xdf07\n"		/* svc	#7 */
    "t32_it_twice:\n"
    "	.hword	0x2800\n"		/* cmp	r0, #0 */
    "	.hword	0xbf0c\n"		/* ite	eq */
    "	.hword	0xf3af, 0x8002\n"	/* wfeeq.w */
    "	.hword	0xbf20\n"		/* wfene */
    "	.hword	0xbf1c\n"		/* itt	ne */
    "	.hword	0xbf30\n"		/* wfine */
    "	.hword	0x3301\n"		/* addne r3, #1 */
    "	.hword	0xdf08\n"		/* svc	#8 */
    "t32_steps:\n"
    "	.hword	0xbf00\n"		/* nop */
    "	.hword	0xbf20\n"		/* wfe */
    "	.hword	0xf3af, 0x8002\n"	/* wfe.w */
    "	.hword	0x3001\n"		/* adds	r0, #1 */
    "	.hword	0xbf00\n"		/* nop */
    "	.balign	4\n"
    "user_end:\n"
    /* enter_user(pc, pstate): until the next exception of EL0, see on_sync() */
    "enter_user:\n"
    "	stp	x29, x30, [sp, #-96]!\n"
    "	stp	x27, x28, [sp, #16]\n"
    "	stp	x25, x26, [sp, #32]\n"
    "	stp	x23, x24, [sp, #48]\n"
    "	stp	x21, x22, [sp, #64]\n"
    "	stp	x19, x20, [sp, #80]\n"
    "	msr	elr_el1, x0\n"
    "	msr	spsr_el1, x1\n"
    "	adrp	x16, user_x\n"
    "	add	x16, x16, :lo12:user_x\n"
    "	ldp	x0, x1, [x16]\n"
    "	ldp	x2, x3, [x16, #16]\n"
    "	ldp	x4, x5, [x16, #32]\n"
    "	eret\n"
    "left_user:\n"
    "	ldp	x19, x20, [sp, #80]\n"
    "	ldp	x21, x22, [sp, #64]\n"
    "	ldp	x23, x24, [sp, #48]\n"
    "	ldp	x25, x26, [sp, #32]\n"
    "	ldp	x27, x28, [sp, #16]\n"
    "	ldp	x29, x30, [sp], #96\n"
    "	ret\n");

void enter_user(u64 pc, u64 pstate);
extern char left_user[];
extern char a32_sum[], a32_fp[], a32_cond[], a32_didr[], a32_drar[], a32_dscr[], a32_pmcr[], a32_pmccntr[], a32_nothing[], a32_udf[],
	    a32_stc[], a32_mmio[], a32_bkpt[], a32_cntp[], t32_it[], t32_it_twice[], t32_steps[];

/* r0 to r5 as EL0 has them. */
u64 user_x[6];
static u64 esr, far;
static struct guest_regs last;
static bool on_kvm;

static void on_sync(struct guest_regs *regs)
{
	unsigned int i;

	esr = read_sysreg(esr_el1);
	far = read_sysreg(far_el1);
	for (i = 0; i < 6; i++)
		user_x[i] = regs->x[i];
	last.elr = regs->elr;
	last.spsr = regs->spsr;
	last.vector = regs->vector;
	regs->elr = (u64)left_user;
	regs->spsr = PSTATE_EL1H_DAIF;
}

static u64 at(const char *label)
{
	return USER + (label - user_begin);
}

/* Back with exception class @ec at @offset bytes behind @label, and not elsewhere. */
static void run_user(const char *label, u64 pstate, u64 ec, u64 offset)
{
	last.vector = 0;
	enter_user(at(label), pstate);
	GUEST_ASSERT_EQ(last.vector, LOWER_AARCH32);
	GUEST_ASSERT_EQ(last.elr, at(label) + offset);
	GUEST_ASSERT_EQ(ESR_EC(esr), ec);
	GUEST_ASSERT_EQ(last.spsr & 0x1ff, pstate & 0x1ff);
}

static void set_r(u64 r0, u64 r1, u64 r2, u64 r3)
{
	user_x[0] = r0;
	user_x[1] = r1;
	user_x[2] = r2;
	user_x[3] = r3;
	user_x[4] = 0;
	user_x[5] = 0;
}

static void init(void)
{
	guest_hooks.sync = on_sync;
	write_sysreg(read_sysreg(sctlr_el1) | SCTLR_WFX, sctlr_el1);
	isb();
}

static void guest_computes(u64 arg)
{
	init();
	set_r(~0UL, ~0UL, ~0UL, ~0UL);
	run_user(a32_sum, A32, EC_SVC32, 16);
	GUEST_ASSERT_EQ(esr & 0xffff, 0x12);
	GUEST_ASSERT_EQ(user_x[0], 12);
	GUEST_ASSERT_EQ(user_x[2], 0xffffffff);

	/* 1.0 + 1.0 */
	set_r(0x3f800000, 0, 3, 0);
	run_user(a32_fp, A32, EC_SVC32, 28);
	GUEST_ASSERT_EQ(user_x[1], 0x40000000);
	GUEST_ASSERT_EQ(user_x[3], 6);
}

static void guest_waits(u64 arg)
{
	u64 r0;

	init();
	/* WFI ends with an interrupt that is pending, though EL0 has it masked. */
	gic_init();
	irq_disable();
	gic_enable(40);
	guest_set_line(40, 1);
	for (r0 = 0; r0 < 2; r0++) {
		set_r(r0, 0, 0, 0);
		run_user(a32_cond, A32, EC_SVC32, 28);
		GUEST_ASSERT_EQ(user_x[1], !r0);
		GUEST_ASSERT_EQ(user_x[2], r0);

		set_r(r0, 0, 0, 0);
		run_user(t32_it, T32, EC_SVC32, 12);
		GUEST_ASSERT_EQ(user_x[1], !r0);
		GUEST_ASSERT_EQ(user_x[2], r0);

		set_r(r0, 0, 0, 0);
		run_user(t32_it_twice, T32, EC_SVC32, 18);
		GUEST_ASSERT_EQ(user_x[3], r0);
	}
}

/* QEMU has not all registers, and some are optional where EL1 cannot be AArch32. */
static bool exists(const char *label)
{
	enter_user(at(label), A32);
	return ESR_EC(esr) != ESR_EC_UNKNOWN;
}

static void guest_registers(u64 arg)
{
	u64 dfr0 = read_sysreg(id_aa64dfr0_el1);

	init();
	set_r(1, 1, 1, 1);
	if (exists(a32_dscr)) {
		run_user(a32_dscr, A32, EC_SVC32, 20);
		GUEST_ASSERT_EQ(user_x[1], 0);
		/* KVM 6.1 takes the flags for a register. */
		if (!on_kvm)
			GUEST_ASSERT_EQ(user_x[5], 0);
	}
	if (exists(a32_didr)) {
		run_user(a32_didr, A32, EC_SVC32, 8);
		GUEST_ASSERT_EQ(user_x[0] >> 28, dfr0 >> 20 & 0xf);
		GUEST_ASSERT_EQ(user_x[0] >> 24 & 0xf, dfr0 >> 12 & 0xf);
		GUEST_ASSERT_EQ(user_x[0] >> 16 & 0xf, 6);
	}
	if (exists(a32_drar)) {
		run_user(a32_drar, A32, EC_SVC32, 8);
		GUEST_ASSERT_EQ(user_x[2], 0);
		GUEST_ASSERT_EQ(user_x[3], 0);
	}

	write_sysreg(CNTKCTL_PTEN, cntkctl_el1);
	write_sysreg(0x123456789a, cntp_cval_el0);
	write_sysreg(2, cntp_ctl_el0);
	isb();
	run_user(a32_cntp, A32, EC_SVC32, 12);
	GUEST_ASSERT_EQ(user_x[0], 2);
	GUEST_ASSERT_EQ(user_x[2], 0x3456789a);
	GUEST_ASSERT_EQ(user_x[3], 0x12);
}

static void guest_undefined(u64 arg)
{
	init();
	set_r(0, USER, 0, 0);
	run_user(a32_udf, A32, ESR_EC_UNKNOWN, 0);
	run_user(a32_stc, A32, ESR_EC_UNKNOWN, 0);
	run_user(a32_nothing, A32, ESR_EC_UNKNOWN, 0);
	/* Not executed: what follows is. */
	run_user(a32_pmcr, A32 | PSR_Z, ESR_EC_UNKNOWN, 4);
	/* PMUSERENR_EL0 may send it to EL1 first. */
	enter_user(at(a32_pmcr), A32);
	GUEST_ASSERT(ESR_EC(esr) == ESR_EC_UNKNOWN || ESR_EC(esr) == EC_CP15_32);
	GUEST_ASSERT_EQ(last.elr, at(a32_pmcr));
	run_user(a32_bkpt, A32, EC_BKPT32, 0);
	GUEST_ASSERT_EQ(esr & 0xffff, 7);
}

static void guest_mmio(u64 arg)
{
	init();
	set_r(0, GUEST_MMIO_BASE, 0, 0);
	run_user(a32_mmio, A32, EC_SVC32, 24);
	GUEST_ASSERT_EQ(user_x[0], 0x44332211);
	GUEST_ASSERT_EQ(user_x[2], 0x11223344);
}

static void guest_abort(u64 arg)
{
	init();
	set_r(0, GUEST_MMIO_BASE + 0x24, 0, 0);
	run_user(a32_mmio, A32, EC_DABT_LOW, 0);
	GUEST_ASSERT_EQ(ESR_FSC(esr), ESR_FSC_EXTABT);
	GUEST_ASSERT_EQ(far, GUEST_MMIO_BASE + 0x24);
}

static void guest_bkpt(u64 arg)
{
	init();
	run_user(a32_bkpt, A32, EC_SVC32, 0);
}

static void guest_is_replaced(u64 arg)
{
	init();
	guest_sync(1);
}

/* What EL0 may not have of the PMU traps to EL1, with the instruction's syndrome. */
static void guest_pmu(u64 arg)
{
	bool wide;

	init();
	start();
	enable();
	set_r(0, 0, 0, 0);
	run_user(a32_pmcr, A32, EC_CP15_32, 0);
	/* MRC of c9, c12: CRn, CRm and the direction. */
	GUEST_ASSERT_EQ(esr & 0x3c1f, 9 << 10 | 12 << 1 | 1);
	wide = exists(a32_pmccntr);
	if (wide)
		run_user(a32_pmccntr, A32, EC_CP15_64, 0);
	write_sysreg(USERENR_EN, pmuserenr_el0);
	isb();
	run_user(a32_pmcr, A32, ESR_EC_UNKNOWN, 4);
	GUEST_ASSERT(user_x[0] & PMCR_E);
	if (!wide)
		return;
	on(CYCLES);
	spin();
	run_user(a32_pmccntr, A32, EC_SVC32, 8);
	GUEST_ASSERT(user_x[0] | user_x[1]);
}

FIXTURE(aarch32) {
	struct vm vm;
	struct vcpu *v;
};

/* EL0's code for a guest that can run it. */
static bool add_user(struct vm *vm)
{
	u64 pstate = A32;

	if (vcpu_set(&vm->vcpu[0], CORE_REG(regs.pstate), &pstate))
		return false;
	vcpu_set64(&vm->vcpu[0], CORE_REG(regs.pstate), PSTATE_EL1H_DAIF);
	memcpy(vm_map(vm, VM_SLOT_FREE, USER, 0x10000), user_begin, user_end - user_begin);
	guest_pgd[USER >> 30] = USER_BLOCK;
	/* Devices for EL0, too. */
	guest_pgd[GUEST_DEVICE_BASE >> 30] |= 1 << 6;
	return true;
}

FIXTURE_SETUP(aarch32)
{
	on_kvm = dev_is_kvm();
	vm_init(&self->vm, 1, guest_computes);
	self->vm.mmio = vm_line_device;
	self->v = &self->vm.vcpu[0];
	if (!add_user(&self->vm))
		SKIP_IN_SETUP("no AArch32 on this host");
}

FIXTURE_TEARDOWN(aarch32)
{
	vm_destroy(&self->vm);
}

#define GUEST_TEST(name)				\
TEST_F(aarch32, name)					\
{							\
	vcpu_start(self->v, guest_##name, 0);		\
	vcpu_finish(self->v);				\
}

GUEST_TEST(computes)
GUEST_TEST(waits)
GUEST_TEST(registers)
GUEST_TEST(undefined)

TEST(performance_monitors)
{
	struct vm vm;

	NEED_PMU();
	if (dev_is_kvm())
		SKIP(return, "KVM 6.1 calls each trap to EL1 UNDEFINED");
	pmu_vm(&vm, guest_pmu);
	if (!add_user(&vm))
		SKIP(return, "no AArch32 on this host");
	vcpu_finish(&vm.vcpu[0]);
}

static const u8 bytes[4] = { 0x11, 0x22, 0x33, 0x44 };

TEST_F(aarch32, mmio)
{
	struct kvm_run *run = self->v->run;
	unsigned int i;

	vcpu_start(self->v, guest_mmio, 0);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(self->v));
		ASSERT_EQ(0, run->mmio.is_write);
		ASSERT_EQ(4, run->mmio.len);
		memcpy(run->mmio.data, bytes, 4);
	}
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(self->v));
	ASSERT_EQ(1, run->mmio.is_write);
	EXPECT_EQ(GUEST_MMIO_BASE + 4, run->mmio.phys_addr);
	EXPECT_EQ(0, memcmp(run->mmio.data, bytes, 4));
	vcpu_finish(self->v);
}

TEST_F(aarch32, abort)
{
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };

	vcpu_start(self->v, guest_abort, 0);
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(self->v));
	ASSERT_EQ(0, ioctl(self->v->fd, KVM_SET_VCPU_EVENTS, &events));
	vcpu_finish(self->v);
}

TEST_F(aarch32, software_breakpoint)
{
	struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP,
	};

	vcpu_start(self->v, guest_bkpt, 0);
	ASSERT_EQ(0, ioctl(self->v->fd, KVM_SET_GUEST_DEBUG, &debug));
	ASSERT_EQ(KVM_EXIT_DEBUG, vcpu_run_exit(self->v));
	EXPECT_EQ(EC_BKPT32, ESR_EC(self->v->run->debug.arch.hsr));
	EXPECT_EQ(at(a32_bkpt), vcpu_get64(self->v, CORE_REG(regs.pc)));
}

/* User space moves the vCPU there: registers lose their upper halves. */
TEST_F(aarch32, single_steps)
{
	static const unsigned int offsets[] = { 2, 4, 8, 10 };
	struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
	};
	unsigned int i;

	vcpu_start(self->v, guest_is_replaced, 0);
	vcpu_expect_sync(self->v, 1);
	vcpu_complete(self->v);
	vcpu_set64(self->v, CORE_REG(regs.regs[0]), 0x700000005);
	vcpu_set64(self->v, CORE_REG(regs.pstate), T32);
	EXPECT_EQ(5, vcpu_get64(self->v, CORE_REG(regs.regs[0])));
	vcpu_set64(self->v, CORE_REG(regs.pc), 0x700000000 | at(t32_steps));
	EXPECT_EQ(at(t32_steps), vcpu_get64(self->v, CORE_REG(regs.pc)));
	ASSERT_EQ(0, ioctl(self->v->fd, KVM_SET_GUEST_DEBUG, &debug));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(KVM_EXIT_DEBUG, vcpu_run_exit(self->v));
		EXPECT_EQ(EC_STEP, ESR_EC(self->v->run->debug.arch.hsr));
		ASSERT_EQ(at(t32_steps) + offsets[i], vcpu_get64(self->v, CORE_REG(regs.pc)));
	}
	EXPECT_EQ(6, vcpu_get64(self->v, CORE_REG(regs.regs[0])));
}

TEST_HARNESS_MAIN
