// SPDX-License-Identifier: GPL-2.0-only
/*
 * ID registers: what a guest is told that its CPU can do.
 *
 * An AArch64 field is shown only if it has a row below, so a feature that the
 * host kernel learns of stays hidden until peng knows how to virtualise it.
 * The AArch32 registers will never describe anything new: they are shown
 * whole, but for what is masked, or has a row.
 *
 * The values belong to the VM. vCPUs read them without a lock.
 */
#include <linux/kvm.h>
#include <linux/lockdep.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "../feature.h"
#include "../host/spectre.h"
#include "../vcpu.h"
#include "../vgic/vgic.h"
#include "../vm.h"
#include "row.h"
#include "sysreg.h"

#define INDEX(crm, op2)	(((crm) - 1) * 8 + (op2))
#define REG(name)	INDEX(sys_reg_CRm(SYS_##name), sys_reg_Op2(SYS_##name))
/* CRm 1 to 3 describe AArch32, 4 to 7 AArch64. */
#define NR_AARCH32	INDEX(4, 0)

/**
 * struct idreg_field - a field that guests see
 * @reg: index of the register
 * @shift: lowest bit of the field
 * @most: its value is the host's, but at most this; 0xf also lets pass the
 *	"not implemented" of signed fields
 * @lower: user space may lower it
 */
struct idreg_field {
	u8 reg;
	u8 shift;
	u8 most;
	bool lower;
};

/* For AArch32 PMUv3 is 3; newer ones have AArch64's numbers (Arm ARM D17.2.63). */
#define DFR0_PERFMON_SHIFT	24
#define DFR0_PERFMON_PMUV3	3

