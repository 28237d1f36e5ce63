// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_DEV_TYPE_ARM_VGIC_ITS: the registers of an ITS (IHI 0069 12.18), for the
 * guest and for user space, and the way of a message. Its attributes are those
 * of the kernel's Documentation/virt/kvm/devices/arm-vgic-its.rst.
 *
 * Registers are accessed in task context only: commands read guest memory.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../vcpu.h"
#include "../vm.h"
#include "init.h"
#include "its.h"
#include "lpi.h"
#include "vgic.h"

#define ITS_SIZE	(2 * SZ_64K)

/* Like GICD_IIDR: Arm's model, product 'P'; revision 0 of the tables' format. */
#define IIDR_VALUE	(0x50 << GITS_IIDR_PRODUCTID_SHIFT | 0x43b)

#define BASER_READ_ONLY	(GENMASK_ULL(58, 56) | GENMASK_ULL(52, 48))
#define CBASER_MASK	(GITS_CBASER_VALID | GENMASK_ULL(61, 59) | GENMASK_ULL(55, 53) | \
			 GENMASK_ULL(51, 16) | GENMASK_ULL(11, 10) | GENMASK_ULL(7, 0))
#define QUEUE_OFFSET	GENMASK_ULL(19, 5)

/* What tables and messages look like to begin with: write-back, shareable. */
#define BASER_RESET	(GITS_BASER_RaWb | GITS_BASER_InnerShareable | GITS_BASER_PAGE_SIZE_64K | \
			 (u64)(PENG_ITS_ENTRY_SIZE - 1) << GITS_BASER_ENTRY_SIZE_SHIFT)
#define PROPBASER_RESET	(GICR_PROPBASER_RaWb | GICR_PROPBASER_InnerShareable)

static const u8 table_types[PENG_ITS_NR_TABLES] = {
	[PENG_ITS_DEVICES] = GITS_BASER_TYPE_DEVICE,
	[PENG_ITS_COLLECTIONS] = GITS_BASER_TYPE_COLLECTION,
};

/**
 * struct its_row - a register, or a run of them
 * @offset: in the control frame
 * @len: bytes
 * @size: of each register: 4 or 8; one of 8 may be accessed in halves
 * @read: whole register at @offset; its->lock held; NULL reads as zero
 * @write: likewise, with the new value of the whole register; NULL ignores
 * @user_write: 0 or -errno; NULL for the same as @write
 */
struct its_row {
	u32 offset;
	u32 len;
	u8 size;
	u64 (*read)(struct peng_its *its, u32 offset);
	void (*write)(struct peng_its *its, u32 offset, u64 val);
	int (*user_write)(struct peng_its *its, u64 val);
};

static u64 sane_table_attrs(u64 reg)
{
	const struct peng_vgic_attrs at = {
		.inner = GITS_BASER_INNER_CACHEABILITY_SHIFT,
		.outer = GITS_BASER_OUTER_CACHEABILITY_SHIFT,
	};

	return peng_vgic_sane_attrs(reg, at);
}

static u64 read_ctlr(struct peng_its *its, u32 offset)
{
	return (its->enabled ? GITS_CTLR_ENABLE : 0) |
	       (its->creadr == its->cwriter ? GITS_CTLR_QUIESCENT : 0);
}

/* Not without tables and a queue: it could do nothing. */
static void write_ctlr(struct peng_its *its, u32 offset, u64 val)
{
	bool enable = val & GITS_CTLR_ENABLE;

	if (enable && !(its->baser[PENG_ITS_DEVICES] & its->baser[PENG_ITS_COLLECTIONS] &
			its->cbaser & GITS_BASER_VALID))
		return;
	WRITE_ONCE(its->enabled, enable);
}

static_assert(GITS_BASER_VALID == GITS_CBASER_VALID);

static u64 read_iidr(struct peng_its *its, u32 offset)
{
	return IIDR_VALUE;
}

/* The revision of the format of tables: there is only the first. */
static int user_write_iidr(struct peng_its *its, u64 val)
{
	return GITS_IIDR_REV(val) ? -EINVAL : 0;
}

