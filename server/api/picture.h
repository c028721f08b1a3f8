/* Which kind of picture some bytes are, by how they begin. A pure function. SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"

/* "image/png", "image/jpeg" or "image/webp"; NULL: none of these. No more than the beginning is looked at: whoever
 * shows the picture decodes it. */
const char *picture_media_type(struct slice bytes);
