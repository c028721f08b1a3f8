/* Reading node selectors (RFC 4825 §6.3) and the prefixes that the URI's query binds (§6.4).
 *
 *   resource-lists/list[2]/a:entry[1][@uri="sip:bob@example.test"]/@name ? xmlns(a=urn:example:a)
 *
 * SPDX-License-Identifier: MIT */
#include "documents/selector_steps.h"

#include "base/error.h"
#include "bodies/xml_names.h"
#include "documents/path.h"

#include <limits.h>

#define STEPS_MOST 32
#define PREFIXES_MOST 16

struct prefix {
	struct slice name, space;
};

struct selector_reader {
	struct arena *arena;
	struct slice rest;
	struct slice default_space;
	struct prefix prefixes[PREFIXES_MOST];
	size_t prefix_count;
	struct selector_step steps[STEPS_MOST];
	size_t step_count;
	struct body_error *error;
};

static int complain(struct selector_reader *reader, const char *sentence)
{
	body_complain(reader->error, "%s", sentence);
	return ERR_SYNTAX;
}

static bool take(struct slice *rest, struct slice wanted)
{
	if (!slice_starts_with(*rest, wanted))
		return false;
	*rest = slice_from(*rest, wanted.length);
	return true;
}

/* Up to, without, any of `ends`; the whole rest where none comes. */
static struct slice take_until(struct slice *rest, const char *ends)
{
	size_t length = 0;
	while (length < rest->length && rest->at[length] != '\0' && !strchr(ends, rest->at[length]))
		length++;
	struct slice taken = slice_of(rest->at, length);
	*rest = slice_from(*rest, length);
	return taken;
}

/* --- the query ------------------------------------------------------------------------------------------------- */

/* What stands between the parentheses, whose first is gone already: balanced ones may be in it, others are escaped by
 * "^" (XPointer framework §3.1). In the arena. */
static int read_pointer_data(struct selector_reader *reader, struct slice *rest, struct slice *data)
{
	char *written = arena_allocate(reader->arena, rest->length + 1);
	size_t length = 0, i = 0;
	unsigned depth = 0;
	if (!written)
		return ERR_NO_MEMORY;
	for (; i < rest->length && (rest->at[i] != ')' || depth > 0); i++) {
		char byte = rest->at[i];
		if (byte == '^' && i + 1 < rest->length && strchr("^()", rest->at[i + 1]))
			byte = rest->at[++i];
		else if (byte == '(')
			depth++;
		else if (byte == ')')
			depth--;
		written[length++] = byte;
	}
	if (i == rest->length)
		return complain(reader, "The query has an xmlns() without its closing parenthesis");
	*rest = slice_from(*rest, i + 1);
	*data = slice_of(written, length);
	return 0;
}

static bool is_ncname(struct slice name)
{
	char copy[256]; /* with a terminator */
	if (slice_is_empty(name) || name.length >= sizeof(copy) || slice_find(name, '\0') < name.length)
		return false;
	memcpy(copy, name.at, name.length);
	copy[name.length] = '\0';
	return xmlValidateNCName((const xmlChar *)copy, 0) == 0;
}

static int bind_prefix(struct selector_reader *reader, struct slice data)
{
	struct prefix prefix;
	prefix.space = data;
	prefix.name = slice_trim(slice_take(&prefix.space, '='));
	prefix.space = slice_trim(prefix.space);
	if (!is_ncname(prefix.name) || slice_is_empty(prefix.space) || slice_equal(prefix.name, SLICE("xmlns")))
		return complain(reader, "The query has an xmlns() that is not of the form xmlns(prefix=namespace)");
	if (reader->prefix_count == PREFIXES_MOST)
		return complain(reader, "The query binds more than 16 prefixes");
	reader->prefixes[reader->prefix_count++] = prefix;
	return 0;
}

/* RFC 4825 §6.4: "xmlns(a=urn:a)xmlns(b=urn:b)". */
static int read_query(struct selector_reader *reader, struct slice query)
{
	struct slice rest, data;
	int result = document_unescape(reader->arena, query, &rest);
	if (result == ERR_SYNTAX)
		return complain(reader, "The query has a broken escape, or is not UTF-8");
	while (result == 0 && !slice_is_empty(rest = slice_trim(rest))) {
		if (!take(&rest, SLICE("xmlns(")))
			return complain(reader, "The query has something else than xmlns(prefix=namespace) in it");
		result = read_pointer_data(reader, &rest, &data);
		if (result == 0)
			result = bind_prefix(reader, data);
	}
	return result;
}

