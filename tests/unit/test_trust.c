/* Networks and accounts that speak for others. SPDX-License-Identifier: MIT */
#include "core/trust.h"
#include "test.h"

static void destroy(struct trust **trust)
{
	trust_destroy(*trust);
}

static const struct {
	const char *network, *address;
	bool fits;
} table[] = {
	{"192.0.2.1", "192.0.2.1", true},         {"192.0.2.1", "192.0.2.2", false},
	{"192.0.2.0/24", "192.0.2.255", true},    {"192.0.2.0/24", "192.0.3.0", false},
	{"192.0.2.128/25", "192.0.2.127", false}, {"192.0.2.128/25", "192.0.2.200", true},
	{"0.0.0.0/0", "203.0.113.9", true},       {"0.0.0.0/0", "2001:db8::1", false},
	{"2001:db8::/32", "2001:db8:9::1", true}, {"2001:db8::/33", "2001:db8:8000::1", false},
	{"2001:db8::1", "2001:db8::1", true},     {"::/0", "192.0.2.1", false},
};

static void an_address_is_trusted_where_a_network_has_it(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct slice network = slice_text(table[i].network);
		struct address address;
		CHECK(trust_is_network(network));
		CHECK(address_parse_ip(slice_text(table[i].address), 5060, &address));
		CLEANUP(destroy) struct trust *trust = trust_create(&network, 1, NULL, 0);
		CHECK(trust);
		if (!test_check(trust_has_address(trust, &address) == table[i].fits, __FILE__, __LINE__,
				table[i].address))
			return;
	}
}

static void what_is_no_network_is_told_apart(void)
{
	static const char *const bad[] = {"",  "host", "192.0.2.1/33", "192.0.2.0/", "192.0.2.0/x", "2001:db8::/129",
					  "/8"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!test_check(!trust_is_network(slice_text(bad[i])), __FILE__, __LINE__, bad[i]))
			return;
}

static void accounts_are_trusted_by_their_whole_name(void)
{
	const struct slice accounts[] = {SLICE("asterisk"), SLICE("voicemail")};
	CLEANUP(destroy) struct trust *trust = trust_create(NULL, 0, accounts, ARRAY_SIZE(accounts));
	CHECK(trust);
	CHECK(trust_has_account(trust, SLICE("voicemail")));
	CHECK(!trust_has_account(trust, SLICE("voice")));
	CHECK(!trust_has_account(trust, SLICE("")));
}

static void nobody_is_trusted_where_nobody_is_named(void)
{
	struct address address;
	CHECK(address_parse_ip(SLICE("127.0.0.1"), 0, &address));
	CHECK(!trust_has_address(NULL, &address));
	CHECK(!trust_has_account(NULL, SLICE("alice")));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"an_address_is_trusted_where_a_network_has_it", an_address_is_trusted_where_a_network_has_it,
		 TEST_PLAIN},
		{"what_is_no_network_is_told_apart", what_is_no_network_is_told_apart, TEST_PLAIN},
		{"accounts_are_trusted_by_their_whole_name", accounts_are_trusted_by_their_whole_name, TEST_PLAIN},
		{"nobody_is_trusted_where_nobody_is_named", nobody_is_trusted_where_nobody_is_named, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
