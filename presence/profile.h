/* What families of phones need: a row for each, found by User-Agent. Shipped rows come after those of the
 * configuration, and the last row, which fits everybody, is right by the RFCs. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

struct profile {
	const char *name;     /* "Yealink"; several rows may have the same */
	const char *pattern;  /* of the User-Agent: '*' is any text, '?' one character; ASCII letters without case */
	unsigned style;       /* enum body_style */
	bool unsolicited_mwi; /* its devices get message-summary unasked where they do not subscribe */
	bool mwi_to_mailbox;  /* Message-Account is the mailbox's own URI even where a voicemail number is configured */
	bool linphone_lists;  /* NOTIFYs of lists as Linphone compares them: Event: Presence, Content-Id without <> */
	unsigned list_entries; /* of a list, the most that one NOTIFY tells of; 0: no limit */
	unsigned list_bytes;   /* the longest body of a NOTIFY of a list; 0: the limit of the site */
	const char *reason;    /* why it is so, for the documentation; NULL: the administrator knows */
};

#define PROFILES_OWN_MOST 64

struct profiles;

/* `own` (at most PROFILES_OWN_MOST) come before the shipped ones; copied. NULL where memory is exhausted. */
struct profiles *profiles_create(const struct profile *own, size_t count);
void profiles_destroy(struct profiles *profiles);
/* The first row whose pattern fits. Never NULL. Good until profiles_destroy. Costs a look at the few rows that begin
 * with the same letter. */
const struct profile *profiles_find(const struct profiles *profiles, struct slice user_agent);
/* By its name, as a row of a subscription keeps it. Never NULL. */
const struct profile *profiles_find_named(const struct profiles *profiles, struct slice name);
/* The rows in their order; NULL behind the last. */
const struct profile *profiles_at(const struct profiles *profiles, size_t index);

/* The shipped rows, for documentation; the last one fits everybody. NULL behind it. */
const struct profile *profile_shipped_at(size_t index);
/* The first shipped row of that name (without case), or NULL. */
const struct profile *profile_shipped_find(struct slice name);
/* True where the pattern fits the whole text. */
bool profile_pattern_fits(const char *pattern, struct slice text);
