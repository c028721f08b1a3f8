/* The documents of the node: the store, its listeners, XCAP, and the lists for the keys of phones.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "storage/storage.h"

struct node;

/* Before the events, which read lists from it; then, with the events, what their packages need; and at last XCAP. 0 or
 * an error code. */
MUST_CHECK int node_build_documents(struct node *node);
MUST_CHECK int node_build_document_listeners(struct node *node);
MUST_CHECK int node_build_xcap(struct node *node);
void node_reload_documents(struct node *node);
/* Before and after the events are destroyed. */
void node_finish_xcap(struct node *node);
void node_finish_documents(struct node *node);
/* Reads the table of phone lists and sets them, beside those of the configuration; again every lists.table_s. `done`
 * may be NULL. A table that cannot be read leaves what was there. */
void node_load_phone_lists(struct node *node, storage_done_fn *done, void *arg);
