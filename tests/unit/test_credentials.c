/* Accounts from a file, and their hashes. SPDX-License-Identifier: MIT */
#include "program/credentials.h"

#include "base/error.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* `error` begins with what follows the file's name. */
static int read_text(const char *text, struct credentials *credentials, char error[CREDENTIALS_ERROR_SIZE])
{
	char path[] = "/tmp/heliograph-test-XXXXXX", sentence[CREDENTIALS_ERROR_SIZE] = "";
	int descriptor = mkstemp(path);
	size_t length = strlen(text);
	bool good = descriptor >= 0 && write(descriptor, text, length) == (ssize_t)length;
	if (descriptor >= 0)
		close(descriptor);
	int result = good ? credentials_read(path, credentials, sentence) : -1;
	unlink(path);
	size_t prefix = strlen(path);
	snprintf(error, CREDENTIALS_ERROR_SIZE, "%s",
		 strncmp(sentence, path, prefix) == 0 ? sentence + prefix : sentence);
	return result;
}

static void a_file_gives_users_and_passwords(void)
{
	static const char text[] = "# comment\n\nalice,secret\r\n  \nbob,with,commas, and blanks \n carol ,x";
	struct credentials credentials;
	char error[CREDENTIALS_ERROR_SIZE];
	int result = read_text(text, &credentials, error);
	if (test_is_starved()) {
		if (result == 0)
			credentials_finish(&credentials);
		return;
	}
	CHECK_TEXT(slice_text(error), "");
	CHECK_NUMBER(result, 0);
	CHECK_NUMBER(credentials.count, 3);
	CHECK_TEXT(credentials.items[0].user, "alice");
	CHECK_TEXT(credentials.items[0].password, "secret");
	CHECK_TEXT(credentials.items[1].password, "with,commas, and blanks ");
	CHECK_TEXT(credentials.items[2].user, "carol");
	credentials_finish(&credentials);
}

struct wrong_file {
	const char *text, *error;
};

static const struct wrong_file wrong_files[] = {
	{"alice", ":1: this is not user,password"},
	{"a,b\n\n# x\nbob\n", ":4: this is not user,password"},
	{",secret", ":1: the user's name is empty"},
	{"alice,", ":1: the password is empty"},
	{"al:ice,x", ":1: the user's name has a character that it may not have (blank : @ < > \" \\)"},
	{"alice@example.test,x", ":1: the user's name has a character that it may not have (blank : @ < > \" \\)"},
	{"al\xc0\xafice,x", ":1: the user's name is not UTF-8"},
	{"alice,x\ty", ":1: the password has a control character"},
};

static void wrong_files_are_refused_with_file_and_line(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong_files); i++) {
		struct credentials credentials;
		char error[CREDENTIALS_ERROR_SIZE];
		int result = read_text(wrong_files[i].text, &credentials, error);
		if (test_is_starved())
			continue;
		CHECK_TEXT(slice_text(error), wrong_files[i].error);
		CHECK_NUMBER(result, ERR_CONFIGURATION);
	}
}

static void demo_passwords_stay_the_same_and_are_secret(void)
{
	char folder[] = "/tmp/heliograph-test-XXXXXX", path[128], error[CREDENTIALS_ERROR_SIZE];
	CHECK(mkdtemp(folder));
	struct credentials first = {0}, second = {0};
	bool good = credentials_demo(folder, &first, error) == 0 && credentials_demo(folder, &second, error) == 0;
	snprintf(path, sizeof(path), "%s/demo-accounts", folder);
	struct stat status = {0};
	int result = stat(path, &status);
	unlink(path);
	rmdir(folder);
	bool same = good && first.count == 3 && second.count == 3 &&
		    slice_equal(first.items[2].password, second.items[2].password) &&
		    slice_equal(first.items[0].user, SLICE("alice")) && first.items[0].password.length == 16;
	credentials_finish(&first);
	credentials_finish(&second);
	CHECK(good);
	CHECK(same);
	CHECK_NUMBER(result, 0);
	CHECK_NUMBER(status.st_mode & 0777, 0600);
}

/* The user, realm and password of RFC 7616 §3.9.1; the hashes from md5sum and sha256sum. */
static void hashes_are_those_of_the_realm(void)
{
	static const uint8_t md5[] = {0x3d, 0x78, 0x80, 0x7d, 0xef, 0xe7, 0xde, 0x21,
				      0x57, 0xe2, 0xb0, 0xb6, 0x57, 0x3a, 0x85, 0x5f};
	struct credential credential = {SLICE("Mufasa"), SLICE("Circle of Life")};
	struct account_credentials account = credential_hash(&credential, SLICE("http-auth@example.org"));
	CHECK_NUMBER(memcmp(account.ha1_md5, md5, sizeof(md5)), 0);
	CHECK_NUMBER(account.ha1_sha256[0], 0x79);
	CHECK_NUMBER(account.ha1_sha256[31], 0x32);
}

static const struct test tests[] = {
	{"a_file_gives_users_and_passwords", a_file_gives_users_and_passwords, TEST_PLAIN},
	{"wrong_files_are_refused_with_file_and_line", wrong_files_are_refused_with_file_and_line, TEST_PLAIN},
	{"demo_passwords_stay_the_same_and_are_secret", demo_passwords_stay_the_same_and_are_secret, TEST_PLAIN},
	{"hashes_are_those_of_the_realm", hashes_are_those_of_the_realm, TEST_WITHOUT_OOM},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
