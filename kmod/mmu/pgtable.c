// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage-2 translation tables.
 *
 * Every entry is in one of four states: empty (0), locked, table, leaf. Empty entries are filled
 * by compare-and-exchange. A live entry that is to become a different live entry goes through
 * locked, which hardware sees as invalid: whoever locks it invalidates TLBs and then publishes the
 * new value (break-before-make); everybody else backs off with -EAGAIN and the guest faults again.
 * Only permissions and the access flag change in place, as the architecture allows. Hardware may
 * set the access flag at any time, so what is kept of an entry is kept by compare-and-exchange.
 *
 * Tables leave the tree emptied, by an exclusive unmap, so that no mapper is inside. Readers may
 * still be, which is why they are retired through RCU.
 */
#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/barrier.h>

#include "desc.h"
#include "pgtable.h"

/* One entry as a walk sees it: where it is, what it covers, what it held when it was read. */
struct entry {
	u64 *ptep;
	u64 desc;
	gpa_t ipa;
	int level;
};

/* A walk over a range, in order. @leaf may change its entry; @leave comes after all in a table. */
struct range_walk {
	struct peng_pgtable *pgt;
	gpa_t end;
	int (*leaf)(struct range_walk *walk, struct entry *e);
	void (*leave)(struct range_walk *walk, struct entry *e);
};

static struct peng_pgtable_leaf leaf_of(const struct entry *e)
{
	return (struct peng_pgtable_leaf) {
		.ipa = e->ipa,
		.phys = desc_phys(e->desc),
		.level = e->level,
		.prot = desc_prot(e->desc),
		.young = e->desc & DESC_AF,
	};
}

/* Walking */

static unsigned int index_of(gpa_t ipa, int level)
{
	return (ipa >> peng_pgtable_level_shift(level)) & (DESC_PER_TABLE - 1);
}

static void read_entry(struct entry *e)
{
	e->desc = READ_ONCE(*e->ptep);
}

/* The root's index is not masked: concatenated tables follow each other in memory. */
static struct entry root_entry(struct peng_pgtable *pgt, gpa_t ipa)
{
	unsigned int shift = peng_pgtable_level_shift(pgt->start_level);
	struct entry e = {
		.ptep = pgt->root + (ipa >> shift),
		.ipa = ipa & ~(peng_pgtable_level_size(pgt->start_level) - 1),
		.level = pgt->start_level,
	};

	read_entry(&e);
	return e;
}

/* From a table entry to the entry for @ipa one level down. */
static struct entry next_entry(struct peng_pgtable *pgt, const struct entry *up, gpa_t ipa)
{
	struct entry e = {
		.ptep = desc_table(pgt, up->desc) + index_of(ipa, up->level + 1),
		.ipa = ipa & ~(peng_pgtable_level_size(up->level + 1) - 1),
		.level = up->level + 1,
	};

	read_entry(&e);
	return e;
}

static struct entry find_entry(struct peng_pgtable *pgt, gpa_t ipa)
{
	struct entry e = root_entry(pgt, ipa);

	while (desc_is_table(e.desc, e.level))
		e = next_entry(pgt, &e, ipa);
	return e;
}

static bool in_ipa_space(const struct peng_pgtable *pgt, gpa_t ipa, u64 size)
{
	u64 limit = 1ULL << pgt->ipa_bits;

	return ipa < limit && size <= limit - ipa;
}

static int walk_entry(struct range_walk *walk, struct entry *e, gpa_t ipa)
{
	gpa_t end = e->ipa + peng_pgtable_level_size(e->level);
	int ret;

	if (desc_is_valid(e->desc) && !desc_is_table(e->desc, e->level)) {
		ret = walk->leaf(walk, e);
		if (ret)
			return ret;
		read_entry(e);	/* @leaf may have split it */
	}
	if (!desc_is_table(e->desc, e->level))
		return 0;

	while (ipa < end && ipa < walk->end) {
		struct entry child = next_entry(walk->pgt, e, ipa);

		ret = walk_entry(walk, &child, ipa);
		if (ret)
			return ret;
		ipa = child.ipa + peng_pgtable_level_size(child.level);
	}
	if (walk->leave)
		walk->leave(walk, e);
	return 0;
}

