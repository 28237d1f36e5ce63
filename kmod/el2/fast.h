/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first exit tier, and the EL2 helpers shared by both backends.
 */
#ifndef PENG_EL2_FAST_H
#define PENG_EL2_FAST_H

#include <linux/types.h>

#include "../context.h"
#include "el2_fn.h"

/* Finish an exit at EL2: true where the guest is to be entered again. */
bool EL2_FN(exit_handled)(struct peng_context *ctx, enum peng_exit exit);

/* entry.S */
enum peng_exit EL2_FN(enter_guest)(struct peng_context *ctx);

/* fp.c */
void EL2_FN(fp_load)(struct peng_context *ctx);
void EL2_FN(fp_put)(struct peng_context *ctx);
void EL2_FN(sve_put_host)(const struct peng_context *ctx);

/* fpregs.S */
void EL2_FN(fp_save)(struct user_fpsimd_state *fp);
void EL2_FN(fp_restore)(const struct user_fpsimd_state *fp);
void EL2_FN(sve_save)(void *state, u32 *fpsr);
void EL2_FN(sve_restore)(const void *state, const u32 *fpsr);

#endif /* PENG_EL2_FAST_H */
