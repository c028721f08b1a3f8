/* Multipart bodies: written to the byte, and read as others write them. SPDX-License-Identifier: MIT */
#include "bodies/multipart.h"

#include "base/error.h"
#include "test.h"

#define TYPE "multipart/related;type=\"application/rlmi+xml\";boundary=b1"

static void parts_are_written_with_the_line_ends_of_rfc_2046(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 1000);
	multipart_part(&buffer, SLICE("b1"), SLICE("1@example.test"), SLICE("application/rlmi+xml;charset=\"UTF-8\""));
	buffer_text(&buffer, "<list/>\r\n");
	multipart_part(&buffer, SLICE("b1"), slice_of(NULL, 0), SLICE("application/pidf+xml"));
	buffer_text(&buffer, "<presence/>");
	multipart_end(&buffer, SLICE("b1"));
	CHECK(!buffer_failed(&buffer));
	CHECK_TEXT(buffer_slice(&buffer),
		   "--b1\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <1@example.test>\r\n"
		   "Content-Type: application/rlmi+xml;charset=\"UTF-8\"\r\n\r\n"
		   "<list/>\r\n\r\n"
		   "--b1\r\nContent-Transfer-Encoding: binary\r\n"
		   "Content-Type: application/pidf+xml\r\n\r\n"
		   "<presence/>\r\n--b1--\r\n");
}

static void a_bare_part_has_its_id_as_it_is(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 1000);
	multipart_part_bare(&buffer, SLICE("b1"), SLICE("1@example.test"), SLICE("application/rlmi+xml"));
	CHECK(!buffer_failed(&buffer));
	CHECK_TEXT(buffer_slice(&buffer), "--b1\r\nContent-Transfer-Encoding: binary\r\nContent-Id: 1@example.test\r\n"
					  "Content-Type: application/rlmi+xml\r\n\r\n");
}

static void what_is_written_is_read_again(void)
{
	static const char *const bodies[] = {"<list/>\r\n", "", "\r\n", "--b", "\r\n--b1x\r\n", "\0--\n"};
	CLEANUP(buffer_finish) struct buffer buffer;
	struct body_part parts[ARRAY_SIZE(bodies)];
	struct body_error error;
	size_t count;
	buffer_init(&buffer, 10000);
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		multipart_part(&buffer, SLICE("b1"), slice_of("abcdef" + i, 1), SLICE("a/b"));
		buffer_text(&buffer, bodies[i]);
	}
	multipart_end(&buffer, SLICE("b1"));
	CHECK(!buffer_failed(&buffer));
	CHECK_NUMBER(multipart_read(SLICE(TYPE), buffer_slice(&buffer), parts, ARRAY_SIZE(parts), &count, &error), 0);
	CHECK_NUMBER(count, ARRAY_SIZE(bodies));
	for (size_t i = 0; i < count; i++) {
		CHECK_TEXT(parts[i].body, bodies[i]);
		CHECK_TEXT(parts[i].content_type, "a/b");
		CHECK(slice_equal(parts[i].content_id, slice_of("abcdef" + i, 1)));
	}
}

static void fields_of_a_part_are_found_in_any_writing(void)
{
	static const char body[] = "preamble\r\n--b1 \t\r\n"
				   "content-type: application/resource-lists+xml;\r\n\tcharset=UTF-8\r\n"
				   "CONTENT-ID : <list@client>\r\nContent-Disposition: recipient-list\r\n"
				   "X-Else: what\r\nContent-Encoding:deflate\r\nContent-Transfer-Encoding: Binary\r\n"
				   "Content-Disposition: render\r\n\r\n"
				   "x\r\n--b1\r\n"
				   "\r\n text\r\n--b1\nContent-ID: plain\n\nlf\n--b1--\nepilogue";
	struct body_part parts[3];
	struct body_error error;
	size_t count;
	CHECK_NUMBER(multipart_read(SLICE(TYPE), SLICE(body), parts, 3, &count, &error), 0);
	CHECK_NUMBER(count, 3);
	CHECK_TEXT(parts[0].content_type, "application/resource-lists+xml;\r\n\tcharset=UTF-8");
	CHECK_TEXT(parts[0].content_id, "list@client");
	CHECK_TEXT(parts[0].content_disposition, "recipient-list");
	CHECK_TEXT(parts[0].content_encoding, "deflate");
	CHECK_TEXT(parts[0].body, "x");
	CHECK_TEXT(parts[1].content_type, "text/plain");
	CHECK_TEXT(parts[1].content_id, "");
	CHECK_TEXT(parts[1].body, " text");
	CHECK_TEXT(parts[2].content_id, "plain");
	CHECK_TEXT(parts[2].body, "lf");
}

#define LONGEST "0123456789012345678901234567890123456789012345678901234567890123456789"

