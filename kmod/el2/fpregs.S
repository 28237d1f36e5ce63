/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SIMD, FP and SVE registers, to and from memory.
 *
 * Built once for each backend. Runs at EL2, which does not trap them at the time.
 * All of x0-x3 may be lost.
 */
#include <linux/linkage.h>
#include <asm/assembler.h>

#include "el2_fn.h"

	.arch_extension sve

/* FPSR and then FPCR are behind these, and so they are in struct peng_context for SVE. */
#define VREGS_SIZE	(32 * 16)

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

/* Q0-Q31, as struct user_fpsimd_state at x0 begins. */
.macro each_q insn
	\insn	q0, q1, [x0, #16 * 0]
	\insn	q2, q3, [x0, #16 * 2]
	\insn	q4, q5, [x0, #16 * 4]
	\insn	q6, q7, [x0, #16 * 6]
	\insn	q8, q9, [x0, #16 * 8]
	\insn	q10, q11, [x0, #16 * 10]
	\insn	q12, q13, [x0, #16 * 12]
	\insn	q14, q15, [x0, #16 * 14]
	\insn	q16, q17, [x0, #16 * 16]
	\insn	q18, q19, [x0, #16 * 18]
	\insn	q20, q21, [x0, #16 * 20]
	\insn	q22, q23, [x0, #16 * 22]
	\insn	q24, q25, [x0, #16 * 24]
	\insn	q26, q27, [x0, #16 * 26]
	\insn	q28, q29, [x0, #16 * 28]
	\insn	q30, q31, [x0, #16 * 30]
.endm

/* An immediate cannot say 32. */
.macro behind_z
	addvl	x0, x0, #16
	addvl	x0, x0, #16
.endm

/* FPSR from w2, FPCR from w3. A write of the latter may be slow, and is seldom needed. */
.macro status_restore
	msr	fpsr, x2
	mrs	x2, fpcr
	cmp	x2, x3
	b.eq	.Lsame\@
	msr	fpcr, x3
.Lsame\@:
.endm

/* void EL2_FN(fp_save)(struct user_fpsimd_state *fp) */
SYM_FUNC_START(EL2_FN(fp_save))
	each_q	stp
	mrs	x2, fpsr
	mrs	x3, fpcr
	add	x0, x0, #VREGS_SIZE
	stp	w2, w3, [x0]
	ret
SYM_FUNC_END(EL2_FN(fp_save))

/* void EL2_FN(fp_restore)(const struct user_fpsimd_state *fp) */
SYM_FUNC_START(EL2_FN(fp_restore))
	each_q	ldp
	add	x0, x0, #VREGS_SIZE
	ldp	w2, w3, [x0]
	status_restore
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
	status_restore
	ret
SYM_FUNC_END(EL2_FN(sve_restore))
