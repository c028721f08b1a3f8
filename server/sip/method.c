/* Methods: text ↔ id. SPDX-License-Identifier: MIT */
#include "sip/method.h"

#include "base/attributes.h"

static const struct slice texts[SIP_METHOD_COUNT] = {[SIP_METHOD_OTHER] = {"", 0},
#define METHOD(id, text) [id] = {text, sizeof(text) - 1},
						     SIP_METHODS(METHOD)
#undef METHOD
};

enum sip_method sip_method_find(struct slice text)
{
	for (unsigned method = SIP_METHOD_OTHER + 1; method < SIP_METHOD_COUNT; method++)
		if (slice_equal(texts[method], text))
			return (enum sip_method)method;
	return SIP_METHOD_OTHER;
}

struct slice sip_method_text(enum sip_method method)
{
	return (unsigned)method < ARRAY_SIZE(texts) ? texts[method] : texts[SIP_METHOD_OTHER];
}
