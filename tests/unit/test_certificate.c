/* The self-signed certificate: made once, kept, made again when it does not serve any more.
 * SPDX-License-Identifier: MIT */
#include "program/certificate.h"

#include "base/error.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct slice names[] = {{"example.test", 12}, {"192.0.2.1", 9}, {"2001:db8::1", 11}};

static void remove_folder(const char *folder, const struct certificate_files *files)
{
	unlink(files->certificate);
	unlink(files->key);
	rmdir(folder);
}

static bool ensure(const char *folder, size_t name_count, unsigned days, struct certificate_files *files)
{
	struct certificate_request request = {.folder = folder, .names = names, .name_count = name_count, .days = days};
	char error[CERTIFICATE_ERROR_SIZE] = "";
	int result = certificate_ensure(&request, files, error);
	if (result < 0)
		printf("%s\n", error);
	return result == 0;
}

static void it_is_made_once_and_kept(void)
{
	char folder[] = "/tmp/heliograph-test-XXXXXX";
	CHECK(mkdtemp(folder));
	struct certificate_files first = {0}, second = {0};
	bool good = ensure(folder, 3, 365, &first) && ensure(folder, 3, 365, &second);
	struct stat status = {0};
	int result = stat(first.key, &status);
	remove_folder(folder, &first);
	CHECK(good);
	CHECK(first.made);
	CHECK(!second.made);
	CHECK_NUMBER(result, 0);
	CHECK_NUMBER(status.st_mode & 0777, 0600);
}

static void a_new_name_makes_it_again(void)
{
	char folder[] = "/tmp/heliograph-test-XXXXXX";
	CHECK(mkdtemp(folder));
	struct certificate_files first = {0}, second = {0};
	bool good = ensure(folder, 1, 365, &first) && ensure(folder, 2, 365, &second);
	remove_folder(folder, &first);
	CHECK(good);
	CHECK(second.made);
}

static void one_that_ends_soon_is_made_again(void)
{
	char folder[] = "/tmp/heliograph-test-XXXXXX";
	CHECK(mkdtemp(folder));
	struct certificate_files first = {0}, second = {0};
	bool good = ensure(folder, 1, 1, &first) && ensure(folder, 1, 365, &second);
	remove_folder(folder, &first);
	CHECK(good);
	CHECK(second.made);
}

static void a_key_that_does_not_fit_makes_it_again(void)
{
	char folder[] = "/tmp/heliograph-test-XXXXXX";
	CHECK(mkdtemp(folder));
	struct certificate_files first = {0}, second = {0};
	bool good = ensure(folder, 1, 365, &first);
	FILE *key = fopen(first.key, "we");
	good = good && key && fputs("no key\n", key) >= 0;
	if (key)
		good = fclose(key) == 0 && good;
	good = good && ensure(folder, 1, 365, &second);
	remove_folder(folder, &first);
	CHECK(good);
	CHECK(second.made);
}

static void a_folder_that_is_missing_is_named(void)
{
	struct certificate_request request = {
		.folder = "/nowhere/at/all", .names = names, .name_count = 1, .days = 365};
	struct certificate_files files;
	char error[CERTIFICATE_ERROR_SIZE] = "";
	CHECK_NUMBER(certificate_ensure(&request, &files, error), ERR_TLS);
	CHECK(strstr(error, "/nowhere/at/all"));
}

/* Keys cost time, and OpenSSL's memory is not ours: not repeated with failing allocations. */
static const struct test tests[] = {
	{"it_is_made_once_and_kept", it_is_made_once_and_kept, TEST_WITHOUT_OOM},
	{"a_new_name_makes_it_again", a_new_name_makes_it_again, TEST_WITHOUT_OOM},
	{"one_that_ends_soon_is_made_again", one_that_ends_soon_is_made_again, TEST_WITHOUT_OOM},
	{"a_key_that_does_not_fit_makes_it_again", a_key_that_does_not_fit_makes_it_again, TEST_WITHOUT_OOM},
	{"a_folder_that_is_missing_is_named", a_folder_that_is_missing_is_named, TEST_WITHOUT_OOM},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
