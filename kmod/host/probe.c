// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read what the host is. Facts come from registers, never from a product name,
 * with one exception: how many branches a core's history holds is in no
 * register.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <asm/arch_timer.h>
#include <asm/cpufeature.h>
#include <asm/cputype.h>
#include <asm/sysreg.h>
#include <asm/virt.h>

#include "probe.h"

struct peng_host peng_host;

/* Fields of the ID registers, Arm ARM D17.2; [hi:lo] as in the tables there. */
#define MMFR0_PARANGE	GENMASK_ULL(3, 0)
#define MMFR1_HAFDBS	GENMASK_ULL(3, 0)
#define MMFR1_VMIDBITS	GENMASK_ULL(7, 4)
#define MMFR2_FWB	GENMASK_ULL(43, 40)
#define ISAR0_TLB	GENMASK_ULL(59, 56)
#define ISAR2_WFXT	GENMASK_ULL(3, 0)
#define PFR0_GIC	GENMASK_ULL(27, 24)
#define PFR0_RAS	GENMASK_ULL(31, 28)
#define PFR0_CSV2	GENMASK_ULL(59, 56)
#define DFR0_BRPS	GENMASK_ULL(15, 12)
#define DFR0_WRPS	GENMASK_ULL(23, 20)
#define DFR0_PMSVER	GENMASK_ULL(35, 32)
#define DFR0_TRACEBUFFER	GENMASK_ULL(47, 44)
#define MMFR1_ECBHB	GENMASK_ULL(63, 60)
#define HOST_IDC		BIT(28)
#define HOST_DIC		BIT(29)
#define HOST_L1IP	GENMASK_ULL(15, 14)
#define HOST_L1IP_VPIPT	2

/* ICH_VTR_EL2, IHI 0069 12.4.6. */
#define VTR_LIST_REGS	GENMASK(4, 0)
#define VTR_TDS		BIT(19)
#define VTR_A3V		BIT(21)
#define VTR_SEIS	BIT(22)
#define VTR_ID_BITS	GENMASK(25, 23)
#define VTR_PRE_BITS	GENMASK(28, 26)
#define VTR_PRI_BITS	GENMASK(31, 29)

/* ID_AA64MMFR0_EL1.PARange to bits. */
static const u8 pa_bits[] = { 32, 36, 40, 42, 44, 48, 52 };

/**
 * struct bhb_row - depth of a core's branch history
 * @midr: implementer and part, as MIDR_CPU_MODEL()
 * @loops: branches that overwrite all of it
 *
 * From Arm's "Spectre-BHB: Speculative Target Reuse Attacks" and HiSilicon's
 * numbers in the kernel's mitigation tables.
 */
struct bhb_row {
	u32 midr;
	u32 loops;
};

static const struct bhb_row bhb_rows[] = {
	{ MIDR_CORTEX_A72, 8 },
	{ MIDR_CORTEX_A57, 8 },
	{ MIDR_CORTEX_A76, 24 },
	{ MIDR_CORTEX_A77, 24 },
	{ MIDR_NEOVERSE_N1, 24 },
	{ MIDR_CORTEX_A78, 32 },
	{ MIDR_CORTEX_A78C, 32 },
	{ MIDR_CORTEX_X1, 32 },
	{ MIDR_CORTEX_A710, 32 },
	{ MIDR_CORTEX_X2, 32 },
	{ MIDR_NEOVERSE_N2, 32 },
	{ MIDR_NEOVERSE_V1, 32 },
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_HISI, HISI_CPU_PART_TSV110), 32 },
};

/* The kernel's check looks at the CPU that it runs on, and wants to stay there. */
static bool cpu_has_cap(unsigned int cap)
{
	bool has;

	preempt_disable();
	has = this_cpu_has_cap(cap);
	preempt_enable();
	return has;
}

/*
 * Cores with CSV2_3 or ECBHB need no loop; where the part is affected but
 * not in the list, the deepest history of the list is assumed.
 */
static u32 probe_bhb_loops(u64 pfr0, u64 mmfr1)
{
	u32 model = read_cpuid_id() & MIDR_CPU_MODEL_MASK;
	size_t i;

	if (FIELD_GET(PFR0_CSV2, pfr0) >= 3 || FIELD_GET(MMFR1_ECBHB, mmfr1))
		return 0;
	if (!cpu_has_cap(ARM64_SPECTRE_BHB))
		return 0;

	for (i = 0; i < ARRAY_SIZE(bhb_rows); i++)
		if (bhb_rows[i].midr == model)
			return bhb_rows[i].loops;
	return 32;
}

