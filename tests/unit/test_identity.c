/* Who is meant by a URI. SPDX-License-Identifier: MIT */
#include "bodies/identity.h"

#include "base/error.h"
#include "test.h"

static void uris_name_users_of_domains(void)
{
	static const struct {
		const char *uri, *user, *domain; /* NULL: nobody */
	} rows[] = {
		{"sip:bob@example.test", "bob", "example.test"},
		{"SIPS:bob@Example.TEST.", "bob", "example.test"},
		{"pres:Bob@example.test", "Bob", "example.test"},
		{" im:bob@example.test\n", "bob", "example.test"},
		{"bob@example.test", "bob", "example.test"},
		{"bob@example.test:5060", "bob", "example.test"},
		{"sip:b%6Fb%20x@example.test", "bob x", "example.test"},
		{"sip:bob:secret@example.test:5060;transport=tcp?subject=x", "bob", "example.test"},
		{"sip:bob;x=y@example.test", "bob;x=y", "example.test"},
		{"sip:bob@[2001:DB8::1]:5060", "bob", "[2001:db8::1]"},
		{"sip:+1(5)@example.test;user=phone", "+1(5)", "example.test"},
		{"sip:%40@example.test", "@", "example.test"},
		{"", NULL, NULL},
		{"sip:", NULL, NULL},
		{"sip:example.test", NULL, NULL},
		{"sip:@example.test", NULL, NULL},
		{"sip:bob@", NULL, NULL},
		{"sip::x@example.test", NULL, NULL},
		{"sip:bob@:5060", NULL, NULL},
		{"sip:b%6@example.test", NULL, NULL},
		{"sip:b%zz@example.test", NULL, NULL},
		{"tel:+15550123", NULL, NULL},
		{"mailto:bob@example.test", NULL, NULL},
		{"sip", NULL, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		struct identity identity;
		arena_init(&arena, NULL, 4096);
		int result = identity_read(&arena, slice_text(rows[i].uri), &identity);
		CHECK_NUMBER(result, rows[i].user ? 0 : ERR_SYNTAX);
		if (result != 0)
			continue;
		CHECK_TEXT(identity.user, rows[i].user);
		CHECK_TEXT(identity.domain, rows[i].domain);
	}
}

static void the_case_of_users_matters(void)
{
	CLEANUP(arena_finish) struct arena arena;
	struct identity bob, same, other;
	arena_init(&arena, NULL, 4096);
	CHECK_NUMBER(identity_read(&arena, SLICE("sip:bob@example.test"), &bob), 0);
	CHECK_NUMBER(identity_read(&arena, SLICE("pres:%62ob@EXAMPLE.test"), &same), 0);
	CHECK_NUMBER(identity_read(&arena, SLICE("sip:Bob@example.test"), &other), 0);
	CHECK(identity_equal(&bob, &same));
	CHECK(!identity_equal(&bob, &other));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"uris_name_users_of_domains", uris_name_users_of_domains, TEST_PLAIN},
		{"the_case_of_users_matters", the_case_of_users_matters, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
