/* Contacts of REGISTER, as clients in the field write them. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "features/contact.h"
#include "test.h"

static const struct {
	const char *element, *uri, *parameters, *instance;
	uint32_t reg_id, expires_s;
	uint16_t q;
} good[] = {
	{"<sip:alice@192.0.2.1:5060>", "sip:alice@192.0.2.1:5060", "", "", 0, 3600, 1000},
	{"\"A, B; <C>\" <sip:a@h;x=y>;q=0.7;expires=60", "sip:a@h;x=y", "", "", 0, 60, 700},
	/* parameters behind a bare address belong to the header (RFC 3261 §20.10) */
	{"sip:a@h;expires=30", "sip:a@h", "", "", 0, 30, 1000},
	/* JsSIP */
	{"<sip:5vlc@r0n2.invalid;transport=ws>;+sip.ice;reg-id=1;+sip.instance=\"<urn:uuid:ab>\";expires=600",
	 "sip:5vlc@r0n2.invalid;transport=ws", ";+sip.ice;reg-id=1;+sip.instance=\"<urn:uuid:ab>\"", "urn:uuid:ab", 1,
	 600, 1000},
	/* a reg-id without an instance means nothing (RFC 5626 §4.2) */
	{"<sip:a@h>;reg-id=2", "sip:a@h", ";reg-id=2", "", 0, 3600, 1000},
	/* linphone copies back what a registrar added */
	{"<sip:a@h>;pub-gruu=\"sip:a@d;gr=x\";temp-gruu=\"sip:t@d;gr\";expires=9", "sip:a@h", "", "", 0, 9, 1000},
	/* a malformed expires means an hour (§10.2.1.1) */
	{"<sip:a@h>;expires=soon", "sip:a@h", "", "", 0, 3600, 1000},
	{"<sip:a@h>;text=\"a;b\\\";c\";expires=5", "sip:a@h", ";text=\"a;b\\\";c\"", "", 0, 5, 1000},
};

static void contacts_are_read_as_clients_write_them(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct arena arena;
		arena_init(&arena, NULL, 10000);
		struct contact contact = {0};
		int result = contact_parse(&arena, slice_text(good[i].element), 3600, &contact);
		bool right = result == 0 && slice_equal(contact.uri_text, slice_text(good[i].uri)) &&
			     slice_equal(contact.parameters, slice_text(good[i].parameters)) &&
			     slice_equal(contact.instance, slice_text(good[i].instance)) &&
			     contact.reg_id == good[i].reg_id && contact.expires_s == good[i].expires_s &&
			     contact.q == good[i].q;
		arena_finish(&arena);
		if (!test_check(right, __FILE__, __LINE__, good[i].element))
			return;
	}
}

static void unreadable_contacts_are_refused(void)
{
	static const char *const bad[] = {"", "<sip:a@h", "<>", "<sip:a@h>;q=2", "\"unclosed <sip:a@h>"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct arena arena;
		arena_init(&arena, NULL, 10000);
		struct contact contact;
		int result = contact_parse(&arena, slice_text(bad[i]), 3600, &contact);
		arena_finish(&arena);
		if (!test_check(result == ERR_SYNTAX, __FILE__, __LINE__, bad[i]))
			return;
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"contacts_are_read_as_clients_write_them", contacts_are_read_as_clients_write_them, TEST_PLAIN},
		{"unreadable_contacts_are_refused", unreadable_contacts_are_refused, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
