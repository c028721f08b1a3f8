/* Fuzz target: any bytes as a document. What is written of its tree must read as the same tree again, and be written
 * the same. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "documents/tree.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct xml_limits limits = {.bytes = 65536, .depth = 16, .nodes = 100};
static const struct xml_limits wide = {.bytes = 1 << 20, .depth = 16, .nodes = 101};

static void require(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct document_tree tree, again;
	struct body_error error = {""};
	struct buffer first, second;
	int result = tree_read(slice_of((const char *)data, size), &limits, &tree, &error);
	if (result != 0) {
		require(result == ERR_SYNTAX || result == ERR_LIMIT);
		require(error.sentence[0] != '\0');
		return 0;
	}
	buffer_init(&first, wide.bytes);
	buffer_init(&second, wide.bytes);
	tree_write(&tree, &first);
	tree_finish(&tree);
	require(!buffer_failed(&first));
	result = tree_read(buffer_slice(&first), &wide, &again, &error);
	require(result == 0);
	tree_write(&again, &second);
	tree_finish(&again);
	require(slice_equal(buffer_slice(&first), buffer_slice(&second)));
	buffer_finish(&first);
	buffer_finish(&second);
	return 0;
}
