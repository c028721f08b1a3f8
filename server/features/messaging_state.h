/* What messaging.c and the files of a delivery share. SPDX-License-Identifier: MIT */
#pragma once

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

/* A message from `sender` (AOR) to the receiver is stored. */
void messaging_announce_stored(struct messaging *messaging, struct slice sender, const struct account *receiver);
