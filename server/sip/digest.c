/* Digest credentials: the parser, and the responses computed with OpenSSL (RFC 7616 §3.4, RFC 8760).
 * SPDX-License-Identifier: MIT */
#include "sip/digest.h"

#include "base/error.h"
#include "base/percent.h"
#include "sip/grammar.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

static const struct {
	struct slice name;
	const EVP_MD *(*method)(void);
	size_t bytes;
} algorithms[DIGEST_ALGORITHM_COUNT] = {
	[DIGEST_MD5] = {{"MD5", 3}, EVP_md5, DIGEST_MD5_BYTES},
	[DIGEST_SHA256] = {{"SHA-256", 7}, EVP_sha256, DIGEST_SHA256_BYTES},
};

struct slice digest_algorithm_name(enum digest_algorithm algorithm)
{
	return algorithms[algorithm].name;
}

size_t digest_size(enum digest_algorithm algorithm)
{
	return algorithms[algorithm].bytes;
}

/* ---- Reading credentials ---- */

/* The parameters that we know, in the order of `known_names`. */
enum parameter { USERNAME, REALM, NONCE, URI, RESPONSE, CNONCE, OPAQUE, ALGORITHM, QOP, NONCE_COUNT, PARAMETER_COUNT };

static const struct slice known_names[PARAMETER_COUNT] = {
	[USERNAME] = {"username", 8}, [REALM] = {"realm", 5},         [NONCE] = {"nonce", 5},   [URI] = {"uri", 3},
	[RESPONSE] = {"response", 8}, [CNONCE] = {"cnonce", 6},       [OPAQUE] = {"opaque", 6}, [QOP] = {"qop", 3},
	[NONCE_COUNT] = {"nc", 2},    [ALGORITHM] = {"algorithm", 9},
};

struct parameters {
	struct slice value[PARAMETER_COUNT];
	bool present[PARAMETER_COUNT];
};

/* What stands between the quotes; escapes stay in, for they are part of what is hashed (RFC 7616 §3.4: unq() takes
 * off the quotes and nothing else). RFC 2617's grammar had the uri without quotes, and some clients took it at its
 * word: a value without quotes may hold more than a token. */
static int take_value(struct slice *rest, struct slice *value)
{
	if (grammar_take_quoted(rest, value))
		return 0;
	size_t count = 0;
	while (count < rest->length && rest->at[count] != ',' && rest->at[count] != '"' &&
	       grammar_is(slice_of(rest->at + count, 1), GRAMMAR_VISIBLE))
		count++;
	if (count == 0)
		return ERR_SYNTAX;
	*value = slice_of(rest->at, count);
	*rest = slice_from(*rest, count);
	return 0;
}

static int keep_parameter(struct parameters *parameters, struct slice name, struct slice value)
{
	for (int i = 0; i < PARAMETER_COUNT; i++) {
		if (!slice_equal_nocase(name, known_names[i]))
			continue;
		/* RFC 3261 §7.3.1: a parameter name appears at most once */
		if (parameters->present[i])
			return ERR_SYNTAX;
		parameters->present[i] = true;
		parameters->value[i] = value;
		return 0;
	}
	return 0; /* RFC 7616 §3.4: auth-param, for extensions; what we do not know is skipped */
}

static int take_parameter(struct slice *rest, struct parameters *parameters)
{
	struct slice name = grammar_take(rest, GRAMMAR_TOKEN);
	struct slice value;
	if (slice_is_empty(name) || !grammar_take_separator(rest, '=') || take_value(rest, &value))
		return ERR_SYNTAX;
	grammar_skip_blanks(rest);
	if (rest->length > 0 && *rest->at != ',')
		return ERR_SYNTAX;
	return keep_parameter(parameters, name, value);
}

/* The whole list; empty elements are skipped, as in other lists. */
static int take_parameters(struct slice rest, struct parameters *parameters)
{
	for (;;) {
		while (grammar_take_separator(&rest, ','))
			continue;
		grammar_skip_blanks(&rest);
		if (rest.length == 0)
			return 0;
		if (take_parameter(&rest, parameters))
			return ERR_SYNTAX;
	}
}

/* nc-value = 8LHEX (RFC 7616 §3.4); capitals are taken too. */
static int parse_nonce_count(struct slice text, uint32_t *count)
{
	uint32_t sum = 0;
	if (text.length != 8 || !grammar_is(text, GRAMMAR_HEX))
		return ERR_SYNTAX;
	for (size_t i = 0; i < text.length; i++)
		sum = sum << 4 | (uint32_t)percent_digit(text.at[i]);
	*count = sum;
	return 0;
}

