/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocation tags of guest memory (FEAT_MTE), private to this folder but for the two
 * that are in mmu.h.
 */
#ifndef PENG_MMU_MTE_H
#define PENG_MMU_MTE_H

#include <linux/kvm_types.h>
#include <linux/types.h>

struct page;
struct peng_vm;

int peng_mte_check_region(struct peng_vm *vm, hva_t hva, u64 size);
int peng_mte_prepare(struct peng_vm *vm, hva_t hva, struct page *page, unsigned int nr);

#endif /* PENG_MMU_MTE_H */
