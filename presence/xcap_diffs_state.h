/* What xcap_diffs.c shares with the package. SPDX-License-Identifier: MIT */
#pragma once

#include "base/table.h"
#include "presence/resource.h"
#include "presence/xcap_diffs.h"
#include "presence/xcap_selection.h"

struct xcap_diffs {
	struct events *events;
	struct document_store *store;
	struct timers *timers;
	struct slice domain, root;
	struct table held; /* struct held_documents, by user */
	char root_text[];
};

/* on_watched of the package. */
void xcap_diffs_on_watched(void *arg, struct resource *resource, bool is_watched);
