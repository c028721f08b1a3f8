/* Bodies of several parts (RFC 2046 §5.1): delimiters, the fields of a part, and what is between.
 * SPDX-License-Identifier: MIT */
#include "bodies/multipart.h"

#include "base/error.h"
#include "bodies/mime.h"

#include <ctype.h>

#define BOUNDARY_MOST 70 /* RFC 2046 §5.1.1 */

/* ---- Writing ---- */

/* RFC 2046 §5.1.1: the line end before a delimiter belongs to it, not to the part; the first has none. */
static void write_delimiter(struct buffer *buffer, struct slice boundary, const char *end)
{
	buffer_text(buffer, buffer->length > 0 ? "\r\n--" : "--");
	buffer_append(buffer, boundary);
	buffer_text(buffer, end);
}

/* `before` and `after` stand around the Content-ID. */
static void write_part(struct buffer *buffer, struct slice boundary, const char *before, struct slice content_id,
		       const char *after, struct slice content_type)
{
	write_delimiter(buffer, boundary, "\r\nContent-Transfer-Encoding: binary\r\n");
	if (!slice_is_empty(content_id)) {
		buffer_text(buffer, before);
		buffer_append(buffer, content_id);
		buffer_text(buffer, after);
	}
	buffer_append(buffer, SLICE("Content-Type: "));
	buffer_append(buffer, content_type);
	buffer_append(buffer, SLICE("\r\n\r\n"));
}

/* RFC 2392 §2 */
void multipart_part(struct buffer *buffer, struct slice boundary, struct slice content_id, struct slice content_type)
{
	write_part(buffer, boundary, "Content-ID: <", content_id, ">\r\n", content_type);
}

void multipart_part_bare(struct buffer *buffer, struct slice boundary, struct slice content_id,
			 struct slice content_type)
{
	write_part(buffer, boundary, "Content-Id: ", content_id, "\r\n", content_type);
}

void multipart_end(struct buffer *buffer, struct slice boundary)
{
	write_delimiter(buffer, boundary, "--\r\n");
}

/* ---- The boundary ---- */

static bool is_boundary(struct slice boundary)
{
	if (slice_is_empty(boundary) || boundary.length > BOUNDARY_MOST || boundary.at[boundary.length - 1] == ' ')
		return false;
	for (size_t i = 0; i < boundary.length; i++) {
		char byte = boundary.at[i];
		if (!isalnum((unsigned char)byte) && (byte == '\0' || !strchr("'()+_,-./:=? ", byte)))
			return false;
	}
	return true;
}

/* Of the header's value, without quotes; no byte of a boundary has to be escaped in them. */
static bool find_boundary(struct slice content_type, struct slice *boundary)
{
	struct slice rest = content_type, type = mime_take_parameter(&rest);
	return type.length >= 10 && slice_equal_nocase(slice_of(type.at, 10), SLICE("multipart/")) &&
	       mime_find_parameter(content_type, SLICE("boundary"), boundary) && is_boundary(*boundary);
}

/* ---- Delimiters ---- */

/* A delimiter line: where the text before it ends, and where the text behind it begins. */
struct delimiter {
	size_t before, behind;
	bool is_last; /* "--boundary--" */
};

/* Where the line that has nothing but blanks from `at` on ends, its line end included; 0: it has something. */
static size_t blank_line_end(struct slice body, size_t at)
{
	while (at < body.length && (body.at[at] == ' ' || body.at[at] == '\t'))
		at++;
	if (at == body.length)
		return at;
	if (body.at[at] == '\r' && at + 1 < body.length)
		at++;
	return body.at[at] == '\n' ? at + 1 : 0;
}

/* Bytes of the line end that stands before `at`: CRLF, or from the careless LF. */
static size_t line_end_before(struct slice body, size_t at)
{
	if (at == 0 || body.at[at - 1] != '\n')
		return 0;
	return at >= 2 && body.at[at - 2] == '\r' ? 2 : 1;
}

/* True where `dashes` is the place of "--" and the boundary, and they are a line. */
static bool read_delimiter(struct slice body, size_t dashes, size_t length, struct delimiter *delimiter)
{
	size_t line_end = line_end_before(body, dashes), at = dashes + 2 + length;
	if (dashes > 0 && line_end == 0)
		return false;
	delimiter->before = dashes - line_end;
	delimiter->is_last = body.length - at >= 2 && body.at[at] == '-' && body.at[at + 1] == '-';
	delimiter->behind = blank_line_end(body, delimiter->is_last ? at + 2 : at);
	/* One that is not the last has a part behind it, so a line end. */
	return delimiter->behind > 0 && (delimiter->is_last || delimiter->behind < body.length);
}

