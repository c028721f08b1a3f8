/* Writing one NOTIFY. SPDX-License-Identifier: MIT */
#pragma once

#include "presence/list_notify.h"

/* What a NOTIFY tells: of a resource, of a list, or neither (who waits, or is turned away, is told just that). */
struct notify_body {
	struct shared_body *shared;
	bool is_left_out; /* RFC 5839 §7.2: the watcher has it already */
	const struct list_body *list;
	struct slice list_bytes;
};

/* Headers from Route on, and the body; counts the dialog's CSeq on. The buffer may fail. */
void notify_write(struct buffer *buffer, struct subscription *subscription, const struct notify_body *body);
