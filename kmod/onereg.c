// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_GET_ONE_REG, KVM_SET_ONE_REG and KVM_GET_REG_LIST: the class of a
 * register id finds its owner; the class CORE is owned here.
 *
 * All of it runs with vcpu->lock held and the vCPU not loaded, so the copies
 * in memory are current.
 */
#include <linux/kvm.h>
#include <linux/lockdep.h>
#include <linux/uaccess.h>
#include <asm/cpufeature.h>
#include <asm/ptrace.h>

#include "fp/fp.h"
#include "onereg.h"
#include "smccc/smccc.h"
#include "sysreg/sysreg.h"
#include "vcpu.h"

/*
 * CORE: an id is an offset into struct kvm_regs, in words of 32 bits.
 */

/**
 * struct core_range - registers that are alike and adjacent
 * @off: offset of the first in struct kvm_regs, in words
 * @count: how many
 * @size: bytes of each
 * @ctx: offset of the first in struct peng_context
 */
struct core_range {
	u16 off;
	u16 count;
	u16 size;
	u16 ctx;
};

#define CORE(member, _count, _size, _ctx) {				\
	.off = KVM_REG_ARM_CORE_REG(member),				\
	.count = (_count),						\
	.size = (_size),						\
	.ctx = offsetof(struct peng_context, _ctx),			\
}

static const struct core_range core_ranges[] = {
	/* x0 to x30, SP_EL0, PC and PSTATE */
	CORE(regs, sizeof(struct user_pt_regs) / sizeof(u64), sizeof(u64), regs),
	CORE(sp_el1, 1, sizeof(u64), sys[PENG_SP_EL1]),
	CORE(elr_el1, 1, sizeof(u64), sys[PENG_ELR_EL1]),
	CORE(spsr[KVM_SPSR_EL1], 1, sizeof(u64), sys[PENG_SPSR_EL1]),
	CORE(spsr[KVM_SPSR_ABT], 4, sizeof(u64), sys[PENG_SPSR_ABT]),
	CORE(fp_regs.vregs, 32, sizeof(__uint128_t), fp.vregs),
	CORE(fp_regs.fpsr, 1, sizeof(u32), fp.fpsr),
	CORE(fp_regs.fpcr, 1, sizeof(u32), fp.fpcr),
};

static_assert(PENG_SPSR_UND - PENG_SPSR_ABT == KVM_SPSR_UND - KVM_SPSR_ABT);
static_assert(PENG_SPSR_IRQ - PENG_SPSR_ABT == KVM_SPSR_IRQ - KVM_SPSR_ABT);
static_assert(PENG_SPSR_FIQ - PENG_SPSR_ABT == KVM_SPSR_FIQ - KVM_SPSR_ABT);
static_assert(sizeof(struct peng_context) <= U16_MAX);

static u64 core_id(const struct core_range *range, unsigned int n)
{
	return KVM_REG_ARM64 | KVM_REG_ARM_CORE |
	       (u64)ilog2(range->size) << KVM_REG_SIZE_SHIFT |
	       (range->off + n * range->size / sizeof(u32));
}

/**
 * struct core_reg - one register of class CORE
 * @range: which kind it is
 * @val: its place in the vCPU's context
 */
struct core_reg {
	const struct core_range *range;
	void *val;
};

/* The V registers of a guest that has SVE are parts of its Z registers, of class SVE. */
static bool core_missing(const struct peng_vcpu *vcpu, const struct core_range *range)
{
	return vcpu->ctx.sve.max_vq && range->off == KVM_REG_ARM_CORE_REG(fp_regs.vregs);
}

/* -ENOENT outside of struct kvm_regs, -EINVAL where no register starts, as KVM has it. */
static int core_find(struct peng_vcpu *vcpu, u64 id, struct core_reg *reg)
{
	u64 off = id & ~(KVM_REG_ARCH_MASK | KVM_REG_SIZE_MASK | KVM_REG_ARM_CORE);
	u64 end = off + KVM_REG_SIZE(id) / sizeof(u32);
	const struct core_range *range;
	unsigned int n;

	if (end >= sizeof(struct kvm_regs) / sizeof(u32))
		return -ENOENT;

	for (range = core_ranges; range < core_ranges + ARRAY_SIZE(core_ranges); range++) {
		if (off < range->off)
			continue;
		n = (off - range->off) * sizeof(u32) / range->size;
		if (n >= range->count)
			continue;
		if (id != core_id(range, n) || core_missing(vcpu, range))
			return -EINVAL;
		reg->range = range;
		reg->val = (u8 *)&vcpu->ctx + range->ctx + n * range->size;
		return 0;
	}
	return -EINVAL;
}

