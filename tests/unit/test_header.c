/* Names of headers, methods and statuses: text ↔ id. SPDX-License-Identifier: MIT */
#include "sip/header.h"
#include "sip/method.h"
#include "sip/status.h"
#include "test.h"

static const struct {
	enum sip_header_id id;
	const char *name;
	char compact;
} rows[] = {
#define HEADER(id, name, compact, kind) {id, name, compact},
#include "sip/headers.def"
#undef HEADER
};

static void every_header_is_found_by_its_name_in_any_case(void)
{
	char name[64];
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t length = strlen(rows[i].name);
		CHECK_NUMBER(sip_header_find(slice_text(rows[i].name)), rows[i].id);
		CHECK_TEXT(sip_header_name(rows[i].id), rows[i].name);
		for (size_t place = 0; place < length; place++) {
			char letter = rows[i].name[place];
			bool is_letter = (letter | 0x20) >= 'a' && (letter | 0x20) <= 'z';
			name[place] = is_letter ? (char)(letter ^ 0x20) : letter;
		}
		CHECK_NUMBER(sip_header_find(slice_of(name, length)), rows[i].id);
	}
}

static void every_compact_form_is_found_and_no_other_letter_is(void)
{
	for (int byte = 0; byte < 256; byte++) {
		char letter = (char)byte;
		enum sip_header_id wanted = SIP_HEADER_OTHER;
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			if (rows[i].compact && (letter == rows[i].compact || letter == (rows[i].compact ^ 0x20)))
				wanted = rows[i].id;
		CHECK_NUMBER(sip_header_find(slice_of(&letter, 1)), wanted);
	}
}

static void near_misses_of_every_name_are_not_found(void)
{
	char name[64];
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t length = strlen(rows[i].name);
		memcpy(name, rows[i].name, length);
		if (length > 2) /* "T" is To */
			CHECK_NUMBER(sip_header_find(slice_of(name, length - 1)), SIP_HEADER_OTHER);
		name[length] = 's';
		CHECK_NUMBER(sip_header_find(slice_of(name, length + 1)), SIP_HEADER_OTHER);
		for (size_t place = 0; place < length; place++) {
			name[place] = (char)(rows[i].name[place] ^ 0x40);
			CHECK_NUMBER(sip_header_find(slice_of(name, length)), SIP_HEADER_OTHER);
			name[place] = rows[i].name[place];
		}
	}
	CHECK_NUMBER(sip_header_find(SLICE("")), SIP_HEADER_OTHER);
	CHECK_NUMBER(sip_header_find(SLICE("X-Unknown")), SIP_HEADER_OTHER);
	CHECK_TEXT(sip_header_name(SIP_HEADER_OTHER), "");
}

static void kinds_are_those_of_the_list(void)
{
	CHECK_NUMBER(sip_header_kind(SIP_HEADER_VIA), SIP_HEADER_KIND_LIST);
	CHECK_NUMBER(sip_header_kind(SIP_HEADER_FROM), SIP_HEADER_KIND_SINGLE);
	CHECK_NUMBER(sip_header_kind(SIP_HEADER_AUTHORIZATION), SIP_HEADER_KIND_REPEATED);
	CHECK_NUMBER(sip_header_kind(SIP_HEADER_OTHER), SIP_HEADER_KIND_REPEATED);
}

static void methods_compare_with_case_and_unknown_ones_are_other(void)
{
	for (unsigned method = SIP_METHOD_OTHER + 1; method < SIP_METHOD_COUNT; method++)
		CHECK_NUMBER(sip_method_find(sip_method_text((enum sip_method)method)), method);
	CHECK_NUMBER(sip_method_find(SLICE("MESSAGE")), SIP_MESSAGE);
	CHECK_NUMBER(sip_method_find(SLICE("message")), SIP_METHOD_OTHER);
	CHECK_NUMBER(sip_method_find(SLICE("MESSAGES")), SIP_METHOD_OTHER);
	CHECK_NUMBER(sip_method_find(SLICE("RE%47IST%45R")), SIP_METHOD_OTHER);
	CHECK_NUMBER(sip_method_find(SLICE("")), SIP_METHOD_OTHER);
	CHECK_TEXT(sip_method_text(SIP_METHOD_OTHER), "");
}

static void an_unknown_status_has_the_phrase_of_its_class(void)
{
	CHECK_TEXT(sip_status_phrase(200), "OK");
	CHECK_TEXT(sip_status_phrase(423), "Interval Too Brief");
	CHECK_TEXT(sip_status_phrase(499), "Bad Request");
	CHECK_TEXT(sip_status_phrase(299), "OK");
	CHECK_TEXT(sip_status_phrase(199), "Trying");
	CHECK_TEXT(sip_status_phrase(399), "Multiple Choices");
	CHECK_TEXT(sip_status_phrase(599), "Server Internal Error");
	CHECK_TEXT(sip_status_phrase(699), "Busy Everywhere");
	CHECK_TEXT(sip_status_phrase(700), "");
	CHECK_TEXT(sip_status_phrase(0), "");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"every_header_is_found_by_its_name_in_any_case", every_header_is_found_by_its_name_in_any_case,
		 TEST_PLAIN},
		{"every_compact_form_is_found_and_no_other_letter_is",
		 every_compact_form_is_found_and_no_other_letter_is, TEST_PLAIN},
		{"near_misses_of_every_name_are_not_found", near_misses_of_every_name_are_not_found, TEST_PLAIN},
		{"kinds_are_those_of_the_list", kinds_are_those_of_the_list, TEST_PLAIN},
		{"methods_compare_with_case_and_unknown_ones_are_other",
		 methods_compare_with_case_and_unknown_ones_are_other, TEST_PLAIN},
		{"an_unknown_status_has_the_phrase_of_its_class", an_unknown_status_has_the_phrase_of_its_class,
		 TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
