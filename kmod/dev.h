/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/peng.
 */
#ifndef PENG_DEV_H
#define PENG_DEV_H

int peng_dev_init(void);
void peng_dev_exit(void);

#endif /* PENG_DEV_H */