/* Visit all that overlaps the range; the recursion is as deep as the tree has levels. */
static int walk_range(struct range_walk *walk, gpa_t ipa, u64 size)
{
	int ret;

	if (!in_ipa_space(walk->pgt, ipa, size))
		return -ERANGE;

	walk->end = ipa + size;
	while (ipa < walk->end) {
		struct entry e = root_entry(walk->pgt, ipa);

		ret = walk_entry(walk, &e, ipa);
		if (ret)
			return ret;
		ipa = e.ipa + peng_pgtable_level_size(e.level);
	}
	return 0;
}

/* Changing one entry */

static bool replace(struct entry *e, u64 desc)
{
	return cmpxchg(e->ptep, e->desc, desc) == e->desc;
}

/*
 * First half of break-before-make. False if the entry is no longer what was read. A table's leaves
 * may be cached at any level below it, so all of what it covers is invalidated.
 */
static bool break_entry(struct peng_pgtable *pgt, struct entry *e)
{
	if (!replace(e, DESC_LOCKED))
		return false;
	if (desc_is_table(e->desc, e->level))
		pgt->ops->flush_range(pgt, e->ipa, peng_pgtable_level_size(e->level));
	else
		pgt->ops->flush_leaf(pgt, e->ipa, e->level);
	return true;
}

/* Second half of break-before-make. */
static void make_entry(struct entry *e, u64 desc)
{
	/* The content of a new table before the entry that leads there; readers depend on it. */
	smp_store_release(e->ptep, desc);
}

static void count_leaves(struct peng_pgtable *pgt, int level, long nr)
{
	atomic_long_add(nr, &pgt->leaves[level]);
}

/* Empty entry to empty table. Losing the race is success: the entry is read again. */
static int install_table(struct peng_pgtable *pgt, struct entry *e,
			 struct peng_pgtable_cache *cache)
{
	void *table = peng_pgtable_cache_pop(cache);

	if (!table)
		return -ENOMEM;
	if (!replace(e, desc_from_table(pgt, table)))
		peng_pgtable_cache_push(cache, table);
	return 0;
}

static void fill_from_block(u64 *table, const struct entry *block)
{
	u64 step = peng_pgtable_level_size(block->level + 1);
	u64 desc = (block->desc & ~(DESC_TABLE | DESC_VALID)) | desc_leaf_type(block->level + 1);
	phys_addr_t phys = desc_phys(block->desc);
	unsigned int i;

	desc &= ~desc_from_phys(~(phys_addr_t)0);
	for (i = 0; i < DESC_PER_TABLE; i++, phys += step)
		table[i] = desc | desc_from_phys(phys);
}

/* Block to a table that maps the same. Losing the race is success, as in install_table(). */
static int split_block(struct peng_pgtable *pgt, struct entry *e, struct peng_pgtable_cache *cache)
{
	u64 *table = peng_pgtable_cache_pop(cache);

	if (!table)
		return -ENOMEM;

	fill_from_block(table, e);
	if (!break_entry(pgt, e)) {
		memset(table, 0, PAGE_SIZE);
		peng_pgtable_cache_push(cache, table);
		return 0;
	}
	make_entry(e, desc_from_table(pgt, table));
	count_leaves(pgt, e->level + 1, DESC_PER_TABLE);
	count_leaves(pgt, e->level, -1);
	return 0;
}

/* Does the block at @e grant all that @want asks for, so that there is no need to split it? */
static bool block_serves(const struct entry *e, const struct peng_pgtable_leaf *want, u64 desc)
{
	return desc_phys(e->desc) + (want->ipa - e->ipa) == want->phys &&
	       !((e->desc ^ desc) & DESC_MEMATTR) && desc_add_rights(e->desc, desc) == e->desc;
}

/* Above the wanted level: make the entry a table. -EEXIST: a block there will do. */
static int open_table(struct peng_pgtable *pgt, const struct peng_pgtable_leaf *want,
		      struct entry *e, struct peng_pgtable_cache *cache)
{
	if (!e->desc)
		return install_table(pgt, e, cache);
	if (!desc_is_valid(e->desc))
		return -EAGAIN;
	if (!block_serves(e, want, desc_from_leaf(pgt, want)))
		return split_block(pgt, e, cache);

	pgt->ops->flush_leaf_local(pgt, e->ipa, e->level);
	return -EEXIST;
}