#define FIELD_MOST(_reg, _field, _most)					\
	{ .reg = REG(_reg), .shift = _reg##_##_field##_SHIFT, .most = (_most) }
#define FIELD_LOWER(_reg, _field, _most)				\
	{ .reg = REG(_reg), .shift = _reg##_##_field##_SHIFT, .most = (_most), .lower = true }
#define FIELD_HOST(_reg, _field)	FIELD_LOWER(_reg, _field, 0xf)
#define FIELD_FIXED(_reg, _field)	FIELD_MOST(_reg, _field, 0xf)

/*
 * What a guest uses without asking EL2 may be lowered: a guest that looks at its ID
 * registers then runs on hosts that lack it. Fixed is what other values would have to
 * be made true for (granules, breakpoints, RAS, pointer authentication), and where 0
 * says more than 1 does.
 */
static const struct idreg_field fields[] = {
	/* CSV2.2 would promise SCXTNUM_ELx, which HCR_EL2.EnSCXT keeps off. */
	FIELD_LOWER(ID_AA64PFR0_EL1, CSV3, 1),
	FIELD_LOWER(ID_AA64PFR0_EL1, CSV2, 1),
	FIELD_HOST(ID_AA64PFR0_EL1, DIT),
	FIELD_FIXED(ID_AA64PFR0_EL1, SVE),
	FIELD_FIXED(ID_AA64PFR0_EL1, RAS),
	/* Follows the presence of a vGIC, see idreg_read(). */
	FIELD_LOWER(ID_AA64PFR0_EL1, GIC, 1),
	FIELD_FIXED(ID_AA64PFR0_EL1, AdvSIMD),
	FIELD_FIXED(ID_AA64PFR0_EL1, FP),
	FIELD_FIXED(ID_AA64PFR0_EL1, EL3),
	FIELD_MOST(ID_AA64PFR0_EL1, EL1, ID_AA64PFR0_EL1_EL1_IMP),
	FIELD_FIXED(ID_AA64PFR0_EL1, EL0),

	FIELD_FIXED(ID_AA64PFR1_EL1, RAS_frac),
	FIELD_MOST(ID_AA64PFR1_EL1, MTE, 3),
	FIELD_HOST(ID_AA64PFR1_EL1, SSBS),
	FIELD_HOST(ID_AA64PFR1_EL1, BT),

	FIELD_HOST(ID_AA64ZFR0_EL1, F64MM),
	FIELD_HOST(ID_AA64ZFR0_EL1, F32MM),
	FIELD_HOST(ID_AA64ZFR0_EL1, I8MM),
	FIELD_HOST(ID_AA64ZFR0_EL1, SM4),
	FIELD_HOST(ID_AA64ZFR0_EL1, SHA3),
	FIELD_HOST(ID_AA64ZFR0_EL1, B16B16),
	FIELD_HOST(ID_AA64ZFR0_EL1, BF16),
	FIELD_HOST(ID_AA64ZFR0_EL1, BitPerm),
	FIELD_HOST(ID_AA64ZFR0_EL1, AES),
	FIELD_HOST(ID_AA64ZFR0_EL1, SVEver),

	FIELD_FIXED(ID_AA64DFR0_EL1, DoubleLock),
	FIELD_FIXED(ID_AA64DFR0_EL1, CTX_CMPs),
	FIELD_FIXED(ID_AA64DFR0_EL1, WRPs),
	FIELD_FIXED(ID_AA64DFR0_EL1, BRPs),
	/* Of a VM that has a PMU, see may_become(). */
	FIELD_LOWER(ID_AA64DFR0_EL1, PMUVer, ID_AA64DFR0_EL1_PMUVer_V3P5),
	{ .reg = REG(ID_DFR0_EL1), .shift = DFR0_PERFMON_SHIFT,
	  .most = ID_AA64DFR0_EL1_PMUVer_V3P5, .lower = true },
	FIELD_MOST(ID_AA64DFR0_EL1, DebugVer, ID_AA64DFR0_EL1_DebugVer_IMP),

	FIELD_HOST(ID_AA64ISAR0_EL1, RNDR),
	FIELD_HOST(ID_AA64ISAR0_EL1, TLB),
	FIELD_HOST(ID_AA64ISAR0_EL1, TS),
	FIELD_HOST(ID_AA64ISAR0_EL1, FHM),
	FIELD_HOST(ID_AA64ISAR0_EL1, DP),
	FIELD_HOST(ID_AA64ISAR0_EL1, SM4),
	FIELD_HOST(ID_AA64ISAR0_EL1, SM3),
	FIELD_HOST(ID_AA64ISAR0_EL1, SHA3),
	FIELD_HOST(ID_AA64ISAR0_EL1, RDM),
	FIELD_HOST(ID_AA64ISAR0_EL1, ATOMIC),
	FIELD_HOST(ID_AA64ISAR0_EL1, CRC32),
	FIELD_HOST(ID_AA64ISAR0_EL1, SHA2),
	FIELD_HOST(ID_AA64ISAR0_EL1, SHA1),
	FIELD_HOST(ID_AA64ISAR0_EL1, AES),

	FIELD_HOST(ID_AA64ISAR1_EL1, I8MM),
	FIELD_HOST(ID_AA64ISAR1_EL1, DGH),
	FIELD_HOST(ID_AA64ISAR1_EL1, BF16),
	FIELD_HOST(ID_AA64ISAR1_EL1, SPECRES),
	FIELD_HOST(ID_AA64ISAR1_EL1, SB),
	FIELD_HOST(ID_AA64ISAR1_EL1, FRINTTS),
	FIELD_FIXED(ID_AA64ISAR1_EL1, GPI),
	FIELD_FIXED(ID_AA64ISAR1_EL1, GPA),
	FIELD_HOST(ID_AA64ISAR1_EL1, LRCPC),
	FIELD_HOST(ID_AA64ISAR1_EL1, FCMA),
	FIELD_HOST(ID_AA64ISAR1_EL1, JSCVT),
	FIELD_FIXED(ID_AA64ISAR1_EL1, API),
	FIELD_FIXED(ID_AA64ISAR1_EL1, APA),
	FIELD_HOST(ID_AA64ISAR1_EL1, DPB),

	FIELD_HOST(ID_AA64ISAR2_EL1, CLRBHB),
	FIELD_HOST(ID_AA64ISAR2_EL1, BC),
	FIELD_FIXED(ID_AA64ISAR2_EL1, APA3),
	FIELD_FIXED(ID_AA64ISAR2_EL1, GPA3),
	FIELD_HOST(ID_AA64ISAR2_EL1, RPRES),
	FIELD_HOST(ID_AA64ISAR2_EL1, WFxT),

	/* ECV 2 adds only CNTPOFF_EL2. */
	FIELD_LOWER(ID_AA64MMFR0_EL1, ECV, 1),
	FIELD_HOST(ID_AA64MMFR0_EL1, EXS),
	FIELD_FIXED(ID_AA64MMFR0_EL1, TGRAN4),
	FIELD_FIXED(ID_AA64MMFR0_EL1, TGRAN64),
	FIELD_FIXED(ID_AA64MMFR0_EL1, TGRAN16),
	FIELD_HOST(ID_AA64MMFR0_EL1, BIGENDEL0),
	FIELD_HOST(ID_AA64MMFR0_EL1, SNSMEM),
	FIELD_HOST(ID_AA64MMFR0_EL1, BIGEND),
	FIELD_FIXED(ID_AA64MMFR0_EL1, ASIDBITS),
	/* No VM has guest physical addresses above 48 bits. */
	FIELD_LOWER(ID_AA64MMFR0_EL1, PARANGE, ID_AA64MMFR0_EL1_PARANGE_48),

	FIELD_HOST(ID_AA64MMFR1_EL1, ECBHB),
	FIELD_HOST(ID_AA64MMFR1_EL1, TIDCP1),
	FIELD_HOST(ID_AA64MMFR1_EL1, AFP),
	FIELD_HOST(ID_AA64MMFR1_EL1, ETS),
	FIELD_FIXED(ID_AA64MMFR1_EL1, SpecSEI),
	FIELD_HOST(ID_AA64MMFR1_EL1, PAN),
	FIELD_HOST(ID_AA64MMFR1_EL1, LO),
	FIELD_HOST(ID_AA64MMFR1_EL1, HPDS),
	FIELD_HOST(ID_AA64MMFR1_EL1, HAFDBS),

	FIELD_HOST(ID_AA64MMFR2_EL1, E0PD),
	FIELD_HOST(ID_AA64MMFR2_EL1, BBM),
	FIELD_HOST(ID_AA64MMFR2_EL1, TTL),
	FIELD_HOST(ID_AA64MMFR2_EL1, IDS),
	FIELD_HOST(ID_AA64MMFR2_EL1, AT),
	FIELD_HOST(ID_AA64MMFR2_EL1, ST),
	FIELD_FIXED(ID_AA64MMFR2_EL1, CCIDX),
	FIELD_HOST(ID_AA64MMFR2_EL1, VARange),
	FIELD_HOST(ID_AA64MMFR2_EL1, IESB),
	FIELD_HOST(ID_AA64MMFR2_EL1, LSM),
	FIELD_HOST(ID_AA64MMFR2_EL1, UAO),
	FIELD_HOST(ID_AA64MMFR2_EL1, CnP),
};

/**
 * struct idreg_aarch32 - an AArch32 register that guests see
 * @enc: sys_reg() encoding
 * @hide: fields of features that guests do not have
 */
struct idreg_aarch32 {
	u32 enc;
	u32 hide;
};

static const struct idreg_aarch32 aarch32[] = {
	{ SYS_ID_PFR0_EL1, .hide = GENMASK(23, 20) /* AMU */ },
	{ SYS_ID_PFR1_EL1 },
	{ SYS_ID_DFR0_EL1, .hide = GENMASK(31, 24) /* TraceFilt; PerfMon has a row */ },
	{ SYS_ID_MMFR0_EL1 },
	{ SYS_ID_MMFR1_EL1 },
	{ SYS_ID_MMFR2_EL1 },
	{ SYS_ID_MMFR3_EL1 },
	{ SYS_ID_ISAR0_EL1 },
	{ SYS_ID_ISAR1_EL1 },
	{ SYS_ID_ISAR2_EL1 },
	{ SYS_ID_ISAR3_EL1 },
	{ SYS_ID_ISAR4_EL1 },
	{ SYS_ID_ISAR5_EL1 },
	{ SYS_ID_MMFR4_EL1 },
	{ SYS_ID_ISAR6_EL1 },
	{ SYS_MVFR0_EL1 },
	{ SYS_MVFR1_EL1 },
	{ SYS_MVFR2_EL1 },
	{ SYS_ID_PFR2_EL1 },
	{ SYS_ID_MMFR5_EL1 },
};

/* The most that a VM of this host may be told. */
static u64 limits[PENG_NR_IDREGS] __ro_after_init;

static u64 value_of(u64 reg, const struct idreg_field *f)
{
	return reg >> f->shift & 0xf;
}

static u64 mask_of(const struct idreg_field *f)
{
	return 0xfULL << f->shift;
}

static u32 index_to_enc(unsigned int reg)
{
	return sys_reg(3, 0, 0, reg / 8 + 1, reg % 8);
}

static unsigned int row_to_index(const struct peng_sysreg_row *row)
{
	return INDEX(sys_reg_CRm(row->enc), sys_reg_Op2(row->enc));
}

static bool __init field_twice(size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (fields[i].reg == fields[nr].reg && fields[i].shift == fields[nr].shift)
			return true;
	return false;
}

static void __init set_limit(unsigned int reg, unsigned int shift, bool yes)
{
	limits[reg] &= ~(0xfULL << shift);
	if (yes)
		limits[reg] |= 1ULL << shift;
}

/*
 * CSV2 and CSV3 say what the CPU is, not what its ID register, which may be
 * older than the question, says.
 */
static void __init limit_spectre(void)
{
	set_limit(REG(ID_AA64PFR0_EL1), ID_AA64PFR0_EL1_CSV2_SHIFT,
		  peng_spectre.v2 == PENG_UNAFFECTED);
	set_limit(REG(ID_AA64PFR0_EL1), ID_AA64PFR0_EL1_CSV3_SHIFT,
		  peng_spectre.meltdown == PENG_UNAFFECTED);
}

/*
 * Compute the limits from the host's registers and the rows above; after
 * peng_spectre_probe().
 */
int __init peng_idreg_init(void)
{
	const struct idreg_field *f;
	u64 host;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		f = &fields[i];
		if (WARN_ON(f->reg >= PENG_NR_IDREGS || field_twice(i)))
			return -EINVAL;
		if (f->reg < NR_AARCH32 && !peng_sysreg_host.aarch32_el0)
			continue;
		host = read_sanitised_ftr_reg(index_to_enc(f->reg));
		limits[f->reg] |= min_t(u64, value_of(host, f), f->most) << f->shift;
	}
	limit_spectre();

	if (!peng_sysreg_host.aarch32_el0)
		return 0;
	for (i = 0; i < ARRAY_SIZE(aarch32); i++)
		limits[INDEX(sys_reg_CRm(aarch32[i].enc), sys_reg_Op2(aarch32[i].enc))] |=
			read_sanitised_ftr_reg(aarch32[i].enc) & ~aarch32[i].hide;
	return 0;
}

void peng_idreg_vm_init(struct peng_vm *vm)
{
	memcpy(vm->sysreg.idreg, limits, sizeof(limits));
}

/* What the VM's features are not is not to be seen: vm->lock held. */
void peng_idreg_vm_hide(struct peng_vm *vm)
{
	unsigned int reg;

	for (reg = 0; reg < PENG_NR_IDREGS; reg++)
		vm->sysreg.idreg[reg] &= ~peng_feature_hidden(vm->features, index_to_enc(reg));
}

static u64 idreg_read(const struct peng_vm *vm, unsigned int reg)
{
	u64 val = READ_ONCE(vm->sysreg.idreg[reg]);

	if (reg != REG(ID_AA64PFR0_EL1))
		return val;

	/* The vGIC is created after the VM, and after user space first looks. */
	val &= ~ID_AA64PFR0_EL1_GIC_MASK;
	if (peng_vgic_present(vm))
		val |= limits[reg] & ID_AA64PFR0_EL1_GIC_MASK;
	return val;
}

PENG_SYSREG_TRAP(peng_idreg_trap)
{
	if (acc->write)
		return PENG_SYSREG_UNDEF;
	acc->val = idreg_read(vcpu->vm, row_to_index(row));
	return PENG_SYSREG_DONE;
}

PENG_SYSREG_GET(peng_idreg_get)
{
	*val = idreg_read(vcpu->vm, row_to_index(row));
	return 0;
}

static u64 lowerable(unsigned int reg)
{
	const struct idreg_field *f;
	u64 mask = 0;

	for (f = fields; f < fields + ARRAY_SIZE(fields); f++)
		if (f->reg == reg && f->lower)
			mask |= mask_of(f);
	return mask;
}

static u8 shown(const struct peng_vm *vm, unsigned int reg, unsigned int shift)
{
	return READ_ONCE(vm->sysreg.idreg[reg]) >> shift & 0xf;
}

u8 peng_sysreg_pmuver(const struct peng_vm *vm)
{
	return shown(vm, REG(ID_AA64DFR0_EL1), ID_AA64DFR0_EL1_PMUVer_SHIFT);
}

/* Whether the guest is told that its CPU has FEAT_IDST. */
bool peng_idreg_idst(const struct peng_vm *vm)
{
	return shown(vm, REG(ID_AA64MMFR2_EL1), ID_AA64MMFR2_EL1_IDS_SHIFT);
}

/* A PMU that a VM has cannot become none. */
static bool pmu_vanishes(const struct peng_vm *vm, unsigned int reg, u64 val)
{
	if (!(vm->features & BIT(PENG_FEATURE_PMU)))
		return false;
	if (reg == REG(ID_AA64DFR0_EL1))
		return !(val >> ID_AA64DFR0_EL1_PMUVer_SHIFT & 0xf);
	return reg == REG(ID_DFR0_EL1) &&
	       (val >> DFR0_PERFMON_SHIFT & 0xf) < DFR0_PERFMON_PMUV3;
}

/*
 * A PMU of the implementer's own, which KVM once showed to guests for which it had
 * none: it is none.
 */
static u64 without_impdef_pmu(unsigned int reg, u64 val)
{
	unsigned int shift;

	if (reg == REG(ID_AA64DFR0_EL1))
		shift = ID_AA64DFR0_EL1_PMUVer_SHIFT;
	else if (reg == REG(ID_DFR0_EL1))
		shift = DFR0_PERFMON_SHIFT;
	else
		return val;
	return (val >> shift & 0xf) == 0xf ? val & ~(0xfULL << shift) : val;
}

/* Whether user space may have @val instead of what the guest sees now. */
static bool may_become(const struct peng_vm *vm, unsigned int reg, u64 val)
{
	u64 most = limits[reg] & ~peng_feature_hidden(vm->features, index_to_enc(reg));
	const struct idreg_field *f;

	if ((val ^ idreg_read(vm, reg)) & ~lowerable(reg) || pmu_vanishes(vm, reg, val))
		return false;
	for (f = fields; f < fields + ARRAY_SIZE(fields); f++)
		if (f->reg == reg && f->lower && value_of(val, f) > value_of(most, f))
			return false;
	return true;
}

static int set_idreg(struct peng_vm *vm, unsigned int reg, u64 val)
{
	lockdep_assert_held(&vm->lock);

	val = without_impdef_pmu(reg, val);
	if (vm->ran)
		return val == idreg_read(vm, reg) ? 0 : -EBUSY;
	if (!may_become(vm, reg, val))
		return -EINVAL;
	WRITE_ONCE(vm->sysreg.idreg[reg], val);
	return 0;
}

/*
 * The same value, or less in a field that may be lowered, until the VM runs. On a
 * host without AArch32 its registers are UNKNOWN: a value that comes from another
 * host is taken and forgotten.
 */
PENG_SYSREG_SET(peng_idreg_set)
{
	unsigned int reg = row_to_index(row);
	struct peng_vm *vm = vcpu->vm;
	int ret;

	if (reg < NR_AARCH32 && !peng_sysreg_host.aarch32_el0)
		return 0;

	mutex_lock(&vm->lock);
	ret = set_idreg(vm, reg, val);
	mutex_unlock(&vm->lock);
	return ret;
}

#ifdef KVM_ARM_GET_REG_WRITABLE_MASKS
/**
 * peng_sysreg_writable_masks() - KVM_ARM_GET_REG_WRITABLE_MASKS
 * @range: which registers, and where their masks go
 *
 * Context: may sleep.
 * Return: 0; -EINVAL for an unknown range or reserved bits, -EFAULT.
 */
long peng_sysreg_writable_masks(const struct reg_mask_range *range)
{
	u64 __user *masks = u64_to_user_ptr(range->addr);
	unsigned int reg;
	u32 enc;

	if (range->range != KVM_ARM_FEATURE_ID_RANGE ||
	    memchr_inv(range->reserved, 0, sizeof(range->reserved)))
		return -EINVAL;
	if (clear_user(masks, KVM_ARM_FEATURE_ID_RANGE_SIZE * sizeof(u64)))
		return -EFAULT;
	for (reg = 0; reg < PENG_NR_IDREGS; reg++) {
		enc = index_to_enc(reg);
		if (put_user(lowerable(reg),
			     masks + KVM_ARM_FEATURE_ID_RANGE_IDX(sys_reg_Op0(enc), sys_reg_Op1(enc),
								  sys_reg_CRn(enc), sys_reg_CRm(enc),
								  sys_reg_Op2(enc))))
			return -EFAULT;
	}
	return 0;
}
#endif
