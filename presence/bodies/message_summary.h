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
	bool names_none; /* parsed: no class was named; what `counts` has of voice follows from `is_waiting` */
	bool has[MESSAGE_CLASS_COUNT]; /* the class was named */
	struct message_counts counts[MESSAGE_CLASS_COUNT];
	struct slice account; /* Message-Account as it stood; empty: none */
};

/* Lines may end with CRLF or LF and stand in any order; names compare without case; names that we do not know are
 * skipped. A body without counts counts as one new voice message where it says `Messages-Waiting: yes`, else as none;
 * counts may be "2/8 (0/2)", "2/8" or "2". Negative, huge or malformed ones, and a line that comes twice, are errors.
 * Optional message headers behind the empty line are not kept. `is_waiting` is what was said, even where the counts say
 * otherwise. `account` points into the body. ERR_SYNTAX with a sentence. */
MUST_CHECK int message_summary_parse(struct slice body, struct message_summary *summary, struct body_error *error);

/* Always with Voice-Message (0/0 where nothing is known), and with the other classes that were named or have counts;
 * messages are waiting where any class has a new one; CRLF at the end of each line. `state` is struct message_summary;
 * the account is the target's. */
extern const struct body_format message_summary_format; /* application/simple-message-summary */

/* "voice", "fax" … as the API, the database and the command line name them; false for another text. */
struct slice message_class_name(enum message_class which);
bool message_class_find(struct slice name, enum message_class *which);
