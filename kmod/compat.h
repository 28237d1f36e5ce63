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
#include <linux/eventfd.h>

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

#endif /* !__ASSEMBLY__ */
#endif /* PENG_COMPAT_H */
