/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Self-hosted debug registers of guest and host; inline, for code at EL2.
 *
 * A guest's accesses to its debug registers trap and land in memory. They are
 * put into the CPU only while the guest runs, and only where its MDSCR_EL1
 * enables something, which costs nothing in every other guest.
 */
#ifndef PENG_EL2_DEBUG_H
#define PENG_EL2_DEBUG_H

#include <asm/barrier.h>
#include <asm/debug-monitors.h>
#include <asm/sysreg.h>

#include "../context.h"
#include "../host/probe.h"

/* Registers are named in the instruction, so the loop is unrolled by hand. */
#define EL2_DBG_EACH(X, n)						\
do {									\
	switch (n) {							\
	default: X(15); fallthrough;					\
	case 15: X(14); fallthrough;					\
	case 14: X(13); fallthrough;					\
	case 13: X(12); fallthrough;					\
	case 12: X(11); fallthrough;					\
	case 11: X(10); fallthrough;					\
	case 10: X(9); fallthrough;					\
	case 9: X(8); fallthrough;					\
	case 8: X(7); fallthrough;					\
	case 7: X(6); fallthrough;					\
	case 6: X(5); fallthrough;					\
	case 5: X(4); fallthrough;					\
	case 4: X(3); fallthrough;					\
	case 3: X(2); fallthrough;					\
	case 2: X(1); fallthrough;					\
	case 1: X(0);							\
	}								\
} while (0)

static inline void el2_debug_read(struct peng_debug_regs *regs)
{
#define X(n)	(regs->bvr[n] = read_sysreg_s(SYS_DBGBVRn_EL1(n)), \
		 regs->bcr[n] = read_sysreg_s(SYS_DBGBCRn_EL1(n)))
	EL2_DBG_EACH(X, peng_host.brps);
#undef X
#define X(n)	(regs->wvr[n] = read_sysreg_s(SYS_DBGWVRn_EL1(n)), \
		 regs->wcr[n] = read_sysreg_s(SYS_DBGWCRn_EL1(n)))
	EL2_DBG_EACH(X, peng_host.wrps);
#undef X
}

static inline void el2_debug_write(const struct peng_debug_regs *regs)
{
#define X(n)						\
	do {						\
		write_sysreg_s(regs->bvr[n], SYS_DBGBVRn_EL1(n));	\
		write_sysreg_s(regs->bcr[n], SYS_DBGBCRn_EL1(n));	\
	} while (0)
	EL2_DBG_EACH(X, peng_host.brps);
#undef X
#define X(n)						\
	do {						\
		write_sysreg_s(regs->wvr[n], SYS_DBGWVRn_EL1(n));	\
		write_sysreg_s(regs->wcr[n], SYS_DBGWCRn_EL1(n));	\
	} while (0)
	EL2_DBG_EACH(X, peng_host.wrps);
#undef X
}

/**
 * struct el2_host_debug - the host's debug state while a guest's is loaded
 * @mdscr: MDSCR_EL1
 * @pmscr: PMSCR_EL1, where not 0: profiling that was stopped
 * @trfcr: TRFCR_EL1, where not 0: tracing that was stopped
 * @regs: breakpoints and watchpoints, valid where @swapped
 * @loaded: the guest's MDSCR_EL1 is in the CPU
 * @swapped: the guest's breakpoints and watchpoints are too
 */
struct el2_host_debug {
	u64 mdscr;
	u64 pmscr;
	u64 trfcr;
	struct peng_debug_regs regs;
	bool loaded;
	bool swapped;
};

