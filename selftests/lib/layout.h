/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest-physical map.  It is an identity map from the test's process to
 * the guest: the test program is linked at a fixed address and its own pages
 * are a memory slot at that address, RAM lies at the same address in both,
 * and stage 1 maps each GiB to itself.  So a pointer, a global variable or a
 * function means the same on both sides.  Assembly includes this file.
 */
#ifndef SELFTESTS_LIB_LAYOUT_H
#define SELFTESTS_LIB_LAYOUT_H

/* GiB 0 holds the program, GiB 1 devices, GiB 2 and up the RAM of each VM. */
#define GUEST_DEVICE_BASE	0x40000000
#define GUEST_GICD_BASE		0x48000000
#define GUEST_GICR_BASE		0x48100000
#define GUEST_GICR_STRIDE	0x20000
#define GUEST_UCALL_ADDR	0x50000000
#define GUEST_LINE_ADDR		0x50001000
#define GUEST_MMIO_BASE		0x50010000
#define GUEST_RAM_BASE		0x80000000
#define GUEST_RAM_STRIDE	0x20000000
/* In the map of stage 1, and in no memory slot. */
#define GUEST_NOWHERE		0x1f00000000

/* Each vCPU owns so much at the start of RAM: struct guest_cpu, then a stack. */
#define GUEST_CPU_SIZE		0x10000

/* Offsets into struct guest_cpu for guest.S; ucall.c asserts them. */
#define GUEST_CPU_SP		0
#define GUEST_CPU_ENTRY		8
#define GUEST_CPU_ARG		16

/* struct guest_regs: x0 to x30, ELR, SPSR and a pad to 16 bytes. */
#define GUEST_REGS_ELR		248
#define GUEST_REGS_SPSR		256
#define GUEST_REGS_SIZE		272

/* Stage 1: 4K granule, 39 bits, write-back and inner shareable walks. */
#define GUEST_TCR		0x200803519
/* Attribute 0 is Device-nGnRE, attribute 1 Normal write-back. */
#define GUEST_MAIR		0xff04
/* RES1 bits of the architecture, and M, C, I. */
#define GUEST_SCTLR		0x30d01805

#endif
