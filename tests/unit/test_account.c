/* Devices of an account, and those that are forgotten while somebody holds them. SPDX-License-Identifier: MIT */
#include "core/accounts.h"

#include "test.h"

static struct accounts *make_accounts(unsigned keep)
{
	return accounts_create(NULL, NULL, SLICE("example.test"), keep);
}

static struct account *make_account(struct accounts *accounts, const char *user)
{
	struct stored_account stored = {.id = 7, .user = slice_text(user), .domain = SLICE("example.test")};
	return accounts_take(accounts, &stored);
}

static void a_device_is_made_once_and_found(void)
{
	struct accounts *accounts = make_accounts(10);
	struct account *bob = accounts ? make_account(accounts, "bob") : NULL;
	if (bob) {
		struct device *phone = account_device(bob, 5);
		if (phone) {
			CHECK(account_device(bob, 5) == phone);
			CHECK(account_find_device(bob, 5) == phone);
			CHECK(!account_find_device(bob, 6));
			CHECK_NUMBER(account_count_devices(bob), 1);
			CHECK_NUMBER(account_count_bindings(bob), 0);
		}
		account_hold(accounts, bob);
		account_release(accounts, bob);
	}
	accounts_destroy(accounts);
}

static void a_forgotten_device_is_not_found_and_comes_back_new(void)
{
	struct accounts *accounts = make_accounts(10);
	struct account *bob = accounts ? make_account(accounts, "bob") : NULL;
	struct device *phone = bob ? account_device(bob, 5) : NULL;
	struct device *tablet = phone ? account_device(bob, 6) : NULL;
	if (tablet) {
		tablet->owed = 3;
		account_forget_device(bob, tablet);
		CHECK(!account_find_device(bob, 6));
		CHECK(account_find_device(bob, 5) == phone);
		CHECK_NUMBER(account_count_devices(bob), 1);
		tablet = account_device(bob, 6);
		CHECK(!tablet || tablet->owed == 0);
		account_forget_device(bob, phone);
		CHECK(!account_find_device(bob, 5));
	}
	accounts_destroy(accounts);
}

/* The account would be freed at once when nobody holds it: `keep` is 0. */
static void a_device_that_is_held_lives_on_and_its_account_with_it(void)
{
	struct accounts *accounts = make_accounts(0);
	struct account *bob = accounts ? make_account(accounts, "bob") : NULL;
	struct device *phone = bob ? account_device(bob, 5) : NULL;
	if (phone) {
		device_hold(accounts, phone);
		device_hold(accounts, phone);
		account_forget_device(bob, phone);
		CHECK(phone->is_forgotten);
		CHECK(phone->account == bob);
		device_release(accounts, phone);
		CHECK(accounts_find(accounts, SLICE("bob")) == bob);
		struct device *again = account_device(bob, 5);
		CHECK(again != phone);
		CHECK_NUMBER(phone->id, 5);
		device_release(accounts, phone);
		CHECK(!accounts_find(accounts, SLICE("bob")));
	}
	accounts_destroy(accounts);
}

static const struct test tests[] = {
	{"a_device_is_made_once_and_found", a_device_is_made_once_and_found, TEST_PLAIN},
	{"a_forgotten_device_is_not_found_and_comes_back_new", a_forgotten_device_is_not_found_and_comes_back_new,
	 TEST_PLAIN},
	{"a_device_that_is_held_lives_on_and_its_account_with_it",
	 a_device_that_is_held_lives_on_and_its_account_with_it, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
