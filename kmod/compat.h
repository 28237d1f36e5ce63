/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that peng builds on, and nothing else.
 *
 * Force-included before every C file (kmod/Kbuild), and the only file that
 * tests a kernel version. The rest of the module is written against the
 * newest kernel's interfaces; this file gives older kernels those names.
 * Support for an old kernel is dropped by deleting its lines here.
 */
#ifndef PENG_COMPAT_H
#define PENG_COMPAT_H

#ifndef __ASSEMBLY__

#undef pr_fmt
#define pr_fmt(fmt) "peng: " fmt

#include <linux/version.h>
#include <linux/kernel.h>
#include <linux/hrtimer.h>
#include <linux/bits.h>
#include <linux/eventfd.h>
#include <linux/kvm.h>
#include <asm/sysreg.h>

#ifndef HINT_UNSAFE_IN_KVM
/* 6.11 marked what user space may change while the kernel looks at it. */
#define immediate_exit__unsafe	immediate_exit
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
/* 6.13 folded hrtimer_init() and the assignment of the function into one call. */
#define hrtimer_setup(timer, fn, clock, mode)	\
do {						\
	hrtimer_init(timer, clock, mode);	\
	(timer)->function = (fn);		\
} while (0)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
/* 6.8 dropped the count, which every caller but one passed as 1. */
#define eventfd_signal(ctx)	eventfd_signal(ctx, 1)
#endif

/* Kernels generate these from the architecture's tables since 6.15 and later. */
#ifndef ICH_HCR_EL2_En
#define ICH_HCR_EL2_En		BIT(0)
#define ICH_HCR_EL2_LRENPIE	BIT(2)
#define ICH_HCR_EL2_NPIE	BIT(3)
#define ICH_HCR_EL2_VGrp0EIE	BIT(4)
#define ICH_HCR_EL2_VGrp1EIE	BIT(6)
#define ICH_HCR_EL2_TC		BIT(10)
#define ICH_HCR_EL2_TALL0	BIT(11)
#define ICH_HCR_EL2_TALL1	BIT(12)
#define ICH_HCR_EL2_TDIR	BIT(14)
#define ICH_HCR_EL2_EOIcount	GENMASK(31, 27)
#endif

#ifndef ICH_VMCR_EL2_VENG0
#define ICH_VMCR_EL2_VENG0	BIT(0)
#define ICH_VMCR_EL2_VENG1	BIT(1)
#define ICH_VMCR_EL2_VFIQEn	BIT(3)
#define ICH_VMCR_EL2_VPMR	GENMASK(31, 24)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
/* 6.3 gave the fields of the OS lock registers names like those of all others. */
#define OSLAR_EL1_OSLK			SYS_OSLAR_OSLK
#define OSLSR_EL1_OSLK			SYS_OSLSR_OSLK
#define OSLSR_EL1_OSLM_IMPLEMENTED	SYS_OSLSR_OSLM_IMPLEMENTED
#endif

#endif /* !__ASSEMBLY__ */
#endif /* PENG_COMPAT_H */
