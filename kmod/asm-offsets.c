// SPDX-License-Identifier: GPL-2.0-only
/*
 * Offsets of struct peng_context for assembly; becomes asm-offsets.h.
 */
#define COMPILE_OFFSETS

#include <linux/kbuild.h>

#include "context.h"

int main(void)
{
	DEFINE(CTX_X, offsetof(struct peng_context, regs.regs));
	DEFINE(CTX_SP_EL0, offsetof(struct peng_context, regs.sp));
	DEFINE(CTX_PC, offsetof(struct peng_context, regs.pc));
	DEFINE(CTX_BHB_LOOPS, offsetof(struct peng_context, bhb_loops));
	DEFINE(EXIT_SYNC, PENG_EXIT_SYNC);
	DEFINE(EXIT_IRQ, PENG_EXIT_IRQ);
	DEFINE(EXIT_SERROR, PENG_EXIT_SERROR);
	DEFINE(EXIT_ILLEGAL, PENG_EXIT_ILLEGAL);
	return 0;
}
