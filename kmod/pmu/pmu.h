/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's performance monitors (PMUv3, Arm ARM D11), and what the host's own
 * perf needs to know of guests.
 *
 * Each counter that a guest lets count is an event of the host's perf, bound to the
 * thread that runs the vCPU and counting in the guest only. So perf shares the CPU's
 * counters out between host and guests, and follows the thread from CPU to CPU.
 *
 * The registers belong to the vCPU's thread in KVM_RUN, else to whoever holds
 * vcpu->lock. Handlers of overflows run in interrupts of the CPU on which the thread
 * runs, and touch only what is marked with "overflow" below.
 */
#ifndef PENG_PMU_PMU_H
#define PENG_PMU_PMU_H

#include <linux/atomic.h>
#include <linux/irq_work.h>
#include <linux/kvm.h>
#include <linux/sched.h>
#include <linux/types.h>

struct peng_pmu_host;
struct peng_vcpu;
struct peng_vm;
struct perf_event;
struct task_struct;

#define PENG_PMU_NR_COUNTERS	32
#define PENG_PMU_CYCLES		31	/* the cycle counter's number */

/**
 * struct peng_pmc - a counter
 * @base: its value is this and what @event has counted; overflow
 * @armed: value when the wait for the next overflow began; overflow
 * @event: counts for it; NULL where nothing does
 * @type: PMEVTYPER<n>_EL0 or PMCCFILTR_EL0
 * @idx: its number
 * @on: @event is enabled
 */
struct peng_pmc {
	atomic64_t base;
	u64 armed;
	struct perf_event *event;
	u32 type;
	u8 idx;
	bool on;
};

/**
 * struct peng_vcpu_pmu - a vCPU's PMU
 * @pmc: counters
 * @ovs: PMOVSSET_EL0; overflow
 * @cnten: PMCNTENSET_EL0
 * @inten: PMINTENSET_EL1
 * @pmcr: PMCR_EL0, the bits that are kept
 * @selr: PMSELR_EL0
 * @userenr: PMUSERENR_EL0
 * @host_userenr: the CPU's, during a turn with another @userenr than 0
 * @irq: number of the overflow interrupt; 0 before it is set
 * @created: by KVM_ARM_VCPU_PMU_V3_INIT
 * @level: of the interrupt, as the vGIC was told; interrupts masked
 * @stale: user space has changed registers: there are no events yet
 * @thread: to which the events are bound; NULL where there are none
 * @work: tells the vGIC for a handler that was an NMI
 */
struct peng_vcpu_pmu {
	struct peng_pmc pmc[PENG_PMU_NR_COUNTERS];
	unsigned long ovs;
	u32 cnten;
	u32 inten;
	u32 pmcr;
	u32 selr;
	u32 userenr;
	u64 host_userenr;
	int irq;
	bool created;
	bool level;
	bool stale;
	const struct task_struct *thread;
	struct irq_work work;
};

/* User space has changed registers, or another thread has to count. */
static inline bool peng_pmu_run_has_work(const struct peng_vcpu_pmu *pmu)
{
	return pmu->stale || (pmu->thread && pmu->thread != current);
}

/**
 * struct peng_vm_pmu - what all vCPUs of a VM have in common; under vm->lock until
 *	the VM runs, and constant then
 * @host: the host's PMU that counts; NULL before a vCPU has one
 * @filter: events that may be counted; NULL: all
 * @counters: PMCR_EL0.N
 * @bound: user space has chosen @host: vCPUs run on its CPUs only
 */
struct peng_vm_pmu {
	const struct peng_pmu_host *host;
	unsigned long *filter;
	u8 counters;
	bool bound;
};

/* Registers, as rows of the table of system registers name them: kind and number. */
enum peng_pmu_kind {
	PENG_PMU_PMCR,
	PENG_PMU_CNTENSET,
	PENG_PMU_CNTENCLR,
	PENG_PMU_INTENSET,
	PENG_PMU_INTENCLR,
	PENG_PMU_OVSSET,
	PENG_PMU_OVSCLR,
	PENG_PMU_SWINC,
	PENG_PMU_SELR,
	PENG_PMU_CEID,
	PENG_PMU_CNTR,
	PENG_PMU_TYPER,
	PENG_PMU_XCNTR,
	PENG_PMU_XTYPER,
	PENG_PMU_USERENR,
	PENG_PMU_MMIR,
	PENG_PMU_NR_KINDS,
};

#define PENG_PMU_REG(kind, n)	((kind) | (u64)(n) << 8)

/* What becomes of a guest's access. */
enum peng_pmu_access {
	PENG_PMU_DONE,
	PENG_PMU_UNDEF,
	PENG_PMU_TO_EL1,	/* PMUSERENR_EL0 keeps EL0 from it */
};

int peng_pmu_module_init(void);
void peng_pmu_module_exit(void);
/* Whether the host has what guests' PMUs are made of. */
bool peng_pmu_on_host(void);

void peng_pmu_vm_destroy(struct peng_vm *vm);
/* The VM's features are chosen; vm->lock held. */
void peng_pmu_vm_fix(struct peng_vm *vm);
void peng_pmu_vcpu_init(struct peng_vcpu *vcpu);
void peng_pmu_vcpu_reset(struct peng_vcpu *vcpu);
void peng_pmu_vcpu_destroy(struct peng_vcpu *vcpu);

/* First KVM_RUN of a vCPU, after timers and vGIC; vm->lock held. */
int peng_pmu_first_run(struct peng_vcpu *vcpu);
/* Begin of each KVM_RUN where peng_pmu_run_has_work(); by the thread, may sleep. */
void peng_pmu_run_begin(struct peng_vcpu *vcpu);
/* Whether the vCPU may run on the CPU that it is loaded on; true where none is bound. */
bool peng_pmu_cpu_allowed(const struct peng_vcpu *vcpu);

/*
 * Around a turn in the guest, interrupts masked: what perf counts for the host alone
 * stops, and what it counts for guests alone begins. peng_pmu_turn_end() comes
 * after the interrupt that ended the turn was taken.
 */
void peng_pmu_flush(struct peng_vcpu *vcpu);
void peng_pmu_sync(struct peng_vcpu *vcpu);
void peng_pmu_forget_turn(void);

/* perf asks peng where a sample was taken. */
extern bool peng_pmu_tells_perf;

static inline void peng_pmu_turn_end(void)
{
	if (unlikely(peng_pmu_tells_perf))
		peng_pmu_forget_turn();
}

/* The guest's MRS and MSR; user space's view. @reg is PENG_PMU_REG(). May sleep. */
enum peng_pmu_access peng_pmu_guest_read(struct peng_vcpu *vcpu, u64 reg, u64 *val);
enum peng_pmu_access peng_pmu_guest_write(struct peng_vcpu *vcpu, u64 reg, u64 val);
u64 peng_pmu_get_reg(struct peng_vcpu *vcpu, u64 reg);
void peng_pmu_set_reg(struct peng_vcpu *vcpu, u64 reg, u64 val);

/* vCPU attributes KVM_ARM_VCPU_PMU_V3_CTRL. */
int peng_pmu_has_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr);
int peng_pmu_set_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr);
int peng_pmu_get_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr);

#endif /* PENG_PMU_PMU_H */
