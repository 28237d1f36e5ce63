// SPDX-License-Identifier: GPL-2.0-only
/*
 * Offsets of struct peng_context and struct nvhe_cpu for assembly; becomes asm-offsets.h.
 */
#define COMPILE_OFFSETS

#include <linux/kbuild.h>

#include "context.h"
#include "el2/nvhe/nvhe.h"

int main(void)
{
	DEFINE(CTX_X, offsetof(struct peng_context, regs.regs));
	DEFINE(CTX_SP_EL0, offsetof(struct peng_context, regs.sp));
	DEFINE(CTX_PC, offsetof(struct peng_context, regs.pc));
	DEFINE(CTX_APIAKEY, offsetof(struct peng_context, sys[PENG_APIAKEYLO_EL1]));
	DEFINE(CTX_HOST_APIAKEY, offsetof(struct peng_context, host_keys[0]));
	DEFINE(CTX_HCR, offsetof(struct peng_context, trap.hcr));
	DEFINE(HCR_API_SHIFT, __builtin_ctzll(HCR_API));
	DEFINE(CTX_BHB_LOOPS, offsetof(struct peng_context, bhb_loops));
	DEFINE(CTX_EXIT_CALL, offsetof(struct peng_context, exit_call));
	DEFINE(EXIT_SYNC, PENG_EXIT_SYNC);
	DEFINE(EXIT_IRQ, PENG_EXIT_IRQ);
	DEFINE(EXIT_SERROR, PENG_EXIT_SERROR);
	DEFINE(EXIT_ILLEGAL, PENG_EXIT_ILLEGAL);
	DEFINE(NVHE_OWN, offsetof(struct nvhe_cpu, own));
	DEFINE(NVHE_OWN_SP, offsetof(struct nvhe_cpu, own.sp));
	DEFINE(NVHE_STUB, offsetof(struct nvhe_cpu, stub));
	DEFINE(NVHE_LEAVE, offsetof(struct nvhe_cpu, leave));
	DEFINE(NVHE_UP, offsetof(struct nvhe_cpu, up));
	DEFINE(NVHE_BUSY, offsetof(struct nvhe_cpu, busy));
	DEFINE(NVHE_PANIC_REGS, offsetof(struct nvhe_cpu, panic.regs));
	return 0;
}