/* At the wanted level: put @desc there, unless that is a table. */
static int place_leaf(struct peng_pgtable *pgt, struct entry *e, u64 desc)
{
	u64 old = e->desc;

	if (!old) {
		if (!replace(e, desc))
			return -EAGAIN;
		count_leaves(pgt, e->level, 1);
		dsb(ishst);	/* before the guest tries again */
		return 0;
	}
	if (!desc_is_valid(old))
		return -EAGAIN;
	if (desc_is_table(old, e->level))
		return -ENOTEMPTY;

	if (!((old ^ desc) & ~(DESC_RIGHTS | DESC_AF))) {
		if (!replace(e, desc_add_rights(old, desc)))
			return -EAGAIN;
		pgt->ops->flush_leaf_local(pgt, e->ipa, e->level);
		return 0;
	}

	if (!break_entry(pgt, e))
		return -EAGAIN;
	make_entry(e, desc);
	return 0;
}

static int check_leaf(const struct peng_pgtable *pgt, const struct peng_pgtable_leaf *leaf)
{
	u64 size;

	if (!peng_pgtable_block_allowed(pgt, leaf->level))
		return -EINVAL;
	size = peng_pgtable_level_size(leaf->level);
	if (!in_ipa_space(pgt, leaf->ipa, size))
		return -ERANGE;
	if (!IS_ALIGNED(leaf->ipa | leaf->phys, size))
		return -EINVAL;
	if ((leaf->prot & PENG_S2_X) && (leaf->prot & PENG_S2_NOT_MEMORY))
		return -EINVAL;
	return desc_phys(desc_from_phys(leaf->phys)) == leaf->phys ? 0 : -ERANGE;
}

/**
 * peng_pgtable_map - make one leaf
 * @pgt: the tree
 * @want: the leaf
 * @cache: where tables come from; PENG_S2_MAX_NEW_TABLES are always enough
 *
 * An existing leaf of the same output and type only gains rights, so the slower of two vCPUs that
 * fault on one page takes nothing away from the faster, and a block that already serves @want is
 * left whole. A block is split where @want asks for it.
 *
 * This CPU's TLB holds nothing older than the leaf afterwards. Other CPUs may hold fewer rights,
 * and come here by a fault of their own: cheaper than a broadcast that stops them all.
 *
 * Context: shared; interrupts may be masked.
 * Return: 0; -EAGAIN if another CPU is changing the entry; -ENOTEMPTY if there are smaller leaves,
 * or a table for them, that peng_pgtable_unmap() has to remove first; -ENOMEM if @cache is too
 * small; -EINVAL or -ERANGE for a leaf that this tree cannot hold.
 */
int peng_pgtable_map(struct peng_pgtable *pgt, const struct peng_pgtable_leaf *want,
		     struct peng_pgtable_cache *cache)
{
	struct entry e;
	int ret = check_leaf(pgt, want);

	if (ret)
		return ret;

	e = root_entry(pgt, want->ipa);
	while (e.level < want->level) {
		if (desc_is_table(e.desc, e.level)) {
			e = next_entry(pgt, &e, want->ipa);
			continue;
		}
		ret = open_table(pgt, want, &e, cache);
		if (ret)
			return ret == -EEXIST ? 0 : ret;
		read_entry(&e);
	}
	return place_leaf(pgt, &e, desc_from_leaf(pgt, want));
}

/* Splitting a range */

struct split_walk {
	struct range_walk walk;
	struct peng_pgtable_cache *cache;
};

static int split_leaf(struct range_walk *walk, struct entry *e)
{
	struct split_walk *split = container_of(walk, struct split_walk, walk);

	if (e->level == PENG_S2_LAST_LEVEL)
		return 0;
	return split_block(walk->pgt, e, split->cache);
}

/**
 * peng_pgtable_split - make all blocks that overlap a range into pages
 * @pgt: the tree
 * @ipa: start of the range
 * @size: its length
 * @cache: where tables come from
 *
 * A block that changes under the walk is left to whoever changes it.
 *
 * Context: shared.
 * Return: 0; -ENOMEM when @cache is used up: fill it and call again, what is split stays so;
 * -ERANGE outside the address space.
 */
int peng_pgtable_split(struct peng_pgtable *pgt, gpa_t ipa, u64 size,
		       struct peng_pgtable_cache *cache)
{
	struct split_walk split = {
		.walk = { .pgt = pgt, .leaf = split_leaf },
		.cache = cache,
	};

	return walk_range(&split.walk, ipa, size);
}

