/* Stateless nonces and their used counts. SPDX-License-Identifier: MIT */
#include "core/nonce.h"

#include "base/list.h"
#include "base/random.h"
#include "base/table.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

/* 4 bytes of time, 4 of a number, 16 of the HMAC: 24 bytes, 32 characters of base64url. */
enum { STAMP_BYTES = 8, MAC_BYTES = 16, NONCE_BYTES = STAMP_BYTES + MAC_BYTES, NONCE_CHARACTERS = 32 };

/* A nonce that was used, and the last 64 counts up to `highest`. There is one for each client of the last minutes, so:
 * nothing that the stamp says already. */
struct used_nonce {
	struct table_link link;
	struct list_link order; /* oldest first */
	uint64_t seen;          /* bit n: highest - n was used */
	uint32_t highest;
	uint8_t stamp[STAMP_BYTES];
};

struct nonces {
	EVP_MAC_CTX *mac;
	unsigned age_s;
	size_t most;
	uint32_t number;
	int64_t begin_s;            /* 0, or: nonces issued before are stale */
	int64_t forgotten_before_s; /* nonces issued up to then and not remembered may have been used: stale */
	struct table used;
	struct list_link order;
};

static const char alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(const uint8_t bytes[NONCE_BYTES], char text[NONCE_TEXT_SIZE])
{
	for (int i = 0; i < NONCE_BYTES / 3; i++) {
		uint32_t word = (uint32_t)bytes[3 * i] << 16 | (uint32_t)bytes[3 * i + 1] << 8 | bytes[3 * i + 2];
		for (int j = 0; j < 4; j++)
			text[4 * i + j] = alphabet[word >> (18 - 6 * j) & 63];
	}
	text[NONCE_CHARACTERS] = '\0';
}

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

static bool decode(struct slice text, uint8_t bytes[NONCE_BYTES])
{
	if (text.length != NONCE_CHARACTERS)
		return false;
	for (int i = 0; i < NONCE_BYTES / 3; i++) {
		uint32_t word = 0;
		for (int j = 0; j < 4; j++) {
			int value = digit(text.at[4 * i + j]);
			if (value < 0)
				return false;
			word = word << 6 | (uint32_t)value;
		}
		bytes[3 * i] = (uint8_t)(word >> 16);
		bytes[3 * i + 1] = (uint8_t)(word >> 8);
		bytes[3 * i + 2] = (uint8_t)word;
	}
	return true;
}

static EVP_MAC_CTX *mac_create(const uint8_t key[NONCE_KEY_SIZE])
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (!mac)
		return NULL;
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);
	if (!context)
		return NULL;
	char digest[] = "SHA256";
	OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
				   OSSL_PARAM_construct_end()};
	if (!EVP_MAC_init(context, key, NONCE_KEY_SIZE, parameters)) {
		EVP_MAC_CTX_free(context);
		return NULL;
	}
	return context;
}

struct nonces *nonces_create(const uint8_t key[NONCE_KEY_SIZE], unsigned age_s, size_t most)
{
	struct nonces *nonces = calloc(1, sizeof *nonces);
	if (!nonces)
		return NULL;
	list_init(&nonces->order);
	nonces->age_s = age_s;
	nonces->most = most;
	random_bytes(&nonces->number, sizeof nonces->number);
	nonces->mac = mac_create(key);
	if (!nonces->mac || table_init(&nonces->used) != 0) {
		nonces_destroy(nonces);
		return NULL;
	}
	return nonces;
}

void nonces_begin(struct nonces *nonces, int64_t unix_s)
{
	nonces->begin_s = unix_s + 1;
}

/* Never before the beginning: what is issued in its second, or after the clock was set back, is good. */
static int64_t later(const struct nonces *nonces, int64_t unix_s)
{
	return unix_s > nonces->begin_s ? unix_s : nonces->begin_s;
}

static void forget_oldest(struct nonces *nonces)
{
	struct used_nonce *used = CONTAINER_OF(list_take_first(&nonces->order), struct used_nonce, order);
	table_remove(&nonces->used, &used->link);
	free(used);
}

void nonces_destroy(struct nonces *nonces)
{
	if (!nonces)
		return;
	while (!list_is_empty(&nonces->order))
		forget_oldest(nonces);
	table_finish(&nonces->used);
	EVP_MAC_CTX_free(nonces->mac);
	free(nonces);
}

/* False where OpenSSL fails: the nonce is then taken for foreign. */
static bool sign(struct nonces *nonces, const uint8_t stamp[STAMP_BYTES], const struct address *peer,
		 uint8_t mac[MAC_BYTES])
{
	uint8_t whole[EVP_MAX_MD_SIZE];
	size_t length = 0;
	/* A NULL key starts afresh with the key that was given first. */
	if (!EVP_MAC_init(nonces->mac, NULL, 0, NULL) || !EVP_MAC_update(nonces->mac, stamp, STAMP_BYTES) ||
	    !EVP_MAC_update(nonces->mac, peer->ip, sizeof peer->ip) ||
	    !EVP_MAC_final(nonces->mac, whole, &length, sizeof whole) || length < MAC_BYTES)
		return false;
	memcpy(mac, whole, MAC_BYTES);
	return true;
}

