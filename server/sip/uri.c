/* Taking URIs apart, and their parameters and escapes (RFC 3261 §19.1, RFC 3966, RFC 3859, RFC 3860).
 * SPDX-License-Identifier: MIT */
#include "sip/uri.h"

#include "base/error.h"
#include "base/percent.h"
#include "sip/grammar.h"

static const struct slice scheme_names[URI_OTHER] = {
	[URI_SIP] = {"sip", 3},   [URI_SIPS] = {"sips", 4}, [URI_TEL] = {"tel", 3},
	[URI_PRES] = {"pres", 4}, [URI_IM] = {"im", 2},
};

static enum uri_scheme find_scheme(struct slice name)
{
	unsigned scheme = 0;
	while (scheme < URI_OTHER && !slice_equal_nocase(scheme_names[scheme], name))
		scheme++;
	return (enum uri_scheme)scheme;
}

/* "user@" or "user:password@". A user part may hold ';', '?', '/' and ',' as they are (RFC 4475 §3.1.1.2), so that
 * only the '@' tells it from a host; the '@' itself must be escaped everywhere. */
static int parse_user(struct slice *rest, struct sip_uri *uri)
{
	struct slice information = slice_of(rest->at, slice_find(*rest, '@'));
	if (information.length == rest->length)
		return 0;
	*rest = slice_from(*rest, information.length + 1);
	if (!grammar_has_good_escapes(information))
		return ERR_SYNTAX;
	uri->user = grammar_take(&information, GRAMMAR_USER);
	uri->has_user = !slice_is_empty(uri->user);
	if (uri->has_user && grammar_take_byte(&information, ':'))
		uri->password = grammar_take(&information, GRAMMAR_PASSWORD);
	return uri->has_user && slice_is_empty(information) ? 0 : ERR_SYNTAX;
}

/* ";name=value…" up to '?' or the end, and "?name=value&…". Empty parameters are let through: they mean nothing, and
 * clients write "<sip:alice@192.0.2.1;>". */
static int parse_tail(struct slice rest, struct sip_uri *uri)
{
	if (!slice_is_empty(rest) && (!grammar_has_good_escapes(rest) || !grammar_is(rest, GRAMMAR_URI)))
		return ERR_SYNTAX;
	if (grammar_take_byte(&rest, ';')) {
		uri->parameters = slice_of(rest.at, slice_find(rest, '?'));
		rest = slice_from(rest, uri->parameters.length);
	}
	if (grammar_take_byte(&rest, '?')) {
		uri->headers = rest;
		return slice_is_empty(rest) ? ERR_SYNTAX : 0;
	}
	return slice_is_empty(rest) ? 0 : ERR_SYNTAX;
}

static int parse_port(struct slice *rest, uint16_t *port)
{
	uint64_t number;
	if (!grammar_take_byte(rest, ':'))
		return 0;
	if (!slice_to_number(grammar_take(rest, GRAMMAR_DIGIT), UINT16_MAX, &number) || number == 0)
		return ERR_SYNTAX;
	*port = (uint16_t)number;
	return 0;
}

static int parse_sip(struct slice rest, struct sip_uri *uri)
{
	int result = parse_user(&rest, uri);
	if (result == 0 && !grammar_take_host(&rest, &uri->host))
		result = ERR_SYNTAX;
	if (result == 0)
		result = parse_port(&rest, &uri->port);
	return result == 0 ? parse_tail(rest, uri) : result;
}

/* RFC 3859 §3.1, RFC 3860 §3.1: "pres:" and "im:" name a mailbox, so there is a user, and no port. */
static int parse_mailbox(struct slice rest, struct sip_uri *uri)
{
	int result = parse_sip(rest, uri);
	return result == 0 && (!uri->has_user || uri->port != 0) ? ERR_SYNTAX : result;
}

