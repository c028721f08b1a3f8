/* Deflate: there and back, both formats, limits, and what is broken. SPDX-License-Identifier: MIT */
#include "base/deflate.h"

#include "base/error.h"
#include "test.h"

#define PLAIN "a list of lists of lists of lists of lists"

/* PLAIN, by another implementation. */
#define RAW "\x4b\x54\xc8\xc9\x2c\x2e\x51\xc8\x4f\x03\xd3\xc5\x78\x18\x00"
#define BY_ZLIB "\x78\x9c" RAW "\x42\xa8\x0f\x4e"

static const struct {
	const char *packed;
	size_t length, limit;
	int result;
	const char *plain;
} rows[] = {
	{BY_ZLIB, sizeof BY_ZLIB - 1, 1000, 0, PLAIN},
	{RAW, sizeof RAW - 1, 1000, 0, PLAIN},
	{"\x78\x9c\x03\x00\x00\x00\x00\x01", 8, 10, 0, ""},
	/* what follows the end is left alone */
	{BY_ZLIB "\r\n", sizeof BY_ZLIB + 1, 1000, 0, PLAIN},
	{RAW "\r\n", sizeof RAW + 1, 1000, 0, PLAIN},
	/* as long as may be, and one byte more */
	{RAW, sizeof RAW - 1, sizeof PLAIN - 1, 0, PLAIN},
	{RAW, sizeof RAW - 1, sizeof PLAIN - 2, ERR_LIMIT, NULL},
	/* incomplete, broken, with a wrong checksum, nothing, text, in want of a dictionary */
	{BY_ZLIB, sizeof BY_ZLIB - 2, 1000, ERR_SYNTAX, NULL},
	{RAW, sizeof RAW - 2, 1000, ERR_SYNTAX, NULL},
	{"\x78\x9c\xff\xff\xff", 5, 1000, ERR_SYNTAX, NULL},
	{"\x78\x9c" RAW "\x42\xa8\x0f\x4f", sizeof RAW + 5, 1000, ERR_SYNTAX, NULL},
	{"", 0, 1000, ERR_SYNTAX, NULL},
	{"x", 1, 1000, ERR_SYNTAX, NULL},
	{"<?xml version=\"1.0\"?>", 21, 1000, ERR_SYNTAX, NULL},
	{"\x78\xbb\x28\xbf\x05\x74\x4b\x04\x53\x70\x2e\x1e\x06\x00\x42\xa8\x0f\x4e", 18, 1000, ERR_SYNTAX, NULL},
};

static void both_formats_are_unpacked_and_what_is_broken_is_refused(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buffer_finish) struct buffer plain;
		buffer_init(&plain, rows[i].limit + 1);
		buffer_byte(&plain, '>');
		CHECK(!buffer_failed(&plain));
		CHECK_NUMBER(deflate_unpack(slice_of(rows[i].packed, rows[i].length), &plain), rows[i].result);
		CHECK_TEXT(slice_from(buffer_slice(&plain), 1), rows[i].plain ? rows[i].plain : "");
	}
}

static void what_is_packed_unpacks_to_itself(void)
{
	static const size_t lengths[] = {0, 1, 4095, 4096, 4097, 100000};
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		CLEANUP(buffer_finish) struct buffer plain;
		CLEANUP(buffer_finish) struct buffer packed;
		CLEANUP(buffer_finish) struct buffer again;
		buffer_init(&plain, 200000);
		buffer_init(&packed, 200000);
		buffer_init(&again, lengths[i] ? lengths[i] : 1);
		uint32_t state = 1;
		for (size_t n = 0; n < lengths[i]; n++) {
			state = state * 1664525 + 1013904223;
			buffer_byte(&plain, (char)(state >> 24));
		}
		CHECK(!buffer_failed(&plain));
		CHECK_NUMBER(deflate_pack(buffer_slice(&plain), &packed), 0);
		CHECK_NUMBER(deflate_unpack(buffer_slice(&packed), &again), 0);
		CHECK(slice_equal(buffer_slice(&plain), buffer_slice(&again)));
	}
}

static void packing_makes_lists_small_and_keeps_to_the_limit(void)
{
	CLEANUP(buffer_finish) struct buffer plain;
	CLEANUP(buffer_finish) struct buffer packed;
	CLEANUP(buffer_finish) struct buffer little;
	buffer_init(&plain, 100000);
	buffer_init(&packed, 100000);
	buffer_init(&little, 20);
	for (unsigned i = 0; i < 500; i++)
		buffer_format(&plain, "<entry uri=\"sip:user%u@example.test\"/>", i);
	CHECK(!buffer_failed(&plain));
	CHECK_NUMBER(deflate_pack(buffer_slice(&plain), &packed), 0);
	CHECK(packed.length < plain.length / 4);
	CHECK_NUMBER(deflate_pack(buffer_slice(&plain), &little), ERR_NO_MEMORY);
	CHECK_NUMBER(little.length, 0);
}

/* A small body that would become a gibibyte costs no more than the limit. */
static void a_bomb_is_stopped_at_the_limit(void)
{
	CLEANUP(buffer_finish) struct buffer zeros;
	CLEANUP(buffer_finish) struct buffer packed;
	CLEANUP(buffer_finish) struct buffer plain;
	buffer_init(&zeros, 1 << 20);
	buffer_init(&packed, 1 << 16);
	buffer_init(&plain, 65536);
	char *room = buffer_reserve(&zeros, 1 << 20);
	CHECK(room);
	memset(room, 0, 1 << 20);
	CHECK_NUMBER(deflate_pack(slice_of(room, 1 << 20), &packed), 0);
	CHECK(packed.length < 2000);
	CHECK_NUMBER(deflate_unpack(buffer_slice(&packed), &plain), ERR_LIMIT);
	CHECK(plain.capacity <= 65536);
}

static const struct test tests[] = {
	{"both_formats_are_unpacked_and_what_is_broken_is_refused",
	 both_formats_are_unpacked_and_what_is_broken_is_refused, TEST_PLAIN},
	{"what_is_packed_unpacks_to_itself", what_is_packed_unpacks_to_itself, TEST_PLAIN},
	{"packing_makes_lists_small_and_keeps_to_the_limit", packing_makes_lists_small_and_keeps_to_the_limit,
	 TEST_PLAIN},
	{"a_bomb_is_stopped_at_the_limit", a_bomb_is_stopped_at_the_limit, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
