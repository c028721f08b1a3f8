/* Telling users of changes in their XCAP documents: the package xcap-diff (RFC 5875).
 * SPDX-License-Identifier: MIT */
#pragma once

#include "presence/document_store.h"
#include "presence/events.h"

/* Whose documents are watched, and therefore in memory. */
struct xcap_diffs;

/* Listens to the store. `root` is where clients find XCAP ("https://example.test/xcap/"), and is copied. NULL where
 * memory is exhausted, or the store has too many listeners. */
struct xcap_diffs *xcap_diffs_create(struct events *events, struct document_store *store, struct slice root);
/* After the events, which tell it until their end; the store calls back no more. Accepts NULL. */
void xcap_diffs_destroy(struct xcap_diffs *diffs);

/* Its `arg` is the xcap_diffs; the policy is WATCH_SELF. */
extern const struct event_package xcap_diff_package;
