// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counters of a vCPU: events of the host's perf that count for them, their
 * overflows, and the interrupt. What software counts, SW_INCR and CHAIN, has no event.
 *
 * Handlers of overflows run with interrupts masked on the CPU of the vCPU's thread,
 * maybe as an NMI. What they share with the thread is atomic, or written by the
 * thread while the counter has no event.
 */
#include COMPAT_ARM_PMUV3_H
#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/perf/arm_pmu.h>
#include <linux/perf_event.h>
#include <linux/sched.h>

#include "../sysreg/sysreg.h"
#include "../vcpu.h"
#include "../vgic/vgic.h"
#include "../vm.h"
#include "internal.h"

/* perf takes no longer period. */
#define MAX_PERIOD	((1ULL << 63) - 1)

static struct peng_vcpu *pmc_vcpu(struct peng_pmc *pmc)
{
	return container_of(pmc - pmc->idx, struct peng_vcpu, pmu.pmc[0]);
}

u32 peng_pmu_valid(const struct peng_vcpu *vcpu)
{
	return BIT(PENG_PMU_CYCLES) | (BIT(vcpu->vm->pmu.counters) - 1);
}

static u32 enabled(const struct peng_vcpu *vcpu)
{
	const struct peng_vcpu_pmu *pmu = &vcpu->pmu;

	return pmu->pmcr & ARMV8_PMU_PMCR_E ? pmu->cnten & peng_pmu_valid(vcpu) : 0;
}

/* Event counters have 64 bits from PMUv3p5 on; the cycle counter always has. */
static bool is_long(const struct peng_vcpu *vcpu, unsigned int idx)
{
	return idx == PENG_PMU_CYCLES ||
	       peng_sysreg_pmuver(vcpu->vm) >= ID_AA64DFR0_EL1_PMUVer_V3P5;
}

static bool overflows_at_64(const struct peng_vcpu *vcpu, unsigned int idx)
{
	u32 bit = idx == PENG_PMU_CYCLES ? ARMV8_PMU_PMCR_LC : ARMV8_PMU_PMCR_LP;

	return is_long(vcpu, idx) && vcpu->pmu.pmcr & bit;
}

static u32 event_of(const struct peng_vcpu *vcpu, const struct peng_pmc *pmc)
{
	if (pmc->idx == PENG_PMU_CYCLES)
		return ARMV8_PMUV3_PERFCTR_CPU_CYCLES;
	return pmc->type & peng_pmu_event_mask(peng_sysreg_pmuver(vcpu->vm));
}

/* How much is counted until the counter overflows; 0 for 2^64. */
static u64 until_overflow(const struct peng_vcpu *vcpu, unsigned int idx, u64 value)
{
	if (overflows_at_64(vcpu, idx))
		return -value;
	return BIT_ULL(32) - lower_32_bits(value);
}

static u64 period_of(const struct peng_vcpu *vcpu, const struct peng_pmc *pmc)
{
	u64 left = until_overflow(vcpu, pmc->idx, pmc->armed);

	return left ? min_t(u64, left, MAX_PERIOD) : MAX_PERIOD;
}

void peng_pmu_update_line(struct peng_vcpu *vcpu)
{
	struct peng_vcpu_pmu *pmu = &vcpu->pmu;
	unsigned long flags;
	bool level;

	if (!pmu->irq || !pmu->created)
		return;
	local_irq_save(flags);
	level = pmu->pmcr & ARMV8_PMU_PMCR_E && READ_ONCE(pmu->ovs) & pmu->inten;
	if (level != pmu->level) {
		pmu->level = level;
		peng_vgic_inject(vcpu->vm, pmu->irq < PENG_VGIC_NR_PRIVATE ? vcpu : NULL,
				 pmu->irq, level);
	}
	local_irq_restore(flags);
}

static void work_fn(struct irq_work *work)
{
	peng_pmu_update_line(container_of(work, struct peng_vcpu, pmu.work));
}

/* An even counter that overflows at 32 bits is counted by the odd one above it. */
static void overflow(struct peng_vcpu *vcpu, unsigned int idx)
{
	set_bit(idx, &vcpu->pmu.ovs);
	if (!(idx & 1) && !overflows_at_64(vcpu, idx))
		peng_pmu_increment(vcpu, BIT(idx + 1), ARMV8_PMUV3_PERFCTR_CHAIN);
}