void nonce_write(struct nonces *nonces, const struct address *peer, int64_t unix_s, char text[NONCE_TEXT_SIZE])
{
	uint8_t bytes[NONCE_BYTES];
	uint32_t time = (uint32_t)later(nonces, unix_s), number = nonces->number++;
	memcpy(bytes, &time, sizeof time);
	memcpy(bytes + sizeof time, &number, sizeof number);
	if (!sign(nonces, bytes, peer, bytes + STAMP_BYTES))
		random_bytes(bytes + STAMP_BYTES, MAC_BYTES); /* will be refused, and challenged again */
	encode(bytes, text);
}

static bool has_stamp(const struct table_link *link, const void *key)
{
	return memcmp(CONTAINER_OF(link, const struct used_nonce, link)->stamp, key, STAMP_BYTES) == 0;
}

static struct used_nonce *find(const struct nonces *nonces, const uint8_t stamp[STAMP_BYTES])
{
	struct table_link *link =
		table_find(&nonces->used, table_hash(&nonces->used, stamp, STAMP_BYTES), has_stamp, stamp);
	return link ? CONTAINER_OF(link, struct used_nonce, link) : NULL;
}

static int64_t issued_at(const uint8_t stamp[STAMP_BYTES])
{
	uint32_t time;
	memcpy(&time, stamp, sizeof time);
	return time;
}

enum nonce_verdict nonce_check(struct nonces *nonces, struct slice text, const struct address *peer, int64_t unix_s)
{
	uint8_t bytes[NONCE_BYTES], mac[MAC_BYTES];
	if (!decode(text, bytes))
		return NONCE_FOREIGN;
	int64_t issued_at_s = issued_at(bytes);
	unix_s = later(nonces, unix_s);
	if (!sign(nonces, bytes, peer, mac) || CRYPTO_memcmp(mac, bytes + STAMP_BYTES, MAC_BYTES) != 0)
		/* Not ours, or ours for another address. Only a nonce with a plausible time deserves stale=true, so
		 * that a phone whose address changed does not ask its user for the password. */
		return issued_at_s <= unix_s + 60 && issued_at_s + 86400 > unix_s ? NONCE_STALE : NONCE_FOREIGN;
	if (issued_at_s + nonces->age_s < unix_s || issued_at_s > unix_s + 60)
		return NONCE_STALE;
	if (issued_at_s < nonces->begin_s)
		return NONCE_STALE;
	if (issued_at_s <= nonces->forgotten_before_s && !find(nonces, bytes))
		return NONCE_STALE;
	return NONCE_GOOD;
}

static void forget_old(struct nonces *nonces, int64_t unix_s)
{
	while (!list_is_empty(&nonces->order)) {
		const struct used_nonce *oldest = CONTAINER_OF(nonces->order.next, struct used_nonce, order);
		int64_t issued_at_s = issued_at(oldest->stamp);
		bool expired = issued_at_s + nonces->age_s < unix_s;
		if (!expired && nonces->used.count < nonces->most)
			return;
		if (!expired && issued_at_s > nonces->forgotten_before_s)
			nonces->forgotten_before_s = issued_at_s;
		forget_oldest(nonces);
	}
}

enum nonce_verdict nonce_use(struct nonces *nonces, struct slice text, uint32_t count, int64_t unix_s)
{
	uint8_t bytes[NONCE_BYTES];
	if (!decode(text, bytes))
		return NONCE_FOREIGN;
	struct used_nonce *used = find(nonces, bytes);
	if (!used) {
		forget_old(nonces, unix_s);
		used = calloc(1, sizeof *used);
		if (!used)
			return NONCE_REPLAYED; /* cannot be remembered, so it may not be used */
		memcpy(used->stamp, bytes, STAMP_BYTES);
		used->highest = count;
		used->seen = 1;
		table_insert(&nonces->used, &used->link, table_hash(&nonces->used, used->stamp, STAMP_BYTES));
		list_append(&nonces->order, &used->order);
		return NONCE_GOOD;
	}
	if (count > used->highest) {
		uint32_t ahead = count - used->highest;
		used->seen = (ahead < 64 ? used->seen << ahead : 0) | 1;
		used->highest = count;
		return NONCE_GOOD;
	}
	uint32_t behind = used->highest - count;
	if (behind >= 64 || used->seen >> behind & 1)
		return NONCE_REPLAYED;
	used->seen |= (uint64_t)1 << behind;
	return NONCE_GOOD;
}
