// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dispatch of trapped system register accesses, and user space's view of the
 * same registers. Which registers there are is in sysreg_table.c; what they
 * do is in the files named after what they belong to.
 *
 * An encoding that has no row is UNDEFINED: so is every register of a feature
 * that the ID registers hide.
 */
#include <linux/bits.h>
#include <linux/hash.h>
#include <linux/kvm.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <asm/cpufeature.h>
#include <asm/cputype.h>
#include <asm/esr.h>
#include <asm/sysreg.h>

#include "../host/spectre.h"
#include "../inject.h"
#include "../table.h"
#include "../vcpu.h"
#include "../vm.h"
#include "row.h"
#include "sysreg.h"

struct peng_sysreg_host peng_sysreg_host __ro_after_init;

/*
 * The rows by a hash of their encoding, each in the first free place from there on: an
 * IPI is one trapped access, and a search among hundreds of rows was a tenth of it. Most
 * places are empty, so that a search ends soon, and one is whatever the guest asks for.
 */
#define INDEX_BITS	10
#define INDEX_SIZE	BIT(INDEX_BITS)

static const struct peng_sysreg_row *row_index[INDEX_SIZE] __ro_after_init;

static __always_inline const struct peng_sysreg_row *find_row(u32 enc)
{
	const struct peng_sysreg_row *row;
	u32 i = hash_32(enc, INDEX_BITS);

	while ((row = row_index[i]) && row->enc != enc)
		i = (i + 1) % INDEX_SIZE;
	return row;
}

static void __init index_rows(void)
{
	size_t n;
	u32 i;

	for (n = 0; n < peng_sysreg_nr_rows; n++) {
		i = hash_32(peng_sysreg_rows[n].enc, INDEX_BITS);
		while (row_index[i])
			i = (i + 1) % INDEX_SIZE;
		row_index[i] = &peng_sysreg_rows[n];
	}
}

static bool row_visible(const struct peng_sysreg_row *row)
{
	return row->get || row->flags & PENG_ROW_STORED;
}

static bool row_exists(const struct peng_vcpu *vcpu, const struct peng_sysreg_row *row)
{
	return peng_vm_has_feature(vcpu->vm, row->feature);
}

static const struct peng_sysreg_row *find_visible(const struct peng_vcpu *vcpu, u64 id)
{
	const struct peng_sysreg_row *row = find_row((u32)(id & U16_MAX) << Op2_shift);

	if (!row || !row_visible(row) || !row_exists(vcpu, row) || id != peng_sysreg_id(row))
		return NULL;
	return row;
}

static __always_inline const struct peng_sysreg_row *find_trap(const struct peng_vcpu *vcpu,
							       u32 enc)
{
	const struct peng_sysreg_row *row = find_row(enc);

	return row && row->trap && row_exists(vcpu, row) ? row : NULL;
}

/* What a guest's access to a register runs; NULL: it is UNDEFINED. */
const struct peng_sysreg_row *peng_sysreg_find_trap(const struct peng_vcpu *vcpu, u32 enc)
{
	return find_trap(vcpu, enc);
}

static __always_inline const struct peng_sysreg_row *find_trapped(const struct peng_vcpu *vcpu)
{
	return find_trap(vcpu, esr_sys64_to_sysreg(peng_vcpu_esr(vcpu)));
}

/* A row that could crash or mislead the functions below. */
static bool row_bad(const struct peng_sysreg_row *row)
{
	bool stored = row->flags & PENG_ROW_STORED;

	if ((row->flags & PENG_ROW_FAST && !row->trap) || row->feature >= PENG_NR_FEATURES)
		return true;
	if (stored)
		return row->reg >= PENG_NR_SYS;
	if (!!row->get != !!row->set)
		return true;
	return !row->get && !row->trap;
}

static int __init check_rows(void)
{
	size_t i;

	if (!PENG_TABLE_SORTED(peng_sysreg_rows, peng_sysreg_nr_rows, enc) ||
	    peng_sysreg_nr_rows > INDEX_SIZE / 2)
		goto bad;
	for (i = 0; i < peng_sysreg_nr_rows; i++)
		if (row_bad(&peng_sysreg_rows[i]))
			goto bad;
	return 0;
bad:
	WARN_ONCE(1, "system register table\n");
	return -EINVAL;
}

static bool __init host_has(u32 idreg, unsigned int shift)
{
	return read_sanitised_ftr_reg(idreg) >> shift & 0xf;
}

