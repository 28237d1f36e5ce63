/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Enter a guest, and come back from it.
 *
 * Built once for each backend. Runs at EL2 with all of DAIF masked. The C
 * caller's callee-saved registers, the host's SP_EL0 (`current` on arm64) and
 * the context pointer stay in a frame on the stack that SP_EL2 points to while
 * the guest runs; the guest cannot reach that register.
 */
#include <linux/linkage.h>
#include <asm/alternative.h>
#include <asm/assembler.h>
#include <asm/sysreg.h>

#include "asm-offsets.h"
#include "el2_fn.h"

/* The frame: x19-x30, SP_EL0, the context pointer. */
#define FRAME_SP_EL0	96
#define FRAME_CTX	104
#define FRAME_SIZE	112

/* To \label where the guest of context \ctx has no pointer authentication. */
.macro unless_ptrauth ctx, label, tmp
alternative_if_not ARM64_HAS_ADDRESS_AUTH
	b	\label
alternative_else_nop_endif
	ldr	\tmp, [\ctx, #CTX_HCR]
	tbz	\tmp, #HCR_API_SHIFT, \label
.endm

/*
 * enum peng_exit EL2_FN(enter_guest)(struct peng_context *ctx)
 *
 * x0: context. Returns the reason for the exit in w0, with the guest's x0-x30,
 * SP_EL0, PC and PSTATE in the context.
 */
SYM_FUNC_START(EL2_FN(enter_guest))
	stp	x19, x20, [sp, #-FRAME_SIZE]!
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	mrs	x1, sp_el0
	stp	x1, x0, [sp, #FRAME_SP_EL0]

	ldp	x1, x2, [x0, #CTX_PC]		// PC, PSTATE
	ldr	x3, [x0, #CTX_SP_EL0]
	msr	elr_el2, x1
	msr	spsr_el2, x2
	msr	sp_el0, x3

	unless_ptrauth x0, 1f, x1
	add	x1, x0, #CTX_APIAKEY
	ldp	x1, x2, [x1]
	msr_s	SYS_APIAKEYLO_EL1, x1
	msr_s	SYS_APIAKEYHI_EL1, x2
1:
	ldp	x2, x3, [x0, #CTX_X + 16]
	ldp	x4, x5, [x0, #CTX_X + 32]
	ldp	x6, x7, [x0, #CTX_X + 48]
	ldp	x8, x9, [x0, #CTX_X + 64]
	ldp	x10, x11, [x0, #CTX_X + 80]
	ldp	x12, x13, [x0, #CTX_X + 96]
	ldp	x14, x15, [x0, #CTX_X + 112]
	ldp	x16, x17, [x0, #CTX_X + 128]
	ldp	x18, x19, [x0, #CTX_X + 144]
	ldp	x20, x21, [x0, #CTX_X + 160]
	ldp	x22, x23, [x0, #CTX_X + 176]
	ldp	x24, x25, [x0, #CTX_X + 192]
	ldp	x26, x27, [x0, #CTX_X + 208]
	ldp	x28, x29, [x0, #CTX_X + 224]
	ldr	x30, [x0, #CTX_X + 240]
	ldp	x0, x1, [x0, #CTX_X]
	eret
	sb
SYM_FUNC_END(EL2_FN(enter_guest))

/*
 * Where the vectors go. w1: enum peng_exit; the guest's x0 and x1 are on top of
 * the stack, above the frame; all other registers are the guest's.
 */
SYM_CODE_START(EL2_FN(leave_guest))
	ldr	x0, [sp, #16 + FRAME_CTX]
	stp	x2, x3, [x0, #CTX_X + 16]
	stp	x4, x5, [x0, #CTX_X + 32]
	ldp	x2, x3, [sp], #16		// the guest's x0 and x1
	stp	x2, x3, [x0, #CTX_X]
	stp	x6, x7, [x0, #CTX_X + 48]
	stp	x8, x9, [x0, #CTX_X + 64]
	stp	x10, x11, [x0, #CTX_X + 80]
	stp	x12, x13, [x0, #CTX_X + 96]
	stp	x14, x15, [x0, #CTX_X + 112]
	stp	x16, x17, [x0, #CTX_X + 128]
	stp	x18, x19, [x0, #CTX_X + 144]
	stp	x20, x21, [x0, #CTX_X + 160]
	stp	x22, x23, [x0, #CTX_X + 176]
	stp	x24, x25, [x0, #CTX_X + 192]
	stp	x26, x27, [x0, #CTX_X + 208]
	stp	x28, x29, [x0, #CTX_X + 224]
	str	x30, [x0, #CTX_X + 240]

	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	mrs	x4, sp_el0
	stp	x2, x3, [x0, #CTX_PC]
	str	x4, [x0, #CTX_SP_EL0]

	/*
	 * Branch history and predictions that the guest trained must not steer
	 * the host (Spectre-BHB, Spectre-v2). Before the first indirect branch or
	 * return. The firmware's call keeps x4 and above.
	 */
	ldr	w2, [x0, #CTX_BHB_LOOPS]
	ldr	w3, [x0, #CTX_EXIT_CALL]
	cbz	w2, 2f
1:	b	. + 4
	subs	w2, w2, #1
	b.ne	1b
	sb
2:	cbz	w3, 3f
	mov	x4, x0
	mov	w5, w1
	mov	w0, w3
	smc	#0
	mov	x0, x4
	mov	w1, w5
3:
	/* Exception entry sets PAN only where TGE is set, and it was not. */
	ALTERNATIVE(nop, SET_PSTATE_PAN(1), ARM64_HAS_PAN, CONFIG_ARM64_PAN)

	/* The caller has signed its return address with the host's key. */
	unless_ptrauth x0, 4f, x2
	mrs_s	x2, SYS_APIAKEYLO_EL1
	mrs_s	x3, SYS_APIAKEYHI_EL1
	add	x4, x0, #CTX_APIAKEY
	stp	x2, x3, [x4]
	add	x4, x0, #CTX_HOST_APIAKEY
	ldp	x2, x3, [x4]
	msr_s	SYS_APIAKEYLO_EL1, x2
	msr_s	SYS_APIAKEYHI_EL1, x3
	isb
4:
	ldr	x2, [sp, #FRAME_SP_EL0]
	msr	sp_el0, x2
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	ldp	x19, x20, [sp], #FRAME_SIZE
	mov	w0, w1
	ret
SYM_CODE_END(EL2_FN(leave_guest))
