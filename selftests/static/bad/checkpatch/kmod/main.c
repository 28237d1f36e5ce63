// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spaces where a tab belongs.
 */
int peng_bad(int a)
{
        return (a);
}
