/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests to a vCPU, kicks, and sleeping.
 *
 * A request is a bit that the vCPU's own thread handles before it next enters
 * the guest. The order that loses no wake-up: the requester publishes its work
 * (a bit, or an interrupt on the vCPU's list), then reads vcpu->mode; the vCPU
 * thread stores vcpu->mode = PENG_IN_GUEST, then looks for work, with
 * interrupts masked. Both sides have a full barrier between store and load, so
 * at least one of them sees the other (Documentation/vcpu-requests.rst).
 */
#ifndef PENG_REQUEST_H
#define PENG_REQUEST_H

#include <linux/types.h>

struct peng_vcpu;
struct peng_vm;

enum peng_request {
	PENG_REQ_VM_DEAD,	/* leave with -EIO; never cleared */
	PENG_REQ_RESET,		/* apply vcpu->reset, filled by PSCI CPU_ON */
	PENG_REQ_SLEEP,		/* look at mp_state again */
	PENG_REQ_IRQ,		/* an interrupt may have become deliverable */
	PENG_REQ_RELOAD,	/* put and load again: trap bits or vGIC changed */
	PENG_REQ_PAUSE,		/* wait until the VM is not paused any more */
	PENG_REQ_RING,		/* leave while the ring of dirty pages is full */
	PENG_REQ_LIMIT,		/* look at vm->limited again */
	PENG_NR_REQUESTS,
};

/* Values of vcpu->mode. */
enum peng_mode {
	PENG_OUTSIDE_GUEST,
	PENG_IN_GUEST,
};

void peng_request_make(struct peng_vcpu *vcpu, enum peng_request req);
bool peng_request_test_clear(struct peng_vcpu *vcpu, enum peng_request req);
void peng_request_all(struct peng_vm *vm, enum peng_request req);

/* Force an exit where the vCPU runs, wake it where it sleeps. Any context. */
void peng_vcpu_kick(struct peng_vcpu *vcpu);
/* Wake the vCPU where it sleeps in peng_vcpu_block(); any context. */
void peng_vcpu_wake(struct peng_vcpu *vcpu);
/* An interrupt or SError is there that ends its WFI. */
bool peng_vcpu_wake_pending(struct peng_vcpu *vcpu);
/* Sleep until an interrupt is deliverable, a request, or a signal. */
void peng_vcpu_block(struct peng_vcpu *vcpu);

#endif /* PENG_REQUEST_H */
