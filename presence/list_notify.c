/* Telling a list (RFC 4662).
 *
 * The first NOTIFY names every entry (fullState), and has the states of as many as fit; the others follow at once, one
 * NOTIFY after the other. Where not even the names fit, or the phone takes a few entries at a time, each NOTIFY names
 * those that it tells: entries that the watcher has not seen before are new to him (§5.2).
 * SPDX-License-Identifier: MIT */
#include "presence/list_notify.h"

#include "base/fnv.h"
#include "base/random.h"
#include "bodies/multipart.h"
#include "bodies/rlmi.h"
#include "presence/list_watches.h"
#include "presence/shared_body.h"
#include "sip/values.h"

#include <inttypes.h>
#include <stdio.h>

/* About what an entry takes in the meta-information beside its URI and name, and a part beside its body. */
enum { RESOURCE_BYTES = 140, PART_BYTES = 160 };

/* Of identifiers: a Content-ID is the entry's number, the list's version, and the subscription's number. */
enum { INSTANCE_ID_LENGTH = 8, ID_END_SIZE = 48, CONTENT_ID_SIZE = ID_END_SIZE + 10 };

/* A datagram ends at 64 KB, and a connection is closed that leaves too much unread (limits.send_queue_bytes). */
enum { FETCH_UDP_BYTES = 56 * 1024, FETCH_BYTES = 512 * 1024 };

/* An entry that is told in this NOTIFY: its state, or none. */
struct told_entry {
	struct watch *watch;
	struct shared_body *body; /* held: a long list writes more bodies than are kept */
};

struct writing {
	struct subscription *subscription;
	struct list_watches *list;
	struct buffer *buffer;
	struct slice version;
	char id_end[ID_END_SIZE]; /* what all Content-IDs of this NOTIFY end with */
	size_t id_end_length;
	struct told_entry *told;
	unsigned told_count;
	unsigned entries_most;
	size_t bytes, bytes_most;
	bool is_full, names_all;
	bool is_incomplete;
};

static const struct flat_entry *entry_of(const struct writing *writing, const struct watch *watch)
{
	return &writing->list->definition->entries[watch - writing->list->watches];
}

static size_t resource_bytes(const struct flat_entry *entry)
{
	return RESOURCE_BYTES + entry->uri.length + entry->name.length;
}

/* --- what is told ------------------------------------------------------------------------------------------------- */

static void read_limits(struct writing *writing)
{
	const struct subscription *subscription = writing->subscription;
	const struct lists_options *options = &subscription->events->options.lists;
	const struct profile *profile = subscription->profile;
	bool is_udp = subscription->flow.transport == TRANSPORT_UDP;
	/* That of a fetch has all of it, as far as it can be sent: no other one follows. */
	bool is_fetch = subscription->state == SUBSCRIPTION_ENDING && subscription->granted_s == 0;
	writing->entries_most = UINT32_MAX;
	if (is_fetch) {
		writing->bytes_most = is_udp ? FETCH_UDP_BYTES : FETCH_BYTES;
	} else {
		writing->bytes_most = is_udp ? options->udp_bytes : options->bytes;
		if (profile->list_bytes > 0 && profile->list_bytes < writing->bytes_most)
			writing->bytes_most = profile->list_bytes;
		if (profile->list_entries > 0)
			writing->entries_most = profile->list_entries;
	}
	if (!writing->is_full || writing->entries_most != UINT32_MAX)
		return;
	size_t names = 0;
	for (unsigned i = 0; i < writing->list->definition->count; i++)
		names += resource_bytes(&writing->list->definition->entries[i]);
	writing->names_all = names <= writing->bytes_most / 2;
	if (writing->names_all)
		writing->bytes = names;
}

static void settle(struct writing *writing, struct watch *watch)
{
	watch->is_due = false;
	writing->list->due_count--;
}

