/* Lists that can be watched: finding and reading them. SPDX-License-Identifier: MIT */
#include "presence/lists.h"

#include "base/error.h"
#include "presence/lists_state.h"
#include "presence/rules.h"

#include <stdio.h>
#include <stdlib.h>

#define READ_MOST ((size_t)64 << 20)

struct lists *lists_create(struct events *events)
{
	struct lists *lists = calloc(1, sizeof *lists);
	if (!lists)
		return NULL;
	lists->events = events;
	list_init(&lists->refreshes);
	if (table_init(&lists->services) != 0 || table_init(&lists->service_owners) != 0 ||
	    table_init(&lists->phone_lists) != 0) {
		lists_destroy(lists);
		return NULL;
	}
	return lists;
}

void lists_destroy(struct lists *lists)
{
	if (!lists)
		return;
	lists_refresh_finish(lists);
	list_services_finish(lists);
	phone_lists_finish(lists);
	free(lists);
}

/* --- names -------------------------------------------------------------------------------------------------------- */

int list_name_make(struct arena *arena, enum list_kind kind, struct slice of, struct slice *name)
{
	char text[RESOURCE_NAME_MOST + 1];
	if (of.length + 2 > RESOURCE_NAME_MOST)
		return ERR_LIMIT;
	int length = snprintf(text, sizeof text, "%c:%.*s", (char)kind, SLICE_ARGS(of));
	return arena_copy(arena, slice_of(text, (size_t)length), name);
}

enum list_kind list_name_kind(struct slice name)
{
	if (name.length < 2)
		return LIST_NONE;
	switch (name.at[0]) {
	case LIST_CARRIED:
	case LIST_SERVICE:
	case LIST_BUDDIES:
	case LIST_PHONE:
		return (enum list_kind)name.at[0];
	default:
		return LIST_NONE;
	}
}

struct slice list_name_rest(struct slice name)
{
	return slice_from(name, name.length < 2 ? name.length : 2);
}

struct slice list_name_describe(struct slice name, char text[LIST_TEXT_SIZE])
{
	struct slice rest = list_name_rest(name);
	enum list_kind kind = list_name_kind(name);
	int length = kind == LIST_CARRIED ? snprintf(text, LIST_TEXT_SIZE, "list of its own")
					  : snprintf(text, LIST_TEXT_SIZE, "%s %.*s",
						     kind == LIST_BUDDIES ? "buddies of" : "list", SLICE_ARGS(rest));
	return slice_of(text, (size_t)length);
}