/* The next delimiter from `from` on, which is the beginning of a line. */
static bool find_delimiter(struct slice body, size_t from, struct slice boundary, struct delimiter *delimiter)
{
	for (size_t at = from + 2; at < body.length; at++) {
		const char *found = memmem(body.at + at, body.length - at, boundary.at, boundary.length);
		if (!found)
			return false;
		at = (size_t)(found - body.at);
		if (body.at[at - 2] == '-' && body.at[at - 1] == '-' &&
		    read_delimiter(body, at - 2, boundary.length, delimiter))
			return true;
	}
	return false;
}

/* ---- Parts ---- */

/* Where a field of a part is kept; NULL: it is of no interest. */
static struct slice *place_of(struct body_part *part, struct slice name)
{
	if (slice_equal_nocase(name, SLICE("Content-Type")))
		return &part->content_type;
	if (slice_equal_nocase(name, SLICE("Content-ID")))
		return &part->content_id;
	if (slice_equal_nocase(name, SLICE("Content-Disposition")))
		return &part->content_disposition;
	if (slice_equal_nocase(name, SLICE("Content-Encoding")))
		return &part->content_encoding;
	return NULL;
}

static int read_field(struct body_part *part, struct slice field, size_t number, struct body_error *error)
{
	struct slice name, value;
	if (!mime_split_field(field, &name, &value)) {
		body_complain(error, "Part %zu of the body has a line among its fields that is none", number);
		return ERR_SYNTAX;
	}
	/* The rest would have to be decoded, which nobody needs where bytes travel as they are. */
	if (slice_equal_nocase(name, SLICE("Content-Transfer-Encoding")) && !mime_is_as_it_is(value)) {
		body_complain(error, "Part %zu of the body is encoded for transfer; send its bytes as they are",
			      number);
		return ERR_SYNTAX;
	}
	struct slice *place = place_of(part, name);
	if (place && slice_is_empty(*place))
		*place = value;
	return 0;
}

static int read_part(struct body_part *part, struct slice text, size_t number, struct body_error *error)
{
	struct slice field;
	*part = (struct body_part){.content_type = {NULL, 0}};
	while (text.length > 0 && mime_take_field(&text, &field)) {
		int result = read_field(part, field, number, error);
		if (result)
			return result;
	}
	part->body = text;
	struct slice id = part->content_id;
	if (id.length >= 2 && id.at[0] == '<' && id.at[id.length - 1] == '>')
		part->content_id = slice_of(id.at + 1, id.length - 2);
	/* RFC 2046 §5.1: the default of a part */
	if (slice_is_empty(part->content_type))
		part->content_type = SLICE("text/plain");
	return 0;
}

static int complain(struct body_error *error, const char *sentence)
{
	body_complain(error, "%s", sentence);
	return ERR_SYNTAX;
}

int multipart_read(struct slice content_type, struct slice body, struct body_part *parts, size_t most, size_t *count,
		   struct body_error *error)
{
	struct slice boundary;
	struct delimiter delimiter, next;
	size_t found = 0;
	if (!find_boundary(content_type, &boundary))
		return complain(error, "The Content-Type of the body is not multipart with a boundary");
	/* RFC 2046 §5.1.1: what stands before the first delimiter and behind the last is nothing. */
	if (!find_delimiter(body, 0, boundary, &delimiter))
		return complain(error, "The boundary of the body's parts does not stand in it");
	for (; !delimiter.is_last; delimiter = next) {
		if (!find_delimiter(body, delimiter.behind, boundary, &next))
			return complain(error, "The last part of the body has no closing boundary");
		if (found == most) {
			body_complain(error, "The body has more than %zu parts", most);
			return ERR_LIMIT;
		}
		/* A part without fields and bytes: the line end of the second delimiter is that of the first. */
		size_t end = next.before > delimiter.behind ? next.before : delimiter.behind;
		int result = read_part(&parts[found], slice_of(body.at + delimiter.behind, end - delimiter.behind),
				       found + 1, error);
		if (result)
			return result;
		found++;
	}
	if (found == 0)
		return complain(error, "The body has no part");
	*count = found;
	return 0;
}
