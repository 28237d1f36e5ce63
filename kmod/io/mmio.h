/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest accesses to addresses that are not memory: decode, ask the bus,
 * else leave to user space with KVM_EXIT_MMIO.
 */
#ifndef PENG_IO_MMIO_H
#define PENG_IO_MMIO_H

#include <linux/types.h>

#include "../exit.h"

struct peng_vcpu;

/**
 * struct peng_mmio - an access that user space is completing
 * @pending: KVM_EXIT_MMIO was returned and has not been completed
 * @rd: register to load
 * @sign_extend: sign-extend from the access size
 * @wide: destination is 64 bits
 */
struct peng_mmio {
	bool pending;
	bool sign_extend;
	bool wide;
	u8 rd;
};

/* Data abort at @gpa with ctx->fault.esr: task context. */
enum peng_verdict peng_mmio_access(struct peng_vcpu *vcpu, u64 gpa);
/* The same, interrupts masked: PENG_RESUME or PENG_SLOW. */
enum peng_verdict peng_mmio_access_fast(struct peng_vcpu *vcpu, u64 gpa);
/* Take the data of a completed KVM_EXIT_MMIO read; at the start of KVM_RUN. */
void peng_mmio_complete(struct peng_vcpu *vcpu);

#endif /* PENG_IO_MMIO_H */
