/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Register lists: one line for each register that peng keeps for a guest.
 *
 * Each list is expanded where it is needed: into the index of the register
 * in struct peng_context, into the code that loads and puts it, and into the
 * accessors. A register is added by adding its line.
 */
#ifndef PENG_EL2_REGS_H
#define PENG_EL2_REGS_H

/*
 * EL1 registers that the guest owns while its vCPU is loaded.
 * X(name, encoding on a VHE host, encoding on an nVHE host)
 *
 * On a VHE host the plain EL1 name of a redirected register reaches the
 * host's own EL2 register (Arm ARM D5.7.2, register redirection); the EL12
 * alias reaches the guest's. There all of them stay in the CPU from vcpu_load
 * to vcpu_put. On an nVHE host the kernel needs most of them itself, which
 * makes the groups.
 */

/* What controls stage 1, first and last in the order that errata ask for. */
#define PENG_EL1_CONTROL_REGS(X)						\
	X(SCTLR_EL1,		SYS_SCTLR_EL12,		SYS_SCTLR_EL1)		\
	X(TCR_EL1,		SYS_TCR_EL12,		SYS_TCR_EL1)

/* What a kernel at EL1 relies on all the time. */
#define PENG_EL1_REGS(X)							\
	X(CPACR_EL1,		SYS_CPACR_EL12,		SYS_CPACR_EL1)		\
	X(TTBR0_EL1,		SYS_TTBR0_EL12,		SYS_TTBR0_EL1)		\
	X(TTBR1_EL1,		SYS_TTBR1_EL12,		SYS_TTBR1_EL1)		\
	X(MAIR_EL1,		SYS_MAIR_EL12,		SYS_MAIR_EL1)		\
	X(AMAIR_EL1,		SYS_AMAIR_EL12,		SYS_AMAIR_EL1)		\
	X(VBAR_EL1,		SYS_VBAR_EL12,		SYS_VBAR_EL1)		\
	X(CONTEXTIDR_EL1,	SYS_CONTEXTIDR_EL12,	SYS_CONTEXTIDR_EL1)	\
	X(CNTKCTL_EL1,		SYS_CNTKCTL_EL12,	SYS_CNTKCTL_EL1)	\
	X(SP_EL1,		PENG_SYS_SP_EL1,	PENG_SYS_SP_EL1)	\
	X(TPIDR_EL1,		SYS_TPIDR_EL1,		SYS_TPIDR_EL1)

/* What holds nothing of a kernel's but from an exception to its handler. */
#define PENG_EL1_FAULT_REGS(X)							\
	X(ESR_EL1,		SYS_ESR_EL12,		SYS_ESR_EL1)		\
	X(AFSR0_EL1,		SYS_AFSR0_EL12,		SYS_AFSR0_EL1)		\
	X(AFSR1_EL1,		SYS_AFSR1_EL12,		SYS_AFSR1_EL1)		\
	X(FAR_EL1,		SYS_FAR_EL12,		SYS_FAR_EL1)		\
	X(ELR_EL1,		SYS_ELR_EL12,		SYS_ELR_EL1)		\
	X(SPSR_EL1,		SYS_SPSR_EL12,		SYS_SPSR_EL1)		\
	X(PAR_EL1,		SYS_PAR_EL1,		SYS_PAR_EL1)

/* What matters to a host's user space or to a host thread that sleeps. */
#define PENG_EL0_REGS(X)							\
	X(TPIDR_EL0,		SYS_TPIDR_EL0,		SYS_TPIDR_EL0)		\
	X(TPIDRRO_EL0,		SYS_TPIDRRO_EL0,	SYS_TPIDRRO_EL0)	\
	X(CSSELR_EL1,		SYS_CSSELR_EL1,		SYS_CSSELR_EL1)

#define PENG_LOADED_REGS(X)							\
	PENG_EL1_CONTROL_REGS(X)						\
	PENG_EL1_REGS(X)							\
	PENG_EL1_FAULT_REGS(X)							\
	PENG_EL0_REGS(X)

/* SP_EL1 has no SYS_ name in the kernel's headers; Arm ARM C5.2.20. */
#define PENG_SYS_SP_EL1		sys_reg(3, 4, 4, 1, 0)

/*
 * What EL1 and EL0 may do beyond HCR_EL2 (el2/fine.h); Arm ARM D17.2.
 * X(name, encoding, which feature it comes with), and a semicolon between two
 */
#define PENG_FINE_TRAP_REGS(X)				\
	X(hcrx, sys_reg(3, 4, 1, 2, 2), hcx);		\
	X(hfgrtr, sys_reg(3, 4, 1, 1, 4), fgt);		\
	X(hfgwtr, sys_reg(3, 4, 1, 1, 5), fgt);		\
	X(hfgitr, sys_reg(3, 4, 1, 1, 6), fgt);		\
	X(hdfgrtr, sys_reg(3, 4, 3, 1, 4), fgt);		\
	X(hdfgwtr, sys_reg(3, 4, 3, 1, 5), fgt);		\
	X(hdfgrtr2, sys_reg(3, 4, 3, 1, 0), fgt2);	\
	X(hdfgwtr2, sys_reg(3, 4, 3, 1, 1), fgt2);	\
	X(hfgrtr2, sys_reg(3, 4, 3, 1, 2), fgt2);	\
	X(hfgwtr2, sys_reg(3, 4, 3, 1, 3), fgt2);	\
	X(hfgitr2, sys_reg(3, 4, 3, 1, 7), fgt2)

/*
 * Keys of pointer authentication (el2/ptrauth.h): APIAKey, and those that no kernel
 * uses itself.
 */
#define PENG_KERNEL_KEY_REGS(X)	\
	X(APIAKEYLO_EL1)	\
	X(APIAKEYHI_EL1)

#define PENG_USER_KEY_REGS(X)	\
	X(APIBKEYLO_EL1)	\
	X(APIBKEYHI_EL1)	\
	X(APDAKEYLO_EL1)	\
	X(APDAKEYHI_EL1)	\
	X(APDBKEYLO_EL1)	\
	X(APDBKEYHI_EL1)	\
	X(APGAKEYLO_EL1)	\
	X(APGAKEYHI_EL1)

#define PENG_KEY_REGS(X)	\
	PENG_KERNEL_KEY_REGS(X)	\
	PENG_USER_KEY_REGS(X)

/*
 * Registers that exist in memory only: every guest access traps, EL2 holds them in
 * another register (MPIDR_EL1 in VMPIDR_EL2, DISR_EL1 in VDISR_EL2, MIDR_EL1 in
 * VPIDR_EL2), or they are in the CPU no longer than from one turn's beginning to its
 * end (ZCR_EL1 in fp.c, those of MTE in mte.h).
 */
#define PENG_MEMORY_REGS(X)		\
	X(MPIDR_EL1)			\
	X(MIDR_EL1)			\
	X(ACTLR_EL1)			\
	X(DISR_EL1)			\
	X(MDSCR_EL1)			\
	X(GCR_EL1)			\
	X(RGSR_EL1)			\
	X(TFSR_EL1)			\
	X(TFSRE0_EL1)			\
	X(MDCCINT_EL1)			\
	X(OSLSR_EL1)			\
	X(DBGVCR32_EL2)			\
	X(ZCR_EL1)			\
	X(DACR32_EL2)			\
	X(IFSR32_EL2)			\
	X(FPEXC32_EL2)			\
	X(SPSR_ABT)			\
	X(SPSR_UND)			\
	X(SPSR_IRQ)			\
	X(SPSR_FIQ)

#endif /* PENG_EL2_REGS_H */
