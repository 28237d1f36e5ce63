// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user pointer is followed, which only sparse sees.
 */
#include <linux/module.h>

static int __init bad_init(void)
{
	int __user *p = NULL;

	return *p;
}
module_init(bad_init);
MODULE_LICENSE("GPL");
