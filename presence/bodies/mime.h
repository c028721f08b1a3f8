/* What bodies within bodies have in common (RFC 2045 §5): fields with the lines that continue them, media types and
 * their parameters. Pure functions; all slices point into what was given. SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"

#include <stdbool.h>

/* Takes one field off the text, with the lines that continue it (RFC 5322 §2.2.3); lines may end with LF alone. False:
 * an empty line, which is taken, or the text was empty. */
bool mime_take_field(struct slice *text, struct slice *field);
/* The name before the colon and the value behind it, without blanks around them; false where there is no name. */
bool mime_split_field(struct slice field, struct slice *name, struct slice *value);

/* True where bytes travel as they are (RFC 2045 §6.2): Content-Transfer-Encoding is binary, 8bit, 7bit or absent. */
bool mime_is_as_it_is(struct slice transfer_encoding);

/* Takes what stands before the next ';' that is not quoted off the rest of a Content-Type, without blanks around it:
 * first the type, then each parameter. */
struct slice mime_take_parameter(struct slice *rest);
/* Is it that media type ("text/plain"), whatever its parameters? Compared without case. */
bool mime_is_type(struct slice content_type, struct slice type);
/* The value of the first parameter of that name, without its quotes (escapes stay in); false: it has none. */
bool mime_find_parameter(struct slice content_type, struct slice name, struct slice *value);
