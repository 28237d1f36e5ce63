// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM's quota of CPU time. It lies in the VM, and a vCPU takes a slice of it at a
 * time, so that the VM's lock is taken for a slice and not for an exit. What a vCPU
 * has used is looked at between its turns, which the host's tick ends: by up to a
 * turn it uses more than it has, and owes that to the periods that come.
 *
 * To whom nothing is left waits in KVM_RUN, in a queue: first come, first served, or
 * a small quota would go to the same vCPU again and again.
 *
 * Lock: vm->limit.lock, within which are only the kernel's own, for timer and wakeup.
 */
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/time64.h>
#include <asm/sysreg.h>

#include "host/probe.h"
#include "limit.h"
#include "request.h"
#include "vcpu.h"
#include "vm.h"

/* Few enough to notice when others want the rest, many enough to be rare. */
#define SLICE_NS	(5 * NSEC_PER_MSEC)

/*
 * The timer forces a guest out at the end of a period. Who has used more in one go
 * did not do it: the machine stood still, and the guest shall not for as long again.
 */
#define MAX_DEBT_NS(limit)	((s64)((limit)->period_ns + SLICE_NS))

static u64 ticks_to_ns(u64 ticks)
{
	return mul_u64_u32_div(ticks, NSEC_PER_SEC, peng_host.counter_freq);
}

void peng_limit_vcpu_load(struct peng_vcpu *vcpu)
{
	vcpu->limit.loaded_at = read_sysreg(cntvct_el0);
}

void peng_limit_vcpu_put(struct peng_vcpu *vcpu)
{
	vcpu->limit.loaded_ticks += read_sysreg(cntvct_el0) - vcpu->limit.loaded_at;
}

/* CPU time of the vCPU up to now; its own thread. */
static u64 used_ticks(struct peng_vcpu *vcpu)
{
	u64 ticks;

	/* Or the thread loses its CPU between the two. */
	preempt_disable();
	ticks = vcpu->limit.loaded_ticks;
	if (vcpu->cpu >= 0)
		ticks += read_sysreg(cntvct_el0) - vcpu->limit.loaded_at;
	preempt_enable();
	return ticks;
}

/* What a vCPU owes and a slice, or as much of it as there is. */
static void take_slice(struct peng_vm_limit *limit, struct peng_vcpu_limit *own)
{
	u64 want = SLICE_NS - own->left_ns, taken = min(want, limit->left_ns);

	lockdep_assert_held(&limit->lock);

	limit->left_ns -= taken;
	own->left_ns += taken;
}

static void stop_waiting(struct peng_vcpu *vcpu)
{
	lockdep_assert_held(&vcpu->vm->limit.lock);

	list_del(&vcpu->limit.waiter);
	WRITE_ONCE(vcpu->limit.waits, false);
}

static void serve_waiters(struct peng_vm_limit *limit)
{
	struct peng_vcpu *vcpu, *next;

	lockdep_assert_held(&limit->lock);

	list_for_each_entry_safe(vcpu, next, &limit->waiters, limit.waiter) {
		take_slice(limit, &vcpu->limit);
		if (vcpu->limit.left_ns <= 0)
			break;
		stop_waiting(vcpu);
		peng_vcpu_wake(vcpu);
	}
}

/* A guest on a CPU without a tick may never come out of its own accord. */
static bool kick_running(struct peng_vm *vm)
{
	struct peng_vcpu *vcpu;
	bool running = false;
	unsigned int i;

	peng_vm_for_each_vcpu(i, vcpu, vm) {
		if (READ_ONCE(vcpu->mode) != PENG_IN_GUEST)
			continue;
		running = true;
		peng_vcpu_kick(vcpu);
	}
	return running;
}

static enum hrtimer_restart refill_fn(struct hrtimer *refill)
{
	struct peng_vm *vm = container_of(refill, struct peng_vm, limit.refill);
	struct peng_vm_limit *limit = &vm->limit;
	bool active = kick_running(vm);
	unsigned long flags;