/* Unmapping a range */

/* @leaves of each level: there is that much to invalidate; @emptied: tables to retire then. */
struct unmap_walk {
	struct range_walk walk;
	gpa_t first;
	gpa_t last;
	unsigned long leaves[PENG_S2_LAST_LEVEL + 1];
	void *emptied;
};

/*
 * A plain store will do where the new value does not depend on the old one: hardware and the
 * operations on one leaf compare before they exchange.
 */
static void clear_entry(struct unmap_walk *unmap, const struct entry *e)
{
	gpa_t end = e->ipa + peng_pgtable_level_size(e->level);

	WRITE_ONCE(*e->ptep, 0);
	if (!unmap->last || e->ipa < unmap->first)
		unmap->first = e->ipa;
	if (end > unmap->last)
		unmap->last = end;
}

static int unmap_leaf(struct range_walk *walk, struct entry *e)
{
	struct unmap_walk *unmap = container_of(walk, struct unmap_walk, walk);

	clear_entry(unmap, e);
	unmap->leaves[e->level]++;
	return 0;
}

/* Begins after what was just unmapped, for that is where the next entry in use most likely is. */
static bool table_is_empty(const u64 *table, gpa_t unmapped_end, int level)
{
	unsigned int first = index_of(unmapped_end, level);
	unsigned int i;

	for (i = 0; i < DESC_PER_TABLE; i++)
		if (READ_ONCE(table[(first + i) % DESC_PER_TABLE]))
			return false;
	return true;
}

/*
 * An emptied table is chained through its first entry until TLBs are clean. The link is an aligned
 * address, so table walks that still come along a cached table entry find it invalid.
 */
static void unmap_table(struct range_walk *walk, struct entry *e)
{
	struct unmap_walk *unmap = container_of(walk, struct unmap_walk, walk);
	u64 *table = desc_table(walk->pgt, e->desc);

	if (!table_is_empty(table, walk->end, e->level + 1))
		return;

	clear_entry(unmap, e);
	WRITE_ONCE(*table, (uintptr_t)unmap->emptied);
	unmap->emptied = table;
}

static void retire_emptied(struct unmap_walk *unmap)
{
	u64 *table = unmap->emptied;

	while (table) {
		u64 *next = (u64 *)(uintptr_t)*table;

		WRITE_ONCE(*table, 0);
		unmap->walk.pgt->ops->retire_table(table);
		table = next;
	}
}

/* The level of the only leaf that went, where TLBs can be told of that alone; else -1. */
static int single_leaf(const struct unmap_walk *unmap)
{
	unsigned long sum = 0;
	int level, found = -1;

	for (level = 0; level <= PENG_S2_LAST_LEVEL; level++) {
		sum += unmap->leaves[level];
		if (unmap->leaves[level])
			found = level;
	}
	return sum == 1 && !unmap->emptied ? found : -1;
}

static bool uncount_leaves(const struct unmap_walk *unmap)
{
	bool any = false;
	int level;

	for (level = 0; level <= PENG_S2_LAST_LEVEL; level++) {
		if (!unmap->leaves[level])
			continue;
		count_leaves(unmap->walk.pgt, level, -(long)unmap->leaves[level]);
		any = true;
	}
	return any;
}

/**
 * peng_pgtable_unmap - remove all leaves that overlap a range, and the tables this empties
 * @pgt: the tree
 * @ipa: start of the range
 * @size: its length
 *
 * A block that the range covers in part goes as a whole: splitting it would need memory, which an
 * MMU notifier cannot wait for, and the rest comes back by faults. One invalidation serves the
 * whole range.
 *
 * Context: exclusive; does not sleep.
 * Return: was anything mapped?
 */
bool peng_pgtable_unmap(struct peng_pgtable *pgt, gpa_t ipa, u64 size)
{
	struct unmap_walk unmap = {
		.walk = { .pgt = pgt, .leaf = unmap_leaf, .leave = unmap_table },
	};

	int level;

	if (walk_range(&unmap.walk, ipa, size) || !unmap.last)
		return false;

	level = single_leaf(&unmap);
	if (level >= 0)
		pgt->ops->flush_leaf(pgt, unmap.first, level);
	else
		pgt->ops->flush_range(pgt, unmap.first, unmap.last - unmap.first);
	retire_emptied(&unmap);
	return uncount_leaves(&unmap);
}

