/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this host is: read once at load, constant afterwards.
 */
#ifndef PENG_HOST_PROBE_H
#define PENG_HOST_PROBE_H

#include <linux/types.h>

/**
 * struct peng_host - facts about the host
 * @vhe: the host kernel runs at EL2
 * @kvm_present: built-in KVM holds the guest interrupt lines
 * @ras: ESB, DISR and VSESR exist
 * @fwb: Stage-2 can force write-back (FEAT_S2FWB)
 * @idc: no data-cache clean needed for instruction fetch (CTR_EL0.IDC)
 * @dic: no instruction-cache invalidation needed (CTR_EL0.DIC)
 * @hafdbs: hardware access flag; 2: and dirty state
 * @tlb_range: TLBI range instructions exist
 * @wfxt: WFET and WFIT exist (FEAT_WFxT)
 * @vpipt: the instruction cache is tagged by VMID (VPIPT)
 * @ipa_bits: most IPA bits that Stage-2 can translate
 * @vmid_bits: 8 or 16
 * @nr_lrs: list registers
 * @nr_aprs: active-priority registers per group in use (1, 2 or 4)
 * @pri_bits: virtual priority bits
 * @id_bits: ICH_VTR_EL2.IDbits: width of virtual interrupt numbers
 * @gic_seis: local SEIs are generated (ICH_VTR_EL2.SEIS)
 * @gic_a3v: Aff3 of SGIs may be other than 0 (ICH_VTR_EL2.A3V)
 * @gic_tdir: ICC_DIR_EL1 alone can be trapped (ICH_HCR_EL2.TDIR)
 * @brps: hardware breakpoints
 * @wrps: hardware watchpoints
 * @spe: there is a statistical profiling buffer (FEAT_SPE)
 * @trbe: there is a trace buffer (FEAT_TRBE)
 * @spec_at: speculative AT instructions may use a half-loaded regime (errata
 *	1165522, 1530923 and 1319367)
 * @bhb_loops: branch-history loop iterations that an exit needs, 0 for none
 * @counter_freq: CNTFRQ_EL0
 */
struct peng_host {
	bool vhe;
	bool kvm_present;
	bool ras;
	bool fwb;
	bool idc;
	bool dic;
	bool tlb_range;
	bool wfxt;
	bool vpipt;
	bool gic_seis;
	bool gic_a3v;
	bool gic_tdir;
	bool spe;
	bool trbe;
	bool spec_at;
	u8 hafdbs;
	u8 ipa_bits;
	u8 vmid_bits;
	u8 nr_lrs;
	u8 nr_aprs;
	u8 pri_bits;
	u8 id_bits;
	u8 brps;
	u8 wrps;
	u32 bhb_loops;
	u32 counter_freq;
};

extern struct peng_host peng_host;

/* The nVHE backend's code at EL2 sees a copy in data of its own. */
extern struct peng_host peng_nvhe_host;
#ifdef PENG_EL2_NVHE
#define peng_host peng_nvhe_host
#endif

int peng_host_probe(void);
void peng_host_probe_gic(u64 vtr);

#endif /* PENG_HOST_PROBE_H */
