/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of what is built once for each backend.
 *
 * A file that runs at EL2 is compiled for VHE, and again with PENG_EL2_NVHE
 * defined for nVHE; each build gives its functions the backend's prefix, so
 * that both fit into one module.
 */
#ifndef PENG_EL2_EL2_FN_H
#define PENG_EL2_EL2_FN_H

#ifdef PENG_EL2_NVHE
#define EL2_FN(name)	peng_nvhe_##name
#else
#define EL2_FN(name)	peng_vhe_##name
#endif

#endif /* PENG_EL2_EL2_FN_H */
