// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves of kmod/mmu/pgtable.c and root.c, for one granule per build: roots have the architecture's
 * shape; random sequences of all operations leave exactly what a reference model says, entry by
 * entry; no live entry changes without break-before-make; no TLB or walk cache remembers what is
 * gone, or more rights than there are; tables are freed once, when empty, and never touched after;
 * all this also when another CPU works on the same tree between any two of an operation's steps.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "kselftest.h"
#include "model.h"

#define ROUNDS		12
#define OPERATIONS	800
#define RIGHTS		(PENG_S2_R | PENG_S2_W | PENG_S2_X | PENG_S2_HOST_W)

static struct peng_pgtable tree;
static struct peng_pgtable_cache cache;
static struct peng_pgtable_cache rival_cache;
static bool rivals;		/* this round has interference */
static bool adopt;		/* a race left more than one right outcome */

/* The operation that runs: where, and what its rivals may do meanwhile. */
static gpa_t focus;
static enum { ALONE, LEAF_RIVALS, ALL_RIVALS } allowed;
static unsigned int rival_rights;

static u64 pick(u64 n)
{
	return (((u64)rand() << 31) ^ rand()) % n;
}

static bool chance(unsigned int percent)
{
	return pick(100) < percent;
}

static void fill(struct peng_pgtable_cache *c)
{
	must(!peng_pgtable_cache_fill(c, &machine_ops, PENG_S2_MAX_NEW_TABLES), "cannot fill");
}

static void start(unsigned int ipa_bits, unsigned int features)
{
	machine_start(&tree);
	must(!peng_pgtable_init(&tree, &machine_ops, ipa_bits, features), "init failed");
	machine.hw_af = features & PENG_S2_HW_AF;
}

static void finish(void)
{
	machine_grace_period();
	peng_pgtable_cache_drain(&cache, &machine_ops);
	peng_pgtable_cache_drain(&rival_cache, &machine_ops);
	machine_check(0);
	machine_forget();
	machine.leaf_flushes = 0;
	machine.range_flushes = 0;
	machine.dying = true;
	peng_pgtable_destroy(&tree);
	must(!machine.live_tables, "%lu tables leaked", machine.live_tables);
	must(!machine.leaf_flushes && !machine.range_flushes, "destroy invalidates");
}

/* Addresses cluster at the ends of tables and near each other, where mistakes are. */
static gpa_t pick_ipa(int level)
{
	gpa_t ipa = model_base() + pick(WINDOW / BIGGEST) * BIGGEST;

	for (int l = PENG_S2_MIN_BLOCK_LEVEL + 1; l <= level; l++) {
		const u64 slots[] = { 0, 1, DESC_PER_TABLE - 1, pick(DESC_PER_TABLE) };

		ipa += slots[pick(4)] * peng_pgtable_level_size(l);
	}
	return ipa;
}

static unsigned int pick_prot(void)
{
	unsigned int prot = PENG_S2_R | pick(16) * PENG_S2_R;

	if ((prot & PENG_S2_DEVICE) && chance(50))
		prot ^= PENG_S2_NOT_MEMORY;
	if (prot & PENG_S2_NOT_MEMORY)
		prot &= ~PENG_S2_X;
	return prot & PENG_S2_W ? prot | PENG_S2_HOST_W : prot;
}

static struct peng_pgtable_leaf pick_leaf(void)
{
	int level = max(PENG_S2_MIN_BLOCK_LEVEL, tree.start_level);
	struct peng_pgtable_leaf leaf = { .prot = pick_prot() };

	while (level < PENG_S2_LAST_LEVEL && chance(65))
		level++;
	leaf.level = level;
	leaf.ipa = pick_ipa(level);
	leaf.phys = MEMORY_PHYS(chance(10), leaf.ipa);
	return leaf;
}

/* What another CPU does in between; the model sees it first, for it is finished first. */
static void rival_map(void)
{
	struct peng_pgtable_leaf want = pick_leaf();
	int ret;

	if (chance(60)) {
		want.ipa = focus & ~(peng_pgtable_level_size(want.level) - 1);
		want.phys = MEMORY_PHYS(0, want.ipa);
	}
	fill(&rival_cache);
	ret = peng_pgtable_map(&tree, &want, &rival_cache);
	must(!ret || ret == -EAGAIN || ret == -ENOTEMPTY, "map returned %d", ret);
	if (ret == -EAGAIN)
		adopt = true;
	else if (!ret && !adopt)
		model_map(&want);
}

