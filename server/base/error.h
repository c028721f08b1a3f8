/* Error codes: 0 is success, negative is a failure; one list in errors.def.
 * SPDX-License-Identifier: MIT */
#pragma once

enum error_code {
#define ERROR(name, code, sentence) name = (code),
#include "base/errors.def"
#undef ERROR
};

/* The sentence for a code of ours, of libuv or a negative errno; never NULL, static or thread-local. */
const char *error_text(int code);
