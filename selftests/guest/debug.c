// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves KVM_SET_GUEST_DEBUG: BRK, breakpoints, watchpoints and single steps
 * leave with KVM_EXIT_DEBUG at the right place and nothing done too early or
 * twice, also where the step is done by the hypervisor or by user space; what
 * the guest has in its own debug registers stays, and works when user space has
 * stopped; and each malformed request has its error. And that a guest steps itself,
 * one instruction at a time whoever does it, and can lock its debug exceptions.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"

#define EC_BREAKPT	0x30
#define EC_BREAKPT_CUR	0x31
#define EC_STEP		0x32
#define EC_STEP_CUR	0x33
#define EC_WATCHPT	0x34
/* DBGBCR and DBGWCR: enabled, at EL1 and EL0, four bytes; all eight, stores. */
#define BCR		0x1e7
#define WCR_STORE	0x1ff7

/* Each begins with the instruction that it is named after. */
void at_brk(void);
void at_hw(void);
void at_store(u64 val, u64 *to);
/* Ordinary, trapped, faulting, a call, user space's two, trapped, ordinary. */
u64 take_steps(u64 fn, u64 device, u64 *page);
extern char at_steps[], at_done[];

asm("at_brk:	brk	#7\n"
    "		ret\n"
    "at_hw:	nop\n"
    "		ret\n"
    "at_store:	str	x0, [x1]\n"
    "		ret\n"
    "take_steps: mov	x9, x1\n"
    "		mov	x10, x2\n"
    "at_steps:	nop\n"
    "		mrs	x11, id_aa64isar0_el1\n"
    "		str	x11, [x10]\n"
    "		hvc	#0\n"
    "		ldr	w12, [x9]\n"
    "		str	w12, [x9, #4]\n"
    "		mrs	x11, mdscr_el1\n"
    "		nop\n"
    "at_done:	ret\n");

static u64 watched, fresh_page[4096 / 8] __attribute__((aligned(4096)));

static void guest_brk(u64 arg)
{
	at_brk();
	guest_sync(1);
}

static void guest_catches_brk(u64 arg)
{
	u64 esr = GUEST_CATCH(at_brk());

	GUEST_ASSERT_EQ(ESR_EC(esr), ESR_EC_BRK64);
	guest_sync(1);
}

static void guest_hw(u64 arg)
{
	/* Its own, which user space is not to see. */
	write_sysreg(0x1234560, dbgbvr0_el1);
	write_sysreg(0x6543210, dbgwvr0_el1);
	isb();
	at_hw();
	GUEST_ASSERT_EQ(read_sysreg(dbgbvr0_el1), 0x1234560);
	GUEST_ASSERT_EQ(read_sysreg(dbgwvr0_el1), 0x6543210);
	GUEST_ASSERT_EQ(read_sysreg(mdscr_el1), 0);
	at_store(0x77, &watched);
	guest_sync(1);
}

static void guest_steps(u64 arg)
{
	/* SMCCC_VERSION: 1.something */
	u64 version = take_steps(0x80000000, GUEST_MMIO_BASE, fresh_page);

	GUEST_ASSERT_EQ(version >> 16, 1);
	guest_sync(1);
}

static void guest_own_breakpoint(u64 arg)
{
	u64 esr;

	write_sysreg((u64)at_hw, dbgbvr1_el1);
	write_sysreg(BCR, dbgbcr1_el1);
	write_sysreg(0, oslar_el1);
	write_sysreg(1UL << 15 | 1UL << 13, mdscr_el1);
	isb();
	asm volatile("msr daifclr, #8");
	esr = GUEST_CATCH(at_hw());
	asm volatile("msr daifset, #8");
	GUEST_ASSERT_EQ(ESR_EC(esr), EC_BREAKPT_CUR);
	write_sysreg(0, mdscr_el1);
	guest_sync(1);
}

/* PSTATE.D and PSTATE.SS; MDSCR_EL1.SS, KDE and MDE. */
#define SPSR_D		(1UL << 9)
#define SPSR_SS		(1UL << 21)
#define MDSCR_SS	(1UL << 0)
#define MDSCR_KDE	(1UL << 13)
#define MDSCR_MDE	(1UL << 15)

static u64 stepped[16];
static unsigned int nr_stepped;

