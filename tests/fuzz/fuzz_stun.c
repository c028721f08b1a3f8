/* STUN: whatever the datagram, the answer fits and is itself none that would be answered.
 * SPDX-License-Identifier: MIT */
#include "transport/stun.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t answer[STUN_ANSWER_SIZE], echo[STUN_ANSWER_SIZE];
	const struct address peers[] = {{.ip = {192, 0, 2, 1}, .port = 5060, .family = ADDRESS_IPV4},
					{.ip = {0x20, 1}, .port = 5060, .family = ADDRESS_IPV6}};
	for (size_t i = 0; i < ARRAY_SIZE(peers); i++) {
		size_t length = stun_answer(slice_of((const char *)data, size), &peers[i], answer);
		if (length > sizeof answer || length % 4 != 0)
			abort();
		if (length > 0 && stun_answer(slice_of((const char *)answer, length), &peers[i], echo) > 0)
			abort();
	}
	return 0;
}
