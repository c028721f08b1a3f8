/* The first pass over a message: start line, header lines, body. One walk from line end to line end; names are looked
 * up, values are only trimmed (RFC 3261 §7).
 *
 * Line ends. The grammar has CRLF and nothing else. A lone LF is read as a line end, so that as much of the message is
 * understood as its sender meant, but the message is refused; so is a lone CR within a line. Either would reach the
 * next hop as it is when the message is forwarded, and what one reader takes for the middle of a value another takes
 * for a new header. Empty lines before the start line are skipped (§7.5).
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "sip/grammar.h"
#include "sip/message.h"
#include "sip/status.h"

/* Enough for what clients send; more is made by doubling. */
#define FIRST_HEADERS 24
/* Indices are 16 bits wide in the message. */
#define MOST_HEADERS INT16_MAX

struct scan {
	struct sip_message *message;
	const struct sip_limits *limits;
	struct slice rest; /* not yet read */
	unsigned capacity; /* of message->headers */
	struct sip_parse_error *error;
	int result;
};

/* The first thing wrong is the one that is told. */
static void blame(struct scan *scan, int result, unsigned status, const char *at, const char *reason)
{
	if (scan->result != 0)
		return;
	scan->result = result;
	*scan->error = (struct sip_parse_error){
		.status = status, .offset = (size_t)(at - scan->message->bytes.at), .reason = reason};
}

static void blame_limit(struct scan *scan, unsigned status, const char *at, const char *reason, size_t most)
{
	if (scan->result != 0)
		return;
	blame(scan, ERR_LIMIT, status, at, reason);
	scan->error->most = most;
}

static void blame_syntax(struct scan *scan, const char *at, const char *reason)
{
	blame(scan, ERR_SYNTAX, SIP_BAD_REQUEST, at, reason);
}

/* One line without its end; false where no line end is left. */
static bool take_line(struct scan *scan, struct slice *line)
{
	const char *start = scan->rest.at;
	const char *end = scan->rest.length > 0 ? memchr(start, '\n', scan->rest.length) : NULL;
	if (!end)
		return false;
	size_t length = (size_t)(end - start);
	scan->rest = slice_from(scan->rest, length + 1);
	if (length > 0 && end[-1] == '\r')
		length--;
	else
		blame_syntax(scan, end, "A line ends with LF alone, not with CRLF");
	*line = slice_of(start, length);
	size_t stray = slice_find(*line, '\r');
	if (stray < length)
		blame_syntax(scan, start + stray, "A line holds a CR that is not part of its end");
	return true;
}

/* "SIP/" and a number with a point, whatever number it is: 505 is for sip_message_check to say. */
static bool is_version(struct slice text)
{
	if (text.length < 4 || !slice_equal_nocase(slice_of(text.at, 4), SLICE("SIP/")))
		return false;
	text = slice_from(text, 4);
	return !slice_is_empty(grammar_take(&text, GRAMMAR_DIGIT)) && grammar_take_byte(&text, '.') &&
	       grammar_is(text, GRAMMAR_DIGIT);
}

/* "METHOD SP Request-URI SP SIP/2.0": single blanks and none at the end (RFC 4475 §3.1.2.9, §3.1.2.10). */
static void read_request_line(struct scan *scan, struct slice line)
{
	struct sip_message *message = scan->message;
	struct slice rest = line;

	message->method_text = grammar_take(&rest, GRAMMAR_TOKEN);
	if (slice_is_empty(message->method_text) || !grammar_take_byte(&rest, ' ')) {
		message->method_text = (struct slice){0};
		blame_syntax(scan, line.at, "The first line is neither a request line nor a status line");
		return;
	}
	message->is_request = true;
	message->method = sip_method_find(message->method_text);
	message->request_uri_text = slice_take(&rest, ' ');
	message->version = rest;
	if (slice_is_empty(message->request_uri_text))
		blame_syntax(scan, line.at, "The Request-URI is missing, or more than one blank stands before it");
	else if (slice_find(rest, ' ') < rest.length)
		blame_syntax(scan, rest.at, "The request line holds more blanks than the two that part it");
	else if (!is_version(rest))
		blame_syntax(scan, rest.at, "The request line does not end with the version of SIP");
}

