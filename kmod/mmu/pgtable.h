/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage-2 translation tables: geometry, descriptors, and the operations on one tree.
 *
 * Pure: everything that touches the machine goes through struct peng_pgtable_ops, so the same
 * object code runs in the kernel and in selftests/unit/mmu. Locking belongs to the owner of the
 * tree (stage2.c); what each operation needs is one of two words in its description:
 *
 *   shared     any number of shared operations may run on a tree at once. Each entry changes by
 *              compare-and-exchange. The caller is inside an RCU read-side section.
 *   exclusive  no other exclusive operation and no shared map or split runs. Lookups and the
 *              operations on one leaf (mkyoung, relax) may still race, protected by RCU alone.
 */
#ifndef PENG_MMU_PGTABLE_H
#define PENG_MMU_PGTABLE_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/kvm_types.h>
#include <linux/types.h>
#include <asm/page.h>

#define PENG_S2_LAST_LEVEL	3
#define PENG_S2_MIN_IPA_BITS	32
#define PENG_S2_MAX_IPA_BITS	48

/*
 * The lowest level that may hold a block. A 4K granule has 1G and 2M blocks, 16K has 32M, and 64K
 * has 512M; the 4T block of a 64K granule exists only with 52-bit output addresses.
 */
#define PENG_S2_MIN_BLOCK_LEVEL	(PAGE_SHIFT == 12 ? 1 : 2)

/* Most tables that mapping one leaf may take from the cache: one per level below the root. */
#define PENG_S2_MAX_NEW_TABLES	PENG_S2_LAST_LEVEL

/**
 * enum peng_s2_prot - what a leaf allows and is
 * @PENG_S2_R: the guest may read
 * @PENG_S2_W: the guest may write
 * @PENG_S2_X: the guest may execute
 * @PENG_S2_DEVICE: Device-nGnRE instead of Normal write-back
 * @PENG_S2_NC: Normal non-cacheable instead, for devices that may be accessed so
 * @PENG_S2_HOST_W: software bit: the process itself may write the page, so peng_pgtable_relax()
 *	may grant W without asking the host again
 */
enum peng_s2_prot {
	PENG_S2_R	= BIT(0),
	PENG_S2_W	= BIT(1),
	PENG_S2_X	= BIT(2),
	PENG_S2_DEVICE	= BIT(3),
	PENG_S2_HOST_W	= BIT(4),
	PENG_S2_NC	= BIT(5),
};

/* Not memory: has no cache that peng could clean, and is never executed from. */
#define PENG_S2_NOT_MEMORY	(PENG_S2_DEVICE | PENG_S2_NC)

/**
 * enum peng_s2_feature - what the CPUs can do, as far as tables and VTCR_EL2 depend on it
 * @PENG_S2_FWB: FEAT_S2FWB: Stage-2 forces write-back; changes the encoding of MemAttr
 * @PENG_S2_HW_AF: FEAT_HAFDBS: hardware sets the access flag
 * @PENG_S2_VMID16: FEAT_VMID16
 */
enum peng_s2_feature {
	PENG_S2_FWB	= BIT(0),
	PENG_S2_HW_AF	= BIT(1),
	PENG_S2_VMID16	= BIT(2),
};

struct peng_pgtable;

/**
 * struct peng_pgtable_ops - what a tree needs from its surroundings
 * @alloc_table: one zeroed table; may sleep; NULL when out of memory
 * @free_table: free one table that nobody can reach any more; does not sleep
 * @retire_table: free one table once every RCU reader that runs now has finished; does not sleep
 * @alloc_root: @size zeroed bytes, physically contiguous and aligned to @size; may sleep
 * @free_root: undo @alloc_root
 * @phys: physical address of a table
 * @virt: inverse of @phys
 * @resched: a point where long tear-down may let others run; may sleep
 * @flush_leaf: invalidate, on all CPUs, what is cached of the one leaf at @ipa, @level
 * @flush_leaf_local: the same on this CPU alone
 * @flush_range: invalidate, on all CPUs, what is cached of leaves and tables in the range
 *
 * The flush functions make earlier stores to the tables visible to table walks first, and return
 * when the invalidation is complete. They do not sleep.
 */
struct peng_pgtable_ops {
	void *(*alloc_table)(void);
	void (*free_table)(void *table);
	void (*retire_table)(void *table);
	void *(*alloc_root)(size_t size);
	void (*free_root)(void *root, size_t size);
	phys_addr_t (*phys)(void *table);
	void *(*virt)(phys_addr_t phys);
	void (*resched)(void);
	void (*flush_leaf)(struct peng_pgtable *pgt, gpa_t ipa, int level);
	void (*flush_leaf_local)(struct peng_pgtable *pgt, gpa_t ipa, int level);
	void (*flush_range)(struct peng_pgtable *pgt, gpa_t ipa, u64 size);
};

/**
 * struct peng_pgtable - one Stage-2 tree
 * @ops: the surroundings
 * @root: first of the concatenated root tables
 * @ipa_bits: size of the guest's physical address space
 * @start_level: architectural level of the root
 * @features: mask of enum peng_s2_feature
 * @leaves: of each level, how many there are
 */
