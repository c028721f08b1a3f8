/* STUN binding requests, with the values of RFC 5769's examples for addresses. SPDX-License-Identifier: MIT */
#include "test.h"
#include "transport/stun.h"

#define TRANSACTION "\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
#define COOKIE "\x21\x12\xa4\x42"

static struct address ip(const char *text, uint16_t port)
{
	struct address address = {0};
	if (!address_parse_ip(slice_text(text), port, &address))
		address.family = ADDRESS_NONE;
	return address;
}

#define ANSWER_TO(literal, peer, answer) stun_answer(SLICE(literal), peer, answer)

static void binding_request_is_answered_with_the_ipv4_address(void)
{
	uint8_t answer[STUN_ANSWER_SIZE];
	struct address peer = ip("192.0.2.1", 32853);
	size_t length = ANSWER_TO("\x00\x01\x00\x00" COOKIE TRANSACTION, &peer, answer);
	static const struct slice wanted = {
		"\x01\x01\x00\x0c" COOKIE TRANSACTION "\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43", 32};
	CHECK(slice_equal(slice_of((const char *)answer, length), wanted));
}

static void binding_request_is_answered_with_the_ipv6_address(void)
{
	uint8_t answer[STUN_ANSWER_SIZE];
	struct address peer = ip("2001:db8:1234:5678:11:2233:4455:6677", 32853);
	size_t length = ANSWER_TO("\x00\x01\x00\x00" COOKIE TRANSACTION, &peer, answer);
	static const struct slice wanted = {"\x01\x01\x00\x18" COOKIE TRANSACTION "\x00\x20\x00\x14\x00\x02\xa1\x47"
					    "\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9",
					    44};
	CHECK(slice_equal(slice_of((const char *)answer, length), wanted));
}

static void client_of_rfc_3489_gets_the_plain_address(void)
{
	uint8_t answer[STUN_ANSWER_SIZE];
	struct address peer = ip("192.0.2.1", 32853);
	size_t length = ANSWER_TO("\x00\x01\x00\x00"
				  "\x01\x02\x03\x04" TRANSACTION,
				  &peer, answer);
	CHECK_NUMBER(length, 32);
	CHECK(slice_equal(slice_of((const char *)answer + 20, 12),
			  slice_of("\x00\x01\x00\x08\x00\x01\x80\x55\xc0\x00\x02\x01", 12)));
}

static void optional_attributes_are_skipped(void)
{
	uint8_t answer[STUN_ANSWER_SIZE];
	struct address peer = ip("192.0.2.1", 32853);
	/* SOFTWARE "abcde", padded, and USERNAME */
	size_t length = ANSWER_TO("\x00\x01\x00\x14" COOKIE TRANSACTION "\x80\x22\x00\x05"
				  "abcde\0\0\0"
				  "\x00\x06\x00\x01"
				  "u\0\0\0",
				  &peer, answer);
	CHECK_NUMBER(length, 32);
	CHECK_NUMBER(answer[0] << 8 | answer[1], 0x0101);
}

static void unknown_required_attribute_is_refused_420(void)
{
	uint8_t answer[STUN_ANSWER_SIZE];
	struct address peer = ip("192.0.2.1", 32853);
	size_t length =
		ANSWER_TO("\x00\x01\x00\x08" COOKIE TRANSACTION "\x00\x03\x00\x04\x00\x00\x00\x06", &peer, answer);
	CHECK_NUMBER(length, 20 + 28 + 8);
	CHECK_NUMBER(answer[0] << 8 | answer[1], 0x0111);
	CHECK_NUMBER(answer[2] << 8 | answer[3], 36);
	CHECK_NUMBER(answer[26] * 100 + answer[27], 420);
	CHECK(slice_equal(slice_of((const char *)answer + 48, 8), slice_of("\x00\x0a\x00\x02\x00\x03\x00\x00", 8)));
}

static void many_unknown_attributes_fit_the_answer(void)
{
	uint8_t answer[STUN_ANSWER_SIZE];
	struct address peer = ip("192.0.2.1", 32853);
	char request[20 + 200 * 4] = "\x00\x01\x03\x20" COOKIE TRANSACTION;
	for (int i = 0; i < 200; i++)
		request[20 + 4 * i] = 0x7f, request[21 + 4 * i] = (char)i;
	size_t length = stun_answer(slice_of(request, sizeof request), &peer, answer);
	CHECK(length > 48 && length <= STUN_ANSWER_SIZE);
	CHECK_NUMBER(length % 4, 0);
}

