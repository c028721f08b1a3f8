/* The URI of a person, from what people write: "bob", "bob@example.com", "sip:bob@example.com", "tel:+15550100".
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "core/domain.h"

/* In the arena, or `text` itself. Without a scheme it is a user as he is called (not escaped), without a domain of
 * ours; other names of our domain become its name, so that rules meet him. ERR_SYNTAX: that is nobody; ERR_NO_MEMORY.
 */
MUST_CHECK int person_uri_read(struct arena *arena, const struct domain *domain, struct slice text, struct slice *uri);
