/* The schemas' texts inside the program (generated from presence/documents/schemas/(name).xsd).
 * SPDX-License-Identifier: MIT */
#pragma once

struct schema_text {
	const char *name, *text;
};

extern const struct schema_text schema_texts[];
extern const unsigned schema_text_count;
