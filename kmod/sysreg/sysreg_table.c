// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system registers that a guest or its user space can reach, sorted by
 * encoding. The order is checked at load.
 *
 * User space sees the stored rows and those with get(); what is listed here
 * is what KVM_GET_REG_LIST answers. Documentation/api/registers.rst describes
 * them, and is compared with what the module answers by a test.
 */
#include <asm/sysreg.h>

#include "../feature.h"
#include "../pmu/pmu.h"
#include "../timer/timer.h"
#include "row.h"

/* In memory or in the CPU; the guest reaches it without a trap. */
#define STORED(name, ...)							\
	{ .enc = SYS_##name, .flags = PENG_ROW_STORED, .reg = PENG_##name, ##__VA_ARGS__ }

/* Of pointer authentication. */
#define KEY(name)	STORED(name, .feature = PENG_FEATURE_PTRAUTH)

/* The same, trapped at times or always. */
#define TRAPPED(name, fn, ...)							\
	{ .enc = SYS_##name, .flags = PENG_ROW_STORED | PENG_ROW_FAST,		\
	  .reg = PENG_##name, .trap = (fn), ##__VA_ARGS__ }

/* Stage-1 control: writes trap until the guest's caches are on. */
#define VM(name, ...)	TRAPPED(name, peng_sysreg_trap_vm, ##__VA_ARGS__)

/* Direct in a VM that has MTE; trapped, and so UNDEFINED, in others. */
#define MTE(name)	STORED(name, .feature = PENG_FEATURE_MTE)

/* Trapped, and nothing that user space could save. */
#define ONLY_TRAP(_enc, fn, ...)						\
	{ .enc = (_enc), .flags = PENG_ROW_FAST, .trap = (fn), ##__VA_ARGS__ }
#define RAZ_WI(enc)	ONLY_TRAP(enc, peng_sysreg_trap_raz_wi)
#define RAZ(enc)	ONLY_TRAP(enc, peng_sysreg_trap_raz)

/* The host's own value, which user space can only confirm. */
#define HOST(name, member)							\
	{ .enc = SYS_##name, .flags = PENG_ROW_FAST,				\
	  .host = offsetof(struct peng_sysreg_host, member),			\
	  .trap = peng_sysreg_trap_host,					\
	  .get = peng_sysreg_get_host, .set = peng_sysreg_set_host }

/* The PMU, of VMs that have one. May sleep: perf's events are behind it. */
#define PMU(_enc, kind, n)							\
	{ .enc = (_enc), .feature = PENG_FEATURE_PMU,				\
	  .val = PENG_PMU_REG(PENG_PMU_##kind, n), .trap = peng_sysreg_trap_pmu,	\
	  .get = peng_sysreg_get_pmu, .set = peng_sysreg_set_pmu }
/* The same, and nothing that user space could save. */
#define PMU_TRAP(_enc, kind, n)							\
	{ .enc = (_enc), .feature = PENG_FEATURE_PMU,				\
	  .val = PENG_PMU_REG(PENG_PMU_##kind, n), .trap = peng_sysreg_trap_pmu }
#define PMU4(reg, kind, n)							\
	PMU(reg(n), kind, n), PMU(reg((n) + 1), kind, (n) + 1),			\
	PMU(reg((n) + 2), kind, (n) + 2), PMU(reg((n) + 3), kind, (n) + 3)
#define PMU31(reg, kind)							\
	PMU4(reg, kind, 0), PMU4(reg, kind, 4), PMU4(reg, kind, 8),		\
	PMU4(reg, kind, 12), PMU4(reg, kind, 16), PMU4(reg, kind, 20),		\
	PMU4(reg, kind, 24), PMU(reg(28), kind, 28), PMU(reg(29), kind, 29),	\
	PMU(reg(30), kind, 30)

/* May sleep: cleans guest memory. */
#define SET_WAY(name, ...)							\
	{ .enc = SYS_##name, .trap = peng_sysreg_trap_set_way, ##__VA_ARGS__ }

#define DBG(enc_)								\
	{ .enc = (enc_), .flags = PENG_ROW_FAST, .trap = peng_sysreg_trap_dbg,	\
	  .reset = peng_sysreg_reset_dbg,					\
	  .get = peng_sysreg_get_dbg, .set = peng_sysreg_set_dbg }
#define DBG4(n)									\
	DBG(SYS_DBGBVRn_EL1(n)), DBG(SYS_DBGBCRn_EL1(n)),			\
	DBG(SYS_DBGWVRn_EL1(n)), DBG(SYS_DBGWCRn_EL1(n))

/* The whole space of ID registers, allocated or not: what is not yet is RAZ. */
#define ID(crm, op2)								\
	{ .enc = sys_reg(3, 0, 0, crm, op2), .flags = PENG_ROW_FAST,		\
	  .trap = peng_idreg_trap, .get = peng_idreg_get, .set = peng_idreg_set }
#define ID8(crm)								\
	ID(crm, 0), ID(crm, 1), ID(crm, 2), ID(crm, 3),				\
	ID(crm, 4), ID(crm, 5), ID(crm, 6), ID(crm, 7)

/* KVM_REG_ARM_TIMER_*: no guest access; the virtual timer does not trap. */
#define TIMER(enc_)								\
	{ .enc = (enc_), .get = peng_sysreg_get_timer, .set = peng_sysreg_set_timer }

/* The physical timer and counter, where they trap. May not be in the fast tier, see timer.h. */
#define PTIMER(enc_, which)							\
	{ .enc = (enc_), .trap = peng_sysreg_trap_ptimer, .val = (which) }

/* Registers that the headers of some kernels do not name; Arm ARM C5.3, C5.4, D13.3, D13.5. */
#define SYS_OSECCR	sys_reg(2, 0, 0, 6, 2)
#define SYS_OSDTRRX	sys_reg(2, 0, 0, 0, 2)
#define SYS_OSDTRTX	sys_reg(2, 0, 0, 3, 2)
#define SYS_ERXPFGF	sys_reg(3, 0, 5, 4, 4)
#define SYS_ERXPFGCTL	sys_reg(3, 0, 5, 4, 5)
#define SYS_ERXPFGCDN	sys_reg(3, 0, 5, 4, 6)
#define SYS_ERXMISC2	sys_reg(3, 0, 5, 5, 2)
#define SYS_ERXMISC3	sys_reg(3, 0, 5, 5, 3)

const struct peng_sysreg_row peng_sysreg_rows[] = {
	SET_WAY(DC_ISW),
	SET_WAY(DC_IGSW, .feature = PENG_FEATURE_MTE),
	SET_WAY(DC_IGDSW, .feature = PENG_FEATURE_MTE),
	SET_WAY(DC_CSW),
	SET_WAY(DC_CGSW, .feature = PENG_FEATURE_MTE),
	SET_WAY(DC_CGDSW, .feature = PENG_FEATURE_MTE),
	SET_WAY(DC_CISW),
	SET_WAY(DC_CIGSW, .feature = PENG_FEATURE_MTE),
	SET_WAY(DC_CIGDSW, .feature = PENG_FEATURE_MTE),

	/* Debug. External debug has no one at its other end. */
	RAZ_WI(SYS_OSDTRRX),
	DBG4(0),
	DBG4(1),
	TRAPPED(MDCCINT_EL1, peng_sysreg_trap_mdscr),
	TRAPPED(MDSCR_EL1, peng_sysreg_trap_mdscr),
	DBG4(2),
	RAZ_WI(SYS_OSDTRTX),
	DBG4(3),
	DBG4(4),
	DBG4(5),
	RAZ_WI(SYS_OSECCR),
	DBG4(6),
	DBG4(7),
	DBG4(8),
	DBG4(9),
	DBG4(10),
	DBG4(11),
	DBG4(12),
	DBG4(13),
	DBG4(14),
	DBG4(15),
	RAZ(SYS_MDRAR_EL1),
	ONLY_TRAP(SYS_OSLAR_EL1, peng_sysreg_trap_oslar),
	TRAPPED(OSLSR_EL1, peng_sysreg_trap_oslsr, .set = peng_sysreg_set_oslsr,
		.val = OSLSR_EL1_OSLM_IMPLEMENTED),
	RAZ_WI(SYS_OSDLR_EL1),
	RAZ_WI(SYS_DBGPRCR_EL1),
	RAZ_WI(SYS_DBGCLAIMSET_EL1),
	RAZ_WI(SYS_DBGCLAIMCLR_EL1),
	RAZ(SYS_DBGAUTHSTATUS_EL1),
	RAZ(SYS_MDCCSR_EL0),
	RAZ_WI(SYS_DBGDTR_EL0),
	RAZ_WI(SYS_DBGDTRTX_EL0),	/* and DBGDTRRX_EL0, which is the read of it */
	STORED(DBGVCR32_EL2),

	/* Identification. */
	STORED(MIDR_EL1, .reset = peng_sysreg_reset_host, .set = peng_sysreg_set_host,
	       .host = offsetof(struct peng_sysreg_host, midr)),
	STORED(MPIDR_EL1, .reset = peng_sysreg_reset_mpidr),
	HOST(REVIDR_EL1, revidr),
	ID8(1),
	ID8(2),
	ID8(3),
	ID8(4),
	ID8(5),
	ID8(6),
	ID8(7),

	/* EL1. SCTLR_EL1 starts with its RES1 bits, and all else off. */
	{ .enc = SYS_SCTLR_EL1, .flags = PENG_ROW_STORED, .reg = PENG_SCTLR_EL1,
	  .trap = peng_sysreg_trap_sctlr, .val = 0x00c50078 },
	TRAPPED(ACTLR_EL1, peng_sysreg_trap_actlr, .reset = peng_sysreg_reset_host,
		.host = offsetof(struct peng_sysreg_host, actlr)),
	STORED(CPACR_EL1),
	MTE(RGSR_EL1),
	MTE(GCR_EL1),
	/* Traps into the world switch, which then has SVE trap no more. */
	STORED(ZCR_EL1, .feature = PENG_FEATURE_SVE),
	VM(TTBR0_EL1),
	VM(TTBR1_EL1),
	VM(TCR_EL1),
	KEY(APIAKEYLO_EL1),
	KEY(APIAKEYHI_EL1),
	KEY(APIBKEYLO_EL1),
	KEY(APIBKEYHI_EL1),
	KEY(APDAKEYLO_EL1),
	KEY(APDAKEYHI_EL1),
	KEY(APDBKEYLO_EL1),
	KEY(APDBKEYHI_EL1),
	KEY(APGAKEYLO_EL1),
	KEY(APGAKEYHI_EL1),
	VM(AFSR0_EL1),
	VM(AFSR1_EL1),
	VM(ESR_EL1),

	/* RAS: ERRIDR_EL1 says that there is no error record. */
	RAZ(SYS_ERRIDR_EL1),
	RAZ_WI(SYS_ERRSELR_EL1),
	RAZ(SYS_ERXFR_EL1),
	RAZ_WI(SYS_ERXCTLR_EL1),
	RAZ_WI(SYS_ERXSTATUS_EL1),
	RAZ_WI(SYS_ERXADDR_EL1),
	RAZ(SYS_ERXPFGF),
	RAZ_WI(SYS_ERXPFGCTL),
	RAZ_WI(SYS_ERXPFGCDN),
	RAZ_WI(SYS_ERXMISC0_EL1),
	RAZ_WI(SYS_ERXMISC1_EL1),
	RAZ_WI(SYS_ERXMISC2),
	RAZ_WI(SYS_ERXMISC3),

	MTE(TFSR_EL1),
	MTE(TFSRE0_EL1),
	VM(FAR_EL1),
	STORED(PAR_EL1),

	PMU(SYS_PMINTENSET_EL1, INTENSET, 0),
	PMU(SYS_PMINTENCLR_EL1, INTENCLR, 0),
	PMU_TRAP(SYS_PMMIR_EL1, MMIR, 0),

	VM(MAIR_EL1),
	VM(AMAIR_EL1, .reset = peng_sysreg_reset_host,
	   .host = offsetof(struct peng_sysreg_host, amair)),
	ONLY_TRAP(SYS_LORSA_EL1, peng_sysreg_trap_lor),
	ONLY_TRAP(SYS_LOREA_EL1, peng_sysreg_trap_lor),
	ONLY_TRAP(SYS_LORN_EL1, peng_sysreg_trap_lor),
	ONLY_TRAP(SYS_LORC_EL1, peng_sysreg_trap_lor),
	ONLY_TRAP(SYS_LORID_EL1, peng_sysreg_trap_lor),
	STORED(VBAR_EL1),
	STORED(DISR_EL1),

	/* Interrupts. The rest of ICC_* belongs to el2/gic_cpuif.c. */
	ONLY_TRAP(SYS_ICC_DIR_EL1, peng_sysreg_trap_dir),
	ONLY_TRAP(SYS_ICC_SGI1R_EL1, peng_sysreg_trap_sgi),
	ONLY_TRAP(SYS_ICC_ASGI1R_EL1, peng_sysreg_trap_sgi),
	ONLY_TRAP(SYS_ICC_SGI0R_EL1, peng_sysreg_trap_sgi),
	ONLY_TRAP(SYS_ICC_SRE_EL1, peng_sysreg_trap_sre, .val = 7 /* DIB, DFB, SRE */),

	VM(CONTEXTIDR_EL1),
	STORED(TPIDR_EL1),
	STORED(CNTKCTL_EL1),

	/* Caches. */
	ONLY_TRAP(SYS_CCSIDR_EL1, peng_sysreg_trap_ccsidr),
	HOST(CLIDR_EL1, clidr),
	HOST(AIDR_EL1, aidr),
	TRAPPED(CSSELR_EL1, peng_sysreg_trap_csselr),
	HOST(CTR_EL0, ctr),

	/* EL0. */
	PMU(SYS_PMCR_EL0, PMCR, 0),
	PMU(SYS_PMCNTENSET_EL0, CNTENSET, 0),
	PMU(SYS_PMCNTENCLR_EL0, CNTENCLR, 0),
	PMU(SYS_PMOVSCLR_EL0, OVSCLR, 0),
	PMU(SYS_PMSWINC_EL0, SWINC, 0),
	PMU(SYS_PMSELR_EL0, SELR, 0),
	PMU_TRAP(SYS_PMCEID0_EL0, CEID, 0),
	PMU_TRAP(SYS_PMCEID1_EL0, CEID, 1),
	PMU(SYS_PMCCNTR_EL0, CNTR, PENG_PMU_CYCLES),
	PMU_TRAP(SYS_PMXEVTYPER_EL0, XTYPER, 0),
	PMU_TRAP(SYS_PMXEVCNTR_EL0, XCNTR, 0),
	PMU(SYS_PMUSERENR_EL0, USERENR, 0),
	PMU(SYS_PMOVSSET_EL0, OVSSET, 0),
	STORED(TPIDR_EL0),
	STORED(TPIDRRO_EL0),

	/* KVM's ids of CVAL and CNT are each other's encoding; see <asm/kvm.h>. */
	PTIMER(sys_reg(3, 3, 14, 0, 1), PENG_PTIMER_CNT),	/* CNTPCT_EL0 */
	TIMER(sys_reg(3, 3, 14, 0, 2)),		/* KVM_REG_ARM_TIMER_CVAL */
	PTIMER(sys_reg(3, 3, 14, 0, 5), PENG_PTIMER_CNT),	/* CNTPCTSS_EL0 */
	PTIMER(sys_reg(3, 3, 14, 2, 0), PENG_PTIMER_TVAL),
	PTIMER(sys_reg(3, 3, 14, 2, 1), PENG_PTIMER_CTL),
	PTIMER(sys_reg(3, 3, 14, 2, 2), PENG_PTIMER_CVAL),
	TIMER(sys_reg(3, 3, 14, 3, 1)),		/* KVM_REG_ARM_TIMER_CTL */
	TIMER(sys_reg(3, 3, 14, 3, 2)),		/* KVM_REG_ARM_TIMER_CNT */

	PMU31(SYS_PMEVCNTRn_EL0, CNTR),
	PMU31(SYS_PMEVTYPERn_EL0, TYPER),
	PMU(SYS_PMCCFILTR_EL0, TYPER, PENG_PMU_CYCLES),

	/* State of an AArch32 EL1, which guests do not have: memory for clients. */
	STORED(DACR32_EL2),
	STORED(IFSR32_EL2),
	STORED(FPEXC32_EL2, .val = 0x700),	/* the RES1 bits */
};

const size_t peng_sysreg_nr_rows = ARRAY_SIZE(peng_sysreg_rows);
