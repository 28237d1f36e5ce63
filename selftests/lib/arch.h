/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The architecture as the bare-metal guests see it: system register access,
 * barriers, exception syndromes, interrupt masks.  Everything here is inline
 * and free of libc, so that it works at EL1 in a guest as well as at EL0.
 */
#ifndef SELFTESTS_LIB_ARCH_H
#define SELFTESTS_LIB_ARCH_H

#include <linux/compiler.h>
#include <linux/types.h>

#define read_sysreg(r) ({					\
	u64 __val;						\
	asm volatile("mrs %0, " #r : "=r" (__val));		\
	__val;							\
})

#define write_sysreg(v, r) do {					\
	u64 __val = (u64)(v);					\
	asm volatile("msr " #r ", %x0" : : "rZ" (__val));	\
} while (0)

#define isb()		asm volatile("isb" : : : "memory")
#define dsb(opt)	asm volatile("dsb " #opt : : : "memory")
#define wfi()		asm volatile("wfi" : : : "memory")
#define wfe()		asm volatile("wfe" : : : "memory")
#define sev()		asm volatile("sev" : : : "memory")
#define cpu_relax()	asm volatile("yield" : : : "memory")

#define irq_enable()	asm volatile("msr daifclr, #2" : : : "memory")
#define irq_disable()	asm volatile("msr daifset, #2" : : : "memory")
#define fiq_enable()	asm volatile("msr daifclr, #1" : : : "memory")
#define serror_enable()	asm volatile("msr daifclr, #4" : : : "memory")
#define serror_disable()	asm volatile("msr daifset, #4" : : : "memory")
#define fiq_disable()	asm volatile("msr daifset, #1" : : : "memory")

/* Relaxed counters that host threads and guest CPUs share. */
#define counter_inc(c)		__atomic_fetch_add(&(c), 1, __ATOMIC_SEQ_CST)
#define counter_read(c)		__atomic_load_n(&(c), __ATOMIC_SEQ_CST)
#define counter_set(c, v)	__atomic_store_n(&(c), (v), __ATOMIC_SEQ_CST)

/* Fields of ESR_ELx, named as in the architecture. */
#define ESR_EC(esr)		(((esr) >> 26) & 0x3f)
#define ESR_ISS(esr)		((esr) & 0x1ffffff)
#define ESR_FSC(esr)		((esr) & 0x3f)
#define ESR_EC_UNKNOWN		0x00
/* All of the syndrome of an instruction that is UNDEFINED: IL alone. */
#define ESR_UNDEF		0x2000000
#define ESR_EC_FP_ASIMD		0x07
#define ESR_EC_SVC64		0x15
#define ESR_EC_SYS64		0x18
#define ESR_EC_SVE		0x19
#define ESR_EC_IABT_CUR		0x21
#define ESR_EC_PC_ALIGN		0x22
#define ESR_EC_DABT_CUR		0x25
#define ESR_EC_SERROR		0x2f
#define ESR_EC_BRK64		0x3c
#define ESR_FSC_EXTABT		0x10

/* PSTATE as a guest starts with: EL1h, all of DAIF masked. */
#define PSTATE_EL1H_DAIF	0x3c5

static inline void mmio_write8(u64 addr, u8 v)
{
	asm volatile("strb %w0, [%1]" : : "rZ" (v), "r" (addr) : "memory");
}

static inline void mmio_write16(u64 addr, u16 v)
{
	asm volatile("strh %w0, [%1]" : : "rZ" (v), "r" (addr) : "memory");
}

static inline void mmio_write32(u64 addr, u32 v)
{
	asm volatile("str %w0, [%1]" : : "rZ" (v), "r" (addr) : "memory");
}

static inline void mmio_write64(u64 addr, u64 v)
{
	asm volatile("str %x0, [%1]" : : "rZ" (v), "r" (addr) : "memory");
}

static inline u8 mmio_read8(u64 addr)
{
	u32 v;

	asm volatile("ldrb %w0, [%1]" : "=r" (v) : "r" (addr) : "memory");
	return v;
}

static inline u16 mmio_read16(u64 addr)
{
	u32 v;

	asm volatile("ldrh %w0, [%1]" : "=r" (v) : "r" (addr) : "memory");
	return v;
}

static inline u32 mmio_read32(u64 addr)
{
	u32 v;

	asm volatile("ldr %w0, [%1]" : "=r" (v) : "r" (addr) : "memory");
	return v;
}

static inline u64 mmio_read64(u64 addr)
{
	u64 v;

	asm volatile("ldr %0, [%1]" : "=r" (v) : "r" (addr) : "memory");
	return v;
}

/* Counters are read behind an ISB, else they may be read too early. */
static inline u64 counter_virtual(void)
{
	isb();
	return read_sysreg(cntvct_el0);
}

static inline u64 counter_physical(void)
{
	isb();
	return read_sysreg(cntpct_el0);
}

#endif
