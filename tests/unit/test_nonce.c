/* Nonces: stateless, bound to an address, counted. SPDX-License-Identifier: MIT */
#include "core/nonce.h"
#include "test.h"

#include <string.h>

static const uint8_t key[NONCE_KEY_SIZE] = "a key of thirty-two bytes length";
static const struct address here = {.family = ADDRESS_IPV4, .ip = {192, 0, 2, 1}, .port = 5060};
static const struct address there = {.family = ADDRESS_IPV4, .ip = {192, 0, 2, 2}, .port = 5060};
enum { NOW = 1800000000, AGE = 300 };

static void own_nonce_is_good_until_it_is_old(void)
{
	struct nonces *nonces = nonces_create(key, AGE, 10);
	if (!nonces)
		return;
	char text[NONCE_TEXT_SIZE];
	nonce_write(nonces, &here, NOW, text);
	bool good = nonce_check(nonces, slice_text(text), &here, NOW + AGE) == NONCE_GOOD;
	bool stale = nonce_check(nonces, slice_text(text), &here, NOW + AGE + 1) == NONCE_STALE;
	nonces_destroy(nonces);
	CHECK(good && stale);
}

static void nonce_outlives_the_process_that_made_it(void)
{
	struct nonces *before = nonces_create(key, AGE, 10), *after = nonces_create(key, AGE, 10);
	char text[NONCE_TEXT_SIZE];
	enum nonce_verdict verdict = NONCE_FOREIGN;
	if (before && after) {
		nonce_write(before, &here, NOW, text);
		verdict = nonce_check(after, slice_text(text), &here, NOW);
	}
	bool made = before && after;
	nonces_destroy(before);
	nonces_destroy(after);
	CHECK(!made || verdict == NONCE_GOOD);
}

static void nonces_of_before_the_beginning_are_stale(void)
{
	struct nonces *before = nonces_create(key, AGE, 10), *after = nonces_create(key, AGE, 10);
	char old[NONCE_TEXT_SIZE], fresh[NONCE_TEXT_SIZE];
	enum nonce_verdict verdicts[4] = {0};
	bool made = before && after;
	if (made) {
		nonce_write(before, &here, NOW, old);
		nonces_begin(after, NOW);
		nonce_write(after, &here, NOW, fresh);
		verdicts[0] = nonce_check(after, slice_text(old), &here, NOW);
		verdicts[1] = nonce_check(after, slice_text(fresh), &here, NOW);
		verdicts[2] = nonce_check(after, slice_text(fresh), &here, NOW - 1000); /* the clock was set back */
		verdicts[3] = nonce_check(after, slice_text(fresh), &here, NOW + AGE + 2);
	}
	nonces_destroy(before);
	nonces_destroy(after);
	CHECK(!made || verdicts[0] == NONCE_STALE);
	CHECK(!made || verdicts[1] == NONCE_GOOD);
	CHECK(!made || verdicts[2] == NONCE_GOOD);
	CHECK(!made || verdicts[3] == NONCE_STALE);
}

static void nonce_of_another_address_is_stale_and_a_made_up_one_foreign(void)
{
	struct nonces *nonces = nonces_create(key, AGE, 10);
	if (!nonces)
		return;
	char text[NONCE_TEXT_SIZE];
	nonce_write(nonces, &here, NOW, text);
	enum nonce_verdict moved = nonce_check(nonces, slice_text(text), &there, NOW);
	enum nonce_verdict short_one = nonce_check(nonces, SLICE("abc"), &here, NOW);
	enum nonce_verdict made_up = nonce_check(nonces, SLICE("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &here, NOW);
	enum nonce_verdict other_alphabet = nonce_check(nonces, SLICE("+/==AAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &here, NOW);
	nonces_destroy(nonces);
	CHECK_NUMBER(moved, NONCE_STALE);
	CHECK_NUMBER(short_one, NONCE_FOREIGN);
	CHECK_NUMBER(made_up, NONCE_FOREIGN);
	CHECK_NUMBER(other_alphabet, NONCE_FOREIGN);
}

static void each_count_is_used_once_in_any_order(void)
{
	static const struct {
		uint32_t count;
		enum nonce_verdict verdict;
	} uses[] = {{1, NONCE_GOOD},     {1, NONCE_REPLAYED},   {3, NONCE_GOOD},         {2, NONCE_GOOD},
		    {2, NONCE_REPLAYED}, {3, NONCE_REPLAYED},   {200, NONCE_GOOD},       {100, NONCE_REPLAYED},
		    {137, NONCE_GOOD},   {136, NONCE_REPLAYED}, {UINT32_MAX, NONCE_GOOD}};
	struct nonces *nonces = nonces_create(key, AGE, 10);
	if (!nonces)
		return;
	char text[NONCE_TEXT_SIZE];
	nonce_write(nonces, &here, NOW, text);
	size_t wrong = ARRAY_SIZE(uses);
	for (size_t i = 0; i < ARRAY_SIZE(uses) && wrong == ARRAY_SIZE(uses); i++)
		if (nonce_use(nonces, slice_text(text), uses[i].count, NOW) != uses[i].verdict)
			wrong = i;
	nonces_destroy(nonces);
	CHECK_NUMBER(wrong, ARRAY_SIZE(uses));
}

static void forgotten_counts_make_their_nonces_stale(void)
{
	struct nonces *nonces = nonces_create(key, AGE, 2);
	if (!nonces)
		return;
	char first[NONCE_TEXT_SIZE], other[NONCE_TEXT_SIZE];
	nonce_write(nonces, &here, NOW, first);
	bool used = nonce_use(nonces, slice_text(first), 1, NOW) == NONCE_GOOD;
	for (int i = 1; i <= 2; i++) {
		nonce_write(nonces, &here, NOW + i, other);
		used &= nonce_use(nonces, slice_text(other), 1, NOW + i) == NONCE_GOOD;
	}
	enum nonce_verdict verdict = nonce_check(nonces, slice_text(first), &here, NOW + 3);
	nonces_destroy(nonces);
	CHECK(used);
	CHECK_NUMBER(verdict, NONCE_STALE);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"own_nonce_is_good_until_it_is_old", own_nonce_is_good_until_it_is_old, TEST_PLAIN},
		{"nonce_outlives_the_process_that_made_it", nonce_outlives_the_process_that_made_it, TEST_PLAIN},
		{"nonces_of_before_the_beginning_are_stale", nonces_of_before_the_beginning_are_stale, TEST_PLAIN},
		{"nonce_of_another_address_is_stale_and_a_made_up_one_foreign",
		 nonce_of_another_address_is_stale_and_a_made_up_one_foreign, TEST_PLAIN},
		{"each_count_is_used_once_in_any_order", each_count_is_used_once_in_any_order, TEST_PLAIN},
		{"forgotten_counts_make_their_nonces_stale", forgotten_counts_make_their_nonces_stale, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
