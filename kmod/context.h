/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct peng_context: all of a vCPU that EL2 code or assembly touches.
 *
 * Data only, in one block, so that the nVHE backend can map it at EL2 by
 * itself. Whoever holds the vCPU's mutex owns it; between vcpu_load and
 * vcpu_put the live values of the registers of PENG_LOADED_REGS() are in the
 * CPU on a VHE host, and are reached through peng_el2_sys_read/write().
 */
#ifndef PENG_CONTEXT_H
#define PENG_CONTEXT_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <asm/kvm_arm.h>
#include <asm/ptrace.h>

#include "el2/regs.h"

#define PENG_MAX_LRS	16	/* GICv3 architecture limit, IHI 0069 12.4 */
#define PENG_MAX_APRS	4
#define PENG_MAX_DBG	16

/* Index of each guest system register in peng_context.sys. */
enum peng_sys {
#define X(name, vhe, nvhe)	PENG_##name,
	PENG_LOADED_REGS(X)
#undef X
	PENG_NR_LOADED,
	PENG_LAST_LOADED = PENG_NR_LOADED - 1,
#define X(name)			PENG_##name,
	PENG_KEY_REGS(X)
	PENG_MEMORY_REGS(X)
#undef X
	PENG_NR_SYS,
};

#define PENG_NR_KEYS		(PENG_APGAKEYHI_EL1 - PENG_APIAKEYLO_EL1 + 1)
#define PENG_NR_USER_KEYS	(PENG_APGAKEYHI_EL1 - PENG_APIBKEYLO_EL1 + 1)

/* Why the guest was left; the vector that was taken, not the ESR. */
enum peng_exit {
	PENG_EXIT_SYNC,		/* synchronous exception from the guest */
	PENG_EXIT_IRQ,		/* physical IRQ or FIQ while in the guest */
	PENG_EXIT_SERROR,	/* physical SError while in the guest */
	PENG_EXIT_ILLEGAL,	/* the guest's PSTATE could not be entered */
	PENG_EXIT_LOST,		/* EL2 of this CPU is somebody else's now */
	PENG_EXIT_DEFECT,	/* code at EL2 has faulted */
};

/**
 * struct peng_fault - syndrome of the last exit
 * @esr: ESR_EL2
 * @far: FAR_EL2
 * @hpfar: faulting IPA in the format of HPFAR_EL2; made valid by EL2 code
 *	for every abort for which the architecture does not (Arm ARM D17.2.61); and
 *	that of the instruction, or PENG_HPFAR_NONE, for what may be a WFIT
 * @sctlr: the guest's SCTLR_EL1 at an abort: what byte order its accesses have
 * @disr: DISR_EL1 where an SError was deferred by the exit's ESB, else 0
 */
struct peng_fault {
	u64 esr;
	u64 far;
	u64 hpfar;
	u64 sctlr;
	u64 disr;
};

#define PENG_HPFAR_NONE	U64_MAX

/* The faulting IPA, of its 4K page. */
static inline u64 peng_fault_ipa(const struct peng_fault *fault)
{
	return (fault->hpfar & HPFAR_MASK) << 8;
}

/**
 * struct peng_gic_regs - the GICv3 virtual CPU interface of a vCPU
 * @lr: ICH_LR<n>_EL2; the first @used_lrs are in use
 * @hcr: ICH_HCR_EL2 to run with
 * @vmcr: ICH_VMCR_EL2
 * @ap0r: ICH_AP0R<n>_EL2
 * @ap1r: ICH_AP1R<n>_EL2
 * @host_sre_el1: the host's ICC_SRE_EL1 while the vCPU is loaded
 * @host_sre_el2: and its ICC_SRE_EL2
 * @used_lrs: list registers that hold an interrupt
 * @dirty_lrs: list registers of the CPU that are not zero, while loaded
 * @nr_aprs: active-priority registers per group that the CPU has
 * @eoi_count: interrupts deactivated in no list register during the last stay
 *	in the guest; kept only where @hcr has ICH_HCR_EL2.LRENPIE
 * @enabled: the VM has a vGIC; else every ICC_* access is UNDEFINED
 */
struct peng_gic_regs {
	u64 lr[PENG_MAX_LRS];
	u32 hcr;
	u32 vmcr;
	u32 ap0r[PENG_MAX_APRS];
	u32 ap1r[PENG_MAX_APRS];
	u32 host_sre_el1;
	u32 host_sre_el2;
	u8 used_lrs;
	u8 dirty_lrs;
	u8 nr_aprs;
	u8 eoi_count;
	bool enabled;
};

/**
 * struct peng_timer_regs - both EL1 timers of a vCPU
 * @cntvoff: subtracted from the host's physical counter for the virtual one
 * @cntpoff: and for the guest's physical one
 * @ptimer_trapped: the physical timer exists here alone: its registers trap, and
 *	so does the counter where @cntpoff is not 0
 * @cntv_ctl: as the guest wrote it, whatever the CPU holds to keep the timer
 *	quiet outside the guest; ISTATUS is that of the last sync or flush
 * @cntv_cval: valid while the vCPU is not loaded, and after a sync at which the timer was
 *	yet to expire
 * @cntp_ctl: like @cntv_ctl
 * @cntp_cval: like @cntv_cval
 * @host_cntvoff: the host's CNTVOFF_EL2 while the vCPU is loaded
 * @host_cnthctl: and its CNTHCTL_EL2
 */