/* "SIP/2.0 SP 200 SP reason"; the reason may be empty (RFC 4475 §3.1.1.13), and its blank with it. */
static void read_status_line(struct scan *scan, struct slice line)
{
	struct sip_message *message = scan->message;
	struct slice rest = line;
	uint64_t status;

	message->version = slice_take(&rest, ' ');
	struct slice code = slice_take(&rest, ' ');
	message->reason = rest;
	if (!is_version(message->version))
		blame_syntax(scan, line.at, "The status line does not begin with a version of SIP");
	/* RFC 4475 §3.1.2.19 sends a code beyond 32 bits */
	else if (code.length != 3 || !slice_to_number(code, 699, &status) || status < 100)
		blame_syntax(scan, code.at, "The status code is not a number from 100 to 699");
	else
		message->status = (unsigned)status;
}

static bool read_start_line(struct scan *scan)
{
	struct slice line;
	while (slice_starts_with(scan->rest, SLICE("\r\n")))
		scan->rest = slice_from(scan->rest, 2);
	if (!take_line(scan, &line)) {
		blame_syntax(scan, scan->rest.at, "The message has no line end");
		return false;
	}
	/* '/' is no character of a method */
	if (line.length >= 4 && slice_equal_nocase(slice_of(line.at, 4), SLICE("SIP/")))
		read_status_line(scan, line);
	else
		read_request_line(scan, line);
	if ((size_t)(scan->rest.at - scan->message->bytes.at) > scan->limits->header_bytes)
		blame_limit(scan, scan->message->is_request ? SIP_URI_TOO_LONG : SIP_MESSAGE_TOO_LARGE, line.at,
			    "The first line has more bytes than this server accepts", scan->limits->header_bytes);
	return true;
}

static bool make_room(struct scan *scan)
{
	struct sip_message *message = scan->message;
	if (message->header_count < scan->capacity)
		return true;
	unsigned capacity = scan->capacity ? 2 * scan->capacity : FIRST_HEADERS;
	struct sip_header *headers = arena_allocate(message->arena, capacity * sizeof(*headers));
	if (!headers) {
		blame(scan, ERR_NO_MEMORY, SIP_SERVICE_UNAVAILABLE, scan->rest.at, "The server is out of memory");
		return false;
	}
	if (message->header_count > 0)
		memcpy(headers, message->headers, message->header_count * sizeof(*headers));
	message->headers = headers;
	scan->capacity = capacity;
	return true;
}

/* Chains the header behind the last of its id, so that walking them takes no search. */
static void append_header(struct sip_message *message, const struct sip_header *header)
{
	unsigned index = message->header_count++;
	message->headers[index] = *header;
	int16_t last = message->last[header->id];
	if (last >= 0)
		message->headers[last].next = (uint16_t)index;
	else
		message->first[header->id] = (int16_t)index;
	message->last[header->id] = (int16_t)index;
}

/* Splits "Name: value" and keeps it; a line that is not of that form is left out and blamed. False where no more
 * headers can be kept. */
static bool keep_header(struct scan *scan, struct slice content, struct slice line)
{
	struct sip_header header = {.line = line};
	struct slice rest = content;

	header.name = grammar_take(&rest, GRAMMAR_TOKEN);
	/* HCOLON allows blanks before the colon (§7.3.1), which RFC 4475 §3.1.1.1 makes use of */
	while (grammar_take_byte(&rest, ' ') || grammar_take_byte(&rest, '\t'))
		;
	if (slice_is_empty(header.name) || !grammar_take_byte(&rest, ':')) {
		blame_syntax(scan, line.at, "A header line is not of the form \"Name: value\"");
		return true;
	}
	if (scan->message->header_count >= scan->limits->header_count || scan->message->header_count >= MOST_HEADERS) {
		blame_limit(scan, SIP_MESSAGE_TOO_LARGE, line.at,
			    "The message has more headers than this server accepts", scan->limits->header_count);
		return false;
	}
	if (!make_room(scan))
		return false;
	header.id = sip_header_find(header.name);
	header.value = slice_trim(rest);
	append_header(scan->message, &header);
	return true;
}