/* Redistributors are numbered (PTA = 0); no collection is without memory. */
static u64 read_typer(struct peng_its *its, u32 offset)
{
	return GITS_TYPER_PLPIS |
	       FIELD_PREP(GITS_TYPER_DEVBITS, PENG_ITS_DEVICE_BITS - 1) |
	       FIELD_PREP(GITS_TYPER_IDBITS, PENG_ITS_ID_BITS - 1) |
	       FIELD_PREP(GITS_TYPER_ITT_ENTRY_SIZE, PENG_ITS_ENTRY_SIZE - 1);
}

static u64 read_cbaser(struct peng_its *its, u32 offset)
{
	return its->cbaser;
}

static void write_cbaser(struct peng_its *its, u32 offset, u64 val)
{
	if (its->enabled)
		return;
	its->cbaser = sane_table_attrs(val) & CBASER_MASK;
	its->creadr = 0;
	its->cwriter = 0;
}

static u64 read_cwriter(struct peng_its *its, u32 offset)
{
	return its->cwriter;
}

static void write_cwriter(struct peng_its *its, u32 offset, u64 val)
{
	u32 cwriter = val & QUEUE_OFFSET;

	if (cwriter < peng_its_queue_size(its->cbaser))
		its->cwriter = cwriter;
}

static u64 read_creadr(struct peng_its *its, u32 offset)
{
	return its->creadr;
}

static int user_write_creadr(struct peng_its *its, u64 val)
{
	u32 creadr = val & QUEUE_OFFSET;

	if (its->enabled)
		return -EBUSY;
	if (creadr >= peng_its_queue_size(its->cbaser))
		return -EINVAL;
	its->creadr = creadr;
	return 0;
}

static u64 read_baser(struct peng_its *its, u32 offset)
{
	u32 i = (offset - GITS_BASER) / sizeof(u64);

	return i < PENG_ITS_NR_TABLES ? its->baser[i] : 0;
}

/* What a table had is gone with it. */
static void unmap_table(struct peng_its *its, enum peng_its_table table)
{
	if (table == PENG_ITS_DEVICES)
		peng_its_unmap_devices(its);
	else
		peng_its_unmap_colls(its);
}

static void write_baser(struct peng_its *its, u32 offset, u64 val)
{
	u32 i = (offset - GITS_BASER) / sizeof(u64);

	if (its->enabled || i >= PENG_ITS_NR_TABLES)
		return;
	val &= ~(BASER_READ_ONLY | GITS_BASER_PAGE_SIZE_MASK);
	if (i == PENG_ITS_COLLECTIONS)
		val &= ~GITS_BASER_INDIRECT;
	val |= (its->baser[i] & BASER_READ_ONLY) | GITS_BASER_PAGE_SIZE_64K;
	its->baser[i] = sane_table_attrs(val);
	if (!(val & GITS_BASER_VALID))
		unmap_table(its, i);
}

/* CoreSight identification of a page of 64K with a GICv3. */
static u64 read_idreg(struct peng_its *its, u32 offset)
{
	switch (offset) {
	case GITS_PIDR0:
		return 0x92;
	case GITS_PIDR1:
		return 0xb4;
	case GITS_PIDR2:
		return GIC_PIDR2_ARCH_GICv3 | 0xb;
	case GITS_PIDR4:
		return 0x40;
	case GITS_CIDR0:
		return 0x0d;
	case GITS_CIDR1:
		return 0xf0;
	case GITS_CIDR2:
		return 0x05;
	case GITS_CIDR3:
		return 0xb1;
	default:
		return 0;
	}
}

static const struct its_row its_rows[] = {
	{ GITS_CTLR,		4,	4,	read_ctlr,	write_ctlr },
	{ GITS_IIDR,		4,	4,	read_iidr,	NULL,	user_write_iidr },
	{ GITS_TYPER,		8,	8,	read_typer },
	{ GITS_CBASER,		8,	8,	read_cbaser,	write_cbaser },
	{ GITS_CWRITER,		8,	8,	read_cwriter,	write_cwriter },
	{ GITS_CREADR,		8,	8,	read_creadr,	NULL,	user_write_creadr },
	{ GITS_BASER,		64,	8,	read_baser,	write_baser },
	{ GITS_IDREGS_BASE,	48,	4,	read_idreg },
};

