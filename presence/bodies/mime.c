/* Fields and parameters of MIME (RFC 2045 §5, RFC 5322 §2.2). SPDX-License-Identifier: MIT */
#include "bodies/mime.h"

/* ---- Fields ---- */

/* Of the first line, its end included. */
static size_t line_length(struct slice text)
{
	size_t length = slice_find(text, '\n');
	return length < text.length ? length + 1 : length;
}

bool mime_take_field(struct slice *text, struct slice *field)
{
	size_t length = line_length(*text);
	bool is_field = !slice_is_empty(slice_trim(slice_of(text->at, length)));
	while (is_field && length < text->length && (text->at[length] == ' ' || text->at[length] == '\t'))
		length += line_length(slice_from(*text, length));
	*field = slice_trim(slice_of(text->at, length));
	*text = slice_from(*text, length);
	return is_field;
}

bool mime_split_field(struct slice field, struct slice *name, struct slice *value)
{
	size_t colon = slice_find(field, ':');
	if (colon == field.length || colon == 0)
		return false;
	*name = slice_trim(slice_of(field.at, colon));
	*value = slice_trim(slice_from(field, colon + 1));
	return true;
}

bool mime_is_as_it_is(struct slice transfer_encoding)
{
	return slice_is_empty(transfer_encoding) || slice_equal_nocase(transfer_encoding, SLICE("binary")) ||
	       slice_equal_nocase(transfer_encoding, SLICE("8bit")) ||
	       slice_equal_nocase(transfer_encoding, SLICE("7bit"));
}

/* ---- Media types ---- */

struct slice mime_take_parameter(struct slice *rest)
{
	size_t length = 0;
	bool is_quoted = false;
	for (; length < rest->length && (is_quoted || rest->at[length] != ';'); length++) {
		if (rest->at[length] == '"')
			is_quoted = !is_quoted;
		else if (is_quoted && rest->at[length] == '\\' && length + 1 < rest->length)
			length++;
	}
	struct slice parameter = slice_of(rest->at, length);
	*rest = slice_from(*rest, length < rest->length ? length + 1 : length);
	return slice_trim(parameter);
}

bool mime_is_type(struct slice content_type, struct slice type)
{
	return slice_equal_nocase(mime_take_parameter(&content_type), type);
}

bool mime_find_parameter(struct slice content_type, struct slice name, struct slice *value)
{
	mime_take_parameter(&content_type);
	while (content_type.length > 0) {
		struct slice rest = mime_take_parameter(&content_type);
		if (!slice_equal_nocase(slice_trim(slice_take(&rest, '=')), name))
			continue;
		rest = slice_trim(rest);
		if (rest.length >= 2 && rest.at[0] == '"' && rest.at[rest.length - 1] == '"')
			rest = slice_of(rest.at + 1, rest.length - 2);
		*value = rest;
		return true;
	}
	return false;
}
