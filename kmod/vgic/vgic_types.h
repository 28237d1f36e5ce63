/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State of the virtual GIC: an interrupt, a distributor with its SPIs, a
 * redistributor with its SGIs and PPIs. The VM and the vCPU embed the last two.
 * Only vgic/ looks inside; the locks are explained on top of vgic.c.
 */
#ifndef PENG_VGIC_VGIC_TYPES_H
#define PENG_VGIC_VGIC_TYPES_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "../io/bus.h"

struct peng_route_table;
struct peng_vcpu;

/* Interrupt numbers, IHI 0069 2.2.1. */
#define PENG_VGIC_NR_SGIS	16
#define PENG_VGIC_NR_PRIVATE	32
#define PENG_VGIC_MAX_SPI	1019

/* Current level of the line that a linked PPI follows; interrupts masked. */
typedef bool (*peng_vgic_level_fn)(struct peng_vcpu *vcpu, u32 intid);

/**
 * struct peng_vgic_irq - an interrupt
 * @lock: all that follows
 * @ap: in the ap list of @vcpu; also needs that list's lock
 * @vcpu: on whose ap list it is, NULL for none; also needs that list's lock
 * @target: vCPU to which it goes next: its own for an SGI or PPI, by @route for
 *	an SPI, NULL where @route names no vCPU
 * @route: affinity of the target of an SPI, in the format of GICD_IROUTER
 * @get_level: linked interrupts only
 * @intid: its number in the guest
 * @phys_intid: its number on the host, where @linked
 * @priority: 0 is the highest
 * @lr_state: ICH_LR_PENDING and ICH_LR_ACTIVE bits that its list register was
 *	loaded with, shifted down to bits 0 and 1; 0 while it is in none. While
 *	it is not 0, @active and @pending_latch are those of the last flush.
 * @lr_ignore: bits of the same kind that the guest has written since, and that
 *	count instead of what the list register will say
 * @line_level: input line
 * @pending_latch: pending by edge, SGI or GICD_ISPENDR
 * @active: taken and not yet deactivated
 * @enabled: GICD_ISENABLER
 * @group1: GICD_IGROUPR
 * @edge: GICD_ICFGR: edge-triggered, else level-sensitive
 * @claimed: a device of the vCPU drives the line; user space cannot
 * @linked: deactivating it in the guest deactivates @phys_intid on the host
 * @dead: an LPI that is being freed
 * @released: a list register has done so since peng_vgic_linked_released()
 */
struct peng_vgic_irq {
	raw_spinlock_t lock;
	struct list_head ap;
	struct peng_vcpu *vcpu;
	struct peng_vcpu *target;
	u64 route;
	peng_vgic_level_fn get_level;
	u32 intid;
	u32 phys_intid;
	u8 priority;
	u8 lr_state;
	u8 lr_ignore;
	bool line_level;
	bool pending_latch;
	bool active;
	bool enabled;
	bool group1;
	bool edge;
	bool claimed;
	bool linked;
	bool dead;
	bool released;
};

/**
 * struct peng_vgic_region - a run of redistributors in guest memory
 * @node: in dist->regions, in the order of @index
 * @dev: on the VM's bus once the first vCPU runs
 * @base: guest physical address
 * @index: as user space numbered it
 * @count: redistributors that it has room for; 0 for as many as are needed
 * @first: index of the vCPU whose redistributor is the first
 * @used: redistributors in it
 */
struct peng_vgic_region {
	struct list_head node;
	struct peng_io_dev dev;
	u64 base;
	u32 index;
	u32 count;
	u32 first;
	u32 used;
};

/**
 * struct peng_vgic_dist - the distributor of a VM
 * @present: user space has created the device
 * @initialized: the number of interrupts is fixed and they exist; set once,
 *	with release
 * @mapped: its registers are on the VM's bus
 * @groups: GICD_CTLR.EnableGrp0 and EnableGrp1, in bits 0 and 1
 * @revision: GICD_IIDR.Revision: how much of what changed since the guest shall see
 * @nr_spis: 0 until user space or initialisation fixes it
 * @has_its: an ITS exists; there may be LPIs
 * @itses: struct peng_its; read under RCU
 * @lpi_lock: changes of @lpis
 * @lpis: struct peng_vgic_lpi by INTID
 * @unused_lpis: those of @lpis that no event has and a vCPU has not let go yet
 * @routes: what GSIs are; read under RCU, changed under vm->irqfds.lock
 * @propbaser: GICR_PROPBASER, the same for all redistributors
 * @spis: SPIs from INTID 32 on
 * @base: guest physical address, PENG_VGIC_UNSET before it is given
 * @dev: on the VM's bus once the first vCPU runs
 * @regions: struct peng_vgic_region
 *
 * Configuration is under vm->lock. @groups and the SPIs belong to the guest.
 */
struct peng_vgic_dist {
	bool present;
	bool initialized;
	bool mapped;
	u8 groups;
	u8 revision;
	bool has_its;
	struct list_head itses;
	struct mutex lpi_lock;
	struct xarray lpis;
	struct list_head unused_lpis;
	struct peng_route_table __rcu *routes;
	u32 nr_spis;
	u64 propbaser;
	struct peng_vgic_irq *spis;
	u64 base;
	struct peng_io_dev dev;
	struct list_head regions;
};

#define PENG_VGIC_UNSET		(~0ULL)

/**
 * struct peng_vgic_cpu - the redistributor of a vCPU, and its ap list
 * @ap_lock: @ap_list and the membership of each interrupt in it
 * @ap_list: interrupts that are active, or pending and enabled, on this vCPU:
 *	the candidates for its list registers
 * @pendbaser: GICR_PENDBASER
 * @lpis_enabled: GICR_CTLR.EnableLPIs
 * @pri_bits: virtual priority bits that ICC_CTLR_EL1 tells user space of
 * @id_bits: ICC_CTLR_EL1.IDbits, likewise
 * @syncs: times that its list registers have been read back; written by its
 *	own thread only
 * @priv: its SGIs and PPIs
 */
struct peng_vgic_cpu {
	raw_spinlock_t ap_lock;
	struct list_head ap_list;
	u64 pendbaser;
	bool lpis_enabled;
	u8 pri_bits;
	u8 id_bits;
	unsigned int syncs;
	struct peng_vgic_irq priv[PENG_VGIC_NR_PRIVATE];
};

#endif /* PENG_VGIC_VGIC_TYPES_H */