static const struct its_row *its_find_row(u64 offset)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(its_rows); i++)
		if (offset >= its_rows[i].offset &&
		    offset < its_rows[i].offset + its_rows[i].len)
			return &its_rows[i];
	return NULL;
}

/* The row of a guest's access, which must be of a register or of half of one. */
static const struct its_row *row_of_access(u32 offset, unsigned int len)
{
	const struct its_row *row = its_find_row(offset);

	if (!row || len < sizeof(u32) || len > row->size || !IS_ALIGNED(offset, len))
		return NULL;
	return row;
}

static int its_read(struct peng_vcpu *vcpu, struct peng_io_dev *dev, u64 gpa,
		    unsigned int len, u64 *val)
{
	struct peng_its *its = container_of(dev, struct peng_its, io);
	u32 offset = gpa - dev->base;
	const struct its_row *row = row_of_access(offset, len);

	*val = 0;
	if (!row || !row->read)
		return 0;
	/* A signal may have stopped the queue: who looks at it has it go on. */
	if (row->read == read_creadr)
		peng_its_run_commands(its);
	mutex_lock(&its->lock);
	*val = row->read(its, ALIGN_DOWN(offset, row->size)) >> (offset % row->size * 8);
	mutex_unlock(&its->lock);
	return 0;
}

/* The value that a register has after a write of all or of half of it. */
static u64 merged(struct peng_its *its, const struct its_row *row, u32 offset,
		  unsigned int len, u64 val)
{
	u32 shift = offset % row->size * 8;
	u64 mask = GENMASK_ULL(len * 8 - 1, 0) << shift;
	u64 old = len < row->size ? row->read(its, ALIGN_DOWN(offset, row->size)) : 0;

	return (old & ~mask) | ((val << shift) & mask);
}

/* In the second frame is GITS_TRANSLATER: a CPU has no device ID to write it with. */
static int its_write(struct peng_vcpu *vcpu, struct peng_io_dev *dev, u64 gpa,
		     unsigned int len, u64 val)
{
	struct peng_its *its = container_of(dev, struct peng_its, io);
	u32 offset = gpa - dev->base;
	const struct its_row *row = row_of_access(offset, len);

	if (!row || !row->write)
		return 0;
	mutex_lock(&its->lock);
	row->write(its, ALIGN_DOWN(offset, row->size), merged(its, row, offset, len, val));
	mutex_unlock(&its->lock);
	if (row->write == write_cwriter || row->write == write_ctlr)
		peng_its_run_commands(its);
	return 0;
}

static const struct peng_io_ops its_io_ops = {
	.read = its_read,
	.write = its_write,
};

/* The ITS that a message's address belongs to; under RCU. */
static struct peng_its *find_its(struct peng_vm *vm, u64 address)
{
	struct peng_its *its;
	u64 base;

	list_for_each_entry_rcu(its, &vm->vgic.itses, node) {
		base = READ_ONCE(its->base);
		if (base != PENG_VGIC_UNSET && address - base < ITS_SIZE)
			return its;
	}
	return NULL;
}

int peng_its_signal(struct peng_vm *vm, const struct kvm_msi *msi)
{
	struct peng_its_event *event = NULL;
	struct peng_its *its;
	int ret = 0;

	if (!READ_ONCE(vm->vgic.has_its))
		return -ENODEV;
	if (!(msi->flags & KVM_MSI_VALID_DEVID))
		return -EINVAL;

	rcu_read_lock();
	its = find_its(vm, (u64)msi->address_hi << 32 | msi->address_lo);
	if (!its)
		ret = -EINVAL;
	else if (!READ_ONCE(its->enabled))
		ret = -EBUSY;
	else if (msi->data < PENG_ITS_MAX_EVENTS)
		event = xa_load(&its->events, peng_its_key(msi->devid, msi->data));
	if (event)
		ret = peng_lpi_raise(event->lpi);
	rcu_read_unlock();
	return ret;
}

static struct peng_its *to_its(struct peng_device *dev)
{
	return container_of(dev, struct peng_its, dev);
}

