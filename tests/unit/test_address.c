/* Addresses: text, the system's form, comparing. SPDX-License-Identifier: MIT */
#include "base/address.h"

#include "test.h"

#include <netinet/in.h>

static void ips_are_parsed_and_written_in_their_shortest_form(void)
{
	static const struct {
		const char *text, *ip, *bracketed, *whole; /* NULL: not an IP */
	} rows[] = {
		{"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1:5060"},
		{"255.255.255.255", "255.255.255.255", "255.255.255.255", "255.255.255.255:5060"},
		{"2001:DB8::1", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:5060"},
		{"[2001:db8:0:0::1]", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:5060"},
		{"::", "::", "[::]", "[::]:5060"},
		{"::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1:5060"}, /* RFC 5118 §4.10 */
		{"[::ffff:c000:201]", "192.0.2.1", "192.0.2.1", "192.0.2.1:5060"},
		{"fe80::1%7", "fe80::1%7", "[fe80::1%7]", "[fe80::1%7]:5060"},
		{"[fe80::1%4294967295]", "fe80::1%4294967295", "[fe80::1%4294967295]", "[fe80::1%4294967295]:5060"},
		{"2001:db8::1%7", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:5060"}, /* global: no zone */
		{.text = ""},
		{.text = "example.test"},
		{.text = "192.0.2"},
		{.text = "192.0.2.256"},
		{.text = "192.0.2.1 "},
		{.text = "192.0.2.1%7"},
		{.text = "[192.0.2.1]"},
		{.text = "[2001:db8::1"},
		{.text = "2001:db8::1]"},
		{.text = "[]"},
		{.text = "%1"},
		{.text = "fe80::1%"},
		{.text = "fe80::1%nosuchinterface0123456789"},
		{.text = "2001:db8:::1"},
		{.text = "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[ADDRESS_TEXT_SIZE];
		struct address address;
		bool good = address_parse_ip(slice_text(rows[i].text), 5060, &address);
		CHECK(good == (rows[i].ip != NULL));
		if (!good)
			continue;
		CHECK_TEXT(address_write_ip(&address, false, text), rows[i].ip);
		CHECK_TEXT(address_write_ip(&address, true, text), rows[i].bracketed);
		CHECK_TEXT(address_write(&address, text), rows[i].whole);
		CHECK_NUMBER(strlen(text), strlen(rows[i].whole));
	}
}

static void a_nul_inside_the_text_is_no_ip(void)
{
	struct address address;
	CHECK(!address_parse_ip(SLICE("192.0.2.1\0.example"), 5060, &address));
}

static void the_longest_address_fits_its_text(void)
{
	struct address address = {.family = ADDRESS_IPV6, .scope = UINT32_MAX, .port = 65535};
	memset(address.ip, 0xff, sizeof(address.ip));
	char text[ADDRESS_TEXT_SIZE];
	CHECK_TEXT(address_write(&address, text), "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
	CHECK_TEXT(address_write_ip(&address, true, text), "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]");
}

static void addresses_survive_the_way_through_the_system(void)
{
	static const char *const texts[] = {"192.0.2.1", "2001:db8::1", "fe80::1%7"};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct address before, after;
		struct sockaddr_storage sockaddr;
		CHECK(address_parse_ip(slice_text(texts[i]), 65535, &before));
		CHECK(address_to_sockaddr(&before, &sockaddr) > 0);
		after = address_from_sockaddr((struct sockaddr *)&sockaddr);
		CHECK(address_equal(&before, &after));
	}
}

static void a_mapped_ipv4_peer_is_the_ipv4_peer(void)
{
	struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(5062)};
	static const unsigned char ip[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
	memcpy(&mapped.sin6_addr, ip, sizeof(ip));
	struct address address = address_from_sockaddr((struct sockaddr *)&mapped);
	struct address ipv4;
	CHECK(address_parse_ip(SLICE("192.0.2.1"), 5062, &ipv4));
	CHECK(address_equal(&address, &ipv4));
}

static void the_same_ip_may_have_another_port(void)
{
	struct address a, b, c;
	CHECK(address_parse_ip(SLICE("192.0.2.1"), 1, &a));
	CHECK(address_parse_ip(SLICE("192.0.2.1"), 2, &b));
	CHECK(address_parse_ip(SLICE("192.0.2.2"), 1, &c));
	CHECK(!address_equal(&a, &b));
	CHECK(address_same_ip(&a, &b));
	CHECK(!address_same_ip(&a, &c));
	/* The bytes alone do not make it the same. */
	struct address v6 = {.family = ADDRESS_IPV6, .ip = {192, 0, 2, 1}};
	CHECK(!address_same_ip(&a, &v6));
}

static void a_family_that_is_not_ip_is_no_address(void)
{
	struct sockaddr_storage sockaddr = {.ss_family = AF_UNIX};
	struct address address = address_from_sockaddr((struct sockaddr *)&sockaddr);
	CHECK_NUMBER(address.family, ADDRESS_NONE);
	CHECK_NUMBER(address_to_sockaddr(&address, &sockaddr), 0);
	char text[ADDRESS_TEXT_SIZE];
	CHECK_TEXT(address_write_ip(&address, true, text), "-");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"ips_are_parsed_and_written_in_their_shortest_form", ips_are_parsed_and_written_in_their_shortest_form,
		 TEST_PLAIN},
		{"a_nul_inside_the_text_is_no_ip", a_nul_inside_the_text_is_no_ip, TEST_PLAIN},
		{"the_longest_address_fits_its_text", the_longest_address_fits_its_text, TEST_PLAIN},
		{"addresses_survive_the_way_through_the_system", addresses_survive_the_way_through_the_system,
		 TEST_PLAIN},
		{"a_mapped_ipv4_peer_is_the_ipv4_peer", a_mapped_ipv4_peer_is_the_ipv4_peer, TEST_PLAIN},
		{"the_same_ip_may_have_another_port", the_same_ip_may_have_another_port, TEST_PLAIN},
		{"a_family_that_is_not_ip_is_no_address", a_family_that_is_not_ip_is_no_address, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
