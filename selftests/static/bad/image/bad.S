/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code for EL2 that calls the kernel, has a BUG in it, can be patched by a static
 * key, keeps a kernel address where nobody converts it, and lies where nothing is
 * mapped.
 */
	.text
	.global peng_el2_bad
peng_el2_bad:
	bl	schedule
	nop
	ret

	.section __jump_table, "aw"
	.quad	0

	.section __bug_table, "aw"
	.quad	0

	.section .rodata, "a"
	.quad	peng_el2_bad

	.section .noinstr.text, "ax"
	ret