static int its_create(struct peng_device *dev)
{
	struct peng_its *its = to_its(dev);
	struct peng_vgic_dist *dist = &dev->vm->vgic;
	int i;

	mutex_init(&its->lock);
	xa_init(&its->devices);
	xa_init(&its->colls);
	xa_init(&its->events);
	its->base = PENG_VGIC_UNSET;
	for (i = 0; i < PENG_ITS_NR_TABLES; i++)
		its->baser[i] = BASER_RESET | (u64)table_types[i] << GITS_BASER_TYPE_SHIFT;
	if (!dist->has_its)
		dist->propbaser = PROPBASER_RESET;
	list_add_tail_rcu(&its->node, &dist->itses);
	WRITE_ONCE(dist->has_its, true);
	return 0;
}

/*
 * Off the bus with the VM. LPIs are left as they are: the VM frees them, and the
 * vCPUs that they were for have gone already.
 */
static void its_destroy(struct peng_device *dev)
{
	struct peng_its *its = to_its(dev);

	list_del_rcu(&its->node);
	WRITE_ONCE(dev->vm->vgic.has_its, !list_empty(&dev->vm->vgic.itses));
	synchronize_rcu_expedited();	/* peng_its_signal(), which may look at its address */
	peng_its_free_all(its);
	mutex_destroy(&its->lock);
}

static int set_base(struct peng_its *its, u64 base)
{
	struct peng_vm *vm = its->dev.vm;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (its->base != PENG_VGIC_UNSET)
		return -EEXIST;
	ret = peng_vgic_check_range(vm, base, ITS_SIZE);
	if (ret)
		return ret;
	its->io.ops = &its_io_ops;
	its->io.base = base;
	its->io.len = ITS_SIZE;
	ret = peng_bus_add(vm, &its->io);
	if (!ret)
		WRITE_ONCE(its->base, base);
	return ret;
}

static int init_its(struct peng_its *its)
{
	return 0;
}

/* As after power on, but where it is and what its tables look like. */
static int its_reset(struct peng_its *its)
{
	int i;

	WRITE_ONCE(its->enabled, false);
	its->cbaser = 0;
	its->creadr = 0;
	its->cwriter = 0;
	for (i = 0; i < PENG_ITS_NR_TABLES; i++) {
		its->baser[i] &= ~GITS_BASER_VALID;
		unmap_table(its, i);
	}
	return 0;
}

/**
 * struct ctrl_row - an attribute of KVM_DEV_ARM_VGIC_GRP_CTRL
 * @attr: in the group
 * @fn: with all vCPUs' locks and its->lock held
 */
struct ctrl_row {
	u64 attr;
	int (*fn)(struct peng_its *its);
};

static const struct ctrl_row ctrl_rows[] = {
	{ KVM_DEV_ARM_VGIC_CTRL_INIT, init_its },
	{ KVM_DEV_ARM_ITS_SAVE_TABLES, peng_its_save_tables },
	{ KVM_DEV_ARM_ITS_RESTORE_TABLES, peng_its_restore_tables },
	{ KVM_DEV_ARM_ITS_CTRL_RESET, its_reset },
};

static const struct ctrl_row *find_ctrl(u64 attr)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ctrl_rows); i++)
		if (ctrl_rows[i].attr == attr)
			return &ctrl_rows[i];
	return NULL;
}

static int run_ctrl(struct peng_its *its, u64 attr)
{
	const struct ctrl_row *row = find_ctrl(attr);
	int ret;

	if (!row)
		return -ENXIO;
	if (row->fn == init_its)
		return 0;
	ret = peng_vm_trylock_vcpus(its->dev.vm);
	if (ret)
		return ret;
	mutex_lock(&its->lock);
	ret = row->fn(its);
	mutex_unlock(&its->lock);
	peng_vm_unlock_vcpus(its->dev.vm);
	return ret;
}

/* User space accesses whole registers; KVM looks at the alignment first. */
static int its_has_reg(u64 offset)
{
	u64 align = offset < GITS_TYPER || offset >= GITS_PIDR4 ? sizeof(u32) : sizeof(u64);

	if (!IS_ALIGNED(offset, align))
		return -EINVAL;
	return its_find_row(offset) ? 0 : -ENXIO;
}

