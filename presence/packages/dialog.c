/* dialog (RFC 4235): the calls of a user, as his phones and PBXes publish them. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/dialog_info.h"
#include "presence/people_state.h"
#include "sip/status.h"

static unsigned judge(void *arg, const struct published *published, struct body_error *error)
{
	struct arena arena;
	struct dialog_info info;
	(void)arg;
	arena_init(&arena, NULL, PEOPLE_DOCUMENT_MOST);
	int result = dialog_info_parse(&arena, published->body, &people_xml_limits, &info, error);
	arena_finish(&arena);
	return people_judged(result, error);
}

/* What `kept` becomes by the change; the trees are in `scratch`. Nothing is written where the body is no change, or
 * what was kept cannot be read any more: then the body is all there is. */
static int merge_into(struct arena *scratch, const struct published *published, struct buffer *whole)
{
	struct dialog_info kept, change, merged, read;
	struct body_error error;
	int result = dialog_info_parse(scratch, published->body, &people_xml_limits, &change, &error);
	if (result == 0 && !change.is_partial)
		return 0;
	if (result == 0)
		result = dialog_info_parse(scratch, published->kept, &people_xml_limits, &kept, &error);
	if (result != 0)
		return result == ERR_NO_MEMORY ? result : 0;
	result = dialog_info_merge(scratch, &kept, &change, &merged);
	if (result != 0)
		return result;
	dialog_info_write_full(whole, &merged);
	if (buffer_failed(whole))
		return ERR_NO_MEMORY;
	/* Each was within the limits; both together need not be. */
	return dialog_info_parse(scratch, buffer_slice(whole), &people_xml_limits, &read, &error);
}

/* RFC 4235 §4.3: a partial document changes the dialogs that it names. */
static unsigned merge(void *arg, const struct published *published, struct slice *whole, struct body_error *error)
{
	struct arena scratch;
	struct buffer buffer;
	(void)arg;
	arena_init(&scratch, NULL, 3 * PEOPLE_DOCUMENT_MOST);
	buffer_init(&buffer, people_xml_limits.bytes);
	int result = merge_into(&scratch, published, &buffer);
	if (result == 0 && buffer.length > 0)
		result = arena_copy(published->arena, buffer_slice(&buffer), whole);
	buffer_finish(&buffer);
	arena_finish(&scratch);
	if (result == 0)
		return 0;
	body_complain(error, "The dialogs published before and these cannot be kept together: %s", error_text(result));
	return result == ERR_NO_MEMORY ? SIP_INTERNAL_ERROR : SIP_ENTITY_TOO_LARGE;
}

/* ERR_NO_MEMORY. */
static int read_documents(const struct people *people, const struct resource *resource, const struct account *account,
			  struct arena *arena, struct dialog_info **documents, size_t *count)
{
	size_t most = 0;
	const struct publication *publication = NULL;
	while ((publication = people_next_counted(people, resource, account, publication)))
		most++;
	*count = 0;
	*documents = arena_allocate_zeroed(arena, most + 1, sizeof **documents);
	if (!*documents)
		return ERR_NO_MEMORY;
	while ((publication = people_next_counted(people, resource, account, publication))) {
		struct body_error error;
		int result = dialog_info_parse(arena, publication_body(publication), &people_xml_limits,
					       &(*documents)[*count], &error);
		if (result == ERR_NO_MEMORY)
			return result;
		*count += result == 0;
	}
	return 0;
}

static int read_state(const struct people *people, struct slice user, const struct resource *resource,
		      struct arena *arena, struct dialog_info *state)
{
	struct dialog_info *documents;
	size_t count;
	int result = read_documents(people, resource, people_account(people, user), arena, &documents, &count);
	return result == 0 ? dialog_info_compose(arena, documents, count, state) : result;
}

int people_read_call(const struct people *people, struct slice user, struct arena *arena, bool *is_in_call)
{
	const struct resource *resource = resource_find(people->events, dialog_package.name, user);
	struct dialog_info state;
	*is_in_call = false;
	if (!resource)
		return 0;
	int result = read_state(people, user, resource, arena, &state);
	if (result == 0)
		*is_in_call = dialog_info_has_call(&state);
	return result;
}

static int compose(void *arg, const struct resource *resource, struct arena *arena, const void **state)
{
	struct people *people = arg;
	struct slice user = resource_name(resource);
	struct dialog_info *composed = arena_allocate_zeroed(arena, 1, sizeof *composed);
	struct person *person = people_get(people, user);
	if (!composed || !person)
		return ERR_NO_MEMORY;
	person->is_dialog_composed = true;
	person->dialog_digest = people_digest(people, resource, people_account(people, user), false);
	people_schedule(person);
	int result = read_state(people, user, resource, arena, composed);
	if (result == 0)
		*state = composed;
	return result;
}

/* Who is blocked politely sees somebody who makes no calls. */
static int compose_polite(void *arg, struct arena *arena, const void **state)
{
	(void)arg;
	struct dialog_info *nothing = arena_allocate_zeroed(arena, 1, sizeof *nothing);
	*state = nothing;
	return nothing ? 0 : ERR_NO_MEMORY;
}

static const struct body_format *const formats[] = {&dialog_info_format, NULL};
static const char *const accepts[] = {"application/dialog-info+xml", NULL};

const struct event_package dialog_package = {
	.name = "dialog",
	.formats = formats,
	.accepts = accepts,
	.rules = "dialog",
	.winfo = "dialog.winfo",
	.compose = compose,
	.compose_polite = compose_polite,
	.judge = judge,
	.merge = merge,
	.on_published = people_on_dialogs,
	.on_watched = people_on_watched,
};
