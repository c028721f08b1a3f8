/* XCAP URIs (RFC 4825 §6) as text that we write. Pure. SPDX-License-Identifier: MIT */
#pragma once

#include "base/buffer.h"
#include "base/slice.h"

#include <stddef.h>

/* A path, or a part of one, with everything escaped that may not stand there (RFC 3986 §3.3). */
void uri_write_path(struct buffer *buffer, struct slice path);
/* The first `count` steps of a node selector; slashes inside of quotes separate nothing. */
struct slice uri_first_steps(struct slice selector, size_t count);