static int write_reg(struct peng_its *its, const struct its_row *row, u64 offset, u64 val)
{
	if (row->user_write)
		return row->user_write(its, val);
	if (row->write)
		row->write(its, offset, row->size == sizeof(u32) ? lower_32_bits(val) : val);
	return 0;
}

static int access_reg(struct peng_its *its, u64 offset, bool write, u64 *val)
{
	const struct its_row *row = its_find_row(offset);
	struct peng_vm *vm = its->dev.vm;
	int ret = its_has_reg(offset);

	if (ret == -EINVAL)
		return ret;
	if (its->base == PENG_VGIC_UNSET || ret)
		return -ENXIO;
	ret = peng_vm_trylock_vcpus(vm);
	if (ret)
		return ret;
	mutex_lock(&its->lock);
	if (write)
		ret = write_reg(its, row, offset, *val);
	else
		*val = row->read(its, offset);
	mutex_unlock(&its->lock);
	if (write && (row->write == write_cwriter || row->write == write_ctlr))
		peng_its_run_commands(its);
	peng_vm_unlock_vcpus(vm);
	return ret;
}

static int its_has_attr(struct peng_device *dev, const struct kvm_device_attr *attr)
{
	switch (attr->group) {
	case KVM_DEV_ARM_VGIC_GRP_ADDR:
		return attr->attr == KVM_VGIC_ITS_ADDR_TYPE ? 0 : -ENXIO;
	case KVM_DEV_ARM_VGIC_GRP_CTRL:
		return find_ctrl(attr->attr) ? 0 : -ENXIO;
	case KVM_DEV_ARM_VGIC_GRP_ITS_REGS:
		return its_has_reg(attr->attr);
	default:
		return -ENXIO;
	}
}

static int its_set_attr(struct peng_device *dev, const struct kvm_device_attr *attr)
{
	struct peng_its *its = to_its(dev);
	u64 val = 0;
	int ret = -ENXIO;

	if (attr->group == KVM_DEV_ARM_VGIC_GRP_ADDR && attr->attr != KVM_VGIC_ITS_ADDR_TYPE)
		return -ENODEV;
	if ((attr->group == KVM_DEV_ARM_VGIC_GRP_ADDR ||
	     attr->group == KVM_DEV_ARM_VGIC_GRP_ITS_REGS) &&
	    copy_from_user(&val, u64_to_user_ptr(attr->addr), sizeof(val)))
		return -EFAULT;

	mutex_lock(&dev->vm->lock);
	if (attr->group == KVM_DEV_ARM_VGIC_GRP_ADDR)
		ret = set_base(its, val);
	else if (attr->group == KVM_DEV_ARM_VGIC_GRP_CTRL)
		ret = run_ctrl(its, attr->attr);
	else if (attr->group == KVM_DEV_ARM_VGIC_GRP_ITS_REGS)
		ret = access_reg(its, attr->attr, true, &val);
	mutex_unlock(&dev->vm->lock);
	return ret;
}

static int its_get_attr(struct peng_device *dev, const struct kvm_device_attr *attr)
{
	struct peng_its *its = to_its(dev);
	int ret = -ENXIO;
	u64 val = 0;

	mutex_lock(&dev->vm->lock);
	if (attr->group == KVM_DEV_ARM_VGIC_GRP_ADDR && attr->attr == KVM_VGIC_ITS_ADDR_TYPE) {
		val = its->base;
		ret = 0;
	} else if (attr->group == KVM_DEV_ARM_VGIC_GRP_ITS_REGS) {
		ret = access_reg(its, attr->attr, false, &val);
	}
	mutex_unlock(&dev->vm->lock);
	if (ret)
		return ret;
	return copy_to_user(u64_to_user_ptr(attr->addr), &val, sizeof(val)) ? -EFAULT : 0;
}

const struct peng_device_ops peng_its_device = {
	.type = KVM_DEV_TYPE_ARM_VGIC_ITS,
	.size = sizeof(struct peng_its),
	.create = its_create,
	.destroy = its_destroy,
	.has_attr = its_has_attr,
	.set_attr = its_set_attr,
	.get_attr = its_get_attr,
};

/* Devices are allocated and freed as what is first in them. */
static_assert(offsetof(struct peng_its, dev) == 0);
