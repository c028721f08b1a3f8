/* Receipts, as clients send them. SPDX-License-Identifier: MIT */
#include "bodies/imdn.h"

#include "base/deflate.h"
#include "base/error.h"
#include "test.h"

#include <stdio.h>

#define IMDN(content) "<?xml version=\"1.0\"?><imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">" content "</imdn>"
#define ABOUT "<message-id>34jk324j</message-id>"
#define DELIVERED IMDN(ABOUT "<delivery-notification><status><delivered/></status></delivery-notification>")

/* All that imdn_read takes, of a receipt that is right. */
static int read_imdn(const char *content_type, const char *content_encoding, struct slice body, struct imdn *imdn)
{
	CLEANUP(arena_finish) struct arena arena;
	struct body_error error = {""};
	char id[100];
	arena_init(&arena, NULL, 1 << 20);
	int result = imdn_read(&arena, slice_text(content_type), slice_text(content_encoding), body, imdn, &error);
	if (result != 0 || imdn->message_id.length >= sizeof id)
		return result != 0 && error.sentence[0] == '\0' && result != ERR_NO_MEMORY ? -1 : result;
	imdn->message_id = slice_equal(imdn->message_id, SLICE("34jk324j")) ? SLICE("34jk324j") : SLICE("another");
	return 0;
}

static void each_status_is_read(void)
{
	static const struct {
		const char *notification, *status;
		int wanted;
	} rows[] = {
		{"delivery", "delivered", IMDN_DELIVERED},
		{"delivery", "failed", IMDN_FAILED},
		{"delivery", "forbidden", IMDN_FORBIDDEN},
		{"delivery", "error", IMDN_ERROR},
		{"display", "displayed", IMDN_DISPLAYED},
		{"display", "forbidden", IMDN_FORBIDDEN},
		{"display", "error", IMDN_ERROR},
		{"processing", "processed", IMDN_PROCESSED},
		{"processing", "stored", IMDN_STORED},
		{"processing", "forbidden", IMDN_FORBIDDEN},
		{"processing", "error", IMDN_ERROR},
		{"delivery", "displayed", -1},
		{"display", "delivered", -1},
		{"composing", "delivered", -1},
	};
	char xml[400];
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct imdn imdn;
		int length = snprintf(xml, sizeof xml,
				      IMDN("<datetime>2008-04-04T12:16:49-05:00</datetime>" ABOUT
					   "<%s-notification><status>\n <%s/></status></%s-notification>"),
				      rows[i].notification, rows[i].status, rows[i].notification);
		int result = read_imdn("message/imdn+xml", "", slice_of(xml, (size_t)length), &imdn);
		CHECK_NUMBER(result, rows[i].wanted < 0 ? ERR_SYNTAX : 0);
		if (result != 0)
			continue;
		CHECK_NUMBER(imdn.status, rows[i].wanted);
		CHECK_TEXT(imdn.message_id, "34jk324j");
	}
}

static void receipts_come_bare_packed_and_inside_cpim(void)
{
	CLEANUP(buffer_finish) struct buffer packed;
	struct imdn imdn;
	buffer_init(&packed, 10000);
	CHECK_NUMBER(deflate_pack(SLICE(DELIVERED), &packed), 0);
	CHECK_NUMBER(read_imdn("message/imdn+xml;charset=\"UTF-8\"", "", SLICE(DELIVERED), &imdn), 0);
	CHECK_TEXT(imdn.message_id, "34jk324j");
	CHECK_NUMBER(read_imdn("message/imdn+xml", "Deflate", buffer_slice(&packed), &imdn), 0);
	CHECK_NUMBER(imdn.status, IMDN_DELIVERED);
	CHECK_NUMBER(read_imdn("message/cpim", "",
			       SLICE("To: <sip:a@b>\r\n\r\nContent-type: message/imdn+xml\r\nContent-Disposition: "
				     "notification\r\n\r\n" DELIVERED),
			       &imdn),
		     0);
	CHECK_NUMBER(imdn.status, IMDN_DELIVERED);
}

static void what_is_no_receipt_is_refused(void)
{
	static const struct {
		const char *content_type, *content_encoding, *body;
	} rows[] = {
		{"text/plain", "", "hello"},
		{"message/imdn+xml", "", "hello"},
		{"message/imdn+xml", "deflate", DELIVERED},
		{"message/cpim", "", DELIVERED},
		{"message/cpim", "", "\r\n\r\n" DELIVERED}, /* text/plain */
		{"message/cpim", "",
		 "\r\nContent-Type: message/imdn+xml\r\nContent-Encoding: deflate\r\n\r\n" DELIVERED},
		{"message/imdn+xml", "", "<imdn>" ABOUT "</imdn>"},
		{"message/imdn+xml", "", IMDN(ABOUT)},
		{"message/imdn+xml", "",
		 IMDN("<message-id/><delivery-notification><status><delivered/></status>"
		      "</delivery-notification>")},
		{"message/imdn+xml", "", IMDN(ABOUT "<delivery-notification><delivered/></delivery-notification>")},
		{"message/imdn+xml", "", "<!DOCTYPE imdn>" DELIVERED},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct imdn imdn;
		CHECK_NUMBER(read_imdn(rows[i].content_type, rows[i].content_encoding, slice_text(rows[i].body), &imdn),
			     ERR_SYNTAX);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"each_status_is_read", each_status_is_read, 0},
		{"receipts_come_bare_packed_and_inside_cpim", receipts_come_bare_packed_and_inside_cpim, 0},
		{"what_is_no_receipt_is_refused", what_is_no_receipt_is_refused, 0},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
