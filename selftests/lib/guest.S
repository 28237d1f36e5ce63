/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * First instructions and exception vectors of every bare-metal guest.  A CPU
 * arrives with MMU and caches off, whether user space or PSCI CPU_ON started
 * it; nothing is read from memory before the MMU is on, so no cache line can
 * be stale.
 */
#include "layout.h"

	.text

/* x0: struct guest_cpu; no other register is known. */
	.globl	guest_start
guest_start:
	msr	tpidr_el1, x0
	mov	x1, #(GUEST_MAIR & 0xffff)
	msr	mair_el1, x1
	mov	x1, #(GUEST_TCR & 0xffff)
	movk	x1, #((GUEST_TCR >> 16) & 0xffff), lsl #16
	movk	x1, #((GUEST_TCR >> 32) & 0xffff), lsl #32
	msr	tcr_el1, x1
	adrp	x1, guest_pgd
	add	x1, x1, #:lo12:guest_pgd
	msr	ttbr0_el1, x1
	adrp	x1, guest_vectors
	add	x1, x1, #:lo12:guest_vectors
	msr	vbar_el1, x1
	mov	x1, #(3 << 20)			/* CPACR_EL1.FPEN: no traps */
	msr	cpacr_el1, x1
	isb
	tlbi	vmalle1
	ic	iallu
	dsb	nsh
	isb
	mov	x1, #(GUEST_SCTLR & 0xffff)
	movk	x1, #((GUEST_SCTLR >> 16) & 0xffff), lsl #16
	msr	sctlr_el1, x1
	isb
	ldr	x1, [x0, #GUEST_CPU_SP]
	mov	sp, x1
	ldr	x1, [x0, #GUEST_CPU_ENTRY]
	ldr	x0, [x0, #GUEST_CPU_ARG]
	mov	x29, xzr
	mov	x30, xzr
	blr	x1
	bl	guest_done
1:	wfi
	b	1b

	.macro	vector	number
	.balign	128
	sub	sp, sp, #GUEST_REGS_SIZE
	stp	x0, x1, [sp]
	mov	x1, #\number
	b	guest_exception_entry
	.endm

	.balign	2048
guest_vectors:
	.irp	number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vector	\number
	.endr

/* x0 and x1 are stacked, x1: vector number, all others as in the guest. */
guest_exception_entry:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x2, elr_el1
	mrs	x3, spsr_el1
	stp	x30, x2, [sp, #(GUEST_REGS_ELR - 8)]
	str	x3, [sp, #GUEST_REGS_SPSR]
	mov	x0, sp
	bl	guest_exception
	ldp	x30, x2, [sp, #(GUEST_REGS_ELR - 8)]
	ldr	x3, [sp, #GUEST_REGS_SPSR]
	msr	elr_el1, x2
	msr	spsr_el1, x3
	ldp	x0, x1, [sp]
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x19, [sp, #144]
	ldp	x20, x21, [sp, #160]
	ldp	x22, x23, [sp, #176]
	ldp	x24, x25, [sp, #192]
	ldp	x26, x27, [sp, #208]
	ldp	x28, x29, [sp, #224]
	add	sp, sp, #GUEST_REGS_SIZE
	eret

	.bss
	.balign	4096
	.globl	guest_pgd
guest_pgd:
	.skip	4096

	.section .note.GNU-stack, "", @progbits
