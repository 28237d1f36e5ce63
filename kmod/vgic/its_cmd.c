// SPDX-License-Identifier: GPL-2.0-only
/*
 * ITS commands (IHI 0069 5.3): the queue in guest memory, a row for each
 * command, and the mappings that they make.
 *
 * A command that the guest got wrong does nothing, and the next one follows: no
 * error is reported and the queue does not stall, as with KVM. its->lock is held
 * for one command at a time, so that a queue full of long ones keeps nobody out;
 * a signal stops it between two, and the guest's next look has it go on.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "../mmu/mmu.h"
#include "../table.h"
#include "../vcpu.h"
#include "../vm.h"
#include "its.h"
#include "lpi.h"

#define CMD_WORDS	4
#define CMD_SIZE	(CMD_WORDS * sizeof(u64))

/* Fields of commands, by the word they are in. */
#define W0_OPCODE	GENMASK_ULL(7, 0)
#define W0_DEVICE	GENMASK_ULL(63, 32)
#define W1_EVENT	GENMASK_ULL(31, 0)
#define W1_INTID	GENMASK_ULL(63, 32)
#define W1_SIZE		GENMASK_ULL(4, 0)
#define W2_ICID		GENMASK_ULL(15, 0)
#define W2_ITT		GENMASK_ULL(51, 8)
#define W2_TARGET	GENMASK_ULL(47, 16)
#define W2_VALID	BIT_ULL(63)
#define W3_TARGET	GENMASK_ULL(47, 16)

/**
 * struct its_cmd - a command as the guest wrote it
 * @w: words
 */
struct its_cmd {
	u64 w[CMD_WORDS];
};

/* vCPU that a collection leads to, or NULL. */
static struct peng_vcpu *coll_target(struct peng_its *its, u32 icid)
{
	const struct peng_its_coll *coll = xa_load(&its->colls, icid);

	if (!coll || coll->target == PENG_ITS_UNMAPPED)
		return NULL;
	return peng_vm_vcpu(its->dev.vm, coll->target);
}

/* An entry of a table in guest memory; 0 or -EFAULT, and @entry is 0 then. */
int peng_its_read_entry(struct peng_its *its, u64 gpa, u64 *entry)
{
	__le64 raw;
	int ret = peng_mmu_read_guest(its->dev.vm, gpa, &raw, sizeof(raw));

	*entry = ret ? 0 : le64_to_cpu(raw);
	return ret;
}

static bool is_memory(struct peng_its *its, u64 gpa)
{
	u64 entry;

	return !peng_its_read_entry(its, gpa, &entry);
}

/* The second level's page, from the first level's entry for @id; 0 for none. */
static u64 second_level(struct peng_its *its, u64 baser, u32 id)
{
	u64 at = id / (SZ_64K / PENG_ITS_ENTRY_SIZE) * sizeof(u64);
	u64 entry;

	if (at >= peng_its_table_size(baser) ||
	    peng_its_read_entry(its, peng_its_table_base(baser) + at, &entry))
		return 0;
	return entry & PENG_ITS_L1_VALID ? entry & PENG_ITS_L1_ADDRESS : 0;
}

/* Whether the guest's table has an entry for @id, in memory; and where. */
bool peng_its_find_entry(struct peng_its *its, enum peng_its_table table, u32 id, u64 *gpa)
{
	u64 baser = its->baser[table], base = peng_its_table_base(baser);
	u64 at = (u64)id * PENG_ITS_ENTRY_SIZE;

	lockdep_assert_held(&its->lock);

	if (!(baser & GITS_BASER_VALID) || id >= BIT(PENG_ITS_DEVICE_BITS))
		return false;
	if (baser & GITS_BASER_INDIRECT) {
		base = second_level(its, baser, id);
		at %= SZ_64K;
		if (!base)
			return false;
	} else if (at >= peng_its_table_size(baser)) {
		return false;
	}
	*gpa = base + at;
	return is_memory(its, *gpa);
}

static void free_event(struct peng_its *its, unsigned long key, struct peng_its_event *event)
{
	xa_erase(&its->events, key);
	its->nr_events--;
	peng_lpi_put(its->dev.vm, event->lpi);
	kfree_rcu(event, rcu);
}

