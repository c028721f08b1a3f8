/* Writing: responses, responses on their way back, forwarded requests, and escaping. Messages are tables of whole
 * texts: what came, and byte for byte what goes.
 * SPDX-License-Identifier: MIT */
#include "test.h"

#include "sip/write.h"

#include <stdio.h>

static const struct sip_limits limits = {65536, 65536, 65536, 100};
static const struct address ipv4 = {.ip = {192, 0, 2, 9}, .port = 40000, .family = ADDRESS_IPV4};
static const struct address ipv6 = {
	.ip = {0x20, 1, 0x0d, 0xb8, [15] = 1}, .port = 5070, .scope = 3, .family = ADDRESS_IPV6};

/* What one test writes with, and what it wrote. */
struct desk {
	struct arena arena;
	struct buffer buffer;
	struct sip_message message;
	bool ready;
};

static void open_desk(struct desk *desk, const char *text)
{
	struct sip_parse_error error;
	arena_init(&desk->arena, NULL, 65536);
	buffer_init(&desk->buffer, 65536);
	desk->ready = sip_message_parse(&desk->message, &desk->arena, slice_text(text), &limits, &error) == 0;
}

static void close_desk(struct desk *desk)
{
	arena_finish(&desk->arena);
	buffer_finish(&desk->buffer);
}

/* Says what was written where it is not what was wanted. */
static bool check_written(struct desk *desk, const char *wanted, const char *name)
{
	if (test_is_starved())
		return true;
	return test_check(desk->ready && !buffer_failed(&desk->buffer), __FILE__, __LINE__, name) &&
	       test_check_text(buffer_slice(&desk->buffer), slice_text(wanted), __FILE__, __LINE__, name);
}

/* ---- The topmost Via ---- */

#define REST "From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>;tag=2\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"

struct stamp {
	const char *name;
	const struct address *source;
	const char *came, *goes; /* Via lines */
};