/* In the middle of a split the tree is finer than the model, which cannot follow then. */
static bool model_follows(gpa_t ipa)
{
	struct peng_pgtable_leaf is, should;

	if (adopt || !model_find(ipa, &should))
		return false;
	adopt = peng_pgtable_lookup(&tree, ipa, &is) && is.level != should.level;
	return !adopt;
}

static void rival_leaf(void)
{
	gpa_t ipa = chance(60) ? focus : pick_ipa(PENG_S2_LAST_LEVEL);
	unsigned int prot = pick_prot() & rival_rights;

	if (chance(50)) {
		if (peng_pgtable_mkyoung(&tree, ipa) && model_follows(ipa))
			model_set_young(ipa);
	} else {
		if (!peng_pgtable_relax(&tree, ipa, prot) && model_follows(ipa))
			model_relax(ipa, prot);
	}
}

static void touch(gpa_t ipa)
{
	bool aged;

	machine_access(ipa, &aged);
	if (aged && model_follows(ipa))
		model_set_young(ipa);
}

static void rival(void)
{
	unsigned int cpu = machine.cpu;

	if (!chance(30))
		return;
	machine.cpu = (cpu + 1) % MACHINE_CPUS;
	if (allowed == ALL_RIVALS && chance(60))
		rival_map();
	else
		rival_leaf();
	touch(focus);
	machine.cpu = cpu;
}

static unsigned long begin(gpa_t ipa, int rivals_allowed, unsigned int rights)
{
	focus = ipa;
	allowed = rivals_allowed;
	rival_rights = rights;
	adopt = false;
	machine.interfere = rivals && allowed != ALONE ? rival : NULL;
	return machine.lost_writes;
}

static void end(unsigned long lost)
{
	machine.interfere = NULL;
	if (machine.lost_writes != lost)
		adopt = true;
	if (adopt)
		model_adopt(&tree);
}

/* This CPU must not be held up by rights that its TLB remembers from before. */
static void check_progress(gpa_t ipa, unsigned int prot)
{
	bool aged;
	u64 used = machine_access(ipa, &aged);

	must(used && !(prot & PENG_S2_R & ~desc_prot(used)), "%llx: still faults", (long long)ipa);
	must(!((prot & (PENG_S2_W | PENG_S2_X)) & ~desc_prot(used)), "%llx: stale rights",
	     (long long)ipa);
}

/* A block where there are smaller leaves: they go first, with no mapper about. */
static int map_over(const struct peng_pgtable_leaf *want)
{
	int ret = peng_pgtable_map(&tree, want, &cache);

	if (ret != -ENOTEMPTY)
		return ret;
	must(want->level != PENG_S2_LAST_LEVEL, "a page is in the way of a page");
	machine.interfere = NULL;
	peng_pgtable_unmap(&tree, want->ipa, peng_pgtable_level_size(want->level));
	return peng_pgtable_map(&tree, want, &cache);
}

static void do_map(void)
{
	struct peng_pgtable_leaf want = pick_leaf();
	unsigned long lost = begin(want.ipa, ALL_RIVALS, RIGHTS);
	int ret;

	fill(&cache);
	ret = map_over(&want);
	must(!ret || (rivals && ret == -EAGAIN), "map returned %d", ret);
	if (ret)
		adopt = true;
	end(lost);
	if (adopt)
		return;
	model_map(&want);
	check_progress(want.ipa, want.prot);
}

static u64 pick_size(gpa_t ipa)
{
	u64 left = model_base() + WINDOW - ipa;
	u64 size;

	if (chance(40))
		return PAGE_SIZE;
	size = (1 + pick(chance(70) ? 2 * DESC_PER_TABLE : left / PAGE_SIZE)) * PAGE_SIZE;
	return size < left ? size : left;
}

