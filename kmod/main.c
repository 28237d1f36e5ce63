// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load and unload.
 */
#include <linux/module.h>

static int __init peng_init(void)
{
	return 0;
}
module_init(peng_init);

static void __exit peng_exit(void)
{
}
module_exit(peng_exit);

MODULE_DESCRIPTION("Loadable ARM64 hypervisor");
MODULE_LICENSE("GPL");
