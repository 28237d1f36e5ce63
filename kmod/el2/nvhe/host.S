/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EL2 while the host runs: its vectors, the door for host calls, and the way
 * out of a fault.
 *
 * All of DAIF is masked. The stack is this CPU's own page, empty but for what
 * is pushed here; the slot on top holds ELR_EL2 and SPSR_EL2 of the host call
 * that is being served, for the return and for peng_nvhe_bad_vector.
 */
#include <linux/linkage.h>
#include <asm/alternative.h>
#include <asm/assembler.h>
#include <asm/esr.h>
#include <asm/virt.h>

#include "asm-offsets.h"
#include "../el2_fn.h"
#include "nvhe.h"

/* ESR_EL2 of peng's own calls. */
#define ESR_CALL	((ESR_ELx_EC_HVC64 << ESR_ELx_EC_SHIFT) | ESR_ELx_IL | NVHE_HVC)

.macro vector target
	.align	7
	b	\target
.endm

	.text
	.align	11
SYM_CODE_START(peng_nvhe_host_vectors)
	.rept	8			// current EL
	vector	peng_nvhe_bad_vector
	.endr

	vector	host_sync		// lower EL, AArch64
	.rept	3			// HCR_EL2 of the host routes none here
	vector	peng_nvhe_bad_vector
	.endr

	vector	host_trap		// lower EL, AArch32: user space
	.rept	3
	vector	peng_nvhe_bad_vector
	.endr
SYM_CODE_END(peng_nvhe_host_vectors)

/*
 * peng's own call: x0 number, x1-x3 arguments; the answer is in x0, and call.S
 * expects no other register to survive.
 */
SYM_CODE_START_LOCAL(host_sync)
	stp	x0, x1, [sp, #-16]!
	mrs	x0, esr_el2
	mov_q	x1, ESR_CALL
	cmp	x0, x1
	b.ne	host_other
	ldp	x0, x1, [sp]
	mrs	x4, elr_el2
	mrs	x5, spsr_el2
	stp	x4, x5, [sp]
	mrs	x4, tpidr_el2
	mov	w5, #1
	strb	w5, [x4, #NVHE_BUSY]
	mov	x29, xzr		// here the stack's frame records end
	bl	peng_nvhe_host_call
	mrs	x4, tpidr_el2
	strb	wzr, [x4, #NVHE_BUSY]
	ldp	x4, x5, [sp], #16
	msr	elr_el2, x4
	msr	spsr_el2, x5
	eret
	sb
SYM_CODE_END(host_sync)

/*
 * The hyp stub's calls (asm/virt.h): x0 number. The host may use them at any
 * time for kexec, suspend and hotplug, or to put another hypervisor in: each of
 * them gives EL2 back first. x0 and x1 are on the stack.
 */
SYM_CODE_START_LOCAL(host_other)
	lsr	x0, x0, #ESR_ELx_EC_SHIFT
	cmp	x0, #ESR_ELx_EC_HVC64
	ldp	x0, x1, [sp], #16
	b.ne	host_trap
	cmp	x0, #HVC_SET_VECTORS
	ccmp	x0, #HVC_SOFT_RESTART, #4, ne
	ccmp	x0, #HVC_RESET_VECTORS, #4, ne
	b.eq	1f
	mov_q	x0, HVC_STUB_ERR
	eret
	sb
1:	stp	x0, x1, [sp, #-48]!
	stp	x2, x3, [sp, #16]
	stp	x4, x30, [sp, #32]
	bl	peng_nvhe_quiesce
	ldp	x2, x3, [sp, #16]
	ldp	x4, x30, [sp, #32]
	ldp	x0, x1, [sp], #48
	mrs	x9, tpidr_el2
	ldr	x10, [x9, #NVHE_LEAVE]
	br	x10
SYM_CODE_END(host_other)

/* Reflected to EL1 as UNDEFINED; all registers are the host's. */
SYM_CODE_START_LOCAL(host_trap)
	sub	sp, sp, #160
	stp	x0, x1, [sp, #0]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x29, x30, [sp, #144]
	bl	peng_nvhe_host_trap
	ldp	x0, x1, [sp, #0]
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x29, x30, [sp, #144]
	add	sp, sp, #160
	eret
	sb
SYM_CODE_END(host_trap)

/*
 * An exception that EL2 took from itself. The registers go into the record,
 * then the stack starts anew in the rest of this CPU's page, so that an
 * overflow can be told too.
 */
SYM_CODE_START(peng_nvhe_bad_vector)
	el2_check_stack 8f
	stp	x0, x1, [sp, #-16]!
	mrs	x0, tpidr_el2
	add	x0, x0, #NVHE_PANIC_REGS
	ldr	x1, [sp]
	str	x1, [x0]
	ldr	x1, [sp, #8]
	add	sp, sp, #16
	b	9f
8:	mrs	x0, tpidr_el2
	add	x0, x0, #NVHE_PANIC_REGS
	str	xzr, [x0]
9:	str	x1, [x0, #8]
	stp	x2, x3, [x0, #16]
	stp	x4, x5, [x0, #32]
	stp	x6, x7, [x0, #48]
	stp	x8, x9, [x0, #64]
	stp	x10, x11, [x0, #80]
	stp	x12, x13, [x0, #96]
	stp	x14, x15, [x0, #112]
	stp	x16, x17, [x0, #128]
	stp	x18, x19, [x0, #144]
	stp	x20, x21, [x0, #160]
	stp	x22, x23, [x0, #176]
	stp	x24, x25, [x0, #192]
	stp	x26, x27, [x0, #208]
	stp	x28, x29, [x0, #224]
	mov	x1, sp
	stp	x30, x1, [x0, #240]

	/* Nobody waits for an answer, or this is the second fault in a row. */
	mrs	x19, tpidr_el2
	ldrb	w1, [x19, #NVHE_BUSY]
	cbz	w1, .
	strb	wzr, [x19, #NVHE_BUSY]

	add	x1, x19, #PAGE_SIZE
	mov	sp, x1
	mov	x29, xzr
	bl	peng_nvhe_panic

	ldr	x1, [x19, #NVHE_OWN_SP]
	ldp	x4, x5, [x1, #-16]
	msr	elr_el2, x4
	msr	spsr_el2, x5
	mov	sp, x1
	mov_q	x0, NVHE_PANIC
	eret
	sb
SYM_CODE_END(peng_nvhe_bad_vector)
