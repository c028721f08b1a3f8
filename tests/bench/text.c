/* Header lines by name, and the answer 200. SPDX-License-Identifier: MIT */
#include "text.h"

#include <string.h>

/* Takes a line off `rest`, without its CRLF. */
static struct slice take_line(struct slice *rest)
{
	struct slice line = slice_take(rest, '\n');
	if (line.length > 0 && line.at[line.length - 1] == '\r')
		line.length--;
	return line;
}

unsigned text_status(struct slice message)
{
	struct slice line = take_line(&message);
	uint64_t status = 0;
	if (!slice_starts_with(line, SLICE("SIP/2.0 ")) || line.length < 11 ||
	    !slice_to_number(slice_of(line.at + 8, 3), 699, &status))
		return 0;
	return (unsigned)status;
}

static bool is_header(struct slice line, struct slice name)
{
	return line.length > name.length && line.at[name.length] == ':' &&
	       slice_equal_nocase(slice_of(line.at, name.length), name);
}

bool text_next_header(struct slice message, struct slice name, size_t *position, struct slice *value)
{
	struct slice rest = slice_from(message, *position);
	if (*position == 0)
		take_line(&rest); /* the start line */
	while (!slice_is_empty(rest)) {
		struct slice line = take_line(&rest);
		if (slice_is_empty(line))
			return false;
		if (!is_header(line, name))
			continue;
		*position = message.length - rest.length;
		*value = slice_trim(slice_from(line, name.length + 1));
		return true;
	}
	return false;
}

struct slice text_header(struct slice message, struct slice name)
{
	size_t position = 0;
	struct slice value = {0};
	(void)text_next_header(message, name, &position, &value);
	return value;
}

struct slice text_between(struct slice text, struct slice mark, char end)
{
	const char *found = slice_is_empty(text) ? NULL : memmem(text.at, text.length, mark.at, mark.length);
	if (!found)
		return slice_of(NULL, 0);
	struct slice rest = slice_from(text, (size_t)(found - text.at) + mark.length);
	return slice_take(&rest, end);
}

void text_answer(struct slice request, struct buffer *buffer, struct text_request *read)
{
	*read = (struct text_request){0};
	buffer_append(buffer, SLICE("SIP/2.0 200 OK\r\n"));
	take_line(&request);
	while (!slice_is_empty(request)) {
		struct slice line = take_line(&request);
		if (slice_is_empty(line))
			break;
		bool is_to = is_header(line, SLICE("To"));
		if (is_header(line, SLICE("Call-ID")))
			read->call_id = slice_trim(slice_from(line, 8));
		else if (is_header(line, SLICE("CSeq")))
			read->cseq = slice_trim(slice_from(line, 5));
		else if (!is_to && !is_header(line, SLICE("Via")) && !is_header(line, SLICE("From")))
			continue;
		buffer_append(buffer, line);
		if (is_to && slice_is_empty(text_between(line, SLICE(";tag="), ';')))
			buffer_append(buffer, SLICE(";tag=answer"));
		buffer_append(buffer, SLICE("\r\n"));
	}
	buffer_append(buffer, SLICE("Content-Length: 0\r\n\r\n"));
	read->body = request;
	read->cseq = slice_take(&read->cseq, ' ');
}
