/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of a host call.
 */
#include <linux/linkage.h>
#include <asm/alternative.h>
#include <asm/assembler.h>

#include "nvhe.h"

/*
 * u64 peng_nvhe_hvc(u64 nr, u64 a, u64 b, u64 c)
 *
 * The callee-saved registers wait on the host's stack, where they survive a
 * fault at EL2 too.
 */
SYM_FUNC_START(peng_nvhe_hvc)
	stp	x29, x30, [sp, #-96]!
	mov	x29, sp
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	hvc	#NVHE_HVC
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret
SYM_FUNC_END(peng_nvhe_hvc)