#ifdef PENG_EL2_NVHE
/* Registers that the headers of some kernels do not name; Arm ARM D13.4 and D13.6. */
#define EL2_SYS_TRFCR		sys_reg(3, 0, 1, 2, 1)
#define EL2_SYS_PMSCR		sys_reg(3, 0, 9, 9, 0)
#define EL2_SYS_PMBLIMITR	sys_reg(3, 0, 9, 10, 0)
#define EL2_SYS_PMBIDR		sys_reg(3, 0, 9, 10, 7)
#define EL2_SYS_TRBLIMITR	sys_reg(3, 0, 9, 11, 0)
#define EL2_SYS_TRBIDR		sys_reg(3, 0, 9, 11, 7)
#define EL2_BUFFER_NOT_OURS	BIT(4)	/* PMBIDR_EL1.P, TRBIDR_EL1.P */
#define EL2_BUFFER_ENABLED	BIT(0)	/* PMBLIMITR_EL1.E, TRBLIMITR_EL1.E */

/*
 * The addresses of the host's profiling and trace buffers are of its own EL1: stop
 * both, and wait for what is under way (PSB CSYNC, TSB CSYNC), before EL1 is another
 * one. A kernel at EL2 does neither at EL1.
 */
static inline void el2_buffers_stop(struct el2_host_debug *host)
{
	host->pmscr = 0;
	host->trfcr = 0;
	if (peng_host.spe && !(read_sysreg_s(EL2_SYS_PMBIDR) & EL2_BUFFER_NOT_OURS) &&
	    read_sysreg_s(EL2_SYS_PMBLIMITR) & EL2_BUFFER_ENABLED) {
		host->pmscr = read_sysreg_s(EL2_SYS_PMSCR);
		write_sysreg_s(0, EL2_SYS_PMSCR);
		isb();
		asm volatile("hint #17" : : : "memory");
		dsb(nsh);
	}
	if (peng_host.trbe && !(read_sysreg_s(EL2_SYS_TRBIDR) & EL2_BUFFER_NOT_OURS) &&
	    read_sysreg_s(EL2_SYS_TRBLIMITR) & EL2_BUFFER_ENABLED) {
		host->trfcr = read_sysreg_s(EL2_SYS_TRFCR);
		write_sysreg_s(0, EL2_SYS_TRFCR);
		isb();
		asm volatile("hint #18" : : : "memory");
		dsb(nsh);
	}
}

/* EL1 and MDCR_EL2 are the host's again. */
static inline void el2_buffers_go_on(const struct el2_host_debug *host)
{
	if (likely(!host->pmscr && !host->trfcr))
		return;
	isb();
	if (host->pmscr)
		write_sysreg_s(host->pmscr, EL2_SYS_PMSCR);
	if (host->trfcr)
		write_sysreg_s(host->trfcr, EL2_SYS_TRFCR);
}
#else
static inline void el2_buffers_stop(struct el2_host_debug *host)
{
}

static inline void el2_buffers_go_on(const struct el2_host_debug *host)
{
}
#endif

/*
 * The host's MDSCR_EL1 may enable its own breakpoints or single step, which
 * must not fire in the guest: the guest's value is written whenever they differ,
 * and its breakpoints whenever they are enabled, by itself or by user space.
 */
static inline void el2_debug_enter(struct peng_context *ctx, struct el2_host_debug *host)
{
	u64 guest = (ctx->sys[PENG_MDSCR_EL1] & ~ctx->mdscr_clear) | ctx->mdscr_set;

	el2_buffers_stop(host);
	host->mdscr = read_sysreg(mdscr_el1);
	host->swapped = guest & (MDSCR_EL1_MDE | MDSCR_EL1_KDE);
	host->loaded = host->mdscr != guest || host->swapped;
	if (likely(!host->loaded))
		return;

	if (host->swapped) {
		el2_debug_read(&host->regs);
		el2_debug_write(ctx->use_user_debug ? &ctx->user_debug : &ctx->debug);
	}
	write_sysreg(guest, mdscr_el1);
}

static inline void el2_debug_leave(struct el2_host_debug *host)
{
	el2_buffers_go_on(host);
	if (likely(!host->loaded))
		return;

	if (host->swapped)
		el2_debug_write(&host->regs);
	write_sysreg(host->mdscr, mdscr_el1);
}

#endif /* PENG_EL2_DEBUG_H */