/* --- names and values ------------------------------------------------------------------------------------------ */

/* The last binding counts. */
static int find_prefix(struct selector_reader *reader, struct slice name, struct slice *space)
{
	if (slice_equal(name, SLICE("xml"))) {
		*space = SLICE(XML_SPACE);
		return 0;
	}
	for (size_t i = reader->prefix_count; i-- > 0;) {
		if (slice_equal(reader->prefixes[i].name, name)) {
			*space = reader->prefixes[i].space;
			return 0;
		}
	}
	body_complain(reader->error, "The query binds no namespace to the prefix \"%.*s\"",
		      name.length < 40 ? (int)name.length : 40, name.at);
	return ERR_SYNTAX;
}

/* `plain_space`: of a name without a prefix. */
static int read_name(struct selector_reader *reader, struct slice text, struct slice plain_space, struct slice *prefix,
		     struct slice *space, struct slice *name)
{
	size_t colon = slice_find(text, ':');
	*prefix = slice_of(NULL, 0);
	*space = plain_space;
	*name = text;
	if (colon < text.length) {
		*prefix = slice_of(text.at, colon);
		*name = slice_from(text, colon + 1);
	}
	if (!is_ncname(*name) || (colon < text.length && !is_ncname(*prefix)))
		return complain(reader, "The node selector has a name that is no XML name");
	return colon < text.length ? find_prefix(reader, *prefix, space) : 0;
}

static size_t write_character(char *place, uint64_t number)
{
	if (number < 0x80) {
		place[0] = (char)number;
		return 1;
	}
	size_t length = number < 0x800 ? 2 : number < 0x10000 ? 3 : 4;
	for (size_t i = length; i-- > 1; number >>= 6)
		place[i] = (char)(0x80 | (number & 0x3f));
	place[0] = (char)((0xf00 >> length) | number);
	return length;
}

static bool read_hex(struct slice digits, uint64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < digits.length; i++) {
		char digit = digits.at[i];
		bool is_letter = (digit >= 'a' && digit <= 'f') || (digit >= 'A' && digit <= 'F');
		if (i == 8 || (!is_letter && (digit < '0' || digit > '9')))
			return false;
		*number = *number * 16 + (uint64_t)(is_letter ? (digit | 0x20) - 'a' + 10 : digit - '0');
	}
	return digits.length > 0;
}

