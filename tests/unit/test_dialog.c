/* Dialogs: read from a request, kept, written into requests. SPDX-License-Identifier: MIT */
#include "transaction/dialog.h"

#include "base/error.h"
#include "test.h"

static const struct sip_limits limits = {65535, 65535, 65535, 100};

static void finish(struct dialog *dialog)
{
	dialog_finish(dialog);
}

/* Fills `dialog` from a SUBSCRIBE with these header lines. */
static int take(const char *lines, struct dialog *dialog)
{
	struct buffer buffer;
	struct arena arena;
	struct sip_message message;
	struct sip_parse_error error;
	struct slice texts[DIALOG_TEXT_COUNT];
	buffer_init(&buffer, 10000);
	arena_init(&arena, NULL, 100000);
	buffer_text(&buffer, "SUBSCRIBE sip:bob@example.test SIP/2.0\r\n"
			     "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"
			     "From: \"Alice\" <sip:alice@example.test>;tag=theirs\r\nTo: <sip:bob@example.test>\r\n"
			     "Call-ID: c@1\r\nCSeq: 7 SUBSCRIBE\r\nMax-Forwards: 70\r\n");
	buffer_text(&buffer, lines);
	buffer_text(&buffer, "Content-Length: 0\r\n\r\n");
	int result = buffer_failed(&buffer)
			     ? ERR_NO_MEMORY
			     : sip_message_parse(&message, &arena, buffer_slice(&buffer), &limits, &error);
	if (result == 0)
		result = dialog_read(&message, &arena, SLICE("ours"), texts);
	if (result == 0)
		result = dialog_set(dialog, texts);
	arena_finish(&arena);
	buffer_finish(&buffer);
	return result;
}

static void a_request_within_names_the_dialog_from_our_side(void)
{
	CLEANUP(finish) struct dialog dialog = {.local_cseq = 3};
	CLEANUP(buffer_finish) struct buffer written;
	buffer_init(&written, 4000);
	CHECK_NUMBER(take("Contact: <sip:a@192.0.2.1:5062;transport=tcp>\r\n", &dialog), 0);
	CHECK_TEXT(dialog_request_uri(&dialog), "sip:a@192.0.2.1:5062;transport=tcp");
	dialog_write(&written, &dialog, SLICE("NOTIFY"));
	CHECK(!buffer_failed(&written));
	CHECK_TEXT(buffer_slice(&written),
		   "From: <sip:bob@example.test>;tag=ours\r\nTo: <sip:alice@example.test>;tag=theirs\r\n"
		   "Call-ID: c@1\r\nCSeq: 3 NOTIFY\r\nMax-Forwards: 70\r\n");
}

/* RFC 3261 §12.1.1, §12.2.1.1 */
static void the_route_set_is_the_record_route_in_its_order(void)
{
	CLEANUP(finish) struct dialog dialog = {.local_cseq = 1};
	CLEANUP(buffer_finish) struct buffer written;
	buffer_init(&written, 4000);
	CHECK_NUMBER(take("Record-Route: <sip:p2.test;lr>, <sip:p1.test;lr>\r\nRecord-Route: <sip:p0.test;lr>\r\n"
			  "Contact: <sip:a@192.0.2.1>\r\n",
			  &dialog),
		     0);
	dialog_write(&written, &dialog, SLICE("NOTIFY"));
	CHECK(!buffer_failed(&written));
	CHECK(slice_starts_with(buffer_slice(&written),
				SLICE("Route: <sip:p2.test;lr>, <sip:p1.test;lr>, <sip:p0.test;lr>\r\n")));
	CHECK_TEXT(dialog_request_uri(&dialog), "sip:a@192.0.2.1");
}

static void a_strict_router_gets_itself_as_request_uri_and_the_target_last(void)
{
	CLEANUP(finish) struct dialog dialog = {.local_cseq = 1};
	CLEANUP(buffer_finish) struct buffer written;
	buffer_init(&written, 4000);
	CHECK_NUMBER(take("Record-Route: <sip:old.test>, <sip:p1.test;lr>\r\nContact: <sip:a@192.0.2.1>\r\n", &dialog),
		     0);
	CHECK_TEXT(dialog_request_uri(&dialog), "sip:old.test");
	dialog_write(&written, &dialog, SLICE("NOTIFY"));
	CHECK(!buffer_failed(&written));
	CHECK(slice_starts_with(buffer_slice(&written), SLICE("Route: <sip:p1.test;lr>, <sip:a@192.0.2.1>\r\n")));
}

static void without_a_contact_there_is_no_dialog(void)
{
	CLEANUP(finish) struct dialog dialog = {0};
	CHECK_NUMBER(take("", &dialog), ERR_SYNTAX);
	CHECK_NUMBER(take("Contact: <sip:a@\r\n", &dialog), ERR_SYNTAX);
	CHECK_NUMBER(take("Contact: <http://192.0.2.1/>\r\n", &dialog), ERR_SYNTAX);
	CHECK_NUMBER(take("Contact: <tel:+123>\r\n", &dialog), ERR_SYNTAX);
}

static void a_route_that_cannot_be_read_is_not_kept(void)
{
	CLEANUP(finish) struct dialog dialog = {0};
	CHECK_NUMBER(take("Record-Route: <sip:p1.test;lr>, no route\r\nContact: <sip:a@192.0.2.1>\r\n", &dialog),
		     ERR_SYNTAX);
	CHECK_NUMBER(take("Record-Route: <sip:p1.test;lr>\r\n X: 1\r\nContact: <sip:a@192.0.2.1>\r\n", &dialog),
		     ERR_SYNTAX);
}

static void texts_can_be_changed_from_the_dialogs_own(void)
{
	CLEANUP(finish) struct dialog dialog = {0};
	CHECK_NUMBER(take("Contact: <sip:a@192.0.2.1>\r\n", &dialog), 0);
	struct slice texts[DIALOG_TEXT_COUNT];
	dialog_texts(&dialog, texts);
	texts[DIALOG_TARGET] = SLICE("sip:moved@192.0.2.2");
	CHECK_NUMBER(dialog_set(&dialog, texts), 0);
	CHECK_TEXT(dialog_text(&dialog, DIALOG_TARGET), "sip:moved@192.0.2.2");
	CHECK_TEXT(dialog_text(&dialog, DIALOG_CALL_ID), "c@1");
	CHECK_TEXT(dialog_text(&dialog, DIALOG_REMOTE_TAG), "theirs");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"a_request_within_names_the_dialog_from_our_side", a_request_within_names_the_dialog_from_our_side,
		 TEST_PLAIN},
		{"the_route_set_is_the_record_route_in_its_order", the_route_set_is_the_record_route_in_its_order,
		 TEST_PLAIN},
		{"a_strict_router_gets_itself_as_request_uri_and_the_target_last",
		 a_strict_router_gets_itself_as_request_uri_and_the_target_last, TEST_PLAIN},
		{"without_a_contact_there_is_no_dialog", without_a_contact_there_is_no_dialog, TEST_PLAIN},
		{"a_route_that_cannot_be_read_is_not_kept", a_route_that_cannot_be_read_is_not_kept, TEST_PLAIN},
		{"texts_can_be_changed_from_the_dialogs_own", texts_can_be_changed_from_the_dialogs_own, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
