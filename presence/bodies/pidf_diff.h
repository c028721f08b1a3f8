/* Partial presence (RFC 5262): the whole as <pidf-full>, a change as <pidf-diff> with the operations of RFC 5261.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/pidf.h"

/* application/pidf-diff+xml of a struct presence_state. */
extern const struct body_format pidf_diff_format;