	raw_spin_lock_irqsave(&limit->lock, flags);
	if (!list_empty(&limit->waiters))
		WRITE_ONCE(limit->nr_throttled, limit->nr_throttled + 1);
	/* Nobody runs and nobody has: the next to come starts it again. */
	active = limit->quota_ns && (active || limit->left_ns < limit->quota_ns);
	limit->ticking = active;
	limit->left_ns = limit->quota_ns;
	serve_waiters(limit);
	if (active)
		hrtimer_forward_now(refill, ns_to_ktime(limit->period_ns));
	raw_spin_unlock_irqrestore(&limit->lock, flags);
	return active ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

static void start_ticking(struct peng_vm_limit *limit)
{
	lockdep_assert_held(&limit->lock);

	if (limit->ticking)
		return;
	limit->ticking = true;
	hrtimer_start(&limit->refill, ns_to_ktime(limit->period_ns), HRTIMER_MODE_REL_HARD);
}

/* Whether it may go on; else it is in the queue. */
static bool take_or_queue(struct peng_vcpu *vcpu)
{
	struct peng_vm_limit *limit = &vcpu->vm->limit;
	struct peng_vcpu_limit *own = &vcpu->limit;

	lockdep_assert_held(&limit->lock);

	if (!limit->quota_ns)
		return true;
	/* The first time, or the first since a change: what was before is not paid for. */
	if (own->generation != limit->generation) {
		own->generation = limit->generation;
		own->left_ns = 0;
	}
	own->left_ns = max(own->left_ns, -MAX_DEBT_NS(limit));
	start_ticking(limit);
	if (own->left_ns <= 0)
		take_slice(limit, own);
	if (own->left_ns > 0)
		return true;
	list_add_tail(&own->waiter, &limit->waiters);
	WRITE_ONCE(own->waits, true);
	return false;
}

/**
 * peng_limit_charge() - a vCPU pays for the CPU time that it has had
 * @vcpu: the caller's own; vm->limited
 *
 * Context: task; vcpu->lock held, interrupts on.
 * Return: whether it may go on. If not, it is in the queue for more, until it has some
 *	(peng_limit_granted()) and has told of the end of its wait, or only the latter.
 */
bool peng_limit_charge(struct peng_vcpu *vcpu)
{
	struct peng_vm_limit *limit = &vcpu->vm->limit;
	struct peng_vcpu_limit *own = &vcpu->limit;
	u64 used = used_ticks(vcpu);
	bool granted;

	lockdep_assert_held(&vcpu->lock);

	own->left_ns -= ticks_to_ns(used - own->charged_ticks);
	own->charged_ticks = used;
	if (own->left_ns > 0 && own->generation == READ_ONCE(limit->generation) &&
	    READ_ONCE(limit->ticking))
		return true;
	raw_spin_lock_irq(&limit->lock);
	granted = take_or_queue(vcpu);
	raw_spin_unlock_irq(&limit->lock);
	return granted;
}

/**
 * peng_limit_granted() - whether a vCPU that had to wait may go on
 * @vcpu: the caller's own
 *
 * Context: any.
 */
bool peng_limit_granted(const struct peng_vcpu *vcpu)
{
	return !READ_ONCE(vcpu->limit.waits);
}

/**
 * peng_limit_end_wait() - a vCPU that had to wait goes on, or does something else
 * @vcpu: the caller's own
 * @waited_ns: for how long
 *
 * Context: task; interrupts on.
 */
void peng_limit_end_wait(struct peng_vcpu *vcpu, u64 waited_ns)
{
	struct peng_vm_limit *limit = &vcpu->vm->limit;

	WRITE_ONCE(vcpu->limit.throttled_ns, vcpu->limit.throttled_ns + waited_ns);
	raw_spin_lock_irq(&limit->lock);
	if (vcpu->limit.waits)
		stop_waiting(vcpu);
	WRITE_ONCE(limit->throttled_ns, limit->throttled_ns + waited_ns);
	raw_spin_unlock_irq(&limit->lock);
}

static void change(struct peng_vm_limit *limit, u64 quota_ns, u64 period_ns)
{
	struct peng_vcpu *vcpu, *next;

	lockdep_assert_held(&limit->lock);

	limit->quota_ns = quota_ns;
	limit->period_ns = period_ns;
	limit->left_ns = quota_ns;
	WRITE_ONCE(limit->generation, limit->generation + 1);
	/* They look anew. */
	list_for_each_entry_safe(vcpu, next, &limit->waiters, limit.waiter) {
		stop_waiting(vcpu);
		peng_vcpu_wake(vcpu);
	}
}

/**
 * peng_limit_set() - change how much CPU time a VM's vCPUs may have together
 * @vm: VM, of which the caller holds a reference
 * @quota_ns: in each period; 0 for no limit
 * @period_ns: how long a period is; not 0 where there is a quota
 *
 * It counts from now on, for vCPUs that wait as for those that run. A period that has
 * begun ends as it would have.
 *
 * Context: sleeps; takes vm->lock.
 * Return: 0; -EIO where the VM is dead.
 */
int peng_limit_set(struct peng_vm *vm, u64 quota_ns, u64 period_ns)
{
	int ret = 0;

	mutex_lock(&vm->lock);
	if (READ_ONCE(vm->dead)) {
		ret = -EIO;
	} else {
		raw_spin_lock_irq(&vm->limit.lock);
		change(&vm->limit, quota_ns, period_ns);
		raw_spin_unlock_irq(&vm->limit.lock);
		WRITE_ONCE(vm->limited, quota_ns != 0);
		peng_request_all(vm, PENG_REQ_LIMIT);
	}
	mutex_unlock(&vm->lock);
	return ret;
}

/**
 * peng_limit_get() - the limit and what it has done
 * @vm: VM, of which the caller holds a reference
 * @limits: filled in
 *
 * Context: interrupts on.
 */
void peng_limit_get(struct peng_vm *vm, struct peng_limits *limits)
{
	struct peng_vm_limit *limit = &vm->limit;

	raw_spin_lock_irq(&limit->lock);
	limits->quota_ns = limit->quota_ns;
	limits->period_ns = limit->period_ns;
	limits->nr_throttled = limit->nr_throttled;
	limits->throttled_ns = limit->throttled_ns;
	raw_spin_unlock_irq(&limit->lock);
}

void peng_limit_vm_init(struct peng_vm *vm)
{
	raw_spin_lock_init(&vm->limit.lock);
	INIT_LIST_HEAD(&vm->limit.waiters);
	hrtimer_setup(&vm->limit.refill, refill_fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
}

/* No vCPU runs; while the vCPUs are still there. */
void peng_limit_vm_destroy(struct peng_vm *vm)
{
	hrtimer_cancel(&vm->limit.refill);
}
