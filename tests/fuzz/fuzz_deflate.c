/* Deflate from outside: never more than the limit, and what came of it packs and unpacks to the same.
 * SPDX-License-Identifier: MIT */
#include "base/deflate.h"

#include "base/error.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_BYTES = 20000 };

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void go_round(struct slice text)
{
	struct buffer packed, again;
	buffer_init(&packed, 2 * MOST_BYTES);
	buffer_init(&again, MOST_BYTES);
	require(deflate_pack(text, &packed) == 0);
	require(deflate_unpack(buffer_slice(&packed), &again) == 0);
	require(slice_equal(buffer_slice(&again), text));
	buffer_finish(&again);
	buffer_finish(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer plain;
	buffer_init(&plain, MOST_BYTES);
	int result = deflate_unpack(slice_of((const char *)data, size), &plain);
	require(plain.length <= MOST_BYTES);
	if (result == 0)
		go_round(buffer_slice(&plain));
	else
		require((result == ERR_SYNTAX || result == ERR_LIMIT) && plain.length == 0);
	buffer_finish(&plain);
	return 0;
}
