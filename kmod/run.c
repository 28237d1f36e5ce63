// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_RUN: the loop, and nothing else.
 *
 * A turn is one stay in the guest, with every exit that the two fast tiers
 * finish. Between turns interrupts are on, requests are served, and the slow
 * tier runs. The caller holds vcpu->lock.
 */
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/kvm_host.h>
#include <linux/lockdep.h>
#include <linux/sched/signal.h>
#include <linux/task_work.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "debug/debug.h"
#include "el2/el2.h"
#include "exit.h"
#include "fp/fp.h"
#include "io/mmio.h"
#include "limit.h"
#include "pmu/pmu.h"
#include "registry.h"
#include "request.h"
#include "timer/timer.h"
#include "trace.h"
#include "vcpu.h"
#include "vgic/vgic.h"
#include "vm.h"

static enum peng_verdict leave_intr(struct peng_vcpu *vcpu)
{
	peng_stats_inc(vcpu->stats.signals);
	vcpu->run->exit_reason = KVM_EXIT_INTR;
	return peng_exit_errno(vcpu, -EINTR);
}

/*
 * Work that only a return to user space does (NUMA scans, delayed fput) must
 * not wait for as long as the guest stays in its loop; a client calls KVM_RUN
 * again after -EINTR.
 */
static bool must_leave(void)
{
	return signal_pending(current) ||
	       (test_thread_flag(TIF_NOTIFY_RESUME) && task_work_pending(current));
}

static bool powered_on(struct peng_vcpu *vcpu)
{
	return READ_ONCE(vcpu->mp_state) == KVM_MP_STATE_RUNNABLE;
}

/* Of a dead VM the caller hears, as it does of requests. */
static bool may_start(struct peng_vcpu *vcpu)
{
	return powered_on(vcpu) || READ_ONCE(vcpu->vm->dead);
}

/* Not loaded meanwhile; false where the thread has to leave before @goes_on is true. */
static bool sleep_until(struct peng_vcpu *vcpu, bool (*goes_on)(struct peng_vcpu *vcpu))
{
	peng_vcpu_put(vcpu);
	rcuwait_wait_event(&vcpu->wait,
			   goes_on(vcpu) || signal_pending(current) ||
			   READ_ONCE(vcpu->run->immediate_exit__unsafe),
			   TASK_INTERRUPTIBLE);
	peng_exit_stats_forget(&vcpu->exits);
	peng_vcpu_load(vcpu);
	return goes_on(vcpu);
}

/* Powered off: sleep until PSCI CPU_ON, KVM_SET_MP_STATE or a signal. */
static enum peng_verdict sleep_powered_off(struct peng_vcpu *vcpu)
{
	return sleep_until(vcpu, may_start) ? PENG_RESUME : leave_intr(vcpu);
}

static enum peng_verdict exit_wakeup(struct peng_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	memset(&run->system_event, 0, sizeof(run->system_event));
	run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	run->system_event.type = KVM_SYSTEM_EVENT_WAKEUP;
	vcpu->run_ret = 0;
	return PENG_USER;
}

/*
 * KVM_MP_STATE_SUSPENDED: wakes as from WFI, and then it is up to user space to
 * end the state. A request ends the sleep, too, and nothing else.
 */
static enum peng_verdict sleep_suspended(struct peng_vcpu *vcpu)
{
	peng_vcpu_block(vcpu);
	if (READ_ONCE(vcpu->mp_state) != KVM_MP_STATE_SUSPENDED)
		return PENG_RESUME;
	if (peng_vcpu_wake_pending(vcpu))
		return exit_wakeup(vcpu);
	if (signal_pending(current) || READ_ONCE(vcpu->run->immediate_exit__unsafe))
		return leave_intr(vcpu);
	return PENG_RESUME;
}

static enum peng_verdict sleep_by_state(struct peng_vcpu *vcpu)
{
	if (READ_ONCE(vcpu->mp_state) == KVM_MP_STATE_SUSPENDED)
		return sleep_suspended(vcpu);
	return sleep_powered_off(vcpu);
}

