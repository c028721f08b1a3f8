/* Local names and the users in them. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "core/domain.h"
#include "test.h"

static void users_are_those_of_our_names_in_plain_text(void)
{
	static const struct {
		const char *uri, *user;
		int result;
	} rows[] = {{"sip:alice@example.test", "alice", 0},
		    {"sips:alice@EXAMPLE.test:5061;transport=tls", "alice", 0},
		    {"im:alice@chat.example.test", "alice", 0},
		    {"pres:al%69ce@example.test", "alice", 0},
		    {"sip:alice@example.test.", "alice", 0},
		    {"sip:Alice@example.test", "Alice", 0},
		    {"sip:alice@elsewhere.test", NULL, ERR_NOT_FOUND},
		    {"sip:example.test", NULL, ERR_NOT_FOUND},
		    {"tel:+15551234", NULL, ERR_SYNTAX},
		    {"mailto:alice@example.test", NULL, ERR_SYNTAX}};
	const struct slice aliases[] = {SLICE("Chat.Example.Test")};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct arena arena;
		struct sip_uri uri;
		struct slice user = {0};
		arena_init(&arena, NULL, 10000);
		struct domain *domain = domain_create(SLICE("Example.Test"), aliases, 1, NULL);
		int result = domain && sip_uri_parse(slice_text(rows[i].uri), &uri) == 0
				     ? domain_user(domain, &arena, &uri, &user)
				     : ERR_NO_MEMORY;
		bool right = result == rows[i].result && slice_equal(user, slice_text(rows[i].user));
		domain_destroy(domain);
		arena_finish(&arena);
		if (!test_check(right, __FILE__, __LINE__, rows[i].uri))
			return;
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"users_are_those_of_our_names_in_plain_text", users_are_those_of_our_names_in_plain_text, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
