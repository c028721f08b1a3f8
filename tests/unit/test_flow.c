/* Flows as values. SPDX-License-Identifier: MIT */
#include "test.h"
#include "transport/flow.h"

static struct address ip(const char *text, uint16_t port)
{
	struct address address = {0};
	if (!address_parse_ip(slice_text(text), port, &address))
		address.family = ADDRESS_NONE;
	return address;
}

static void names_are_those_of_via_and_of_uris(void)
{
	static const struct {
		enum transport_kind kind;
		const char *name, *parameter;
	} rows[] = {{TRANSPORT_UDP, "UDP", "udp"},
		    {TRANSPORT_TCP, "TCP", "tcp"},
		    {TRANSPORT_TLS, "TLS", "tls"},
		    {TRANSPORT_WS, "WS", "ws"},
		    {TRANSPORT_WSS, "WSS", "ws"}};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_TEXT(transport_name(rows[i].kind), rows[i].name);
		CHECK_TEXT(transport_parameter(rows[i].kind), rows[i].parameter);
	}
}

static void names_are_found_without_case(void)
{
	static const struct {
		const char *text;
		bool found;
		enum transport_kind kind;
	} rows[] = {{"udp", true, TRANSPORT_UDP}, {"TcP", true, TRANSPORT_TCP}, {"TLS", true, TRANSPORT_TLS},
		    {"ws", true, TRANSPORT_WS},   {"wss", true, TRANSPORT_WSS}, {"sctp", false, TRANSPORT_UDP},
		    {"", false, TRANSPORT_UDP},   {"ud", false, TRANSPORT_UDP}, {"udpp", false, TRANSPORT_UDP}};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum transport_kind kind = TRANSPORT_UDP;
		CHECK_NUMBER(transport_find(slice_text(rows[i].text), &kind), rows[i].found);
		CHECK_NUMBER(kind, rows[i].kind);
	}
}

static void datagram_flows_are_a_socket_and_a_peer(void)
{
	struct flow a = {.peer = ip("192.0.2.4", 5060), .transport = TRANSPORT_UDP, .listener = 1};
	struct flow b = a;
	CHECK(flow_equal(&a, &b));
	b.listener = 2;
	CHECK(!flow_equal(&a, &b));
	b = a;
	b.peer.port = 5061;
	CHECK(!flow_equal(&a, &b));
}

static void connection_flows_are_their_number(void)
{
	struct flow a = {.peer = ip("192.0.2.4", 40000), .connection = 7, .transport = TRANSPORT_TLS};
	struct flow b = a;
	CHECK(flow_equal(&a, &b));
	b.connection = 8;
	CHECK(!flow_equal(&a, &b));
	b.connection = 0;
	CHECK(!flow_equal(&a, &b));
}

static void text_names_transport_peer_and_connection(void)
{
	char text[FLOW_TEXT_SIZE];
	struct flow flow = {.peer = ip("192.0.2.4", 5060), .transport = TRANSPORT_UDP};
	CHECK_TEXT(flow_write(&flow, text), "udp:192.0.2.4:5060");
	flow = (struct flow){.peer = ip("2001:db8::1", 40112), .connection = 17, .transport = TRANSPORT_WSS};
	CHECK_TEXT(flow_write(&flow, text), "wss:[2001:db8::1]:40112#17");
	flow.connection = UINT64_MAX;
	flow.peer = ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535);
	CHECK_TEXT(flow_write(&flow, text), "wss:[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535#18446744073709551615");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"names_are_those_of_via_and_of_uris", names_are_those_of_via_and_of_uris, TEST_PLAIN},
		{"names_are_found_without_case", names_are_found_without_case, TEST_PLAIN},
		{"datagram_flows_are_a_socket_and_a_peer", datagram_flows_are_a_socket_and_a_peer, TEST_PLAIN},
		{"connection_flows_are_their_number", connection_flows_are_their_number, TEST_PLAIN},
		{"text_names_transport_peer_and_connection", text_names_transport_peer_and_connection, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
