/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The nVHE backend: what its two halves share. One half runs at EL1 with the
 * host kernel (nvhe.c, cpu.c, map.c, report.c), the other is the EL2 image
 * (image.lds.S) that the first half installs and calls by HVC.
 *
 * EL2 has a kernel address at the same place without its top 16 bits, so both
 * halves can be given the same pointers; all that EL2 touches lies in the
 * kernel's vmalloc and module space.
 */
#ifndef PENG_EL2_NVHE_NVHE_H
#define PENG_EL2_NVHE_NVHE_H

/*
 * HVC immediate of peng's own calls. The number of a call is also out of the
 * range of the hyp stub's and of built-in KVM's functions: where EL2 is not
 * peng's it must mean nothing.
 */
#define NVHE_HVC		0x7065
#define NVHE_CALL_BASE		0x70656e00

/* The answer to any of them where the EL2 image has faulted. */
#define NVHE_PANIC		0x70616e6963

#ifndef __ASSEMBLY__

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/mm.h>
#include <linux/types.h>
#include <asm/ptrace.h>

#include "../../context.h"
#include "../debug.h"
#include "../el2.h"
#include "../fine.h"
#include "../mte.h"

/* Host calls: index into the table of hcall.c. */
enum nvhe_call {
	NVHE_CALL_ENTER,
	NVHE_CALL_LOAD,		/* struct peng_context * */
	NVHE_CALL_PUT,
	NVHE_CALL_TLB_VMID,	/* VTTBR_EL2 */
	NVHE_CALL_TLB_LOCAL,	/* VTTBR_EL2 */
	NVHE_CALL_TLB_RANGE,	/* VTTBR_EL2, IPA, size */
	NVHE_CALL_TLB_EL2,
	NVHE_CALL_ICH_VTR,
	NVHE_CALL_FAULT,	/* enum nvhe_fault, NVHE_FAULT_WITH_FP */
	NVHE_NR_CALLS,
};

/**
 * struct nvhe_el2_regs - what makes EL2 somebody's, on one CPU
 *
 * Assembly loads and stores them in pairs, in this order.
 */
struct nvhe_el2_regs {
	u64 mair;
	u64 tcr;
	u64 ttbr0;
	u64 sctlr;
	u64 tpidr;
	u64 sp;
	u64 vbar;
	u64 reserved;
};

/**
 * struct nvhe_el2_controls - EL2 registers that host and guest want different
 */
struct nvhe_el2_controls {
	u64 hcr;
	u64 cptr;
	u64 mdcr;
	u64 cnthctl;
	u64 vttbr;
	u64 vpidr;
	u64 vmpidr;
};

/* Faults that NVHE_CALL_FAULT makes, to see that they cost a VM only. */
enum nvhe_fault {
	NVHE_FAULT_NONE,
	NVHE_FAULT_BRK,		/* an instruction that has no handler */
	NVHE_FAULT_READ,	/* of an address that EL2 does not map */
	NVHE_FAULT_WRITE,	/* to the image's text */
	NVHE_FAULT_EXEC,	/* of data */
	NVHE_FAULT_STACK,	/* overflow */
	NVHE_NR_FAULTS,
};

/* Added to one: after the guest, in the first turn that has loaded its FP registers. */
#define NVHE_FAULT_WITH_FP	0x10

#define NVHE_MAX_FRAMES	16

/**
 * struct nvhe_panic - what the EL2 image knew when it faulted
 * @regs: x0-x30; x0 aside where the stack had overflowed
 * @sp: stack pointer
 * @elr: faulting address
 * @spsr: PSTATE
 * @esr: syndrome
 * @far: FAR_EL2
 * @hpfar: HPFAR_EL2
 * @frames: return addresses of the callers
 * @nr_frames: how many
 * @in_guest: EL1 had the guest's state
 */
struct nvhe_panic {
	u64 regs[31];
	u64 sp;
	u64 elr;
	u64 spsr;
	u64 esr;
	u64 far;
	u64 hpfar;
	u64 frames[NVHE_MAX_FRAMES];
	u32 nr_frames;
	bool in_guest;
};

/**
 * struct nvhe_cpu - one CPU's EL2; TPIDR_EL2 points to it there
 * @own: what peng runs with; read by physical address with caches off, and
 *	so constant from when the host has cleaned it to memory
 * @stub: what was found, and is put back
 * @leave: identity-mapped code that puts it back
 * @up: EL2 is peng's. Written at EL2, read by the host with interrupts masked
 * @busy: a host call is being served, so a fault can be answered
 * @in_guest: EL1 has the guest's state
 * @ctx: the vCPU that is loaded
 * @host: the host's controls while a vCPU is loaded
 * @guest: and those to run it with; @guest.hcr changes from turn to turn
 * @vtcr: the host's VTCR_EL2 while a vCPU is loaded
 * @hstr: the host's HSTR_EL2, likewise
 * @vdisr: the host's VDISR_EL2, likewise
 * @sp_el0: the host's SP_EL0 while @in_guest, for a fault; else it is on the stack
 * @el1: the host's EL1 registers while @in_guest, by enum peng_sys
 * @debug: the host's debug state, likewise
 * @mte: the host's MTE registers, likewise
 * @fine: the host's fine-grained traps, likewise
 * @panic: filled where EL2 has faulted
 * @wanted: host half: the CPU is online, and EL2 is to be peng's
 * @el0: host half: the host's PENG_EL0_REGS() while a vCPU is loaded
 */
struct nvhe_cpu {
	struct nvhe_el2_regs own;
	struct nvhe_el2_regs stub;
	u64 leave;
	bool up;
	bool busy;
	bool in_guest;
	struct peng_context *ctx;
	struct nvhe_el2_controls host;
	struct nvhe_el2_controls guest;
	u64 vtcr;
	u64 hstr;
	u64 vdisr;
	u64 sp_el0;
	u64 el1[PENG_NR_LOADED];
	struct el2_host_debug debug;
	struct el2_host_mte mte;
	struct el2_fine_traps fine;
	struct nvhe_panic panic;

	bool wanted;
	u64 el0[PENG_NR_LOADED];
};

/* The rest of the page is the stack on which a fault is recorded. */
static_assert(sizeof(struct nvhe_cpu) <= PAGE_SIZE - 1024);

/* Address of a kernel object at EL2; -1 >> 16 is what remains of the top half. */
static inline u64 nvhe_va(const void *kva)
{
	return (u64)kva & GENMASK_ULL(47, 0);
}

/* And back: what EL2 points to, for the host. */
static inline void *nvhe_kva(u64 va)
{
	return (void *)(va | GENMASK_ULL(63, 48));
}

#endif /* !__ASSEMBLY__ */
#endif /* PENG_EL2_NVHE_NVHE_H */
