/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What only the firmware's tables say: which PPI is which.
 */
#ifndef PENG_HOST_FIRMWARE_H
#define PENG_HOST_FIRMWARE_H

#include "ppi.h"

/* Linux interrupt of a line, by device tree or ACPI; -ENODEV where unknown. */
int peng_firmware_irq(enum peng_line line);

#endif /* PENG_HOST_FIRMWARE_H */