static bool may_go_on(struct peng_vcpu *vcpu)
{
	return !READ_ONCE(vcpu->vm->paused) || READ_ONCE(vcpu->vm->dead);
}

/*
 * As if user space did not call KVM_RUN: the counter goes on, timers that expire
 * and interrupts that come are found later. Who leaves before the VM is resumed
 * has the request again, for the next KVM_RUN.
 */
static enum peng_verdict wait_paused(struct peng_vcpu *vcpu)
{
	if (!may_go_on(vcpu) && !sleep_until(vcpu, may_go_on)) {
		peng_request_make(vcpu, PENG_REQ_PAUSE);
		return leave_intr(vcpu);
	}
	return READ_ONCE(vcpu->vm->dead) ? peng_exit_errno(vcpu, -EIO) : PENG_RESUME;
}

static bool may_compute(struct peng_vcpu *vcpu)
{
	return peng_limit_granted(vcpu) || peng_request_pending(vcpu);
}

/*
 * As if somebody else had the CPU, so guests find it in their stolen time. Who hears
 * of a request meanwhile serves that, and then comes back to the end of the queue.
 */
static enum peng_verdict pay_for_time(struct peng_vcpu *vcpu)
{
	bool goes_on;
	u64 begin;

	if (peng_limit_charge(vcpu))
		return PENG_RESUME;
	begin = ktime_get_ns();
	goes_on = sleep_until(vcpu, may_compute);
	peng_limit_end_wait(vcpu, ktime_get_ns() - begin);
	return goes_on ? PENG_RESUME : leave_intr(vcpu);
}

static inline enum peng_verdict serve_requests(struct peng_vcpu *vcpu)
{
	if (READ_ONCE(vcpu->vm->dead))
		return peng_exit_errno(vcpu, -EIO);

	if (likely(!peng_request_pending(vcpu)))
		return PENG_RESUME;

	peng_request_test_clear(vcpu, PENG_REQ_SLEEP);
	peng_request_test_clear(vcpu, PENG_REQ_IRQ);
	peng_request_test_clear(vcpu, PENG_REQ_LIMIT);
	if (unlikely(peng_ring_exit_full(vcpu)))
		return PENG_USER;
	if (peng_request_test_clear(vcpu, PENG_REQ_RELOAD) ||
	    test_bit(PENG_REQ_RESET, &vcpu->requests)) {
		peng_vcpu_put(vcpu);
		peng_vcpu_apply_reset(vcpu);
		peng_vcpu_load(vcpu);
	}
	if (peng_request_test_clear(vcpu, PENG_REQ_PAUSE))
		return wait_paused(vcpu);
	return PENG_RESUME;
}

/* Everything that may sleep or send the thread back, before a turn. */
static enum peng_verdict prepare_turn(struct peng_vcpu *vcpu)
{
	enum peng_verdict verdict;

	cond_resched();
	if (unlikely(must_leave()))
		return leave_intr(vcpu);
	while (unlikely(!powered_on(vcpu))) {
		verdict = sleep_by_state(vcpu);
		if (verdict == PENG_RESUME)
			verdict = serve_requests(vcpu);
		if (verdict != PENG_RESUME)
			return verdict;
	}
	verdict = serve_requests(vcpu);
	if (verdict == PENG_RESUME && unlikely(vcpu->vm->pmu.bound) &&
	    !peng_pmu_cpu_allowed(vcpu))
		return peng_exit_cpu(vcpu);
	if (verdict == PENG_RESUME && unlikely(READ_ONCE(vcpu->vm->limited)))
		verdict = pay_for_time(vcpu);
	/* Writes guest memory: not while there is no room in the ring. */
	if (verdict == PENG_RESUME && vcpu->pvtime.base != PENG_PVTIME_NO_BASE)
		peng_pvtime_update(vcpu);
	return verdict;
}

/* Not traceable: between the two, RCU does not watch this CPU. */
static noinline noinstr enum peng_exit enter_unwatched(struct peng_context *ctx)
{
	enum peng_exit exit;

	guest_state_enter_irqoff();
	exit = peng_el2->enter(ctx);
	guest_state_exit_irqoff();
	return exit;
}