static void unmap_events(struct peng_its *its, unsigned long first, unsigned long last)
{
	struct peng_its_event *event;
	unsigned long key;

	xa_for_each_range(&its->events, key, event, first, last) {
		free_event(its, key, event);
		cond_resched();
	}
}

void peng_its_unmap_event(struct peng_its *its, u32 device, u32 event)
{
	unsigned long key = peng_its_key(device, event);

	unmap_events(its, key, key);
}

void peng_its_unmap_device(struct peng_its *its, u32 id)
{
	lockdep_assert_held(&its->lock);

	unmap_events(its, peng_its_key(id, 0), peng_its_key(id, PENG_ITS_MAX_EVENTS - 1));
	kfree(xa_erase(&its->devices, id));
}

static void free_entries(struct xarray *xa)
{
	unsigned long i;
	void *entry;

	xa_for_each(xa, i, entry)
		kfree(entry);
	xa_destroy(xa);
}

void peng_its_unmap_devices(struct peng_its *its)
{
	lockdep_assert_held(&its->lock);

	unmap_events(its, 0, ULONG_MAX);
	free_entries(&its->devices);
}

int peng_its_map_device(struct peng_its *its, u32 id, u64 itt, u8 event_bits)
{
	struct peng_its_dev *dev = kmalloc(sizeof(*dev), GFP_KERNEL_ACCOUNT);
	int ret;

	lockdep_assert_held(&its->lock);

	if (!dev)
		return -ENOMEM;
	dev->itt = itt;
	dev->event_bits = event_bits;
	ret = xa_err(xa_store(&its->devices, id, dev, GFP_KERNEL_ACCOUNT));
	if (ret)
		kfree(dev);
	return ret;
}

/* All events of a collection follow it, also from before it was unmapped. */
static void retarget_coll(struct peng_its *its, u32 icid)
{
	struct peng_vcpu *target = coll_target(its, icid);
	struct peng_its_event *event;
	unsigned long key;

	xa_for_each(&its->events, key, event) {
		if (event->icid == icid)
			peng_lpi_retarget(event->lpi, target);
		cond_resched();
	}
}

int peng_its_map_coll(struct peng_its *its, u32 icid, u32 target)
{
	struct peng_its_coll *coll = xa_load(&its->colls, icid);
	int ret;

	lockdep_assert_held(&its->lock);

	if (coll) {
		coll->target = target;
		retarget_coll(its, icid);
		return 0;
	}
	coll = kmalloc(sizeof(*coll), GFP_KERNEL_ACCOUNT);
	if (!coll)
		return -ENOMEM;
	coll->target = target;
	ret = xa_err(xa_store(&its->colls, icid, coll, GFP_KERNEL_ACCOUNT));
	if (ret)
		kfree(coll);
	else if (target != PENG_ITS_UNMAPPED)
		retarget_coll(its, icid);
	return ret;
}

static void unmap_coll(struct peng_its *its, u32 icid)
{
	kfree(xa_erase(&its->colls, icid));
	retarget_coll(its, icid);
}

void peng_its_unmap_colls(struct peng_its *its)
{
	struct peng_its_event *event;
	unsigned long key;

	lockdep_assert_held(&its->lock);

	free_entries(&its->colls);
	xa_for_each(&its->events, key, event)
		peng_lpi_retarget(event->lpi, NULL);
}

void peng_its_free_all(struct peng_its *its)
{
	free_entries(&its->events);
	free_entries(&its->devices);
	free_entries(&its->colls);
}

/* Not more events than there are LPIs: more would be of no use, but to fill memory. */
int peng_its_map_event(struct peng_its *its, u32 device, u32 id, u32 intid, u32 icid)
{
	struct peng_vm *vm = its->dev.vm;
	struct peng_its_event *event;
	int ret = -ENOMEM;

	lockdep_assert_held(&its->lock);

	if (its->nr_events >= PENG_ITS_MAX_EVENTS)
		return -ENOSPC;
	event = kzalloc(sizeof(*event), GFP_KERNEL_ACCOUNT);
	if (!event)
		return -ENOMEM;
	event->icid = icid;
	event->lpi = peng_lpi_get(vm, intid, coll_target(its, icid));
	if (IS_ERR(event->lpi)) {
		ret = PTR_ERR(event->lpi);
		goto free;
	}
	if (xa_err(xa_store(&its->events, peng_its_key(device, id), event, GFP_KERNEL_ACCOUNT)))
		goto put;
	its->nr_events++;
	return 0;

put:
	peng_lpi_put(vm, event->lpi);
free:
	kfree(event);
	return ret;
}

