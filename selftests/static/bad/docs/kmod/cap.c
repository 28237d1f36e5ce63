// SPDX-License-Identifier: GPL-2.0-only
/*
 * A row that nobody documented.
 */
static const struct cap_row rows[] = {
	{ KVM_CAP_IRQCHIP,	1 },
	{ KVM_CAP_IRQFD,	1 },
};
