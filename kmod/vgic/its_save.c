// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of an ITS to guest memory and back, in the format that KVM calls
 * revision 0 (arm-vgic-its.rst): entries of 8 bytes, little-endian.
 *
 * Entries of devices and events are linked: each says how far away the next one
 * is, so that a restore reads only what is there. Collections stand one behind
 * the other, and an invalid one ends them.
 *
 * Every vCPU stands still and its->lock is held. What is restored is as little
 * to be trusted as commands are, and is checked in the same way.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/sched/signal.h>

#include "../mmu/mmu.h"
#include "../vcpu.h"
#include "../vm.h"
#include "its.h"
#include "lpi.h"

#define DTE_VALID	BIT_ULL(63)
#define DTE_NEXT	GENMASK_ULL(62, 49)
#define DTE_ITT		GENMASK_ULL(48, 5)
#define DTE_SIZE	GENMASK_ULL(4, 0)
#define ITE_NEXT	GENMASK_ULL(63, 48)
#define ITE_INTID	GENMASK_ULL(47, 16)
#define ITE_ICID	GENMASK_ULL(15, 0)
#define CTE_VALID	BIT_ULL(63)
#define CTE_TARGET	GENMASK_ULL(47, 16)
#define CTE_ICID	GENMASK_ULL(15, 0)

/* Of addresses in a DTE: tables are aligned to 256 bytes. */
#define ITT_SHIFT	8

static int write_entry(struct peng_its *its, u64 gpa, u64 entry)
{
	__le64 raw = cpu_to_le64(entry);

	return peng_mmu_write_guest(its->dev.vm, gpa, &raw, sizeof(raw));
}

/* How far the entry after @id is in an xarray, up to @last; 0 for none, at most @max. */
static u64 distance(struct xarray *xa, unsigned long id, unsigned long last, u64 max)
{
	unsigned long next = id;

	if (!xa_find_after(xa, &next, last, XA_PRESENT))
		return 0;
	return min_t(u64, next - id, max);
}

/* An event whose collection is gone cannot be told apart from none. */
static int save_event(struct peng_its *its, const struct peng_its_dev *dev, unsigned long key,
		      const struct peng_its_event *event)
{
	u32 id = key & (PENG_ITS_MAX_EVENTS - 1);
	unsigned long last = key | (PENG_ITS_MAX_EVENTS - 1);
	u64 gpa = dev->itt + (u64)id * PENG_ITS_ENTRY_SIZE;

	if (!xa_load(&its->colls, event->icid))
		return write_entry(its, gpa, 0);
	return write_entry(its, gpa,
			   FIELD_PREP(ITE_NEXT, distance(&its->events, key, last,
							 FIELD_MAX(ITE_NEXT))) |
			   FIELD_PREP(ITE_INTID, event->lpi->irq.intid) |
			   FIELD_PREP(ITE_ICID, event->icid));
}

/* The first entry begins the links, and must not be what was there before. */
static int save_events(struct peng_its *its, u32 id, const struct peng_its_dev *dev)
{
	unsigned long first = peng_its_key(id, 0), key;
	struct peng_its_event *event;
	int ret;

	ret = write_entry(its, dev->itt, 0);
	if (ret)
		return ret;
	xa_for_each_range(&its->events, key, event, first, first | (PENG_ITS_MAX_EVENTS - 1)) {
		ret = save_event(its, dev, key, event);
		if (ret)
			return ret;
		cond_resched();
	}
	return 0;
}

static int save_device(struct peng_its *its, u32 id, const struct peng_its_dev *dev)
{
	u64 gpa;
	int ret;

	if (!peng_its_find_entry(its, PENG_ITS_DEVICES, id, &gpa))
		return -EINVAL;
	ret = save_events(its, id, dev);
	if (ret)
		return ret;
	return write_entry(its, gpa, DTE_VALID |
			   FIELD_PREP(DTE_NEXT, distance(&its->devices, id, ULONG_MAX,
							 FIELD_MAX(DTE_NEXT))) |
			   FIELD_PREP(DTE_ITT, dev->itt >> ITT_SHIFT) |
			   FIELD_PREP(DTE_SIZE, dev->event_bits - 1));
}

static int save_devices(struct peng_its *its)
{
	struct peng_its_dev *dev;
	unsigned long id;
	int ret;

	if (!(its->baser[PENG_ITS_DEVICES] & GITS_BASER_VALID))
		return 0;
	xa_for_each(&its->devices, id, dev) {
		ret = save_device(its, id, dev);
		if (ret)
			return ret;
	}
	return 0;
}

static int save_colls(struct peng_its *its)
{
	u64 baser = its->baser[PENG_ITS_COLLECTIONS];
	u64 gpa = peng_its_table_base(baser), end = gpa + peng_its_table_size(baser);
	struct peng_its_coll *coll;
	unsigned long icid;
	int ret;

	if (!(baser & GITS_BASER_VALID))
		return 0;
	xa_for_each(&its->colls, icid, coll) {
		if (gpa >= end)
			return -EINVAL;
		ret = write_entry(its, gpa, CTE_VALID | FIELD_PREP(CTE_TARGET, coll->target) |
				  FIELD_PREP(CTE_ICID, icid));
		if (ret)
			return ret;
		gpa += PENG_ITS_ENTRY_SIZE;
	}
	return gpa < end ? write_entry(its, gpa, 0) : 0;
}