/* Write protection and age */

/* @mask: where it is given, only pages whose bit is set, counted from @origin. */
struct clear_walk {
	struct range_walk walk;
	u64 bits;
	gpa_t origin;
	const unsigned long *mask;
	gpa_t first;
	gpa_t last;
	bool found;
};

/* What is larger than a page cannot be told apart by a mask, and is left as it is. */
static bool clear_wanted(const struct clear_walk *clear, const struct entry *e)
{
	if (!clear->mask)
		return true;
	return e->level == PENG_S2_LAST_LEVEL &&
	       test_bit_le((e->ipa - clear->origin) >> PAGE_SHIFT, clear->mask);
}

/* Hardware and peng_pgtable_relax() may be setting other bits of the leaf at the same time. */
static int clear_leaf(struct range_walk *walk, struct entry *e)
{
	struct clear_walk *clear = container_of(walk, struct clear_walk, walk);

	if (!clear_wanted(clear, e))
		return 0;
	while (desc_is_valid(e->desc) && (e->desc & clear->bits)) {
		if (replace(e, e->desc & ~clear->bits)) {
			if (!clear->found)
				clear->first = e->ipa;
			clear->last = e->ipa + peng_pgtable_level_size(e->level);
			clear->found = true;
			break;
		}
		read_entry(e);
	}
	return 0;
}

/**
 * peng_pgtable_wrprotect - take write permission from all leaves that overlap a range
 * @pgt: the tree
 * @ipa: start of the range
 * @size: its length
 *
 * Context: exclusive; does not sleep.
 * Return: was anything writable?
 */
bool peng_pgtable_wrprotect(struct peng_pgtable *pgt, gpa_t ipa, u64 size)
{
	struct clear_walk clear = {
		.walk = { .pgt = pgt, .leaf = clear_leaf },
		.bits = DESC_S2AP_W,
	};

	walk_range(&clear.walk, ipa, size);
	if (clear.found)
		pgt->ops->flush_range(pgt, clear.first, clear.last - clear.first);
	return clear.found;
}

/**
 * peng_pgtable_wrprotect_pages - take write permission from some pages of a range
 * @pgt: the tree
 * @ipa: start of the range
 * @size: its length
 * @mask: one bit for each page of it, little-endian: which
 *
 * One invalidation serves all of them. Blocks are left alone: split them first.
 *
 * Context: exclusive; does not sleep.
 * Return: was any of them writable?
 */
bool peng_pgtable_wrprotect_pages(struct peng_pgtable *pgt, gpa_t ipa, u64 size,
				  const unsigned long *mask)
{
	struct clear_walk clear = {
		.walk = { .pgt = pgt, .leaf = clear_leaf },
		.bits = DESC_S2AP_W,
		.origin = ipa,
		.mask = mask,
	};

	walk_range(&clear.walk, ipa, size);
	if (clear.found)
		pgt->ops->flush_range(pgt, clear.first, clear.last - clear.first);
	return clear.found;
}

/**
 * peng_pgtable_mkold - clear the access flag of all leaves that overlap a range
 * @pgt: the tree
 * @ipa: start of the range
 * @size: its length
 *
 * TLBs are left alone: a leaf that stays cached keeps working and only looks idle. A caller that
 * must not miss an access invalidates the range itself.
 *
 * Context: shared; does not sleep.
 * Return: was any of them young?
 */
bool peng_pgtable_mkold(struct peng_pgtable *pgt, gpa_t ipa, u64 size)
{
	struct clear_walk clear = {
		.walk = { .pgt = pgt, .leaf = clear_leaf },
		.bits = DESC_AF,
	};

	walk_range(&clear.walk, ipa, size);
	return clear.found;
}

static int find_young_leaf(struct range_walk *walk, struct entry *e)
{
	return e->desc & DESC_AF ? -EEXIST : 0;
}

/**
 * peng_pgtable_test_young - was any leaf in a range used since peng_pgtable_mkold()?
 * @pgt: the tree
 * @ipa: start of the range
 * @size: its length
 *
 * Context: shared; does not sleep.
 */
bool peng_pgtable_test_young(struct peng_pgtable *pgt, gpa_t ipa, u64 size)
{
	struct range_walk walk = { .pgt = pgt, .leaf = find_young_leaf };

	return walk_range(&walk, ipa, size) == -EEXIST;
}

