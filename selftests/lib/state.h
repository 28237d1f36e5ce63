/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Moving a VM's state into another one.
 */
#ifndef SELFTESTS_LIB_STATE_H
#define SELFTESTS_LIB_STATE_H

#include "vm.h"

/* A VM with the memory and as many vCPUs as @from, and a GIC, nothing of it run. */
void vm_init_like(struct vm *vm, struct vm *from);
/* All that is in @from's vCPUs, which have stopped at an exit, and its GIC. */
void vm_copy_state(struct vm *to, struct vm *from);

#endif