struct peng_pgtable {
	const struct peng_pgtable_ops *ops;
	u64 *root;
	unsigned int ipa_bits;
	int start_level;
	unsigned int features;
	atomic_long_t leaves[PENG_S2_LAST_LEVEL + 1];
};

/**
 * struct peng_pgtable_cache - zeroed tables set aside, so that mapping needs no allocation
 * @head: first table; a table's first word points to the next
 * @nr: how many there are
 *
 * Belongs to one thread at a time, normally to a vCPU.
 */
struct peng_pgtable_cache {
	void *head;
	unsigned int nr;
};

static inline void peng_pgtable_cache_push(struct peng_pgtable_cache *cache, void *table)
{
	*(void **)table = cache->head;
	cache->head = table;
	cache->nr++;
}

static inline void *peng_pgtable_cache_pop(struct peng_pgtable_cache *cache)
{
	void **table = cache->head;

	if (!table)
		return NULL;
	cache->head = *table;
	cache->nr--;
	*table = NULL;
	return table;
}

/**
 * struct peng_pgtable_leaf - one mapping, wanted or found
 * @ipa: guest physical address, aligned to the leaf's size
 * @phys: what it maps to, aligned likewise
 * @level: PENG_S2_LAST_LEVEL for a page, less for a block
 * @prot: mask of enum peng_s2_prot
 * @young: the access flag; a mapping is always made young, whatever this says
 */
struct peng_pgtable_leaf {
	gpa_t ipa;
	phys_addr_t phys;
	int level;
	unsigned int prot;
	bool young;
};

/**
 * struct peng_pgtable_visitor - embedded in what a walk for peng_pgtable_for_each() works on
 * @leaf: called for each leaf in ascending order; a value other than 0 ends the walk
 */
struct peng_pgtable_visitor {
	int (*leaf)(struct peng_pgtable_visitor *visitor, const struct peng_pgtable_leaf *leaf);
};

static inline unsigned int peng_pgtable_level_shift(int level)
{
	return PAGE_SHIFT + (PENG_S2_LAST_LEVEL - level) * (PAGE_SHIFT - 3);
}

static inline u64 peng_pgtable_level_size(int level)
{
	return 1ULL << peng_pgtable_level_shift(level);
}

/**
 * peng_pgtable_block_allowed - may @level of this tree hold a leaf?
 * @pgt: the tree
 * @level: architectural level
 */
static inline bool peng_pgtable_block_allowed(const struct peng_pgtable *pgt, int level)
{
	return level >= pgt->start_level && level >= PENG_S2_MIN_BLOCK_LEVEL &&
	       level <= PENG_S2_LAST_LEVEL;
}

/**
 * peng_pgtable_mapped - how much is mapped by leaves of one level, in bytes
 * @pgt: the tree
 * @level: architectural level
 *
 * Context: any; the tree may change meanwhile.
 */
static inline u64 peng_pgtable_mapped(const struct peng_pgtable *pgt, int level)
{
	return (u64)atomic_long_read(&pgt->leaves[level]) << peng_pgtable_level_shift(level);
}

u64 peng_pgtable_vtcr(unsigned int ipa_bits, unsigned int pa_bits, unsigned int features);

int peng_pgtable_init(struct peng_pgtable *pgt, const struct peng_pgtable_ops *ops,
		      unsigned int ipa_bits, unsigned int features);
void peng_pgtable_destroy(struct peng_pgtable *pgt);

int peng_pgtable_cache_fill(struct peng_pgtable_cache *cache, const struct peng_pgtable_ops *ops,
			    unsigned int nr);
void peng_pgtable_cache_drain(struct peng_pgtable_cache *cache,
			      const struct peng_pgtable_ops *ops);

int peng_pgtable_map(struct peng_pgtable *pgt, const struct peng_pgtable_leaf *want,
		     struct peng_pgtable_cache *cache);
int peng_pgtable_split(struct peng_pgtable *pgt, gpa_t ipa, u64 size,
		       struct peng_pgtable_cache *cache);
bool peng_pgtable_unmap(struct peng_pgtable *pgt, gpa_t ipa, u64 size);
bool peng_pgtable_wrprotect(struct peng_pgtable *pgt, gpa_t ipa, u64 size);
bool peng_pgtable_wrprotect_pages(struct peng_pgtable *pgt, gpa_t ipa, u64 size,
				  const unsigned long *mask);
bool peng_pgtable_test_young(struct peng_pgtable *pgt, gpa_t ipa, u64 size);
bool peng_pgtable_mkold(struct peng_pgtable *pgt, gpa_t ipa, u64 size);

bool peng_pgtable_mkyoung(struct peng_pgtable *pgt, gpa_t ipa);
int peng_pgtable_relax(struct peng_pgtable *pgt, gpa_t ipa, unsigned int prot);
bool peng_pgtable_lookup(struct peng_pgtable *pgt, gpa_t ipa, struct peng_pgtable_leaf *leaf);
int peng_pgtable_for_each(struct peng_pgtable *pgt, gpa_t ipa, u64 size,
			  struct peng_pgtable_visitor *visitor);

#endif /* PENG_MMU_PGTABLE_H */
