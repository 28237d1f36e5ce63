/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to the VHE backend.
 */
#ifndef PENG_EL2_VHE_VHE_H
#define PENG_EL2_VHE_VHE_H

#include "../el2.h"

extern const char peng_vhe_vectors[];
extern const struct peng_el2_ops peng_vhe_ops;

void peng_vhe_tlb_flush_vmid(const struct peng_s2_root *root);
void peng_vhe_tlb_flush_ipa(const struct peng_s2_root *root, u64 ipa, int level);
void peng_vhe_tlb_flush_ipa_local(const struct peng_s2_root *root, u64 ipa, int level);
void peng_vhe_tlb_flush_range(const struct peng_s2_root *root, u64 ipa, u64 size);
void peng_vhe_tlb_flush_local(const struct peng_s2_root *root);

#endif /* PENG_EL2_VHE_VHE_H */
