/* Multipart bodies from outside: the first line is the Content-Type, the rest the body. Parts are pieces of it in their
 * order; parts that are written again with a boundary that stands in none of them are read as the same.
 * SPDX-License-Identifier: MIT */
#include "bodies/multipart.h"

#include "base/error.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PARTS_MOST = 8 };

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_inside(struct slice piece, struct slice body)
{
	require(piece.length == 0 || (piece.at >= body.at && piece.at + piece.length <= body.at + body.length));
}

static void go_round(const struct body_part *parts, size_t count, size_t size)
{
	static const struct slice boundary = {"the/boundary.of(fuzz_multipart)", 31};
	struct body_part again[PARTS_MOST];
	struct body_error error;
	struct buffer buffer;
	size_t found;
	buffer_init(&buffer, size + 2000);
	for (size_t i = 0; i < count; i++) {
		if (parts[i].body.length > 0 &&
		    memmem(parts[i].body.at, parts[i].body.length, boundary.at, boundary.length))
			goto done;
		multipart_part(&buffer, boundary, SLICE("id"), SLICE("a/b"));
		buffer_append(&buffer, parts[i].body);
	}
	multipart_end(&buffer, boundary);
	require(!buffer_failed(&buffer));
	require(multipart_read(SLICE("multipart/mixed;boundary=\"the/boundary.of(fuzz_multipart)\""),
			       buffer_slice(&buffer), again, PARTS_MOST, &found, &error) == 0);
	require(found == count);
	for (size_t i = 0; i < count; i++) {
		require(slice_equal(again[i].body, parts[i].body));
		require(slice_equal(again[i].content_id, SLICE("id")));
	}
done:
	buffer_finish(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = slice_of((const char *)data, size);
	struct slice content_type = slice_trim(slice_take(&body, '\n'));
	struct body_part parts[PARTS_MOST];
	struct body_error error = {""};
	size_t count;
	int result = multipart_read(content_type, body, parts, PARTS_MOST, &count, &error);
	if (result) {
		require((result == ERR_SYNTAX || result == ERR_LIMIT) && error.sentence[0] != '\0');
		return 0;
	}
	require(count >= 1 && count <= PARTS_MOST);
	for (size_t i = 0; i < count; i++) {
		require_inside(parts[i].body, body);
		require_inside(parts[i].content_id, body);
		require_inside(parts[i].content_disposition, body);
		require_inside(parts[i].content_encoding, body);
		require(!slice_is_empty(parts[i].content_type));
	}
	go_round(parts, count, size);
	return 0;
}
