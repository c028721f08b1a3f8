/* Registration state documents: the elements of RFC 3680 §5 and RFC 5628 §5, and the place of the version.
 * SPDX-License-Identifier: MIT */
#include "bodies/reginfo.h"
#include "test.h"

#define HEAD                                                                                                           \
	"<?xml version=\"1.0\"?>\r\n<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\""                                 \
	" xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\" version=\""
#define REGISTRATION "\" state=\"full\">\r\n<registration aor=\"sip:bob@example.test\" id=\"r1\" state="
#define TAIL "</registration>\r\n</reginfo>\r\n"

static const struct reginfo_contact plain[] = {
	{.id = {"c1", 2},
	 .uri = {"sip:bob@192.0.2.1:5060", 22},
	 .is_active = true,
	 .expires_s = -1,
	 .registered_s = -1,
	 .q = 1000},
	{.id = {"c2", 2},
	 .uri = {"sip:bob@192.0.2.2", 17},
	 .event = {"expired", 7},
	 .expires_s = 0,
	 .registered_s = 3600,
	 .q = 0},
};

static const struct reginfo_contact full[] = {
	{.id = {"\"<1>\"", 5},
	 .uri = {"sip:b&b@x.invalid;transport=ws", 30},
	 .display_name = {"Bob <3", 6},
	 .event = {"refreshed", 9},
	 .is_active = true,
	 .call_id = {"a&b", 3},
	 .cseq = 4294967295,
	 .expires_s = 600,
	 .registered_s = 12,
	 .q = 50,
	 .instance = {"urn:uuid:00000000-0000-1000-8000-000a95a0e128", 45},
	 .public_gruu = {"sip:bob@example.test;gr=x&y", 27},
	 .user_agent = {"Nobody", 6}},
};

static const struct {
	struct reginfo registration;
	unsigned style;
	const char *wanted;
} rows[] = {
	/* RFC 3680 §4.7.1: no contact at all */
	{{{"r1", 2}, NULL, 0}, BODY_PRES_ENTITY, HEAD REGISTRATION "\"init\">\r\n" TAIL},
	{{{"r1", 2}, plain, 2},
	 0,
	 HEAD REGISTRATION "\"active\">\r\n"
			   "<contact id=\"c1\" state=\"active\" event=\"registered\" q=\"1.0\">"
			   "<uri>sip:bob@192.0.2.1:5060</uri></contact>\r\n"
			   "<contact id=\"c2\" state=\"terminated\" event=\"expired\" duration-registered=\"3600\""
			   " expires=\"0\" q=\"0.000\"><uri>sip:bob@192.0.2.2</uri></contact>\r\n" TAIL},
	/* the last contact has just gone */
	{{{"r1", 2}, plain + 1, 1},
	 0,
	 HEAD REGISTRATION "\"terminated\">\r\n"
			   "<contact id=\"c2\" state=\"terminated\" event=\"expired\" duration-registered=\"3600\""
			   " expires=\"0\" q=\"0.000\"><uri>sip:bob@192.0.2.2</uri></contact>\r\n" TAIL},
	/* RFC 5628 §5.1; what means something in XML is escaped; the User-Agent is nobody's business */
	{{{"r1", 2}, full, 1},
	 0,
	 HEAD REGISTRATION
	 "\"active\">\r\n"
	 "<contact id=\"&quot;&lt;1&gt;&quot;\" state=\"active\" event=\"refreshed\" duration-registered=\"12\""
	 " expires=\"600\" q=\"0.050\" callid=\"a&amp;b\" cseq=\"4294967295\">"
	 "<uri>sip:b&amp;b@x.invalid;transport=ws</uri><display-name>Bob &lt;3</display-name>"
	 "<unknown-param name=\"+sip.instance\">\"&lt;urn:uuid:00000000-0000-1000-8000-000a95a0e128&gt;\""
	 "</unknown-param><gr:pub-gruu uri=\"sip:bob@example.test;gr=x&amp;y\"/></contact>\r\n" TAIL},
};

static void registrations_are_written_and_say_where_the_version_belongs(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buffer_finish) struct buffer buffer;
		buffer_init(&buffer, 10000);
		struct body_output output = {&buffer, BODY_NO_VERSION};
		struct body_target target = {SLICE("bob"), SLICE("example.test"), rows[i].style, SLICE("")};
		reginfo_format.write(&rows[i].registration, &target, &output);
		CHECK(!buffer_failed(&buffer));
		CHECK_TEXT(buffer_slice(&buffer), rows[i].wanted);
		CHECK_NUMBER(output.version_at, sizeof(HEAD) - 1);
	}
}

static void a_name_with_an_ampersand_is_escaped(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 10000);
	struct body_output output = {&buffer, BODY_NO_VERSION};
	struct body_target target = {SLICE("a&\"b"), SLICE("example.test"), 0, SLICE("")};
	struct reginfo registration = {SLICE("r"), NULL, 0};
	reginfo_format.write(&registration, &target, &output);
	CHECK_TEXT(buffer_slice(&buffer), HEAD "\" state=\"full\">\r\n<registration aor=\"sip:a&amp;%22b@example.test\""
					       " id=\"r\" state=\"init\">\r\n" TAIL);
}

static const struct test tests[] = {
	{"registrations are written and say where the version belongs",
	 registrations_are_written_and_say_where_the_version_belongs, TEST_PLAIN},
	{"a name with an ampersand is escaped", a_name_with_an_ampersand_is_escaped, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