/* RFC 7616 §3.4: no algorithm means MD5. The -sess forms and the rest of the registry are not ours. */
static bool find_algorithm(const struct parameters *parameters, enum digest_algorithm *algorithm)
{
	*algorithm = DIGEST_MD5;
	if (!parameters->present[ALGORITHM])
		return true;
	for (int i = 0; i < DIGEST_ALGORITHM_COUNT; i++) {
		if (!slice_equal_nocase(parameters->value[ALGORITHM], algorithms[i].name))
			continue;
		*algorithm = (enum digest_algorithm)i;
		return true;
	}
	return false;
}

static bool has_what_is_required(const struct parameters *parameters)
{
	for (int i = USERNAME; i <= RESPONSE; i++)
		if (!parameters->present[i])
			return false;
	/* RFC 7616 §3.4: with qop, cnonce and nc must be there */
	return !parameters->present[QOP] || (parameters->present[CNONCE] && parameters->present[NONCE_COUNT]);
}

int digest_credentials_parse(struct slice value, struct digest_credentials *credentials)
{
	struct parameters parameters = {0};
	struct digest_credentials parsed = {0};

	grammar_skip_blanks(&value);
	if (!slice_equal_nocase(grammar_take(&value, GRAMMAR_TOKEN), SLICE("Digest")) ||
	    grammar_span(value, GRAMMAR_BLANK) == 0)
		return ERR_SYNTAX;
	if (take_parameters(value, &parameters) || !has_what_is_required(&parameters))
		return ERR_SYNTAX;

	parsed.username = parameters.value[USERNAME];
	parsed.realm = parameters.value[REALM];
	parsed.nonce = parameters.value[NONCE];
	parsed.uri = parameters.value[URI];
	parsed.response = parameters.value[RESPONSE];
	parsed.cnonce = parameters.value[CNONCE];
	parsed.opaque = parameters.value[OPAQUE];
	parsed.algorithm_known = find_algorithm(&parameters, &parsed.algorithm);
	parsed.has_qop = parameters.present[QOP];
	parsed.qop_is_auth = parsed.has_qop && slice_equal_nocase(parameters.value[QOP], SLICE("auth"));
	parsed.has_nonce_count = parameters.present[NONCE_COUNT];
	parsed.nonce_count_text = parameters.value[NONCE_COUNT];
	if (parsed.has_nonce_count && parse_nonce_count(parsed.nonce_count_text, &parsed.nonce_count))
		return ERR_SYNTAX;
	*credentials = parsed;
	return 0;
}

/* ---- Computing ---- */

/* One OpenSSL context serves all digests of a call: looking the algorithm up is most of the cost of a short one. */
struct hash {
	EVP_MD_CTX *context; /* NULL: failed */
};

static void hash_fail(struct hash *hash)
{
	EVP_MD_CTX_free(hash->context);
	hash->context = NULL;
}

static void hash_open(struct hash *hash, enum digest_algorithm algorithm)
{
	hash->context = EVP_MD_CTX_new();
	if (hash->context && !EVP_DigestInit_ex(hash->context, algorithms[algorithm].method(), NULL))
		hash_fail(hash);
}

static void hash_add(struct hash *hash, struct slice slice)
{
	if (hash->context && !EVP_DigestUpdate(hash->context, slice.at, slice.length))
		hash_fail(hash);
}

static void hash_add_next(struct hash *hash, struct slice slice)
{
	hash_add(hash, SLICE(":"));
	hash_add(hash, slice);
}

/* Gives the digest and starts the next one of the same algorithm. */
static void hash_take(struct hash *hash, uint8_t digest[DIGEST_MOST_BYTES])
{
	unsigned size = 0;
	if (hash->context &&
	    (!EVP_DigestFinal_ex(hash->context, digest, &size) || !EVP_DigestInit_ex(hash->context, NULL, NULL)))
		hash_fail(hash);
}

/* False where OpenSSL could not do its part. */
static bool hash_close(struct hash *hash)
{
	bool good = hash->context != NULL;
	hash_fail(hash);
	return good;
}