static const struct {
	const char *type, *body;
	int result;
	size_t count;
	const char *last; /* the last part's body, or what the sentence has in it */
} rows[] = {
	{"multipart/mixed;boundary=b1", "--b1\r\n\r\n1\r\n--b1--", 0, 1, "1"},
	{"Multipart/Mixed ; x=\"\\\";boundary=no\" ; Boundary = \"a b\" ; y", "--a b\r\n\r\n1\r\n--a b--\r\n", 0, 1,
	 "1"},
	{"multipart/mixed;boundary=" LONGEST, "--" LONGEST "\r\n\r\n1\r\n--" LONGEST "--", 0, 1, "1"},
	/* a boundary of dashes finds its own line only */
	{"multipart/mixed;boundary=----", "------\r\n\r\n-----\r\n-------\r\n--------", 0, 1, "-----\r\n-------"},
	/* no fields and no empty line */
	{"multipart/mixed;boundary=b1", "--b1\r\n--b1--", 0, 1, ""},
	{"multipart/mixed;boundary=b1", "--b1\r\nContent-Type: a/b\r\n--b1--", 0, 1, ""},
	{"multipart/mixed;boundary=b1", "--b1\r\n\r\n1\r\n--b1\r\n\r\n2\r\n--b1\r\n\r\n3\r\n--b1--", 0, 3, "3"},
	/* a nested body whose boundary begins in the same way */
	{"multipart/mixed;boundary=b", "--b\r\n\r\n--b1\r\n\r\nx\r\n--b1--\r\n--b--", 0, 1, "--b1\r\n\r\nx\r\n--b1--"},
	/* not the boundary: not at the beginning of a line */
	{"multipart/mixed;boundary=b1", "--b1\r\n\r\nx --b1--\r\n--b1--", 0, 1, "x --b1--"},
	{"multipart/mixed;boundary=b1", "--b1\r\n\r\n1\r\n--b1\r\n\r\n2\r\n--b1\r\n\r\n3\r\n--b1\r\n\r\n4\r\n--b1--",
	 ERR_LIMIT, 0, "more than 3 parts"},
	{"multipart/mixed", "--b1\r\n\r\n1\r\n--b1--", ERR_SYNTAX, 0, "boundary"},
	{"multipart/mixed;boundary=", "--\r\n\r\n1\r\n----", ERR_SYNTAX, 0, "boundary"},
	{"multipart/mixed;boundary=\"a \"", "--a \r\n\r\n1\r\n--a --", ERR_SYNTAX, 0, "boundary"},
	{"multipart/mixed;boundary=\"a", "--a\r\n\r\n1\r\n--a--", ERR_SYNTAX, 0, "boundary"},
	{"multipart/mixed;boundary=" LONGEST "0", "--" LONGEST "0\r\n\r\n1\r\n--" LONGEST "0--", ERR_SYNTAX, 0,
	 "boundary"},
	{"text/plain;boundary=b1", "--b1\r\n\r\n1\r\n--b1--", ERR_SYNTAX, 0, "boundary"},
	{"", "", ERR_SYNTAX, 0, "boundary"},
	{"multipart/mixed;boundary=b1", "", ERR_SYNTAX, 0, "does not stand in it"},
	{"multipart/mixed;boundary=b1", "--b1", ERR_SYNTAX, 0, "does not stand in it"},
	{"multipart/mixed;boundary=b1", "--b1--", ERR_SYNTAX, 0, "no part"},
	{"multipart/mixed;boundary=b1", "--b1\r\n\r\n1\r\n", ERR_SYNTAX, 0, "closing"},
	{"multipart/mixed;boundary=b1", "--b1\r\n\r\n1\r\n--b1\r\n\r\n2", ERR_SYNTAX, 0, "closing"},
	{"multipart/mixed;boundary=b1", "--b1\r\n\r\n1\r\n--b1--x\r\n", ERR_SYNTAX, 0, "closing"},
	{"multipart/mixed;boundary=b1", "--b1\r\nno field\r\n\r\n1\r\n--b1--", ERR_SYNTAX, 0, "Part 1"},
	{"multipart/mixed;boundary=b1", "--b1\r\n: x\r\n\r\n1\r\n--b1--", ERR_SYNTAX, 0, "Part 1"},
	{"multipart/mixed;boundary=b1", "--b1\r\nContent-Transfer-Encoding: base64\r\n\r\nMQ==\r\n--b1--", ERR_SYNTAX,
	 0, "as they are"},
};

static void bodies_are_taken_apart_or_refused_with_the_reason(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct body_part parts[3];
		struct body_error error = {""};
		size_t count = 0;
		CHECK_NUMBER(multipart_read(slice_text(rows[i].type), slice_text(rows[i].body), parts,
					    ARRAY_SIZE(parts), &count, &error),
			     rows[i].result);
		CHECK_NUMBER(count, rows[i].count);
		if (rows[i].result == 0)
			CHECK_TEXT(parts[count - 1].body, rows[i].last);
		else
			CHECK(strstr(error.sentence, rows[i].last));
	}
}

static const struct test tests[] = {
	{"parts_are_written_with_the_line_ends_of_rfc_2046", parts_are_written_with_the_line_ends_of_rfc_2046,
	 TEST_PLAIN},
	{"a_bare_part_has_its_id_as_it_is", a_bare_part_has_its_id_as_it_is, TEST_PLAIN},
	{"what_is_written_is_read_again", what_is_written_is_read_again, TEST_PLAIN},
	{"fields_of_a_part_are_found_in_any_writing", fields_of_a_part_are_found_in_any_writing, TEST_PLAIN},
	{"bodies_are_taken_apart_or_refused_with_the_reason", bodies_are_taken_apart_or_refused_with_the_reason,
	 TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
