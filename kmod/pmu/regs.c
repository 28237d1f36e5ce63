// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of a guest's PMU (Arm ARM D17.5). All accesses of guests trap: one
 * row says what a register does and which bits of PMUSERENR_EL0 let EL0 have it.
 */
#include COMPAT_ARM_PMUV3_H
#include <linux/bitfield.h>
#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/mutex.h>
#include <asm/sysreg.h>

#include "../sysreg/sysreg.h"
#include "../vcpu.h"
#include "../vm.h"
#include "internal.h"

#define EN	ARMV8_PMU_USERENR_EN
#define SW	ARMV8_PMU_USERENR_SW
#define CR	ARMV8_PMU_USERENR_CR
#define ER	ARMV8_PMU_USERENR_ER

/* Kept in PMCR_EL0; P and C are commands. */
#define PMCR_KEPT							\
	(ARMV8_PMU_PMCR_E | ARMV8_PMU_PMCR_D | ARMV8_PMU_PMCR_X |	\
	 ARMV8_PMU_PMCR_DP | ARMV8_PMU_PMCR_LC | ARMV8_PMU_PMCR_LP)

/* Its place in PMCEID1_EL0: what it counts in would be told by PMMIR_EL1, which is 0. */
#define STALL_SLOT	BIT_ULL(0x3f - 32)

/**
 * struct pmu_row - a kind of register
 * @read: MRS; NULL: UNDEFINED
 * @write: MSR; NULL: UNDEFINED
 * @el0_read: bits of PMUSERENR_EL0, of which one lets EL0 read; 0: none does
 * @el0_write: and write
 * @selected: its number is that in PMSELR_EL0
 */
struct pmu_row {
	u64 (*read)(struct peng_vcpu *vcpu, unsigned int n);
	void (*write)(struct peng_vcpu *vcpu, unsigned int n, u64 val);
	u8 el0_read;
	u8 el0_write;
	bool selected;
};

static u64 read_control(struct peng_vcpu *vcpu, unsigned int n)
{
	return vcpu->pmu.pmcr | FIELD_PREP(PMCR_N, vcpu->vm->pmu.counters);
}

/* A host without AArch32 has no use for a cycle counter that overflows at 32 bits. */
static void keep_pmcr(struct peng_vcpu *vcpu, u64 val)
{
	u32 pmcr = val & PMCR_KEPT;

	if (!peng_sysreg_aarch32_el0())
		pmcr |= ARMV8_PMU_PMCR_LC;
	if (peng_sysreg_pmuver(vcpu->vm) < ID_AA64DFR0_EL1_PMUVer_V3P5)
		pmcr &= ~ARMV8_PMU_PMCR_LP;
	vcpu->pmu.pmcr = pmcr;
}

static void write_control(struct peng_vcpu *vcpu, unsigned int n, u64 val)
{
	const u32 where = ARMV8_PMU_PMCR_LC | ARMV8_PMU_PMCR_LP;
	u32 before = vcpu->pmu.pmcr;
	unsigned int i;

	keep_pmcr(vcpu, val);
	/* Where counters overflow has changed: begin to wait anew. */
	if ((before ^ vcpu->pmu.pmcr) & where)
		peng_pmu_park(vcpu);
	if (val & ARMV8_PMU_PMCR_C)
		peng_pmc_write(vcpu, &vcpu->pmu.pmc[PENG_PMU_CYCLES], 0);
	if (val & ARMV8_PMU_PMCR_P)
		for (i = 0; i < vcpu->vm->pmu.counters; i++)
			peng_pmc_write(vcpu, &vcpu->pmu.pmc[i], 0);
	peng_pmu_update(vcpu);
}

static u64 read_cnten(struct peng_vcpu *vcpu, unsigned int n)
{
	return vcpu->pmu.cnten;
}

static void set_cnten(struct peng_vcpu *vcpu, unsigned int n, u64 val)
{
	vcpu->pmu.cnten |= val & peng_pmu_valid(vcpu);
	peng_pmu_update(vcpu);
}

static void clear_cnten(struct peng_vcpu *vcpu, unsigned int n, u64 val)
{
	vcpu->pmu.cnten &= ~val;
	peng_pmu_update(vcpu);
}

