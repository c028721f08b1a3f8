/* Bodies of MESSAGE from outside: the first line is the Content-Type, the rest the body. What is found is a piece of
 * the body, and a text is one that can be shown. SPDX-License-Identifier: MIT */
#include "bodies/cpim.h"
#include "bodies/message_text.h"

#include "base/error.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_inside(struct slice piece, struct slice body)
{
	require(piece.length == 0 || (piece.at >= body.at && piece.at + piece.length <= body.at + body.length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = slice_of((const char *)data, size);
	struct slice content_type = slice_trim(slice_take(&body, '\n'));
	struct message_text found;
	struct cpim cpim;
	int result = cpim_parse(body, &cpim);
	require(result == 0 || result == ERR_SYNTAX);
	if (result == 0) {
		require_inside(cpim.body, body);
		require_inside(cpim.message_id, body);
		require(!slice_is_empty(cpim.content_type));
		require(cpim.body.length == 0 || cpim.body.at + cpim.body.length == body.at + body.length);
	}
	message_text_find(content_type, SLICE(""), body, &found);
	if (found.kind != MESSAGE_KIND_TEXT)
		return 0;
	require_inside(found.text, body);
	require(slice_is_utf8(found.text) && slice_find(found.text, '\0') == found.text.length);
	require(!found.is_wrapped || (result == 0 && slice_equal(found.text, cpim.body)));
	require(found.is_wrapped || slice_equal(found.text, body));
	return 0;
}