static void do_unmap(void)
{
	gpa_t ipa = pick_ipa(PENG_S2_LAST_LEVEL);
	u64 size = pick_size(ipa);
	unsigned long flushes = machine.leaf_flushes + machine.range_flushes;
	unsigned long lost = begin(ipa, LEAF_RIVALS, RIGHTS);
	bool any = peng_pgtable_unmap(&tree, ipa, size);

	end(lost);
	must(machine.leaf_flushes + machine.range_flushes - flushes <= 1, "more than one flush");
	if (!adopt)
		must(model_unmap(ipa, size) == any, "unmap is wrong about what was there");
}

static void do_wrprotect(void)
{
	gpa_t ipa = pick_ipa(PENG_S2_LAST_LEVEL);
	u64 size = pick_size(ipa);
	unsigned long lost = begin(ipa, LEAF_RIVALS, RIGHTS & ~PENG_S2_W);
	bool any = peng_pgtable_wrprotect(&tree, ipa, size);

	end(lost);
	must(model_clear(ipa, size, PENG_S2_W, false) == any, "wrprotect is wrong");
}

static void do_wrprotect_pages(void)
{
	gpa_t ipa = pick_ipa(PENG_S2_LAST_LEVEL);
	u64 left = (model_base() + WINDOW - ipa) / PAGE_SIZE;
	u64 nr, npages = 1 + pick(left < 256 ? left : 256);
	struct peng_pgtable_leaf leaf;
	bool any = false, done;
	u8 mask[256 / 8] __aligned(8);
	unsigned long lost;

	for (nr = 0; nr < sizeof(mask); nr++)
		mask[nr] = pick(256);
	lost = begin(ipa, LEAF_RIVALS, RIGHTS & ~PENG_S2_W);
	done = peng_pgtable_wrprotect_pages(&tree, ipa, npages * PAGE_SIZE,
					    (const unsigned long *)mask);
	end(lost);
	for (nr = 0; nr < npages; nr++)
		if (mask[nr / 8] >> nr % 8 & 1 && model_find(ipa + nr * PAGE_SIZE, &leaf) &&
		    leaf.level == PENG_S2_LAST_LEVEL)
			any |= model_clear(leaf.ipa, PAGE_SIZE, PENG_S2_W, false);
	must(any == done, "wrprotect of single pages is wrong");
}

static void do_split(void)
{
	gpa_t ipa = pick_ipa(PENG_S2_LAST_LEVEL);
	u64 left = model_base() + WINDOW - ipa;
	u64 size = (1 + pick(2 * DESC_PER_TABLE)) * PAGE_SIZE;
	unsigned long lost;

	size = size < left ? size : left;
	for (;;) {
		int ret;

		fill(&cache);
		lost = begin(ipa, ALL_RIVALS, RIGHTS);
		ret = peng_pgtable_split(&tree, ipa, size, &cache);
		must(!ret || ret == -ENOMEM, "split returned %d", ret);
		adopt |= rivals;
		end(lost);
		if (!ret)
			break;
	}
	if (!rivals)
		model_split(ipa, size);
}

static void do_age(void)
{
	gpa_t ipa = pick_ipa(PENG_S2_LAST_LEVEL);
	u64 size = pick_size(ipa);

	begin(ipa, ALONE, 0);
	must(peng_pgtable_test_young(&tree, ipa, size) == model_any_young(ipa, size),
	     "test_young is wrong");
	must(peng_pgtable_mkold(&tree, ipa, size) == model_clear(ipa, size, 0, true),
	     "mkold is wrong");
	must(!peng_pgtable_test_young(&tree, ipa, size), "still young");
}

static void do_mkyoung(void)
{
	gpa_t ipa = pick_ipa(PENG_S2_LAST_LEVEL);
	struct peng_pgtable_leaf leaf;
	bool there = model_find(ipa, &leaf);

	begin(ipa, ALONE, 0);
	must(peng_pgtable_mkyoung(&tree, ipa + pick(PAGE_SIZE)) == there, "mkyoung is wrong");
	if (there)
		model_set_young(ipa);
}

