/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The process's own page tables, as a fault reads them.
 */
#ifndef PENG_MMU_HOSTPT_H
#define PENG_MMU_HOSTPT_H

#include <linux/kvm_types.h>
#include <linux/types.h>

/**
 * struct peng_hostpt_leaf - what the process has mapped at an address
 * @pfn: the frame that the address itself is in
 * @shift: log2 of what one entry maps there
 * @valid: the entry is one that hardware uses
 * @writable: and that it lets the process write through
 */
struct peng_hostpt_leaf {
	unsigned long pfn;
	unsigned int shift;
	bool valid;
	bool writable;
};

bool peng_hostpt_lookup(hva_t hva, struct peng_hostpt_leaf *leaf);
bool peng_hostpt_is_linear(hva_t hva);

#endif /* PENG_MMU_HOSTPT_H */
