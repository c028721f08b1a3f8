/* Lists from outside: the input is the body of a SUBSCRIBE and at the same time alice's document "index", which other
 * documents refer to and which may refer to them. What comes of it is within the limits and has nobody twice; as
 * services, it must not do more than be refused. SPDX-License-Identifier: MIT */
#include "documents/flat_list.h"

#include "base/error.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SPACE "xmlns=\"urn:ietf:params:xml:ns:resource-lists\""
#define ALICE "https://example.test/xcap/resource-lists/users/sip:alice@example.test/"

enum { ENTRIES_MOST = 20 };

static const struct {
	const char *user, *name, *text;
} documents[] = {
	{"alice", "friends",
	 "<resource-lists " SPACE "><list name=\"a\"><entry uri=\"sip:a@example.test\"/><external anchor=\"" ALICE
	 "index\"/></list><list name=\"b\"><entry uri=\"sip:b@example.test\"/><entry-ref "
	 "ref=\"resource-lists/users/alice/"
	 "index/~~/resource-lists/list[1]/entry[1]\"/></list></resource-lists>"},
	{"alice", "loop",
	 "<resource-lists " SPACE "><list><list><external anchor=\"" ALICE
	 "loop/~~/resource-lists/list\"/></list></list></resource-lists>"},
	{"", "index", "<resource-lists " SPACE "><list><entry uri=\"sip:boss@example.test\"/></list></resource-lists>"},
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool find(void *arg, struct slice user, struct slice application, struct slice name, struct slice *body)
{
	require(slice_is_empty(user) || slice_equal(user, SLICE("alice")));
	require(slice_equal(application, SLICE("resource-lists")) && !slice_is_empty(name));
	if (slice_equal(user, SLICE("alice")) && slice_equal(name, SLICE("index"))) {
		*body = *(const struct slice *)arg;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		if (slice_equal(user, slice_text(documents[i].user)) &&
		    slice_equal(name, slice_text(documents[i].name))) {
			*body = slice_text(documents[i].text);
			return true;
		}
	}
	return false;
}

static void require_sound(const struct flat_list *list)
{
	require(list->count <= ENTRIES_MOST);
	for (size_t i = 0; i < list->count; i++) {
		require(!slice_is_empty(list->entries[i].uri));
		for (size_t n = 0; n < i; n++)
			require(!slice_equal(list->entries[i].uri, list->entries[n].uri));
	}
}

static void require_answer(int result, const struct flat_list *list, const struct body_error *error)
{
	if (result == 0)
		require_sound(list);
	else
		require((result == ERR_SYNTAX || result == ERR_LIMIT || result == ERR_NOT_FOUND) && error->sentence[0]);
}

struct services {
	struct slice document;
	const struct list_context *context;
};

static void on_service(void *arg, const struct list_service *service)
{
	const struct services *services = arg;
	struct arena arena;
	struct flat_list list;
	struct body_error error = {""};
	arena_init(&arena, NULL, 1 << 24);
	int result = flat_list_of_service(&arena, services->document, service->uri, services->context, &list, &error);
	require(result != ERR_NOT_FOUND);
	require_answer(result, &list, &error);
	arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct list_limits limits = {
		.entries = ENTRIES_MOST, .depth = 6, .xml = {.bytes = 65536, .depth = 16, .nodes = 500}};
	struct slice document = slice_of((const char *)data, size);
	struct document_reader reader = {.arg = &document, .find = find};
	struct list_context context = {.user = SLICE("alice"),
				       .domain = SLICE("example.test"),
				       .root = SLICE("https://example.test/xcap/"),
				       .reader = &reader,
				       .limits = &limits};
	struct services services = {document, &context};
	struct arena arena;
	struct flat_list list;
	struct body_error error = {""};
	arena_init(&arena, NULL, 1 << 24);
	int result = flat_list_of_document(&arena, document, &context, &list, &error);
	require(result != ERR_NOT_FOUND);
	require_answer(result, &list, &error);
	require_answer(list_services_read(document, &limits.xml, on_service, &services, &error),
		       &(struct flat_list){NULL, 0}, &error);
	arena_finish(&arena);
	return 0;
}
