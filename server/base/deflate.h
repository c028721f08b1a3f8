/* Content-Encoding: deflate, by zlib. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"

/* Appends what becomes of the text, in zlib's format (RFC 1950). ERR_NO_MEMORY, also where the buffer is full. */
MUST_CHECK int deflate_pack(struct slice plain, struct buffer *packed);
/* The other way round; raw deflate (RFC 1951) is understood as well, since some clients send that. The limit of `plain`
 * bounds what a small body may become. ERR_SYNTAX: it is broken or incomplete; ERR_LIMIT; ERR_NO_MEMORY. */
MUST_CHECK int deflate_unpack(struct slice packed, struct buffer *plain);
