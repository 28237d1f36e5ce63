/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's irqchip/arm-gic-v3.h, which gives the tests their GIC register
 * names, asks for this header of the kernel's own accessors.  The guests have
 * accessors of their own (arch.h), so there is nothing to declare.
 */
