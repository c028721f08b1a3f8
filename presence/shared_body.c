/* Bodies, shared. SPDX-License-Identifier: MIT */
#include "presence/shared_body.h"

#include "base/deflate.h"
#include "base/error.h"
#include "base/fnv.h"
#include "bodies/filter.h"
#include "presence/view.h"

#include <stdlib.h>
#include <string.h>

/* So many bytes of written bodies are kept. To compose somebody's state again costs ten times what it costs to tell it
 * once more, and who is on one list is on others. */
enum { CACHED_BYTES_MOST = 16 << 20 };

#define STATE_MOST (16u << 20)

/* A body written by ourselves: what stands in it was within limits when it came. */
static const struct xml_limits own_limits = {.bytes = 4u << 20, .depth = 64, .nodes = 1u << 20};

/* For whom it is written. */
struct body_key {
	const struct body_format *format;
	struct view *view;
	struct slice account;
	unsigned style;
	bool is_polite;
};

/* --- lifetimes ---------------------------------------------------------------------------------------------------- */

void shared_body_hold(struct shared_body *body)
{
	body->holders++;
}

static void release_all(struct shared_body *body)
{
	while (body) {
		struct shared_body *next = body->next;
		shared_body_release(body);
		body = next;
	}
}

void shared_body_release(struct shared_body *body)
{
	if (!body || --body->holders > 0)
		return;
	release_all(body->changes);
	shared_body_release(body->whole);
	view_release(body->view);
	free(body->packed);
	free(body);
}

static size_t bytes_of(const struct shared_body *body)
{
	return sizeof *body + body->length + body->account_length;
}

void shared_bodies_forget(struct events *events, struct resource *resource)
{
	for (const struct shared_body *body = resource->bodies; body; body = body->next)
		events->cached_bytes -= bytes_of(body);
	release_all(resource->bodies);
	resource->bodies = NULL;
	list_remove(&resource->cached);
}

static void keep_cached(struct events *events, struct resource *resource, struct shared_body *body)
{
	body->next = resource->bodies;
	resource->bodies = body;
	events->cached_bytes += bytes_of(body);
	list_remove(&resource->cached);
	list_append(&events->cached, &resource->cached);
	while (events->cached_bytes > CACHED_BYTES_MOST && events->cached.next != &resource->cached)
		shared_bodies_forget(events, CONTAINER_OF(events->cached.next, struct resource, cached));
}

/* --- making ------------------------------------------------------------------------------------------------------- */

static struct slice account_of(const struct shared_body *body)
{
	return slice_of(body->bytes + body->length, body->account_length);
}

static bool has_key(const struct shared_body *body, const struct body_key *key)
{
	return body->format == key->format && body->view == key->view && body->style == key->style &&
	       body->is_polite == key->is_polite && slice_equal(account_of(body), key->account);
}

static struct shared_body *make(struct slice bytes, size_t version_at, const struct body_key *key)
{
	struct shared_body *body = malloc(sizeof *body + bytes.length + key->account.length);
	if (!body)
		return NULL;
	*body = (struct shared_body){
		.view = key->view,
		.format = key->format,
		.tag = fnv_tag(bytes), /* the same state has the same one after a restart, too (RFC 5839 §7.1) */
		.holders = 1,
		.style = key->style,
		.length = (uint32_t)bytes.length,
		.account_length = (uint32_t)key->account.length,
		.version_at = version_at == BODY_NO_VERSION ? SHARED_NO_VERSION : (uint32_t)version_at,
		.is_polite = key->is_polite,
	};
	view_hold(body->view);
	if (bytes.length > 0)
		memcpy(body->bytes, bytes.at, bytes.length);
	if (key->account.length > 0)
		memcpy(body->bytes + bytes.length, key->account.at, key->account.length);
	return body;
}