/* What the tag stands for where no state is told, so that another reason is news, and the same one is not. */
static uint64_t tag_of(const struct watch *watch, const struct shared_body *body)
{
	if (body)
		return body->tag;
	return !watch->resource                        ? 1
	       : watch->resource->user == USER_UNKNOWN ? 2
	       : watch->handling == WATCH_CONFIRM      ? 3
						       : 4;
}

/* False: it does not fit any more. */
static bool take(struct writing *writing, struct watch *watch)
{
	bool shows_state = watch_shows_state(watch), is_partial = !writing->is_full && !writing->list->is_begun;
	struct shared_body *body = shows_state ? shared_body_get(watch) : NULL;
	uint64_t tag = tag_of(watch, body);
	if (shows_state && !body) {
		writing->is_incomplete = true; /* it is due still */
		return true;
	}
	/* Nobody is told what he knows, or what he has called not worth it. */
	if (is_partial && (body ? !shared_body_is_news(watch, body) : tag == watch->told_tag)) {
		watch_remember(watch, body && body->whole ? body : NULL);
		settle(writing, watch);
		return true;
	}
	size_t bytes = (writing->names_all ? 0 : resource_bytes(entry_of(writing, watch))) +
		       (body ? PART_BYTES + body->length : 0);
	if ((writing->told_count > 0 || writing->names_all) &&
	    (writing->told_count >= writing->entries_most || writing->bytes + bytes > writing->bytes_most))
		return false;
	writing->bytes += bytes;
	if (body)
		shared_body_hold(body);
	writing->told[writing->told_count++] = (struct told_entry){watch, body};
	watch->told_tag = tag;
	watch_remember(watch, body && body->whole ? body : NULL);
	settle(writing, watch);
	return true;
}

