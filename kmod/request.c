// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests, kicks and sleep of a vCPU; the rule that loses none is in
 * request.h.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/processor.h>
#include <linux/rcupdate.h>
#include <linux/rcuwait.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/time64.h>
#include <asm/arch_timer.h>
#include <asm/kvm_arm.h>

#include "host/probe.h"
#include "request.h"
#include "vcpu.h"
#include "vm.h"

/* As KVM/arm64: what a wake-up from sleep costs is worth about that much spinning. */
static unsigned int halt_poll_ns = 500000;
module_param(halt_poll_ns, uint, 0644);
MODULE_PARM_DESC(halt_poll_ns, "longest time that an idle vCPU spins before it sleeps; 0 for none");

#define FIRST_POLL_NS	10000U

/**
 * peng_request_make() - leave a request for a vCPU
 * @vcpu: whom
 * @req: what
 *
 * Does not kick. Full barrier: what was written before is seen by the vCPU's
 * thread when it sees the request. Any context.
 */
void peng_request_make(struct peng_vcpu *vcpu, enum peng_request req)
{
	/* Pairs with the barrier after clear_bit() in peng_request_test_clear(). */
	smp_mb__before_atomic();
	set_bit(req, &vcpu->requests);
	/* The request is there before a caller looks at what the vCPU is doing. */
	smp_mb__after_atomic();
}

/**
 * peng_request_test_clear() - take a request; the vCPU's own thread
 * @vcpu: itself
 * @req: which
 *
 * Return: whether it had been made.
 */
bool peng_request_test_clear(struct peng_vcpu *vcpu, enum peng_request req)
{
	if (!test_bit(req, &vcpu->requests))
		return false;
	clear_bit(req, &vcpu->requests);
	/* Pairs with the barrier before set_bit() in peng_request_make(). */
	smp_mb__after_atomic();
	return true;
}

/**
 * peng_vcpu_wake() - end the sleep of a vCPU
 * @vcpu: whom
 *
 * Context: any.
 */
void peng_vcpu_wake(struct peng_vcpu *vcpu)
{
	rcuwait_wake_up(&vcpu->wait);
}

/**
 * peng_vcpu_kick() - make a vCPU look for work
 * @vcpu: whom; may be the caller's own
 *
 * Wakes it where it sleeps; where it is in the guest, the interrupt that
 * kick_process() sends ends the guest's turn.
 *
 * Context: any, interrupts may be masked.
 */
void peng_vcpu_kick(struct peng_vcpu *vcpu)
{
	struct task_struct *thread;

	peng_vcpu_wake(vcpu);

	/* The work was published before; pairs with the store in run.c. */
	smp_mb();
	if (READ_ONCE(vcpu->mode) != PENG_IN_GUEST)
		return;

	rcu_read_lock();
	thread = rcu_dereference(vcpu->thread);
	if (thread)
		kick_process(thread);
	rcu_read_unlock();
}

/**
 * peng_request_all() - make a request of all vCPUs of a VM, and kick them
 * @vm: VM
 * @req: request
 *
 * Context: any.
 */
void peng_request_all(struct peng_vm *vm, enum peng_request req)
{
	struct peng_vcpu *vcpu;
	unsigned int i;

	peng_vm_for_each_vcpu(i, vcpu, vm) {
		peng_request_make(vcpu, req);
		peng_vcpu_kick(vcpu);
	}
}

/**
 * peng_vcpu_wake_pending() - is there what WFI wakes from?
 * @vcpu: not loaded, or the caller's own
 */
bool peng_vcpu_wake_pending(struct peng_vcpu *vcpu)
{
	return peng_vgic_pending(vcpu) || (vcpu->ctx.trap.hcr & HCR_VSE);
}

static bool may_run(struct peng_vcpu *vcpu)
{
	return peng_request_pending(vcpu) || peng_vcpu_wake_pending(vcpu) ||
	       READ_ONCE(vcpu->timers.over) ||
	       READ_ONCE(vcpu->run->immediate_exit__unsafe);
}

/*
 * Spin for as long as earlier waits make it likely to pay, and nobody needs the CPU. What
 * is seen late was spun for in vain, so the turns are short: no look at timers before one
 * of them expires. (An offset of the counter that user space changes meanwhile is heeded
 * when the spin ends.)
 */
static bool poll(struct peng_vcpu *vcpu, u64 start)
{
	u64 ticks = mul_u64_u32_div(min(vcpu->poll_ns, READ_ONCE(halt_poll_ns)),
				    peng_host.counter_freq, NSEC_PER_SEC);
	u64 expiry, now = start;

	/* For what it waits in a VM with a limit nobody pays. */
	if (!ticks || READ_ONCE(vcpu->vm->limited))
		return false;
	expiry = peng_timer_expiry(vcpu);
	while (now - start < ticks && single_task_running() && !need_resched()) {
		if (now >= expiry)
			peng_timer_poll(vcpu);
		if (may_run(vcpu) || signal_pending(current))
			return true;
		if (now >= expiry)
			expiry = peng_timer_expiry(vcpu);
		cpu_relax();
		now = __arch_counter_get_cntpct_stable();
	}
	return false;
}

/*
 * A wait that a longer spin would have covered makes the next spin longer; one
 * that no spin would have covered ends spinning.
 */
static void adapt_poll(struct peng_vcpu *vcpu, u64 waited_ns)
{
	unsigned int max_ns = READ_ONCE(halt_poll_ns);

	if (waited_ns > max_ns)
		vcpu->poll_ns = 0;
	else if (waited_ns > vcpu->poll_ns)
		vcpu->poll_ns = clamp(2 * vcpu->poll_ns, min(FIRST_POLL_NS, max_ns), max_ns);
}

static void sleep(struct peng_vcpu *vcpu)
{
	u64 start = ktime_get_ns();

	peng_vcpu_put(vcpu);
	peng_timer_block(vcpu);
	rcuwait_wait_event(&vcpu->wait, may_run(vcpu) || signal_pending(current),
			   TASK_INTERRUPTIBLE);
	peng_timer_unblock(vcpu);
	peng_stats_inc(vcpu->stats.halt_wakeup);
	peng_stats_add(vcpu->stats.halt_wait_ns, ktime_get_ns() - start);
	peng_vcpu_load(vcpu);
}

/**
 * peng_vcpu_block() - wait until there is something to do
 * @vcpu: the caller's own, loaded; it is put while it sleeps, but not while it spins
 *
 * Ends with an interrupt that the vCPU would take, a request, a signal,
 * immediate_exit, or the time that peng_timer_begin_wait() has set.
 *
 * Context: task; vcpu->lock held, preemption on.
 */
void peng_vcpu_block(struct peng_vcpu *vcpu)
{
	u64 start = __arch_counter_get_cntpct_stable();

	lockdep_assert_held(&vcpu->lock);

	/* What the guest would take is in the CPU. */
	if (vcpu->cpu >= 0)
		peng_el2->gic_refresh(&vcpu->ctx);
	peng_stats_add(vcpu->stats.halt_attempted_poll, !!vcpu->poll_ns);
	if (!poll(vcpu, start))
		sleep(vcpu);
	else
		peng_stats_inc(vcpu->stats.halt_successful_poll);
	adapt_poll(vcpu, mul_u64_u32_div(__arch_counter_get_cntpct_stable() - start,
					 NSEC_PER_SEC, peng_host.counter_freq));
}