static const struct stamp stamps[] = {
	{"the address itself needs no stamp", &ipv4, "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKx\r\n",
	 "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKx\r\n"},
	{"no parameter at all", &ipv4, "Via: SIP/2.0/UDP 192.0.2.9\r\n", "Via: SIP/2.0/UDP 192.0.2.9\r\n"},
	{"no parameter, but a name", &ipv4, "Via: SIP/2.0/UDP host.example.com\r\n",
	 "Via: SIP/2.0/UDP host.example.com;received=192.0.2.9\r\n"},
	{"another address", &ipv4, "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKx\r\n",
	 "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKx;received=192.0.2.9\r\n"},
	{"rport is asked for", &ipv4, "Via: SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bKx\r\n",
	 "Via: SIP/2.0/UDP 10.0.0.1;rport=40000;branch=z9hG4bKx;received=192.0.2.9\r\n"},
	{"rport gets received even at the same address", &ipv4, "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx;rport\r\n",
	 "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx;rport=40000;received=192.0.2.9\r\n"},
	{"made-up values are replaced", &ipv4,
	 "Via: SIP/2.0/UDP 10.0.0.1;received=203.0.113.1;rport=1;branch=z9hG4bKx\r\n",
	 "Via: SIP/2.0/UDP 10.0.0.1;rport=40000;branch=z9hG4bKx;received=192.0.2.9\r\n"},
	{"a made-up received at the same address", &ipv4,
	 "Via: SIP/2.0/UDP 192.0.2.9;received=203.0.113.1;branch=z9hG4bKx\r\n",
	 "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx;received=192.0.2.9\r\n"},
	{"doubled values become one", &ipv4,
	 "Via: SIP/2.0/UDP h.example;rport;received=1.1.1.1;RPORT=7;Received=::1\r\n",
	 "Via: SIP/2.0/UDP h.example;rport=40000;received=192.0.2.9\r\n"},
	{"only the first of a line", &ipv4,
	 "v: SIP/2.0/UDP h1.example;branch=z9hG4bK1, SIP/2.0/UDP h2.example;rport;branch=z9hG4bK2\r\n",
	 "v: SIP/2.0/UDP h1.example;branch=z9hG4bK1;received=192.0.2.9, SIP/2.0/UDP "
	 "h2.example;rport;branch=z9hG4bK2\r\n"},
	{"only the first of several", &ipv4,
	 "Via: SIP/2.0/UDP h1.example;rport;branch=z9hG4bK1\r\nVia: SIP/2.0/TCP h2.example;rport;branch=z9hG4bK2\r\n",
	 "Via: SIP/2.0/UDP h1.example;rport=40000;branch=z9hG4bK1;received=192.0.2.9\r\n"
	 "Via: SIP/2.0/TCP h2.example;rport;branch=z9hG4bK2\r\n"},
	{"folds and blanks stay", &ipv4,
	 "Via  :  SIP / 2.0 /\r\n UDP h.example : 5062 ;\r\n rport ; q=\"a;rport;\\\"\" ;\r\n branch = z9hG4bKx\r\n",
	 "Via  :  SIP / 2.0 /\r\n UDP h.example : 5062 ;rport=40000; q=\"a;rport;\\\"\" ;\r\n branch = z9hG4bKx"
	 ";received=192.0.2.9\r\n"},
	{"IPv6, without brackets and zone", &ipv6, "Via: SIP/2.0/TLS h.example;branch=z9hG4bKx;rport\r\n",
	 "Via: SIP/2.0/TLS h.example;branch=z9hG4bKx;rport=5070;received=2001:db8::1\r\n"},
	{"the same IPv6 address in another spelling", &ipv6,
	 "Via: SIP/2.0/UDP [2001:0DB8:0::1]:5070;branch=z9hG4bKx\r\n",
	 "Via: SIP/2.0/UDP [2001:0DB8:0::1]:5070;branch=z9hG4bKx\r\n"},
	{"no source, no stamp", NULL, "Via: SIP/2.0/WSS df7jal23ls0d.invalid;rport;branch=z9hG4bKx\r\n",
	 "Via: SIP/2.0/WSS df7jal23ls0d.invalid;rport;branch=z9hG4bKx\r\n"},
};

static void the_topmost_via_is_stamped_with_the_truth(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(stamps); i++) {
		for (int is_checked = 0; is_checked < 2; is_checked++) {
			struct sip_response response = {.status = 200, .source = stamps[i].source};
			char request[1024], wanted[1024];
			struct desk desk;
			(void)snprintf(request, sizeof(request), "OPTIONS sip:x SIP/2.0\r\n%s" REST "\r\n",
				       stamps[i].came);
			(void)snprintf(wanted, sizeof(wanted), "SIP/2.0 200 OK\r\n%s" REST "Content-Length: 0\r\n\r\n",
				       stamps[i].goes);
			open_desk(&desk, request);
			/* with the value parsed before, and not */
			if (desk.ready && is_checked)
				(void)test_check(sip_message_via(&desk.message) != NULL, __FILE__, __LINE__,
						 stamps[i].name);
			if (desk.ready)
				sip_write_response(&desk.buffer, &desk.message, &response);
			bool good = check_written(&desk, wanted, stamps[i].name);
			close_desk(&desk);
			if (!good)
				return;
		}
	}
}

/* ---- Responses ---- */

#define OPTIONS                                                                                                        \
	"OPTIONS sip:b@example.com SIP/2.0\r\nMax-Forwards: 70\r\nt: Bob <sip:b@example.com>\r\n"                      \
	"Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx\r\nf: sip:a@example.com;tag=1\r\ni: c\r\n"                         \
	"Subject: no\r\nTimestamp: 54\r\nCSeq: 7 OPTIONS\r\n\r\n"

