/* %XX escapes of URIs (RFC 3986 §2.1). SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"

/* The value of a hexadecimal digit; -1: it is none. */
int percent_digit(char byte);
/* Undoes escapes into the arena where there are any, else returns the text itself. ERR_SYNTAX: a broken one;
 * ERR_NO_MEMORY. */
MUST_CHECK int percent_decode(struct arena *arena, struct slice text, struct slice *plain);
