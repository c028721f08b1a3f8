/* GRUUs without a table. A temporary one is "tgruu." and the hex of: 12 bytes IV, the ciphertext of 8 bytes device,
 * 4 bytes Call-ID mark and the user, 12 bytes of AES-GCM's tag. SPDX-License-Identifier: MIT */
#include "features/gruu.h"

#include "base/error.h"
#include "base/random.h"
#include "storage/storage.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { IV_BYTES = 12, TAG_BYTES = 12, HEAD_BYTES = 12, USER_MOST = 256 };
enum { PLAIN_MOST = HEAD_BYTES + USER_MOST, TOKEN_MOST = IV_BYTES + PLAIN_MOST + TAG_BYTES };

struct gruus {
	const struct domain *domain;
	EVP_CIPHER_CTX *context;
	uint8_t key[GRUU_KEY_SIZE];
};

struct gruus *gruus_create(const struct domain *domain, const uint8_t key[GRUU_KEY_SIZE])
{
	struct gruus *gruus = calloc(1, sizeof *gruus);
	if (!gruus)
		return NULL;
	gruus->domain = domain;
	memcpy(gruus->key, key, GRUU_KEY_SIZE);
	gruus->context = EVP_CIPHER_CTX_new();
	if (!gruus->context) {
		free(gruus);
		return NULL;
	}
	return gruus;
}

void gruus_destroy(struct gruus *gruus)
{
	if (!gruus)
		return;
	EVP_CIPHER_CTX_free(gruus->context);
	free(gruus);
}

uint32_t gruu_call_id_mark(struct slice call_id)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	uint32_t mark = 0;
	if (EVP_Digest(call_id.at, call_id.length, digest, &length, EVP_sha256(), NULL) && length >= sizeof mark)
		memcpy(&mark, digest, sizeof mark);
	return mark | 1; /* never 0, which means "public" */
}

/* False where OpenSSL fails. */
static bool encrypt(struct gruus *gruus, const uint8_t *plain, int length, uint8_t *token)
{
	int written = 0;
	random_bytes(token, IV_BYTES);
	return EVP_EncryptInit_ex(gruus->context, EVP_aes_128_gcm(), NULL, gruus->key, token) &&
	       EVP_EncryptUpdate(gruus->context, token + IV_BYTES, &written, plain, length) && written == length &&
	       EVP_EncryptFinal_ex(gruus->context, token + IV_BYTES + length, &written) &&
	       EVP_CIPHER_CTX_ctrl(gruus->context, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, token + IV_BYTES + length);
}

static bool decrypt(struct gruus *gruus, const uint8_t *token, int length, uint8_t *plain)
{
	int written = 0;
	uint8_t tag[TAG_BYTES];
	memcpy(tag, token + IV_BYTES + length, TAG_BYTES);
	return EVP_DecryptInit_ex(gruus->context, EVP_aes_128_gcm(), NULL, gruus->key, token) &&
	       EVP_DecryptUpdate(gruus->context, plain, &written, token + IV_BYTES, length) && written == length &&
	       EVP_CIPHER_CTX_ctrl(gruus->context, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) &&
	       EVP_DecryptFinal_ex(gruus->context, plain + length, &written) > 0;
}

static void write_temporary_user(struct gruus *gruus, struct buffer *buffer, const struct account *account,
				 const struct binding *binding)
{
	uint8_t plain[PLAIN_MOST], token[TOKEN_MOST];
	uint32_t mark = gruu_call_id_mark(binding_text(binding, BINDING_CALL_ID));
	memcpy(plain, &binding->device->id, 8);
	memcpy(plain + 8, &mark, 4);
	memcpy(plain + HEAD_BYTES, account->user, account->user_length);
	size_t length = (size_t)HEAD_BYTES + account->user_length;
	if (!encrypt(gruus, plain, (int)length, token)) {
		buffer->failed = true;
		return;
	}
	buffer_text(buffer, "tgruu.");
	buffer_hex(buffer, token, IV_BYTES + length + TAG_BYTES);
}

/* URNs are made of characters that a URI parameter may hold as they are (RFC 3261 §25.1 paramchar); an instance that is
 * not gets no GRUU. */
static bool fits_a_parameter(struct slice instance)
{
	for (size_t i = 0; i < instance.length; i++) {
		char c = instance.at[i];
		bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!letter_or_digit && !memchr(":-._~!*'()[]/&+$", c, 16))
			return false;
	}
	return instance.length > 0;
}

void gruu_write_parameters(struct gruus *gruus, struct buffer *buffer, const struct account *account,
			   const struct binding *binding)
{
	struct slice instance = binding_text(binding, BINDING_INSTANCE);
	if (!fits_a_parameter(instance))
		return;
	buffer_text(buffer, ";pub-gruu=\"sip:");
	sip_uri_escape_user(buffer, account_user(account));
	buffer_byte(buffer, '@');
	buffer_append(buffer, domain_name(gruus->domain));
	buffer_text(buffer, ";gr=");
	buffer_append(buffer, instance);
	buffer_byte(buffer, '"');
	if (account->user_length > USER_MOST)
		return;
	buffer_text(buffer, ";temp-gruu=\"sip:");
	write_temporary_user(gruus, buffer, account, binding);
	buffer_byte(buffer, '@');
	buffer_append(buffer, domain_name(gruus->domain));
	buffer_text(buffer, ";gr\"");
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static int resolve_temporary(struct gruus *gruus, struct arena *arena, struct slice text, struct gruu_target *target)
{
	uint8_t token[TOKEN_MOST];
	if (text.length % 2 != 0 || text.length / 2 > sizeof token ||
	    text.length / 2 < IV_BYTES + HEAD_BYTES + TAG_BYTES)
		return ERR_NOT_FOUND;
	for (size_t i = 0; i < text.length / 2; i++) {
		int high = hex_value(text.at[2 * i]), low = hex_value(text.at[2 * i + 1]);
		if (high < 0 || low < 0)
			return ERR_NOT_FOUND;
		token[i] = (uint8_t)(high << 4 | low);
	}
	uint8_t plain[PLAIN_MOST];
	int length = (int)(text.length / 2) - IV_BYTES - TAG_BYTES;
	if (!decrypt(gruus, token, length, plain))
		return ERR_NOT_FOUND;
	memcpy(&target->device_id, plain, 8);
	memcpy(&target->call_id_mark, plain + 8, 4);
	return arena_copy(arena, slice_of((const char *)plain + HEAD_BYTES, (size_t)(length - HEAD_BYTES)),
			  &target->user);
}

bool gruu_is(const struct sip_uri *uri)
{
	struct slice value;
	return sip_uri_parameter(uri, SLICE("gr"), &value);
}

int gruu_resolve(struct gruus *gruus, struct arena *arena, const struct sip_uri *uri, struct gruu_target *target)
{
	struct slice instance, user, plain;
	if (!sip_uri_parameter(uri, SLICE("gr"), &instance))
		return ERR_NOT_FOUND;
	int result = domain_user(gruus->domain, arena, uri, &user);
	if (result != 0)
		return result;
	if (slice_is_empty(instance)) {
		if (!slice_starts_with(user, SLICE("tgruu.")))
			return ERR_NOT_FOUND;
		return resolve_temporary(gruus, arena, slice_from(user, strlen("tgruu.")), target);
	}
	result = sip_unescape(arena, instance, &plain);
	if (result != 0)
		return result;
	*target = (struct gruu_target){.user = user, .device_id = storage_device_id(plain)};
	return 0;
}