static void a_response_holds_what_the_request_came_with(void)
{
	const struct sip_response response = {
		.status = 423,
		.to_tag = SLICE("xyz"),
		.headers = SLICE("Min-Expires: 60\r\nX: y\r\n"),
		.content_type = SLICE("text/plain"),
		.body = SLICE("wait"),
		.source = &ipv4,
		.server = SLICE("Heliograph"),
	};
	struct desk desk;
	open_desk(&desk, OPTIONS);
	if (desk.ready)
		sip_write_response(&desk.buffer, &desk.message, &response);
	(void)check_written(&desk,
			    "SIP/2.0 423 Interval Too Brief\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx\r\n"
			    "f: sip:a@example.com;tag=1\r\nt: Bob <sip:b@example.com>;tag=xyz\r\ni: c\r\n"
			    "CSeq: 7 OPTIONS\r\nServer: Heliograph\r\nMin-Expires: 60\r\nX: y\r\n"
			    "Content-Type: text/plain\r\nContent-Length: 4\r\n\r\nwait",
			    "423");
	close_desk(&desk);
}

static void a_reason_of_its_own_and_no_tag(void)
{
	const struct sip_response response = {.status = 100, .reason = SLICE("Busy With It"), .source = &ipv4};
	struct desk desk;
	open_desk(&desk, OPTIONS);
	if (desk.ready)
		sip_write_response(&desk.buffer, &desk.message, &response);
	(void)check_written(&desk,
			    "SIP/2.0 100 Busy With It\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx\r\n"
			    "f: sip:a@example.com;tag=1\r\nt: Bob <sip:b@example.com>\r\ni: c\r\n"
			    "CSeq: 7 OPTIONS\r\nContent-Length: 0\r\n\r\n",
			    "100");
	close_desk(&desk);
}