enum list_kind lists_find(const struct lists *lists, struct slice user, const struct account *asker)
{
	if (list_service_find(lists, user, account_user(asker)))
		return LIST_SERVICE;
	if (phone_list_find(lists, user))
		return LIST_PHONE;
	return slice_equal(user, slice_text(lists->events->options.lists.service)) ? LIST_BUDDIES : LIST_NONE;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

struct reading {
	struct lists *lists;
	lists_read_fn *done;
	void *arg;
	enum list_kind kind;
	uint16_t watcher_length, name_length;
	char texts[]; /* the watcher, the list's name without its kind */
};

static struct slice reading_watcher(const struct reading *reading)
{
	return slice_of(reading->texts, reading->watcher_length);
}

static struct slice reading_name(const struct reading *reading)
{
	return slice_of(reading->texts + reading->watcher_length, reading->name_length);
}

static int finish_flat(int result, const struct flat_list *list, struct list_definition **definition)
{
	if (result == 0)
		*definition = list_definition_create(list);
	return result == 0 && !*definition ? ERR_NO_MEMORY : result;
}

int lists_read_carried(struct lists *lists, struct slice document, struct list_definition **definition,
		       struct body_error *error)
{
	const struct document_reader nothing = {0};
	struct list_context context = {.domain = domain_name(lists->events->parts.domain),
				       .reader = &nothing,
				       .limits = &lists->events->options.lists.limits};
	struct arena arena;
	struct flat_list list;
	arena_init(&arena, NULL, READ_MOST);
	int result = flat_list_of_document(&arena, document, &context, &list, error);
	result = finish_flat(result, &list, definition);
	arena_finish(&arena);
	return result;
}

static int write_service_uri(const struct lists *lists, struct slice name, struct buffer *uri)
{
	buffer_text(uri, "sip:");
	sip_uri_escape_user(uri, name);
	buffer_byte(uri, '@');
	buffer_append(uri, domain_name(lists->events->parts.domain));
	return buffer_failed(uri) ? ERR_NO_MEMORY : 0;
}

/* The service's document is the watcher's own, or the global one. */
static int read_service(const struct reading *reading, struct arena *arena, struct list_context *context,
			struct flat_list *list, struct body_error *error)
{
	struct document_store *documents = reading->lists->events->parts.documents;
	const struct list_service_entry *service =
		list_service_find(reading->lists, reading_name(reading), reading_watcher(reading));
	if (!service)
		return ERR_NOT_FOUND;
	context->user = list_service_owner(service);
	const struct document *document =
		document_find(documents, context->user, SLICE("rls-services"), SLICE("index"));
	if (!document)
		return ERR_NOT_FOUND;
	struct buffer uri;
	buffer_init(&uri, 2048);
	int result = write_service_uri(reading->lists, reading_name(reading), &uri);
	if (result == 0)
		result = flat_list_of_service(arena, document->body, buffer_slice(&uri), context, list, error);
	buffer_finish(&uri);
	return result;
}

static int read_buddies(const struct reading *reading, struct arena *arena, struct list_context *context,
			struct flat_list *list, struct body_error *error)
{
	const struct document *document = document_find(reading->lists->events->parts.documents, context->user,
							SLICE("resource-lists"), SLICE("index"));
	*list = (struct flat_list){0};
	return document ? flat_list_of_document(arena, document->body, context, list, error) : 0;
}

static int read_documents(const struct reading *reading, struct list_definition **definition, struct body_error *error)
{
	struct lists *lists = reading->lists;
	struct document_reader reader = document_store_reader(lists->events->parts.documents);
	struct list_limits limits = lists->events->options.lists.limits;
	limits.xml = document_widest_limits; /* they were judged when they were written */
	struct list_context context = {.user = reading_watcher(reading),
				       .domain = domain_name(lists->events->parts.domain),
				       .reader = &reader,
				       .limits = &limits};
	struct arena arena;
	struct flat_list list;
	arena_init(&arena, NULL, READ_MOST);
	int result = reading->kind == LIST_SERVICE   ? read_service(reading, &arena, &context, &list, error)
		     : reading->kind == LIST_BUDDIES ? read_buddies(reading, &arena, &context, &list, error)
						     : ERR_NOT_FOUND; /* one that was carried is kept nowhere else */
	result = finish_flat(result, &list, definition);
	arena_finish(&arena);
	return result;
}

static void on_documents(void *arg, int result)
{
	struct reading *reading = arg;
	struct list_definition *definition = NULL;
	struct body_error error = {""};
	if (result == 0) {
		result = read_documents(reading, &definition, &error);
		documents_release(reading->lists->events->parts.documents, reading_watcher(reading));
	}
	reading->done(reading->arg, result, definition, error.sentence[0] ? error.sentence : error_text(result));
	free(reading);
}

static void read_phone_list(const struct lists *lists, struct slice name, lists_read_fn *done, void *arg)
{
	const struct phone_list *list = phone_list_find(lists, name);
	if (list)
		list_definition_hold(list->definition);
	done(arg, list ? 0 : ERR_NOT_FOUND, list ? list->definition : NULL, error_text(ERR_NOT_FOUND));
}

void lists_read(struct lists *lists, struct slice name, struct slice watcher, lists_read_fn *done, void *arg)
{
	struct slice rest = list_name_rest(name);
	if (list_name_kind(name) == LIST_PHONE) {
		read_phone_list(lists, rest, done, arg);
		return;
	}
	struct reading *reading = malloc(sizeof *reading + watcher.length + rest.length);
	if (!reading) {
		done(arg, ERR_NO_MEMORY, NULL, error_text(ERR_NO_MEMORY));
		return;
	}
	*reading = (struct reading){.lists = lists,
				    .done = done,
				    .arg = arg,
				    .kind = list_name_kind(name),
				    .watcher_length = (uint16_t)watcher.length,
				    .name_length = (uint16_t)rest.length};
	memcpy(reading->texts, watcher.at, watcher.length);
	if (rest.length > 0)
		memcpy(reading->texts + watcher.length, rest.at, rest.length);
	documents_hold(lists->events->parts.documents, watcher, on_documents, reading);
}

int events_listen_to_documents(struct events *events)
{
	struct document_store *documents = events->parts.documents;
	const struct document_claims claims = lists_claims(events->lists);
	document_store_on_claims(documents, &claims);
	int result = document_store_listen(documents, rules_document_changed, events);
	return result == 0 ? document_store_listen(documents, lists_document_changed, events->lists) : result;
}

int events_set_phone_lists(struct events *events, const struct phone_list_row *entries, size_t count)
{
	return lists_set_phone_lists(events->lists, entries, count);
}
