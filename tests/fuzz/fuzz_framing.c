/* Stream framing: whatever the bytes, every segmentation gives the same messages, and none reaches beyond what came.
 * The first byte of the input chooses the segmentation that is compared. SPDX-License-Identifier: MIT */
#include "transport/framing.h"

#include <stdint.h>
#include <stdlib.h>

#define MESSAGE_LIMIT 4096
#define HEADER_LIMIT 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What came of a stream, as one number: results and lengths in order. */
struct outcome {
	uint64_t digest;
	size_t consumed;
	int broken;
};

static void note(struct outcome *outcome, enum framing_result result, size_t length)
{
	outcome->digest = (outcome->digest ^ ((uint64_t)length << 3 | (uint64_t)result)) * 0x100000001b3u;
}

static void feed(struct framing *framing, struct outcome *outcome, const char *bytes, size_t to)
{
	while (!outcome->broken) {
		size_t length = 0;
		struct slice rest = slice_of(bytes + outcome->consumed, to - outcome->consumed);
		enum framing_result result = framing_next(framing, rest, &length);
		if (result == FRAMING_MORE)
			return;
		if (result == FRAMING_BROKEN) {
			outcome->broken = 1;
			if (!framing->reason)
				abort();
			length = 0;
		} else if (result == FRAMING_TOO_LARGE) {
			outcome->broken = 1;
			if (length == 0 || length > HEADER_LIMIT || !framing->reason)
				abort();
		} else if (length == 0 || length > rest.length || length > MESSAGE_LIMIT) {
			abort();
		}
		note(outcome, result, length);
		outcome->consumed += length;
	}
}

static struct outcome run(const char *bytes, size_t size, unsigned step)
{
	struct framing framing;
	struct outcome outcome = {0};
	framing_init(&framing, MESSAGE_LIMIT, HEADER_LIMIT);
	for (size_t to = step < size ? step : size; to < size; to += step)
		feed(&framing, &outcome, bytes, to);
	feed(&framing, &outcome, bytes, size);
	return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	const char *bytes = (const char *)data + 1;
	struct outcome whole = run(bytes, size - 1, UINT16_MAX);
	struct outcome pieces = run(bytes, size - 1, data[0] % 64 + 1u);
	if (whole.digest != pieces.digest || whole.consumed != pieces.consumed || whole.broken != pieces.broken)
		abort();
	return 0;
}
