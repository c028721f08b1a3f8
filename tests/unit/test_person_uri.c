/* URIs of persons, from what people write. SPDX-License-Identifier: MIT */
#include "presence/person_uri.h"
#include "test.h"

#include "base/error.h"

static void what_people_write_becomes_a_uri(void)
{
	static const struct {
		const char *text, *uri; /* NULL: nobody */
	} rows[] = {
		{"bob", "sip:bob@example.test"},
		{"+4930123", "sip:+4930123@example.test"},
		{"bob@example.test", "sip:bob@example.test"},
		{"bob@elsewhere.test", "sip:bob@elsewhere.test"},
		{"a b@example.test", "sip:a%20b@example.test"},
		{"a@b@example.test", "sip:a%40b@example.test"},
		{"sip:bob@example.test", "sip:bob@example.test"},
		{"SIPS:bob@example.test;transport=tcp", "SIPS:bob@example.test;transport=tcp"},
		{"pres:bob@elsewhere.test", "pres:bob@elsewhere.test"},
		{"sip:b%40b@pbx.example.test", "sip:b%40b@example.test"}, /* an alias of ours */
		{"bob@PBX.example.test", "sip:bob@example.test"},
		{"tel:+15550100", "tel:+15550100"},
		{"", NULL},
		{"@", NULL},
		{"bob@", NULL},
		{"@example.test", NULL},
		{"tel:", NULL},
		{"sip:example.test", NULL},
		{"sip:b\xff@example.test", NULL},
	};
	struct slice alias = SLICE("pbx.example.test");
	struct domain *domain = domain_create(SLICE("example.test"), &alias, 1, NULL);
	for (size_t i = 0; domain && i < ARRAY_SIZE(rows); i++) {
		struct slice uri = SLICE("");
		struct arena arena;
		arena_init(&arena, NULL, 65536);
		int result = person_uri_read(&arena, domain, slice_text(rows[i].text), &uri);
		bool is_right =
			test_is_starved() ||
			(test_check_number(result, rows[i].uri ? 0 : ERR_SYNTAX, __FILE__, __LINE__, rows[i].text) &&
			 test_check_text(uri, slice_text(rows[i].uri), __FILE__, __LINE__, rows[i].text));
		arena_finish(&arena);
		if (!is_right)
			break;
	}
	domain_destroy(domain);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"what_people_write_becomes_a_uri", what_people_write_becomes_a_uri, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