struct peng_timer_regs {
	u64 cntvoff;
	u64 cntpoff;
	bool ptimer_trapped;
	u64 cntv_ctl;
	u64 cntv_cval;
	u64 cntp_ctl;
	u64 cntp_cval;
	u64 host_cntvoff;
	u64 host_cnthctl;
};

/**
 * struct peng_pmu_regs - the CPU's counters in a turn, by bits of PMCNTENSET_EL0
 * @guest_only: that count in guests alone
 * @host_only: that count in the host alone
 */
struct peng_pmu_regs {
	u32 guest_only;
	u32 host_only;
};

/* Guest self-hosted debug registers; all accesses trap unless loaded. */
struct peng_debug_regs {
	u64 bvr[PENG_MAX_DBG];
	u64 bcr[PENG_MAX_DBG];
	u64 wvr[PENG_MAX_DBG];
	u64 wcr[PENG_MAX_DBG];
};

/**
 * struct peng_trap_regs - EL2 controls to run this vCPU with
 *
 * Computed when the vCPU is initialised (sysreg/trapbits.c), changed by the
 * subsystem that owns a bit (VSE, TVM), written by the world switch.
 */
struct peng_trap_regs {
	u64 hcr;	/* HCR_EL2 without the bits the backend adds itself */
	u64 mdcr;	/* MDCR_EL2, trap bits only */
	u64 cptr;	/* CPTR_EL2 in the E2H=1 layout, FP bits aside */
	u64 hstr;	/* HSTR_EL2 */
	u64 vsesr;	/* VSESR_EL2, where RAS exists */
};

/**
 * struct peng_sve_regs - SVE registers of a vCPU
 * @state: Z0 to Z31, P0 to P15 and FFR, each as long as @max_vq says, in memory that EL2
 *	reaches; NULL: SVE stays trapped
 * @max_vq: the guest's longest vectors in units of 128 bits; 0 where it has no SVE
 * @zcr: ZCR_EL2 while the registers are in the CPU
 * @host_zcr: the host's ZCR_EL2 meanwhile
 * @host_zcr_el1: and what it had in the guest's ZCR_EL1
 */
struct peng_sve_regs {
	void *state;
	u32 max_vq;
	u64 zcr;
	u64 host_zcr;
	u64 host_zcr_el1;
};

/**
 * struct peng_context - vCPU state shared with EL2
 * @regs: x0-x30, SP_EL0, PC and PSTATE
 * @sys: system registers by enum peng_sys
 * @fp: SIMD and FP registers; where there is @sve.state, FPSR and FPCR alone
 * @sve: SVE registers
 * @host_keys: the host's PENG_KEY_REGS() while the vCPU is loaded, where
 *	@trap.hcr has HCR_EL2.API
 * @fault: syndrome of the last exit
 * @exit: enum peng_exit of the last exit
 * @smccc_version: what SMCCC_VERSION answers at EL2, 0 to leave it to the host
 * @fp_loaded: the guest's FP registers are in the CPU
 * @fp_allowed: the host's FP registers are saved; EL2 may load the guest's
 * @wfi_doubted: EL2 finds the instruction behind what is reported as WFI (wfx.c)
 * @bhb_loops: branch-history loop iterations on exit, 0 for none
 * @exit_call: firmware's function that forgets what the guest taught the branch
 *	predictors, 0 for none
 * @vttbr: VTTBR_EL2 (root and VMID)
 * @vtcr: VTCR_EL2
 * @trap: EL2 controls
 * @gic: virtual CPU interface
 * @timer: both EL1 timers
 * @pmu: counters to switch with the world
 * @debug: breakpoints and watchpoints of the guest
 * @user_debug: those of user space that debugs the guest
 * @use_user_debug: run with these instead
 * @mdscr_clear: bits of the guest's MDSCR_EL1 that it is run without
 * @mdscr_set: and with
 */
struct peng_context {
	struct user_pt_regs regs;
	u64 sys[PENG_NR_SYS];
	struct user_fpsimd_state fp __aligned(16);	/* sparse knows no alignment of __int128 */
	struct peng_sve_regs sve;
	u64 host_keys[PENG_NR_KEYS];
	struct peng_fault fault;
	u32 exit;
	u32 smccc_version;
	bool fp_loaded;
	bool fp_allowed;
	bool wfi_doubted;
	u32 bhb_loops;
	u32 exit_call;
	u64 vttbr;
	u64 vtcr;
	struct peng_trap_regs trap;
	struct peng_gic_regs gic;
	struct peng_timer_regs timer;
	struct peng_pmu_regs pmu;
	struct peng_debug_regs debug;
	struct peng_debug_regs user_debug;
	bool use_user_debug;
	u64 mdscr_clear;
	u64 mdscr_set;
};

/* entry.S moves x0-x30 in pairs from the start of the block, and APIAKey as a pair. */
static_assert(offsetof(struct peng_context, regs) == 0);
static_assert(PENG_APIAKEYHI_EL1 - PENG_APIAKEYLO_EL1 == 1);
static_assert(offsetof(struct peng_context, fp) % 16 == 0);

#endif /* PENG_CONTEXT_H */
