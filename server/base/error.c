/* Error codes to sentences. SPDX-License-Identifier: MIT */
#include "base/error.h"

#include "base/attributes.h"

#include <stdio.h>
#include <string.h>

#define TEXT_SIZE 128

/* libuv's own codes (names not found, "end of file") lie between this and the errno values; base does not link
 * libuv, and their callers have uv_strerror for a better sentence. */
#define LIBUV_ONLY (-3000)
#define LIBUV_EOF (-4095)

static const struct {
	int code;
	const char *sentence;
} sentences[] = {
#define ERROR(name, number, text) {.code = (number), .sentence = (text)},
#include "base/errors.def"
#undef ERROR
};

const char *error_text(int code)
{
	static _Thread_local char text[TEXT_SIZE];
	if (code == 0)
		return "success";
	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++) {
		if (sentences[i].code == code)
			return sentences[i].sentence;
	}
	if (code == LIBUV_EOF)
		return "end of file";
	if (code > LIBUV_ONLY && code < 0) {
		/* GNU's strerror_r: may answer with a constant of its own instead of `text`. */
		return strerror_r(-code, text, sizeof(text));
	}
	(void)snprintf(text, sizeof(text), "unknown error %d", code);
	return text;
}
