/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Into EL2, and out of it again: the code that runs with EL2's MMU off.
 *
 * Read-only data of the module: it is copied to a page of its own, which EL2
 * maps at its physical address, and entered there. Nothing in it depends on
 * where it is.
 */
#include <linux/linkage.h>
#include <asm/alternative.h>
#include <asm/assembler.h>
#include <asm/virt.h>

#include "asm-offsets.h"
#include "nvhe.h"

	.section ".rodata", "a"
	.align	3
SYM_DATA_START(peng_nvhe_idmap)

/*
 * From the hyp stub's HVC_SOFT_RESTART, at EL2 with MMU and caches off.
 * x0: physical address of struct nvhe_cpu. Returns 0 to the caller of the HVC,
 * whose ELR_EL2 and SPSR_EL2 are still in place; x1-x17 are lost.
 */
SYM_INNER_LABEL(peng_nvhe_idmap_take, SYM_L_GLOBAL)
	ldp	x1, x2, [x0, #NVHE_OWN + 0]	// MAIR, TCR
	ldp	x3, x4, [x0, #NVHE_OWN + 16]	// TTBR0, SCTLR
	ldp	x5, x6, [x0, #NVHE_OWN + 32]	// TPIDR, SP
	ldr	x7, [x0, #NVHE_OWN + 48]	// VBAR
	mrs	x8, mair_el2
	mrs	x9, tcr_el2
	mrs	x10, ttbr0_el2
	mrs	x11, sctlr_el2
	mrs	x12, tpidr_el2
	mov	x13, sp
	mrs	x14, vbar_el2

	msr	mair_el2, x1
	msr	tcr_el2, x2
	msr	ttbr0_el2, x3
	isb
	tlbi	alle2
	tlbi	alle1				// of VMIDs that others have used
	ic	iallu
	dsb	nsh
	isb
	msr	sctlr_el2, x4
	isb

	/* Cached from here on; x5 points to the same memory as x0. */
	stp	x8, x9, [x5, #NVHE_STUB + 0]
	stp	x10, x11, [x5, #NVHE_STUB + 16]
	stp	x12, x13, [x5, #NVHE_STUB + 32]
	str	x14, [x5, #NVHE_STUB + 48]
	msr	tpidr_el2, x5
	mov	sp, x6
	msr	vbar_el2, x7
	mov	w8, #1
	strb	w8, [x5, #NVHE_UP]
	mov	x0, xzr
	eret
	sb

/*
 * From host.S, at EL2 with MMU and caches on. x0-x4: a call of the hyp stub,
 * which is done here once EL2 is as it was found. x9: struct nvhe_cpu; x10-x17
 * are lost, which the callers of the stub expect.
 */
SYM_INNER_LABEL(peng_nvhe_idmap_leave, SYM_L_GLOBAL)
	strb	wzr, [x9, #NVHE_UP]
	ldp	x10, x11, [x9, #NVHE_STUB + 0]	// MAIR, TCR
	ldp	x12, x13, [x9, #NVHE_STUB + 16]	// TTBR0, SCTLR
	ldp	x14, x15, [x9, #NVHE_STUB + 32]	// TPIDR, SP
	ldr	x16, [x9, #NVHE_STUB + 48]	// VBAR
	dsb	sy
	msr	sctlr_el2, x13
	isb

	msr	mair_el2, x10
	msr	tcr_el2, x11
	msr	ttbr0_el2, x12
	isb
	tlbi	alle2
	tlbi	alle1				// of the guests' VMIDs
	dsb	nsh
	isb
	msr	tpidr_el2, x14
	mov	sp, x15
	cmp	x0, #HVC_SET_VECTORS
	csel	x16, x1, x16, eq
	msr	vbar_el2, x16
	isb
	cmp	x0, #HVC_SOFT_RESTART
	b.eq	1f
	mov	x0, xzr
	eret
	sb
1:	mov	x9, x1
	mov	x0, x2
	mov	x1, x3
	mov	x2, x4
	br	x9
SYM_DATA_END_LABEL(peng_nvhe_idmap, SYM_L_GLOBAL, peng_nvhe_idmap_end)
