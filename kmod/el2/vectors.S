/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EL2 exception vectors while a guest runs (Arm ARM D1.10.2).
 *
 * Built once for each backend. VBAR_EL2 points here only from just before the
 * guest is entered until just after it is left, with all of DAIF masked. An
 * exception from the guest leaves it; one that EL2 takes from itself in that
 * stretch is a defect of peng, with two exceptions that are told below.
 */
#include <linux/linkage.h>
#include <asm/alternative.h>
#include <asm/assembler.h>
#include <asm/esr.h>
#include <asm/ptrace.h>

#include "asm-offsets.h"
#include "el2_fn.h"

/*
 * From the guest. The ESB makes an SError that the guest left behind show in
 * DISR_EL1 instead of hitting the host later; a NOP where RAS is absent.
 */
.macro guest_vector reason
	.align	7
	esb
	stp	x0, x1, [sp, #-16]!
	mov	w1, #\reason
	b	EL2_FN(leave_guest)
.endm

.macro own_vector target
	.align	7
	b	\target
.endm

	.text
	.align	11
SYM_CODE_START(EL2_FN(vectors))
	.rept	4			// current EL with SP_EL0
	own_vector EL2_FN(bad_vector)
	.endr

	own_vector el2_sync		// current EL with SP_EL2
	own_vector EL2_FN(bad_vector)
	own_vector EL2_FN(bad_vector)
	own_vector el2_serror

	guest_vector	EXIT_SYNC	// lower EL, AArch64
	guest_vector	EXIT_IRQ
	guest_vector	EXIT_IRQ	// FIQ
	guest_vector	EXIT_SERROR

	/*
	 * Lower EL, AArch32: taken only where EL1 is AArch32, which HCR_EL2.RW
	 * rules out.
	 */
	.rept	4
	own_vector EL2_FN(bad_vector)
	.endr
SYM_CODE_END(EL2_FN(vectors))

/*
 * An ERET to a PSTATE that the guest may not have stays at EL2 with PSTATE.IL
 * set, and arrives here as an Illegal Execution state exception from the
 * guest's PC: the registers are the guest's, so it is left like any other exit.
 */
SYM_CODE_START_LOCAL(el2_sync)
	el2_check_stack EL2_FN(bad_vector)
	stp	x0, x1, [sp, #-16]!
	mrs	x0, esr_el2
	lsr	x0, x0, #ESR_ELx_EC_SHIFT
	cmp	x0, #ESR_ELx_EC_ILL
	b.ne	1f
	mov	w1, #EXIT_ILLEGAL
	b	EL2_FN(leave_guest)
1:	ldp	x0, x1, [sp], #16
	b	EL2_FN(bad_vector)
SYM_CODE_END(el2_sync)

/*
 * u64 EL2_FN(take_serror)(void): open the mask for an SError that is pending
 * (ISR_EL1.A, bit 8) where no ESB could consume it. Returns its syndrome, or 0.
 */
SYM_FUNC_START(EL2_FN(take_serror))
	dsb	sy
	isb
	mrs	x1, isr_el1
	mov	x0, xzr
	tbz	x1, #8, 1f
	msr	daifclr, #4
SYM_INNER_LABEL(serror_window, SYM_L_LOCAL)
	isb				// taken here at the latest
	msr	daifset, #4
1:	ret
SYM_FUNC_END(EL2_FN(take_serror))

/* In that window x0 and x1 are free; anywhere else an SError of EL2 is bad. */
SYM_CODE_START_LOCAL(el2_serror)
	stp	x0, x1, [sp, #-16]!
	mrs	x0, elr_el2
	adr	x1, serror_window
	sub	x0, x0, x1
	cmp	x0, #4
	b.hi	1f
	add	sp, sp, #16
	mrs	x1, spsr_el2
	orr	x1, x1, #PSR_A_BIT
	msr	spsr_el2, x1
	mrs	x0, esr_el2
	eret
	sb
1:	ldp	x0, x1, [sp], #16
	b	EL2_FN(bad_vector)
SYM_CODE_END(el2_serror)
