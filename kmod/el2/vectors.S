/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EL2 exception vectors while a guest runs on a VHE host (Arm ARM D1.10.2).
 *
 * VBAR_EL2 points here only between vhe_enter() and its return, with all of
 * DAIF masked. An exception from the guest leaves it; an exception that EL2
 * takes from itself in that stretch is a defect of peng.
 */
#include <linux/linkage.h>
#include <asm/assembler.h>

#include "asm-offsets.h"

/*
 * From the guest. The ESB makes an SError that the guest left behind show in
 * DISR_EL1 instead of hitting the host later; a NOP where RAS is absent.
 */
.macro guest_vector reason
	.align	7
	esb
	stp	x0, x1, [sp, #-16]!
	mov	w1, #\reason
	b	peng_vhe_leave_guest
.endm

/* From EL2 itself: x0 = ESR, x1 = ELR, x2 = FAR for the report. */
.macro host_vector
	.align	7
	mrs	x0, esr_el2
	mrs	x1, elr_el2
	mrs	x2, far_el2
	b	peng_vhe_bad_exception
.endm

	.text
	.align	11
SYM_CODE_START(peng_vhe_vectors)
	.rept	4			// current EL with SP_EL0
	host_vector
	.endr

	/*
	 * Current EL with SP_EL2. An ERET to a PSTATE that the guest may not
	 * have stays at EL2 with PSTATE.IL set, and arrives here as an Illegal
	 * Execution state exception from the guest's PC: the registers are the
	 * guest's, so it is left like any other exit.
	 */
	.align	7
	stp	x0, x1, [sp, #-16]!
	mrs	x0, esr_el2
	lsr	x0, x0, #26
	cmp	x0, #0x0e			// ESR_ELx_EC_ILL
	b.ne	1f
	mov	w1, #EXIT_ILLEGAL
	b	peng_vhe_leave_guest
1:	mrs	x0, esr_el2
	mrs	x1, elr_el2
	mrs	x2, far_el2
	b	peng_vhe_bad_exception
	.rept	3
	host_vector
	.endr

	guest_vector	EXIT_SYNC	// lower EL, AArch64
	guest_vector	EXIT_IRQ
	guest_vector	EXIT_IRQ	// FIQ
	guest_vector	EXIT_SERROR

	/*
	 * Lower EL, AArch32: taken only where EL1 is AArch32, which HCR_EL2.RW
	 * rules out.
	 */
	.rept	4
	host_vector
	.endr
SYM_CODE_END(peng_vhe_vectors)
