/* Where the server listens and what it is called. SPDX-License-Identifier: MIT */
#include "program/addresses.h"

#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

struct domain_row {
	const char *domain, *bind, *wanted;
};

static const struct domain_row domain_rows[] = {
	{"", "127.0.0.1", "127.0.0.1"},
	{"", "::1", "[::1]"},
	{"", "192.0.2.7,127.0.0.1", "192.0.2.7"},
	{"", "127.0.0.1,192.0.2.7", "192.0.2.7"}, /* others can reach that one */
	{"Example.TEST", "127.0.0.1", "example.test"},
	{"example.test.", "127.0.0.1", "example.test"},
	{"2001:DB8::1", "", "[2001:db8::1]"},
};

static void the_domain_is_what_was_set_or_the_first_address_others_reach(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(domain_rows); i++) {
		struct configuration configuration;
		char error[CONFIGURATION_ERROR_SIZE], word[128], text[ADDRESSES_DOMAIN_SIZE];
		if (configuration_init(&configuration) < 0)
			return;
		snprintf(word, sizeof(word), "domain=%s", domain_rows[i].domain);
		int result = configuration_set(&configuration, word, error);
		snprintf(word, sizeof(word), "bind=%s", domain_rows[i].bind);
		if (result == 0)
			result = configuration_set(&configuration, word, error);
		struct slice domain = addresses_domain(&configuration, text);
		configuration_finish(&configuration);
		if (test_is_starved())
			continue;
		CHECK_NUMBER(result, 0);
		CHECK_TEXT(domain, domain_rows[i].wanted);
	}
}

static void without_bind_all_addresses_are_listened_on(void)
{
	struct configuration configuration;
	if (configuration_init(&configuration) < 0)
		return;
	struct addresses wanted, reached;
	addresses_bind(&configuration, &wanted);
	addresses_reached(&wanted, &reached);
	configuration_finish(&configuration);
	CHECK(wanted.count >= 1);
	CHECK_NUMBER(wanted.items[0].family, ADDRESS_IPV4);
	CHECK(address_is_any(&wanted.items[0]));
	for (size_t i = 0; i < reached.count; i++)
		CHECK(!address_is_any(&reached.items[i]));
}

static void a_free_port_is_free_and_a_taken_one_is_not_given(void)
{
	struct addresses loopback = {.count = 1};
	CHECK(address_parse_ip(SLICE("127.0.0.1"), 0, &loopback.items[0]));
	uint16_t port = addresses_free_port(&loopback, true);
	CHECK(port != 0);
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool bound = descriptor >= 0 && bind(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0;
	uint16_t other = addresses_free_port(&loopback, false);
	close(descriptor);
	CHECK(bound);
	CHECK(other != port);
}

static const struct test tests[] = {
	{"the_domain_is_what_was_set_or_the_first_address_others_reach",
	 the_domain_is_what_was_set_or_the_first_address_others_reach, TEST_PLAIN},
	{"without_bind_all_addresses_are_listened_on", without_bind_all_addresses_are_listened_on, TEST_PLAIN},
	{"a_free_port_is_free_and_a_taken_one_is_not_given", a_free_port_is_free_and_a_taken_one_is_not_given,
	 TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
