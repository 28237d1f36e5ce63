/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pointer authentication in guests and host threads. Inline: the compiler signs none
 * of a test's own return addresses.
 */
#ifndef SELFTESTS_LIB_PAUTH_H
#define SELFTESTS_LIB_PAUTH_H

#include <stdbool.h>
#include "arch.h"

#define PAUTH	".arch_extension pauth\n"

/* SCTLR_EL1.{EnIA, EnIB, EnDA, EnDB} */
#define SCTLR_PAUTH	(1UL << 31 | 1UL << 30 | 1UL << 27 | 1UL << 13)

/* op(name, number) for the 64-bit halves of all keys; S3_0_C2_C1_0 and up. */
#define PAUTH_KEYS(op)						\
	op(s3_0_c2_c1_0, 0) op(s3_0_c2_c1_1, 1)	/* APIAKey */	\
	op(s3_0_c2_c1_2, 2) op(s3_0_c2_c1_3, 3)	/* APIBKey */	\
	op(s3_0_c2_c2_0, 4) op(s3_0_c2_c2_1, 5)	/* APDAKey */	\
	op(s3_0_c2_c2_2, 6) op(s3_0_c2_c2_3, 7)	/* APDBKey */	\
	op(s3_0_c2_c3_0, 8) op(s3_0_c2_c3_1, 9)	/* APGAKey */
#define PAUTH_NR_KEYS	10

/** struct pauth_signed - one pointer, signed by each key; and the generic code */
struct pauth_signed {
	u64 ia, ib, da, db, ga;
};

static inline u64 pauth_key(u64 seed, u32 number)
{
	return (seed + number + 1) * 0x9e3779b97f4a7c15UL;
}

/* In a guest: keys that follow from @seed, and in use. */
static inline void pauth_start(u64 seed)
{
#define PAUTH_SET(reg, n)	write_sysreg(pauth_key(seed, n), reg);
	PAUTH_KEYS(PAUTH_SET)
	write_sysreg(read_sysreg(sctlr_el1) | SCTLR_PAUTH, sctlr_el1);
	isb();
}

static inline u32 pauth_wrong_keys(u64 seed)
{
	u32 wrong = 0;

#define PAUTH_LOOK(reg, n)	wrong += read_sysreg(reg) != pauth_key(seed, n);
	PAUTH_KEYS(PAUTH_LOOK)
	return wrong;
}

static inline struct pauth_signed pauth_sign(u64 pointer, u64 with)
{
	struct pauth_signed s = { pointer, pointer, pointer, pointer, 0 };

	asm volatile(PAUTH "pacia %0, %1" : "+r" (s.ia) : "r" (with));
	asm volatile(PAUTH "pacib %0, %1" : "+r" (s.ib) : "r" (with));
	asm volatile(PAUTH "pacda %0, %1" : "+r" (s.da) : "r" (with));
	asm volatile(PAUTH "pacdb %0, %1" : "+r" (s.db) : "r" (with));
	asm volatile(PAUTH "pacga %0, %1, %2" : "=r" (s.ga) : "r" (pointer), "r" (with));
	return s;
}

/* How many of the five codes are not what they were. */
static inline u32 pauth_count_wrong(const struct pauth_signed *was, u64 pointer, u64 with)
{
	struct pauth_signed now = pauth_sign(pointer, with);

	return (now.ia != was->ia) + (now.ib != was->ib) + (now.da != was->da) +
	       (now.db != was->db) + (now.ga != was->ga);
}

/* Whether all four signatures hold; a CPU with FEAT_FPAC faults where they do not. */
static inline bool pauth_holds(struct pauth_signed s, u64 pointer, u64 with)
{
	asm volatile(PAUTH "autia %0, %1" : "+r" (s.ia) : "r" (with));
	asm volatile(PAUTH "autib %0, %1" : "+r" (s.ib) : "r" (with));
	asm volatile(PAUTH "autda %0, %1" : "+r" (s.da) : "r" (with));
	asm volatile(PAUTH "autdb %0, %1" : "+r" (s.db) : "r" (with));
	return s.ia == pointer && s.ib == pointer && s.da == pointer && s.db == pointer;
}

#endif
