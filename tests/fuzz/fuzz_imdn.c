/* Receipts from outside: the first byte says how it comes (bare, packed, inside CPIM), the rest is the body. What is
 * read names a message. SPDX-License-Identifier: MIT */
#include "bodies/imdn.h"

#include "base/error.h"

#include <stdbool.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct slice ways[][2] = {{{"message/imdn+xml", 16}, {"", 0}},
					       {{"message/imdn+xml", 16}, {"deflate", 7}},
					       {{"message/cpim", 12}, {"", 0}}};
	if (size == 0)
		return 0;
	const struct slice *way = ways[data[0] % 3];
	struct body_error error = {""};
	struct arena arena;
	struct imdn imdn;
	arena_init(&arena, NULL, 1 << 20);
	int result = imdn_read(&arena, way[0], way[1], slice_of((const char *)data + 1, size - 1), &imdn, &error);
	if (result == 0)
		require(!slice_is_empty(imdn.message_id) && imdn.status <= IMDN_ERROR);
	else
		require(result == ERR_NO_MEMORY || error.sentence[0] != '\0');
	arena_finish(&arena);
	return 0;
}