/* Reads up to and with the empty line. False where the message ends before it, or a limit or memory does. */
static bool read_headers(struct scan *scan)
{
	const char *start = scan->rest.at;
	size_t start_line = (size_t)(start - scan->message->bytes.at);
	/* where it was too long by itself the headers still have their room: the 414 needs the Via */
	if (start_line > scan->limits->header_bytes)
		start_line = 0;
	for (;;) {
		struct slice content, more;
		const char *line = scan->rest.at;

		scan->message->header_bytes = slice_of(start, (size_t)(line - start));
		if (!take_line(scan, &content)) {
			blame_syntax(scan, line, "The headers do not end with an empty line");
			return false;
		}
		if (slice_is_empty(content))
			return true;
		/* §7.3.1: a line that begins with a blank goes on with the value of the one before */
		while (scan->rest.length > 0 && (*scan->rest.at == ' ' || *scan->rest.at == '\t') &&
		       take_line(scan, &more))
			content.length = (size_t)(more.at + more.length - content.at);
		if (start_line + (size_t)(scan->rest.at - start) > scan->limits->header_bytes) {
			blame_limit(scan, SIP_MESSAGE_TOO_LARGE, line,
				    "The headers have more bytes than this server accepts", scan->limits->header_bytes);
			return false;
		}
		if (!keep_header(scan, content, slice_of(line, (size_t)(scan->rest.at - line))))
			return false;
	}
}

/* Content-Length: `is_given` where there is one and it is good. Several that agree are one. */
static uint64_t read_length(struct scan *scan, bool *is_given)
{
	const struct sip_header *header = sip_message_header(scan->message, SIP_HEADER_CONTENT_LENGTH);
	uint64_t length = 0, other;

	*is_given = false;
	for (; header; header = sip_message_next_header(scan->message, header)) {
		if (!grammar_is(header->value, GRAMMAR_DIGIT)) {
			blame_syntax(scan, header->line.at, "Content-Length is not a number");
			return 0;
		}
		if (!slice_to_number(header->value, UINT64_MAX, &other))
			other = UINT64_MAX;
		if (*is_given && other != length) {
			blame_syntax(scan, header->line.at, "Two Content-Length headers say different numbers");
			*is_given = false;
			return 0;
		}
		*is_given = true;
		length = other;
	}
	return length;
}

static void read_body(struct scan *scan)
{
	struct slice body = scan->rest;
	bool is_given;
	uint64_t length = read_length(scan, &is_given);

	if (is_given && length > body.length)
		blame_syntax(scan, body.at, "Content-Length is larger than the body that came");
	/* RFC 3261 §18.3: what a datagram has beyond it is ignored */
	if (is_given && length < body.length)
		body.length = (size_t)length;
	if (body.length > scan->limits->body_bytes)
		blame_limit(scan, SIP_ENTITY_TOO_LARGE, body.at, "The body has more bytes than this server accepts",
			    scan->limits->body_bytes);
	scan->message->body = body;
}

int sip_message_parse(struct sip_message *message, struct arena *arena, struct slice bytes,
		      const struct sip_limits *limits, struct sip_parse_error *error)
{
	if (slice_is_empty(bytes))
		bytes = SLICE(""); /* also NULL: from here on there is a place to point at */
	struct scan scan = {.message = message, .limits = limits, .rest = bytes, .error = error};

	memset(message, 0, sizeof(*message));
	memset(message->first, -1, sizeof(message->first));
	memset(message->last, -1, sizeof(message->last));
	message->bytes = bytes;
	message->arena = arena;

	/* too much is still read as far as it may go, so that it can be answered */
	if (bytes.length > limits->message_bytes) {
		blame_limit(&scan, SIP_MESSAGE_TOO_LARGE, bytes.at,
			    "The message has more bytes than this server accepts", limits->message_bytes);
		scan.rest.length = limits->message_bytes;
	}
	if (read_start_line(&scan) && read_headers(&scan))
		read_body(&scan);
	return scan.result;
}
