/* Digest challenges and our answers. SPDX-License-Identifier: MIT */
#include "sip/challenge.h"

#include "base/error.h"
#include "sip/grammar.h"

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* Some servers write tokens where quotes belong, and the other way round: both are taken. */
static bool take_value(struct slice *rest, struct slice *value)
{
	if (grammar_take_quoted(rest, value))
		return true;
	*value = grammar_take(rest, GRAMMAR_TOKEN);
	return !slice_is_empty(*value);
}

static int keep_algorithm(struct digest_challenge *challenge, struct slice value)
{
	challenge->has_algorithm = true;
	for (int i = 0; i < DIGEST_ALGORITHM_COUNT; i++) {
		challenge->algorithm = (enum digest_algorithm)i;
		if (slice_equal_nocase(value, digest_algorithm_name(challenge->algorithm)))
			return 0;
	}
	return ERR_NOT_FOUND;
}

/* RFC 7616 §3.3: a list of what the server can do; auth-int is not ours. */
static int keep_qop(struct digest_challenge *challenge, struct slice value)
{
	while (value.length > 0)
		if (slice_equal_nocase(slice_trim(slice_take(&value, ',')), SLICE("auth")))
			challenge->wants_qop = true;
	return challenge->wants_qop ? 0 : ERR_NOT_FOUND;
}

static int keep(struct digest_challenge *challenge, struct slice name, struct slice value)
{
	if (slice_equal_nocase(name, SLICE("algorithm")))
		return keep_algorithm(challenge, value);
	if (slice_equal_nocase(name, SLICE("qop")))
		return keep_qop(challenge, value);
	if (slice_equal_nocase(name, SLICE("realm")))
		challenge->realm = value;
	else if (slice_equal_nocase(name, SLICE("nonce")))
		challenge->nonce = value;
	else if (slice_equal_nocase(name, SLICE("stale")))
		challenge->is_stale = slice_equal_nocase(value, SLICE("true"));
	else if (slice_equal_nocase(name, SLICE("opaque"))) {
		challenge->opaque = value;
		challenge->has_opaque = true;
	}
	return 0; /* domain, userhash, charset and what is to come say nothing to us */
}

static int take_parameter(struct slice *rest, struct digest_challenge *challenge)
{
	struct slice name = grammar_take(rest, GRAMMAR_TOKEN), value;
	if (slice_is_empty(name) || !grammar_take_separator(rest, '=') || !take_value(rest, &value))
		return ERR_SYNTAX;
	grammar_skip_blanks(rest);
	if (rest->length > 0 && *rest->at != ',')
		return ERR_SYNTAX;
	return keep(challenge, name, value);
}

int digest_challenge_parse(struct slice value, struct digest_challenge *challenge)
{
	struct digest_challenge parsed = {.algorithm = DIGEST_MD5};
	int unknown = 0;
	grammar_skip_blanks(&value);
	if (!slice_equal_nocase(grammar_take(&value, GRAMMAR_TOKEN), SLICE("Digest")) ||
	    grammar_span(value, GRAMMAR_BLANK) == 0)
		return ERR_SYNTAX;
	for (;;) {
		while (grammar_take_separator(&value, ','))
			continue;
		grammar_skip_blanks(&value);
		if (value.length == 0)
			break;
		int result = take_parameter(&value, &parsed);
		if (result == ERR_SYNTAX)
			return result;
		if (result != 0)
			unknown = result;
	}
	if (!parsed.nonce.at || !parsed.realm.at)
		return ERR_SYNTAX;
	if (unknown == 0)
		*challenge = parsed;
	return unknown;
}

/* --- answering ---------------------------------------------------------------------------------------------------- */

static void write_quoted(struct buffer *buffer, const char *before, struct slice value)
{
	buffer_text(buffer, before);
	buffer_byte(buffer, '"');
	buffer_append(buffer, value); /* what needed escapes has them */
	buffer_byte(buffer, '"');
}

void digest_write_credentials(struct buffer *buffer, const struct digest_challenge *challenge,
			      const struct digest_answer *answer)
{
	uint8_t ha1[DIGEST_MOST_BYTES];
	char response[2 * DIGEST_MOST_BYTES + 1];
	struct digest_credentials credentials = {
		.username = answer->user,
		.realm = challenge->realm,
		.nonce = challenge->nonce,
		.uri = answer->uri,
		.cnonce = answer->cnonce,
		.algorithm = challenge->algorithm,
		.algorithm_known = true,
		.has_qop = challenge->wants_qop,
		.qop_is_auth = challenge->wants_qop,
		.nonce_count = answer->nonce_count,
		.has_nonce_count = challenge->wants_qop,
	};
	digest_ha1(challenge->algorithm, answer->user, challenge->realm, answer->password, ha1);
	digest_response(&credentials, answer->method, ha1, response);
	write_quoted(buffer, "Digest username=", answer->user);
	write_quoted(buffer, ", realm=", challenge->realm);
	write_quoted(buffer, ", nonce=", challenge->nonce);
	write_quoted(buffer, ", uri=", answer->uri);
	write_quoted(buffer, ", response=", slice_text(response));
	if (challenge->has_algorithm) {
		buffer_text(buffer, ", algorithm=");
		buffer_append(buffer, digest_algorithm_name(challenge->algorithm));
	}
	if (challenge->has_opaque)
		write_quoted(buffer, ", opaque=", challenge->opaque);
	if (challenge->wants_qop) {
		write_quoted(buffer, ", qop=auth, cnonce=", answer->cnonce);
		buffer_format(buffer, ", nc=%08x", answer->nonce_count);
	}
}
