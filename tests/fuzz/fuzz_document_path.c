/* Fuzz target: any bytes as an XCAP path, and as an XUI. What is read of it must be parts of it.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "documents/path.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_segments(struct slice name)
{
	while (!slice_is_empty(name)) {
		struct slice segment = slice_take(&name, '/');
		require(!slice_is_empty(segment) && !slice_equal(segment, SLICE("..")) &&
			!slice_equal(segment, SLICE(".")));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct document_path parts;
	struct body_error error = {""};
	struct slice path = slice_of((const char *)data, size), user;
	arena_init(&arena, NULL, 1 << 20);
	int result = document_path_read(&arena, path, &parts, &error);
	if (result == 0) {
		require(!slice_is_empty(parts.application));
		require(parts.is_global == slice_is_empty(parts.xui));
		require(parts.has_selector == !slice_is_empty(parts.selector));
		require(!parts.has_selector || !slice_is_empty(parts.name));
		require(!parts.has_selector || slice_ends_with(path, parts.selector));
		require_segments(parts.name);
		path = parts.xui;
	} else {
		require(error.sentence[0] != '\0');
	}
	if (document_path_user(&arena, path, SLICE("example.test"), &user))
		require(!slice_is_empty(user) && slice_is_utf8(user) && slice_find(user, '\0') == user.length);
	arena_finish(&arena);
	return 0;
}