static struct slice write_hex(const uint8_t *bytes, size_t count, char *text)
{
	for (size_t i = 0; i < count; i++) {
		text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	return slice_of(text, 2 * count);
}

/* The count as it stood: it is hashed so, and some clients write capitals. */
static struct slice nonce_count_text(const struct digest_credentials *credentials, char text[8])
{
	if (!slice_is_empty(credentials->nonce_count_text))
		return credentials->nonce_count_text;
	const uint32_t count = credentials->nonce_count;
	const uint8_t bytes[4] = {(uint8_t)(count >> 24), (uint8_t)(count >> 16), (uint8_t)(count >> 8),
				  (uint8_t)count};
	return write_hex(bytes, sizeof(bytes), text);
}

/* RFC 7616 §3.4.3: A2 of qop=auth and of none; auth-int is not ours. False: there is no right response. */
static bool begin(struct hash *hash, const struct digest_credentials *credentials, struct slice method,
		  char ha2_hex[2 * DIGEST_MOST_BYTES])
{
	uint8_t ha2[DIGEST_MOST_BYTES];
	hash->context = NULL;
	if (!credentials->algorithm_known || (credentials->has_qop && !credentials->qop_is_auth))
		return false;
	hash_open(hash, credentials->algorithm);
	hash_add(hash, method);
	hash_add_next(hash, credentials->uri);
	hash_take(hash, ha2);
	if (hash->context)
		write_hex(ha2, digest_size(credentials->algorithm), ha2_hex);
	return hash->context != NULL;
}

/* RFC 7616 §3.4.1; without qop as in RFC 2069, which RFC 3261 §22.4 still allows. False where OpenSSL has failed. */
static bool respond(struct hash *hash, const struct digest_credentials *credentials, const char *ha2_hex,
		    const uint8_t *ha1, uint8_t response[DIGEST_MOST_BYTES])
{
	const size_t bytes = digest_size(credentials->algorithm);
	char hex[2 * DIGEST_MOST_BYTES], count[8];

	hash_add(hash, write_hex(ha1, bytes, hex));
	hash_add_next(hash, credentials->nonce);
	if (credentials->has_qop) {
		hash_add_next(hash, nonce_count_text(credentials, count));
		hash_add_next(hash, credentials->cnonce);
		hash_add_next(hash, SLICE("auth"));
	}
	hash_add_next(hash, slice_of(ha2_hex, 2 * bytes));
	hash_take(hash, response);
	OPENSSL_cleanse(hex, sizeof(hex));
	return hash->context != NULL;
}

void digest_ha1(enum digest_algorithm algorithm, struct slice username, struct slice realm, struct slice password,
		uint8_t ha1[DIGEST_MOST_BYTES])
{
	struct hash hash;
	memset(ha1, 0, DIGEST_MOST_BYTES);
	hash_open(&hash, algorithm);
	hash_add(&hash, username);
	hash_add_next(&hash, realm);
	hash_add_next(&hash, password);
	hash_take(&hash, ha1);
	if (!hash_close(&hash))
		abort(); /* zeros would be stored as if they were the account's */
}

void digest_check_begin(struct digest_check *check, const struct digest_credentials *credentials, struct slice method)
{
	const size_t bytes = digest_size(credentials->algorithm);
	struct hash hash;

	*check = (struct digest_check){.credentials = credentials};
	if (credentials->response.length != 2 * bytes || !grammar_is(credentials->response, GRAMMAR_HEX))
		return;
	for (size_t i = 0; i < bytes; i++) {
		const char *pair = credentials->response.at + 2 * i;
		check->given[i] = (uint8_t)(percent_digit(pair[0]) << 4 | percent_digit(pair[1]));
	}
	if (begin(&hash, credentials, method, check->ha2))
		check->context = hash.context;
}

bool digest_check_is(struct digest_check *check, const uint8_t *ha1)
{
	uint8_t right[DIGEST_MOST_BYTES];
	struct hash hash = {check->context};

	if (!check->context)
		return false;
	bool is_computed = respond(&hash, check->credentials, check->ha2, ha1, right);
	check->context = hash.context;
	return is_computed && CRYPTO_memcmp(check->given, right, digest_size(check->credentials->algorithm)) == 0;
}

void digest_check_end(struct digest_check *check)
{
	EVP_MD_CTX_free(check->context);
	check->context = NULL;
}

bool digest_verify(const struct digest_credentials *credentials, struct slice method, const uint8_t *ha1)
{
	struct digest_check check;
	digest_check_begin(&check, credentials, method);
	bool is_right = digest_check_is(&check, ha1);
	digest_check_end(&check);
	return is_right;
}

void digest_response(const struct digest_credentials *credentials, struct slice method, const uint8_t *ha1,
		     char hex[2 * DIGEST_MOST_BYTES + 1])
{
	uint8_t response[DIGEST_MOST_BYTES];
	char ha2[2 * DIGEST_MOST_BYTES];
	struct hash hash;
	hex[0] = '\0';
	bool is_computed = begin(&hash, credentials, method, ha2) && respond(&hash, credentials, ha2, ha1, response);
	hash_fail(&hash);
	if (!is_computed)
		return;
	const struct slice text = write_hex(response, digest_size(credentials->algorithm), hex);
	hex[text.length] = '\0';
}
