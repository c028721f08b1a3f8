/* Subscription-State. SPDX-License-Identifier: MIT */
#include "presence/subscription_state.h"

#include "base/error.h"
#include "sip/uri.h"
#include "sip/values.h"

static enum subscription_end end_of(struct slice reason)
{
	static const struct {
		struct slice reason;
		enum subscription_end end;
	} rows[] = {
		{{"deactivated", 11}, SUBSCRIPTION_ASK_AT_ONCE}, {{"timeout", 7}, SUBSCRIPTION_ASK_AT_ONCE},
		{{"probation", 9}, SUBSCRIPTION_ASK_LATER},      {{"giveup", 6}, SUBSCRIPTION_ASK_LATER},
		{{"rejected", 8}, SUBSCRIPTION_ASK_NO_MORE},     {{"noresource", 10}, SUBSCRIPTION_ASK_NO_MORE},
		{{"invariant", 9}, SUBSCRIPTION_ASK_NO_MORE},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (slice_equal_nocase(reason, rows[i].reason))
			return rows[i].end;
	return SUBSCRIPTION_ASK_LATER;
}

int subscription_state_parse(struct slice value, struct subscription_state_value *state)
{
	struct subscription_state_value parsed = {.end = SUBSCRIPTION_GOES_ON};
	struct slice parameters = value, text;
	struct slice name = slice_trim(slice_take(&parameters, ';'));
	if (slice_is_empty(name))
		return ERR_SYNTAX;
	parsed.has_expires = sip_parameter_find(parameters, SLICE("expires"), &text);
	if (parsed.has_expires && sip_seconds_parse(text, &parsed.expires_s) != 0)
		return ERR_SYNTAX;
	if (sip_parameter_find(parameters, SLICE("retry-after"), &text) &&
	    sip_seconds_parse(text, &parsed.retry_after_s) != 0)
		return ERR_SYNTAX;
	if (slice_equal_nocase(name, SLICE("terminated"))) {
		struct slice reason = SLICE("");
		(void)sip_parameter_find(parameters, SLICE("reason"), &reason);
		parsed.end = end_of(reason);
	}
	*state = parsed;
	return 0;
}
