// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a VM's vGIC: where its registers are, how many interrupts it has,
 * and what they are like at reset. vm->lock for all configuration; none of it
 * changes once dist->initialized is set, but for the bus at the first run.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/lockdep.h>
#include <linux/slab.h>

#include "../host/probe.h"
#include "../vcpu.h"
#include "../vm.h"
#include "init.h"
#include "irq.h"
#include "its.h"
#include "lpi.h"
#include "mmio.h"
#include "vgic.h"

/* SPIs where user space does not say: 256 interrupts in all, as with KVM. */
#define DEFAULT_SPIS	(256 - PENG_VGIC_NR_PRIVATE)

int peng_vgic_module_init(void)
{
	return peng_vgic_frame_init(&peng_vgic_dist_frame) ?:
	       peng_vgic_frame_init(&peng_vgic_rd_frame) ?:
	       peng_vgic_frame_init(&peng_vgic_sgi_frame) ?: peng_its_module_init();
}

void peng_vgic_vm_init(struct peng_vm *vm)
{
	vm->vgic.base = PENG_VGIC_UNSET;
	vm->vgic.revision = PENG_VGIC_REV_MAX;
	INIT_LIST_HEAD(&vm->vgic.regions);
	peng_lpi_vm_init(vm);
}

/* The bus forgets its devices with the VM. */
void peng_vgic_vm_destroy(struct peng_vm *vm)
{
	struct peng_vgic_region *region, *next;

	list_for_each_entry_safe(region, next, &vm->vgic.regions, node) {
		list_del(&region->node);
		kfree(region);
	}
	kvfree(vm->vgic.spis);
	vm->vgic.spis = NULL;
	peng_lpi_vm_destroy(vm);
	peng_route_destroy(vm);
}

/* Group 1 is what a guest expects that was not told of Group 0, as with KVM. */
static void irq_init(struct peng_vgic_irq *irq, u32 intid, struct peng_vcpu *target)
{
	raw_spin_lock_init(&irq->lock);
	INIT_LIST_HEAD(&irq->ap);
	irq->intid = intid;
	irq->target = target;
	irq->group1 = true;
}

void peng_vgic_vcpu_init(struct peng_vcpu *vcpu)
{
	struct peng_vgic_cpu *cpu = &vcpu->vgic;
	u32 i;

	raw_spin_lock_init(&cpu->ap_lock);
	INIT_LIST_HEAD(&cpu->ap_list);
	for (i = 0; i < PENG_VGIC_NR_PRIVATE; i++) {
		irq_init(&cpu->priv[i], i, vcpu);
		/* An SGI is an edge, and cannot be forgotten to be enabled. */
		cpu->priv[i].edge = i < PENG_VGIC_NR_SGIS;
		cpu->priv[i].enabled = i < PENG_VGIC_NR_SGIS;
	}
}

/*
 * The CPU interface only: a redistributor is not reset with its vCPU. But what
 * follows a line of the vCPU's own is as new as the line.
 */
void peng_vgic_vcpu_reset(struct peng_vcpu *vcpu)
{
	struct peng_gic_regs *gic = &vcpu->ctx.gic;
	struct peng_vgic_irq *irq;
	unsigned long flags;
	u32 i;

	gic->vmcr = ICH_VMCR_EL2_VFIQEn;
	memset(gic->ap0r, 0, sizeof(gic->ap0r));
	memset(gic->ap1r, 0, sizeof(gic->ap1r));

	for (i = PENG_VGIC_NR_SGIS; i < PENG_VGIC_NR_PRIVATE; i++) {
		irq = &vcpu->vgic.priv[i];
		raw_spin_lock_irqsave(&irq->lock, flags);
		if (irq->linked) {
			irq->active = false;
			irq->pending_latch = false;
			irq->line_level = false;
		}
		raw_spin_unlock_irqrestore(&irq->lock, flags);
	}
}