/* From where the last one ended, and round, so that none is always last. */
static void choose(struct writing *writing)
{
	struct list_watches *list = writing->list;
	unsigned count = list->definition->count;
	for (unsigned step = 0; step < count && list->due_count > 0; step++) {
		unsigned index = (list->next + step) % count;
		if (list->watches[index].is_due && !take(writing, &list->watches[index])) {
			list->next = index;
			return;
		}
	}
	list->next = 0;
	list->is_begun = false;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

/* Both identifiers are written by hand: they would be a tenth of what an entry costs. */

static void write_id_end(struct writing *writing)
{
	int length = snprintf(writing->id_end, sizeof writing->id_end, ".%.*s.%" PRIx64 "@heliograph",
			      SLICE_ARGS(writing->version), (uint64_t)writing->subscription->id);
	writing->id_end_length = (size_t)length;
}

static struct slice write_content_id(const struct writing *writing, const struct watch *watch,
				     char text[CONTENT_ID_SIZE])
{
	char *end = text + CONTENT_ID_SIZE, *at = end - writing->id_end_length;
	memcpy(at, writing->id_end, writing->id_end_length);
	for (size_t number = (size_t)(watch - writing->list->watches) + 1; number > 0; number /= 10)
		*--at = (char)('0' + number % 10);
	return slice_of(at, (size_t)(end - at));
}

static struct slice write_instance_id(struct slice uri, char text[INSTANCE_ID_LENGTH])
{
	uint32_t tag = (uint32_t)fnv_tag(uri);
	for (size_t i = INSTANCE_ID_LENGTH; i-- > 0; tag >>= 4)
		text[i] = "0123456789abcdef"[tag & 15];
	return slice_of(text, INSTANCE_ID_LENGTH);
}

static void write_resource(const struct writing *writing, const struct watch *watch, bool is_told, bool has_part)
{
	char content_id[CONTENT_ID_SIZE], instance[INSTANCE_ID_LENGTH];
	const struct flat_entry *entry = entry_of(writing, watch);
	struct rlmi_resource resource = {.uri = entry->uri, .name = entry->name};
	if (is_told) {
		resource.instance_id = write_instance_id(entry->uri, instance);
		if (!watch->resource || watch->resource->user == USER_UNKNOWN) {
			/* Who is elsewhere cannot be asked, and whom we do not know is not there. */
			resource.state = RLMI_TERMINATED;
			resource.reason = watch->resource ? "noresource" : "giveup";
		} else if (watch->handling == WATCH_BLOCK) {
			resource.state = RLMI_TERMINATED;
			resource.reason = "rejected";
		} else if (watch->handling == WATCH_CONFIRM) {
			resource.state = RLMI_PENDING;
		}
		if (has_part)
			resource.content_id = write_content_id(writing, watch, content_id);
	}
	rlmi_write(writing->buffer, &resource);
}

static void write_resources(const struct writing *writing)
{
	const struct list_watches *list = writing->list;
	if (!writing->names_all) {
		for (unsigned i = 0; i < writing->told_count; i++)
			write_resource(writing, writing->told[i].watch, true, writing->told[i].body);
		return;
	}
	/* What is told stands in the order of the list, so one walk finds it. */
	unsigned told = 0;
	for (unsigned i = 0; i < list->definition->count; i++) {
		const struct watch *watch = &list->watches[i];
		bool is_told = told < writing->told_count && writing->told[told].watch == watch;
		write_resource(writing, watch, is_told, is_told && writing->told[told].body);
		told += is_told;
	}
}

static struct slice list_uri(const struct subscription *subscription)
{
	struct sip_name_address address;
	struct slice local = dialog_text(&subscription->dialog, DIALOG_LOCAL);
	return sip_name_address_parse(local, &address) == 0 ? address.uri_text : local;
}

/* A part of the body begins, as this client finds it. */
static void begin_part(const struct writing *writing, struct slice boundary, struct slice content_id,
		       struct slice content_type)
{
	if (writing->subscription->profile->linphone_lists)
		multipart_part_bare(writing->buffer, boundary, content_id, content_type);
	else
		multipart_part(writing->buffer, boundary, content_id, content_type);
}

static void write_all(struct writing *writing, const char *boundary_text)
{
	struct slice boundary = slice_text(boundary_text);
	char content_id[CONTENT_ID_SIZE];
	struct rlmi_list list = {
		.uri = list_uri(writing->subscription), .version = writing->version, .is_full = writing->is_full};
	write_id_end(writing);
	begin_part(writing, boundary, SLICE(LIST_ROOT_ID), SLICE("application/rlmi+xml"));
	rlmi_begin(writing->buffer, &list);
	write_resources(writing);
	rlmi_end(writing->buffer);
	for (unsigned i = 0; i < writing->told_count; i++) {
		const struct told_entry *told = &writing->told[i];
		if (!told->body)
			continue;
		begin_part(writing, boundary, write_content_id(writing, told->watch, content_id),
			   slice_text(told->body->format->media_type));
		shared_body_write(writing->buffer, told->body, writing->version);
	}
	multipart_end(writing->buffer, boundary);
}

bool list_notify_write(struct subscription *subscription, struct slice version, struct buffer *buffer,
		       struct list_body *body)
{
	bool is_full = subscription->wants_full;
	struct list_watches *list = subscription->list;
	struct arena arena;
	arena_init(&arena, &subscription->events->arenas, 16u << 20);
	struct writing writing = {.subscription = subscription,
				  .list = list,
				  .buffer = buffer,
				  .version = version,
				  .is_full = is_full,
				  .told = arena_allocate(&arena, (list->definition->count + 1) * sizeof *writing.told)};
	bool is_written = writing.told != NULL;
	if (is_written) {
		if (is_full) {
			list_watches_all_due(list);
			list->is_begun = true;
		}
		read_limits(&writing);
		choose(&writing);
		random_token(body->boundary, sizeof body->boundary - 1);
		body->is_incomplete = writing.is_incomplete;
		body->is_written = is_full || subscription->is_periodic || writing.told_count > 0;
		if (body->is_written)
			write_all(&writing, body->boundary);
		is_written = !buffer_failed(buffer);
		for (unsigned i = 0; i < writing.told_count; i++)
			shared_body_release(writing.told[i].body);
	}
	arena_finish(&arena);
	return is_written;
}
