// SPDX-License-Identifier: GPL-2.0-only
/*
 * SVE as user space sees it: which vector lengths there are, the buffer of a vCPU's
 * registers, and the register class KVM_REG_ARM64_SVE.
 *
 * A guest can be kept from long vectors but not from single lengths below (ZCR_EL2
 * says no more), so it has all of the host's up to its longest. Lock: vcpu->lock, and
 * the vCPU is not loaded.
 */
#include <linux/bitmap.h>
#include <linux/cpu.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/neon.h>
#include <asm/sigcontext.h>
#include <asm/sysreg.h>

#include "../el2/el2.h"
#include "../vcpu.h"
#include "fp.h"

#define MAX_VQ		16	/* what the 4 bits of ZCR_ELx.LEN can say */
#define CPACR_FP_SVE	(GENMASK(21, 20) | GENMASK(17, 16))	/* FPEN, ZEN */

/* Bit n - 1: vectors of n * 128 bits, on every CPU, up to the longest for guests. */
static u64 lengths __ro_after_init;
static u32 max_vq __ro_after_init;

/**
 * struct length_probe - vector lengths of the CPUs looked at so far
 * @all: those that each has
 * @any: those that one has
 */
struct length_probe {
	u64 all;
	u64 any;
};

/* RDVL, in units of 128 bits; the headers of some kernels cannot be compiled for SVE. */
static u32 current_vq(void)
{
	u64 bytes;

	asm volatile(".arch_extension sve\n\trdvl %0, #1" : "=r" (bytes));
	return bytes / 16;
}

/*
 * The CPU takes the longest length that it has and that is not longer than what it is
 * asked for. Where the kernel runs at EL2, ZCR_EL1 is ZCR_EL2 here.
 */
static u64 probe_lengths(void)
{
	u64 cpacr = read_sysreg(cpacr_el1), zcr, found = 0;
	u32 vq;

	write_sysreg(cpacr | CPACR_FP_SVE, cpacr_el1);
	isb();
	zcr = read_sysreg_s(SYS_ZCR_EL1);
	for (vq = MAX_VQ; vq; vq--) {
		write_sysreg_s(vq - 1, SYS_ZCR_EL1);
		isb();
		vq = current_vq();
		found |= BIT_ULL(vq - 1);
	}
	write_sysreg_s(zcr, SYS_ZCR_EL1);
	write_sysreg(cpacr, cpacr_el1);
	isb();
	return found;
}

/* A thread of that CPU: the registers of the task that it interrupted get lost. */
static int probe_cpu(void *data)
{
	struct length_probe *probe = data;
	struct user_fpsimd_state unused;
	unsigned long flags;
	u64 found;

	kernel_neon_begin(&unused);
	local_irq_save(flags);
	found = probe_lengths();
	local_irq_restore(flags);
	kernel_neon_end(&unused);

	probe->all &= found;
	probe->any |= found;
	return 0;
}

/* A length that only some CPUs have would come and go while a guest moves. */
static u64 usable(const struct length_probe *probe)
{
	u64 some = probe->any & ~probe->all;

	return some ? probe->all & GENMASK_ULL(__ffs64(some), 0) : probe->all;
}

/**
 * peng_sve_on_host() - whether guests can have SVE; finds out the vector lengths
 *
 * CPUs that come later have them too, or the kernel keeps them out.
 *
 * Context: load; may sleep.
 */
bool __init peng_sve_on_host(void)
{
	struct length_probe probe = { .all = ~0ULL };
	int cpu, ret = 0;

	if (!system_supports_sve())
		return false;
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		ret = smp_call_on_cpu(cpu, probe_cpu, &probe, false);
		if (ret)
			break;
	}
	cpus_read_unlock();
	if (ret)
		return false;
	lengths = usable(&probe);
	max_vq = fls64(lengths);
	return max_vq;
}

/* A Z register is 16 bytes of each vq, P registers and FFR are an eighth of it. */
static size_t state_size(u32 vq)
{
	return vq * (SVE_NUM_ZREGS * 16 + (SVE_NUM_PREGS + 1) * 2);
}

static bool finalized(const struct peng_vcpu *vcpu)
{
	return vcpu->ctx.sve.state;
}

/**
 * peng_sve_vcpu_complete() - whether SVE keeps a vCPU from being run or listed
 * @vcpu: initialised
 */