static struct peng_its_event *cmd_event(struct peng_its *its, const struct its_cmd *cmd)
{
	u32 event = FIELD_GET(W1_EVENT, cmd->w[1]);

	if (event >= PENG_ITS_MAX_EVENTS)
		return NULL;
	return xa_load(&its->events, peng_its_key(FIELD_GET(W0_DEVICE, cmd->w[0]), event));
}

static void cmd_mapd(struct peng_its *its, const struct its_cmd *cmd)
{
	u32 id = FIELD_GET(W0_DEVICE, cmd->w[0]);
	u8 bits = FIELD_GET(W1_SIZE, cmd->w[1]) + 1;
	bool valid = cmd->w[2] & W2_VALID;
	u64 entry = 0, gpa;

	if (!peng_its_find_entry(its, PENG_ITS_DEVICES, id, &gpa) ||
	    (valid && bits > PENG_ITS_ID_BITS))
		return;
	peng_its_unmap_device(its, id);
	if (valid)
		peng_its_map_device(its, id, cmd->w[2] & W2_ITT, bits);
	else
		peng_mmu_write_guest(its->dev.vm, gpa, &entry, sizeof(entry));
}

static void cmd_mapc(struct peng_its *its, const struct its_cmd *cmd)
{
	u32 icid = FIELD_GET(W2_ICID, cmd->w[2]), target = FIELD_GET(W2_TARGET, cmd->w[2]);
	u64 gpa;

	if (!(cmd->w[2] & W2_VALID))
		unmap_coll(its, icid);
	else if (target < peng_vm_nr_vcpus(its->dev.vm) &&
		 (xa_load(&its->colls, icid) ||
		  peng_its_find_entry(its, PENG_ITS_COLLECTIONS, icid, &gpa)))
		peng_its_map_coll(its, icid, target);
}

static void map_event(struct peng_its *its, const struct its_cmd *cmd, u32 intid)
{
	u32 id = FIELD_GET(W0_DEVICE, cmd->w[0]), event = FIELD_GET(W1_EVENT, cmd->w[1]);
	u32 icid = FIELD_GET(W2_ICID, cmd->w[2]);
	const struct peng_its_dev *dev = xa_load(&its->devices, id);
	u64 gpa;

	if (!dev || event >= BIT(dev->event_bits) || cmd_event(its, cmd) ||
	    !is_memory(its, dev->itt + (u64)event * PENG_ITS_ENTRY_SIZE))
		return;
	if (!xa_load(&its->colls, icid) &&
	    (!peng_its_find_entry(its, PENG_ITS_COLLECTIONS, icid, &gpa) ||
	     peng_its_map_coll(its, icid, PENG_ITS_UNMAPPED)))
		return;
	peng_its_map_event(its, id, event, intid, icid);
}

static void cmd_mapti(struct peng_its *its, const struct its_cmd *cmd)
{
	map_event(its, cmd, FIELD_GET(W1_INTID, cmd->w[1]));
}

static void cmd_mapi(struct peng_its *its, const struct its_cmd *cmd)
{
	map_event(its, cmd, FIELD_GET(W1_EVENT, cmd->w[1]));
}

static void cmd_movi(struct peng_its *its, const struct its_cmd *cmd)
{
	struct peng_its_event *event = cmd_event(its, cmd);
	u32 icid = FIELD_GET(W2_ICID, cmd->w[2]);
	struct peng_vcpu *target = coll_target(its, icid);

	if (!event || !target)
		return;
	event->icid = icid;
	peng_lpi_retarget(event->lpi, target);
}

static void cmd_movall(struct peng_its *its, const struct its_cmd *cmd)
{
	struct peng_vm *vm = its->dev.vm;
	struct peng_vcpu *from = peng_vm_vcpu(vm, FIELD_GET(W2_TARGET, cmd->w[2]));
	struct peng_vcpu *to = peng_vm_vcpu(vm, FIELD_GET(W3_TARGET, cmd->w[3]));

	if (from && to && from != to)
		peng_lpi_move_all(from, to);
}

