// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's half of the library: exceptions, and what it says to the host.
 * A ucall leaves its message in struct guest_cpu, which the host thread reads
 * in place, and then stores to an address that has no memory behind it: that
 * works as soon as KVM_EXIT_MMIO does.
 */
#include <stddef.h>
#include "guest.h"
#include "gic.h"

_Static_assert(offsetof(struct guest_cpu, sp) == GUEST_CPU_SP, "guest.S");
_Static_assert(offsetof(struct guest_cpu, entry) == GUEST_CPU_ENTRY, "guest.S");
_Static_assert(offsetof(struct guest_cpu, arg) == GUEST_CPU_ARG, "guest.S");
_Static_assert(offsetof(struct guest_regs, elr) == GUEST_REGS_ELR, "guest.S");
_Static_assert(offsetof(struct guest_regs, spsr) == GUEST_REGS_SPSR, "guest.S");
_Static_assert(sizeof(struct guest_regs) == GUEST_REGS_SIZE, "guest.S");

struct guest_hooks guest_hooks = {
	.irq = gic_irq,
	.fiq = gic_fiq,
};

void guest_exception(struct guest_regs *regs, u64 vector);

void guest_ucall(enum ucall_cmd cmd)
{
	guest_self()->ucall_cmd = cmd;
	dsb(ish);
	mmio_write32(GUEST_UCALL_ADDR, cmd);
}

void guest_sync(u64 step)
{
	guest_self()->ucall_args[0] = step;
	guest_ucall(UCALL_SYNC);
}

void guest_done(void)
{
	guest_ucall(UCALL_DONE);
}

void guest_print(const char *fmt, u64 a, u64 b, u64 c)
{
	u64 *args = guest_self()->ucall_args;

	args[0] = (u64)fmt;
	args[1] = a;
	args[2] = b;
	args[3] = c;
	guest_ucall(UCALL_PRINT);
}

void guest_assert_failed(const char *file, u64 line, const char *what, u64 seen, u64 want)
{
	u64 *args = guest_self()->ucall_args;

	args[0] = (u64)file;
	args[1] = line;
	args[2] = (u64)what;
	args[3] = seen;
	args[4] = want;
	guest_ucall(UCALL_ASSERT);
}

void guest_catch_begin(void)
{
	struct guest_cpu *cpu = guest_self();

	cpu->esr = 0;
	WRITE_ONCE(cpu->catching, true);
	asm volatile("" : : : "memory");
}

u64 guest_catch_end(void)
{
	struct guest_cpu *cpu = guest_self();

	asm volatile("" : : : "memory");
	WRITE_ONCE(cpu->catching, false);
	return READ_ONCE(cpu->esr);
}

static void take_sync(struct guest_regs *regs)
{
	struct guest_cpu *cpu = guest_self();
	u64 esr = read_sysreg(esr_el1);
	u64 far = read_sysreg(far_el1);

	if (READ_ONCE(cpu->catching)) {
		cpu->catching = false;
		cpu->caught++;
		cpu->esr = esr;
		cpu->far = far;
		/* A branch to nowhere left the way back in x30. */
		if (ESR_EC(esr) == ESR_EC_IABT_CUR || ESR_EC(esr) == ESR_EC_PC_ALIGN)
			regs->elr = regs->x[30];
		else
			regs->elr += 4;
		return;
	}
	if (guest_hooks.sync) {
		guest_hooks.sync(regs);
		return;
	}
	guest_print("unexpected exception: ESR %#llx ELR %#llx FAR %#llx", esr, regs->elr, far);
	guest_assert_failed(__FILE__, __LINE__, "no exception", ESR_EC(esr), 0);
}

void guest_exception(struct guest_regs *regs, u64 vector)
{
	regs->vector = vector;
	switch (vector % 4) {
	case 0:
		take_sync(regs);
		break;
	case 1:
		guest_hooks.irq(regs);
		break;
	case 2:
		guest_hooks.fiq(regs);
		break;
	default:
		if (guest_hooks.serror) {
			guest_hooks.serror(regs);
			break;
		}
		guest_assert_failed(__FILE__, __LINE__, "no SError", read_sysreg(esr_el1), 0);
	}
}

void guest_lock(struct guest_lock *lock)
{
	u32 expected;

	do {
		expected = 0;
	} while (!__atomic_compare_exchange_n(&lock->taken, &expected, 1, false,
					      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
}

void guest_unlock(struct guest_lock *lock)
{
	__atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}

#define SMCCC_CALL(conduit)						\
	register u64 r0 asm("x0") = fn;					\
	register u64 r1 asm("x1") = a1;					\
	register u64 r2 asm("x2") = a2;					\
	register u64 r3 asm("x3") = a3;					\
									\
	asm volatile(conduit " #0"					\
		     : "+r" (r0), "+r" (r1), "+r" (r2), "+r" (r3)	\
		     : : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", \
		       "x12", "x13", "x14", "x15", "x16", "x17", "memory"); \
	return (struct smccc_result){ r0, r1, r2, r3 }

struct smccc_result guest_hvc(u64 fn, u64 a1, u64 a2, u64 a3)
{
	SMCCC_CALL("hvc");
}

struct smccc_result guest_smc(u64 fn, u64 a1, u64 a2, u64 a3)
{
	SMCCC_CALL("smc");
}

void guest_delay(u64 ticks)
{
	u64 start = counter_virtual();

	GUEST_WAIT(counter_virtual() - start >= ticks);
}
