/* The table of character classes, and what the parsers take off the front of a text (RFC 3261 §25.1).
 * SPDX-License-Identifier: MIT */
#include "sip/grammar.h"

#include "base/attributes.h"

/* What almost every visible character belongs to. */
#define ANY (GRAMMAR_VISIBLE | GRAMMAR_URI | GRAMMAR_PARAMETER | GRAMMAR_DISPLAY)
/* "unreserved" but the parentheses: in tokens, too. */
#define MARK (ANY | GRAMMAR_TOKEN | GRAMMAR_USER | GRAMMAR_PASSWORD)
#define LETTER (MARK | GRAMMAR_HOST | GRAMMAR_SCHEME)
#define HEXAL (LETTER | GRAMMAR_HEX | GRAMMAR_IPV6 | GRAMMAR_DIALLED)
#define DIGIT (HEXAL | GRAMMAR_DIGIT)
#define USER (GRAMMAR_USER | GRAMMAR_PASSWORD)
/* Bytes of UTF-8: in quoted strings and parameters by the grammar; in display names without quotes by custom. */
#define HIGH (GRAMMAR_PARAMETER | GRAMMAR_DISPLAY)

/* clang-format off */
static const uint16_t classes_of[128] = {
	['\t'] = GRAMMAR_BLANK | GRAMMAR_DISPLAY,
	['\n'] = GRAMMAR_BLANK | GRAMMAR_DISPLAY,
	['\r'] = GRAMMAR_BLANK | GRAMMAR_DISPLAY,
	[' '] = GRAMMAR_BLANK | GRAMMAR_DISPLAY,
	['!'] = MARK,
	['"'] = GRAMMAR_VISIBLE,
	/* '#' must be escaped in a user part, but telephones that dial it do not know */
	['#'] = ANY | GRAMMAR_USER | GRAMMAR_DIALLED,
	['$'] = ANY | USER,
	['%'] = MARK,
	['&'] = ANY | USER,
	['\''] = MARK,
	['('] = ANY | USER | GRAMMAR_DIALLED,
	[')'] = ANY | USER | GRAMMAR_DIALLED,
	['*'] = MARK | GRAMMAR_DIALLED,
	['+'] = ANY | USER | GRAMMAR_TOKEN | GRAMMAR_SCHEME,
	[','] = GRAMMAR_VISIBLE | GRAMMAR_URI | USER,
	['-'] = MARK | GRAMMAR_HOST | GRAMMAR_SCHEME | GRAMMAR_DIALLED,
	['.'] = MARK | GRAMMAR_HOST | GRAMMAR_SCHEME | GRAMMAR_DIALLED | GRAMMAR_IPV6,
	['/'] = ANY | GRAMMAR_USER,
	['0'] = DIGIT, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT, ['4'] = DIGIT, ['5'] = DIGIT,
	['6'] = DIGIT, ['7'] = DIGIT, ['8'] = DIGIT, ['9'] = DIGIT,
	[':'] = GRAMMAR_VISIBLE | GRAMMAR_URI | GRAMMAR_PARAMETER | GRAMMAR_IPV6,
	[';'] = GRAMMAR_VISIBLE | GRAMMAR_URI | GRAMMAR_USER,
	['<'] = GRAMMAR_VISIBLE,
	['='] = GRAMMAR_VISIBLE | GRAMMAR_URI | GRAMMAR_DISPLAY | USER,
	['>'] = GRAMMAR_VISIBLE,
	['?'] = ANY | GRAMMAR_USER,
	['@'] = ANY,
	['A'] = HEXAL, ['B'] = HEXAL, ['C'] = HEXAL, ['D'] = HEXAL, ['E'] = HEXAL, ['F'] = HEXAL,
	['G'] = LETTER, ['H'] = LETTER, ['I'] = LETTER, ['J'] = LETTER, ['K'] = LETTER, ['L'] = LETTER,
	['M'] = LETTER, ['N'] = LETTER, ['O'] = LETTER, ['P'] = LETTER, ['Q'] = LETTER, ['R'] = LETTER,
	['S'] = LETTER, ['T'] = LETTER, ['U'] = LETTER, ['V'] = LETTER, ['W'] = LETTER, ['X'] = LETTER,
	['Y'] = LETTER, ['Z'] = LETTER,
	['['] = ANY,
	['\\'] = GRAMMAR_VISIBLE | GRAMMAR_PARAMETER,
	[']'] = ANY,
	['^'] = ANY,
	/* not a host's character by the grammar, but in the names of many hosts */
	['_'] = MARK | GRAMMAR_HOST,
	['`'] = ANY | GRAMMAR_TOKEN,
	['a'] = HEXAL, ['b'] = HEXAL, ['c'] = HEXAL, ['d'] = HEXAL, ['e'] = HEXAL, ['f'] = HEXAL,
	['g'] = LETTER, ['h'] = LETTER, ['i'] = LETTER, ['j'] = LETTER, ['k'] = LETTER, ['l'] = LETTER,
	['m'] = LETTER, ['n'] = LETTER, ['o'] = LETTER, ['p'] = LETTER, ['q'] = LETTER, ['r'] = LETTER,
	['s'] = LETTER, ['t'] = LETTER, ['u'] = LETTER, ['v'] = LETTER, ['w'] = LETTER, ['x'] = LETTER,
	['y'] = LETTER, ['z'] = LETTER,
	['{'] = ANY,
	['|'] = ANY,
	['}'] = ANY,
	['~'] = MARK,
};
/* clang-format on */