/* What stands between '&' and ';', as UTF-8; at least four bytes long as a reference. 0: there is no such one. */
static size_t write_reference(char *place, struct slice name)
{
	static const struct {
		const char *name;
		char byte;
	} entities[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
	uint64_t number;
	for (size_t i = 0; i < ARRAY_SIZE(entities); i++) {
		if (slice_equal(name, slice_text(entities[i].name))) {
			*place = entities[i].byte;
			return 1;
		}
	}
	bool is_number = take(&name, SLICE("#x")) ? read_hex(name, &number)
						  : take(&name, SLICE("#")) && slice_to_number(name, 0x10ffff, &number);
	bool is_character = is_number && number <= 0x10ffff && (number < 0xd800 || number > 0xdfff) &&
			    (number >= ' ' || number == '\t' || number == '\n' || number == '\r');
	return is_character ? write_character(place, number) : 0;
}

/* AttValue of XML 1.0 (§2.3): quoted, '<' nowhere, '&' only as a reference. */
static int read_value(struct selector_reader *reader, struct slice *value)
{
	char quote = slice_is_empty(reader->rest) ? '\0' : reader->rest.at[0];
	if (quote != '"' && quote != '\'')
		return complain(reader, "The node selector tests an attribute for a value without quotes");
	reader->rest = slice_from(reader->rest, 1);
	if (slice_find(reader->rest, quote) == reader->rest.length)
		return complain(reader, "The node selector has a value without its closing quote");
	struct slice text = slice_take(&reader->rest, quote);
	/* A reference is as least as long as what it stands for. */
	char *written = arena_allocate(reader->arena, text.length + 1);
	size_t length = 0;
	if (!written)
		return ERR_NO_MEMORY;
	while (!slice_is_empty(text)) {
		char byte = text.at[0];
		text = slice_from(text, 1);
		size_t end = slice_find(text, ';'), count = 0;
		if (byte == '&' && end < text.length) {
			count = write_reference(written + length, slice_take(&text, ';'));
		} else if (byte != '&' && byte != '<') {
			written[length] = byte;
			count = 1;
		}
		if (count == 0)
			return complain(reader, "The node selector has a value with a bare '<' or '&' in it");
		length += count;
	}
	*value = slice_of(written, length);
	return 0;
}

/* --- steps ----------------------------------------------------------------------------------------------------- */

/* "[2]": the bracket is gone already. */
static int read_position(struct selector_reader *reader, struct selector_step *step)
{
	uint64_t number;
	struct slice digits = take_until(&reader->rest, "]");
	for (size_t i = 0; i < digits.length; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return complain(reader, "The node selector has a position that is no number");
	}
	if (slice_is_empty(digits))
		return complain(reader, "The node selector has an empty position");
	/* What is too large to be read is too large to be there. */
	step->position = slice_to_number(digits, UINT_MAX - 1, &number) ? (unsigned)number : UINT_MAX;
	step->has_position = true;
	return 0;
}

/* "[@name="value"]": "[@" is gone already. */
static int read_test(struct selector_reader *reader, struct selector_step *step)
{
	struct slice prefix, name = take_until(&reader->rest, "=]/");
	if (!take(&reader->rest, SLICE("=")))
		return complain(reader, "The node selector tests an attribute for nothing");
	/* A name without a prefix is of no namespace: the default one is of elements. */
	int result = read_name(reader, name, slice_of(NULL, 0), &prefix, &step->test_space, &step->test_name);
	step->has_test = true;
	return result != 0 ? result : read_value(reader, &step->test_value);
}

/* §6.3: the position first, then the attribute; each once. */
static int read_predicates(struct selector_reader *reader, struct selector_step *step)
{
	int result = 0;
	while (result == 0 && take(&reader->rest, SLICE("["))) {
		if (step->has_test)
			return complain(reader, "The node selector has something behind the test of an attribute");
		if (take(&reader->rest, SLICE("@")))
			result = read_test(reader, step);
		else if (!step->has_position)
			result = read_position(reader, step);
		else
			return complain(reader, "The node selector has two positions in one step");
		if (result == 0 && !take(&reader->rest, SLICE("]")))
			return complain(reader, "The node selector has a bracket that is not closed");
	}
	return result;
}

static int read_step(struct selector_reader *reader)
{
	struct slice prefix, name = take_until(&reader->rest, "/[");
	if (reader->step_count == STEPS_MOST)
		return complain(reader, "The node selector has more than 32 steps");
	struct selector_step *step = &reader->steps[reader->step_count++];
	*step = (struct selector_step){.has_position = false};
	if (!slice_equal(name, SLICE("*"))) {
		int result = read_name(reader, name, reader->default_space, &prefix, &step->space, &step->name);
		if (result != 0)
			return result;
	}
	return read_predicates(reader, step);
}

/* The last step may be an attribute or the namespaces: then `selector` says so. */
static int read_steps(struct selector_reader *reader, struct selector *selector)
{
	for (;;) {
		int result;
		if (slice_equal(reader->rest, SLICE("namespace::*"))) {
			selector->kind = SELECTS_NAMESPACES;
			return 0;
		}
		if (take(&reader->rest, SLICE("@"))) {
			selector->kind = SELECTS_ATTRIBUTE;
			return read_name(reader, reader->rest, slice_of(NULL, 0), &selector->attribute_prefix,
					 &selector->attribute_space, &selector->attribute);
		}
		result = read_step(reader);
		if (result != 0 || slice_is_empty(reader->rest))
			return result;
		if (!take(&reader->rest, SLICE("/")))
			return complain(reader, "The node selector has something between a step and the next \"/\"");
	}
}

int selector_read(struct arena *arena, struct slice selector, struct slice query, struct slice default_space,
		  struct selector *steps, struct body_error *error)
{
	struct selector read = {.kind = SELECTS_ELEMENT};
	struct selector_reader *reader = arena_allocate(arena, sizeof(*reader));
	if (!reader)
		return ERR_NO_MEMORY;
	*reader = (struct selector_reader){.arena = arena, .default_space = default_space, .error = error};
	if (!slice_is_utf8(selector) || slice_find(selector, '\0') < selector.length)
		return complain(reader, "The node selector is not UTF-8");
	if (arena_copy(arena, selector, &reader->rest) != 0)
		return ERR_NO_MEMORY;
	int result = read_query(reader, query);
	if (result == 0)
		result = read_steps(reader, &read);
	if (result == 0 && reader->step_count == 0)
		result = complain(reader, "The node selector selects no element");
	if (result != 0)
		return result;
	read.steps = reader->steps;
	read.step_count = reader->step_count;
	*steps = read;
	return 0;
}
