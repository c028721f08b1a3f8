/* What messaging.c and the files of a delivery share. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/list.h"
#include "features/messaging.h"

struct messaging {
	struct messaging_parts parts;
	struct messaging_options options;
	struct messaging_counters counters;
	struct list_link deliveries;
	struct buffer scratch;
	struct log_rate history_rate;
	messaging_changed_fn *on_changed;
	void *on_changed_arg;
};

/* The user's AOR in our domain ("bob@example.test"), in the arena. ERR_NO_MEMORY. */
MUST_CHECK int messaging_write_aor(const struct messaging *messaging, struct arena *arena, struct slice user,
				   struct slice *aor);
/* A message from `sender` (AOR) to the receiver is stored. */
void messaging_announce_stored(struct messaging *messaging, struct slice sender, const struct account *receiver);
