/* Header lines by name, and the answer 200. SPDX-License-Identifier: MIT */
#include "text.h"

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

bool text_next_header(struct slice message, struct slice name, size_t *position, struct slice *value)
{
	struct slice rest = slice_from(message, *position);
	if (*position == 0)
		take_line(&rest); /* the start line */
	while (!slice_is_empty(rest)) {
		struct slice line = take_line(&rest);
		if (slice_is_empty(line))
			return false;
		bool found = line.length > name.length && line.at[name.length] == ':' &&
			     slice_equal_nocase(slice_of(line.at, name.length), name);
		if (!found)
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

static void write_header(struct buffer *buffer, const char *name, struct slice value)
{
	buffer_format(buffer, "%s: %.*s\r\n", name, SLICE_ARGS(value));
}

void text_write_ok(struct slice request, struct buffer *buffer)
{
	buffer_text(buffer, "SIP/2.0 200 OK\r\n");
	size_t position = 0;
	struct slice via;
	while (text_next_header(request, SLICE("Via"), &position, &via))
		write_header(buffer, "Via", via);
	write_header(buffer, "From", text_header(request, SLICE("From")));
	buffer_format(buffer, "To: %.*s;tag=answer\r\n", SLICE_ARGS(text_header(request, SLICE("To"))));
	write_header(buffer, "Call-ID", text_header(request, SLICE("Call-ID")));
	write_header(buffer, "CSeq", text_header(request, SLICE("CSeq")));
	buffer_text(buffer, "Content-Length: 0\r\n\r\n");
}
