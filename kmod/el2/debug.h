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
 * @regs: breakpoints and watchpoints, valid where @swapped
 * @loaded: the guest's MDSCR_EL1 is in the CPU
 * @swapped: the guest's breakpoints and watchpoints are too
 */
struct el2_host_debug {
	u64 mdscr;
	struct peng_debug_regs regs;
	bool loaded;
	bool swapped;
};

/*
 * The host's MDSCR_EL1 may enable its own breakpoints or single step, which
 * must not fire in the guest: the guest's value is written whenever they differ,
 * and its breakpoints whenever they are enabled, by itself or by user space.
 */
static inline void el2_debug_enter(struct peng_context *ctx, struct el2_host_debug *host)
{
	u64 guest = (ctx->sys[PENG_MDSCR_EL1] & ~ctx->mdscr_clear) | ctx->mdscr_set;

	host->mdscr = read_sysreg(mdscr_el1);
	host->swapped = guest & (DBG_MDSCR_MDE | DBG_MDSCR_KDE);
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
	if (likely(!host->loaded))
		return;

	if (host->swapped)
		el2_debug_write(&host->regs);
	write_sysreg(host->mdscr, mdscr_el1);
}

#endif /* PENG_EL2_DEBUG_H */