/* From a BRK on; then after each instruction, until the last of take_steps(). */
static void on_step(struct guest_regs *regs)
{
	u64 ec = ESR_EC(read_sysreg(esr_el1));

	if (ec == ESR_EC_BRK64) {
		regs->elr += 4;
		regs->spsr &= ~SPSR_D;
		write_sysreg(MDSCR_SS | MDSCR_KDE, mdscr_el1);
	} else {
		GUEST_ASSERT_EQ(ec, EC_STEP_CUR);
		GUEST_ASSERT_EQ(regs->spsr & SPSR_SS, 0);
	}
	if (regs->elr > (u64)at_steps && regs->elr <= (u64)at_done && nr_stepped < 16)
		stepped[nr_stepped++] = regs->elr;
	if (regs->elr == (u64)at_done) {
		regs->spsr |= SPSR_D;
		write_sysreg(0, mdscr_el1);
	} else {
		regs->spsr |= SPSR_SS;
	}
}

static void guest_steps_itself(u64 locked)
{
	unsigned int i;

	nr_stepped = 0;
	guest_hooks.sync = on_step;
	write_sysreg(locked, oslar_el1);
	isb();
	asm volatile("brk #1");
	take_steps(0x80000000, GUEST_MMIO_BASE, fresh_page);
	GUEST_ASSERT_EQ(nr_stepped, locked ? 0 : 8);
	for (i = 0; i < nr_stepped; i++)
		GUEST_ASSERT_EQ(stepped[i], (u64)at_steps + 4 * (i + 1));
	guest_sync(1);
}

static void guest_locks(u64 arg)
{
	write_sysreg((u64)at_hw, dbgbvr1_el1);
	write_sysreg(BCR, dbgbcr1_el1);
	write_sysreg(MDSCR_MDE | MDSCR_KDE, mdscr_el1);
	write_sysreg(1, oslar_el1);
	isb();
	GUEST_ASSERT_EQ(read_sysreg(oslsr_el1) & 2, 2);
	asm volatile("msr daifclr, #8");
	GUEST_ASSERT_EQ(GUEST_CATCH(at_hw()), 0);
	GUEST_ASSERT_EQ(ESR_EC(GUEST_CATCH(at_brk())), ESR_EC_BRK64);
	GUEST_ASSERT_EQ(read_sysreg(mdscr_el1), MDSCR_MDE | MDSCR_KDE);
	write_sysreg(0, oslar_el1);
	isb();
	GUEST_ASSERT_EQ(ESR_EC(GUEST_CATCH(at_hw())), EC_BREAKPT_CUR);
	/* Then user space locks it. */
	guest_sync(1);
	GUEST_ASSERT_EQ(read_sysreg(oslsr_el1) & 2, 2);
	GUEST_ASSERT_EQ(GUEST_CATCH(at_hw()), 0);
	guest_sync(2);
}

FIXTURE(debug) {
	struct vm vm;
	struct vcpu *v;
	struct kvm_guest_debug dbg;
};

FIXTURE_SETUP(debug)
{
	vm_init(&self->vm, 1, guest_brk);
	self->v = &self->vm.vcpu[0];
	memset(&self->dbg, 0, sizeof(self->dbg));
}

FIXTURE_TEARDOWN(debug)
{
	vm_destroy(&self->vm);
}

static int debug(struct vcpu *v, struct kvm_guest_debug *dbg, u32 control)
{
	dbg->control = control;
	return ERRNO(ioctl(v->fd, KVM_SET_GUEST_DEBUG, dbg));
}

static u64 pc(struct vcpu *v)
{
	return vcpu_get64(v, CORE_REG(regs.pc));
}

#define EXPECT_DEBUG(ec, where) do {						\
	ASSERT_EQ(KVM_EXIT_DEBUG, vcpu_run_exit(self->v));			\
	EXPECT_EQ(ec, ESR_EC(self->v->run->debug.arch.hsr));			\
	ASSERT_EQ((u64)(where), pc(self->v));					\
} while (0)

#define ENABLE	KVM_GUESTDBG_ENABLE
#define STEP	KVM_GUESTDBG_SINGLESTEP
#define SW	KVM_GUESTDBG_USE_SW_BP
#define HW	KVM_GUESTDBG_USE_HW