static void do_relax(void)
{
	gpa_t ipa = pick_ipa(PENG_S2_LAST_LEVEL);
	unsigned int prot = pick_prot() & ~PENG_S2_HOST_W;
	struct peng_pgtable_leaf leaf;
	int expected = -EAGAIN;
	int ret;

	if (model_find(ipa, &leaf))
		expected = (prot & PENG_S2_W & ~leaf.prot && !(leaf.prot & PENG_S2_HOST_W)) ||
			   (prot & PENG_S2_X && leaf.prot & PENG_S2_NOT_MEMORY) ? -EPERM : 0;
	begin(ipa, ALONE, 0);
	ret = peng_pgtable_relax(&tree, ipa, prot & RIGHTS);
	must(ret == expected, "relax returned %d", ret);
	if (ret)
		return;
	model_relax(ipa, prot & RIGHTS);
	check_progress(ipa, prot);
}

static void do_lookup(void)
{
	gpa_t ipa = pick_ipa(PENG_S2_LAST_LEVEL);
	struct peng_pgtable_leaf is, should;
	bool there = model_find(ipa, &should);

	must(peng_pgtable_lookup(&tree, ipa, &is) == there, "%llx: lookup is wrong",
	     (long long)ipa);
	if (there)
		must(is.ipa == should.ipa && is.phys == should.phys && is.level == should.level &&
		     is.prot == should.prot && is.young == should.young,
		     "%llx: lookup finds another leaf", (long long)ipa);
}

static const struct {
	void (*run)(void);
	unsigned int weight;
} operations[] = {
	{ do_map, 40 }, { do_unmap, 9 }, { do_wrprotect, 5 }, { do_wrprotect_pages, 5 }, { do_split, 5 }, { do_age, 7 },
	{ do_mkyoung, 8 }, { do_relax, 12 }, { do_lookup, 8 }, { machine_grace_period, 3 },
};

static void do_something(void)
{
	unsigned int left = pick(100);
	unsigned int i = 0;

	while (left >= operations[i].weight)
		left -= operations[i++].weight;
	machine.cpu = pick(MACHINE_CPUS);
	operations[i].run();

	for (i = 0; i < 4; i++) {
		machine.cpu = i % MACHINE_CPUS;
		adopt = false;
		touch(i < 2 ? focus : pick_ipa(PENG_S2_LAST_LEVEL));
	}
}

static void random_round(unsigned int seed)
{
	static const unsigned int sizes[] = { 32, 36, 40, 44, 47, 48 };
	unsigned int ipa_bits = sizes[seed % ARRAY_SIZE(sizes)];
	u64 places = (1ULL << ipa_bits) / BIGGEST - WINDOW / BIGGEST + 1;

	srand(seed);
	start(ipa_bits, pick(8));
	model_start(pick(places) * BIGGEST);
	focus = model_base();
	for (int i = 1; i <= OPERATIONS; i++) {
		do_something();
		if (i % 8 && i != OPERATIONS)
			continue;
		model_compare(&tree);
		machine_check(cache.nr + rival_cache.nr);
	}
	peng_pgtable_unmap(&tree, model_base(), WINDOW);
	machine_grace_period();
	must(machine.live_tables == cache.nr + rival_cache.nr, "empty tables stay in the tree");
	finish();
}

static void test_random(unsigned int rounds, bool with_rivals)
{
	rivals = with_rivals;
	for (unsigned int seed = 1; seed <= rounds; seed++)
		random_round(seed + 1000 * with_rivals);
	ksft_test_result_pass("random operations match the model%s\n",
			      with_rivals ? ", with another CPU in between" : "");
}

/* The architecture: at most 16 concatenated tables, and no level more than that leaves needed. */
static void test_geometry(void)
{
	for (unsigned int bits = PENG_S2_MIN_IPA_BITS; bits <= PENG_S2_MAX_IPA_BITS; bits++) {
		unsigned int below;
		u64 tables;

		start(bits, 0);
		below = peng_pgtable_level_shift(tree.start_level) + PAGE_SHIFT - 3;
		tables = bits > below ? 1ULL << (bits - below) : 1;
		must(tables <= 16, "%u bits: %llu root tables", bits, (long long)tables);
		must(tree.start_level == 2 || bits > below - (PAGE_SHIFT - 3) + 4,
		     "%u bits: starts a level too high", bits);
		must(!((uintptr_t)tree.root % (tables * PAGE_SIZE)), "%u bits: unaligned", bits);
		finish();
	}
	must(peng_pgtable_init(&tree, &machine_ops, 31, 0) == -EINVAL, "31 bits accepted");
	must(peng_pgtable_init(&tree, &machine_ops, 49, 0) == -EINVAL, "49 bits accepted");
	ksft_test_result_pass("roots have the architecture's shape\n");
}

