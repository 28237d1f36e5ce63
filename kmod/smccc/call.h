/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A firmware call and the rows that answer it.
 */
#ifndef PENG_SMCCC_CALL_H
#define PENG_SMCCC_CALL_H

#include <linux/bits.h>
#include <linux/psci.h>
#include <linux/types.h>
#include <uapi/linux/psci.h>

#include "../exit.h"
#include "smccc.h"

struct peng_vcpu;
struct peng_vm;

/**
 * struct peng_call - a call under way
 * @func: function id, W0
 * @arg: X1 to X3; W1 to W3 for a 32-bit call
 * @ret: X0 to X3; all of them are written back, nothing else is
 */
struct peng_call {
	u32 func;
	u64 arg[3];
	u64 ret[4];
};

#define PENG_CALL_FAST	BIT(0)	/* fn() does not sleep; interrupts may be masked */
#define PENG_CALL_WIDE	BIT(1)	/* 64-bit arguments although the id says 32 */
#define PENG_CALL_BMAP	BIT(2)	/* allowed by a bit of a bitmap register */
#define PENG_CALL_OPTIN	BIT(3)	/* allowed by KVM_CAP_ARM_SYSTEM_SUSPEND */

/**
 * struct peng_call_row - a function that guests may call
 * @id: function id; the table is sorted by it
 * @flags: PENG_CALL_*
 * @bmap: enum peng_smccc_bmap, where PENG_CALL_BMAP
 * @bit: bit number in it
 * @since: PSCI function: first version that has it; 0: no PSCI function
 * @until: PSCI function: last version that has it; 0: all since
 * @fn: answers; ret[0] is SMCCC_RET_NOT_SUPPORTED and the others 0 before
 */
struct peng_call_row {
	u32 id;
	u8 flags;
	u8 bmap;
	u8 bit;
	u32 since;
	u32 until;
	enum peng_verdict (*fn)(struct peng_vcpu *vcpu, struct peng_call *call);
};

#define PENG_CALL(name)							\
	enum peng_verdict name(struct peng_vcpu *vcpu, struct peng_call *call)

/* The row of a function that this vCPU may call now, or NULL. */
const struct peng_call_row *peng_smccc_find(const struct peng_vcpu *vcpu, u32 func);

/* What the VM's user space may allow, by bitmap register. */
extern const u64 peng_smccc_bmaps[PENG_NR_BMAPS];

/* psci.c */
#define PENG_PSCI_0_1	PSCI_VERSION(0, 1)
#define PENG_PSCI_0_2	PSCI_VERSION(0, 2)
#define PENG_PSCI_1_0	PSCI_VERSION(1, 0)
#define PENG_PSCI_1_1	PSCI_VERSION(1, 1)

u32 peng_psci_version(const struct peng_vcpu *vcpu);
PENG_CALL(peng_psci_get_version);
PENG_CALL(peng_psci_features);
PENG_CALL(peng_psci_cpu_suspend);
PENG_CALL(peng_psci_cpu_off);
PENG_CALL(peng_psci_cpu_on);
PENG_CALL(peng_psci_affinity_info);
PENG_CALL(peng_psci_migrate_info_type);
PENG_CALL(peng_psci_system_suspend);
PENG_CALL(peng_psci_system_off);
PENG_CALL(peng_psci_system_reset);
PENG_CALL(peng_psci_system_reset2);

/* pvtime.c */
PENG_CALL(peng_pvtime_features);
PENG_CALL(peng_pvtime_stolen);

/* What becomes of a call before anything answers it: enum kvm_smccc_filter_action. */
enum peng_filter {
	PENG_FILTER_HANDLE,
	PENG_FILTER_DENY,
	PENG_FILTER_FORWARD,
	PENG_NR_FILTERS,
};

/*
 * filter.c. The kernels whose API has the filter (6.4) also have KVM answer SMC,
 * where its immediate is 0, as it answers HVC.
 */
#ifdef KVM_ARM_VM_SMCCC_CTRL
#define PENG_SMC_ANSWERED	1

void peng_filter_init(struct peng_vm *vm);
void peng_filter_destroy(struct peng_vm *vm);
enum peng_filter peng_filter_find(struct peng_vm *vm, u32 func);
enum peng_verdict peng_filter_forward(struct peng_vcpu *vcpu, u32 func);
#else
#define PENG_SMC_ANSWERED	0

static inline void peng_filter_init(struct peng_vm *vm)
{
}

static inline void peng_filter_destroy(struct peng_vm *vm)
{
}

static inline enum peng_filter peng_filter_find(struct peng_vm *vm, u32 func)
{
	return PENG_FILTER_HANDLE;
}

static inline enum peng_verdict peng_filter_forward(struct peng_vcpu *vcpu, u32 func)
{
	return PENG_DEAD;
}
#endif

/* trng.c */
PENG_CALL(peng_trng_version);
PENG_CALL(peng_trng_features);
PENG_CALL(peng_trng_uuid);
PENG_CALL(peng_trng_rnd);

#endif /* PENG_SMCCC_CALL_H */