static int alloc_spis(struct peng_vm *vm)
{
	struct peng_vgic_dist *dist = &vm->vgic;
	u32 i;

	if (!dist->nr_spis)
		dist->nr_spis = DEFAULT_SPIS;
	dist->spis = kvcalloc(dist->nr_spis, sizeof(*dist->spis), GFP_KERNEL_ACCOUNT);
	if (!dist->spis)
		return -ENOMEM;
	for (i = 0; i < dist->nr_spis; i++) {
		irq_init(&dist->spis[i], PENG_VGIC_NR_PRIVATE + i, peng_vm_vcpu(vm, 0));
		/* What comes before the guest has said which it is, is kept. */
		dist->spis[i].edge = true;
	}
	return 0;
}

int peng_vgic_init(struct peng_vm *vm)
{
	struct peng_vcpu *vcpu;
	unsigned int i;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (vm->vgic.initialized)
		return 0;
	ret = alloc_spis(vm);
	if (ret)
		return ret;
	ret = peng_route_init_default(vm);
	if (ret) {
		kvfree(vm->vgic.spis);
		vm->vgic.spis = NULL;
		return ret;
	}
	/* Pairs with peng_vgic_initialized(): the interrupts exist. */
	smp_store_release(&vm->vgic.initialized, true);

	peng_vm_for_each_vcpu(i, vcpu, vm) {
		vcpu->ctx.gic.nr_aprs = peng_host.nr_aprs;
		vcpu->ctx.gic.enabled = true;
		vcpu->vgic.pri_bits = peng_host.pri_bits;
		vcpu->vgic.id_bits = peng_host.id_bits;
	}
	return 0;
}

int peng_vgic_check_range(const struct peng_vm *vm, u64 base, u64 size)
{
	u64 limit = BIT_ULL(vm->stage2.pgt.ipa_bits);

	if (!IS_ALIGNED(base, SZ_64K))
		return -EINVAL;
	if (base + size < base)
		return -EINVAL;
	/* A region of a VM without vCPUs has no size yet. */
	if (base >= limit || base + size > limit)
		return -E2BIG;
	return 0;
}

