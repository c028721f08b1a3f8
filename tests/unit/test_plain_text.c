/* Who gets a text without its CPIM. SPDX-License-Identifier: MIT */
#include "features/plain_text.h"

#include "test.h"

#include <stdio.h>

static void refusals_of_the_form_are_told_from_those_of_the_message(void)
{
	static const struct {
		unsigned status;
		const char *headers;
		bool is_wanted;
	} rows[] = {
		{415, "", true},
		{415, "Accept: text/plain\r\n", true},
		{488, "", false},
		{488, "Accept:\r\n", false},
		{488, "Accept: text/plain\r\n", true},
		{488, "Accept: text/plain;charset=utf-8\r\nAccept: Application/im-iscomposing+xml\r\n", true},
		{488, "Accept: text/plain, Message/CPIM;q=0.5\r\n", false},
		{488, "Accept: text/plain\r\nAccept: message/*\r\n", false},
		{406, "Accept: */*\r\n", false},
		{406, "Accept: message/imdn+xml, text/plain\r\n", true},
		{400, "Accept: text/plain\r\n", false},
		{603, "Accept: text/plain\r\n", false},
		{480, "Accept: text/plain\r\n", false},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		struct sip_message response;
		struct sip_parse_error error;
		const struct sip_limits limits = {65535, 65535, 65535, 100};
		char text[300];
		int length = snprintf(text, sizeof text, "SIP/2.0 %u No\r\n%sContent-Length: 0\r\n\r\n", rows[i].status,
				      rows[i].headers);
		arena_init(&arena, NULL, 100000);
		CHECK_NUMBER(sip_message_parse(&response, &arena, slice_of(text, (size_t)length), &limits, &error), 0);
		CHECK_NUMBER(plain_text_is_wanted(&response), rows[i].is_wanted);
	}
}

static void only_texts_in_cpim_have_another_form(void)
{
	static const struct {
		struct message_text content;
		bool takes_plain_text_only;
		enum message_shape shape;
	} rows[] = {
		{{.kind = MESSAGE_KIND_TEXT, .is_wrapped = true}, false, MESSAGE_WRAPPED},
		{{.kind = MESSAGE_KIND_TEXT, .is_wrapped = true}, true, MESSAGE_UNWRAPPED},
		{{.kind = MESSAGE_KIND_TEXT}, true, MESSAGE_AS_IT_IS},
		{{.kind = MESSAGE_KIND_RECEIPT, .is_wrapped = true}, true, MESSAGE_AS_IT_IS},
		{{.kind = MESSAGE_KIND_OTHER, .is_wrapped = true}, true, MESSAGE_AS_IT_IS},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct binding binding = {.takes_plain_text_only = rows[i].takes_plain_text_only};
		CHECK_NUMBER(plain_text_shape(&rows[i].content, &binding), rows[i].shape);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"refusals_of_the_form_are_told_from_those_of_the_message",
		 refusals_of_the_form_are_told_from_those_of_the_message, TEST_PLAIN},
		{"only_texts_in_cpim_have_another_form", only_texts_in_cpim_have_another_form, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
