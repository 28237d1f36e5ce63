/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family, for main.c.
 */
#ifndef PENG_NETLINK_NETLINK_H
#define PENG_NETLINK_NETLINK_H

int peng_netlink_init(void);
void peng_netlink_exit(void);

#endif /* PENG_NETLINK_NETLINK_H */
