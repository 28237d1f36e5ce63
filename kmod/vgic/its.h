/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The GICv3 ITS (IHI 0069 chapter 5): private to vgic/.
 *
 * What commands have mapped is held in xarrays; guest memory has its tables for
 * save and restore only. So a message is translated by two lookups under RCU, in
 * any context, and there is no cache that could be stale.
 */
#ifndef PENG_VGIC_ITS_H
#define PENG_VGIC_ITS_H

#include <linux/irqchip/arm-gic-v3.h>
#include <linux/kvm.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "../device.h"
#include "../io/bus.h"

struct peng_vgic_lpi;
struct peng_vm;

#define PENG_ITS_ID_BITS	16	/* of events and LPIs */
#define PENG_ITS_DEVICE_BITS	16
#define PENG_ITS_ENTRY_SIZE	8	/* of all tables, ABI revision 0 */
#define PENG_ITS_MAX_EVENTS	BIT(PENG_ITS_ID_BITS)
#define PENG_ITS_UNMAPPED	U32_MAX

/* An entry of the first of two levels. */
#define PENG_ITS_L1_VALID	BIT_ULL(63)
#define PENG_ITS_L1_ADDRESS	GENMASK_ULL(51, 16)

/* The two GITS_BASER<n> that exist. */
enum peng_its_table {
	PENG_ITS_DEVICES,
	PENG_ITS_COLLECTIONS,
	PENG_ITS_NR_TABLES,
};

/**
 * struct peng_its_dev - a device
 * @itt: guest physical address of its interrupt translation table
 * @event_bits: width of its event IDs
 */
struct peng_its_dev {
	u64 itt;
	u8 event_bits;
};

/**
 * struct peng_its_coll - a collection of interrupts
 * @target: index of a vCPU, or PENG_ITS_UNMAPPED
 */
struct peng_its_coll {
	u32 target;
};

/**
 * struct peng_its_event - an interrupt translation entry
 * @lpi: where it leads; holds a use of it
 * @icid: its collection, which may not exist any more
 * @rcu: for the free
 */
struct peng_its_event {
	struct peng_vgic_lpi *lpi;
	u16 icid;
	struct rcu_head rcu;
};

/**
 * struct peng_its - an ITS
 * @dev: as a device of the VM
 * @node: in vm->vgic.itses
 * @io: on the VM's bus once user space has placed it
 * @lock: all that follows; inside vcpu->lock, outside vgic.lpi_lock
 * @base: guest physical address, PENG_VGIC_UNSET before it is given
 * @enabled: GITS_CTLR.Enabled; read without the lock
 * @cbaser: GITS_CBASER
 * @baser: GITS_BASER<n>
 * @creadr: offset of the next command
 * @cwriter: offset of the first one that is not there yet
 * @nr_events: entries of @events
 * @devices: struct peng_its_dev by device ID
 * @colls: struct peng_its_coll by ICID
 * @events: struct peng_its_event by peng_its_key(); read under RCU
 */
struct peng_its {
	struct peng_device dev;
	struct list_head node;
	struct peng_io_dev io;
	struct mutex lock;
	u64 base;
	bool enabled;
	u64 cbaser;
	u64 baser[PENG_ITS_NR_TABLES];
	u32 creadr;
	u32 cwriter;
	u32 nr_events;
	struct xarray devices;
	struct xarray colls;
	struct xarray events;
};

static inline unsigned long peng_its_key(u32 device, u32 event)
{
	return (unsigned long)device << PENG_ITS_ID_BITS | event;
}

/* GITS_BASER<n> as numbers: pages of 64K, PA[51:48] in the bits below. */
static inline u64 peng_its_table_base(u64 baser)
{
	return GITS_BASER_ADDR_48_to_52(baser);
}

static inline u64 peng_its_table_size(u64 baser)
{
	return ((baser & 0xff) + 1) * SZ_64K;
}

/* The command queue, in bytes: pages of 4K. */
static inline u32 peng_its_queue_size(u64 cbaser)
{
	return ((cbaser & 0xff) + 1) * SZ_4K;
}

/**
 * peng_its_signal() - a message from a device
 * @vm: VM
 * @msi: message
 *
 * Context: any.
 * Return: as peng_route_signal_msi().
 */
int peng_its_signal(struct peng_vm *vm, const struct kvm_msi *msi);

/* its_cmd.c: run what is queued; its->lock not held, may sleep. */
void peng_its_run_commands(struct peng_its *its);
int peng_its_module_init(void);

/*
 * Mapping, for commands and for restore; its->lock held. 0, or -errno which a
 * guest never learns.
 */
int peng_its_read_entry(struct peng_its *its, u64 gpa, u64 *entry);
bool peng_its_find_entry(struct peng_its *its, enum peng_its_table table, u32 id, u64 *gpa);
int peng_its_map_device(struct peng_its *its, u32 id, u64 itt, u8 event_bits);
void peng_its_unmap_device(struct peng_its *its, u32 id);
int peng_its_map_coll(struct peng_its *its, u32 icid, u32 target);
int peng_its_map_event(struct peng_its *its, u32 device, u32 event, u32 intid, u32 icid);
void peng_its_unmap_event(struct peng_its *its, u32 device, u32 event);
void peng_its_unmap_devices(struct peng_its *its);
void peng_its_unmap_colls(struct peng_its *its);
/* At the end of the VM: nobody hears of it. */
void peng_its_free_all(struct peng_its *its);

/* its_save.c: tables to and from guest memory; every vCPU stands still. */
int peng_its_save_tables(struct peng_its *its);
int peng_its_restore_tables(struct peng_its *its);

#endif /* PENG_VGIC_ITS_H */
