/* What the files conference_info… share. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/conference_info.h"

#define CONFERENCE_SPACE "urn:ietf:params:xml:ns:conference-info"
#define CONFERENCE_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<conference-info xmlns=\"" CONFERENCE_SPACE "\""
#define CONFERENCE_TAIL "</conference-info>\r\n"

/* state= of an element: how much it says of what it names (RFC 4575 §4.6). */
enum conference_part { CONFERENCE_FULL, CONFERENCE_PARTIAL, CONFERENCE_DELETED };
enum conference_part conference_part_of(const struct xml_node *node);

/* Of RFC 4575's namespace. */
bool conference_is_ours(const struct xml_node *node);
bool conference_is(const struct xml_node *node, const char *name);
/* What makes it the same as another element of its name: entity, id, a URI (RFC 4575 §5); empty: it is the only one. */
struct slice conference_key_of(const struct xml_node *node);
/* With a line end. */
void conference_write_node(struct buffer *buffer, const struct xml_node *node);
/* conference_info_format.write_change */
bool conference_info_write_change(struct slice before, struct slice after, const struct body_target *target,
				  struct body_output *output);
