/* Where conversations have changed, for one's own devices: the body of the package heliograph-conversations, which is
 * ours (docs/web-client.md). SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/body.h"

#include <stddef.h>
#include <stdint.h>

struct conversation_change {
	struct slice peer; /* AOR without scheme: "bob@example.test" */
	int64_t at;        /* the number of its last change */
};

/* Whoever knew everything until `since` misses nothing but these. */
struct conversation_changes {
	int64_t since, until;
	const struct conversation_change *changes; /* by growing `at`, the last of which is `until` */
	size_t count;
};

/* Numbers are decimal texts, since they do not fit into JavaScript's. `state` is struct conversation_changes. */
extern const struct body_format conversations_format; /* application/vnd.heliograph.conversations+json */
