// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cache identification and set/way maintenance.
 *
 * A guest is told of caches with one set and one way, so that software that
 * walks them by set/way traps once per cache and not once per line; user
 * space sees the geometry of the CPU, through the DEMUX register class.
 */
#include <linux/irqflags.h>
#include <linux/kvm.h>
#include <linux/uaccess.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "../mmu/mmu.h"
#include "../vcpu.h"
#include "row.h"
#include "sysreg.h"

/* CSSELR_EL1: InD is bit 0, the level is above it; seven levels at most. */
#define CSSELR_IND	BIT(0)
#define NR_CSSELR	14
/* The one field of CCSIDR_EL1 that is in the same place with FEAT_CCIDX. */
#define CCSIDR_LINESIZE	GENMASK_ULL(2, 0)

static u32 ccsidr[NR_CSSELR] __ro_after_init;
static u16 present __ro_after_init;

static u64 __init read_ccsidr(u64 csselr)
{
	unsigned long flags;
	u64 val;

	/* The host selects with interrupts masked, too, and reads at once. */
	local_irq_save(flags);
	write_sysreg(csselr, csselr_el1);
	isb();
	val = read_sysreg(ccsidr_el1);
	local_irq_restore(flags);
	return val;
}

/* Cache type fields of CLIDR_EL1 count up to the first level that has none. */
void __init peng_cacheid_init(void)
{
	u64 clidr = peng_sysreg_host.clidr;
	unsigned int csselr;

	for (csselr = 0; csselr < NR_CSSELR; csselr += 2, clidr >>= 3) {
		switch (clidr & 7) {
		case 0:		/* none here, nor further out */
			return;
		case 1:		/* instruction */
			present |= BIT(csselr | CSSELR_IND);
			break;
		case 2:		/* data */
		case 4:		/* unified */
			present |= BIT(csselr);
			break;
		case 3:		/* both */
			present |= BIT(csselr) | BIT(csselr | CSSELR_IND);
			break;
		}
		ccsidr[csselr] = read_ccsidr(csselr);
		ccsidr[csselr | CSSELR_IND] = read_ccsidr(csselr | CSSELR_IND);
	}
}

PENG_SYSREG_TRAP(peng_sysreg_trap_set_way)
{
	if (!acc->write)
		return PENG_SYSREG_UNDEF;
	peng_mmu_set_way(vcpu);
	return PENG_SYSREG_DONE;
}

PENG_SYSREG_TRAP(peng_sysreg_trap_csselr)
{
	if (acc->write)
		peng_vcpu_sys_write(vcpu, row->reg, acc->val);
	else
		acc->val = peng_vcpu_sys_read(vcpu, row->reg);
	return PENG_SYSREG_DONE;
}

/* A selection of no cache makes the register UNKNOWN: 0. */
PENG_SYSREG_TRAP(peng_sysreg_trap_ccsidr)
{
	u64 csselr = peng_vcpu_sys_read(vcpu, PENG_CSSELR_EL1);

	if (acc->write)
		return PENG_SYSREG_UNDEF;

	acc->val = csselr < NR_CSSELR && present & BIT(csselr) ? ccsidr[csselr] : 0;
	if (!(csselr & CSSELR_IND))
		acc->val &= CCSIDR_LINESIZE;
	return PENG_SYSREG_DONE;
}

#define DEMUX_CCSIDR	(KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_DEMUX | \
			 KVM_REG_ARM_DEMUX_ID_CCSIDR)

/* The value that @id names, or NULL. */
static const u32 *demux_find(u64 id)
{
	u64 csselr = id & KVM_REG_ARM_DEMUX_VAL_MASK;

	if (id - csselr != DEMUX_CCSIDR)
		return NULL;
	if (csselr >= NR_CSSELR || !(present & BIT(csselr)))
		return NULL;
	return &ccsidr[csselr];
}

/**
 * peng_sysreg_demux_get() - KVM_GET_ONE_REG of class DEMUX
 * @vcpu: vcpu->lock held
 * @id: KVM register id
 * @uaddr: where 32 bits go
 *
 * Return: 0, -ENOENT for a cache that the host does not have, or -EFAULT.
 */
int peng_sysreg_demux_get(struct peng_vcpu *vcpu, u64 id, void __user *uaddr)
{
	const u32 *val = demux_find(id);

	if (!val)
		return -ENOENT;
	return put_user(*val, (u32 __user *)uaddr);
}

/**
 * peng_sysreg_demux_set() - KVM_SET_ONE_REG of class DEMUX
 * @vcpu: vcpu->lock held
 * @id: KVM register id
 * @uaddr: where 32 bits come from
 *
 * Return: 0, -ENOENT for a cache that the host does not have, -EFAULT, or
 * -EINVAL for another value than the host's.
 */
int peng_sysreg_demux_set(struct peng_vcpu *vcpu, u64 id, void __user *uaddr)
{
	const u32 *val = demux_find(id);
	u32 wanted;

	if (!val)
		return -ENOENT;
	if (get_user(wanted, (u32 __user *)uaddr))
		return -EFAULT;
	return wanted == *val ? 0 : -EINVAL;
}

/**
 * peng_sysreg_demux_list() - ids of class DEMUX
 * @vcpu: vcpu->lock held
 * @uids: where they go in user space, or NULL to count only
 *
 * Return: how many there are, or -EFAULT.
 */
int peng_sysreg_demux_list(struct peng_vcpu *vcpu, u64 __user *uids)
{
	unsigned int csselr;
	int nr = 0;

	for (csselr = 0; csselr < NR_CSSELR; csselr++) {
		if (!(present & BIT(csselr)))
			continue;
		if (uids && put_user(DEMUX_CCSIDR | csselr, uids + nr))
			return -EFAULT;
		nr++;
	}
	return nr;
}