/* On every CPU at once; all of them can only write the same. */
static void check_caches(void *unused)
{
	if (this_cpu_has_cap(ARM64_MISMATCHED_CACHE_TYPE))
		WRITE_ONCE(peng_sysreg_host.mismatched_caches, true);
}

static void __init read_host(void)
{
	struct peng_sysreg_host *host = &peng_sysreg_host;
	u64 pfr0 = read_sanitised_ftr_reg(SYS_ID_AA64PFR0_EL1);

	host->midr = read_sysreg(midr_el1);
	host->revidr = read_sysreg(revidr_el1);
	host->aidr = read_sysreg(aidr_el1);
	host->clidr = read_sysreg(clidr_el1);
	host->ctr = read_sanitised_ftr_reg(SYS_CTR_EL0);
	host->actlr = read_sysreg(actlr_el1);
	host->amair = read_sysreg(amair_el1);
	host->aarch32_el0 = (pfr0 >> ID_AA64PFR0_EL1_EL0_SHIFT & 0xf) ==
			    ID_AA64PFR0_EL1_EL0_AARCH32;
	host->lor = host_has(SYS_ID_AA64MMFR1_EL1, ID_AA64MMFR1_EL1_LO_SHIFT);
	on_each_cpu(check_caches, NULL, true);
}

/**
 * peng_sysreg_module_init() - check the table, read what guests see of the host
 *
 * Context: load, after peng_host_probe(); may sleep.
 * Return: 0, or -EINVAL where the table is out of order.
 */
int __init peng_sysreg_module_init(void)
{
	int ret = check_rows();

	if (ret)
		return ret;

	index_rows();
	peng_spectre_probe();
	read_host();
	peng_cacheid_init();
	return peng_idreg_init();
}

void peng_sysreg_vm_init(struct peng_vm *vm)
{
	peng_idreg_vm_init(vm);
}

void peng_sysreg_vm_fix(struct peng_vm *vm)
{
	lockdep_assert_held(&vm->lock);
	peng_idreg_vm_hide(vm);
}

/**
 * peng_sysreg_vcpu_reset() - system registers and EL2 controls as after reset
 * @vcpu: not loaded
 *
 * Context: vcpu->lock held. MPIDR_EL1 follows from the vCPU's id; registers
 * that the architecture leaves UNKNOWN become 0.
 */
void peng_sysreg_vcpu_reset(struct peng_vcpu *vcpu)
{
	const struct peng_sysreg_row *row;
	size_t i;

	memset(vcpu->ctx.sys, 0, sizeof(vcpu->ctx.sys));
	for (i = 0; i < peng_sysreg_nr_rows; i++) {
		row = &peng_sysreg_rows[i];
		if (row->reset)
			row->reset(vcpu, row);
		else if (row->flags & PENG_ROW_STORED)
			vcpu->ctx.sys[row->reg] = row->val;
	}

	peng_trapbits_reset(vcpu);
}

bool peng_sysreg_aarch32_el0(void)
{
	return peng_sysreg_host.aarch32_el0;
}

static bool is_write(u64 esr)
{
	return (esr & ESR_ELx_SYS64_ISS_DIR_MASK) == ESR_ELx_SYS64_ISS_DIR_WRITE;
}

/* The feature ID space (Arm ARM D17.2.69, ID_AA64MMFR2_EL1.IDS). */
static bool in_id_space(u32 enc)
{
	return sys_reg_Op0(enc) == 3 && sys_reg_CRn(enc) == 0 && sys_reg_CRm(enc) <= 7 &&
	       (sys_reg_Op1(enc) <= 1 || sys_reg_Op1(enc) == 3);
}

/* With FEAT_IDST EL1 hears of a read there by AArch64 what EL2 has heard. */
static void inject_undef(struct peng_vcpu *vcpu)
{
	u64 esr = peng_vcpu_esr(vcpu);

	if (ESR_ELx_EC(esr) == ESR_ELx_EC_SYS64 && !is_write(esr) &&
	    in_id_space(esr_sys64_to_sysreg(esr)) && peng_idreg_idst(vcpu->vm))
		peng_inject_sysreg_trap(vcpu);
	else
		peng_inject_undef(vcpu);
}

/**
 * peng_sysreg_do() - the access that has trapped
 * @vcpu: loaded on this CPU
 * @row: the register's, of peng_sysreg_find_trap(); NULL where it is UNDEFINED
 * @acc: the access
 *
 * Context: as the row's trap().
 * Return: whether it has been done; else the guest's EL1 has an exception.
 */