/* Whole values, worked out by hand from the register's description. */
static void test_vtcr(void)
{
	static const struct {
		unsigned int shift, ipa, pa, features;
		u64 vtcr;
	} rows[] = {
		{ 12, 40, 44, 0,					0x80043558 },
		{ 12, 48, 48, PENG_S2_VMID16 | PENG_S2_HW_AF,		0x802d3590 },
		{ 12, 32, 40, PENG_S2_FWB,				0x80023520 },
		{ 14, 40, 48, 0,					0x8005b558 },
		{ 14, 48, 48, 0,					0x8005b590 },
		{ 16, 40, 48, PENG_S2_VMID16,				0x800d7558 },
		{ 16, 48, 52, 0,					0x80067590 },
		{ 16, 32, 42, 0,					0x80037560 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 vtcr = peng_pgtable_vtcr(rows[i].ipa, rows[i].pa, rows[i].features);

		if (rows[i].shift == PAGE_SHIFT)
			must(vtcr == rows[i].vtcr, "row %u: %llx, should be %llx", i,
			     (long long)vtcr, (long long)rows[i].vtcr);
	}
	ksft_test_result_pass("VTCR_EL2 is what the architecture asks for\n");
}

static u64 raw_entry(unsigned int features, int level, unsigned int prot)
{
	struct peng_pgtable_leaf want = { .level = level, .prot = prot, .phys = MEMORY_PHYS(0, 0) };
	bool aged;
	u64 desc;

	start(40, features);
	fill(&cache);
	must(!peng_pgtable_map(&tree, &want, &cache), "map failed");
	desc = machine_access(0, &aged) & ~MEMORY_PHYS(0, 0);
	must(peng_pgtable_unmap(&tree, 0, PAGE_SIZE), "unmap failed");
	finish();
	return desc;
}

static void test_descriptors(void)
{
	const int page = PENG_S2_LAST_LEVEL;
	const unsigned int rwx = PENG_S2_R | PENG_S2_W | PENG_S2_X;

	must(raw_entry(0, page, rwx) == 0x7ff, "normal page");
	must(raw_entry(0, page - 1, rwx) == 0x7fd, "normal block");
	must(raw_entry(0, page, PENG_S2_R) == 0x400000000007ff - 0x80, "read-only, no execute");
	must(raw_entry(PENG_S2_FWB, page, rwx) == 0x7db, "write-back forced by Stage 2");
	must(raw_entry(0, page, PENG_S2_R | PENG_S2_W | PENG_S2_DEVICE) == 0x400000000007c7,
	     "device");
	must(raw_entry(0, page, PENG_S2_R | PENG_S2_W | PENG_S2_NC) == 0x400000000007d7,
	     "not cached");
	must(raw_entry(PENG_S2_FWB, page, PENG_S2_R | PENG_S2_NC) == 0x40000000000757,
	     "read-only, and not cached with FWB");
	ksft_test_result_pass("descriptors are what the architecture asks for\n");
}

static void test_refusals(void)
{
	struct peng_pgtable_leaf leaf = { .level = PENG_S2_LAST_LEVEL, .prot = PENG_S2_R };

	start(40, 0);
	fill(&cache);
	leaf.ipa = 1ULL << 40;
	must(peng_pgtable_map(&tree, &leaf, &cache) == -ERANGE, "beyond the address space");
	leaf.ipa = PAGE_SIZE / 2;
	must(peng_pgtable_map(&tree, &leaf, &cache) == -EINVAL, "unaligned ipa");
	leaf.ipa = 0;
	leaf.phys = 1ULL << (PAGE_SHIFT == 16 ? 52 : 48);
	must(peng_pgtable_map(&tree, &leaf, &cache) == -ERANGE, "output too big");
	leaf.phys = PAGE_SIZE;
	leaf.level = PENG_S2_LAST_LEVEL - 1;
	must(peng_pgtable_map(&tree, &leaf, &cache) == -EINVAL, "unaligned output");
	leaf.level = PENG_S2_MIN_BLOCK_LEVEL - 1;
	must(peng_pgtable_map(&tree, &leaf, &cache) == -EINVAL, "block too big");
	leaf.level = PENG_S2_LAST_LEVEL;
	leaf.prot = PENG_S2_R | PENG_S2_X | PENG_S2_DEVICE;
	must(peng_pgtable_map(&tree, &leaf, &cache) == -EINVAL, "code in a device");
	leaf.prot = PENG_S2_R | PENG_S2_X | PENG_S2_NC;
	must(peng_pgtable_map(&tree, &leaf, &cache) == -EINVAL, "code in what is not cached");
	must(!peng_pgtable_unmap(&tree, 1ULL << 40, PAGE_SIZE), "unmap outside");
	must(!peng_pgtable_mkyoung(&tree, 1ULL << 40), "mkyoung outside");
	must(peng_pgtable_relax(&tree, 1ULL << 40, PENG_S2_W) == -EAGAIN, "relax outside");
	finish();
	ksft_test_result_pass("what a tree cannot hold is refused\n");
}

/* Running dry at any point leaves a tree that is whole, and the same call succeeds later. */
static void test_exhaustion(void)
{
	struct peng_pgtable_leaf leaf = {
		.level = PENG_S2_LAST_LEVEL, .prot = PENG_S2_R, .phys = MEMORY_PHYS(0, 0),
	};
	unsigned int tries = 0;

	start(48, 0);
	model_start(0);
	while (peng_pgtable_map(&tree, &leaf, &cache) == -ENOMEM) {
		machine.out_of_memory = true;
		must(peng_pgtable_cache_fill(&cache, &machine_ops, 1) == -ENOMEM, "no ENOMEM");
		machine.out_of_memory = false;
		model_compare(&tree);
		machine_check(0);
		must(!peng_pgtable_cache_fill(&cache, &machine_ops, 1), "fill failed");
		tries++;
	}
	must(tries == PENG_S2_LAST_LEVEL - (unsigned int)tree.start_level, "%u tables", tries);
	model_map(&leaf);
	model_compare(&tree);
	finish();
	ksft_test_result_pass("running out of tables loses nothing\n");
}

/* Broadcasts stop every CPU: count them. */
static void test_flush_counts(void)
{
	struct peng_pgtable_leaf leaf = { .level = PENG_S2_LAST_LEVEL, .prot = PENG_S2_R };

	start(40, 0);
	for (unsigned int i = 0; i < 1000; i++) {
		leaf.ipa = i * PAGE_SIZE;
		leaf.phys = MEMORY_PHYS(0, leaf.ipa);
		fill(&cache);
		must(!peng_pgtable_map(&tree, &leaf, &cache), "map failed");
	}
	must(!machine.leaf_flushes && !machine.range_flushes, "new mappings invalidate");
	must(!peng_pgtable_relax(&tree, 0, PENG_S2_X), "relax failed");
	must(!machine.leaf_flushes && !machine.range_flushes, "relaxing broadcasts");
	peng_pgtable_unmap(&tree, 5 * PAGE_SIZE, PAGE_SIZE);
	must(machine.leaf_flushes == 1 && !machine.range_flushes, "one page, one leaf");
	peng_pgtable_unmap(&tree, 5 * PAGE_SIZE, PAGE_SIZE);
	must(machine.leaf_flushes == 1 && !machine.range_flushes, "nothing there, nothing to do");
	peng_pgtable_unmap(&tree, 0, 1000 * PAGE_SIZE);
	must(machine.leaf_flushes == 1 && machine.range_flushes == 1, "one range");
	must(machine.pending, "emptied tables stay");
	finish();
	ksft_test_result_pass("broadcast invalidations are as few as can be\n");
}

/* More rounds than usual: give their number. */
int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : ROUNDS;

	ksft_print_header();
	ksft_set_plan(8);
	test_geometry();
	test_vtcr();
	test_descriptors();
	test_refusals();
	test_exhaustion();
	test_flush_counts();
	test_random(rounds, false);
	test_random(rounds, true);
	ksft_finished();
}
