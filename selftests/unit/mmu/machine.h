/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine for kmod/mmu/pgtable.c to run on: memory for tables, CPUs with TLBs that remember
 * whatever they were allowed to, and a judge that looks at each change of an entry.
 */
#ifndef UNIT_MMU_MACHINE_H
#define UNIT_MMU_MACHINE_H

#include "../../../kmod/mmu/desc.h"
#include "../../../kmod/mmu/pgtable.h"

#define MACHINE_CPUS	2
#define MACHINE_TLB	48
#define MACHINE_WALKS	32
#define MACHINE_TABLES	(PAGE_SHIFT == 12 ? 12288 : 1024)

#define ENTRY_FLAGS	(DESC_RIGHTS | DESC_AF)

/* What a CPU has cached of one leaf. */
struct tlb_entry {
	bool used;
	gpa_t ipa;
	int level;
	u64 desc;
};

struct machine {
	struct peng_pgtable *pgt;
	unsigned int cpu;
	bool hw_af;
	bool out_of_memory;
	bool dying;		/* the tree is being destroyed: nobody looks any more */

	/* Called where another CPU could get in between; NULL for nobody. */
	void (*interfere)(void);

	unsigned long leaf_flushes;
	unsigned long range_flushes;
	unsigned long lost_writes;	/* into tables that have left the tree */
	unsigned long live_tables;
	unsigned long pending;		/* retired, grace period not over */

	struct tlb_entry tlb[MACHINE_CPUS][MACHINE_TLB];
	int walks[MACHINE_CPUS][MACHINE_WALKS];	/* tables in walk caches; 0 for none */
};

extern struct machine machine;
extern const struct peng_pgtable_ops machine_ops;

__noreturn __printf(1, 2) void machine_fail(const char *format, ...);
#define must(cond, ...)	((cond) ? (void)0 : machine_fail(__VA_ARGS__))

void machine_start(struct peng_pgtable *pgt);
u64 machine_access(gpa_t ipa, bool *aged);
void machine_grace_period(void);
void machine_check(unsigned long cached_tables);
void machine_forget(void);

#endif /* UNIT_MMU_MACHINE_H */
