/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a Stage-2 tree should hold: flat arrays, one per level, that say of each aligned piece of a
 * window whether it is one leaf. Slow, obvious, and without any of the tree's ideas in it.
 */
#ifndef UNIT_MMU_MODEL_H
#define UNIT_MMU_MODEL_H

#include "machine.h"

#define BIGGEST		peng_pgtable_level_size(PENG_S2_MIN_BLOCK_LEVEL)
#define WINDOW		(3 * BIGGEST)
#define WINDOW_PAGES	(WINDOW / PAGE_SIZE)

/* Where guest memory is: one of two places, so that leaves can move. */
#define MEMORY_BITS		41
#define MEMORY_PHYS(which, ipa)	\
	(((8ULL + (which)) << MEMORY_BITS) + ((ipa) & ((1ULL << MEMORY_BITS) - 1)))

struct model_leaf {
	bool there;
	bool young;
	unsigned int prot;
	phys_addr_t phys;
};

void model_start(gpa_t base);
gpa_t model_base(void);
void model_map(const struct peng_pgtable_leaf *want);
void model_relax(gpa_t ipa, unsigned int prot);
void model_split(gpa_t ipa, u64 size);
bool model_unmap(gpa_t ipa, u64 size);
bool model_clear(gpa_t ipa, u64 size, unsigned int prot, bool young);
bool model_any_young(gpa_t ipa, u64 size);
bool model_find(gpa_t ipa, struct peng_pgtable_leaf *leaf);
void model_set_young(gpa_t ipa);
void model_compare(struct peng_pgtable *pgt);
void model_adopt(struct peng_pgtable *pgt);

#endif /* UNIT_MMU_MODEL_H */