void peng_pmu_increment(struct peng_vcpu *vcpu, u32 mask, u32 event)
{
	unsigned long counters = mask & enabled(vcpu) & ~BIT(PENG_PMU_CYCLES);
	struct peng_pmc *pmc;
	unsigned int i;
	u64 value;

	for_each_set_bit(i, &counters, PENG_PMU_NR_COUNTERS) {
		pmc = &vcpu->pmu.pmc[i];
		if (event_of(vcpu, pmc) != event)
			continue;
		value = atomic64_inc_return(&pmc->base);
		if (overflows_at_64(vcpu, i) ? !value : !lower_32_bits(value))
			overflow(vcpu, i);
	}
}

/* perf: the period is over, in an interrupt or NMI on the CPU of the vCPU's thread. */
static void handle_overflow(struct perf_event *event, struct perf_sample_data *data,
			    struct pt_regs *regs)
{
	struct peng_pmc *pmc = event->overflow_handler_context;
	struct peng_vcpu *vcpu = pmc_vcpu(pmc);
	u64 value, left, period;

	event->pmu->stop(event, PERF_EF_UPDATE);
	value = atomic64_read(&pmc->base) + local64_read(&event->count);
	left = until_overflow(vcpu, pmc->idx, pmc->armed);
	if (left && value - pmc->armed >= left)
		overflow(vcpu, pmc->idx);

	/* From here to the next. */
	pmc->armed = value;
	period = period_of(vcpu, pmc);
	event->attr.sample_period = period;
	event->hw.sample_period = period;
	local64_set(&event->hw.period_left, 0);
	event->pmu->start(event, PERF_EF_RELOAD);

	if (in_nmi())
		irq_work_queue(&vcpu->pmu.work);
	else
		peng_pmu_update_line(vcpu);
}

static u64 value_of(const struct peng_pmc *pmc)
{
	u64 value = atomic64_read(&pmc->base);
	u64 total_on, total_running;

	if (pmc->event)
		value += perf_event_read_value(pmc->event, &total_on, &total_running);
	return value;
}

static void stop(struct peng_pmc *pmc)
{
	if (!pmc->event)
		return;
	perf_event_disable(pmc->event);
	atomic64_set(&pmc->base, value_of(pmc));
	perf_event_release_kernel(pmc->event);
	pmc->event = NULL;
	pmc->on = false;
}

static bool allowed(const struct peng_vcpu *vcpu, u32 event)
{
	const unsigned long *filter = vcpu->vm->pmu.filter;

	return !filter || test_bit(event, filter);
}

/* EL1 and EL0 of a guest that has EL3 are not secure: the bits for those say "unlike". */
static bool excludes(u32 type, u32 all, u32 non_secure)
{
	return !(type & all) != !(type & non_secure);
}

/* Where perf has no event for it, the counter does not count. */
static void start(struct peng_vcpu *vcpu, struct peng_pmc *pmc)
{
	u32 config = event_of(vcpu, pmc);
	struct perf_event_attr attr = {
		.type = vcpu->vm->pmu.host->pmu->pmu.type,
		.size = sizeof(attr),
		.config = config,
		.pinned = 1,
		.exclude_user = excludes(pmc->type, ARMV8_PMU_EXCLUDE_EL0,
					 EXCLUDE_NS_EL0),
		.exclude_kernel = excludes(pmc->type, ARMV8_PMU_EXCLUDE_EL1,
					   EXCLUDE_NS_EL1),
		.exclude_hv = 1,
		.exclude_host = 1,
	};
	struct perf_event *event;

	if (config == ARMV8_PMUV3_PERFCTR_SW_INCR || config == ARMV8_PMUV3_PERFCTR_CHAIN ||
	    !allowed(vcpu, config))
		return;
	pmc->armed = atomic64_read(&pmc->base);
	attr.sample_period = period_of(vcpu, pmc);
	event = perf_event_create_kernel_counter(&attr, -1, current, handle_overflow, pmc);
	if (IS_ERR(event))
		return;
	pmc->event = event;
	pmc->on = true;
	vcpu->pmu.thread = current;
}

u64 peng_pmc_read(struct peng_vcpu *vcpu, struct peng_pmc *pmc)
{
	u64 value = value_of(pmc);

	return is_long(vcpu, pmc->idx) ? value : lower_32_bits(value);
}

static void start_if_enabled(struct peng_vcpu *vcpu, struct peng_pmc *pmc)
{
	if (enabled(vcpu) & BIT(pmc->idx))
		start(vcpu, pmc);
}

/*
 * The event is kept: a guest that samples writes the counter after each overflow.
 * It counts nothing while the host runs, but an overflow that it had may come late.
 */
static bool write_counting(struct peng_vcpu *vcpu, struct peng_pmc *pmc, u64 val)
{
	u64 counted = value_of(pmc) - atomic64_read(&pmc->base);
	unsigned long flags;

	local_irq_save(flags);
	atomic64_set(&pmc->base, val - counted);
	pmc->armed = val;
	local_irq_restore(flags);
	return !perf_event_period(pmc->event, period_of(vcpu, pmc));
}