static void probe_mmu(void)
{
	u64 mmfr0 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1);
	u64 mmfr1 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR1_EL1);
	u64 mmfr2 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR2_EL1);
	u64 isar0 = read_sanitised_ftr_reg(SYS_ID_AA64ISAR0_EL1);
	u64 ctr = read_sanitised_ftr_reg(SYS_CTR_EL0);
	u32 range = FIELD_GET(MMFR0_PARANGE, mmfr0);

	/* 52 bits want LPA2 or 64K pages at Stage-2, which peng does not use. */
	peng_host.ipa_bits = range < ARRAY_SIZE(pa_bits) ? min_t(u8, pa_bits[range], 48) : 48;
	peng_host.vmid_bits = FIELD_GET(MMFR1_VMIDBITS, mmfr1) >= 2 ? 16 : 8;
	peng_host.hafdbs = FIELD_GET(MMFR1_HAFDBS, mmfr1);
	peng_host.fwb = FIELD_GET(MMFR2_FWB, mmfr2);
	peng_host.tlb_range = FIELD_GET(ISAR0_TLB, isar0) >= 2;
	peng_host.idc = ctr & HOST_IDC;
	peng_host.dic = ctr & HOST_DIC;
	peng_host.vpipt = FIELD_GET(HOST_L1IP, ctr) == HOST_L1IP_VPIPT;
}

/**
 * peng_host_probe_gic() - the virtual CPU interface, which only EL2 can see
 * @vtr: ICH_VTR_EL2
 *
 * Context: module load, once the backend has all CPUs up.
 */
void peng_host_probe_gic(u64 vtr)
{
	u32 pre_bits = FIELD_GET(VTR_PRE_BITS, vtr) + 1;

	peng_host.nr_lrs = FIELD_GET(VTR_LIST_REGS, vtr) + 1;
	peng_host.pri_bits = FIELD_GET(VTR_PRI_BITS, vtr) + 1;
	peng_host.id_bits = FIELD_GET(VTR_ID_BITS, vtr);
	peng_host.gic_seis = vtr & VTR_SEIS;
	peng_host.gic_a3v = vtr & VTR_A3V;
	peng_host.gic_tdir = vtr & VTR_TDS;
	/* One active-priority bit for each preemption level, 32 to a register. */
	peng_host.nr_aprs = pre_bits > 5 ? 1 << (pre_bits - 5) : 1;
}

/**
 * peng_host_probe() - fill peng_host
 *
 * Context: module load, before everything else.
 * Return: 0; -ENODEV where the host lacks what every guest needs.
 */
int peng_host_probe(void)
{
	u64 pfr0 = read_sanitised_ftr_reg(SYS_ID_AA64PFR0_EL1);
	u64 dfr0 = read_sanitised_ftr_reg(SYS_ID_AA64DFR0_EL1);

	if (!FIELD_GET(PFR0_GIC, pfr0)) {
		pr_err("the CPU has no GICv3 system registers; peng needs a GICv3 host\n");
		return -ENODEV;
	}

	peng_host.vhe = is_kernel_in_hyp_mode();
	peng_host.ras = FIELD_GET(PFR0_RAS, pfr0);
	peng_host.spec_at = cpu_has_cap(ARM64_WORKAROUND_SPECULATIVE_AT);
	peng_host.bhb_loops = probe_bhb_loops(pfr0,
					      read_sanitised_ftr_reg(SYS_ID_AA64MMFR1_EL1));
	peng_host.brps = FIELD_GET(DFR0_BRPS, dfr0) + 1;
	peng_host.wrps = FIELD_GET(DFR0_WRPS, dfr0) + 1;
	peng_host.wfxt = FIELD_GET(ISAR2_WFXT, read_sanitised_ftr_reg(SYS_ID_AA64ISAR2_EL1));
	/* The kernel's copy has no field that it does not use. */
	dfr0 = read_cpuid(ID_AA64DFR0_EL1);
	peng_host.spe = FIELD_GET(DFR0_PMSVER, dfr0);
	peng_host.trbe = FIELD_GET(DFR0_TRACEBUFFER, dfr0);
	peng_host.counter_freq = arch_timer_get_cntfrq();
	probe_mmu();
	return 0;
}