bool peng_sve_vcpu_complete(const struct peng_vcpu *vcpu)
{
	return finalized(vcpu) || !vcpu->ctx.sve.max_vq;
}

/**
 * peng_sve_vcpu_reset() - architectural reset
 * @vcpu: not loaded; vcpu->lock held
 */
void peng_sve_vcpu_reset(struct peng_vcpu *vcpu)
{
	struct peng_sve_regs *sve = &vcpu->ctx.sve;

	if (!peng_vm_has_feature(vcpu->vm, PENG_FEATURE_SVE))
		return;
	if (finalized(vcpu))
		memset(sve->state, 0, state_size(sve->max_vq));
	else
		sve->max_vq = max_vq;
}

/**
 * peng_sve_vcpu_finalize() - KVM_ARM_VCPU_FINALIZE of KVM_ARM_VCPU_SVE
 * @vcpu: vcpu->lock held
 *
 * Context: may sleep.
 * Return: 0; -EINVAL for a vCPU without SVE, -EPERM the second time, -ENOMEM.
 */
long peng_sve_vcpu_finalize(struct peng_vcpu *vcpu)
{
	struct peng_sve_regs *sve = &vcpu->ctx.sve;
	size_t size = state_size(sve->max_vq);
	void *state;
	int ret;

	lockdep_assert_held(&vcpu->lock);

	if (!sve->max_vq)
		return -EINVAL;
	if (finalized(vcpu))
		return -EPERM;
	state = __vmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!state)
		return -ENOMEM;
	ret = peng_el2->map(state, size);
	if (ret) {
		vfree(state);
		return ret;
	}
	sve->zcr = sve->max_vq - 1;
	sve->state = state;
	return 0;
}

/**
 * peng_sve_vcpu_destroy() - free what peng_sve_vcpu_finalize() has allocated
 * @vcpu: nobody can reach it any more
 */
void peng_sve_vcpu_destroy(struct peng_vcpu *vcpu)
{
	struct peng_sve_regs *sve = &vcpu->ctx.sve;

	if (!sve->state)
		return;
	peng_el2->unmap(sve->state, state_size(sve->max_vq));
	vfree(sve->state);
	sve->state = NULL;
}

/* KVM_REG_ARM64_SVE_VLS, whose bits are numbered like those of lengths. */
static int get_lengths(struct peng_vcpu *vcpu, void __user *uaddr)
{
	u64 words[KVM_ARM64_SVE_VLS_WORDS] = {};

	words[0] = lengths & GENMASK_ULL(vcpu->ctx.sve.max_vq - 1, 0);
	return copy_to_user(uaddr, words, sizeof(words)) ? -EFAULT : 0;
}

static int set_lengths(struct peng_vcpu *vcpu, const void __user *uaddr)
{
	u64 words[KVM_ARM64_SVE_VLS_WORDS];
	u32 vq;

	if (finalized(vcpu))
		return -EPERM;
	if (copy_from_user(words, uaddr, sizeof(words)))
		return -EFAULT;
	vq = fls64(words[0]);
	if (!vq || vq > max_vq || words[0] != (lengths & GENMASK_ULL(vq - 1, 0)) ||
	    memchr_inv(words + 1, 0, sizeof(words) - sizeof(words[0])))
		return -EINVAL;
	vcpu->ctx.sve.max_vq = vq;
	return 0;
}

static_assert(KVM_ARM64_SVE_VLS_WORDS * sizeof(u64) == KVM_REG_SIZE(KVM_REG_ARM64_SVE_VLS));

/**
 * struct sve_reg - a register in the vCPU's buffer
 * @val: where it is
 * @size: bytes that the guest has of it; behind those the id's size has zeroes
 */
struct sve_reg {
	void *val;
	size_t size;
};

/* All of a register fits into slice 0 of its id, KVM has room for 31 more. */
#define SLICE_MASK	(KVM_ARM64_SVE_MAX_SLICES - 1)
#define LAST_SLICE	(KVM_ARM64_SVE_MAX_SLICES - 1)

static bool is_zreg(u64 id)
{
	return id >= KVM_REG_ARM64_SVE_ZREG(0, 0) &&
	       id <= KVM_REG_ARM64_SVE_ZREG(SVE_NUM_ZREGS - 1, LAST_SLICE);
}

