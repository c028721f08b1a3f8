/* Reading, making and applying accounts. SPDX-License-Identifier: MIT */
#include "program/credentials.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/random.h"
#include "sip/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_BYTES_MOST (256u << 20)

static const char *const demo_users[] = {"alice", "bob", "carol"};

/* A user part may hold nearly anything (RFC 3261 §25.1), but what is typed into phones has no blanks, and a colon
 * would end the name inside HA1. */
const char *credential_check_user(struct slice user)
{
	if (slice_is_empty(user))
		return "the user's name is empty";
	if (user.length > CREDENTIALS_USER_MOST)
		return "the user's name is too long";
	if (!slice_is_utf8(user))
		return "the user's name is not UTF-8";
	for (size_t i = 0; i < user.length; i++) {
		unsigned char byte = (unsigned char)user.at[i];
		if (byte <= ' ' || byte == 0x7f || strchr(":@<>\"\\", byte))
			return "the user's name has a character that it may not have (blank : @ < > \" \\)";
	}
	return NULL;
}

const char *credential_check_password(struct slice password)
{
	if (slice_is_empty(password))
		return "the password is empty";
	if (password.length > CREDENTIALS_PASSWORD_MOST)
		return "the password is too long";
	for (size_t i = 0; i < password.length; i++) {
		if ((unsigned char)password.at[i] < ' ')
			return "the password has a control character";
	}
	return NULL;
}

static int read_file(const char *file, struct buffer *content)
{
	FILE *stream = fopen(file, "re");
	if (!stream)
		return -errno;
	size_t count = 1;
	while (count > 0) {
		char *room = buffer_reserve(content, 65536);
		if (!room)
			break;
		count = fread(room, 1, 65536, stream);
		content->length += count;
	}
	bool broken = ferror(stream) != 0;
	fclose(stream);
	return buffer_failed(content) ? ERR_NO_MEMORY : broken ? -EIO : 0;
}

static int parse_line(struct slice line, struct credential *credential, const char **wrong)
{
	struct slice rest = line;
	if (slice_find(line, ',') == line.length) {
		*wrong = "this is not user,password";
		return ERR_SYNTAX;
	}
	credential->user = slice_trim(slice_take(&rest, ','));
	credential->password = rest;
	*wrong = credential_check_user(credential->user);
	if (!*wrong)
		*wrong = credential_check_password(credential->password);
	return *wrong ? ERR_SYNTAX : 0;
}

static int parse(const char *file, struct slice text, struct credentials *credentials,
		 char error[CREDENTIALS_ERROR_SIZE])
{
	for (unsigned number = 1; !slice_is_empty(text); number++) {
		struct slice line = slice_take(&text, '\n');
		if (line.length > 0 && line.at[line.length - 1] == '\r')
			line.length--;
		struct slice trimmed = slice_trim(line);
		if (slice_is_empty(trimmed) || trimmed.at[0] == '#')
			continue;
		const char *wrong;
		int result = parse_line(line, &credentials->items[credentials->count], &wrong);
		if (result < 0) {
			snprintf(error, CREDENTIALS_ERROR_SIZE, "%s:%u: %s", file, number, wrong);
			return ERR_CONFIGURATION;
		}
		credentials->count++;
	}
	return 0;
}

static size_t count_lines(struct slice text)
{
	size_t lines = 1;
	for (size_t i = 0; i < text.length; i++)
		lines += text.at[i] == '\n';
	return lines;
}

int credentials_read(const char *file, struct credentials *credentials, char error[CREDENTIALS_ERROR_SIZE])
{
	struct buffer content;
	buffer_init(&content, FILE_BYTES_MOST);
	struct credentials found = {0};
	int result = read_file(file, &content);
	if (result < 0)
		snprintf(error, CREDENTIALS_ERROR_SIZE, "%s: %s", file, error_text(result));
	if (result == 0) {
		found.items = calloc(count_lines(buffer_slice(&content)), sizeof(*found.items));
		result = found.items ? parse(file, buffer_slice(&content), &found, error) : ERR_NO_MEMORY;
		if (result == ERR_NO_MEMORY)
			snprintf(error, CREDENTIALS_ERROR_SIZE, "%s: %s", file, error_text(result));
	}
	if (result < 0) {
		free(found.items);
		buffer_finish(&content);
		return result == ERR_NO_MEMORY ? result : ERR_CONFIGURATION;
	}
	found.text = content.data; /* goes on being pointed into; freed by credentials_finish */
	*credentials = found;
	return 0;
}

void credentials_finish(struct credentials *credentials)
{
	free(credentials->items);
	free(credentials->text);
	*credentials = (struct credentials){0};
}

/* Only the owner may read it: the passwords are in it. */
static int make_demo_file(const char *path)
{
	int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
	if (!file) {
		int reason = -errno;
		if (descriptor >= 0)
			close(descriptor);
		return reason;
	}
	bool good = fputs("# The accounts of `heliograph run --demo`: user,password\n", file) >= 0;
	for (size_t i = 0; i < ARRAY_SIZE(demo_users); i++) {
		char password[CREDENTIALS_GENERATED_SIZE];
		random_token(password, sizeof(password) - 1);
		good = fprintf(file, "%s,%s\n", demo_users[i], password) > 0 && good;
	}
	good = fclose(file) == 0 && good;
	if (good)
		return 0;
	unlink(path);
	return -EIO;
}

int credentials_demo(const char *state, struct credentials *credentials, char error[CREDENTIALS_ERROR_SIZE])
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/demo-accounts", state);
	int result = length > 0 && (size_t)length < sizeof(path) ? 0 : -ENAMETOOLONG;
	if (result == 0 && access(path, F_OK) != 0)
		result = make_demo_file(path);
	if (result < 0) {
		snprintf(error, CREDENTIALS_ERROR_SIZE, "%s/demo-accounts: %s", state, error_text(result));
		return ERR_CONFIGURATION;
	}
	return credentials_read(path, credentials, error);
}

struct account_credentials credential_hash(const struct credential *credential, struct slice domain)
{
	struct account_credentials account = {.user = credential->user, .domain = domain};
	uint8_t ha1[DIGEST_MOST_BYTES];
	digest_ha1(DIGEST_MD5, credential->user, domain, credential->password, ha1);
	memcpy(account.ha1_md5, ha1, sizeof(account.ha1_md5));
	digest_ha1(DIGEST_SHA256, credential->user, domain, credential->password, ha1);
	memcpy(account.ha1_sha256, ha1, sizeof(account.ha1_sha256));
	return account;
}

int credentials_apply(const struct credentials *credentials, struct slice domain, struct administration *administration,
		      char error[CREDENTIALS_ERROR_SIZE])
{
	struct account_credentials *accounts = calloc(credentials->count + 1, sizeof(*accounts));
	if (!accounts) {
		snprintf(error, CREDENTIALS_ERROR_SIZE, "accounts: %s", error_text(ERR_NO_MEMORY));
		return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < credentials->count; i++)
		accounts[i] = credential_hash(&credentials->items[i], domain);
	int result = administration_put_accounts(administration, accounts, credentials->count);
	free(accounts);
	if (result < 0)
		snprintf(error, CREDENTIALS_ERROR_SIZE, "accounts: %s", administration_error(administration));
	return result;
}