/* EL1 is AArch64; EL0 may be AArch32 where the host's CPUs have it. */
static bool pstate_valid(u64 pstate)
{
	switch (pstate & PSR_AA32_MODE_MASK) {
	case PSR_MODE_EL0t:
	case PSR_MODE_EL1t:
	case PSR_MODE_EL1h:
		return true;
	case PSR_AA32_MODE_USR:
		return peng_sysreg_aarch32_el0();
	}
	return false;
}

/* AArch32 state has no upper halves, and 15 registers beside the PC. */
static void narrow_aarch32(struct user_pt_regs *regs)
{
	unsigned int n;

	if (!(regs->pstate & PSR_MODE32_BIT))
		return;
	for (n = 0; n < 15; n++)
		regs->regs[n] = lower_32_bits(regs->regs[n]);
	regs->pc = lower_32_bits(regs->pc);
}

static int core_get(struct peng_vcpu *vcpu, u64 id, void __user *uaddr)
{
	struct core_reg reg;
	int ret = core_find(vcpu, id, &reg);

	if (ret)
		return ret;
	return copy_to_user(uaddr, reg.val, reg.range->size) ? -EFAULT : 0;
}

static int core_set(struct peng_vcpu *vcpu, u64 id, void __user *uaddr)
{
	struct user_pt_regs *regs = &vcpu->ctx.regs;
	struct core_reg reg;
	__uint128_t val;
	int ret = core_find(vcpu, id, &reg);

	if (ret)
		return ret;
	if (copy_from_user(&val, uaddr, reg.range->size))
		return -EFAULT;
	if (reg.val == &regs->pstate && !pstate_valid(*(u64 *)&val))
		return -EINVAL;

	memcpy(reg.val, &val, reg.range->size);
	narrow_aarch32(regs);
	return 0;
}

static int core_list(struct peng_vcpu *vcpu, u64 __user *uids)
{
	const struct core_range *range;
	unsigned int n;
	int nr = 0;

	for (range = core_ranges; range < core_ranges + ARRAY_SIZE(core_ranges); range++) {
		if (core_missing(vcpu, range))
			continue;
		for (n = 0; n < range->count; n++, nr++)
			if (uids && put_user(core_id(range, n), uids + nr))
				return -EFAULT;
	}
	return nr;
}

/**
 * struct onereg_class - the registers of one KVM_REG_ARM_COPROC number
 * @class: that number, in place
 * @get: value of a register of 64 bits
 * @set: new value
 * @copy_out: instead of @get, where sizes differ
 * @copy_in: instead of @set
 * @list: write ids to user space where there is a pointer, return their number;
 *	NULL: another class lists them
 */
struct onereg_class {
	u64 class;
	int (*get)(struct peng_vcpu *vcpu, u64 id, u64 *val);
	int (*set)(struct peng_vcpu *vcpu, u64 id, u64 val);
	int (*copy_out)(struct peng_vcpu *vcpu, u64 id, void __user *uaddr);
	int (*copy_in)(struct peng_vcpu *vcpu, u64 id, void __user *uaddr);
	int (*list)(struct peng_vcpu *vcpu, u64 __user *uids);
};

static const struct onereg_class classes[] = {
	{
		.class = KVM_REG_ARM_CORE,
		.copy_out = core_get,
		.copy_in = core_set,
		.list = core_list,
	}, {
		.class = KVM_REG_ARM64_SVE,
		.copy_out = peng_sve_get_reg,
		.copy_in = peng_sve_set_reg,
		.list = peng_sve_list,
	}, {
		.class = KVM_REG_ARM_FW,
		.get = peng_fwreg_get,
		.set = peng_fwreg_set,
		.list = peng_fwreg_list,
	}, {
		.class = KVM_REG_ARM_FW_FEAT_BMAP,
		.get = peng_fwreg_get,
		.set = peng_fwreg_set,
	}, {
		.class = KVM_REG_ARM64_SYSREG,
		.get = peng_sysreg_get,
		.set = peng_sysreg_set,
		.list = peng_sysreg_list,
	}, {
		.class = KVM_REG_ARM_DEMUX,
		.copy_out = peng_sysreg_demux_get,
		.copy_in = peng_sysreg_demux_set,
		.list = peng_sysreg_demux_list,
	},
};

