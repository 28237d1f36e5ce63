// SPDX-License-Identifier: GPL-2.0-only
/*
 * True Random Number Generator firmware interface 1.0, DEN0098: entropy for
 * guests, most of all early in their boot.
 */
#include <linux/arm-smccc.h>
#include <linux/random.h>
#include <linux/string.h>
#include <linux/uuid.h>

#include "../vcpu.h"
#include "call.h"

#define TRNG_VERSION_1_0		0x10000
/* DEN0098 numbers its errors in its own way. */
#define TRNG_SUCCESS			0
#define TRNG_INVALID_PARAMETERS		(-2)

/* Names this implementation: any guest may tell it from other ones. */
static const uuid_t trng_uuid = UUID_INIT(0x5bd1f3a4, 0x9c6e, 0x4a0f, 0x8f, 0x2b,
					  0x70, 0x65, 0x6e, 0x67, 0x01, 0x00);

PENG_CALL(peng_trng_version)
{
	call->ret[0] = TRNG_VERSION_1_0;
	return PENG_RESUME;
}

PENG_CALL(peng_trng_features)
{
	u32 func = call->arg[0];

	switch (func) {
	case ARM_SMCCC_TRNG_VERSION:
	case ARM_SMCCC_TRNG_FEATURES:
	case ARM_SMCCC_TRNG_GET_UUID:
	case ARM_SMCCC_TRNG_RND32:
	case ARM_SMCCC_TRNG_RND64:
		call->ret[0] = TRNG_SUCCESS;
	}
	return PENG_RESUME;
}

/* Four words, the first byte in the lowest bits of the first word. */
PENG_CALL(peng_trng_uuid)
{
	unsigned int i;
	__le32 word;

	for (i = 0; i < ARRAY_SIZE(call->ret); i++) {
		memcpy(&word, trng_uuid.b + i * sizeof(word), sizeof(word));
		call->ret[i] = le32_to_cpu(word);
	}
	return PENG_RESUME;
}

/*
 * Up to three registers of 32 or 64 bits; the lowest-numbered bits are in the
 * last one, and bits above what was asked for are 0.
 */
PENG_CALL(peng_trng_rnd)
{
	unsigned int size = ARM_SMCCC_IS_64(call->func) ? 64 : 32;
	u64 bits = call->arg[0];
	unsigned int reg;
	u64 word;

	if (!bits || bits > 3 * size) {
		call->ret[0] = TRNG_INVALID_PARAMETERS;
		return PENG_RESUME;
	}

	for (reg = 3; bits; reg--) {
		unsigned int nr = min_t(u64, bits, size);

		word = get_random_u64();
		call->ret[reg] = word & GENMASK_ULL(nr - 1, 0);
		bits -= nr;
	}
	memzero_explicit(&word, sizeof(word));
	call->ret[0] = TRNG_SUCCESS;
	return PENG_RESUME;
}
