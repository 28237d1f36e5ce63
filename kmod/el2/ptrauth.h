/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys of pointer authentication; inline, for the host's half of both backends.
 *
 * A kernel may sign its return addresses with APIAKey: entry.S exchanges that one,
 * for no function may return under another key than it was called with. The other
 * keys are the host's user space's, which does not run while a vCPU is loaded.
 */
#ifndef PENG_EL2_PTRAUTH_H
#define PENG_EL2_PTRAUTH_H

#include <asm/kvm_arm.h>
#include <asm/sysreg.h>

#include "../context.h"

static inline void el2_ptrauth_load(struct peng_context *ctx)
{
	u64 *host = ctx->host_keys;

	if (!(ctx->trap.hcr & HCR_API))
		return;
#define X(name)	*host++ = read_sysreg_s(SYS_##name);
	PENG_KEY_REGS(X)
#undef X
#define X(name)	write_sysreg_s(ctx->sys[PENG_##name], SYS_##name);
	PENG_USER_KEY_REGS(X)
#undef X
}

static inline void el2_ptrauth_put(struct peng_context *ctx)
{
	const u64 *host = ctx->host_keys + PENG_NR_KEYS - PENG_NR_USER_KEYS;

	if (!(ctx->trap.hcr & HCR_API))
		return;
#define X(name)	{							\
	ctx->sys[PENG_##name] = read_sysreg_s(SYS_##name);		\
	write_sysreg_s(*host++, SYS_##name);				\
}
	PENG_USER_KEY_REGS(X)
#undef X
}

#endif /* PENG_EL2_PTRAUTH_H */
