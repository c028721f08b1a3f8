/* Resource list meta-information: the elements and attributes of RFC 4662 §5. SPDX-License-Identifier: MIT */
#include "bodies/rlmi.h"

#include "bodies/xml.h"
#include "test.h"

#define RLMI SLICE("urn:ietf:params:xml:ns:rlmi")

static const struct {
	struct rlmi_resource resource;
	const char *wanted;
} rows[] = {
	/* nothing is known of it: RFC 4662 §5.3 lets a resource have no instance */
	{{.uri = {"sip:dave@example.org", 20}}, "<resource uri=\"sip:dave@example.org\"/>"},
	{{.uri = {"sip:dave@example.org", 20}, .name = {"Dave", 4}},
	 "<resource uri=\"sip:dave@example.org\"><name>Dave</name></resource>"},
	{{.uri = {"sip:bob@example.test", 20},
	  .name = {"Bob <3 & co", 11},
	  .instance_id = {"1", 1},
	  .state = RLMI_ACTIVE,
	  .reason = "rejected", /* of no meaning while it is active */
	  .content_id = {"7.b@example.test", 16}},
	 "<resource uri=\"sip:bob@example.test\"><name>Bob &lt;3 &amp; co</name>"
	 "<instance id=\"1\" state=\"active\" cid=\"7.b@example.test\"/></resource>"},
	{{.uri = {"sip:a&b@example.test", 20}, .instance_id = {"1", 1}, .state = RLMI_PENDING},
	 "<resource uri=\"sip:a&amp;b@example.test\"><instance id=\"1\" state=\"pending\"/></resource>"},
	{{.uri = {"sip:eve@example.test", 20}, .instance_id = {"1", 1}, .state = RLMI_TERMINATED, .reason = "rejected"},
	 "<resource uri=\"sip:eve@example.test\">"
	 "<instance id=\"1\" state=\"terminated\" reason=\"rejected\"/></resource>"},
	{{.uri = {"sip:eve@example.test", 20}, .instance_id = {"\"1\"", 3}, .state = RLMI_TERMINATED},
	 "<resource uri=\"sip:eve@example.test\"><instance id=\"&quot;1&quot;\" state=\"terminated\"/></resource>"},
};

static void resources_are_written_with_their_instances(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buffer_finish) struct buffer buffer;
		buffer_init(&buffer, 10000);
		rlmi_write(&buffer, &rows[i].resource);
		CHECK(!buffer_failed(&buffer));
		CHECK(slice_ends_with(buffer_slice(&buffer), SLICE("\r\n")));
		CHECK_TEXT(slice_of(buffer.data, buffer.length - 2), rows[i].wanted);
	}
}

static void a_whole_document_says_its_list_and_version(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 10000);
	rlmi_begin(&buffer, &(struct rlmi_list){.uri = SLICE("sip:alice-friends@example.test"),
						.name = SLICE("Friends"),
						.version = SLICE("17"),
						.is_full = true});
	rlmi_write(&buffer, &rows[0].resource);
	rlmi_end(&buffer);
	CHECK(!buffer_failed(&buffer));
	CHECK_TEXT(buffer_slice(&buffer), "<?xml version=\"1.0\"?>\r\n<list xmlns=\"urn:ietf:params:xml:ns:rlmi\""
					  " uri=\"sip:alice-friends@example.test\" version=\"17\" fullState=\"true\">"
					  "<name>Friends</name>\r\n"
					  "<resource uri=\"sip:dave@example.org\"/>\r\n</list>\r\n");
}

/* An empty list is a document too: RFC 4662 §5.2 wants no resource in it. */
static void an_empty_list_is_a_document(void)
{
	static const struct xml_limits limits = {.bytes = 10000, .depth = 5, .nodes = 50};
	CLEANUP(buffer_finish) struct buffer buffer;
	CLEANUP(arena_finish) struct arena arena;
	const struct xml_node *root;
	struct body_error error;
	buffer_init(&buffer, 10000);
	arena_init(&arena, NULL, 100000);
	rlmi_begin(&buffer, &(struct rlmi_list){.uri = SLICE("sip:a&b@example.test"), .version = SLICE("0")});
	rlmi_end(&buffer);
	CHECK(!buffer_failed(&buffer));
	CHECK_NUMBER(xml_parse(&arena, buffer_slice(&buffer), &limits, &root, &error), 0);
	CHECK(xml_is(root, RLMI, SLICE("list")));
	CHECK_TEXT(xml_attribute(root, SLICE("uri")), "sip:a&b@example.test");
	CHECK_TEXT(xml_attribute(root, SLICE("version")), "0");
	CHECK_TEXT(xml_attribute(root, SLICE("fullState")), "false");
	CHECK(!root->children);
}

static const struct test tests[] = {
	{"resources_are_written_with_their_instances", resources_are_written_with_their_instances, TEST_PLAIN},
	{"a_whole_document_says_its_list_and_version", a_whole_document_says_its_list_and_version, TEST_PLAIN},
	{"an_empty_list_is_a_document", an_empty_list_is_a_document, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
