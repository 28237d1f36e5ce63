// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of rates.h.
 */
#include "rates.h"
#include "../../uapi/linux/peng.h"
#include "../vmm/util.h"

static const struct rate rates[] = {
	{ "EXITS/s", PENG_A_COUNTER_EXITS, true },
	{ "HVC/s", PENG_A_COUNTER_HVC, true },
	{ "WFI/s", PENG_A_COUNTER_WFI, true },
	{ "WFE/s", PENG_A_COUNTER_WFE, false },
	{ "MMIO-K/s", PENG_A_COUNTER_MMIO_KERNEL, true },
	{ "MMIO-U/s", PENG_A_COUNTER_MMIO_USER, true },
	{ "SIGNALS/s", PENG_A_COUNTER_SIGNALS, false },
};

const struct rate *rate_at(size_t i)
{
	return i < ARRAY_SIZE(rates) ? &rates[i] : NULL;
}