/*
 * Where RCU watches this CPU all the time, it is told of the stay once for each
 * turn (take_turn()), and an entry costs nothing more.
 */
static inline enum peng_exit enter_guest(struct peng_context *ctx)
{
	if (IS_ENABLED(CONFIG_PROVE_LOCKING) || context_tracking_enabled_this_cpu())
		return enter_unwatched(ctx);
	return peng_el2->enter(ctx);
}

static inline enum peng_verdict exit_fast(struct peng_vcpu *vcpu)
{
	peng_exit_fn fn = peng_exit_fast[ESR_ELx_EC(peng_vcpu_esr(vcpu))];

	return fn ? fn(vcpu) : PENG_SLOW;
}

/*
 * Enter, and go on entering for as long as the fast tiers finish the exits and
 * nobody wants anything. An interrupt for the host is pending all the while and
 * ends the guest at once.
 */
static enum peng_verdict run_guest(struct peng_vcpu *vcpu)
{
	struct peng_context *ctx = &vcpu->ctx;
	enum peng_verdict verdict;

	do {
		trace_peng_entry(vcpu->idx, ctx->regs.pc);
		peng_exit_stats_enter(&vcpu->exits);
		ctx->exit = enter_guest(ctx);
		peng_exit_stats_leave(&vcpu->exits, ctx);
		peng_stats_inc(vcpu->stats.exits);
		trace_peng_exit(vcpu->idx, ctx->regs.pc, ctx->exit, ctx->fault.esr);

		verdict = PENG_SLOW;
		if (likely(ctx->exit == PENG_EXIT_SYNC && !ctx->fault.disr))
			verdict = exit_fast(vcpu);
	} while (verdict == PENG_RESUME && !peng_request_pending(vcpu));

	return verdict;
}

/* Counters, or who may use them, are to be the host's again. */
static bool pmu_was_switched(const struct peng_vcpu *vcpu)
{
	return vcpu->ctx.pmu.guest_only | vcpu->ctx.pmu.host_only | vcpu->pmu.userenr;
}

/*
 * A thread of the host that had the CPU before may have left it in streaming mode
 * (SME's PSTATE.SM). There an SVE instruction of the guest is one of SME, which its own
 * CPACR_EL1 forbids: it would trap to the guest, who knows of no such thing, and not to
 * EL2. kernel_neon_begin() saves what is of that mode, and ends it.
 */
static inline bool fp_in_the_way(void)
{
	return compat_host_streams();
}

static enum peng_verdict take_turn(struct peng_vcpu *vcpu)
{
	enum peng_verdict verdict = PENG_RESUME;
	u64 begin;

	preempt_disable();
	peng_vcpu_load_turn(vcpu);
	if (vcpu->fp_wanted || fp_in_the_way())
		peng_fp_begin(vcpu);
	local_irq_disable();

	/*
	 * From here on whoever has work for this vCPU sends an interrupt; what
	 * came earlier is seen below. Pairs with peng_vcpu_kick().
	 */
	smp_store_mb(vcpu->mode, PENG_IN_GUEST);
	if (!peng_request_pending(vcpu) && !signal_pending(current) && !need_resched()) {
		peng_timer_flush(vcpu);
		peng_vgic_flush(vcpu);
		peng_pmu_flush(vcpu);
		guest_timing_enter_irqoff();
		rcu_virt_note_context_switch();
		/* The host's own count is wrong while softirqs are off, as they are for FP. */
		begin = read_sysreg(cntvct_el0);
		verdict = run_guest(vcpu);
		peng_stats_add(vcpu->stats.guest_ticks, read_sysreg(cntvct_el0) - begin);
		WRITE_ONCE(vcpu->mode, PENG_OUTSIDE_GUEST);
		if (unlikely(pmu_was_switched(vcpu)))
			peng_pmu_sync(vcpu);
		peng_vgic_sync(vcpu);
		peng_timer_sync(vcpu);

		/* The interrupt that ended the turn is guest time; let it come. */
		local_irq_enable();
		local_irq_disable();
		peng_pmu_turn_end();
		guest_timing_exit_irqoff();
	}
	WRITE_ONCE(vcpu->mode, PENG_OUTSIDE_GUEST);

