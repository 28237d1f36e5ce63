/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The per-CPU interrupt lines that a guest needs: both EL1 timers and the
 * GIC maintenance interrupt, owned or borrowed from built-in KVM.
 *
 * Owned: requested by peng. Borrowed: KVM has requested them; peng uses the
 * line without ever letting the host take it. Both follow one protocol: while
 * a guest timer's line is high outside the guest, the line is held active in
 * the GIC, so the host never sees it.
 */
#ifndef PENG_HOST_PPI_H
#define PENG_HOST_PPI_H

#include <linux/types.h>

enum peng_line {
	PENG_LINE_VTIMER,
	PENG_LINE_PTIMER,
	PENG_LINE_MAINT,
	PENG_NR_LINES,
};

int peng_ppi_init(void);
void peng_ppi_exit(void);

/* Physical INTID of a line, for the HW field of a list register. */
u32 peng_ppi_intid(enum peng_line line);
bool peng_ppi_owned(enum peng_line line);
/* Set or clear the line's active state on this CPU; preemption off. */
void peng_ppi_set_active(enum peng_line line, bool active);

#endif /* PENG_HOST_PPI_H */
