/* What one Contact of a REGISTER asks for (RFC 3261 §10.2, RFC 5626 §4.2). SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "sip/message.h"
#include "sip/values.h"

#include <stdbool.h>
#include <stdint.h>

struct contact {
	struct slice uri_text;
	struct sip_uri uri;
	struct slice parameters; /* those to keep: without expires, q and what only a registrar writes */
	struct slice instance;   /* +sip.instance without quotes and angle brackets; empty: none */
	uint32_t reg_id;         /* 0: none, or without an instance (RFC 5626 §4.2) */
	uint32_t expires_s;
	uint16_t q; /* thousandths, 1000 where absent */
};

/* `default_expires_s` holds where the contact names none. `contact` points into `element` and `arena`.
 * ERR_SYNTAX, ERR_NO_MEMORY. */
MUST_CHECK int contact_parse(struct arena *arena, struct slice element, uint32_t default_expires_s,
			     struct contact *contact);