static const struct onereg_class *find_class(u64 id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(classes); i++)
		if (classes[i].class == (id & KVM_REG_ARM_COPROC_MASK))
			return &classes[i];
	return NULL;
}

/* The upper half of an id holds the architecture and a size, and nothing else. */
static bool id_valid(u64 id)
{
	return upper_32_bits(id & ~KVM_REG_SIZE_MASK) == upper_32_bits(KVM_REG_ARM64);
}

/**
 * peng_onereg_get() - KVM_GET_ONE_REG
 * @vcpu: vcpu->lock held, not loaded
 * @reg: id, and where the value goes in user space
 *
 * Return: 0; -EINVAL for an id of another architecture, -ENOENT for a register
 * that the vCPU does not have, -EFAULT.
 */
long peng_onereg_get(struct peng_vcpu *vcpu, const struct kvm_one_reg *reg)
{
	void __user *uaddr = u64_to_user_ptr(reg->addr);
	const struct onereg_class *class = find_class(reg->id);
	u64 val;
	int ret;

	lockdep_assert_held(&vcpu->lock);

	if (!id_valid(reg->id))
		return -EINVAL;
	if (!class)
		return -ENOENT;
	peng_vcpu_apply_reset(vcpu);
	if (class->copy_out)
		return class->copy_out(vcpu, reg->id, uaddr);

	ret = class->get(vcpu, reg->id, &val);
	return ret ?: put_user(val, (u64 __user *)uaddr);
}

/**
 * peng_onereg_set() - KVM_SET_ONE_REG
 * @vcpu: vcpu->lock held, not loaded
 * @reg: id, and where the value is in user space
 *
 * Return: 0; as peng_onereg_get(), and -EINVAL for a value that the register
 * cannot take, -EBUSY for one that must not change any more.
 */
long peng_onereg_set(struct peng_vcpu *vcpu, const struct kvm_one_reg *reg)
{
	void __user *uaddr = u64_to_user_ptr(reg->addr);
	const struct onereg_class *class = find_class(reg->id);
	u64 val;

	lockdep_assert_held(&vcpu->lock);

	if (!id_valid(reg->id))
		return -EINVAL;
	if (!class)
		return -ENOENT;
	peng_vcpu_apply_reset(vcpu);
	if (class->copy_in)
		return class->copy_in(vcpu, reg->id, uaddr);

	/* Not to read past the value of a smaller register that does not exist. */
	if (KVM_REG_SIZE(reg->id) != sizeof(val))
		return -ENOENT;
	if (get_user(val, (u64 __user *)uaddr))
		return -EFAULT;
	return class->set(vcpu, reg->id, val);
}

static int count_ids(struct peng_vcpu *vcpu)
{
	int nr = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(classes); i++)
		if (classes[i].list)
			nr += classes[i].list(vcpu, NULL);
	return nr;
}

/**
 * peng_onereg_list() - KVM_GET_REG_LIST
 * @vcpu: vcpu->lock held, not loaded
 * @ulist: with room for ulist->n ids; the number needed is written back always
 *
 * Return: 0, -E2BIG where the room is too small, -EPERM before the vCPU is complete,
 * or -EFAULT.
 */
long peng_onereg_list(struct peng_vcpu *vcpu, struct kvm_reg_list __user *ulist)
{
	u64 __user *uids = ulist->reg;
	u64 room, nr;
	size_t i;
	int ret;

	lockdep_assert_held(&vcpu->lock);

	if (!peng_sve_vcpu_complete(vcpu))
		return -EPERM;
	nr = count_ids(vcpu);
	if (get_user(room, &ulist->n) || put_user(nr, &ulist->n))
		return -EFAULT;
	if (room < nr)
		return -E2BIG;

	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		if (!classes[i].list)
			continue;
		ret = classes[i].list(vcpu, uids);
		if (ret < 0)
			return ret;
		uids += ret;
	}
	return 0;
}