	local_irq_enable();
	if (vcpu->ctx.fp_allowed)
		peng_fp_end(vcpu);
	peng_vcpu_put_turn(vcpu);
	preempt_enable();
	return verdict;
}

static void sigmask_enter(struct peng_vcpu *vcpu)
{
	/*
	 * Only current writes its ->real_blocked, and it stays a subset of
	 * ->blocked, so signals that the mask lets through end the sleep.
	 */
	if (vcpu->sigmask_active)
		sigprocmask(SIG_SETMASK, &vcpu->sigmask, &current->real_blocked);
}

static void sigmask_leave(struct peng_vcpu *vcpu)
{
	if (!vcpu->sigmask_active)
		return;
	sigprocmask(SIG_SETMASK, &current->real_blocked, NULL);
	sigemptyset(&current->real_blocked);
}

/* Fix what guests could see change, and check that the VM is complete. */
static int first_run(struct peng_vcpu *vcpu)
{
	struct peng_vm *vm = vcpu->vm;
	bool starts = false;
	int ret = 0;

	if (!peng_sve_vcpu_complete(vcpu))
		return -EPERM;
	mutex_lock(&vm->lock);
	if (peng_vgic_present(vm))
		ret = peng_vgic_map_resources(vm);
	if (!ret)
		ret = peng_timer_first_run(vcpu);
	if (!ret)
		ret = peng_pmu_first_run(vcpu);
	if (!ret) {
		starts = !vm->ran;
		WRITE_ONCE(vm->ran, true);
		vcpu->ran = true;
	}
	/* Under the lock, for the order of the events. */
	if (starts)
		peng_registry_tell(vm, PENG_VM_STARTED);
	mutex_unlock(&vm->lock);
	return ret;
}

static void run_loop(struct peng_vcpu *vcpu)
{
	enum peng_verdict verdict;

	rcu_assign_pointer(vcpu->thread, current);
	peng_vcpu_load(vcpu);
	do {
		verdict = prepare_turn(vcpu);
		if (verdict == PENG_RESUME)
			verdict = take_turn(vcpu);
		if (verdict == PENG_SLOW)
			verdict = peng_exit_slow(vcpu);
	} while (verdict == PENG_RESUME);
	peng_vcpu_put(vcpu);
	RCU_INIT_POINTER(vcpu->thread, NULL);

	if (verdict == PENG_DEAD) {
		peng_vm_fail(vcpu->vm);
		vcpu->run_ret = -EIO;
		peng_registry_tell_fault(vcpu, PENG_FAULT_DEFECT, -EIO);
	}
}

/* With the signals that user space wants to end it. */
static void run_unmasked(struct peng_vcpu *vcpu)
{
	vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;
	vcpu->run->flags = 0;
	vcpu->run_ret = 0;
	sigmask_enter(vcpu);
	run_loop(vcpu);
	sigmask_leave(vcpu);
}

/**
 * peng_vcpu_run() - KVM_RUN
 * @vcpu: vCPU, initialised
 *
 * Context: ioctl; vcpu->lock held.
 * Return: 0 with kvm_run filled in, or -errno.
 */
long peng_vcpu_run(struct peng_vcpu *vcpu)
{
	int ret;

	lockdep_assert_held(&vcpu->lock);

	if (unlikely(!vcpu->ran)) {
		ret = first_run(vcpu);
		if (ret)
			return ret;
	}

	peng_stats_note_runner(vcpu);
	peng_exit_stats_user_end(&vcpu->exits);
	peng_debug_run_begin(vcpu);
	if (unlikely(peng_pmu_run_has_work(&vcpu->pmu)))
		peng_pmu_run_begin(vcpu);
	peng_mmio_complete(vcpu);
	if (READ_ONCE(vcpu->run->immediate_exit__unsafe))
		vcpu->run_ret = -EINTR;
	else
		run_unmasked(vcpu);
	peng_debug_run_end(vcpu);
	peng_exit_stats_user_begin(&vcpu->exits);
	return vcpu->run_ret;
}