void peng_pmc_write(struct peng_vcpu *vcpu, struct peng_pmc *pmc, u64 val)
{
	if (!is_long(vcpu, pmc->idx))
		val = lower_32_bits(val);
	if (pmc->event && write_counting(vcpu, pmc, val))
		return;
	stop(pmc);
	atomic64_set(&pmc->base, val);
	start_if_enabled(vcpu, pmc);
}

void peng_pmc_set_type(struct peng_vcpu *vcpu, struct peng_pmc *pmc, u32 type)
{
	if (pmc->type == type)
		return;
	stop(pmc);
	pmc->type = type;
	start_if_enabled(vcpu, pmc);
}

/*
 * A guest that switches its tasks turns all counters off and on: events are kept
 * meanwhile.
 */
void peng_pmu_update(struct peng_vcpu *vcpu)
{
	u32 want = enabled(vcpu);
	struct peng_pmc *pmc;
	unsigned int i;

	for (i = 0; i < PENG_PMU_NR_COUNTERS; i++) {
		pmc = &vcpu->pmu.pmc[i];
		if (want & BIT(i) && !pmc->event) {
			start(vcpu, pmc);
		} else if (pmc->event && pmc->on != !!(want & BIT(i))) {
			pmc->on = !pmc->on;
			if (pmc->on)
				perf_event_enable(pmc->event);
			else
				perf_event_disable(pmc->event);
		}
	}
	peng_pmu_update_line(vcpu);
}

void peng_pmu_park(struct peng_vcpu *vcpu)
{
	unsigned int i;

	for (i = 0; i < PENG_PMU_NR_COUNTERS; i++)
		stop(&vcpu->pmu.pmc[i]);
	vcpu->pmu.thread = NULL;
}

/**
 * peng_pmu_run_begin() - make the events that the registers ask for
 * @vcpu: vCPU, run by this thread, for which peng_pmu_run_has_work()
 *
 * Context: vcpu->lock held; may sleep.
 */
void peng_pmu_run_begin(struct peng_vcpu *vcpu)
{
	struct peng_vcpu_pmu *pmu = &vcpu->pmu;

	if (pmu->thread && pmu->thread != current)
		peng_pmu_park(vcpu);
	pmu->stale = false;
	pmu->ovs &= peng_pmu_valid(vcpu);
	pmu->cnten &= peng_pmu_valid(vcpu);
	pmu->inten &= peng_pmu_valid(vcpu);
	peng_pmu_update(vcpu);
}

void peng_pmu_vcpu_init(struct peng_vcpu *vcpu)
{
	unsigned int i;

	for (i = 0; i < PENG_PMU_NR_COUNTERS; i++)
		vcpu->pmu.pmc[i].idx = i;
	init_irq_work(&vcpu->pmu.work, work_fn);
}

/* Off; the vGIC's side of the line falls with peng_vgic_vcpu_reset(). */
void peng_pmu_vcpu_reset(struct peng_vcpu *vcpu)
{
	struct peng_vcpu_pmu *pmu = &vcpu->pmu;
	unsigned int i;

	if (!peng_vm_has_feature(vcpu->vm, PENG_FEATURE_PMU))
		return;
	peng_pmu_park(vcpu);
	irq_work_sync(&pmu->work);
	for (i = 0; i < PENG_PMU_NR_COUNTERS; i++) {
		atomic64_set(&pmu->pmc[i].base, 0);
		pmu->pmc[i].type = 0;
	}
	pmu->ovs = 0;
	pmu->cnten = 0;
	pmu->inten = 0;
	pmu->selr = 0;
	pmu->userenr = 0;
	pmu->pmcr = peng_sysreg_aarch32_el0() ? 0 : ARMV8_PMU_PMCR_LC;
	pmu->level = false;
}

void peng_pmu_vcpu_destroy(struct peng_vcpu *vcpu)
{
	peng_pmu_park(vcpu);
	irq_work_sync(&vcpu->pmu.work);
}

void peng_pmu_vm_fix(struct peng_vm *vm)
{
	lockdep_assert_held(&vm->lock);

	if (!peng_vm_has_feature(vm, PENG_FEATURE_PMU))
		return;
	vm->pmu.host = peng_pmu_host_default();
	vm->pmu.counters = vm->pmu.host->counters;
}

void peng_pmu_vm_destroy(struct peng_vm *vm)
{
	bitmap_free(vm->pmu.filter);
}