static void a_to_gets_a_tag_only_where_it_has_none(void)
{
	static const struct {
		const char *came, *goes;
	} tos[] = {
		{"To: <sip:b@example.com>\r\n", "To: <sip:b@example.com>;tag=ours\r\n"},
		{"To: <sip:b@example.com>;tag=theirs\r\n", "To: <sip:b@example.com>;tag=theirs\r\n"},
		{"To: <sip:b@example.com> ; x = y ; TAG = theirs\r\n",
		 "To: <sip:b@example.com> ; x = y ; TAG = theirs\r\n"},
		{"To: sip:b@example.com\r\n", "To: sip:b@example.com;tag=ours\r\n"},
		{"TO:\r\n sip:b@example.com \r\n ;a=b\r\n \r\n", "TO:\r\n sip:b@example.com \r\n ;a=b;tag=ours\r\n"},
		{"To: <sip:b@example.com;tag=x>\r\n", "To: <sip:b@example.com;tag=x>;tag=ours\r\n"},
		{"To: \";tag=x\" <sip:b@example.com>\r\n", "To: \";tag=x\" <sip:b@example.com>;tag=ours\r\n"},
		/* nobody can say what this one has */
		{"To: \"open <sip:b@example.com>\r\n", "To: \"open <sip:b@example.com>\r\n"},
		{"", ""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(tos); i++) {
		const struct sip_response response = {.status = 200, .to_tag = SLICE("ours"), .source = &ipv4};
		char request[512], wanted[512];
		struct desk desk;
		(void)snprintf(request, sizeof(request), "OPTIONS sip:x SIP/2.0\r\n%sCall-ID: c\r\n\r\n", tos[i].came);
		(void)snprintf(wanted, sizeof(wanted), "SIP/2.0 200 OK\r\n%sCall-ID: c\r\nContent-Length: 0\r\n\r\n",
			       tos[i].goes);
		open_desk(&desk, request);
		if (desk.ready && i % 2)
			(void)sip_message_to(&desk.message);
		if (desk.ready)
			sip_write_response(&desk.buffer, &desk.message, &response);
		bool good = check_written(&desk, wanted, tos[i].came);
		close_desk(&desk);
		if (!good)
			return;
	}
}

/* ---- Responses on their way back ---- */

#define RELAYED "From: sip:a@example.com;tag=1\r\nTo: sip:b@example.com;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"

static void a_relayed_response_loses_one_via_value(void)
{
	static const struct {
		const char *name, *came, *goes;
	} responses[] = {
		{"a header of its own", "Via: SIP/2.0/UDP us\r\nVia: SIP/2.0/UDP them\r\n" RELAYED "l: 0\r\n\r\n",
		 "Via: SIP/2.0/UDP them\r\n" RELAYED "l: 0\r\n\r\n"},
		{"the first of a line",
		 "v: SIP/2.0/UDP us;x=\",\" ,\r\n SIP/2.0/UDP them, SIP/2.0/UDP it\r\n" RELAYED "l: 0\r\n\r\n",
		 "v: SIP/2.0/UDP them, SIP/2.0/UDP it\r\n" RELAYED "l: 0\r\n\r\n"},
		{"the only one", "Via: SIP/2.0/UDP us,,\r\n" RELAYED "l: 0\r\n\r\n", RELAYED "l: 0\r\n\r\n"},
		{"not the first header", RELAYED "X: 1\r\nVia: SIP/2.0/UDP us\r\nY: 2\r\nl: 0\r\n\r\n",
		 RELAYED "X: 1\r\nY: 2\r\nl: 0\r\n\r\n"},
		{"a length where there was none", "Via: SIP/2.0/UDP us\r\n" RELAYED "\r\nbody",
		 RELAYED "Content-Length: 4\r\n\r\nbody"},
		{"what a datagram has beyond its length goes", "Via: SIP/2.0/UDP us\r\n" RELAYED "l: 2\r\n\r\nbody",
		 RELAYED "l: 2\r\n\r\nbo"},
		{"a length twice", "Via: SIP/2.0/UDP us\r\nl: 4\r\nContent-Length: 4\r\n" RELAYED "\r\nbody",
		 "l: 4\r\n" RELAYED "\r\nbody"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(responses); i++) {
		char came[1024], wanted[1024];
		struct desk desk;
		(void)snprintf(came, sizeof(came), "\r\nSIP/2.0 180 Es klingelt\r\n%s", responses[i].came);
		(void)snprintf(wanted, sizeof(wanted), "SIP/2.0 180 Es klingelt\r\n%s", responses[i].goes);
		open_desk(&desk, came);
		if (desk.ready)
			sip_write_relayed_response(&desk.buffer, &desk.message);
		bool good = check_written(&desk, wanted, responses[i].name);
		close_desk(&desk);
		if (!good)
			return;
	}
}

/* ---- Forwarded requests ---- */

#define TOP "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx\r\n"
#define ODD                                                                                                            \
	"NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"                                      \
	"UnknownHeaderWithUnusualValue: ;;,,;;,;\r\ns :\r\n"
#define CREDENTIALS(realm) "Digest username=\"a\", realm=\"" realm "\", nonce=\"n\", uri=\"sip:x\", response=\"00\"\r\n"

struct forwarding {
	const char *name, *came, *goes;
	struct sip_forward edits;
};

static const struct forwarding forwardings[] = {
	{"nothing but Max-Forwards",
	 TOP ODD "Max-Forwards: 0070\r\n" ODD "l: 4\r\n\r\nbody",
	 TOP ODD "Max-Forwards: 69\r\n" ODD "l: 4\r\n\r\nbody",
	 {.max_forwards = 69}},
	{"Max-Forwards and Content-Length where there were none",
	 TOP ODD "\r\nbody",
	 TOP ODD "Max-Forwards: 70\r\nContent-Length: 4\r\n\r\nbody",
	 {.max_forwards = 70}},
	{"no body", TOP "\r\n", TOP "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n", {.max_forwards = 70}},
	{"one route of its own line",
	 TOP "Route: <sip:us;lr>\r\nRoute: <sip:next;lr>\r\nMax-Forwards: 9\r\nl: 0\r\n\r\n",
	 TOP "Route: <sip:next;lr>\r\nMax-Forwards: 8\r\nl: 0\r\n\r\n",
	 {.drop_routes = 1, .max_forwards = 8}},
	{"one route of a line",
	 TOP "ROUTE :\r\n <sip:us;lr;x=\",\">,\r\n <sip:next;lr> , <sip:last;lr>\r\nMax-Forwards: 9\r\nl: 0\r\n\r\n",
	 TOP "ROUTE: <sip:next;lr> , <sip:last;lr>\r\nMax-Forwards: 8\r\nl: 0\r\n\r\n",
	 {.drop_routes = 1, .max_forwards = 8}},
	{"three routes over two lines",
	 TOP "Route: <sip:1>, <sip:2>\r\n" ODD "Route: <sip:3>, <sip:4>\r\nMax-Forwards: 9\r\nl: 0\r\n\r\n",
	 TOP ODD "Route: <sip:4>\r\nMax-Forwards: 8\r\nl: 0\r\n\r\n",
	 {.drop_routes = 3, .max_forwards = 8}},
	{"all routes and more",
	 TOP "Route: <sip:1>, <sip:2>\r\nMax-Forwards: 9\r\nl: 0\r\n\r\n",
	 TOP "Max-Forwards: 8\r\nl: 0\r\n\r\n",
	 {.drop_routes = 5, .max_forwards = 8}},
	{"a path before the routes that stay",
	 TOP "Via: SIP/2.0/TCP them\r\nX: y\r\nRecord-Route: <sip:rr;lr>\r\nRoute: <sip:us>, "
	     "<sip:far>\r\nMax-Forwards: 9\r\nl: "
	     "0\r\n\r\n",
	 TOP "Via: SIP/2.0/TCP them\r\nRoute: <sip:edge;lr>, <sip:edge2;lr>\r\nRecord-Route: <sip:we;lr>\r\nX: y\r\n"
	     "Record-Route: <sip:rr;lr>\r\nRoute: <sip:far>\r\nMax-Forwards: 8\r\nl: 0\r\n\r\n",
	 {.drop_routes = 1,
	  .routes = {"<sip:edge;lr>, <sip:edge2;lr>", 29},
	  .headers = {"Record-Route: <sip:we;lr>\r\n", 27},
	  .max_forwards = 8}},
	{"additions where there is nothing but Via",
	 TOP "\r\n",
	 TOP "A: b\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
	 {.headers = {"A: b\r\n", 6}, .max_forwards = 70}},
	{"credentials of our realm go, those of others stay",
	 TOP "Authorization: " CREDENTIALS("ours") "Proxy-Authorization: " CREDENTIALS(
		 "ours") "Authorization: " CREDENTIALS("theirs") "Proxy-Authorization: Basic x\r\nMax-Forwards: "
								 "9\r\nl: 0\r\n\r\n",
	 TOP "Authorization: " CREDENTIALS("theirs") "Proxy-Authorization: Basic x\r\nMax-Forwards: 8\r\nl: 0\r\n\r\n",
	 {.drop_credentials = true, .realm = {"ours", 4}, .max_forwards = 8}},
	{"all credentials go",
	 TOP "Authorization: " CREDENTIALS("theirs") "Proxy-Authorization: Basic x\r\nMax-Forwards: 9\r\nl: 0\r\n\r\n",
	 TOP "Max-Forwards: 8\r\nl: 0\r\n\r\n",
	 {.drop_credentials = true, .max_forwards = 8}},
	{"credentials stay unless told",
	 TOP "Authorization: " CREDENTIALS("ours") "Max-Forwards: 9\r\nl: 0\r\n\r\n",
	 TOP "Authorization: " CREDENTIALS("ours") "Max-Forwards: 8\r\nl: 0\r\n\r\n",
	 {.realm = {"ours", 4}, .max_forwards = 8}},
	{"identities that nobody has checked go where told so",
	 TOP
	 "P-Asserted-Identity: <sip:c@example.com>\r\nRemote-Party-ID: <sip:c@example.com>\r\nMax-Forwards: 9\r\nl: 0"
	 "\r\n\r\n",
	 TOP "Max-Forwards: 8\r\nl: 0\r\n\r\n",
	 {.drop_identities = true, .max_forwards = 8}},
	{"another body has its own type and length",
	 TOP "c: message/cpim\r\nX: y\r\nl: 4\r\nMax-Forwards: 9\r\n\r\ncpim",
	 TOP "X: y\r\nMax-Forwards: 8\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
	 {.max_forwards = 8, .replaces_body = true, .content_type = {"text/plain", 10}, .body = {"hello", 5}}},
	{"another body where there was no length",
	 TOP "Content-Type: a/b\r\nMax-Forwards: 9\r\n\r\nbody",
	 TOP "Max-Forwards: 8\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n",
	 {.max_forwards = 8, .replaces_body = true, .content_type = {"text/plain", 10}}},
	{"headers before the Via",
	 "X: y\r\n" TOP "Max-Forwards: 9\r\nl: 0\r\n\r\n",
	 "A: b\r\nX: y\r\n" TOP "Max-Forwards: 8\r\nl: 0\r\n\r\n",
	 {.headers = {"A: b\r\n", 6}, .max_forwards = 8}},
	{"a longer datagram than it says",
	 TOP "Max-Forwards: 9\r\nl: 04\r\n\r\nbody and more",
	 TOP "Max-Forwards: 8\r\nl: 04\r\n\r\nbody",
	 {.max_forwards = 8}},
};

static void a_forwarded_request_has_its_edits_and_no_others(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(forwardings); i++) {
		char came[2048];
		struct desk desk;
		struct sip_forward edits = forwardings[i].edits;
		edits.source = &ipv4;
		(void)snprintf(came, sizeof(came), "MESSAGE sip:b@example.com SIP/2.0\r\n%s", forwardings[i].came);
		open_desk(&desk, came);
		if (desk.ready)
			sip_write_forwarded(&desk.buffer, &desk.message, &edits);
		bool good = check_written(&desk, forwardings[i].goes, forwardings[i].name);
		close_desk(&desk);
		if (!good)
			return;
	}
}

static void a_body_with_any_bytes_passes_unharmed(void)
{
	static const char text[] =
		"MESSAGE sip:b@example.com SIP/2.0\r\n" TOP "Max-Forwards: 9\r\n\r\n\0\xff\r\n\r\n\0";
	static const char wanted[] = TOP "Max-Forwards: 8\r\nContent-Length: 7\r\n\r\n\0\xff\r\n\r\n\0";
	const struct sip_forward forward = {.source = &ipv4, .max_forwards = 8};
	struct sip_parse_error error;
	struct desk desk;
	open_desk(&desk, "");
	if (sip_message_parse(&desk.message, &desk.arena, slice_of(text, sizeof(text) - 1), &limits, &error) == 0) {
		sip_write_forwarded(&desk.buffer, &desk.message, &forward);
		(void)test_check(
			buffer_failed(&desk.buffer) == test_is_starved() &&
				(buffer_failed(&desk.buffer) ||
				 slice_equal(buffer_slice(&desk.buffer), slice_of(wanted, sizeof(wanted) - 1))),
			__FILE__, __LINE__, "bytes");
	}
	close_desk(&desk);
}

static void the_head_names_the_transport_and_the_branch(void)
{
	const struct sip_request_head head = {SLICE("NOTIFY"), SLICE("sip:bob@192.0.2.4:5062"), SLICE("TCP"),
					      SLICE("[2001:db8::1]:5060"), SLICE("z9hG4bKabc")};
	struct buffer buffer;
	buffer_init(&buffer, 1024);
	sip_write_request_head(&buffer, &head);
	if (!test_is_starved())
		(void)test_check_text(buffer_slice(&buffer),
				      SLICE("NOTIFY sip:bob@192.0.2.4:5062 SIP/2.0\r\n"
					    "Via: SIP/2.0/TCP [2001:db8::1]:5060;rport;branch=z9hG4bKabc\r\n"),
				      __FILE__, __LINE__, "head");
	buffer_finish(&buffer);
}

static void a_full_buffer_is_seen_at_the_end(void)
{
	const struct sip_response response = {.status = 200, .source = &ipv4};
	struct desk desk;
	open_desk(&desk, OPTIONS);
	desk.buffer.limit = 64;
	if (desk.ready)
		sip_write_response(&desk.buffer, &desk.message, &response);
	(void)test_check(!desk.ready || buffer_failed(&desk.buffer), __FILE__, __LINE__, "buffer_failed");
	close_desk(&desk);
}

/* ---- Escaping ---- */

static void foreign_text_cannot_leave_its_place(void)
{
	struct buffer buffer;
	buffer_init(&buffer, 1024);
	sip_write_header(&buffer, "Subject", SLICE("a\r\nVia: SIP/2.0/UDP evil\nb\r"));
	sip_write_header(&buffer, "Empty", SLICE(""));
	sip_write_quoted(&buffer, SLICE("say \"hi\" \\ \r\n\x01\x7f\t\xc3\xa4"));
	buffer_text(&buffer, "\r\n");
	sip_write_quoted(&buffer, SLICE(""));
	buffer_text(&buffer, "\r\n");
	sip_write_quoted(&buffer, SLICE("a\0b"));
	buffer_text(&buffer, "\r\n");
	sip_write_warning(&buffer, SLICE("example.com:5060"), SLICE("Expires \"5\" s"));
	if (!test_is_starved())
		(void)test_check_text(buffer_slice(&buffer),
				      SLICE("Subject: a  Via: SIP/2.0/UDP evil b \r\n"
					    "Empty: \r\n"
					    "\"say \\\"hi\\\" \\\\   \\\x01\\\x7f\t\xc3\xa4\"\r\n"
					    "\"\"\r\n"
					    "\"a\\\0b\"\r\n"
					    "Warning: 399 example.com:5060 \"Expires \\\"5\\\" s\"\r\n"),
				      __FILE__, __LINE__, "escaped");
	buffer_finish(&buffer);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"the_topmost_via_is_stamped_with_the_truth", the_topmost_via_is_stamped_with_the_truth, TEST_PLAIN},
		{"a_response_holds_what_the_request_came_with", a_response_holds_what_the_request_came_with,
		 TEST_PLAIN},
		{"a_reason_of_its_own_and_no_tag", a_reason_of_its_own_and_no_tag, TEST_PLAIN},
		{"a_to_gets_a_tag_only_where_it_has_none", a_to_gets_a_tag_only_where_it_has_none, TEST_PLAIN},
		{"a_relayed_response_loses_one_via_value", a_relayed_response_loses_one_via_value, TEST_PLAIN},
		{"a_forwarded_request_has_its_edits_and_no_others", a_forwarded_request_has_its_edits_and_no_others,
		 TEST_PLAIN},
		{"a_body_with_any_bytes_passes_unharmed", a_body_with_any_bytes_passes_unharmed, TEST_PLAIN},
		{"the_head_names_the_transport_and_the_branch", the_head_names_the_transport_and_the_branch,
		 TEST_PLAIN},
		{"a_full_buffer_is_seen_at_the_end", a_full_buffer_is_seen_at_the_end, TEST_PLAIN},
		{"foreign_text_cannot_leave_its_place", foreign_text_cannot_leave_its_place, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
