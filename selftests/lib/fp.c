// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filling and comparing the SIMD, FP and SVE registers (fp.h).
 */
#include "arch.h"
#include "fp.h"

#define ALL_V(op) \
	op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) \
	op(12) op(13) op(14) op(15) op(16) op(17) op(18) op(19) op(20) op(21) op(22) \
	op(23) op(24) op(25) op(26) op(27) op(28) op(29) op(30) op(31)

#define SVE	".arch_extension sve\n"

u32 sve_vq(void)
{
	u64 bytes;

	asm volatile(SVE "rdvl %0, #1" : "=r" (bytes));
	return bytes / 16;
}

/* FFR can only be a run of ones that begins at bit 0. */
static void ffr_pattern(u8 *ffr, u32 bits, u64 seed)
{
	u32 ones = (seed ^ seed >> 6 ^ seed >> 32) % bits, i;

	for (i = 0; i < bits; i++) {
		if (i % 8 == 0)
			ffr[i / 8] = 0;
		if (i < ones)
			ffr[i / 8] |= 1 << i % 8;
	}
}

void sve_pattern(struct sve_state *state, u32 vq, u64 seed)
{
	u32 words = (SVE_STATE_SIZE(vq) - vq * 2) / 2, i;
	u64 mixed = seed;

	for (i = 0; i < words; i++) {
		mixed = mixed * 6364136223846793005UL + 1442695040888963407UL;
		((u16 *)state->bytes)[i] = mixed >> 48;
	}
	ffr_pattern(state->bytes + 2 * words, vq * 16, seed);
}

void sve_fill(struct sve_state *room, u64 seed)
{
	u8 *at = room->bytes;

	sve_pattern(room, sve_vq(), seed);
#define LOAD_Z(n)	"ldr z" #n ", [%0, #" #n ", mul vl]\n"
#define LOAD_P(n)	"ldr p" #n ", [%0, #" #n ", mul vl]\n"
	asm volatile(SVE ALL_V(LOAD_Z)
		     "addvl %0, %0, #16\n addvl %0, %0, #16\n"
		     "ldr p0, [%0, #16, mul vl]\n wrffr p0.b\n"
		     LOAD_P(0) LOAD_P(1) LOAD_P(2) LOAD_P(3) LOAD_P(4) LOAD_P(5) LOAD_P(6) LOAD_P(7)
		     LOAD_P(8) LOAD_P(9) LOAD_P(10) LOAD_P(11) LOAD_P(12) LOAD_P(13) LOAD_P(14)
		     LOAD_P(15) : "+r" (at) : : "memory");
}

void sve_save(struct sve_state *state)
{
	u8 *at = state->bytes;

#define SAVE_Z(n)	"str z" #n ", [%0, #" #n ", mul vl]\n"
#define SAVE_P(n)	"str p" #n ", [%0, #" #n ", mul vl]\n"
	asm volatile(SVE ALL_V(SAVE_Z)
		     "addvl %0, %0, #16\n addvl %0, %0, #16\n"
		     SAVE_P(0) SAVE_P(1) SAVE_P(2) SAVE_P(3) SAVE_P(4) SAVE_P(5) SAVE_P(6) SAVE_P(7)
		     SAVE_P(8) SAVE_P(9) SAVE_P(10) SAVE_P(11) SAVE_P(12) SAVE_P(13) SAVE_P(14)
		     SAVE_P(15)
		     "rdffr p0.b\n str p0, [%0, #16, mul vl]\n" : "+r" (at) : : "memory");
}

u64 sve_count_wrong(struct sve_state *room, u64 seed)
{
	u32 vq = sve_vq(), words = (SVE_STATE_SIZE(vq) - vq * 2) / 2, i;
	u8 ffr[SVE_MAX_VQ * 2];
	u64 mixed = seed, wrong = 0;

	sve_save(room);
	for (i = 0; i < words; i++) {
		mixed = mixed * 6364136223846793005UL + 1442695040888963407UL;
		wrong += ((u16 *)room->bytes)[i] != mixed >> 48;
	}
	ffr_pattern(ffr, vq * 16, seed);
	for (i = 0; i < vq * 2; i++)
		wrong += room->bytes[2 * words + i] != ffr[i];
	return wrong;
}

void fp_fill(u64 v)
{
#define FILL(n)	"add %0, %0, #1\n dup v" #n ".2d, %0\n"
	asm volatile(ALL_V(FILL) : "+r" (v) : : "memory");
}

u64 fp_count_wrong(u64 v)
{
	u64 wrong = 0, t;

#define LOOK(n)							\
	"add %1, %1, #1\n"					\
	"mov %2, v" #n ".d[0]\n cmp %2, %1\n cinc %0, %0, ne\n"	\
	"mov %2, v" #n ".d[1]\n cmp %2, %1\n cinc %0, %0, ne\n"
	asm volatile(ALL_V(LOOK) : "+r" (wrong), "+r" (v), "=&r" (t) : : "cc", "memory");
	return wrong;
}
