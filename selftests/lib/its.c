// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guests' ITS: one queue, flat tables, each command run at once.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include "its.h"

#define TABLE_SIZE	0x10000
#define NR_ITTS		16
#define ITT_SIZE	256
#define ITT_BITS	5
#define LPI_PRIO	0xa0
/* Inner shareable, read- and write-allocate write-back. */
#define ATTRS		(1ULL << 10 | 7ULL << 59)
#define RD_ATTRS	(1ULL << 10 | 7ULL << 7)
#define LPI_ID_BITS	14

int its_create(struct vm *vm, u64 base)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_ITS };

	CHECK_FD(ioctl(vm->fd, KVM_CREATE_DEVICE, &cd));
	CHECK_FD(dev_attr(cd.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
			  KVM_VGIC_ITS_ADDR_TYPE, &base));
	CHECK_FD(dev_attr(cd.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL,
			  KVM_DEV_ARM_VGIC_CTRL_INIT, NULL));
	return cd.fd;
}

struct its_memory *its_alloc(struct vm *vm)
{
	struct its_memory *m = vm_alloc(vm, sizeof(*m), 64);
	unsigned int i;

	m->device = vm_alloc(vm, TABLE_SIZE, TABLE_SIZE);
	m->coll = vm_alloc(vm, TABLE_SIZE, TABLE_SIZE);
	m->queue = vm_alloc(vm, ITS_QUEUE_SIZE, TABLE_SIZE);
	m->itt = vm_alloc(vm, NR_ITTS * ITT_SIZE, TABLE_SIZE);
	m->prop = vm_alloc(vm, TABLE_SIZE, TABLE_SIZE);
	m->pend = vm_alloc(vm, vm->nr_vcpus * TABLE_SIZE, TABLE_SIZE);
	m->base = GUEST_ITS_BASE;
	for (i = 0; i < (1 << LPI_ID_BITS) - ITS_FIRST_LPI; i++)
		m->prop[i] = LPI_PRIO | 1;
	return m;
}

struct its_memory *vm_init_its(struct vm *vm, unsigned int nr, guest_fn entry, int *its)
{
	struct its_memory *m;

	vm_init(vm, nr, entry);
	*its = its_create(vm, GUEST_ITS_BASE);
	m = its_alloc(vm);
	vcpu_start(&vm->vcpu[0], entry, (u64)m);
	return m;
}

int its_signal(struct vm *vm, u64 base, u32 device, u32 event)
{
	struct kvm_msi msi = {
		.address_lo = base + GITS_TRANSLATER,
		.data = event,
		.flags = KVM_MSI_VALID_DEVID,
		.devid = device,
	};
	int ret = ioctl(vm->fd, KVM_SIGNAL_MSI, &msi);

	return ret < 0 ? -errno : ret;
}

void its_start(struct its_memory *m)
{
	if (m->level1)
		mmio_write64(m->base + GITS_BASER, GITS_BASER_VALID | GITS_BASER_INDIRECT |
			     ATTRS | (u64)m->level1);
	else
		mmio_write64(m->base + GITS_BASER, GITS_BASER_VALID | ATTRS | (u64)m->device);
	mmio_write64(m->base + GITS_BASER + 8, GITS_BASER_VALID | ATTRS | (u64)m->coll);
	mmio_write64(m->base + GITS_CBASER, GITS_CBASER_VALID | ATTRS | (u64)m->queue |
		     (ITS_QUEUE_SIZE / 0x1000 - 1));
	mmio_write64(m->base + GITS_CWRITER, 0);
	mmio_write32(m->base + GITS_CTLR, GITS_CTLR_ENABLE);
	m->cwriter = 0;
}

void its_start_cpu(struct its_memory *m, u32 cpu)
{
	u64 rd = GUEST_GICR_BASE + (u64)cpu * GUEST_GICR_STRIDE;

	mmio_write64(rd + GICR_PROPBASER, (u64)m->prop | RD_ATTRS | (LPI_ID_BITS - 1));
	mmio_write64(rd + GICR_PENDBASER, ((u64)m->pend + cpu * TABLE_SIZE) | RD_ATTRS);
	mmio_write32(rd + GICR_CTLR, GICR_CTLR_ENABLE_LPIS);
}

void its_queue(struct its_memory *m, u64 w0, u64 w1, u64 w2, u64 w3)
{
	u64 *at = m->queue + m->cwriter / sizeof(u64);

	at[0] = w0;
	at[1] = w1;
	at[2] = w2;
	at[3] = w3;
	m->cwriter = (m->cwriter + 32) % ITS_QUEUE_SIZE;
}

void its_run(struct its_memory *m)
{
	dsb(sy);
	mmio_write64(m->base + GITS_CWRITER, m->cwriter);
	GUEST_WAIT(mmio_read64(m->base + GITS_CREADR) == m->cwriter);
}

void its_mapd(struct its_memory *m, u32 device, bool valid)
{
	u64 itt = (u64)m->itt + device % NR_ITTS * ITT_SIZE;

	its_queue(m, GITS_CMD_MAPD | (u64)device << 32, ITT_BITS - 1, itt | (u64)valid << 63, 0);
	its_run(m);
}

void its_mapc(struct its_memory *m, u32 icid, u32 cpu, bool valid)
{
	its_queue(m, GITS_CMD_MAPC, 0, icid | (u64)cpu << 16 | (u64)valid << 63, 0);
	its_run(m);
}

void its_mapti(struct its_memory *m, u32 device, u32 event, u32 lpi, u32 icid)
{
	its_queue(m, GITS_CMD_MAPTI | (u64)device << 32, event | (u64)lpi << 32, icid, 0);
	its_run(m);
}

void its_cmd(struct its_memory *m, u8 opcode, u32 device, u32 event)
{
	its_queue(m, opcode | (u64)device << 32, event, 0, 0);
	its_run(m);
}
