/* Dialog state documents (RFC 4235). SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/xml.h"

#include <stdint.h>

/* In the order of what a lamp should show, the last one most (two dialogs: the higher one). */
enum dialog_phase { DIALOG_TERMINATED, DIALOG_TRYING, DIALOG_PROCEEDING, DIALOG_CONFIRMED, DIALOG_EARLY };

enum dialog_direction { DIALOG_DIRECTION_UNKNOWN, DIALOG_INITIATOR, DIALOG_RECIPIENT };

struct dialog_party {
	struct slice identity, display;     /* URI; name */
	struct slice target;                /* URI */
	const struct xml_node *target_node; /* <target> with its parameters; NULL: none, or made by the server */
};

struct dialog_entry {
	struct slice id;
	struct slice call_id, local_tag, remote_tag; /* empty: not said */
	enum dialog_direction direction;
	enum dialog_phase phase;
	struct slice event, code; /* why it is in that state; empty: not said */
	struct slice duration;    /* seconds, as said */
	struct dialog_party local, remote;
};

/* More than any user has; comparing each with each stays cheap. */
#define DIALOG_INFO_DIALOGS_MOST 100

struct dialog_info {
	struct slice entity;
	struct slice version; /* a number, or empty */
	bool is_partial;
	struct dialog_entry *dialogs;
	size_t count;
};

/* Old publishers are borne with: without a namespace, without a version, with the display name at the target.
 * Everything is in the arena. ERR_SYNTAX, ERR_LIMIT (of the XML, or more than 100 dialogs), ERR_NO_MEMORY, with a
 * sentence. */
MUST_CHECK int dialog_info_parse(struct arena *arena, struct slice body, const struct xml_limits *limits,
				 struct dialog_info *info, struct body_error *error);

/* What a publisher says has changed (RFC 4235 §4.3) in what he said before: dialogs that it names are as it says
 * (identities and targets that it leaves out are as before), others stay, but those that were over. The entity-tag says
 * already that it was made upon `kept`, so versions are not compared: who counts anew is no less right. `merged` is
 * full, in the arena, and points into both. ERR_LIMIT: more than DIALOG_INFO_DIALOGS_MOST; ERR_NO_MEMORY. */
MUST_CHECK int dialog_info_merge(struct arena *arena, const struct dialog_info *kept, const struct dialog_info *change,
				 struct dialog_info *merged);
/* Documents of several publishers become one: every dialog that is not terminated, and where there is none the last of
 * the terminated, to say so; two with the same id from different documents both stay, with ids made unique.
 * The same dialog seen by two (Call-ID and tags, as far as both are known) is one, in the phase that has come further
 * (terminated by one and not yet by the other: not yet); what is later in one document replaces what is earlier. The
 * state is in the arena, and points into the documents. ERR_NO_MEMORY. */
MUST_CHECK int dialog_info_compose(struct arena *arena, const struct dialog_info *documents, size_t count,
				   struct dialog_info *state);
/* Whether the user is in a call: a dialog is confirmed. */
bool dialog_info_has_call(const struct dialog_info *state);

/* A full document, as a publisher would write it. */
void dialog_info_write_full(struct buffer *buffer, const struct dialog_info *info);
/* A document with one dialog, as a publisher would have written it (Asterisk's device states become this). */
void dialog_info_write_simple(struct buffer *buffer, struct slice entity, struct slice id, enum dialog_phase phase,
			      enum dialog_direction direction);

/* application/dialog-info+xml, of struct dialog_info; always full state, of the target's user. */
extern const struct body_format dialog_info_format;
