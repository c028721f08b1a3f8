/* Where a SIP message in a byte stream begins and ends. SPDX-License-Identifier: MIT */
#include "transport/framing.h"

#include <stdbool.h>
#include <stdint.h>

void framing_init(struct framing *framing, size_t message_bytes, size_t header_bytes)
{
	*framing = (struct framing){.message_bytes = message_bytes, .header_bytes = header_bytes};
}

static enum framing_result broken(struct framing *framing, const char *reason)
{
	framing->reason = reason;
	return FRAMING_BROKEN;
}

/* CRs and LFs before a message. A CRLF at the end of what is here may be the first half of a ping: it waits for
 * the next byte, so that the result does not depend on how the stream was cut. */
static enum framing_result next_blank(struct framing *framing, struct slice bytes, size_t *length)
{
	static const char ping[4] = {'\r', '\n', '\r', '\n'};
	size_t same = 0;
	while (same < sizeof ping && same < bytes.length && bytes.at[same] == ping[same])
		same++;
	if (same == sizeof ping) {
		*length = sizeof ping;
		return FRAMING_PING;
	}
	if (same == bytes.length)
		return FRAMING_MORE;
	if (same < 2)
		return broken(framing, "a line break is CR and LF");
	/* "CRLF CR x" is a blank, and then a CR that the next call will not like */
	*length = 2;
	return FRAMING_BLANK;
}

/* RFC 3261 §25.1 token, of which a method or "SIP" is made. */
static bool is_token(char byte)
{
	bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
	return is_letter || (byte >= '0' && byte <= '9') || (byte != '\0' && strchr("-.!%*_+`'~", byte) != NULL);
}

/* Length of the headers with the empty line, 0 while there is no empty line. Goes on where the last search ended. */
static size_t find_headers_end(struct framing *framing, struct slice bytes)
{
	size_t from = framing->scanned;
	while (from + 4 <= bytes.length) {
		const char *lf = memchr(bytes.at + from + 3, '\n', bytes.length - from - 3);
		if (!lf)
			break;
		size_t end = (size_t)(lf - bytes.at) + 1;
		if (memcmp(bytes.at + end - 4, "\r\n\r\n", 4) == 0)
			return end;
		from = end - 3;
	}
	/* The last three bytes may be the beginning of it. */
	framing->scanned = bytes.length > 3 ? bytes.length - 3 : 0;
	return 0;
}

/* Takes one line with its folds (RFC 3261 §7.3.1: lines that begin with a blank continue the one before) off `rest`. */
static struct slice take_line(struct slice *rest)
{
	size_t end = 0;
	do {
		end += slice_find(slice_from(*rest, end), '\n');
		end += end < rest->length;
	} while (end < rest->length && (rest->at[end] == ' ' || rest->at[end] == '\t'));
	struct slice line = slice_of(rest->at, end);
	*rest = slice_from(*rest, end);
	return line;
}

/* A start line has "SIP/" in it, whatever else is wrong with it: the rest is the parser's, which can answer. */
static bool is_start_line(struct slice line)
{
	for (size_t i = 0; i + 4 <= line.length; i++)
		if (slice_equal_nocase(slice_of(line.at + i, 4), SLICE("SIP/")))
			return true;
	return false;
}

/* RFC 3261 §20.14 and its compact form. */
static bool is_content_length(struct slice line, struct slice *value)
{
	size_t colon = slice_find(line, ':');
	if (colon == line.length)
		return false;
	struct slice name = slice_trim(slice_of(line.at, colon));
	if (!slice_equal_nocase(name, SLICE("Content-Length")) && !slice_equal_nocase(name, SLICE("l")))
		return false;
	*value = slice_trim(slice_from(line, colon + 1));
	return true;
}

/* RFC 3261 §18.3: on streams Content-Length says where the message ends; without one, nothing does. FRAMING_MORE where
 * the message may be taken. */
static enum framing_result measure(struct framing *framing, struct slice headers)
{
	struct slice rest = headers;
	if (!is_start_line(take_line(&rest)))
		return broken(framing, "the first line is not SIP's");
	bool found = false;
	uint64_t body_bytes = 0;
	while (rest.length > 0) {
		struct slice value;
		uint64_t bytes;
		if (!is_content_length(take_line(&rest), &value))
			continue;
		if (!slice_to_number(value, UINT64_MAX, &bytes))
			return broken(framing, "Content-Length is not a number");
		if (found && bytes != body_bytes)
			return broken(framing, "Content-Length twice, and not the same");
		found = true;
		body_bytes = bytes;
	}
	if (!found)
		return broken(framing, "no Content-Length");
	if (body_bytes > framing->message_bytes || headers.length > framing->message_bytes - body_bytes) {
		framing->reason = "the message is larger than the limit";
		return FRAMING_TOO_LARGE;
	}
	framing->whole = headers.length + (size_t)body_bytes;
	return FRAMING_MORE;
}

enum framing_result framing_next(struct framing *framing, struct slice bytes, size_t *length)
{
	if (bytes.length == 0)
		return FRAMING_MORE;
	if (framing->whole == 0) {
		if (bytes.at[0] == '\r' || bytes.at[0] == '\n')
			return next_blank(framing, bytes, length);
		if (!is_token(bytes.at[0]))
			return broken(framing, "a message does not begin with this byte");
		size_t header_bytes = find_headers_end(framing, bytes);
		if (header_bytes > framing->header_bytes ||
		    (header_bytes == 0 && bytes.length >= framing->header_bytes))
			return broken(framing, "the headers are larger than the limit");
		if (header_bytes == 0)
			return FRAMING_MORE;
		*length = header_bytes;
		enum framing_result result = measure(framing, slice_of(bytes.at, header_bytes));
		if (result != FRAMING_MORE)
			return result;
	}
	if (bytes.length < framing->whole)
		return FRAMING_MORE;
	*length = framing->whole;
	framing->whole = framing->scanned = 0;
	return FRAMING_MESSAGE;
}
