/* Cutting a byte stream into SIP messages (RFC 3261 §18.3, RFC 5626 §3.5.1). SPDX-License-Identifier: MIT */
#include "test.h"
#include "transport/framing.h"

#include <stdio.h>

#define MESSAGE_LIMIT 1000
#define HEADER_LIMIT 600

/* What a stream was cut into: M<length>, P, B, and at the end X (broken) or L<length> (too large). */
struct trace {
	char text[256];
	size_t length;
};

static void note(struct trace *trace, char what, size_t length)
{
	size_t room = sizeof trace->text - trace->length;
	int written = what == 'M' || what == 'L' ? snprintf(trace->text + trace->length, room, "%c%zu ", what, length)
						 : snprintf(trace->text + trace->length, room, "%c ", what);
	if (written > 0 && (size_t)written < room)
		trace->length += (size_t)written;
}

/* Feeds `from` up to `to` of the stream that was fed up to `from` before; returns what is consumed in all. */
static size_t feed(struct framing *framing, struct trace *trace, const char *stream, size_t consumed, size_t to)
{
	for (;;) {
		size_t length = 0;
		enum framing_result result = framing_next(framing, slice_of(stream + consumed, to - consumed), &length);
		if (result == FRAMING_MORE)
			return consumed;
		if (result == FRAMING_BROKEN) {
			note(trace, 'X', 0);
			return SIZE_MAX;
		}
		if (result == FRAMING_TOO_LARGE) {
			note(trace, 'L', length);
			return SIZE_MAX;
		}
		note(trace, result == FRAMING_MESSAGE ? 'M' : result == FRAMING_PING ? 'P' : 'B', length);
		consumed += length;
	}
}

/* Cuts the stream at `cut`, or after every byte where that is 0. */
static struct trace run(const char *stream, size_t length, size_t cut)
{
	struct framing framing;
	struct trace trace = {.length = 0};
	framing_init(&framing, MESSAGE_LIMIT, HEADER_LIMIT);
	size_t consumed = 0;
	if (cut > 0) {
		consumed = feed(&framing, &trace, stream, consumed, cut);
		if (consumed != SIZE_MAX)
			feed(&framing, &trace, stream, consumed, length);
		return trace;
	}
	for (size_t to = 1; to <= length && consumed != SIZE_MAX; to++)
		consumed = feed(&framing, &trace, stream, consumed, to);
	return trace;
}

static const struct {
	const char *stream, *cuts;
} rows[] = {
	{"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n", "M44 "},
	{"SIP/2.0 200 OK\r\nl:3\r\n\r\nabc", "M26 "},
	{"A sip:a SIP/2.0\r\nCONTENT-length \t:\r\n  3  \r\n\r\nabcA sip:a SIP/2.0\r\nL: 0\r\n\r\n", "M48 M25 "},
	{"\r\n\r\n", "P "},
	{"\r\n\r\n\r\n\r\n", "P P "},
	{"\r\nA sip:a SIP/2.0\r\nl: 0\r\n\r\n", "B M25 "},
	{"\r\n\r\nA sip:a SIP/2.0\r\nl: 0\r\n\r\n\r\n\r\n", "P M25 P "},
	{"\r\n\r\n\r\nA sip:a SIP/2.0\r\nl: 4\r\n\r\n\r\n\r\n", "P B M29 "},
	/* a body that looks like a message, and one with line breaks */
	{"A sip:a SIP/2.0\r\nl: 25\r\n\r\nA sip:a SIP/2.0\r\nl: 0\r\n\r\n", "M51 "},
	{"A sip:a SIP/2.0\r\nl: 2\r\nl:  2\r\n\r\nab", "M34 "},
	/* 505 is the parser's answer */
	{"A sip:a SIP/7.0\r\nl: 0\r\n\r\n", "M25 "},
	/* incomplete */
	{"A sip:a SIP/2.0\r\nl: 5\r\n\r\nabcd", ""},
	{"A sip:a SIP/2.0\r\nl: 5\r\n", ""},
	{"\r\n", ""},
	{"\r", ""},
	/* broken */
	{"A sip:a SIP/2.0\r\nX: 1\r\n\r\n", "X "},
	{"A sip:a SIP/2.0\r\nl: -1\r\n\r\n", "X "},
	{"A sip:a SIP/2.0\r\nl: 3 4\r\n\r\n", "X "},
	{"A sip:a SIP/2.0\r\nl:\r\n\r\n", "X "},
	{"A sip:a SIP/2.0\r\nl: 2\r\nContent-Length: 3\r\n\r\nabc", "X "},
	{"A sip:a SIP/2.0\r\nl: 99999999999999999999999999\r\n\r\n", "X "},
	/* too large */
	{"A sip:a SIP/2.0\r\nl: 4294967295\r\n\r\n", "L34 "},
	{"A sip:a SIP/2.0\r\nl: 18446744073709551615\r\n\r\n", "L44 "},
	{"A sip:a SIP/2.0\r\nl: 974\r\n\r\nabc", "L27 "},
	{"\r\n\r\nA sip:a SIP/2.0\r\nl: 0\r\n\r\nSIP/2.0 200 OK\r\nl: 980\r\n\r\n", "P M25 L26 "},
	/* broken */
	{"GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "X "},
	{"\x16\x03\x01\x02", "X "},
	{"A sip:a SIP/2.0\r\nl: 0\r\n\r\n\xff", "M25 X "},
	{"\n", "X "},
	{"\rA", "X "},
	{" A", "X "},
};

static void every_cut_gives_the_same_messages(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t length = strlen(rows[i].stream);
		for (size_t cut = 0; cut <= length; cut++) {
			struct trace trace = run(rows[i].stream, length, cut);
			CHECK_TEXT(slice_of(trace.text, trace.length), rows[i].cuts);
		}
	}
}