static struct body_target target_of(const struct watch *watch, const struct body_key *key)
{
	const struct events *events = watch->subscription->events;
	return (struct body_target){.user = resource_name(watch->resource),
				    .domain = domain_name(events->parts.domain),
				    .style = key->style,
				    .message_account = key->account};
}

/* The state as it may be seen. ERR_NO_MEMORY. */
static int compose(const struct watch *watch, const struct body_key *key, struct arena *arena, const void **state)
{
	struct events *events = watch->subscription->events;
	const struct package_row *row = events_row(events, watch->resource);
	struct view_texts texts = view_texts(key->view);
	struct event_view view = {texts.permissions, texts.selection};
	if (key->is_polite)
		return row->package->compose_polite(row->arg, arena, state);
	int result = row->package->compose(row->arg, watch->resource, arena, state);
	bool is_cut = row->package->cut && (view.permissions.length > 0 || view.selection.length > 0);
	return result == 0 && is_cut ? row->package->cut(row->arg, arena, *state, &view, state) : result;
}

static struct shared_body *write_whole(const struct watch *watch, const struct body_key *key, struct arena *arena)
{
	struct events *events = watch->subscription->events;
	const void *state;
	if (compose(watch, key, arena, &state) != 0)
		return NULL;
	struct body_target target = target_of(watch, key);
	struct body_output output = {&events->body, BODY_NO_VERSION};
	buffer_clear(&events->body);
	key->format->write(state, &target, &output);
	events->counters.composed++;
	return buffer_failed(&events->body) ? NULL : make(buffer_slice(&events->body), output.version_at, key);
}

static struct shared_body *get(const struct watch *watch, const struct body_key *key, struct arena *arena);

static struct filter_question question_of(const struct watch *watch)
{
	struct events *events = watch->subscription->events;
	return (struct filter_question){.package = slice_text(resource_package(events, watch->resource)->name),
					.user = resource_name(watch->resource),
					.domain = domain_name(events->parts.domain),
					.limits = &own_limits};
}

/* What the filters leave of what is seen without them. */
static struct shared_body *write_filtered(const struct watch *watch, const struct body_key *key, struct arena *arena)
{
	struct events *events = watch->subscription->events;
	struct view_texts texts = view_texts(key->view);
	struct body_key unfiltered = *key;
	struct filter_question question = question_of(watch);
	if (view_get(events, &(struct view_texts){.permissions = texts.permissions, .selection = texts.selection},
		     &unfiltered.view) != 0)
		return NULL;
	struct shared_body *whole = get(watch, &unfiltered, arena), *filtered = NULL;
	if (whole) {
		size_t version_at = whole->version_at == SHARED_NO_VERSION ? BODY_NO_VERSION : whole->version_at;
		size_t filtered_at = version_at;
		struct slice bytes = shared_body_bytes(whole);
		buffer_clear(&events->filtered);
		int result = filter_apply(texts.filters, &question, bytes, &events->filtered, &filtered_at);
		if (result == 0 && !buffer_failed(&events->filtered))
			filtered = make(buffer_slice(&events->filtered), filtered_at, key);
		else if (result == ERR_SYNTAX || result == ERR_UNSUPPORTED ||
			 result == ERR_LIMIT) /* no XML (XPIDF has a DOCTYPE): all of it */
			filtered = make(bytes, version_at, key);
	}
	if (filtered) {
		filtered->whole = whole;
		shared_body_hold(whole);
	}
	view_release(unfiltered.view);
	return filtered;
}

static struct shared_body *get(const struct watch *watch, const struct body_key *key, struct arena *arena)
{
	struct resource *resource = watch->resource;
	for (struct shared_body *body = resource->bodies; body; body = body->next)
		if (has_key(body, key))
			return body;
	struct shared_body *body = slice_is_empty(view_texts(key->view).filters) ? write_whole(watch, key, arena)
										 : write_filtered(watch, key, arena);
	if (body)
		keep_cached(watch->subscription->events, resource, body);
	return body;
}

