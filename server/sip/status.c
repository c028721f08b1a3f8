/* Reason phrases of the status codes. SPDX-License-Identifier: MIT */
#include "sip/status.h"

static struct slice known_phrase(unsigned status)
{
	switch (status) {
#define STATUS(id, code, phrase)                                                                                       \
	case code:                                                                                                     \
		return SLICE(phrase);
#include "sip/status.def"
#undef STATUS
	default:
		return SLICE("");
	}
}

struct slice sip_status_phrase(unsigned status)
{
	struct slice phrase = known_phrase(status);
	/* RFC 3261 §8.1.3.2: an unknown code means what x00 of its class means */
	return slice_is_empty(phrase) ? known_phrase(status / 100 * 100) : phrase;
}
