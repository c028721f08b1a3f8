/* Random bytes from the system, and tokens made of them. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"

#include <stddef.h>

/* Fills `bytes` from getrandom(2) through a buffer (one system call per few hundred bytes).
 * Aborts the process if the system has none: nothing safe can be done without. */
void random_bytes(void *bytes, size_t count);
/* `count` characters of [0-9a-z] and a terminator: tags, branches, boundaries; 5 bits each. */
void random_token(char *text, size_t count);
