/* Message summaries (RFC 3842): what lights a voicemail lamp. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "bodies/body.h"

#include <stdbool.h>
#include <stdint.h>

/* RFC 3842 §3.5 and RFC 3458 §6.2: message-context-class. */
enum message_class {
	MESSAGE_VOICE,
	MESSAGE_FAX,
	MESSAGE_PAGER,
	MESSAGE_MULTIMEDIA,
	MESSAGE_TEXT,
	MESSAGE_NONE,
	MESSAGE_CLASS_COUNT
};

struct message_counts {
	uint32_t fresh, old;               /* new/old, urgent ones included */
	uint32_t urgent_fresh, urgent_old; /* of them */
};

struct message_summary {
	bool is_waiting;
	bool has[MESSAGE_CLASS_COUNT]; /* the class was named */
	struct message_counts counts[MESSAGE_CLASS_COUNT];
	struct slice account; /* Message-Account as it stood; empty: none */
};

/* Lines may end with CRLF or LF; names compare without case. A body that only says `Messages-Waiting: yes` counts as
 * one new voice message. Negative, huge or malformed counts are errors. Optional message headers behind the empty line
 * are not kept. ERR_SYNTAX with a sentence. */
MUST_CHECK int message_summary_parse(struct slice body, struct message_summary *summary, struct body_error *error);

/* Always with Voice-Message (0/0 where nothing is known), and with the other classes that were named or have counts;
 * CRLF at the end of each line. `state` is struct message_summary; the account is the target's. */
extern const struct body_format message_summary_format; /* application/simple-message-summary */

/* "voice", "fax" … as the API, the database and the command line name them; false for another text. */
struct slice message_class_name(enum message_class which);
bool message_class_find(struct slice name, enum message_class *which);