static u64 read_inten(struct peng_vcpu *vcpu, unsigned int n)
{
	return vcpu->pmu.inten;
}

static void set_inten(struct peng_vcpu *vcpu, unsigned int n, u64 val)
{
	vcpu->pmu.inten |= val & peng_pmu_valid(vcpu);
	peng_pmu_update_line(vcpu);
}

static void clear_inten(struct peng_vcpu *vcpu, unsigned int n, u64 val)
{
	vcpu->pmu.inten &= ~val;
	peng_pmu_update_line(vcpu);
}

static u64 read_ovs(struct peng_vcpu *vcpu, unsigned int n)
{
	return READ_ONCE(vcpu->pmu.ovs);
}

/* Bit by bit: an overflow may set others meanwhile. */
static void set_ovs(struct peng_vcpu *vcpu, unsigned int n, u64 val)
{
	unsigned long bits = val & peng_pmu_valid(vcpu);
	unsigned int i;

	for_each_set_bit(i, &bits, PENG_PMU_NR_COUNTERS)
		set_bit(i, &vcpu->pmu.ovs);
	peng_pmu_update_line(vcpu);
}

static void clear_ovs(struct peng_vcpu *vcpu, unsigned int n, u64 val)
{
	unsigned long bits = val & peng_pmu_valid(vcpu);
	unsigned int i;

	for_each_set_bit(i, &bits, PENG_PMU_NR_COUNTERS)
		clear_bit(i, &vcpu->pmu.ovs);
	peng_pmu_update_line(vcpu);
}

static void write_swinc(struct peng_vcpu *vcpu, unsigned int n, u64 val)
{
	peng_pmu_increment(vcpu, val, ARMV8_PMUV3_PERFCTR_SW_INCR);
	peng_pmu_update_line(vcpu);
}

static u64 read_selr(struct peng_vcpu *vcpu, unsigned int n)
{
	return vcpu->pmu.selr;
}

static void write_selr(struct peng_vcpu *vcpu, unsigned int n, u64 val)
{
	vcpu->pmu.selr = val & (PENG_PMU_NR_COUNTERS - 1);
}

static u32 filter_bits(const struct peng_vm *vm, unsigned int event)
{
	if (!vm->pmu.filter)
		return ~0U;
	return bitmap_get_value8(vm->pmu.filter, event) |
	       bitmap_get_value8(vm->pmu.filter, event + 8) << 8 |
	       bitmap_get_value8(vm->pmu.filter, event + 16) << 16 |
	       (u32)bitmap_get_value8(vm->pmu.filter, event + 24) << 24;
}

/* Bits 31 to 0 are events from 32 n on, and bits 63 to 32 those 0x4000 above. */
static u64 read_ceid(struct peng_vcpu *vcpu, unsigned int n)
{
	const struct peng_vm *vm = vcpu->vm;
	u64 val = vm->pmu.host->ceid[n];

	if (n == 0)
		val |= BIT_ULL(ARMV8_PMUV3_PERFCTR_SW_INCR) | BIT_ULL(ARMV8_PMUV3_PERFCTR_CHAIN);
	else
		val &= ~STALL_SLOT;
	val &= (u64)~0U << 32 | filter_bits(vm, n * 32);
	if (peng_pmu_event_mask(peng_sysreg_pmuver(vm)) >= 0x4040)
		return val & ((u64)filter_bits(vm, 0x4000 + n * 32) << 32 | ~0U);
	return lower_32_bits(val);
}

static u64 read_cntr(struct peng_vcpu *vcpu, unsigned int n)
{
	return peng_pmc_read(vcpu, &vcpu->pmu.pmc[n]);
}

static void write_cntr(struct peng_vcpu *vcpu, unsigned int n, u64 val)
{
	peng_pmc_write(vcpu, &vcpu->pmu.pmc[n], val);
}

static u64 read_typer(struct peng_vcpu *vcpu, unsigned int n)
{
	return vcpu->pmu.pmc[n].type;
}

/* Guests have no EL2 and EL3 of their own to count at. */
static u32 typer_mask(const struct peng_vcpu *vcpu, unsigned int n)
{
	u32 mask = ARMV8_PMU_EXCLUDE_EL1 | ARMV8_PMU_EXCLUDE_EL0 |
		   EXCLUDE_NS_EL1 | EXCLUDE_NS_EL0;

	if (n == PENG_PMU_CYCLES)
		return mask;
	return mask | peng_pmu_event_mask(peng_sysreg_pmuver(vcpu->vm));
}

