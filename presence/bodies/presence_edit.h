/* Changes to published presence, made in copies: the documents themselves stay as they are.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/xml.h"

/* A copy of the node with another id; children are shared. ERR_NO_MEMORY, as for all here. */
MUST_CHECK int presence_edit_id(struct arena *arena, const struct xml_node *node, struct slice id,
				struct xml_node **copy);

/* Tells what <basic> says in the <status> of `tuple`, a copy, which is changed where a <basic> is neither "open" nor
 * "closed": spelled in another way it is corrected, and left out if it is something else. */
MUST_CHECK int presence_edit_basic(struct arena *arena, struct xml_node *tuple, bool *has_basic, bool *is_open);

/* Replaces `person` (NULL: none yet) by one who has that activity of RPID, unless he has it already. */
MUST_CHECK int presence_edit_activity(struct arena *arena, struct slice activity, const struct xml_node **person);
