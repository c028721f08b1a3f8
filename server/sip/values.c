/* Values of header fields: Via, name-addr, CSeq, media types, numbers, lists (RFC 3261 §20, §25.1).
 * SPDX-License-Identifier: MIT */
#include "sip/values.h"

#include "base/error.h"
#include "sip/grammar.h"

/* CSeq numbers are below 2**31 (RFC 3261 §8.1.1.5). */
#define MOST_CSEQ INT32_MAX

/* Where the element ends: at a comma outside of quotes and of <>, or with the text. What is opened and never closed
 * reaches to the end, so that its parser sees it whole and refuses it. */
static size_t element_length(struct slice text)
{
	size_t place = 0;
	while (place < text.length && text.at[place] != ',') {
		struct slice rest = slice_from(text, place), content;
		if (*rest.at == '"') {
			if (!grammar_take_quoted(&rest, &content))
				return text.length;
			place = text.length - rest.length;
		} else if (*rest.at == '<') {
			place += slice_find(rest, '>');
		} else {
			place++;
		}
	}
	return place;
}

bool sip_list_next(struct slice *rest, struct slice *element)
{
	while (rest->length > 0) {
		size_t length = element_length(*rest);
		struct slice found = slice_trim(slice_of(rest->at, length));
		*rest = slice_from(*rest, length < rest->length ? length + 1 : length);
		if (!slice_is_empty(found)) {
			*element = found;
			return true;
		}
	}
	return false;
}

/* Takes ";name=value…" to the end of the text; false where something else stands there. */
static bool take_parameters(struct slice rest, struct slice *parameters)
{
	grammar_skip_blanks(&rest);
	*parameters = slice_of(rest.at, 0);
	if (slice_is_empty(rest))
		return true;
	if (!grammar_take_byte(&rest, ';') || !grammar_is_parameters(rest))
		return false;
	*parameters = rest;
	return true;
}

static int keep_via_parameter(struct sip_via *via, struct slice name, struct slice value)
{
	uint64_t number;
	if (slice_equal_nocase(name, SLICE("branch"))) {
		via->branch = value;
	} else if (slice_equal_nocase(name, SLICE("received"))) {
		via->received = value; /* an IPv6 address with or without brackets (RFC 5118 §4.5) */
	} else if (slice_equal_nocase(name, SLICE("rport"))) {
		via->has_rport = true;
		if (slice_is_empty(value)) /* RFC 3581 §3: the client asks for it */
			return 0;
		if (!slice_to_number(value, UINT16_MAX, &number))
			return ERR_SYNTAX;
		via->rport = (uint16_t)number;
	}
	return 0;
}

/* Empty parameters are passed over, so that a message which has some can be answered with 400
 * (RFC 4475 §3.1.2.1); sip_message_check refuses them. */
static int parse_via_parameters(struct slice rest, struct sip_via *via)
{
	struct slice name, value;
	grammar_skip_blanks(&rest);
	if (!slice_is_empty(rest) && *rest.at != ';')
		return ERR_SYNTAX;
	via->parameters = slice_is_empty(rest) ? rest : slice_from(rest, 1);
	while (grammar_take_separator(&rest, ';')) {
		if (!grammar_take_parameter(&rest, &name, &value))
			via->has_empty_parameter = true;
		else if (keep_via_parameter(via, name, value) != 0)
			return ERR_SYNTAX;
	}
	grammar_skip_blanks(&rest);
	return slice_is_empty(rest) ? 0 : ERR_SYNTAX;
}

/* "SIP / 2.0 / UDP"; the name and version are looked at by nobody, but must be tokens. */
static bool take_protocol(struct slice *rest, struct slice *transport)
{
	if (slice_is_empty(grammar_take(rest, GRAMMAR_TOKEN)) || !grammar_take_separator(rest, '/') ||
	    slice_is_empty(grammar_take(rest, GRAMMAR_TOKEN)) || !grammar_take_separator(rest, '/'))
		return false;
	*transport = grammar_take(rest, GRAMMAR_TOKEN);
	return !slice_is_empty(*transport) && grammar_span(*rest, GRAMMAR_BLANK) > 0;
}

int sip_via_parse(struct slice text, struct sip_via *via)
{
	struct slice rest = slice_trim(text);
	struct sip_via parsed = {.text = rest};
	uint64_t port;

	if (!take_protocol(&rest, &parsed.transport))
		return ERR_SYNTAX;
	grammar_skip_blanks(&rest);
	if (!grammar_take_host(&rest, &parsed.host))
		return ERR_SYNTAX;
	if (grammar_take_separator(&rest, ':')) {
		if (!slice_to_number(grammar_take(&rest, GRAMMAR_DIGIT), UINT16_MAX, &port) || port == 0)
			return ERR_SYNTAX;
		parsed.port = (uint16_t)port;
	}
	if (parse_via_parameters(rest, &parsed) != 0)
		return ERR_SYNTAX;
	*via = parsed;
	return 0;
}