/* One leaf */

/**
 * peng_pgtable_mkyoung - set the access flag of the leaf at an address
 * @pgt: the tree
 * @ipa: any address inside the leaf
 *
 * No invalidation: a leaf without the flag is never cached.
 *
 * Context: an RCU read-side section is enough; interrupts may be masked.
 * Return: false if there is no leaf, or it is being changed.
 */
bool peng_pgtable_mkyoung(struct peng_pgtable *pgt, gpa_t ipa)
{
	struct entry e;

	if (!in_ipa_space(pgt, ipa, 1))
		return false;
	e = find_entry(pgt, ipa);
	if (!desc_is_valid(e.desc))
		return false;
	if (e.desc & DESC_AF)
		return true;
	if (!replace(&e, e.desc | DESC_AF))
		return false;
	dsb(ishst);
	return true;
}

/**
 * peng_pgtable_relax - add rights to the leaf at an address
 * @pgt: the tree
 * @ipa: any address inside the leaf
 * @prot: mask of PENG_S2_R, PENG_S2_W, PENG_S2_X; for PENG_S2_X the caller has seen to the
 *	instruction cache of the whole leaf
 *
 * Only this CPU's TLB is cleaned, as in peng_pgtable_map(), and also if the leaf had the rights
 * already, for then a stale TLB entry is what made the guest fault.
 *
 * Context: an RCU read-side section is enough; interrupts may be masked.
 * Return: 0; -EAGAIN if there is no leaf, or it is being changed; -EPERM to write where the leaf
 * lacks PENG_S2_HOST_W, or to execute what is not memory.
 */
int peng_pgtable_relax(struct peng_pgtable *pgt, gpa_t ipa, unsigned int prot)
{
	struct entry e;
	u64 desc;

	if (!in_ipa_space(pgt, ipa, 1))
		return -EAGAIN;
	e = find_entry(pgt, ipa);
	if (!desc_is_valid(e.desc))
		return -EAGAIN;
	if ((prot & PENG_S2_W) && !(e.desc & (DESC_SW_HOST_W | DESC_S2AP_W)))
		return -EPERM;
	if ((prot & PENG_S2_X) && (desc_prot(e.desc) & PENG_S2_NOT_MEMORY))
		return -EPERM;

	desc = desc_add_rights(e.desc, desc_rights(prot));
	if (desc != e.desc && !replace(&e, desc))
		return -EAGAIN;
	pgt->ops->flush_leaf_local(pgt, e.ipa, e.level);
	return 0;
}

/**
 * peng_pgtable_lookup - find the leaf at an address
 * @pgt: the tree
 * @ipa: any address inside the leaf
 * @leaf: filled in, if there is one
 *
 * Context: an RCU read-side section is enough; interrupts may be masked.
 * Return: is there a leaf?
 */
bool peng_pgtable_lookup(struct peng_pgtable *pgt, gpa_t ipa, struct peng_pgtable_leaf *leaf)
{
	struct entry e;

	if (!in_ipa_space(pgt, ipa, 1))
		return false;
	e = find_entry(pgt, ipa);
	if (!desc_is_valid(e.desc))
		return false;
	*leaf = leaf_of(&e);
	return true;
}

struct visitor_walk {
	struct range_walk walk;
	struct peng_pgtable_visitor *visitor;
};

static int visit_leaf(struct range_walk *walk, struct entry *e)
{
	struct visitor_walk *visit = container_of(walk, struct visitor_walk, walk);
	struct peng_pgtable_leaf leaf = leaf_of(e);

	return visit->visitor->leaf(visit->visitor, &leaf);
}

/**
 * peng_pgtable_for_each - show each leaf that overlaps a range to a visitor
 * @pgt: the tree
 * @ipa: start of the range
 * @size: its length
 * @visitor: what to call; it must not change the tree
 *
 * Context: shared, but RCU alone is enough where a leaf may be gone when the visitor sees it.
 * Return: 0, what ended the walk, or -ERANGE outside the address space.
 */
int peng_pgtable_for_each(struct peng_pgtable *pgt, gpa_t ipa, u64 size,
			  struct peng_pgtable_visitor *visitor)
{
	struct visitor_walk visit = {
		.walk = { .pgt = pgt, .leaf = visit_leaf },
		.visitor = visitor,
	};

	return walk_range(&visit.walk, ipa, size);
}
