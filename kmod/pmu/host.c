// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's perf: which PMUs there are, which of its events count for the host alone
 * or for guests alone, and whether the CPU was in a guest when an event was sampled.
 *
 * perf tells its driver of such events, and the driver tells built-in KVM, which
 * switches them around its own guests. peng looks at the driver's list of the events
 * that are on the CPU (struct pmu_hw_events), which does not change while interrupts
 * are masked, and does the same for its guests.
 */
#include COMPAT_ARM_PMUV3_H
#include <linux/bitfield.h>
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/perf/arm_pmu.h>
#include <linux/perf_event.h>
#include <linux/smp.h>
#include <asm/barrier.h>
#include <asm/kvm_arm.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>

#include "../host/probe.h"
#include "../vcpu.h"
#include "../vm.h"
#include "internal.h"

#define MAX_PMUS	8

static struct peng_pmu_host pmus[MAX_PMUS] __ro_after_init;
static unsigned int nr_pmus __ro_after_init;
bool peng_pmu_tells_perf __ro_after_init;

static DEFINE_PER_CPU(const struct pmu_hw_events *, hw_events);
/* In its turn on this CPU; only where peng_pmu_tells_perf. */
static DEFINE_PER_CPU(const struct peng_vcpu *, in_turn);

bool peng_pmu_on_host(void)
{
	return nr_pmus;
}

/* The PMU of the CPU on which a VM is set up. */
const struct peng_pmu_host *peng_pmu_host_default(void)
{
	unsigned int i;

	for (i = 0; i < nr_pmus; i++)
		if (cpumask_test_cpu(raw_smp_processor_id(), &pmus[i].pmu->supported_cpus))
			return &pmus[i];
	return &pmus[0];
}

const struct peng_pmu_host *peng_pmu_host_by_type(int type)
{
	unsigned int i;

	for (i = 0; i < nr_pmus; i++)
		if ((int)pmus[i].pmu->pmu.type == type)
			return &pmus[i];
	return NULL;
}

bool peng_pmu_cpu_allowed(const struct peng_vcpu *vcpu)
{
	const struct peng_vm_pmu *pmu = &vcpu->vm->pmu;

	return likely(!pmu->bound) ||
	       cpumask_test_cpu(raw_smp_processor_id(), &pmu->host->pmu->supported_cpus);
}

/* Whether the events of a counter are switched where guest and host change places. */
static bool switched(const struct perf_event *event)
{
	/* At EL2 the driver's filters tell the host from the guest, but for EL0. */
	if (peng_host.vhe && event->attr.exclude_user)
		return false;
	return event->attr.exclude_host != event->attr.exclude_guest;
}

/* The event of a counter; the lower half of a chain has that of the upper one. */
static const struct perf_event *event_of(const struct pmu_hw_events *hw, unsigned int idx)
{
	if (!hw->events[idx] && idx + 1 < ARMPMU_MAX_HWEVENTS)
		idx++;
	return hw->events[idx];
}

static void sort_events(const struct pmu_hw_events *hw, struct peng_pmu_regs *regs)
{
	/* The interrupt of an event is enabled for as long as it counts at all. */
	u64 live = read_sysreg(pmintenset_el1);
	const struct perf_event *event;
	unsigned int idx, counter;

	for_each_set_bit(idx, hw->used_mask, ARMPMU_MAX_HWEVENTS) {
		event = event_of(hw, idx);
		if (!event || !switched(event) ||
		    !(live & BIT(compat_armpmu_counter(event->hw.idx))))
			continue;
		counter = compat_armpmu_counter(idx);
		if (event->attr.exclude_host)
			regs->guest_only |= BIT(counter);
		else
			regs->host_only |= BIT(counter);
	}
}

/* PMSELR_EL0 may select any counter, and 31 for PMCCFILTR_EL0. */
static void count_el0(unsigned long counters, bool yes)
{
	unsigned int i;

	for_each_set_bit(i, &counters, PENG_PMU_NR_COUNTERS) {
		write_sysreg(i, pmselr_el0);
		isb();
		sysreg_clear_set(pmxevtyper_el0, ARMV8_PMU_EXCLUDE_EL0,
				 yes ? 0 : ARMV8_PMU_EXCLUDE_EL0);
	}
	write_sysreg(0, pmselr_el0);
}

/*
 * Where the host is at EL1 too, counters are switched with the world, at EL2
 * (el2/nvhe/switch.c). Where it is at EL2, EL0 can only be the guest's until
 * interrupts are unmasked.
 */
static void switch_to_guest(const struct peng_pmu_regs *regs)
{
	if (!peng_host.vhe)
		return;
	count_el0(regs->host_only, false);
	count_el0(regs->guest_only, true);
}

static void switch_to_host(const struct peng_pmu_regs *regs)
{
	if (!peng_host.vhe)
		return;
	count_el0(regs->guest_only, false);
	count_el0(regs->host_only, true);
}

/* Out of line, for the many turns in which perf counts nothing. */
static noinline void switch_events(const struct pmu_hw_events *hw, struct peng_pmu_regs *regs)
{
	sort_events(hw, regs);
	switch_to_guest(regs);
}

/*
 * With the guest's PMUSERENR_EL0 an access from EL0 that it allows would not trap to
 * EL2, and with the host's one that it allows may go to the guest's EL1: let all
 * through to the trap. With 0 in both, EL1 is where they belong.
 */
