/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SIMD, FP and SVE registers of a vCPU.
 *
 * The guest's registers are in the CPU at most from one entry to the exit that
 * ends the inner loop. The host's are saved by kernel_neon_begin() only for a
 * vCPU that has used FP since it was loaded; a guest that does not pays nothing.
 */
#ifndef PENG_FP_FP_H
#define PENG_FP_FP_H

#include <linux/types.h>

#include "../exit.h"

struct peng_vcpu;

/*
 * Around the inner loop of a vCPU that wants FP (vcpu->fp_wanted), or in a host that
 * streams: begin with interrupts on, end likewise.
 */
void peng_fp_begin(struct peng_vcpu *vcpu);
void peng_fp_end(struct peng_vcpu *vcpu);

/* EC 0x07 that EL2 could not serve, because the host's registers are live. */
enum peng_verdict peng_fp_trap(struct peng_vcpu *vcpu);
/* EC 0x19, likewise. */
enum peng_verdict peng_sve_trap(struct peng_vcpu *vcpu);

/* sve.c; vcpu->lock held. */
bool peng_sve_on_host(void);
bool peng_sve_vcpu_complete(const struct peng_vcpu *vcpu);
void peng_sve_vcpu_reset(struct peng_vcpu *vcpu);
void peng_sve_vcpu_destroy(struct peng_vcpu *vcpu);
long peng_sve_vcpu_finalize(struct peng_vcpu *vcpu);
int peng_sve_get_reg(struct peng_vcpu *vcpu, u64 id, void __user *uaddr);
int peng_sve_set_reg(struct peng_vcpu *vcpu, u64 id, void __user *uaddr);
int peng_sve_list(struct peng_vcpu *vcpu, u64 __user *uids);

#endif /* PENG_FP_FP_H */
