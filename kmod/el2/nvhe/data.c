// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data of the EL2 image: a copy of the facts about the host, which nvhe.c
 * fills in before EL2 first sees it. EL2 maps it read-only.
 */
#include <linux/cache.h>

#include "../../host/probe.h"

/* In .data, not in .bss. */
typeof(peng_nvhe_host) peng_nvhe_host __section(".data");