TEST_F(debug, errors_and_capabilities)
{
	int fd = self->vm.fd;

	EXPECT_EQ(EINVAL, debug(self->v, &self->dbg, ENABLE | 1 << 18));
	EXPECT_EQ(EINVAL, debug(self->v, &self->dbg, 1 << 2));
	EXPECT_EQ(EINVAL, debug(self->v, &self->dbg, ~0U));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->v->fd, KVM_SET_GUEST_DEBUG, NULL)));
	EXPECT_EQ(0, debug(self->v, &self->dbg, 0));
	EXPECT_EQ(0, debug(self->v, &self->dbg, ENABLE | STEP | SW | HW));
	EXPECT_EQ(1, ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_SET_GUEST_DEBUG));
	EXPECT_EQ(ENABLE | STEP | SW | HW,
		  ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_SET_GUEST_DEBUG2));
	EXPECT_GE(ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_GUEST_DEBUG_HW_BPS), 2);
	EXPECT_GE(ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_GUEST_DEBUG_HW_WPS), 2);
}

TEST_F(debug, brk)
{
	ASSERT_EQ(0, debug(self->v, &self->dbg, ENABLE | SW));
	EXPECT_DEBUG(ESR_EC_BRK64, at_brk);
	EXPECT_EQ(7, self->v->run->debug.arch.hsr & 0xffff);
	EXPECT_EQ(KVM_DEBUG_ARCH_HSR_HIGH_VALID, self->v->run->flags);
	/* It is there until user space moves on. */
	EXPECT_DEBUG(ESR_EC_BRK64, at_brk);
	vcpu_set64(self->v, CORE_REG(regs.pc), (u64)at_brk + 4);
	vcpu_expect_sync(self->v, 1);
}

TEST_F(debug, brk_is_the_guests)
{
	vcpu_start(self->v, guest_catches_brk, 0);
	ASSERT_EQ(0, debug(self->v, &self->dbg, ENABLE | SW));
	/* Without ENABLE the rest says nothing. */
	ASSERT_EQ(0, debug(self->v, &self->dbg, SW | STEP));
	vcpu_expect_sync(self->v, 1);
}

TEST_F(debug, breakpoint_and_watchpoint)
{
	int last = ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_GUEST_DEBUG_HW_BPS) - 1;

	watched = 0;
	vcpu_start(self->v, guest_hw, 0);
	self->dbg.arch.dbg_bvr[last] = (u64)at_hw;
	self->dbg.arch.dbg_bcr[last] = BCR;
	self->dbg.arch.dbg_wvr[1] = (u64)&watched;
	self->dbg.arch.dbg_wcr[1] = WCR_STORE;
	ASSERT_EQ(0, debug(self->v, &self->dbg, ENABLE | HW));
	EXPECT_DEBUG(EC_BREAKPT, at_hw);
	EXPECT_DEBUG(EC_BREAKPT, at_hw);
	self->dbg.arch.dbg_bcr[last] = 0;
	ASSERT_EQ(0, debug(self->v, &self->dbg, ENABLE | HW));
	EXPECT_DEBUG(EC_WATCHPT, at_store);
	EXPECT_EQ((u64)&watched, self->v->run->debug.arch.far);
	EXPECT_EQ(0, watched);
	ASSERT_EQ(0, debug(self->v, &self->dbg, ENABLE));
	vcpu_expect_sync(self->v, 1);
	EXPECT_EQ(0x77, watched);
}

/* The registers of a vCPU that is debugged, as user space reads them. */
TEST_F(debug, nothing_of_it_in_registers)
{
	u64 mdscr = ARM64_SYS_REG(2, 0, 0, 2, 2), bvr0 = ARM64_SYS_REG(2, 0, 0, 0, 4);

	vcpu_start(self->v, guest_hw, 0);
	self->dbg.arch.dbg_bvr[0] = (u64)at_hw;
	self->dbg.arch.dbg_bcr[0] = BCR;
	ASSERT_EQ(0, debug(self->v, &self->dbg, ENABLE | HW));
	EXPECT_DEBUG(EC_BREAKPT, at_hw);
	EXPECT_EQ(0, vcpu_get64(self->v, mdscr));
	EXPECT_EQ(0x1234560, vcpu_get64(self->v, bvr0));
	EXPECT_EQ(0, vcpu_get64(self->v, CORE_REG(regs.pstate)) & 1 << 21);
}

