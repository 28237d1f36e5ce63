// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probe of the host's exposure to speculation attacks.
 *
 * The kernel's own verdicts are not exported, but its per-CPU capability
 * checks are, and firmware can be asked again. Every online CPU is asked; the
 * worst one decides, because a vCPU may run on any of them.
 */
#include <linux/arm-smccc.h>
#include <linux/cpu.h>
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/cputype.h>

#include "probe.h"
#include "spectre.h"

struct peng_spectre peng_spectre;

/*
 * Cores that Meltdown does not reach although their ID_AA64PFR0_EL1.CSV3,
 * which is younger than they are, reads as 0 (Arm's and vendors' advisories).
 */
static const u32 meltdown_safe[] = {
	MIDR_CORTEX_A35,
	MIDR_CORTEX_A53,
	MIDR_CORTEX_A55,
	MIDR_CORTEX_A57,
	MIDR_CORTEX_A72,
	MIDR_CORTEX_A73,
	MIDR_HISI_TSV110,
};

static bool firmware_has(u32 func)
{
	struct arm_smccc_res res;

	arm_smccc_1_1_invoke(ARM_SMCCC_ARCH_FEATURES_FUNC_ID, func, &res);
	return (int)res.a0 >= 0;
}

static enum peng_exposure probe_v2(void)
{
	if (!this_cpu_has_cap(ARM64_SPECTRE_V2))
		return PENG_UNAFFECTED;
	return firmware_has(ARM_SMCCC_ARCH_WORKAROUND_1) ? PENG_MITIGATED :
							   PENG_VULNERABLE;
}

static enum peng_exposure probe_v4(void)
{
	return this_cpu_has_cap(ARM64_SPECTRE_V4) ? PENG_VULNERABLE : PENG_UNAFFECTED;
}

static enum peng_exposure probe_bhb(void)
{
	if (!this_cpu_has_cap(ARM64_SPECTRE_BHB))
		return PENG_UNAFFECTED;
	if (peng_host.bhb_loops || firmware_has(ARM_SMCCC_ARCH_WORKAROUND_3))
		return PENG_MITIGATED;
	return PENG_VULNERABLE;
}

static enum peng_exposure probe_meltdown(void)
{
	u32 model = read_cpuid_id() & MIDR_CPU_MODEL_MASK;
	size_t i;

	if (read_sysreg(id_aa64pfr0_el1) >> ID_AA64PFR0_EL1_CSV3_SHIFT & 0xf)
		return PENG_UNAFFECTED;
	for (i = 0; i < ARRAY_SIZE(meltdown_safe); i++)
		if (model == meltdown_safe[i])
			return PENG_UNAFFECTED;
	return PENG_VULNERABLE;
}

/* On each CPU in turn, so @arg needs no lock; interrupts masked. */
static void probe_cpu(void *arg)
{
	struct peng_spectre *worst = arg;

	worst->v2 = min(worst->v2, probe_v2());
	worst->v4 = min(worst->v4, probe_v4());
	worst->bhb = min(worst->bhb, probe_bhb());
	worst->meltdown = min(worst->meltdown, probe_meltdown());
}

/**
 * peng_spectre_probe() - fill peng_spectre
 *
 * Context: load, after peng_host_probe(); may sleep.
 */
void peng_spectre_probe(void)
{
	struct peng_spectre worst = {
		.v2 = PENG_UNAFFECTED,
		.v4 = PENG_UNAFFECTED,
		.bhb = PENG_UNAFFECTED,
		.meltdown = PENG_UNAFFECTED,
	};
	int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu)
		smp_call_function_single(cpu, probe_cpu, &worst, 1);
	cpus_read_unlock();

	/* A call from EL2 reaches the firmware as SMC only. */
	if (worst.v2 == PENG_MITIGATED &&
	    arm_smccc_1_1_get_conduit() == SMCCC_CONDUIT_SMC)
		worst.exit_call = ARM_SMCCC_ARCH_WORKAROUND_1;
	peng_spectre = worst;
}