bool peng_sysreg_do(struct peng_vcpu *vcpu, const struct peng_sysreg_row *row,
		    struct peng_sysreg_access *acc)
{
	switch (row ? row->trap(vcpu, row, acc) : PENG_SYSREG_UNDEF) {
	case PENG_SYSREG_UNDEF:
		inject_undef(vcpu);
		return false;
	case PENG_SYSREG_TO_EL1:
		peng_inject_sysreg_trap(vcpu);
		return false;
	case PENG_SYSREG_DONE:
		break;
	}
	return true;
}

static enum peng_verdict run_row(struct peng_vcpu *vcpu, const struct peng_sysreg_row *row)
{
	u64 esr = peng_vcpu_esr(vcpu);
	unsigned int rt = ESR_ELx_SYS64_ISS_RT(esr);
	struct peng_sysreg_access acc = { .write = is_write(esr) };

	if (acc.write)
		acc.val = peng_vcpu_get_reg(vcpu, rt);
	if (!peng_sysreg_do(vcpu, row, &acc))
		return PENG_RESUME;
	if (!acc.write)
		peng_vcpu_set_reg(vcpu, rt, acc.val);
	peng_inject_skip(vcpu);
	return PENG_RESUME;
}

/**
 * peng_sysreg_trap_fast() - MSR, MRS and SYS traps that need no sleep
 * @vcpu: loaded on this CPU
 *
 * Context: interrupts masked, guest state in the CPU.
 * Return: PENG_RESUME, or PENG_SLOW for peng_sysreg_trap() to finish.
 */
enum peng_verdict peng_sysreg_trap_fast(struct peng_vcpu *vcpu)
{
	const struct peng_sysreg_row *row = find_trapped(vcpu);

	if (!row || !(row->flags & PENG_ROW_FAST))
		return PENG_SLOW;
	return run_row(vcpu, row);
}

/**
 * peng_sysreg_trap() - any trapped MSR, MRS or SYS instruction
 * @vcpu: loaded on this CPU
 *
 * Context: may sleep.
 * Return: PENG_RESUME.
 */
enum peng_verdict peng_sysreg_trap(struct peng_vcpu *vcpu)
{
	return run_row(vcpu, find_trapped(vcpu));
}

/**
 * peng_sysreg_get() - KVM_GET_ONE_REG of class SYSREG
 * @vcpu: vcpu->lock held
 * @id: KVM register id
 * @val: result
 *
 * Return: 0, or -ENOENT for a register that the vCPU does not have.
 */
int peng_sysreg_get(struct peng_vcpu *vcpu, u64 id, u64 *val)
{
	const struct peng_sysreg_row *row = find_visible(vcpu, id);

	lockdep_assert_held(&vcpu->lock);

	if (!row)
		return -ENOENT;
	if (row->get)
		return row->get(vcpu, row, val);
	*val = peng_vcpu_sys_read(vcpu, row->reg);
	return 0;
}

/**
 * peng_sysreg_set() - KVM_SET_ONE_REG of class SYSREG
 * @vcpu: vcpu->lock held
 * @id: KVM register id
 * @val: new value
 *
 * Return: 0, -ENOENT for a register that the vCPU does not have, or -EINVAL
 * for one that cannot take the value.
 */
int peng_sysreg_set(struct peng_vcpu *vcpu, u64 id, u64 val)
{
	const struct peng_sysreg_row *row = find_visible(vcpu, id);

	lockdep_assert_held(&vcpu->lock);

	if (!row)
		return -ENOENT;
	if (row->set)
		return row->set(vcpu, row, val);
	peng_vcpu_sys_write(vcpu, row->reg, val);
	return 0;
}

/**
 * peng_sysreg_list() - ids of class SYSREG
 * @vcpu: vcpu->lock held
 * @uids: where they go in user space, or NULL to count only
 *
 * Return: how many there are, or -EFAULT.
 */
int peng_sysreg_list(struct peng_vcpu *vcpu, u64 __user *uids)
{
	int nr = 0;
	size_t i;

	for (i = 0; i < peng_sysreg_nr_rows; i++) {
		if (!row_visible(&peng_sysreg_rows[i]) || !row_exists(vcpu, &peng_sysreg_rows[i]))
			continue;
		if (uids && put_user(peng_sysreg_id(&peng_sysreg_rows[i]), uids + nr))
			return -EFAULT;
		nr++;
	}
	return nr;
}
