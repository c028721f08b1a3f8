/* What families of phones need: a row for each, found by User-Agent. Shipped rows come after those of the
 * configuration, and the last row, which fits everybody, is right by the RFCs. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

struct profile {
	const char *name;     /* "Yealink" */
	const char *pattern;  /* of the User-Agent: '*' is any text, '?' one character; without case */
	unsigned style;       /* enum body_style */
	bool unsolicited_mwi; /* its devices get message-summary unasked where they do not subscribe */
	bool mwi_to_mailbox;  /* Message-Account is the mailbox's own URI even where a voicemail number is configured */
};

struct profiles;

/* `own` come before the shipped ones; copied. NULL where memory is exhausted. */
struct profiles *profiles_create(const struct profile *own, size_t count);
void profiles_destroy(struct profiles *profiles);
/* Never NULL. Good until profiles_destroy. */
const struct profile *profiles_find(const struct profiles *profiles, struct slice user_agent);
/* The rows in their order, for documentation and tests; NULL behind the last. */
const struct profile *profiles_at(const struct profiles *profiles, size_t index);
