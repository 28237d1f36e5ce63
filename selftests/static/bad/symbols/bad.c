// SPDX-License-Identifier: GPL-2.0-only
/*
 * A symbol that could be anybody's.
 */
int vcpu_load(void);

int vcpu_load(void)
{
	return 0;
}
