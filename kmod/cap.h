/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Capabilities: KVM_CHECK_EXTENSION and KVM_ENABLE_CAP.
 */
#ifndef PENG_CAP_H
#define PENG_CAP_H

#include <linux/kvm.h>

struct peng_vm;

/* @vm is NULL on the system fd. Unknown capabilities are 0. */
long peng_cap_check(struct peng_vm *vm, unsigned long cap);
/* vm->lock held; -EINVAL where the capability cannot be enabled. */
long peng_cap_enable(struct peng_vm *vm, const struct kvm_enable_cap *args);
/* The table is sorted; checked at load. */
bool peng_cap_table_ok(void);

#endif /* PENG_CAP_H */