static void fingerprint_is_checked_and_answered_with_one(void)
{
	uint8_t answer[STUN_ANSWER_SIZE];
	struct address peer = ip("192.0.2.1", 32853);
	/* CRC-32 of the header, XORed with "STUN" */
	char request[] = "\x00\x01\x00\x08" COOKIE TRANSACTION "\x80\x28\x00\x04\x9f\x2a\x95\xe1";
	uint32_t crc = ~0u;
	for (size_t i = 0; i < 20; i++) {
		crc ^= (uint8_t)request[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
	}
	crc = ~crc ^ 0x5354554eu;
	for (int i = 0; i < 4; i++)
		request[24 + i] = (char)(crc >> (24 - 8 * i));
	size_t length = stun_answer(slice_of(request, 28), &peer, answer);
	CHECK_NUMBER(length, 40);
	CHECK_NUMBER(answer[3], 20);
	CHECK(slice_equal(slice_of((const char *)answer + 32, 4), slice_of("\x80\x28\x00\x04", 4)));
	request[27] ^= 1;
	CHECK_NUMBER(stun_answer(slice_of(request, 28), &peer, answer), 0);
}

static void what_is_no_whole_request_gets_no_answer(void)
{
	static const struct slice rows[] = {
		{"", 0},
		{"\x00", 1},
		{"\0\0\0\0", 4},
		{"\x00\x01\x00\x00" COOKIE "short", 13},
		{"\x00\x11\x00\x00" COOKIE TRANSACTION, 20}, /* an indication */
		{"\x01\x01\x00\x00" COOKIE TRANSACTION, 20}, /* an answer: never answer an answer */
		{"\x00\x01\x00\x04" COOKIE TRANSACTION, 20}, /* attributes missing */
		{"\x00\x01\x00\x00" COOKIE TRANSACTION "more", 24},
		{"\x00\x01\x00\x03" COOKIE TRANSACTION "\x80\x22\x00", 23},
		{"\x00\x01\x00\x08" COOKIE TRANSACTION "\x80\x22\x00\x05"
		 "abcd",
		 28},
		{"\x00\x01\x00\x08" COOKIE TRANSACTION "\x80\x22\xff\xff"
		 "abcd",
		 28},
	};
	uint8_t answer[STUN_ANSWER_SIZE];
	struct address peer = ip("192.0.2.1", 32853);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_NUMBER(stun_answer(rows[i], &peer, answer), 0);
}

static void stun_is_told_from_sip_by_its_first_byte(void)
{
	CHECK(stun_is_stun(slice_of("\x00\x01", 2)));
	CHECK(stun_is_stun(slice_of("\x01\x01", 2)));
	CHECK(!stun_is_stun(SLICE("REGISTER")));
	CHECK(!stun_is_stun(SLICE("\r\n")));
	CHECK(!stun_is_stun(SLICE("")));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"binding_request_is_answered_with_the_ipv4_address", binding_request_is_answered_with_the_ipv4_address,
		 TEST_PLAIN},
		{"binding_request_is_answered_with_the_ipv6_address", binding_request_is_answered_with_the_ipv6_address,
		 TEST_PLAIN},
		{"client_of_rfc_3489_gets_the_plain_address", client_of_rfc_3489_gets_the_plain_address, TEST_PLAIN},
		{"optional_attributes_are_skipped", optional_attributes_are_skipped, TEST_PLAIN},
		{"unknown_required_attribute_is_refused_420", unknown_required_attribute_is_refused_420, TEST_PLAIN},
		{"many_unknown_attributes_fit_the_answer", many_unknown_attributes_fit_the_answer, TEST_PLAIN},
		{"fingerprint_is_checked_and_answered_with_one", fingerprint_is_checked_and_answered_with_one,
		 TEST_PLAIN},
		{"what_is_no_whole_request_gets_no_answer", what_is_no_whole_request_gets_no_answer, TEST_PLAIN},
		{"stun_is_told_from_sip_by_its_first_byte", stun_is_told_from_sip_by_its_first_byte, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
