// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load and unload: one visible list, run forwards at load and backwards at
 * unload and where a step fails.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>

#include "cap.h"
#include "dev.h"
#include "el2/el2.h"
#include "feature.h"
#include "host/ppi.h"
#include "host/probe.h"
#include "io/irqfd.h"
#include "mmu/mmu.h"
#include "netlink/netlink.h"
#include "pmu/pmu.h"
#include "smccc/smccc.h"
#include "sysreg/sysreg.h"
#include "vcpu.h"
#include "vgic/vgic.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static int __init check_tables(void)
{
	return peng_cap_table_ok() ? 0 : -EINVAL;
}

static int __init probe_gic(void)
{
	peng_host_probe_gic(peng_el2->ich_vtr());
	return 0;
}

/* One line that says how peng stands on this host. */
static int __init announce(void)
{
	pr_info("%s mode, %u-bit VMIDs, %u-bit IPAs, %u list registers, interrupt lines %s\n",
		peng_el2->name, peng_host.vmid_bits, peng_host.ipa_bits, peng_host.nr_lrs,
		peng_host.kvm_present ? "borrowed from KVM" : "owned");
	return 0;
}

/**
 * struct init_row - a step of loading
 * @name: for the message where it fails
 * @init: 0 or -errno
 * @exit: undoes @init; NULL where there is nothing to undo
 */
struct init_row {
	const char *name;
	int (*init)(void);
	void (*exit)(void);
};

static const struct init_row rows[] = {
	{ "tables",		check_tables,		NULL },
	/* Before anything makes other CPUs switch tasks. */
	{ "scheduler",		peng_vcpu_module_init,	peng_vcpu_module_exit },
	{ "host",		peng_host_probe,	NULL },
	{ "EL2",		peng_el2_init,		peng_el2_exit },
	{ "GIC",		probe_gic,		NULL },
	{ "interrupt lines",	peng_ppi_init,		peng_ppi_exit },
	{ "PMU",		peng_pmu_module_init,	peng_pmu_module_exit },
	{ "features",		peng_feature_init,	NULL },
	{ "system registers",	peng_sysreg_module_init, NULL },
	{ "SMCCC",		peng_smccc_module_init,	NULL },
	{ "vGIC",		peng_vgic_module_init,	NULL },
	{ "Stage-2",		peng_mmu_module_init,	peng_mmu_module_exit },
	{ "eventfds",		peng_irqfd_module_init,	peng_irqfd_module_exit },
	{ "log",		announce,		NULL },
	{ "netlink",		peng_netlink_init,	peng_netlink_exit },
	/* Last: from here on user space can come in. */
	{ "device node",	peng_dev_init,		peng_dev_exit },
};

static void undo(int nr)
{
	while (nr--)
		if (rows[nr].exit)
			rows[nr].exit();
}

static int __init peng_init(void)
{
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		ret = rows[i].init();
		if (ret) {
			pr_err("load failed at step \"%s\" (%d)\n", rows[i].name, ret);
			undo(i);
			return ret;
		}
	}
	return 0;
}
module_init(peng_init);

static void __exit peng_exit(void)
{
	undo(ARRAY_SIZE(rows));
}
module_exit(peng_exit);

MODULE_DESCRIPTION("Loadable ARM64 hypervisor with KVM's ioctl API");
MODULE_VERSION("0.1.0");
MODULE_LICENSE("GPL");
