/* Subscription-State as a subscriber reads it. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/subscription_state.h"
#include "test.h"

static void states_are_read_and_say_what_to_do(void)
{
	static const struct {
		const char *value;
		int result;
		enum subscription_end end;
		bool has_expires;
		uint32_t expires_s, retry_after_s;
	} rows[] = {
		{"active;expires=600", 0, SUBSCRIPTION_GOES_ON, true, 600, 0},
		{"Active ; Expires=0", 0, SUBSCRIPTION_GOES_ON, true, 0, 0},
		{"active", 0, SUBSCRIPTION_GOES_ON, false, 0, 0},
		{"pending;expires=5;x=y", 0, SUBSCRIPTION_GOES_ON, true, 5, 0},
		{"waiting", 0, SUBSCRIPTION_GOES_ON, false, 0, 0},
		{"terminated;reason=deactivated", 0, SUBSCRIPTION_ASK_AT_ONCE, false, 0, 0},
		{"TERMINATED;REASON=TIMEOUT", 0, SUBSCRIPTION_ASK_AT_ONCE, false, 0, 0},
		{"terminated;reason=probation;retry-after=120", 0, SUBSCRIPTION_ASK_LATER, false, 0, 120},
		{"terminated;reason=giveup", 0, SUBSCRIPTION_ASK_LATER, false, 0, 0},
		{"terminated", 0, SUBSCRIPTION_ASK_LATER, false, 0, 0},
		{"terminated;reason=tired", 0, SUBSCRIPTION_ASK_LATER, false, 0, 0},
		{"terminated;reason=rejected", 0, SUBSCRIPTION_ASK_NO_MORE, false, 0, 0},
		{"terminated;reason=noresource", 0, SUBSCRIPTION_ASK_NO_MORE, false, 0, 0},
		{"terminated;reason=invariant", 0, SUBSCRIPTION_ASK_NO_MORE, false, 0, 0},
		{"", ERR_SYNTAX, SUBSCRIPTION_GOES_ON, false, 0, 0},
		{";expires=5", ERR_SYNTAX, SUBSCRIPTION_GOES_ON, false, 0, 0},
		{"active;expires=soon", ERR_SYNTAX, SUBSCRIPTION_GOES_ON, false, 0, 0},
		{"active;expires", ERR_SYNTAX, SUBSCRIPTION_GOES_ON, false, 0, 0},
		{"terminated;retry-after=-1", ERR_SYNTAX, SUBSCRIPTION_GOES_ON, false, 0, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct subscription_state_value state = {0};
		int result = subscription_state_parse(slice_text(rows[i].value), &state);
		bool right = result == rows[i].result && state.end == rows[i].end &&
			     state.has_expires == rows[i].has_expires && state.expires_s == rows[i].expires_s &&
			     state.retry_after_s == rows[i].retry_after_s;
		if (!test_check(right, __FILE__, __LINE__, rows[i].value))
			return;
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"states_are_read_and_say_what_to_do", states_are_read_and_say_what_to_do, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
