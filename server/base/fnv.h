/* FNV-1a, 64 bits: the same bytes have the same hash on every machine and after every start. For what is compared with
 * itself; what outsiders choose the keys of is hashed with a secret (table.h). SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"

#include <stdint.h>

#define FNV_BEGIN UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

static inline uint64_t fnv_add(uint64_t hash, struct slice bytes)
{
	for (size_t i = 0; i < bytes.length; i++)
		hash = (hash ^ (uint8_t)bytes.at[i]) * FNV_PRIME;
	return hash;
}

/* Never 0: that may stand for nothing. */
static inline uint64_t fnv_tag(struct slice bytes)
{
	uint64_t hash = fnv_add(FNV_BEGIN, bytes);
	return hash ? hash : 1;
}