static void write_typer(struct peng_vcpu *vcpu, unsigned int n, u64 val)
{
	peng_pmc_set_type(vcpu, &vcpu->pmu.pmc[n], val & typer_mask(vcpu, n));
}

static u64 read_userenr(struct peng_vcpu *vcpu, unsigned int n)
{
	return vcpu->pmu.userenr;
}

static void write_userenr(struct peng_vcpu *vcpu, unsigned int n, u64 val)
{
	vcpu->pmu.userenr = val & PMUSERENR_ALL;
}

static u64 read_zero(struct peng_vcpu *vcpu, unsigned int n)
{
	return 0;
}

/* EL0 reads PMUSERENR_EL0 whatever it holds, see may_access(). */
static const struct pmu_row rows[PENG_PMU_NR_KINDS] = {
	[PENG_PMU_PMCR]		= { read_control, write_control, EN, EN },
	[PENG_PMU_CNTENSET]	= { read_cnten, set_cnten, EN, EN },
	[PENG_PMU_CNTENCLR]	= { read_cnten, clear_cnten, EN, EN },
	[PENG_PMU_INTENSET]	= { read_inten, set_inten },
	[PENG_PMU_INTENCLR]	= { read_inten, clear_inten },
	[PENG_PMU_OVSSET]	= { read_ovs, set_ovs, EN, EN },
	[PENG_PMU_OVSCLR]	= { read_ovs, clear_ovs, EN, EN },
	[PENG_PMU_SWINC]	= { NULL, write_swinc, 0, EN | SW },
	[PENG_PMU_SELR]		= { read_selr, write_selr, EN | ER, EN | ER },
	[PENG_PMU_CEID]		= { read_ceid, NULL, EN },
	[PENG_PMU_CNTR]		= { read_cntr, write_cntr, EN | ER, EN },
	[PENG_PMU_TYPER]	= { read_typer, write_typer, EN, EN },
	[PENG_PMU_XCNTR]	= { read_cntr, write_cntr, EN | ER, EN, .selected = true },
	[PENG_PMU_XTYPER]	= { read_typer, write_typer, EN, EN, .selected = true },
	[PENG_PMU_USERENR]	= { read_userenr, write_userenr },
	[PENG_PMU_MMIR]		= { read_zero },
};

static enum peng_pmu_kind kind_of(u64 reg)
{
	return reg & 0xff;
}

static unsigned int number_of(const struct peng_vcpu *vcpu, u64 reg)
{
	return rows[kind_of(reg)].selected ? vcpu->pmu.selr : reg >> 8;
}

static bool is_counter(enum peng_pmu_kind kind)
{
	return kind == PENG_PMU_CNTR || kind == PENG_PMU_TYPER ||
	       kind == PENG_PMU_XCNTR || kind == PENG_PMU_XTYPER;
}

static bool el0_may(const struct peng_vcpu *vcpu, u64 reg, bool write)
{
	enum peng_pmu_kind kind = kind_of(reg);
	u32 by = write ? rows[kind].el0_write : rows[kind].el0_read;

	if (kind == PENG_PMU_USERENR)
		return !write;
	if (kind == PENG_PMU_CNTR && reg >> 8 == PENG_PMU_CYCLES && !write)
		by = EN | CR;
	return vcpu->pmu.userenr & by;
}

/* Counters that are not there are UNDEFINED, and the cycle counter is not selected. */
static enum peng_pmu_access may_access(const struct peng_vcpu *vcpu, u64 reg, bool write)
{
	enum peng_pmu_kind kind = kind_of(reg);
	unsigned int n = number_of(vcpu, reg);

	if (write ? !rows[kind].write : !rows[kind].read)
		return PENG_PMU_UNDEF;
	if (peng_vcpu_in_el0(vcpu) && !el0_may(vcpu, reg, write))
		return PENG_PMU_TO_EL1;
	if (is_counter(kind) && !(peng_pmu_valid(vcpu) & BIT(n)))
		return PENG_PMU_UNDEF;
	if (kind == PENG_PMU_XCNTR && n == PENG_PMU_CYCLES)
		return PENG_PMU_UNDEF;
	return PENG_PMU_DONE;
}

