/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What code that runs inside a guest may use: its CPU block, reports to the
 * host (ucalls), exception hooks, locks, calls to PSCI and SMCCC.  Guest code
 * sits in the test's own file and calls nothing of libc; it is compiled for
 * the general registers only, so an exception handler saves no others.
 */
#ifndef SELFTESTS_LIB_GUEST_H
#define SELFTESTS_LIB_GUEST_H

#include <stdbool.h>
#include <linux/types.h>
#include "arch.h"
#include "layout.h"

#define GUEST_NR_INTIDS		1024
#define UCALL_ARGS		6

/**
 * enum ucall_cmd - what a guest CPU tells its host thread
 * @UCALL_NONE:   the guest did not speak; the exit is in struct kvm_run
 * @UCALL_DONE:   the guest function is over and all it asserted held
 * @UCALL_SYNC:   a step is reached: args[0] names it
 * @UCALL_ASSERT: an assertion failed; the host reports it and fails the test
 * @UCALL_PRINT:  a line for the test's output
 */
enum ucall_cmd {
	UCALL_NONE,
	UCALL_DONE,
	UCALL_SYNC,
	UCALL_ASSERT,
	UCALL_PRINT,
};

/**
 * struct guest_cpu - one guest CPU, shared with its host thread
 * @sp: top of its stack, read by the startup code
 * @entry: first C function
 * @arg: argument of @entry
 * @id: number of the vCPU
 * @catching: the next synchronous exception is expected and skips its instruction
 * @caught: exceptions that were expected and came
 * @esr: syndrome of the last one caught
 * @far: fault address of the last one caught
 * @ucall_cmd: the message of the last ucall
 * @ucall_args: its arguments
 * @irqs: interrupts taken, by INTID
 */
struct guest_cpu {
	u64 sp;
	u64 entry;
	u64 arg;
	u32 id;
	bool catching;
	u32 caught;
	u64 esr;
	u64 far;
	u64 ucall_cmd;
	u64 ucall_args[UCALL_ARGS];
	u32 irqs[GUEST_NR_INTIDS];
};

/**
 * struct guest_regs - what an exception found, as guest.S stacks it
 * @x: general registers
 * @elr: where it came from; the handler's changes count, as those of all above @vector
 * @spsr: PSTATE there
 * @vector: number of the vector that it came by, offset / 0x80
 */
struct guest_regs {
	u64 x[31];
	u64 elr;
	u64 spsr;
	u64 vector;
};

/**
 * struct guest_hooks - who takes the exceptions, one set per test program
 * @sync: called for a synchronous exception that nobody catches
 * @irq: called with IRQs and FIQs masked; gic_irq() unless a test sets another
 * @fiq: the same for group 0
 * @serror: called for an SError, which fails the test unless somebody wants it
 * @intid: called by gic_irq() and gic_fiq() between acknowledge and EOI
 *
 * A plain global: host code sets it before the guest starts, guest code may
 * set it while it runs.
 */
struct guest_hooks {
	void (*sync)(struct guest_regs *regs);
	void (*irq)(struct guest_regs *regs);
	void (*fiq)(struct guest_regs *regs);
	void (*serror)(struct guest_regs *regs);
	void (*intid)(u32 intid);
};

extern struct guest_hooks guest_hooks;

/* The startup code; enter it with x0 = struct guest_cpu, MMU and caches off. */
extern char guest_start[];

static inline struct guest_cpu *guest_self(void)
{
	return (struct guest_cpu *)read_sysreg(tpidr_el1);
}

void guest_ucall(enum ucall_cmd cmd);
void guest_sync(u64 step);
void guest_done(void);
void guest_print(const char *fmt, u64 a, u64 b, u64 c);
void guest_assert_failed(const char *file, u64 line, const char *what, u64 seen, u64 want);

#define GUEST_ASSERT(cond) do {						\
	if (!(cond))							\
		guest_assert_failed(__FILE__, __LINE__, #cond, 0, 1);	\
} while (0)

#define GUEST_ASSERT_EQ(seen, want) do {				\
	u64 __seen = (u64)(seen), __want = (u64)(want);			\
	if (__seen != __want)						\
		guest_assert_failed(__FILE__, __LINE__, #seen " == " #want, \
				    __seen, __want);			\
} while (0)

/* Waits without a bound: a test that never gets there dies by its timeout. */
#define GUEST_WAIT(cond) do {						\
	while (!(cond))							\
		cpu_relax();						\
} while (0)

/**
 * GUEST_CATCH() - run one statement that should take one exception
 * @stmt: must fault on one instruction, which is then skipped
 *
 * Return: the syndrome of the exception, or 0 where none came.
 */
#define GUEST_CATCH(stmt) ({						\
	guest_catch_begin();						\
	stmt;								\
	guest_catch_end();						\
})

/* That statement's instruction is UNDEFINED; no exception at all is not that. */
#define GUEST_EXPECT_UNDEF(stmt)	GUEST_ASSERT_EQ(GUEST_CATCH(stmt), ESR_UNDEF)

void guest_catch_begin(void);
u64 guest_catch_end(void);

/** struct guest_lock - a ticketless spinlock made of an exclusive pair */
struct guest_lock {
	u32 taken;
};

void guest_lock(struct guest_lock *lock);
void guest_unlock(struct guest_lock *lock);

/** struct smccc_result - x0 to x3 as a call leaves them */
struct smccc_result {
	u64 x0, x1, x2, x3;
};

struct smccc_result guest_hvc(u64 fn, u64 a1, u64 a2, u64 a3);
struct smccc_result guest_smc(u64 fn, u64 a1, u64 a2, u64 a3);

/* Drives an interrupt line by KVM_IRQ_LINE, where vm->mmio is vm_line_device(). */
static inline void guest_set_line(u32 intid, bool level)
{
	mmio_write32(GUEST_LINE_ADDR, intid | (u32)level << 16);
}

/* Busy for so many ticks of the virtual counter. */
void guest_delay(u64 ticks);

#endif
