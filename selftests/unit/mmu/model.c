// SPDX-License-Identifier: GPL-2.0-only
/* The reference model of model.h. */
#include <stdlib.h>

#include "model.h"

#define LEVELS	(PENG_S2_LAST_LEVEL + 1)
#define RIGHTS	(PENG_S2_R | PENG_S2_W | PENG_S2_X | PENG_S2_HOST_W)

static struct {
	gpa_t base;
	unsigned long leaves;
	struct model_leaf *at[LEVELS];
} model;

static unsigned long pieces(int level)
{
	return WINDOW / peng_pgtable_level_size(level);
}

void model_start(gpa_t base)
{
	model.base = base;
	model.leaves = 0;
	for (int level = PENG_S2_MIN_BLOCK_LEVEL; level < LEVELS; level++) {
		free(model.at[level]);
		model.at[level] = calloc(pieces(level), sizeof(struct model_leaf));
	}
}

gpa_t model_base(void)
{
	return model.base;
}

static struct model_leaf *piece(gpa_t ipa, int level)
{
	return &model.at[level][(ipa - model.base) / peng_pgtable_level_size(level)];
}

static void drop(struct model_leaf *leaf)
{
	model.leaves -= leaf->there;
	leaf->there = false;
}

static void place(struct model_leaf *at, struct model_leaf leaf)
{
	drop(at);
	*at = leaf;
	model.leaves++;
}

/* The level of the leaf that holds @ipa, or -1. */
static int level_at(gpa_t ipa)
{
	for (int level = PENG_S2_MIN_BLOCK_LEVEL; level < LEVELS; level++)
		if (piece(ipa, level)->there)
			return level;
	return -1;
}

static void split_once(gpa_t ipa, int level)
{
	struct model_leaf old = *piece(ipa, level);
	u64 size = peng_pgtable_level_size(level);
	u64 step = peng_pgtable_level_size(level + 1);

	drop(piece(ipa, level));
	ipa &= ~(size - 1);
	for (u64 offset = 0; offset < size; offset += step, old.phys += step)
		place(piece(ipa + offset, level + 1), old);
}

void model_map(const struct peng_pgtable_leaf *want)
{
	struct model_leaf new = { true, true, want->prot, want->phys };
	u64 size = peng_pgtable_level_size(want->level);
	int level = level_at(want->ipa);
	struct model_leaf *old;

	if (level >= 0 && level <= want->level) {
		u64 offset = want->ipa & (peng_pgtable_level_size(level) - 1);

		old = piece(want->ipa, level);
		if (old->phys + offset == want->phys &&
		    !((old->prot ^ want->prot) & PENG_S2_NOT_MEMORY)) {
			new.prot |= old->prot;
			if (level < want->level && old->young && new.prot == old->prot)
				return;
		}
		for (; level < want->level; level++)
			split_once(want->ipa, level);
	}
	for (level = want->level + 1; level < LEVELS; level++)
		for (gpa_t ipa = want->ipa; ipa < want->ipa + size;
		     ipa += peng_pgtable_level_size(level))
			drop(piece(ipa, level));
	place(piece(want->ipa, want->level), new);
}

/* Call @visit for each leaf that overlaps the range; true if any call returned true. */
static bool for_range(gpa_t ipa, u64 size, bool (*visit)(struct model_leaf *, unsigned int),
		      unsigned int arg)
{
	bool any = false;

	for (int level = PENG_S2_MIN_BLOCK_LEVEL; level < LEVELS; level++) {
		struct model_leaf *last = piece(ipa + size - 1, level);

		for (struct model_leaf *leaf = piece(ipa, level); leaf <= last; leaf++)
			if (leaf->there && visit(leaf, arg))
				any = true;
	}
	return any;
}

static bool visit_unmap(struct model_leaf *leaf, unsigned int arg)
{
	drop(leaf);
	return true;
}

bool model_unmap(gpa_t ipa, u64 size)
{
	return for_range(ipa, size, visit_unmap, 0);
}

static bool visit_clear_prot(struct model_leaf *leaf, unsigned int prot)
{
	bool had = leaf->prot & prot;

	leaf->prot &= ~prot;
	return had;
}

static bool visit_clear_young(struct model_leaf *leaf, unsigned int arg)
{
	bool had = leaf->young;

	leaf->young = false;
	return had;
}

static bool visit_young(struct model_leaf *leaf, unsigned int arg)
{
	return leaf->young;
}