/* FFR comes behind P15, in its id and in memory. */
static bool is_preg(u64 id)
{
	return id >= KVM_REG_ARM64_SVE_PREG(0, 0) && id <= KVM_REG_ARM64_SVE_FFR(LAST_SLICE);
}

static int find_reg(struct peng_vcpu *vcpu, u64 id, struct sve_reg *reg)
{
	struct peng_sve_regs *sve = &vcpu->ctx.sve;
	u32 n, first = 0;

	if (is_zreg(id)) {
		n = (id - KVM_REG_ARM64_SVE_ZREG(0, 0)) / KVM_ARM64_SVE_MAX_SLICES;
		reg->size = sve->max_vq * 16;
	} else if (is_preg(id)) {
		n = (id - KVM_REG_ARM64_SVE_PREG(0, 0)) / KVM_ARM64_SVE_MAX_SLICES;
		first = SVE_NUM_ZREGS * sve->max_vq * 16;
		reg->size = sve->max_vq * 2;
	} else {
		return -EINVAL;
	}
	if (!sve->max_vq || id & SLICE_MASK)
		return -ENOENT;
	if (!finalized(vcpu))
		return -EPERM;
	reg->val = sve->state + first + n * reg->size;
	return 0;
}

/**
 * peng_sve_get_reg() - KVM_GET_ONE_REG of class SVE
 * @vcpu: vcpu->lock held
 * @id: KVM register id
 * @uaddr: where the value goes
 *
 * Return: 0; -EINVAL where no register of the class has the id, -ENOENT where the
 * vCPU has none, -EPERM before it is finalized, -EFAULT.
 */
int peng_sve_get_reg(struct peng_vcpu *vcpu, u64 id, void __user *uaddr)
{
	struct sve_reg reg;
	int ret;

	if (id == KVM_REG_ARM64_SVE_VLS)
		return vcpu->ctx.sve.max_vq ? get_lengths(vcpu, uaddr) : -ENOENT;
	ret = find_reg(vcpu, id, &reg);
	if (ret)
		return ret;
	if (copy_to_user(uaddr, reg.val, reg.size) ||
	    clear_user(uaddr + reg.size, KVM_REG_SIZE(id) - reg.size))
		return -EFAULT;
	return 0;
}

/**
 * peng_sve_set_reg() - KVM_SET_ONE_REG of class SVE
 * @vcpu: vcpu->lock held
 * @id: KVM register id
 * @uaddr: where the value is; what is longer than the guest's vectors is not looked at
 *
 * Return: 0; as peng_sve_get_reg(), and -EINVAL for vector lengths that the host
 * does not have in that combination, -EPERM for any once the vCPU is finalized.
 */
int peng_sve_set_reg(struct peng_vcpu *vcpu, u64 id, void __user *uaddr)
{
	struct sve_reg reg;
	int ret;

	if (id == KVM_REG_ARM64_SVE_VLS)
		return vcpu->ctx.sve.max_vq ? set_lengths(vcpu, uaddr) : -ENOENT;
	ret = find_reg(vcpu, id, &reg);
	if (ret)
		return ret;
	return copy_from_user(reg.val, uaddr, reg.size) ? -EFAULT : 0;
}

static u64 nth_id(unsigned int n)
{
	if (!n)
		return KVM_REG_ARM64_SVE_VLS;
	n--;
	if (n < SVE_NUM_ZREGS)
		return KVM_REG_ARM64_SVE_ZREG(n, 0);
	n -= SVE_NUM_ZREGS;
	return n < SVE_NUM_PREGS ? KVM_REG_ARM64_SVE_PREG(n, 0) : KVM_REG_ARM64_SVE_FFR(0);
}

/**
 * peng_sve_list() - ids of class SVE
 * @vcpu: vcpu->lock held
 * @uids: where they go in user space, or NULL to count only
 *
 * Return: how many there are, or -EFAULT.
 */
int peng_sve_list(struct peng_vcpu *vcpu, u64 __user *uids)
{
	int n, nr = 1 + SVE_NUM_ZREGS + SVE_NUM_PREGS + 1;

	if (!vcpu->ctx.sve.max_vq)
		return 0;
	for (n = 0; uids && n < nr; n++)
		if (put_user(nth_id(n), uids + n))
			return -EFAULT;
	return nr;
}
