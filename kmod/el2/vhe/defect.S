/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An exception that EL2 took from itself while peng's vectors were in place.
 */
#include <linux/linkage.h>
#include <asm/alternative.h>
#include <asm/assembler.h>

/* x0 = ESR, x1 = ELR, x2 = FAR for the report; nothing else can be kept. */
SYM_CODE_START(peng_vhe_bad_vector)
	mrs	x0, esr_el2
	mrs	x1, elr_el2
	mrs	x2, far_el2
	b	peng_vhe_bad_exception
SYM_CODE_END(peng_vhe_bad_vector)
