/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The door to the world switch: the only header of el2/ that other folders
 * may include.
 */
#ifndef PENG_EL2_EL2_H
#define PENG_EL2_EL2_H

#include <linux/types.h>

#include "../context.h"

/**
 * struct peng_s2_root - what the CPU needs to know of a Stage-2 address space
 * @vttbr: VTTBR_EL2: table base, VMID and CnP
 * @vtcr: VTCR_EL2
 */
struct peng_s2_root {
	u64 vttbr;
	u64 vtcr;
};

/**
 * struct peng_el2_ops - one of the two ways to reach EL2
 * @name: "vhe" or "nvhe"
 * @ptimer_trapped: every guest's physical timer exists in ctx->timer only
 * @init: prepare the backend at load, before any CPU is brought up; may sleep;
 *	NULL where there is nothing to do
 * @exit: undo @init after all CPUs are down; NULL as above
 * @cpu_up: make this CPU able to enter guests; interrupts masked
 * @cpu_down: give this CPU back as it was found; interrupts masked
 * @ich_vtr: ICH_VTR_EL2 of this CPU
 * @map: make memory of vmalloc space that starts a page reachable at EL2: all that
 *	EL2 touches of a vCPU; may sleep; 0 or -errno
 * @unmap: undo @map; may sleep
 * @vcpu_load: put the guest's EL1 state into this CPU; preemption off
 * @vcpu_put: take it out again, and put the host's back; preemption off
 * @enter: run the guest until an exit that EL2 cannot finish itself;
 *	interrupts masked before and after; returns enum peng_exit and leaves
 *	the syndrome in ctx->fault
 * @sys_read: read a guest register of a vCPU that is loaded on this CPU
 * @sys_write: write one
 * @gic_refresh: refresh ctx->gic.vmcr of a loaded vCPU outside a turn
 * @timer_flush: let the timers of a loaded vCPU run, and refresh their control
 *	registers in ctx->timer; interrupts masked
 * @timer_sync: refresh them, and mask the output of a timer that may fire
 *	later, whose time it puts into ctx->timer, too; interrupts masked
 * @timer_ctl: live control register of a timer (0 virtual, 1 physical) between
 *	the two
 * @tlb_flush_vmid: drop all translations of a VMID on every CPU
 * @tlb_flush_ipa: drop the Stage-2 translation of one IPA, cached from a leaf
 *	at @level (0 to 3; -1 where unknown), and all stage-1 entries of the VMID,
 *	on every CPU
 * @tlb_flush_ipa_local: the same on this CPU only
 * @tlb_flush_range: as @tlb_flush_ipa for a range of IPAs
 * @tlb_flush_local: drop all translations of a VMID on this CPU only
 *
 * The flushes may be called in any context, and include the barriers that make
 * earlier table updates visible and completion certain.
 */
struct peng_el2_ops {
	const char *name;
	bool ptimer_trapped;
	int (*init)(void);
	void (*exit)(void);
	int (*cpu_up)(void);
	void (*cpu_down)(void);
	u64 (*ich_vtr)(void);
	int (*map)(const void *start, size_t size);
	void (*unmap)(const void *start, size_t size);
	void (*vcpu_load)(struct peng_context *ctx);
	void (*vcpu_put)(struct peng_context *ctx);
	enum peng_exit (*enter)(struct peng_context *ctx);
	u64 (*sys_read)(const struct peng_context *ctx, enum peng_sys reg);
	void (*sys_write)(struct peng_context *ctx, enum peng_sys reg, u64 val);
	void (*gic_refresh)(struct peng_context *ctx);
	void (*timer_flush)(struct peng_context *ctx);
	void (*timer_sync)(struct peng_context *ctx);
	u64 (*timer_ctl)(const struct peng_context *ctx, unsigned int timer);
	void (*tlb_flush_vmid)(const struct peng_s2_root *root);
	void (*tlb_flush_ipa)(const struct peng_s2_root *root, u64 ipa, int level);
	void (*tlb_flush_ipa_local)(const struct peng_s2_root *root, u64 ipa, int level);
	void (*tlb_flush_range)(const struct peng_s2_root *root, u64 ipa, u64 size);
	void (*tlb_flush_local)(const struct peng_s2_root *root);
};

/* Chosen by peng_el2_init(), constant afterwards. */
extern const struct peng_el2_ops *peng_el2;

int peng_el2_init(void);
void peng_el2_exit(void);

#endif /* PENG_EL2_EL2_H */
