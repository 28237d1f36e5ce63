/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of what is built once for each backend.
 *
 * A file that runs at EL2 is compiled for VHE, and again with PENG_EL2_NVHE
 * defined for nVHE; each build gives its functions the backend's prefix, so
 * that both fit into one module.
 */
#ifndef PENG_EL2_EL2_FN_H
#define PENG_EL2_EL2_FN_H

#ifdef PENG_EL2_NVHE
#define EL2_FN(name)	peng_nvhe_##name
#else
#define EL2_FN(name)	peng_vhe_##name
#endif

#ifdef __ASSEMBLY__

/*
 * Go to \bad where the stack has no room for two registers, which leaves no
 * place to put any: by arithmetic alone, all registers are kept. On an nVHE host
 * an EL2 stack is a page whose address has bit PAGE_SHIFT set, below it is
 * nothing. A VHE host runs on the kernel's stack.
 */
.macro el2_check_stack bad
#ifdef PENG_EL2_NVHE
	sub	sp, sp, #16		// a push that faults leaves sp where it was
	add	sp, sp, x0		// sp + x0
	sub	x0, sp, x0		// x0 = sp
	tbz	x0, #PAGE_SHIFT, 9901f
	sub	x0, sp, x0
	sub	sp, sp, x0
	add	sp, sp, #16
	b	9902f
9901:	sub	x0, sp, x0
	sub	sp, sp, x0
	add	sp, sp, #16
	b	\bad
9902:
#endif
.endm

#else /* !__ASSEMBLY__ */

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>

/*
 * A table of functions holds the addresses at which the kernel has them. On an
 * nVHE host EL2 has the same code at the same address without the top bits, so
 * what is read from a table goes through el2_fn_ptr(). The build fails where an
 * object of the nVHE image has an address outside such a table.
 */
#define __el2_table	__section(".rodata.el2_table")

#ifdef PENG_EL2_NVHE
#define el2_fn_ptr(fn)	((typeof(fn))((u64)(fn) & GENMASK_ULL(47, 0)))
#else
#define el2_fn_ptr(fn)	(fn)
#endif

/* The same for a pointer that the host has put into a vCPU's context. */
#define el2_data_ptr(p)	el2_fn_ptr(p)

#endif /* __ASSEMBLY__ */

#endif /* PENG_EL2_EL2_FN_H */
