/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to the EL2 image.
 */
#ifndef PENG_EL2_NVHE_IMAGE_H
#define PENG_EL2_NVHE_IMAGE_H

#include <asm/sysreg.h>

#include "nvhe.h"

static inline struct nvhe_cpu *el2_cpu(void)
{
	return (struct nvhe_cpu *)read_sysreg(tpidr_el2);
}

/* host.S: vectors while the host runs; vectors.S: while a guest does. */
extern const char peng_nvhe_host_vectors[];
extern const char peng_nvhe_vectors[];

/* switch.c */
u64 peng_nvhe_enter(u64 a, u64 b, u64 c);
u64 peng_nvhe_enter_to_fault(u64 fault, u64 b, u64 c);
u64 peng_nvhe_load(u64 ctx, u64 b, u64 c);
u64 peng_nvhe_put(u64 a, u64 b, u64 c);
void peng_nvhe_restore_host(struct nvhe_cpu *cpu);

/* fault.c */
bool peng_nvhe_fault_exists(u64 fault);
void peng_nvhe_fault(u64 fault);

/* tlb.c */
u64 peng_nvhe_flush_vmid(u64 vttbr, u64 b, u64 c);
u64 peng_nvhe_flush_local(u64 vttbr, u64 b, u64 c);
u64 peng_nvhe_flush_range(u64 vttbr, u64 ipa, u64 size);
u64 peng_nvhe_flush_el2(u64 a, u64 b, u64 c);

/* entry points from host.S */
u64 peng_nvhe_host_call(u64 nr, u64 a, u64 b, u64 c);
void peng_nvhe_host_trap(void);
void peng_nvhe_quiesce(void);
void peng_nvhe_panic(void);

#endif /* PENG_EL2_NVHE_IMAGE_H */