/* RFC 3966 §3: "+" and digits, or a local number, with visual separators as they came. */
static int parse_telephone(struct slice rest, struct sip_uri *uri)
{
	const char *start = rest.at;
	bool is_global = grammar_take_byte(&rest, '+');
	struct slice number = grammar_take(&rest, GRAMMAR_DIALLED);
	if (slice_is_empty(number))
		return ERR_SYNTAX;
	uri->user = slice_of(start, number.length + is_global);
	uri->has_user = true;
	return parse_tail(rest, uri);
}

int sip_uri_parse(struct slice text, struct sip_uri *uri)
{
	struct sip_uri parsed = {.text = text};
	struct slice rest = text;
	int result;

	parsed.scheme_name = grammar_take(&rest, GRAMMAR_SCHEME);
	/* a scheme begins with a letter: '9', '+' and their like are below 'A' */
	if (slice_is_empty(parsed.scheme_name) || *text.at < 'A' || !grammar_take_byte(&rest, ':'))
		return ERR_SYNTAX;
	parsed.scheme = find_scheme(parsed.scheme_name);
	switch (parsed.scheme) {
	case URI_SIP:
	case URI_SIPS:
		result = parse_sip(rest, &parsed);
		break;
	case URI_PRES:
	case URI_IM:
		result = parse_mailbox(rest, &parsed);
		break;
	case URI_TEL:
		result = parse_telephone(rest, &parsed);
		break;
	default:
		parsed.rest = rest;
		result = grammar_is(rest, GRAMMAR_URI) ? 0 : ERR_SYNTAX;
	}
	if (result == 0)
		*uri = parsed;
	return result;
}

/* `name` against `wanted` without case, where `name` may have escapes. */
static bool is_named(struct slice name, struct slice wanted, bool may_escape)
{
	size_t place = 0;
	if (!may_escape || slice_find(name, '%') == name.length)
		return slice_equal_nocase(name, wanted);
	for (; name.length > 0 && place < wanted.length; place++) {
		char byte = *name.at;
		bool is_escaped = byte == '%' && name.length > 2;
		if (is_escaped)
			byte = (char)(percent_digit(name.at[1]) * 16 + percent_digit(name.at[2]));
		if (!slice_equal_nocase(slice_of(&byte, 1), slice_of(wanted.at + place, 1)))
			return false;
		name = slice_from(name, is_escaped ? 3 : 1);
	}
	return name.length == 0 && place == wanted.length;
}

static bool find_parameter(struct slice parameters, struct slice wanted, bool may_escape, struct slice *found)
{
	struct slice name, value;
	while (parameters.length > 0) {
		if (grammar_take_parameter(&parameters, &name, &value) && is_named(name, wanted, may_escape)) {
			*found = value;
			return true;
		}
		/* also over what is no parameter at all */
		slice_take(&parameters, ';');
	}
	return false;
}

bool sip_parameter_find(struct slice parameters, struct slice name, struct slice *value)
{
	return find_parameter(parameters, name, false, value);
}

bool sip_uri_parameter(const struct sip_uri *uri, struct slice name, struct slice *value)
{
	return find_parameter(uri->parameters, name, true, value);
}

int sip_unescape(struct arena *arena, struct slice text, struct slice *plain)
{
	return percent_decode(arena, text, plain);
}

void sip_uri_escape_user(struct buffer *buffer, struct slice plain)
{
	while (plain.length > 0) {
		size_t safe = grammar_span(plain, GRAMMAR_USER);
		/* the class has two that a writer must escape: '%' itself, and '#', which only readers bear */
		safe = slice_find(slice_of(plain.at, safe), '%');
		safe = slice_find(slice_of(plain.at, safe), '#');
		buffer_append(buffer, slice_of(plain.at, safe));
		plain = slice_from(plain, safe);
		if (plain.length > 0) {
			buffer_byte(buffer, '%');
			buffer_hex(buffer, plain.at, 1);
			plain = slice_from(plain, 1);
		}
	}
}