static void to_the_steps(struct __test_metadata *_metadata, struct vcpu *v, u64 arg)
{
	struct kvm_guest_debug dbg = {
		.arch.dbg_bvr[0] = (u64)at_steps, .arch.dbg_bcr[0] = BCR,
	};

	memset(fresh_page, 0, sizeof(fresh_page));
	vcpu_start(v, guest_steps, arg);
	ASSERT_EQ(0, debug(v, &dbg, ENABLE | HW));
	ASSERT_EQ(KVM_EXIT_DEBUG, vcpu_run_exit(v));
	ASSERT_EQ((u64)at_steps, pc(v));
}

static void expect_device(struct __test_metadata *_metadata, struct vcpu *v, bool write)
{
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run_exit(v));
	ASSERT_EQ(write, v->run->mmio.is_write);
}

TEST_F(debug, single_steps)
{
	unsigned int i;

	to_the_steps(_metadata, self->v, 0);
	ASSERT_EQ(0, debug(self->v, &self->dbg, ENABLE | STEP));
	for (i = 1; i <= 4; i++)
		EXPECT_DEBUG(EC_STEP, at_steps + 4 * i);
	EXPECT_EQ(1, vcpu_get64(self->v, CORE_REG(regs.regs[0])) >> 16);
	expect_device(_metadata, self->v, false);
	EXPECT_DEBUG(EC_STEP, at_steps + 4 * 5);
	expect_device(_metadata, self->v, true);
	for (i = 6; i <= 8; i++)
		EXPECT_DEBUG(EC_STEP, at_steps + 4 * i);
	EXPECT_EQ((u64)at_done, pc(self->v));
	ASSERT_EQ(0, debug(self->v, &self->dbg, 0));
	vcpu_expect_sync(self->v, 1);
}

/* A signal, an ioctl or a request to leave at once in between: one step all the same. */
TEST_F(debug, steps_are_not_lost)
{
	to_the_steps(_metadata, self->v, 0);
	ASSERT_EQ(0, debug(self->v, &self->dbg, ENABLE | STEP));
	vcpu_complete(self->v);
	EXPECT_EQ((u64)at_steps, pc(self->v));
	EXPECT_DEBUG(EC_STEP, at_steps + 4);
	vcpu_complete(self->v);
	ASSERT_EQ(0, debug(self->v, &self->dbg, ENABLE | STEP));
	EXPECT_DEBUG(EC_STEP, at_steps + 8);
	ASSERT_EQ(0, debug(self->v, &self->dbg, 0));
	expect_device(_metadata, self->v, false);
}

TEST_F(debug, the_guests_own_breakpoint)
{
	vcpu_start(self->v, guest_own_breakpoint, 0);
	ASSERT_EQ(0, debug(self->v, &self->dbg, ENABLE | HW | STEP));
	ASSERT_EQ(KVM_EXIT_DEBUG, vcpu_run_exit(self->v));
	ASSERT_EQ(0, debug(self->v, &self->dbg, 0));
	vcpu_expect_sync(self->v, 1);
}

static bool any_device(struct vcpu *v)
{
	return v->run->mmio.phys_addr - GUEST_MMIO_BASE < 8;
}

TEST_F(debug, the_guests_own_steps)
{
	self->vm.mmio = any_device;
	memset(fresh_page, 0, sizeof(fresh_page));
	vcpu_start(self->v, guest_steps_itself, 0);
	vcpu_expect_sync(self->v, 1);
}

TEST_F(debug, the_guests_own_steps_locked)
{
	self->vm.mmio = any_device;
	vcpu_start(self->v, guest_steps_itself, 1);
	vcpu_expect_sync(self->v, 1);
}

TEST_F(debug, os_lock)
{
	u64 oslsr = ARM64_SYS_REG(2, 0, 1, 1, 4);

	vcpu_start(self->v, guest_locks, 0);
	vcpu_expect_sync(self->v, 1);
	EXPECT_EQ(0, vcpu_get64(self->v, oslsr) & 2);
	vcpu_set64(self->v, oslsr, vcpu_get64(self->v, oslsr) | 2);
	vcpu_expect_sync(self->v, 2);
}

TEST_HARNESS_MAIN
