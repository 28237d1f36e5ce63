// SPDX-License-Identifier: GPL-2.0-only
int peng_bad;
int peng_worse;
