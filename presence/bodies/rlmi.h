/* Resource list meta-information (RFC 4662 §5): what a NOTIFY says of the resources of a list.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum rlmi_state { RLMI_ACTIVE, RLMI_PENDING, RLMI_TERMINATED };

struct rlmi_list {
	struct slice uri;
	struct slice name;    /* empty: none */
	struct slice version; /* digits */
	bool is_full;         /* fullState */
};
struct rlmi_resource {
	struct slice uri;
	struct slice name;        /* display name; empty: none */
	struct slice instance_id; /* empty: the resource has no instance: nothing is known of it */
	enum rlmi_state state;
	const char *reason;      /* RLMI_TERMINATED: "rejected", "noresource" … */
	struct slice content_id; /* without <>; empty: no part of the body tells its state */
};

void rlmi_begin(struct buffer *buffer, const struct rlmi_list *list);
void rlmi_write(struct buffer *buffer, const struct rlmi_resource *resource);
void rlmi_end(struct buffer *buffer);