static void cmd_int(struct peng_its *its, const struct its_cmd *cmd)
{
	struct peng_its_event *event = cmd_event(its, cmd);

	if (event && its->enabled)
		peng_lpi_raise(event->lpi);
}

static void cmd_clear(struct peng_its *its, const struct its_cmd *cmd)
{
	struct peng_its_event *event = cmd_event(its, cmd);

	if (event)
		peng_lpi_clear(event->lpi);
}

/* Its entry too: a later save writes, and a restore follows, what is mapped only. */
static void cmd_discard(struct peng_its *its, const struct its_cmd *cmd)
{
	u32 id = FIELD_GET(W0_DEVICE, cmd->w[0]), event = FIELD_GET(W1_EVENT, cmd->w[1]);
	const struct peng_its_dev *dev = xa_load(&its->devices, id);
	u64 entry = 0;

	if (!dev || !cmd_event(its, cmd))
		return;
	peng_its_unmap_event(its, id, event);
	peng_mmu_write_guest(its->dev.vm, dev->itt + (u64)event * PENG_ITS_ENTRY_SIZE, &entry,
			     sizeof(entry));
}

static void cmd_inv(struct peng_its *its, const struct its_cmd *cmd)
{
	struct peng_its_event *event = cmd_event(its, cmd);

	if (event)
		peng_lpi_configure(its->dev.vm, event->lpi);
}

static void cmd_invall(struct peng_its *its, const struct its_cmd *cmd)
{
	struct peng_vcpu *target = coll_target(its, FIELD_GET(W2_ICID, cmd->w[2]));

	if (target)
		peng_lpi_configure_all(target);
}

/* Every command has had its effect when the next one is read. */
static void cmd_sync(struct peng_its *its, const struct its_cmd *cmd)
{
}

/**
 * struct cmd_row - a command
 * @opcode: GITS_CMD_*; rows are sorted by it
 * @fn: with its->lock held; may sleep
 */
struct cmd_row {
	u8 opcode;
	void (*fn)(struct peng_its *its, const struct its_cmd *cmd);
};

static const struct cmd_row cmd_rows[] = {
	{ GITS_CMD_MOVI,	cmd_movi },
	{ GITS_CMD_INT,		cmd_int },
	{ GITS_CMD_CLEAR,	cmd_clear },
	{ GITS_CMD_SYNC,	cmd_sync },
	{ GITS_CMD_MAPD,	cmd_mapd },
	{ GITS_CMD_MAPC,	cmd_mapc },
	{ GITS_CMD_MAPTI,	cmd_mapti },
	{ GITS_CMD_MAPI,	cmd_mapi },
	{ GITS_CMD_INV,		cmd_inv },
	{ GITS_CMD_INVALL,	cmd_invall },
	{ GITS_CMD_MOVALL,	cmd_movall },
	{ GITS_CMD_DISCARD,	cmd_discard },
};

int peng_its_module_init(void)
{
	return PENG_TABLE_SORTED(cmd_rows, ARRAY_SIZE(cmd_rows), opcode) ? 0 : -EINVAL;
}

/* A queue that is not in memory is empty commands. */
static void run_command(struct peng_its *its)
{
	u64 gpa = GITS_CBASER_ADDRESS(its->cbaser) + its->creadr;
	const struct cmd_row *row;
	__le64 raw[CMD_WORDS];
	struct its_cmd cmd;
	int i;

	if (peng_mmu_read_guest(its->dev.vm, gpa, raw, sizeof(raw)))
		return;
	for (i = 0; i < CMD_WORDS; i++)
		cmd.w[i] = le64_to_cpu(raw[i]);
	row = PENG_TABLE_FIND(cmd_rows, ARRAY_SIZE(cmd_rows), opcode,
			      FIELD_GET(W0_OPCODE, cmd.w[0]));
	if (row)
		row->fn(its, &cmd);
}

/* False when there is none, or they are not to be run. */
static bool run_next(struct peng_its *its)
{
	bool more = false;

	mutex_lock(&its->lock);
	if (its->enabled && its->creadr != its->cwriter) {
		run_command(its);
		its->creadr = (its->creadr + CMD_SIZE) % peng_its_queue_size(its->cbaser);
		more = true;
	}
	mutex_unlock(&its->lock);
	return more;
}

void peng_its_run_commands(struct peng_its *its)
{
	while (run_next(its) && !signal_pending(current))
		cond_resched();
}
