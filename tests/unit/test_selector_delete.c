/* Deleting nodes (RFC 4825 §8.3). SPDX-License-Identifier: MIT */
#include "document_world.h"

#define START                                                                                                          \
	"<root xmlns=\"urn:test\" xmlns:p=\"urn:p\">\n<a k=\"1\"/>\n<a k=\"2\" p:k=\"3\">text<b/></a>\n<!-- c --><a "  \
	"k=\"2\"/>\n<b/>\n</root>"

static const struct {
	const char *selector, *query;
	enum edit_result result;
	const char *document; /* NULL: as it was */
} rows[] = {
	{"root/a[@k=\"1\"]", "", EDIT_DONE,
	 "<root xmlns=\"urn:test\" xmlns:p=\"urn:p\">\n\n<a k=\"2\" p:k=\"3\">text<b/></a>\n<!-- c --><a "
	 "k=\"2\"/>\n<b/>\n</root>"},
	{"root/b", "", EDIT_DONE,
	 "<root xmlns=\"urn:test\" xmlns:p=\"urn:p\">\n<a k=\"1\"/>\n<a k=\"2\" p:k=\"3\">text<b/></a>\n<!-- c --><a "
	 "k=\"2\"/>\n\n</root>"},
	{"root/*[4]", "", EDIT_DONE,
	 "<root xmlns=\"urn:test\" xmlns:p=\"urn:p\">\n<a k=\"1\"/>\n<a k=\"2\" p:k=\"3\">text<b/></a>\n<!-- c --><a "
	 "k=\"2\"/>\n\n</root>"},
	{"root/a[2]/b", "", EDIT_DONE,
	 "<root xmlns=\"urn:test\" xmlns:p=\"urn:p\">\n<a k=\"1\"/>\n<a k=\"2\" p:k=\"3\">text</a>\n<!-- c --><a "
	 "k=\"2\"/>\n<b/>\n</root>"},
	{"root/a[3]", "", EDIT_DONE,
	 "<root xmlns=\"urn:test\" xmlns:p=\"urn:p\">\n<a k=\"1\"/>\n<a k=\"2\" p:k=\"3\">text<b/></a>\n<!-- c "
	 "-->\n<b/>\n</root>"},
	{"root/a[1][@k=\"1\"]", "", EDIT_DONE,
	 "<root xmlns=\"urn:test\" xmlns:p=\"urn:p\">\n\n<a k=\"2\" p:k=\"3\">text<b/></a>\n<!-- c --><a "
	 "k=\"2\"/>\n<b/>\n</root>"},
	{"root/a[@x:k=\"3\"]", "xmlns(x=urn:p)", EDIT_DONE,
	 "<root xmlns=\"urn:test\" xmlns:p=\"urn:p\">\n<a k=\"1\"/>\n\n<!-- c --><a k=\"2\"/>\n<b/>\n</root>"},
	/* §8.3: the same request again would delete another one. */
	{"root/a[1]", "", EDIT_CANNOT_DELETE, NULL},
	{"root/a[2]", "", EDIT_CANNOT_DELETE, NULL},
	{"root/*[1]", "", EDIT_CANNOT_DELETE, NULL},
	{"root/a[2][@k=\"2\"]", "", EDIT_CANNOT_DELETE, NULL},
	{"root", "", EDIT_CANNOT_DELETE, NULL},
	{"root/a", "", EDIT_AMBIGUOUS, NULL},
	{"root/a[@k=\"2\"]", "", EDIT_AMBIGUOUS, NULL},
	{"root/a[4]", "", EDIT_NOT_FOUND, NULL},
	{"root/c", "", EDIT_NOT_FOUND, NULL},
	{"other", "", EDIT_NOT_FOUND, NULL},
	{"root/b/b", "", EDIT_NOT_FOUND, NULL},
	{"root/a[1]/@k", "", EDIT_DONE,
	 "<root xmlns=\"urn:test\" xmlns:p=\"urn:p\">\n<a/>\n<a k=\"2\" p:k=\"3\">text<b/></a>\n<!-- c --><a "
	 "k=\"2\"/>\n<b/>\n</root>"},
	{"root/a[@k=\"1\"]/@k", "", EDIT_DONE,
	 "<root xmlns=\"urn:test\" xmlns:p=\"urn:p\">\n<a/>\n<a k=\"2\" p:k=\"3\">text<b/></a>\n<!-- c --><a "
	 "k=\"2\"/>\n<b/>\n</root>"},
	{"root/a[2]/@x:k", "xmlns(x=urn:p)", EDIT_DONE,
	 "<root xmlns=\"urn:test\" xmlns:p=\"urn:p\">\n<a k=\"1\"/>\n<a k=\"2\">text<b/></a>\n<!-- c --><a "
	 "k=\"2\"/>\n<b/>\n</root>"},
	{"root/a[1]/@x:k", "xmlns(x=urn:p)", EDIT_NOT_FOUND, NULL},
	{"root/a[1]/@l", "", EDIT_NOT_FOUND, NULL},
	{"root/a/@k", "", EDIT_AMBIGUOUS, NULL},
	{"root/c/@k", "", EDIT_NOT_FOUND, NULL},
	{"root/namespace::*", "", EDIT_NOT_ALLOWED, NULL},
};

static void each_delete_does_what_the_rfc_says(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(document_world_finish) struct document_world world;
		struct edit_outcome outcome;
		CHECK_NUMBER(document_world_open(&world, START, rows[i].selector, rows[i].query), 0);
		selector_delete(&world.selector, &world.tree, &outcome);
		if (outcome.result != rows[i].result)
			CHECK_TEXT(slice_text(rows[i].selector), "another result");
		CHECK((outcome.result == EDIT_DONE) == (outcome.error.sentence[0] == '\0'));
		CHECK_TEXT(document_world_write(&world), rows[i].document ? rows[i].document : START);
	}
}

static void a_document_stays_good_when_its_last_element_goes(void)
{
	CLEANUP(document_world_finish) struct document_world world;
	struct edit_outcome outcome;
	CHECK_NUMBER(document_world_open(&world, "<root xmlns='urn:test'><a/></root>", "root/*", ""), 0);
	selector_delete(&world.selector, &world.tree, &outcome);
	CHECK_NUMBER(outcome.result, EDIT_DONE);
	CHECK_TEXT(document_world_write(&world), "<root xmlns=\"urn:test\"/>");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"each_delete_does_what_the_rfc_says", each_delete_does_what_the_rfc_says, TEST_PLAIN},
		{"a_document_stays_good_when_its_last_element_goes", a_document_stays_good_when_its_last_element_goes,
		 TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
