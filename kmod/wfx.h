/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest waits: WFI, WFE and their variants with a timeout.
 */
#ifndef PENG_WFX_H
#define PENG_WFX_H

#include "exit.h"

struct peng_vcpu;

/* Exit handler for ESR_ELx_EC_WFx. Task context, sleeps; PENG_RESUME. */
enum peng_verdict peng_wfx(struct peng_vcpu *vcpu);

#endif /* PENG_WFX_H */