static void nul_is_no_beginning_of_a_message(void)
{
	struct trace trace = run("\0\0\0\0", 4, 4);
	CHECK_TEXT(slice_of(trace.text, trace.length), "X ");
}

static void message_of_exactly_the_limit_is_taken(void)
{
	char stream[MESSAGE_LIMIT + 1] = "A sip:a SIP/2.0\r\nl: 973\r\n\r\n";
	memset(stream + 27, 'x', MESSAGE_LIMIT - 27);
	struct trace trace = run(stream, MESSAGE_LIMIT, 500);
	CHECK_TEXT(slice_of(trace.text, trace.length), "M1000 ");
}

static void headers_above_the_limit_are_refused_before_they_end(void)
{
	char stream[HEADER_LIMIT + 20] = "A sip:a SIP/2.0\r\nX: ";
	memset(stream + 20, 'x', sizeof stream - 20);
	for (size_t cut = 0; cut < HEADER_LIMIT; cut += 7) {
		struct trace trace = run(stream, HEADER_LIMIT, cut);
		CHECK_TEXT(slice_of(trace.text, trace.length), "X ");
	}
	struct trace trace = run(stream, HEADER_LIMIT - 1, 0);
	CHECK_TEXT(slice_of(trace.text, trace.length), "");
}

static void headers_of_exactly_the_limit_are_taken(void)
{
	char stream[HEADER_LIMIT] = "A sip:a SIP/2.0\r\nl: 0\r\nX: ";
	memset(stream + 26, 'x', sizeof stream - 26);
	memcpy(stream + sizeof stream - 4, "\r\n\r\n", 4);
	for (size_t cut = 0; cut < HEADER_LIMIT; cut += 7) {
		struct trace trace = run(stream, HEADER_LIMIT, cut);
		CHECK_TEXT(slice_of(trace.text, trace.length), "M600 ");
	}
}

static void broken_streams_say_why(void)
{
	struct framing framing;
	size_t length;
	framing_init(&framing, MESSAGE_LIMIT, HEADER_LIMIT);
	CHECK_NUMBER(framing_next(&framing, SLICE("A sip:a SIP/2.0\r\n\r\n"), &length), FRAMING_BROKEN);
	CHECK_TEXT(slice_text(framing.reason), "no Content-Length");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"every_cut_gives_the_same_messages", every_cut_gives_the_same_messages, TEST_PLAIN},
		{"nul_is_no_beginning_of_a_message", nul_is_no_beginning_of_a_message, TEST_PLAIN},
		{"message_of_exactly_the_limit_is_taken", message_of_exactly_the_limit_is_taken, TEST_PLAIN},
		{"headers_above_the_limit_are_refused_before_they_end",
		 headers_above_the_limit_are_refused_before_they_end, TEST_PLAIN},
		{"headers_of_exactly_the_limit_are_taken", headers_of_exactly_the_limit_are_taken, TEST_PLAIN},
		{"broken_streams_say_why", broken_streams_say_why, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
