/* What Asterisk publishes (res_pjsip_publish_asterisk): JSON bodies of the events asterisk-mwi and
 * asterisk-devicestate. Names that we do not know are skipped, names that come twice refused; nesting is bounded far
 * below what overflows a stack, bytes are bounded by the caller. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "bodies/dialog_info.h"

#include <stdint.h>

struct asterisk_mwi {
	bool is_refresh; /* asks to be told all that is known and tells nothing itself: the rest is empty */
	struct slice mailbox, context; /* of "6001@default"; the context may be empty */
	uint32_t fresh, old;           /* messages, urgent ones included */
	uint32_t urgent;               /* of the new ones; mostly not said */
};
/* The slices are in the arena. ERR_SYNTAX with a sentence, ERR_NO_MEMORY. */
MUST_CHECK int asterisk_mwi_parse(struct arena *arena, struct slice body, struct asterisk_mwi *mwi,
				  struct body_error *error);

struct asterisk_device_state {
	bool is_refresh;     /* as above */
	struct slice device; /* "PJSIP/alice" */
	struct slice user;   /* "alice": behind the technology, before '-' of a channel and '@'; empty: no phone */
	bool is_known;       /* false: UNKNOWN, INVALID, UNAVAILABLE: says nothing of calls */
	/* INUSE, BUSY, ONHOLD → confirmed; RINGING, RINGINUSE → early; NOT_INUSE → terminated */
	enum dialog_phase phase;
	enum dialog_direction direction; /* recipient while it rings */
};
/* The slices are in the arena. ERR_SYNTAX with a sentence, ERR_NO_MEMORY. */
MUST_CHECK int asterisk_device_state_parse(struct arena *arena, struct slice body, struct asterisk_device_state *state,
					   struct body_error *error);
