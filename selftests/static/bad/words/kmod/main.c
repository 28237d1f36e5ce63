// SPDX-License-Identifier: GPL-2.0-only
/*
 * TODO: everything
 */

void peng_bad(void)
{
	BUG_ON(1);
}
