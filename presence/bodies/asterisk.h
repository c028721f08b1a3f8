/* What Asterisk publishes (res_pjsip_publish_asterisk): JSON bodies of the events asterisk-mwi and
 * asterisk-devicestate. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "bodies/dialog_info.h"

#include <stdint.h>

/* Bounds that hold for each of them: bytes as given by the caller, nesting far below what overflows a stack. */

struct asterisk_mwi {
	struct slice mailbox, context; /* of "6001@default"; the context may be empty */
	uint32_t fresh, old,
		urgent; /* new messages (urgent ones apart, as Asterisk counts), old ones, urgent new ones */
};
/* ERR_SYNTAX with a sentence, ERR_NO_MEMORY. */
MUST_CHECK int asterisk_mwi_parse(struct arena *arena, struct slice body, struct asterisk_mwi *mwi,
				  struct body_error *error);

struct asterisk_device_state {
	struct slice device; /* "PJSIP/alice" */
	struct slice user;   /* "alice": behind the technology, before '-' of a channel and '@' */
	bool is_known;       /* false: UNKNOWN, INVALID, UNAVAILABLE: says nothing of calls */
	enum dialog_phase
		phase; /* INUSE, BUSY, ONHOLD → confirmed; RINGING, RINGINUSE → early; NOT_INUSE → terminated */
	enum dialog_direction direction; /* recipient while it rings */
};
MUST_CHECK int asterisk_device_state_parse(struct arena *arena, struct slice body, struct asterisk_device_state *state,
					   struct body_error *error);
