/* The value of Subscription-State (RFC 6665 §8.4), read by a subscriber. Pure. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum subscription_end {
	SUBSCRIPTION_GOES_ON,     /* active, pending, and what we do not know */
	SUBSCRIPTION_ASK_AT_ONCE, /* deactivated, timeout */
	SUBSCRIPTION_ASK_LATER,   /* probation, giveup, no reason, one that we do not know */
	SUBSCRIPTION_ASK_NO_MORE  /* rejected, noresource, invariant */
};

struct subscription_state_value {
	enum subscription_end end;
	bool has_expires;
	uint32_t expires_s;
	uint32_t retry_after_s; /* 0: not said */
};

/* What a subscriber should do, by RFC 6665 §4.1.3. ERR_SYNTAX: no state, or numbers that are none. */
MUST_CHECK int subscription_state_parse(struct slice value, struct subscription_state_value *state);