static bool is_of(char byte, unsigned classes)
{
	unsigned char code = (unsigned char)byte;
	return ((code < ARRAY_SIZE(classes_of) ? classes_of[code] : HIGH) & classes) != 0;
}

size_t grammar_span(struct slice text, unsigned classes)
{
	size_t count = 0;
	while (count < text.length && is_of(text.at[count], classes))
		count++;
	return count;
}

struct slice grammar_take(struct slice *rest, unsigned classes)
{
	struct slice taken = slice_of(rest->at, grammar_span(*rest, classes));
	if (taken.length > 0) /* what is empty may be NULL, which is not to be moved */
		*rest = slice_from(*rest, taken.length);
	return taken;
}

bool grammar_is(struct slice text, unsigned classes)
{
	return text.length > 0 && grammar_span(text, classes) == text.length;
}

void grammar_skip_blanks(struct slice *rest)
{
	while (rest->length > 0 && is_of(*rest->at, GRAMMAR_BLANK))
		*rest = slice_from(*rest, 1);
}

bool grammar_take_byte(struct slice *rest, char byte)
{
	if (rest->length == 0 || *rest->at != byte)
		return false;
	*rest = slice_from(*rest, 1);
	return true;
}

bool grammar_take_separator(struct slice *rest, char byte)
{
	struct slice ahead = *rest;
	grammar_skip_blanks(&ahead);
	if (!grammar_take_byte(&ahead, byte))
		return false;
	grammar_skip_blanks(&ahead);
	*rest = ahead;
	return true;
}

bool grammar_take_quoted(struct slice *rest, struct slice *content)
{
	if (rest->length == 0 || *rest->at != '"')
		return false;
	for (size_t place = 1; place < rest->length; place++) {
		if (rest->at[place] == '"') {
			*content = slice_of(rest->at + 1, place - 1);
			*rest = slice_from(*rest, place + 1);
			return true;
		}
		/* quoted-pair: any byte but CR and LF, NUL among them (RFC 4475 §3.1.1.2) */
		if (rest->at[place] == '\\')
			place++;
	}
	return false;
}

bool grammar_take_parameter(struct slice *rest, struct slice *name, struct slice *value)
{
	struct slice content;
	grammar_skip_blanks(rest);
	*name = grammar_take(rest, GRAMMAR_PARAMETER);
	*value = slice_of(rest->at, 0);
	if (slice_is_empty(*name))
		return false;
	if (!grammar_take_separator(rest, '='))
		return true;

	const char *start = rest->at;
	if (grammar_take_quoted(rest, &content)) {
		*value = slice_of(start, (size_t)(rest->at - start));
		return true;
	}
	/* '=' within a value is not a token's character, but tags in base64 end with it */
	do {
		grammar_take(rest, GRAMMAR_PARAMETER);
	} while (grammar_take_byte(rest, '='));
	*value = slice_of(start, (size_t)(rest->at - start));
	return true;
}

bool grammar_is_parameters(struct slice parameters)
{
	struct slice name, value;
	do {
		if (!grammar_take_parameter(&parameters, &name, &value))
			return false;
	} while (grammar_take_separator(&parameters, ';'));
	grammar_skip_blanks(&parameters);
	return slice_is_empty(parameters);
}

/* Not more than the characters and two colons: whether it is an address that exists is for those who send to it, and
 * RFC 5118 §4.10 has an example with three colons in a row that is better taken. */
static bool take_ipv6_reference(struct slice *rest, struct slice *host)
{
	struct slice inside = slice_from(*rest, 1);
	inside.length = grammar_span(inside, GRAMMAR_IPV6);
	if (inside.length + 2 > rest->length || inside.at[inside.length] != ']')
		return false;
	size_t colon = slice_find(inside, ':');
	if (colon == inside.length || slice_find(slice_from(inside, colon + 1), ':') == inside.length - colon - 1)
		return false;
	*host = slice_of(rest->at, inside.length + 2);
	*rest = slice_from(*rest, host->length);
	return true;
}

bool grammar_take_host(struct slice *rest, struct slice *host)
{
	if (rest->length > 0 && *rest->at == '[')
		return take_ipv6_reference(rest, host);
	size_t length = grammar_span(*rest, GRAMMAR_HOST);
	if (length == 0 || *rest->at == '.' || *rest->at == '-')
		return false;
	*host = grammar_take(rest, GRAMMAR_HOST);
	return true;
}

bool grammar_has_good_escapes(struct slice text)
{
	for (size_t place = slice_find(text, '%'); place < text.length; place = slice_find(text, '%')) {
		text = slice_from(text, place + 1);
		if (text.length < 2 || grammar_span(slice_of(text.at, 2), GRAMMAR_HEX) != 2)
			return false;
	}
	return true;
}
