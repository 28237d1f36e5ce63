/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SIMD, FP and SVE registers, to and from memory.
 *
 * Built once for each backend. Runs at EL2, which does not trap them at the time.
 * All of x0-x3 may be lost.
 */
#include <linux/linkage.h>
#include <asm/assembler.h>
#include <asm/fpsimdmacros.h>

#include "el2_fn.h"

	.arch_extension sve

/* Z0-Z31, then P0-P15 and FFR: what is in memory at x0, by the vector length of now. */
.macro each_z insn
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, \
		20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\insn	z\n, [x0, #\n, mul vl]
	.endr
.endm

.macro each_p insn
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\insn	p\n, [x0, #\n, mul vl]
	.endr
.endm

/* An immediate cannot say 32. */
.macro behind_z
	addvl	x0, x0, #16
	addvl	x0, x0, #16
.endm

/* void EL2_FN(fp_save)(struct user_fpsimd_state *fp) */
SYM_FUNC_START(EL2_FN(fp_save))
	fpsimd_save x0, 8
	ret
SYM_FUNC_END(EL2_FN(fp_save))

/* void EL2_FN(fp_restore)(const struct user_fpsimd_state *fp) */
SYM_FUNC_START(EL2_FN(fp_restore))
	fpsimd_restore x0, 8
	ret
SYM_FUNC_END(EL2_FN(fp_restore))

/* void EL2_FN(sve_save)(void *state, u32 *fpsr): FPCR is behind FPSR */
SYM_FUNC_START(EL2_FN(sve_save))
	each_z	str
	behind_z
	each_p	str
	rdffr	p0.b
	str	p0, [x0, #16, mul vl]
	mrs	x2, fpsr
	mrs	x3, fpcr
	stp	w2, w3, [x1]
	ret
SYM_FUNC_END(EL2_FN(sve_save))

/* void EL2_FN(sve_restore)(const void *state, const u32 *fpsr) */
SYM_FUNC_START(EL2_FN(sve_restore))
	each_z	ldr
	behind_z
	ldr	p0, [x0, #16, mul vl]
	wrffr	p0.b
	each_p	ldr
	ldp	w2, w3, [x1]
	msr	fpsr, x2
	msr	fpcr, x3
	ret
SYM_FUNC_END(EL2_FN(sve_restore))
