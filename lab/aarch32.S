/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program of AArch32 (in guests), for an assembler of AArch64: a whole ELF file as
 * data, which objcopy takes out. It computes with SIMD, says "=aarch32= yes", and ends
 * with 0; or with another status where the sum is wrong.
 */
	.set	base, 0x10000

	.data
elf:	.ascii	"\177ELF\1\1\1\0\0\0\0\0\0\0\0\0"
	.hword	2, 40			/* an executable, for ARM */
	.long	1
	.long	base + (entry - elf)
	.long	segment - elf, 0
	.long	0x05000000		/* EABI 5 */
	.hword	52, 32, 1, 0, 0, 0

segment:
	.long	1, 0, base, base	/* PT_LOAD */
	.long	end - elf, end - elf
	.long	5, 0x1000		/* read and execute */

entry:	.inst	0xe3a00003		/* mov	r0, #3 */
	.inst	0xeea00b10		/* vdup.32 q0, r0 */
	.inst	0xf2200840		/* vadd.i32 q0, q0, q0 */
	.inst	0xee313b10		/* vmov.32 r3, d1[1] */
	.inst	0xe3530006		/* cmp	r3, #6 */
	.inst	0xe3a00001		/* mov	r0, #1 */
	.inst	0x13a07001		/* movne r7, #1: exit */
	.inst	0x1f000000		/* svcne #0 */
	.inst	0xe28f1014		/* adr	r1, text */
	.inst	0xe3a0200e		/* mov	r2, #14 */
	.inst	0xe3a07004		/* mov	r7, #4: write */
	.inst	0xef000000		/* svc	#0 */
	.inst	0xe3a00000		/* mov	r0, #0 */
	.inst	0xe3a07001		/* mov	r7, #1: exit */
	.inst	0xef000000		/* svc	#0 */
	.ascii	"=aarch32= yes\n"
end:
