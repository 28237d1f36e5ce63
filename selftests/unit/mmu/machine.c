// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine of machine.h. Table 0 is never used; the root takes the next ROOT_TABLES. Tables come
 * from an arena that AddressSanitizer guards, in rotation, so a stale pointer meets poison.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sanitizer/asan_interface.h>

#include "machine.h"

#define ROOT_TABLES	16
#define ROOT		16	/* first table of the root: keeps it aligned to its size */
#define FIRST_TABLE	(ROOT + ROOT_TABLES)

/* Above 48 bits where the granule can express it. */
#define TABLES_PHYS	((PAGE_SHIFT == 16 ? 5ULL << 48 : 0) + (1ULL << 40))

enum table_state { FREE, LIVE, RETIRED };

struct table {
	enum table_state state;
	bool linked;
	int parent;
	int level;
	gpa_t ipa;
};

struct machine machine;

static char arena[MACHINE_TABLES][PAGE_SIZE] __aligned(PAGE_SIZE * ROOT_TABLES);
static struct table tables[MACHINE_TABLES];
static int next_table;

void machine_fail(const char *format, ...)
{
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\nBail out! invariant broken\n");
	fflush(stdout);
	abort();
}

static int table_index(const void *p)
{
	size_t offset = (const char *)p - arena[0];

	must(offset < sizeof(arena), "pointer outside the arena");
	return offset / PAGE_SIZE;
}

static bool is_root(int index)
{
	return index >= ROOT && index < FIRST_TABLE;
}

static bool attached(int index)
{
	while (!is_root(index)) {
		if (!tables[index].linked)
			return false;
		index = tables[index].parent;
	}
	return true;
}

static u64 table_span(int index)
{
	return peng_pgtable_level_size(tables[index].level - 1);
}

static u64 tlb_span(const struct tlb_entry *t)
{
	return peng_pgtable_level_size(t->level);
}

static bool overlaps(gpa_t a, u64 a_size, gpa_t b, u64 b_size)
{
	return a < b + b_size && b < a + a_size;
}

static bool walk_cached(int index)
{
	for (int cpu = 0; cpu < MACHINE_CPUS; cpu++)
		for (int i = 0; i < MACHINE_WALKS; i++)
			if (machine.walks[cpu][i] == index)
				return true;
	return false;
}

static bool range_cached(gpa_t ipa, u64 size, int level)
{
	for (int cpu = 0; cpu < MACHINE_CPUS; cpu++) {
		for (int i = 0; i < MACHINE_TLB; i++) {
			struct tlb_entry *t = &machine.tlb[cpu][i];

			if (t->used && overlaps(t->ipa, tlb_span(t), ipa, size))
				return true;
		}
		for (int i = 0; i < MACHINE_WALKS; i++) {
			int w = machine.walks[cpu][i];

			if (w && tables[w].level > level &&
			    overlaps(tables[w].ipa, table_span(w), ipa, size))
				return true;
		}
	}
	return false;
}

/* The judge: may this entry go from @old to @desc now? */
static void judge(u64 *entry, u64 old, u64 desc)
{
	int index = table_index(entry);
	struct table *t = &tables[index];
	unsigned int slot = ((uintptr_t)entry % PAGE_SIZE) / sizeof(u64);
	u64 size = peng_pgtable_level_size(t->level);
	gpa_t ipa = t->ipa + slot * size;

	must(t->state != FREE, "write to a free table");
	if (!attached(index)) {
		machine.lost_writes++;
		return;
	}

	if (desc_is_valid(old) && desc_is_valid(desc))
		must(!desc_is_table(old, t->level) && !((old ^ desc) & ~ENTRY_FLAGS),
		     "%llx: %llx became %llx without break", (long long)ipa, (long long)old,
		     (long long)desc);
	if (!desc_is_valid(old) && desc_is_valid(desc))
		must(!range_cached(ipa, size, t->level), "%llx: made valid over a stale TLB entry",
		     (long long)ipa);

	if (desc_is_table(old, t->level) && !desc_is_valid(desc))
		tables[table_index(machine_ops.virt(desc_phys(old)))].linked = false;
	if (desc_is_table(desc, t->level)) {
		struct table *child = &tables[table_index(machine_ops.virt(desc_phys(desc)))];

		child->linked = true;
		child->parent = index;
		child->level = t->level + 1;
		child->ipa = ipa;
	}
}

static void let_others_in(void)
{
	void (*interfere)(void) = machine.interfere;

	machine.interfere = NULL;
	if (interfere)
		interfere();
	machine.interfere = interfere;
}

u64 unit_entry_cmpxchg(u64 *entry, u64 old, u64 desc)
{
	let_others_in();
	if (*entry != old)
		return *entry;
	judge(entry, old, desc);
	*entry = desc;
	return old;
}

void unit_entry_store(u64 *entry, u64 desc)
{
	let_others_in();
	judge(entry, *entry, desc);
	*entry = desc;
}

/* struct peng_pgtable_ops */

static void *alloc_table(void)
{
	if (machine.out_of_memory)
		return NULL;
	for (int tries = 0; tries < MACHINE_TABLES; tries++) {
		if (++next_table >= MACHINE_TABLES)
			next_table = FIRST_TABLE;
		if (tables[next_table].state != FREE)
			continue;
		tables[next_table] = (struct table) { .state = LIVE };
		__asan_unpoison_memory_region(arena[next_table], PAGE_SIZE);
		memset(arena[next_table], 0, PAGE_SIZE);
		machine.live_tables++;
		return arena[next_table];
	}
	machine_fail("all tables in use");
}

static void check_unreachable(int index)
{
	must(!attached(index), "table %d is still in the tree", index);
	must(!walk_cached(index), "table %d is still in a walk cache", index);
}

static void free_table(void *table)
{
	int index = table_index(table);

	must(tables[index].state != FREE, "table %d freed twice", index);
	if (!machine.dying)
		check_unreachable(index);
	tables[index].state = FREE;
	machine.live_tables--;
	__asan_poison_memory_region(table, PAGE_SIZE);
}

static void retire_table(void *table)
{
	int index = table_index(table);

	must(tables[index].state == LIVE, "table %d retired twice", index);
	check_unreachable(index);
	tables[index].state = RETIRED;
	machine.pending++;
}

static void *alloc_root(size_t size)
{
	u64 step = peng_pgtable_level_size(machine.pgt->start_level) * DESC_PER_TABLE;

	must(size <= ROOT_TABLES * PAGE_SIZE, "root of %zu bytes", size);
	__asan_unpoison_memory_region(arena[ROOT], size);
	memset(arena[ROOT], 0, size);
	for (unsigned int i = 0; i < size / PAGE_SIZE; i++)
		tables[ROOT + i] = (struct table) {
			.state = LIVE,
			.level = machine.pgt->start_level,
			.ipa = i * step,
		};
	return arena[ROOT];
}

static void free_root(void *root, size_t size)
{
	must(root == arena[ROOT], "not the root");
	for (unsigned int i = 0; i < size / PAGE_SIZE; i++)
		tables[ROOT + i].state = FREE;
	__asan_poison_memory_region(root, size);
}

static phys_addr_t table_phys(void *table)
{
	return TABLES_PHYS + (u64)table_index(table) * PAGE_SIZE;
}

static void *table_virt(phys_addr_t phys)
{
	must(phys >= TABLES_PHYS && !(phys % PAGE_SIZE), "bad table address");
	return arena[(phys - TABLES_PHYS) / PAGE_SIZE];
}

static void resched(void)
{
}

static void flush_leaf_on(unsigned int cpu, gpa_t ipa, int level)
{
	must(IS_ALIGNED(ipa, peng_pgtable_level_size(level)), "flush of an unaligned leaf");
	for (int i = 0; i < MACHINE_TLB; i++) {
		struct tlb_entry *t = &machine.tlb[cpu][i];

		if (t->level == level && t->ipa == ipa)
			t->used = false;
	}
}

static void flush_leaf_local(struct peng_pgtable *pgt, gpa_t ipa, int level)
{
	must(pgt == machine.pgt, "flush of another tree");
	flush_leaf_on(machine.cpu, ipa, level);
}

static void flush_leaf(struct peng_pgtable *pgt, gpa_t ipa, int level)
{
	must(pgt == machine.pgt, "flush of another tree");
	for (int cpu = 0; cpu < MACHINE_CPUS; cpu++)
		flush_leaf_on(cpu, ipa, level);
	machine.leaf_flushes++;
	let_others_in();
}

static void flush_range(struct peng_pgtable *pgt, gpa_t ipa, u64 size)
{
	must(pgt == machine.pgt, "flush of another tree");
	for (int cpu = 0; cpu < MACHINE_CPUS; cpu++) {
		for (int i = 0; i < MACHINE_TLB; i++) {
			struct tlb_entry *t = &machine.tlb[cpu][i];

			if (overlaps(t->ipa, tlb_span(t), ipa, size))
				t->used = false;
		}
		for (int i = 0; i < MACHINE_WALKS; i++) {
			int w = machine.walks[cpu][i];

			if (w && overlaps(tables[w].ipa, table_span(w), ipa, size))
				machine.walks[cpu][i] = 0;
		}
	}
	machine.range_flushes++;
	let_others_in();
}

const struct peng_pgtable_ops machine_ops = {
	.alloc_table		= alloc_table,
	.free_table		= free_table,
	.retire_table		= retire_table,
	.alloc_root		= alloc_root,
	.free_root		= free_root,
	.phys			= table_phys,
	.virt			= table_virt,
	.resched		= resched,
	.flush_leaf		= flush_leaf,
	.flush_leaf_local	= flush_leaf_local,
	.flush_range		= flush_range,
};

/* What tests ask of the machine */

void machine_start(struct peng_pgtable *pgt)
{
	machine = (struct machine) { .pgt = pgt };
	memset(tables, 0, sizeof(tables));
	next_table = FIRST_TABLE - 1;
	__asan_poison_memory_region(arena, sizeof(arena));
}

/* TLBs and walk caches are clean, as before a tree is destroyed. */
void machine_forget(void)
{
	memset(machine.tlb, 0, sizeof(machine.tlb));
	memset(machine.walks, 0, sizeof(machine.walks));
}

/*
 * The current CPU uses @ipa: out of its TLB, or by a table walk that fills TLB and walk caches.
 * Return: the descriptor it used, 0 for a fault. @aged tells that hardware set the access flag.
 */
u64 machine_access(gpa_t ipa, bool *aged)
{
	unsigned int cpu = machine.cpu;
	int level = machine.pgt->start_level;
	u64 *entry = machine.pgt->root + (ipa >> peng_pgtable_level_shift(level));

	*aged = false;
	for (int i = 0; i < MACHINE_TLB; i++) {
		struct tlb_entry *t = &machine.tlb[cpu][i];

		if (t->used && overlaps(t->ipa, tlb_span(t), ipa, 1))
			return t->desc;
	}

	while (desc_is_table(*entry, level)) {
		u64 *table = machine_ops.virt(desc_phys(*entry));

		machine.walks[cpu][rand() % MACHINE_WALKS] = table_index(table);
		level++;
		entry = table + ((ipa >> peng_pgtable_level_shift(level)) & (DESC_PER_TABLE - 1));
	}
	if (!desc_is_valid(*entry))
		return 0;
	if (!(*entry & DESC_AF)) {
		if (!machine.hw_af)
			return 0;
		*entry |= DESC_AF;
		*aged = true;
	}
	machine.tlb[cpu][rand() % MACHINE_TLB] = (struct tlb_entry) {
		.used = true,
		.ipa = ipa & ~(peng_pgtable_level_size(level) - 1),
		.level = level,
		.desc = *entry,
	};
	return *entry;
}

/* All readers have finished. */
void machine_grace_period(void)
{
	for (int i = FIRST_TABLE; i < MACHINE_TABLES; i++) {
		if (tables[i].state != RETIRED)
			continue;
		machine.pending--;
		free_table(arena[i]);
	}
}

/* Count tables, below and including @index. */
static unsigned long check_table(int index)
{
	u64 *table = (u64 *)arena[index];
	unsigned long found = 1;

	for (unsigned int i = 0; i < DESC_PER_TABLE; i++) {
		int child;

		must(!table[i] || desc_is_valid(table[i]), "entry left locked");
		if (!desc_is_table(table[i], tables[index].level))
			continue;
		child = table_index(machine_ops.virt(desc_phys(table[i])));
		must(tables[child].state == LIVE, "entry leads to a table that is gone");
		found += check_table(child);
	}
	return found;
}

static void check_tlb_entry(const struct tlb_entry *t)
{
	struct peng_pgtable_leaf leaf;
	u64 now;

	must(peng_pgtable_lookup(machine.pgt, t->ipa, &leaf), "%llx: cached but not mapped",
	     (long long)t->ipa);
	must(leaf.ipa == t->ipa && leaf.level == t->level, "%llx: cached at another size",
	     (long long)t->ipa);
	now = desc_from_leaf(machine.pgt, &leaf);
	must(!((now ^ t->desc) & ~ENTRY_FLAGS), "%llx: cached as %llx but is %llx",
	     (long long)t->ipa, (long long)t->desc, (long long)now);
	must(desc_add_rights(now, t->desc) == now, "%llx: more rights cached than there are",
	     (long long)t->ipa);
}

/* Nothing runs: all that must hold then. @cached_tables are set aside outside the tree. */
void machine_check(unsigned long cached_tables)
{
	unsigned long found = 0;

	for (int i = ROOT; i < FIRST_TABLE; i++)
		if (tables[i].state == LIVE)
			found += check_table(i) - 1;
	if (!machine.pending)
		must(found + cached_tables == machine.live_tables, "%lu tables lost",
		     machine.live_tables - found - cached_tables);

	for (int cpu = 0; cpu < MACHINE_CPUS; cpu++) {
		for (int i = 0; i < MACHINE_TLB; i++)
			if (machine.tlb[cpu][i].used)
				check_tlb_entry(&machine.tlb[cpu][i]);
		for (int i = 0; i < MACHINE_WALKS; i++)
			must(!machine.walks[cpu][i] || attached(machine.walks[cpu][i]),
			     "table %d is gone but still in a walk cache", machine.walks[cpu][i]);
	}
}