/**
 * peng_pmu_guest_read() - MRS of a PMU register
 * @vcpu: vCPU with a PMU, run by this thread
 * @reg: PENG_PMU_REG()
 * @val: result
 *
 * Context: may sleep.
 * Return: whether it was read, is UNDEFINED, or is for the guest's EL1 to handle.
 */
enum peng_pmu_access peng_pmu_guest_read(struct peng_vcpu *vcpu, u64 reg, u64 *val)
{
	enum peng_pmu_access may = may_access(vcpu, reg, false);

	if (may == PENG_PMU_DONE)
		*val = rows[kind_of(reg)].read(vcpu, number_of(vcpu, reg));
	return may;
}

/**
 * peng_pmu_guest_write() - MSR to a PMU register
 * @vcpu: vCPU with a PMU, run by this thread
 * @reg: PENG_PMU_REG()
 * @val: value
 *
 * Context: may sleep.
 * Return: as peng_pmu_guest_read().
 */
enum peng_pmu_access peng_pmu_guest_write(struct peng_vcpu *vcpu, u64 reg, u64 val)
{
	enum peng_pmu_access may = may_access(vcpu, reg, true);

	if (may == PENG_PMU_DONE)
		rows[kind_of(reg)].write(vcpu, number_of(vcpu, reg), val);
	return may;
}

/**
 * peng_pmu_get_reg() - a PMU register as user space sees it
 * @vcpu: vCPU with a PMU; vcpu->lock held
 * @reg: PENG_PMU_REG()
 *
 * Return: value.
 */
u64 peng_pmu_get_reg(struct peng_vcpu *vcpu, u64 reg)
{
	const struct pmu_row *row = &rows[kind_of(reg)];

	return row->read ? row->read(vcpu, number_of(vcpu, reg)) : 0;
}

/* How many counters there are is of the VM, and can be less until it runs. */
static void set_counters(struct peng_vm *vm, u64 pmcr)
{
	unsigned int n = FIELD_GET(PMCR_N, pmcr);

	mutex_lock(&vm->lock);
	if (!vm->ran && n <= vm->pmu.host->counters)
		WRITE_ONCE(vm->pmu.counters, n);
	mutex_unlock(&vm->lock);
}

static void set_plain(struct peng_vcpu *vcpu, u64 reg, u64 val)
{
	struct peng_vcpu_pmu *pmu = &vcpu->pmu;
	unsigned int n = reg >> 8;

	switch (kind_of(reg)) {
	case PENG_PMU_PMCR:
		set_counters(vcpu->vm, val);
		keep_pmcr(vcpu, val);
		break;
	case PENG_PMU_CNTENSET:
	case PENG_PMU_CNTENCLR:
		pmu->cnten = val;
		break;
	case PENG_PMU_INTENSET:
	case PENG_PMU_INTENCLR:
		pmu->inten = val;
		break;
	case PENG_PMU_OVSSET:
	case PENG_PMU_OVSCLR:
		pmu->ovs = lower_32_bits(val);
		break;
	case PENG_PMU_CNTR:
		atomic64_set(&pmu->pmc[n].base, val);
		break;
	case PENG_PMU_TYPER:
		pmu->pmc[n].type = val & typer_mask(vcpu, n);
		break;
	case PENG_PMU_SELR:
		write_selr(vcpu, n, val);
		break;
	case PENG_PMU_USERENR:
		write_userenr(vcpu, n, val);
		break;
	default:
		break;
	}
}

/**
 * peng_pmu_set_reg() - user space sets a PMU register
 * @vcpu: vCPU with a PMU; vcpu->lock held, not in KVM_RUN
 * @reg: PENG_PMU_REG()
 * @val: value; registers to set and to clear by are both names of what they change
 *
 * Nothing counts until the vCPU runs again. Context: may sleep.
 */
void peng_pmu_set_reg(struct peng_vcpu *vcpu, u64 reg, u64 val)
{
	peng_pmu_park(vcpu);
	vcpu->pmu.stale = true;
	set_plain(vcpu, reg, val);
}