int peng_its_save_tables(struct peng_its *its)
{
	lockdep_assert_held(&its->lock);

	return save_devices(its) ?: save_colls(its);
}

/**
 * struct scan - a table that is being read
 * @its: whose
 * @gpa: first entry
 * @nr: entries
 * @first: ID of the first
 * @device: whose events they are
 * @fn: takes an entry; returns how far the next one is, 0 at the end, or -errno
 */
struct scan {
	struct peng_its *its;
	u64 gpa;
	u64 nr;
	u32 first;
	u32 device;
	int (*fn)(const struct scan *scan, u32 id, u64 entry);
};

/* 1 where the links do not end in this table, so that another may follow. */
static int scan_table(const struct scan *scan)
{
	u64 i = 0, entry;
	int ret;

	while (i < scan->nr) {
		ret = peng_its_read_entry(scan->its, scan->gpa + i * PENG_ITS_ENTRY_SIZE, &entry);
		if (!ret)
			ret = scan->fn(scan, scan->first + i, entry);
		if (ret <= 0)
			return ret;
		i += ret;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 1;
}

static int restore_event(const struct scan *scan, u32 id, u64 entry)
{
	u32 next = FIELD_GET(ITE_NEXT, entry), intid = FIELD_GET(ITE_INTID, entry);
	u32 icid = FIELD_GET(ITE_ICID, entry);
	int ret;

	if (!intid)
		return 1;
	if (intid < PENG_VGIC_MIN_LPI || id + next >= scan->nr ||
	    !xa_load(&scan->its->colls, icid))
		return -EINVAL;
	ret = peng_its_map_event(scan->its, scan->device, id, intid, icid);
	return ret ?: (int)next;
}

static int restore_device(const struct scan *scan, u32 id, u64 entry)
{
	struct scan events = {
		.its = scan->its,
		.gpa = FIELD_GET(DTE_ITT, entry) << ITT_SHIFT,
		.nr = BIT(FIELD_GET(DTE_SIZE, entry) + 1),
		.device = id,
		.fn = restore_event,
	};
	u8 bits = FIELD_GET(DTE_SIZE, entry) + 1;
	u64 gpa;
	int ret;

	if (!(entry & DTE_VALID))
		return 1;
	if (bits > PENG_ITS_ID_BITS || xa_load(&scan->its->devices, id) ||
	    !peng_its_find_entry(scan->its, PENG_ITS_DEVICES, id, &gpa))
		return -EINVAL;
	ret = peng_its_map_device(scan->its, id, events.gpa, bits);
	if (ret)
		return ret;
	ret = scan_table(&events);
	return ret < 0 ? ret : (int)FIELD_GET(DTE_NEXT, entry);
}

/* An entry of the first level; @id counts pages of the second. */
static int restore_page(const struct scan *scan, u32 id, u64 entry)
{
	struct scan page = {
		.its = scan->its,
		.gpa = entry & PENG_ITS_L1_ADDRESS,
		.nr = SZ_64K / PENG_ITS_ENTRY_SIZE,
		.first = id * (SZ_64K / PENG_ITS_ENTRY_SIZE),
		.fn = restore_device,
	};

	return entry & PENG_ITS_L1_VALID ? scan_table(&page) : 1;
}

static int restore_devices(struct peng_its *its)
{
	u64 baser = its->baser[PENG_ITS_DEVICES];
	struct scan scan = {
		.its = its,
		.gpa = peng_its_table_base(baser),
		.nr = peng_its_table_size(baser) / PENG_ITS_ENTRY_SIZE,
		.fn = baser & GITS_BASER_INDIRECT ? restore_page : restore_device,
	};
	int ret;

	if (!(baser & GITS_BASER_VALID))
		return 0;
	ret = scan_table(&scan);
	return ret < 0 ? ret : 0;
}

static int restore_coll(struct peng_its *its, u64 entry)
{
	u32 target = FIELD_GET(CTE_TARGET, entry), icid = FIELD_GET(CTE_ICID, entry);
	u64 gpa;

	if (target != PENG_ITS_UNMAPPED && target >= peng_vm_nr_vcpus(its->dev.vm))
		return -EINVAL;
	if (xa_load(&its->colls, icid))
		return -EEXIST;
	if (!peng_its_find_entry(its, PENG_ITS_COLLECTIONS, icid, &gpa))
		return -EINVAL;
	return peng_its_map_coll(its, icid, target);
}

static int restore_colls(struct peng_its *its)
{
	u64 baser = its->baser[PENG_ITS_COLLECTIONS], entry;
	u64 gpa = peng_its_table_base(baser), end = gpa + peng_its_table_size(baser);
	int ret;

	if (!(baser & GITS_BASER_VALID))
		return 0;
	for (; gpa < end; gpa += PENG_ITS_ENTRY_SIZE) {
		ret = peng_its_read_entry(its, gpa, &entry);
		if (ret || !(entry & CTE_VALID))
			return ret;
		ret = restore_coll(its, entry);
		if (ret)
			return ret;
	}
	return 0;
}

/* All or nothing: what was mapped by a restore that failed is unmapped. */
int peng_its_restore_tables(struct peng_its *its)
{
	int ret;

	lockdep_assert_held(&its->lock);

	ret = restore_colls(its) ?: restore_devices(its);
	if (ret) {
		peng_its_unmap_devices(its);
		peng_its_unmap_colls(its);
	}
	return ret;
}