bool model_clear(gpa_t ipa, u64 size, unsigned int prot, bool young)
{
	return for_range(ipa, size, young ? visit_clear_young : visit_clear_prot, prot);
}

bool model_any_young(gpa_t ipa, u64 size)
{
	return for_range(ipa, size, visit_young, 0);
}

void model_relax(gpa_t ipa, unsigned int prot)
{
	struct model_leaf *leaf = piece(ipa, level_at(ipa));

	leaf->prot |= prot;
	leaf->young = true;
}

void model_set_young(gpa_t ipa)
{
	piece(ipa, level_at(ipa))->young = true;
}

void model_split(gpa_t ipa, u64 size)
{
	gpa_t end = ipa + size;

	while (ipa < end) {
		int level = level_at(ipa);

		if (level < 0)
			level = PENG_S2_LAST_LEVEL;
		for (; level < PENG_S2_LAST_LEVEL; level++)
			for (gpa_t at = ipa; at < end && level_at(at) == level;
			     at += peng_pgtable_level_size(level))
				split_once(at, level);
		ipa = (ipa & ~(PAGE_SIZE - 1)) + PAGE_SIZE;
	}
}

bool model_find(gpa_t ipa, struct peng_pgtable_leaf *leaf)
{
	int level = level_at(ipa);
	struct model_leaf *m;

	if (level < 0)
		return false;
	m = piece(ipa, level);
	*leaf = (struct peng_pgtable_leaf) {
		.ipa = ipa & ~(peng_pgtable_level_size(level) - 1),
		.phys = m->phys,
		.level = level,
		.prot = m->prot,
		.young = m->young,
	};
	return true;
}

struct comparison {
	struct peng_pgtable_visitor visitor;
	unsigned long leaves;
	u64 mapped[LEVELS];
	gpa_t next;
};

static int compare_leaf(struct peng_pgtable_visitor *visitor, const struct peng_pgtable_leaf *leaf)
{
	struct comparison *c = container_of(visitor, struct comparison, visitor);
	struct model_leaf *m = piece(leaf->ipa, leaf->level);

	must(leaf->ipa >= c->next, "%llx: visited out of order", (long long)leaf->ipa);
	must(m->there, "%llx: level %d leaf that should not be", (long long)leaf->ipa, leaf->level);
	must(m->phys == leaf->phys && m->prot == leaf->prot && m->young == leaf->young,
	     "%llx: is %llx prot %x young %d, should be %llx prot %x young %d",
	     (long long)leaf->ipa, (long long)leaf->phys, leaf->prot, leaf->young,
	     (long long)m->phys, m->prot, m->young);
	c->next = leaf->ipa + peng_pgtable_level_size(leaf->level);
	c->leaves++;
	c->mapped[leaf->level] += peng_pgtable_level_size(leaf->level);
	return 0;
}

/* Leaf by leaf, both ways: each that is there should be, and none is missing. */
void model_compare(struct peng_pgtable *pgt)
{
	struct comparison c = { .visitor.leaf = compare_leaf };

	must(!peng_pgtable_for_each(pgt, 0, 1ULL << pgt->ipa_bits, &c.visitor), "walk ended");
	must(c.leaves == model.leaves, "%lu leaves, should be %lu", c.leaves, model.leaves);
	for (int level = 0; level < LEVELS; level++)
		must(peng_pgtable_mapped(pgt, level) == c.mapped[level],
		     "level %d: %llx bytes are counted, %llx are there", level,
		     (long long)peng_pgtable_mapped(pgt, level), (long long)c.mapped[level]);
}

static int adopt_leaf(struct peng_pgtable_visitor *visitor, const struct peng_pgtable_leaf *leaf)
{
	struct model_leaf m = { true, leaf->young, leaf->prot, leaf->phys };

	must(leaf->phys == MEMORY_PHYS(0, leaf->ipa) || leaf->phys == MEMORY_PHYS(1, leaf->ipa),
	     "%llx: leads to %llx", (long long)leaf->ipa, (long long)leaf->phys);
	place(piece(leaf->ipa, leaf->level), m);
	return 0;
}

/* After a race whose outcome is open: each leaf must be sound, and is believed from here on. */
void model_adopt(struct peng_pgtable *pgt)
{
	struct peng_pgtable_visitor visitor = { .leaf = adopt_leaf };

	model_start(model.base);
	must(!peng_pgtable_for_each(pgt, 0, 1ULL << pgt->ipa_bits, &visitor), "walk ended");
}
