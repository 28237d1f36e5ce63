// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a Stage-2 tree: the shape of its root, VTCR_EL2 to match, caches of tables to grow
 * by, and its end. Nothing here runs at the same time as anything else on the same tree or cache.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include "desc.h"
#include "pgtable.h"

#define VTCR_T0SZ		GENMASK_ULL(5, 0)
#define VTCR_SL0		GENMASK_ULL(7, 6)
#define VTCR_IRGN0		GENMASK_ULL(9, 8)
#define VTCR_ORGN0		GENMASK_ULL(11, 10)
#define VTCR_SH0		GENMASK_ULL(13, 12)
#define VTCR_TG0		GENMASK_ULL(15, 14)
#define VTCR_PS			GENMASK_ULL(18, 16)
#define VTCR_VS			BIT_ULL(19)
#define VTCR_HA			BIT_ULL(21)
#define VTCR_RES1		BIT_ULL(31)
#define RGN_WBWA		1

/**
 * peng_pgtable_cache_fill - set tables aside
 * @cache: the cache
 * @ops: what allocates
 * @nr: how many there are to be at least
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM; what was allocated stays in the cache.
 */
int peng_pgtable_cache_fill(struct peng_pgtable_cache *cache, const struct peng_pgtable_ops *ops,
			    unsigned int nr)
{
	while (cache->nr < nr) {
		void *table = ops->alloc_table();

		if (!table)
			return -ENOMEM;
		peng_pgtable_cache_push(cache, table);
	}
	return 0;
}

/**
 * peng_pgtable_cache_drain - free all tables that were set aside
 * @cache: the cache
 * @ops: what they were allocated with
 */
void peng_pgtable_cache_drain(struct peng_pgtable_cache *cache,
			      const struct peng_pgtable_ops *ops)
{
	while (cache->nr)
		ops->free_table(peng_pgtable_cache_pop(cache));
}

static void free_tables(const struct peng_pgtable_ops *ops, u64 *table, int level)
{
	unsigned int i;

	for (i = 0; level < PENG_S2_LAST_LEVEL && i < DESC_PER_TABLE; i++) {
		if (!desc_is_table(table[i], level))
			continue;
		free_tables(ops, ops->virt(desc_phys(table[i])), level + 1);
		ops->resched();
	}
	ops->free_table(table);
}

static unsigned int root_entries(const struct peng_pgtable *pgt)
{
	return 1U << (pgt->ipa_bits - peng_pgtable_level_shift(pgt->start_level));
}

static size_t root_size(const struct peng_pgtable *pgt)
{
	return max_t(size_t, root_entries(pgt) * sizeof(u64), PAGE_SIZE);
}

/*
 * Up to 16 tables may stand side by side at the root, which saves a level for up to four more bits
 * of address. Two levels are the least, for one would leave no room for blocks.
 */
static int start_level(unsigned int ipa_bits)
{
	unsigned int bits = ipa_bits - 4 - PAGE_SHIFT;
	unsigned int levels = DIV_ROUND_UP(bits, PAGE_SHIFT - 3);

	return PENG_S2_LAST_LEVEL + 1 - max(levels, 2U);
}

static u64 vtcr_ps(unsigned int pa_bits)
{
	static const u8 sizes[] = { 32, 36, 40, 42, 44, 48, 52 };
	unsigned int i = ARRAY_SIZE(sizes) - 1;

	while (i && sizes[i] > pa_bits)
		i--;
	return i;
}

/**
 * peng_pgtable_vtcr - VTCR_EL2 for a tree
 * @ipa_bits: size of the guest's physical address space
 * @pa_bits: size of the host's
 * @features: mask of enum peng_s2_feature
 */
u64 peng_pgtable_vtcr(unsigned int ipa_bits, unsigned int pa_bits, unsigned int features)
{
	unsigned int sl0 = (PAGE_SHIFT == 12 ? 2 : 3) - start_level(ipa_bits);
	unsigned int tg0 = PAGE_SHIFT == 16 ? 1 : PAGE_SHIFT == 14 ? 2 : 0;
	u64 vtcr = VTCR_RES1;

	vtcr |= FIELD_PREP(VTCR_T0SZ, 64 - ipa_bits) | FIELD_PREP(VTCR_SL0, sl0);
	vtcr |= FIELD_PREP(VTCR_IRGN0, RGN_WBWA) | FIELD_PREP(VTCR_ORGN0, RGN_WBWA);
	vtcr |= FIELD_PREP(VTCR_SH0, SH_INNER) | FIELD_PREP(VTCR_TG0, tg0);
	vtcr |= FIELD_PREP(VTCR_PS, vtcr_ps(pa_bits));
	if (features & PENG_S2_VMID16)
		vtcr |= VTCR_VS;
	if (features & PENG_S2_HW_AF)
		vtcr |= VTCR_HA;
	return vtcr;
}

/**
 * peng_pgtable_init - make an empty tree
 * @pgt: the tree
 * @ops: its surroundings
 * @ipa_bits: PENG_S2_MIN_IPA_BITS to PENG_S2_MAX_IPA_BITS
 * @features: mask of enum peng_s2_feature
 *
 * Context: may sleep.
 * Return: 0, -EINVAL or -ENOMEM.
 */
int peng_pgtable_init(struct peng_pgtable *pgt, const struct peng_pgtable_ops *ops,
		      unsigned int ipa_bits, unsigned int features)
{
	if (ipa_bits < PENG_S2_MIN_IPA_BITS || ipa_bits > PENG_S2_MAX_IPA_BITS)
		return -EINVAL;

	*pgt = (struct peng_pgtable) {
		.ops = ops,
		.ipa_bits = ipa_bits,
		.start_level = start_level(ipa_bits),
		.features = features,
	};
	pgt->root = ops->alloc_root(root_size(pgt));
	return pgt->root ? 0 : -ENOMEM;
}

/**
 * peng_pgtable_destroy - free a tree
 * @pgt: the tree; no CPU translates through it, and no TLB remembers it
 *
 * Leaves are not looked at, so this costs a call per table and nothing per page.
 *
 * Context: nothing else runs on the tree; may sleep.
 */
void peng_pgtable_destroy(struct peng_pgtable *pgt)
{
	unsigned int i;

	for (i = 0; i < root_entries(pgt); i++) {
		if (!desc_is_table(pgt->root[i], pgt->start_level))
			continue;
		free_tables(pgt->ops, desc_table(pgt, pgt->root[i]), pgt->start_level + 1);
		pgt->ops->resched();
	}
	pgt->ops->free_root(pgt->root, root_size(pgt));
	pgt->root = NULL;
}
