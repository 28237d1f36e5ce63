/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Patterns in the SIMD, FP and SVE registers, of guest CPUs and of host threads:
 * nothing here is compiled to use them otherwise.
 */
#ifndef SELFTESTS_LIB_FP_H
#define SELFTESTS_LIB_FP_H

#include <linux/types.h>

/* Vector lengths are counted in units of 128 bits. */
#define SVE_MAX_VQ		16
#define SVE_NR_Z		32
#define SVE_NR_P		16
/* All Z, then all P, then FFR, of so many units. */
#define SVE_STATE_SIZE(vq)	((vq) * (SVE_NR_Z * 16 + (SVE_NR_P + 1) * 2))

/** struct sve_state - room for the registers of any vector length */
struct sve_state {
	u8 bytes[SVE_STATE_SIZE(SVE_MAX_VQ)] __attribute__((aligned(16)));
};

/* The length of now. */
u32 sve_vq(void);
/* What sve_fill() puts into the registers. */
void sve_pattern(struct sve_state *state, u32 vq, u64 seed);
/* Z0-Z31, P0-P15 and FFR; @room is lost. */
void sve_fill(struct sve_state *room, u64 seed);
void sve_save(struct sve_state *state);
/* How many words of 16 bits are not what sve_fill() put there. */
u64 sve_count_wrong(struct sve_state *room, u64 seed);

/* All 32 V registers hold numbers that begin behind @v, in both halves. */
void fp_fill(u64 v);
u64 fp_count_wrong(u64 v);

#endif