static struct body_key key_of(const struct watch *watch, struct arena *arena)
{
	const struct subscription *subscription = watch->subscription;
	const struct package_row *row = events_row(subscription->events, watch->resource);
	struct body_key key = {.format = row->package->formats[subscription->format],
			       .view = watch->view,
			       .style = subscription->profile->style,
			       .is_polite = watch->handling == WATCH_POLITE_BLOCK};
	if (row->package->message_account)
		key.account = row->package->message_account(row->arg, watch->resource, subscription->watcher,
							    subscription->profile, arena);
	return key;
}

struct shared_body *shared_body_get(const struct watch *watch)
{
	struct arena arena;
	arena_init(&arena, &watch->subscription->events->arenas, STATE_MOST);
	struct body_key key = key_of(watch, &arena);
	struct shared_body *body = get(watch, &key, &arena);
	arena_finish(&arena);
	return body;
}

/* --- what has changed --------------------------------------------------------------------------------------------- */

struct shared_body *shared_body_change(const struct watch *watch, const struct shared_body *before,
				       struct shared_body *after)
{
	struct events *events = watch->subscription->events;
	struct body_key key = {
		.format = after->format, .view = after->view, .style = after->style, .is_polite = after->is_polite};
	if (!key.format->write_change || before->view != after->view || before->is_polite != after->is_polite)
		return NULL;
	for (struct shared_body *change = after->changes; change; change = change->next)
		if (change->from_tag == before->tag)
			return change->length > 0 ? change : NULL;
	struct body_target target = target_of(watch, &key);
	struct body_output output = {&events->body, BODY_NO_VERSION};
	buffer_clear(&events->body);
	bool is_told = key.format->write_change(shared_body_bytes(before), shared_body_bytes(after), &target, &output);
	struct slice bytes = is_told && !buffer_failed(&events->body) ? buffer_slice(&events->body) : SLICE("");
	struct shared_body *change = make(bytes, output.version_at, &key);
	if (!change)
		return NULL;
	change->tag = after->tag;
	change->from_tag = before->tag;
	change->next = after->changes;
	after->changes = change;
	return change->length > 0 ? change : NULL; /* an empty one remembers that it is not worth it */
}

bool shared_body_is_news(const struct watch *watch, const struct shared_body *body)
{
	const struct shared_body *told = watch->told;
	struct filter_question question = question_of(watch);
	struct slice filters = view_texts(watch->view).filters;
	if (!body->whole || !told || !told->whole || !filter_has_trigger(filters, &question))
		return body->tag != watch->told_tag;
	return told->whole->tag != body->whole->tag &&
	       filter_is_triggered(filters, &question, shared_body_bytes(told->whole), shared_body_bytes(body->whole));
}

/* --- as it is sent ------------------------------------------------------------------------------------------------ */

void shared_body_write(struct buffer *buffer, const struct shared_body *body, struct slice version)
{
	struct slice bytes = shared_body_bytes(body);
	if (body->version_at == SHARED_NO_VERSION) {
		buffer_append(buffer, bytes);
		return;
	}
	buffer_append(buffer, slice_of(bytes.at, body->version_at));
	buffer_append(buffer, version);
	buffer_append(buffer, slice_from(bytes, body->version_at));
}

struct slice shared_body_packed(struct events *events, struct shared_body *body)
{
	if (body->version_at != SHARED_NO_VERSION)
		return SLICE("");
	if (!body->packed) {
		buffer_clear(&events->packed);
		if (deflate_pack(shared_body_bytes(body), &events->packed) != 0 ||
		    events->packed.length >= body->length)
			return SLICE("");
		body->packed = malloc(events->packed.length);
		if (!body->packed)
			return SLICE("");
		memcpy(body->packed, events->packed.data, events->packed.length);
		body->packed_length = (uint32_t)events->packed.length;
	}
	return slice_of(body->packed, body->packed_length);
}
