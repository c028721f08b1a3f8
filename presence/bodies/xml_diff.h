/* What has changed from one XML document to another, as operations of RFC 5261 that make the one into the other.
 *
 * Both come as trees of xml_parse: blanks between elements are not told, and none are needed to find the way.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/xml_prefixes.h"

/* Appends <p:add>, <p:replace> and <p:remove>, a line for each, to `operations`; `p` is the prefix `operation_prefix`,
 * which is for the caller to declare. Other names stand for what `prefixes` says, and what is used is noted there: the
 * root of the diff declares it, and the default namespace there is the default one here (RFC 5261 §4.2.2).
 *
 * Memory for the way is from `arena`. False: it cannot be told (the roots differ in more than the attribute "version",
 * or have text in them), it would take more than `most` bytes or more work than it is worth, or memory is exhausted;
 * `operations` is then of no use. */
MUST_CHECK bool xml_diff(struct arena *arena, const struct xml_node *before, const struct xml_node *after,
			 const char *operation_prefix, size_t most, struct xml_prefixes *prefixes,
			 struct buffer *operations);