/* The display name before '<', if this is a name-addr at all: sets `is_bracketed`. */
static bool take_display_name(struct slice *rest, struct slice *display_name, bool *is_bracketed)
{
	struct slice ahead = *rest, content;
	if (grammar_take_quoted(&ahead, &content)) {
		grammar_skip_blanks(&ahead);
	} else {
		/* the grammar has tokens only; letters of other scripts and stray points and brackets are taken too,
		 * but not what makes "Bell, Alexander <…>" ambiguous (RFC 4475 §3.1.2.15) */
		content = slice_trim(grammar_take(&ahead, GRAMMAR_DISPLAY));
	}
	*is_bracketed = grammar_take_byte(&ahead, '<');
	if (!*is_bracketed)
		return *rest->at != '"';
	*display_name = content;
	*rest = ahead;
	return true;
}

int sip_name_address_parse(struct slice text, struct sip_name_address *address)
{
	struct slice rest = slice_trim(text);
	struct sip_name_address parsed = {.text = rest};
	bool is_bracketed;

	if (slice_is_empty(rest) || !take_display_name(&rest, &parsed.display_name, &is_bracketed))
		return ERR_SYNTAX;
	if (is_bracketed) {
		parsed.uri_text = slice_of(rest.at, slice_find(rest, '>'));
		if (parsed.uri_text.length == rest.length)
			return ERR_SYNTAX;
		rest = slice_from(rest, parsed.uri_text.length + 1);
	} else {
		/* RFC 3261 §20: a URI with comma, '?' or ';' must stand in brackets; what follows a ';' here is the
		 * header's */
		parsed.uri_text = slice_of(rest.at, slice_find(rest, ';'));
		parsed.uri_text.length = grammar_span(parsed.uri_text, GRAMMAR_URI);
		if (slice_find(parsed.uri_text, ',') < parsed.uri_text.length ||
		    slice_find(parsed.uri_text, '?') < parsed.uri_text.length)
			return ERR_SYNTAX;
		rest = slice_from(rest, parsed.uri_text.length);
	}
	if (sip_uri_parse(parsed.uri_text, &parsed.uri) != 0 || !take_parameters(rest, &parsed.parameters))
		return ERR_SYNTAX;
	*address = parsed;
	return 0;
}

int sip_cseq_parse(struct slice text, struct sip_cseq *cseq)
{
	struct slice rest = slice_trim(text);
	uint64_t number;
	if (!slice_to_number(grammar_take(&rest, GRAMMAR_DIGIT), MOST_CSEQ, &number) ||
	    grammar_span(rest, GRAMMAR_BLANK) == 0)
		return ERR_SYNTAX;
	grammar_skip_blanks(&rest);
	if (!grammar_is(rest, GRAMMAR_TOKEN))
		return ERR_SYNTAX;
	*cseq = (struct sip_cseq){(uint32_t)number, rest, sip_method_find(rest)};
	return 0;
}

int sip_media_type_parse(struct slice text, struct sip_media_type *type)
{
	struct slice rest = slice_trim(text);
	struct sip_media_type parsed;
	parsed.type = grammar_take(&rest, GRAMMAR_TOKEN);
	if (slice_is_empty(parsed.type) || !grammar_take_separator(&rest, '/'))
		return ERR_SYNTAX;
	parsed.subtype = grammar_take(&rest, GRAMMAR_TOKEN);
	if (slice_is_empty(parsed.subtype) || !take_parameters(rest, &parsed.parameters))
		return ERR_SYNTAX;
	*type = parsed;
	return 0;
}

int sip_seconds_parse(struct slice text, uint32_t *seconds)
{
	uint64_t number;
	text = slice_trim(text);
	if (!grammar_is(text, GRAMMAR_DIGIT))
		return ERR_SYNTAX;
	/* RFC 4475 §3.1.2.4 sends values beyond all bounds: they mean "as long as you like" */
	*seconds = slice_to_number(text, UINT32_MAX, &number) ? (uint32_t)number : UINT32_MAX;
	return 0;
}

int sip_q_parse(struct slice text, unsigned *thousandths)
{
	uint64_t fraction = 0;
	text = slice_trim(text);
	if (text.length == 0 || text.length > sizeof("0.123") - 1 || (*text.at != '0' && *text.at != '1'))
		return ERR_SYNTAX;
	unsigned result = *text.at == '1' ? 1000 : 0;
	if (text.length > 1 && text.at[1] != '.')
		return ERR_SYNTAX;
	if (text.length > 2 && !slice_to_number(slice_from(text, 2), 999, &fraction))
		return ERR_SYNTAX;
	for (size_t digits = text.length; digits < sizeof("0.123") - 1; digits++)
		fraction *= 10;
	result += (unsigned)fraction;
	if (result > 1000)
		return ERR_SYNTAX;
	*thousandths = result;
	return 0;
}

struct slice sip_tag(const struct sip_name_address *address)
{
	struct slice tag = {0};
	sip_parameter_find(address->parameters, SLICE("tag"), &tag);
	return tag;
}

size_t sip_unquote(struct slice quoted, char *plain)
{
	struct slice content = quoted;
	size_t length = 0;
	/* content never begins with a quote of its own: that would be escaped */
	grammar_take_quoted(&quoted, &content);
	for (size_t place = 0; place < content.length; place++) {
		if (content.at[place] == '\\' && place + 1 < content.length)
			place++;
		plain[length++] = content.at[place];
	}
	return length;
}