static bool overlaps(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* A region without a count grows with the vCPUs that there are. */
static u64 region_size(const struct peng_vm *vm, u32 count)
{
	return (u64)(count ?: vm->nr_vcpus) * GIC_V3_REDIST_SIZE;
}

static bool hits_region(struct peng_vm *vm, u64 base, u64 size)
{
	struct peng_vgic_region *region;

	list_for_each_entry(region, &vm->vgic.regions, node)
		if (overlaps(base, size, region->base, region_size(vm, region->count)))
			return true;
	return false;
}

static bool hits_dist(const struct peng_vm *vm, u64 base, u64 size)
{
	return vm->vgic.base != PENG_VGIC_UNSET &&
	       overlaps(base, size, vm->vgic.base, GIC_V3_DIST_SIZE);
}

int peng_vgic_set_dist(struct peng_vm *vm, u64 base)
{
	int ret;

	lockdep_assert_held(&vm->lock);

	if (vm->vgic.base != PENG_VGIC_UNSET)
		return -EEXIST;
	ret = peng_vgic_check_range(vm, base, GIC_V3_DIST_SIZE);
	if (ret)
		return ret;
	vm->vgic.base = base;
	return 0;
}

struct peng_vgic_region *peng_vgic_find_region(struct peng_vm *vm, u32 index)
{
	struct peng_vgic_region *region;

	list_for_each_entry(region, &vm->vgic.regions, node)
		if (region->index == index)
			return region;
	return NULL;
}

/* Regions come in the order of their index; the one without a count is alone. */
static int check_index(struct peng_vm *vm, u32 index, u32 count)
{
	struct peng_vgic_region *last;

	if (list_empty(&vm->vgic.regions))
		return index ? -EINVAL : 0;
	last = list_last_entry(&vm->vgic.regions, struct peng_vgic_region, node);
	if (!count)
		return last->count ? -EINVAL : -EEXIST;
	return last->count && index == last->index + 1 ? 0 : -EINVAL;
}

int peng_vgic_add_region(struct peng_vm *vm, u32 index, u64 base, u32 count)
{
	u64 size = region_size(vm, count);
	struct peng_vgic_region *region;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (base + size < base)
		return -EINVAL;
	ret = check_index(vm, index, count);
	if (ret)
		return ret;
	if ((!count && hits_dist(vm, base, size)) || hits_region(vm, base, size))
		return -EINVAL;
	ret = peng_vgic_check_range(vm, base, size);
	if (ret)
		return ret;

	region = kzalloc(sizeof(*region), GFP_KERNEL_ACCOUNT);
	if (!region)
		return -ENOMEM;
	region->base = base;
	region->index = index;
	region->count = count;
	list_add_tail(&region->node, &vm->vgic.regions);
	return 0;
}

/* Give every vCPU its redistributor, in the order of vCPUs and of regions. */
static int fill_regions(struct peng_vm *vm)
{
	struct peng_vgic_region *region;
	u32 first = 0;

	list_for_each_entry(region, &vm->vgic.regions, node) {
		region->first = first;
		region->used = vm->nr_vcpus - first;
		if (region->count)
			region->used = min(region->used, region->count);
		first += region->used;
	}
	return first == vm->nr_vcpus ? 0 : -ENXIO;
}

/* What could not be checked while addresses and vCPUs were still to come. */
static int check_places(struct peng_vm *vm)
{
	struct peng_vgic_region *region;
	u64 size;

	list_for_each_entry(region, &vm->vgic.regions, node) {
		size = region_size(vm, region->count);
		if (region->base + size < region->base || hits_dist(vm, region->base, size))
			return -EINVAL;
	}
	return 0;
}

static int map_region(struct peng_vm *vm, struct peng_vgic_region *region)
{
	if (!region->used)
		return 0;
	region->dev.ops = &peng_vgic_redist_ops;
	region->dev.base = region->base;
	region->dev.len = (u64)region->used * GIC_V3_REDIST_SIZE;
	return peng_bus_add(vm, &region->dev);
}

static void unmap_regions(struct peng_vm *vm)
{
	struct peng_vgic_region *region;

	list_for_each_entry(region, &vm->vgic.regions, node)
		if (region->used)
			peng_bus_remove(vm, &region->dev);
}

static int map_all(struct peng_vm *vm)
{
	struct peng_vgic_dist *dist = &vm->vgic;
	struct peng_vgic_region *region;
	int ret;

	list_for_each_entry(region, &dist->regions, node) {
		ret = map_region(vm, region);
		if (ret)
			goto unmap;
	}
	dist->dev.ops = &peng_vgic_dist_ops;
	dist->dev.base = dist->base;
	dist->dev.len = GIC_V3_DIST_SIZE;
	ret = peng_bus_add(vm, &dist->dev);
	if (ret)
		goto unmap;
	dist->mapped = true;
	return 0;

unmap:
	unmap_regions(vm);
	return ret;
}

/**
 * peng_vgic_map_resources() - put the vGIC's registers on the bus
 * @vm: VM with a vGIC, vm->lock held
 *
 * Context: the first KVM_RUN of each vCPU; may sleep.
 * Return: 0; -ENXIO where an address is missing; -EINVAL where they overlap;
 * -EBUSY where user space has not initialised the vGIC.
 */
int peng_vgic_map_resources(struct peng_vm *vm)
{
	int ret;

	lockdep_assert_held(&vm->lock);

	if (vm->vgic.mapped)
		return 0;
	ret = fill_regions(vm);
	if (ret)
		return ret;
	if (vm->vgic.base == PENG_VGIC_UNSET)
		return -ENXIO;
	ret = check_places(vm);
	if (ret)
		return ret;
	if (!vm->vgic.initialized)
		return -EBUSY;
	return map_all(vm);
}
