/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host's CPUs suffer from speculation, and what helps against it:
 * what guests are told through ID registers and firmware calls.
 */
#ifndef PENG_HOST_SPECTRE_H
#define PENG_HOST_SPECTRE_H

#include <linux/types.h>

/* From worst to best, so that the worst CPU of the host is the minimum. */
enum peng_exposure {
	PENG_VULNERABLE,	/* exposed, and nothing that a guest can ask for */
	PENG_MITIGATED,		/* exposed, but a firmware call or exit code helps */
	PENG_UNAFFECTED,
};

/**
 * struct peng_spectre - exposure of the worst CPU of the host
 * @v2: branch target injection (CVE-2017-5715)
 * @v4: speculative store bypass (CVE-2018-3639); never PENG_MITIGATED: where
 *	SSBS exists guests have it themselves, and whether the host keeps
 *	firmware's own mitigation on is not visible to a module
 * @bhb: branch history injection (CVE-2022-23960)
 * @meltdown: rogue data cache load (CVE-2017-5754); never PENG_MITIGATED
 * @exit_call: SMCCC function that an exit from a guest has to call against @v2,
 *	0 for none
 */
struct peng_spectre {
	enum peng_exposure v2;
	enum peng_exposure v4;
	enum peng_exposure bhb;
	enum peng_exposure meltdown;
	u32 exit_call;
};

/* Filled by peng_spectre_probe(), constant afterwards. */
extern struct peng_spectre peng_spectre;

void peng_spectre_probe(void);

#endif /* PENG_HOST_SPECTRE_H */
