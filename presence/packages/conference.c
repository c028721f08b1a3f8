/* conference (RFC 4575): who takes part in a conference, as its focus publishes it.
 *
 * The focus is a server of its own, at a trusted address (then its conferences need not be accounts), or a user, for
 * himself. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/conference_info.h"
#include "core/domain.h"
#include "presence/people_state.h"
#include "sip/status.h"

/* --- what a URI names --------------------------------------------------------------------------------------------- */

/* RFC 4575 §3.5: a conference is watched, and published, by its URI. Who is trusted makes it by publishing; anybody
 * else finds it there, or an account. */
static unsigned resolve(void *arg, struct arena *arena, const struct sip_uri *uri, const struct account *asker,
			struct event_target *target, const char **sentence)
{
	const struct people *people = arg;
	int result = domain_user(people->parts->domain, arena, uri, &target->name);
	const struct resource *room =
		result == 0 ? resource_find(people->events, conference_package.name, target->name) : NULL;
	target->needs_account = asker && !(room && publication_next(room, NULL));
	if (result == 0 && target->name.length <= RESOURCE_NAME_MOST)
		return 0;
	*sentence = result == ERR_NO_MEMORY ? error_text(result) : "There is no such conference";
	return result == ERR_NO_MEMORY ? SIP_INTERNAL_ERROR : SIP_NOT_FOUND;
}

/* --- what is published -------------------------------------------------------------------------------------------- */

static unsigned judge(void *arg, const struct published *published, struct body_error *error)
{
	struct arena arena;
	struct conference_info info;
	(void)arg;
	arena_init(&arena, NULL, PEOPLE_DOCUMENT_MOST);
	int result = conference_info_parse(&arena, published->body, &people_xml_limits, &info, error);
	arena_finish(&arena);
	return people_judged(result, error);
}

/* What `kept` becomes by the change; the trees are in `scratch`. Nothing is written where the body is no change, or
 * what was kept cannot be read any more: then the body is all there is. */
static int merge_into(struct arena *scratch, const struct published *published, struct buffer *whole)
{
	struct conference_info kept, change, merged, read;
	struct body_error error;
	int result = conference_info_parse(scratch, published->body, &people_xml_limits, &change, &error);
	if (result == 0 && !change.is_partial)
		return 0;
	if (result == 0)
		result = conference_info_parse(scratch, published->kept, &people_xml_limits, &kept, &error);
	if (result != 0)
		return result == ERR_NO_MEMORY ? result : 0;
	result = conference_info_merge(scratch, &kept, &change, &merged);
	if (result != 0)
		return result;
	conference_info_write_full(whole, &merged);
	if (buffer_failed(whole))
		return ERR_NO_MEMORY;
	/* Each was within the limits; both together need not be. */
	return conference_info_parse(scratch, buffer_slice(whole), &people_xml_limits, &read, &error);
}

/* RFC 4575 §4.6: a partial document changes the elements that it names. */
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
	body_complain(error, "What was published before and this cannot be kept together: %s", error_text(result));
	return result == ERR_NO_MEMORY ? SIP_INTERNAL_ERROR : SIP_ENTITY_TOO_LARGE;
}

/* --- what it shows ------------------------------------------------------------------------------------------------ */

static const struct publication *newest(const struct resource *resource)
{
	const struct publication *newest = NULL, *each = NULL;
	while ((each = publication_next(resource, each)))
		newest = each;
	return newest;
}

/* A conference has one focus, so the newest publication is the state: two of them do not make a conference of both. */
static int compose(void *arg, const struct resource *resource, struct arena *arena, const void **state)
{
	struct conference_info *info = arena_allocate_zeroed(arena, 1, sizeof *info);
	const struct publication *publication = newest(resource);
	struct body_error error;
	(void)arg;
	if (!info)
		return ERR_NO_MEMORY;
	*state = info;
	if (!publication)
		return 0;
	int result = conference_info_parse(arena, publication_body(publication), &people_xml_limits, info, &error);
	/* As a whole: the first that was published may call itself partial, or have parts that do. */
	if (result == 0)
		result = conference_info_merge(arena, &(struct conference_info){.is_deleted = true}, info, info);
	return result == ERR_NO_MEMORY ? result : 0;
}

static const struct body_format *const formats[] = {&conference_info_format, NULL};
static const char *const accepts[] = {"application/conference-info+xml", NULL};

const struct event_package conference_package = {
	.name = "conference",
	.formats = formats,
	.accepts = accepts,
	.resolve = resolve,
	.compose = compose,
	.judge = judge,
	.merge = merge,
};