static void flush_regs(struct peng_vcpu_pmu *pmu)
{
	if (pmu->userenr) {
		pmu->host_userenr = read_sysreg(pmuserenr_el0);
		write_sysreg(PMUSERENR_ALL, pmuserenr_el0);
	}
	/* PMXEVCNTR_EL0 of what is not there would be UNDEFINED before it traps. */
	write_sysreg(0, pmselr_el0);
}

/**
 * peng_pmu_flush() - counters and controls before a turn
 * @vcpu: vCPU
 *
 * Context: interrupts masked.
 */
void peng_pmu_flush(struct peng_vcpu *vcpu)
{
	const struct pmu_hw_events *hw = __this_cpu_read(hw_events);

	if (unlikely(hw && !bitmap_empty(hw->used_mask, ARMPMU_MAX_HWEVENTS)))
		switch_events(hw, &vcpu->ctx.pmu);
	if (peng_vm_has_feature(vcpu->vm, PENG_FEATURE_PMU))
		flush_regs(&vcpu->pmu);
	if (peng_pmu_tells_perf)
		__this_cpu_write(in_turn, vcpu);
}

/**
 * peng_pmu_sync() - undo peng_pmu_flush(), after a turn
 * @vcpu: vCPU
 *
 * Context: interrupts masked, as they were since.
 */
void peng_pmu_sync(struct peng_vcpu *vcpu)
{
	struct peng_pmu_regs *regs = &vcpu->ctx.pmu;

	if (unlikely(regs->guest_only | regs->host_only)) {
		switch_to_host(regs);
		regs->guest_only = 0;
		regs->host_only = 0;
	}
	if (vcpu->pmu.userenr)
		write_sysreg(vcpu->pmu.host_userenr, pmuserenr_el0);
}

/* The interrupt that ended the turn was taken. */
void peng_pmu_forget_turn(void)
{
	__this_cpu_write(in_turn, NULL);
}

/* Called by perf in the interrupt of a sample. */
static unsigned int guest_state(void)
{
	const struct peng_vcpu *vcpu = __this_cpu_read(in_turn);

	if (!vcpu)
		return 0;
	return PERF_GUEST_ACTIVE | (peng_vcpu_in_el0(vcpu) ? PERF_GUEST_USER : 0);
}

static unsigned long guest_ip(void)
{
	const struct peng_vcpu *vcpu = __this_cpu_read(in_turn);

	return vcpu ? vcpu->ctx.regs.pc : 0;
}

COMPAT_PERF_GUEST_CALLBACKS(guest_callbacks, guest_state, guest_ip);

struct cpu_pmu_regs {
	u64 pmcr;
	u64 ceid[2];
};

static void __init read_regs(void *arg)
{
	struct cpu_pmu_regs *regs = arg;

	regs->pmcr = read_sysreg(pmcr_el0);
	regs->ceid[0] = read_sysreg(pmceid0_el0);
	regs->ceid[1] = read_sysreg(pmceid1_el0);
}

/* An event that never counts shows which PMU perf has for a CPU. */
static struct arm_pmu * __init find_pmu(unsigned int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_RAW,
		.size = sizeof(attr),
		.config = ARMV8_PMUV3_PERFCTR_CPU_CYCLES,
		.disabled = 1,
	};
	struct perf_event *event;
	struct pmu *pmu;

	event = perf_event_create_kernel_counter(&attr, cpu, NULL, NULL, NULL);
	if (IS_ERR(event))
		return NULL;
	pmu = event->pmu;
	perf_event_release_kernel(event);
	/* Those that have events of this type are all drivers of a CPU's PMU. */
	return pmu->task_ctx_nr == perf_hw_context ? to_arm_pmu(pmu) : NULL;
}

static void __init add_pmu(struct arm_pmu *pmu, unsigned int cpu)
{
	struct peng_pmu_host *host = &pmus[nr_pmus];
	struct cpu_pmu_regs regs;

	if (nr_pmus == MAX_PMUS || !pmu->pmuver ||
	    pmu->pmuver == ID_AA64DFR0_EL1_PMUVer_IMP_DEF ||
	    smp_call_function_single(cpu, read_regs, &regs, true))
		return;
	host->pmu = pmu;
	host->ver = pmu->pmuver;
	host->counters = FIELD_GET(PMCR_N, regs.pmcr);
	host->ceid[0] = regs.ceid[0];
	host->ceid[1] = regs.ceid[1];
	nr_pmus++;
}

/* CPUs of a kind that is not online now have no events of which peng knows. */
static void __init find_pmus(void)
{
	struct arm_pmu *pmu;
	unsigned int cpu, other;

	for_each_online_cpu(cpu) {
		if (per_cpu(hw_events, cpu))
			continue;
		pmu = find_pmu(cpu);
		if (!pmu)
			continue;
		for_each_cpu(other, &pmu->supported_cpus)
			per_cpu(hw_events, other) = per_cpu_ptr(pmu->hw_events, other);
		add_pmu(pmu, cpu);
	}
}

/**
 * peng_pmu_module_init() - look for the host's PMUs; tell perf of guests
 *
 * perf has one who tells it of guests, and complains of a second: where KVM is
 * active, that is KVM.
 *
 * Context: load, after peng_ppi_init(); may sleep.
 * Return: 0.
 */
int __init peng_pmu_module_init(void)
{
	find_pmus();
	peng_pmu_tells_perf = !peng_host.kvm_present && !compat_perf_register(&guest_callbacks);
	return 0;
}

void peng_pmu_module_exit(void)
{
	if (peng_pmu_tells_perf)
		compat_perf_unregister(&guest_callbacks);
}
