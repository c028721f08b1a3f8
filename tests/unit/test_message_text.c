/* Which messages have a text to show. SPDX-License-Identifier: MIT */
#include "bodies/message_text.h"

#include "test.h"

#define CPIM "imdn.Message-ID: 1\r\n\r\n"
/* For tables. */
#define TEXT(literal)                                                                                                  \
	{                                                                                                              \
		(literal), sizeof(literal) - 1                                                                         \
	}
#define IN_CPIM(headers) CPIM headers "\r\n"

static const struct {
	const char *content_type, *content_encoding;
	struct slice body;
	enum message_kind kind;
	const char *text; /* of TEXT */
} rows[] = {
	{"text/plain", "", TEXT("hello"), MESSAGE_KIND_TEXT, "hello"},
	{"Text/Plain;charset=UTF-8", "",
	 TEXT("gr\xc3\xbc\xc3\x9f"
	      "e\n"),
	 MESSAGE_KIND_TEXT,
	 "gr\xc3\xbc\xc3\x9f"
	 "e\n"},
	{"text/plain; charset=\"us-ascii\"", "identity", TEXT("hello"), MESSAGE_KIND_TEXT, "hello"},
	{"text/plain", "", TEXT(""), MESSAGE_KIND_TEXT, ""},
	{"text/plain", "deflate", TEXT("hello"), MESSAGE_KIND_OTHER, NULL},
	{"text/plain;charset=iso-8859-1", "", TEXT("hello"), MESSAGE_KIND_OTHER, NULL},
	{"text/plain", "",
	 TEXT("gr\xfc\xdf"
	      "e"),
	 MESSAGE_KIND_OTHER, NULL},
	{"text/plain", "", TEXT("a\0b"), MESSAGE_KIND_OTHER, NULL},
	{"text/html", "", TEXT("<b>hello</b>"), MESSAGE_KIND_OTHER, NULL},
	{"application/im-iscomposing+xml", "", TEXT("<isComposing/>"), MESSAGE_KIND_OTHER, NULL},
	{"", "", TEXT("hello"), MESSAGE_KIND_OTHER, NULL},
	{"message/cpim", "", TEXT(IN_CPIM("Content-Type: text/plain;charset=utf-8\r\n") "hello"), MESSAGE_KIND_TEXT,
	 "hello"},
	{"Message/CPIM;x=y", "", TEXT(IN_CPIM("") "hello"), MESSAGE_KIND_TEXT, "hello"},
	{"message/cpim", "deflate", TEXT(IN_CPIM("") "hello"), MESSAGE_KIND_OTHER, NULL},
	{"message/cpim", "", TEXT("hello"), MESSAGE_KIND_OTHER, NULL},
	{"message/cpim", "", TEXT(IN_CPIM("Content-Transfer-Encoding: base64\r\n") "aGVsbG8="), MESSAGE_KIND_OTHER,
	 NULL},
	{"message/cpim", "", TEXT(IN_CPIM("Content-Type: image/png\r\n") "\x89PNG"), MESSAGE_KIND_OTHER, NULL},
	{"message/cpim", "", TEXT(IN_CPIM("Content-Type: message/cpim\r\n") CPIM "\r\nhello"), MESSAGE_KIND_OTHER,
	 NULL},
	{"message/cpim", "", TEXT(IN_CPIM("Content-Type: message/imdn+xml\r\n") "<imdn/>"), MESSAGE_KIND_RECEIPT, NULL},
	{"message/imdn+xml", "", TEXT("<imdn/>"), MESSAGE_KIND_RECEIPT, NULL},
	{"message/imdn+xml", "deflate", TEXT("x\x9c"), MESSAGE_KIND_RECEIPT, NULL}, /* Linphone's */
};

static void texts_and_receipts_are_told_from_the_rest(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct message_text found;
		message_text_find(slice_text(rows[i].content_type), slice_text(rows[i].content_encoding), rows[i].body,
				  &found);
		CHECK_NUMBER(found.kind, rows[i].kind);
		if (!rows[i].text)
			continue;
		CHECK_TEXT(found.text, rows[i].text);
		CHECK(found.text.at + found.text.length == rows[i].body.at + rows[i].body.length);
		CHECK(slice_starts_with(found.content_type, SLICE("text/")) ||
		      slice_starts_with(found.content_type, SLICE("Text/")));
	}
}

static void a_text_inside_cpim_has_the_type_that_it_has_there(void)
{
	struct message_text found;
	message_text_find(SLICE("message/cpim"), SLICE(""),
			  SLICE(IN_CPIM("Content-Type: text/plain; charset=UTF-8\r\n") "hello"), &found);
	CHECK(found.is_wrapped);
	CHECK_TEXT(found.content_type, "text/plain; charset=UTF-8");
	message_text_find(SLICE("text/plain;a=b"), SLICE(""), SLICE("hello"), &found);
	CHECK(!found.is_wrapped);
	CHECK_TEXT(found.content_type, "text/plain;a=b");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"texts_and_receipts_are_told_from_the_rest", texts_and_receipts_are_told_from_the_rest, 0},
		{"a_text_inside_cpim_has_the_type_that_it_has_there", a_text_inside_cpim_has_the_type_that_it_has_there,
		 0},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
