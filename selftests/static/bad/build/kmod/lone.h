/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A header that needs another and does not include it.
 */
bool peng_bad(struct peng_unknown known);
