/* PUBLISH (RFC 3903 §6): the questions in their order, each a function that answers the request and returns false where
 * it says no. SPDX-License-Identifier: MIT */
#include "presence/publication.h"

#include "base/error.h"
#include "presence/publisher.h"
#include "sip/write.h"

/* A PUBLISH from its reading to its answer; lives in the request's arena. */
struct publishing {
	struct publication_change change;
	struct events *events;
	struct request *request;
	const struct package_row *row;
	struct resource *resource; /* of the publication; its first one's after begin */
	struct event_target target;
	struct published published; /* what the package makes of it */
	struct entity_tag tag;      /* of SIP-If-Match */
	bool has_tag;
	uint32_t expires_s; /* granted */
};

/* --- refusing ----------------------------------------------------------------------------------------------------- */

static bool refuse_with(struct publishing *publishing, unsigned status, struct buffer *headers, const char *sentence)
{
	struct slice lines = buffer_failed(headers) ? SLICE("") : buffer_slice(headers);
	publishing->events->counters.publications_refused++;
	request_refuse_with(publishing->request, status, lines, "%s", sentence);
	buffer_finish(headers);
	return false;
}

static bool refuse(struct publishing *publishing, unsigned status, const char *sentence)
{
	struct buffer none;
	buffer_init(&none, 0);
	return refuse_with(publishing, status, &none, sentence);
}

static bool refuse_for_now(struct publishing *publishing, unsigned retry_after_s, const char *sentence)
{
	struct buffer headers;
	buffer_init(&headers, 64);
	buffer_format(&headers, "Retry-After: %u\r\n", retry_after_s);
	return refuse_with(publishing, SIP_SERVICE_UNAVAILABLE, &headers, sentence);
}

/* RFC 3903 §6 step 2: what is not served, with what is. */
static bool refuse_event(struct publishing *publishing, const char *sentence)
{
	struct buffer headers;
	buffer_init(&headers, 2048);
	events_write_allowed(publishing->events, &headers);
	return refuse_with(publishing, SIP_BAD_EVENT, &headers, sentence);
}

static bool refuse_type(struct publishing *publishing, const char *sentence)
{
	const char *const *types = publishing->row->package->accepts;
	struct buffer headers;
	buffer_init(&headers, 1024);
	buffer_text(&headers, "Accept: ");
	for (unsigned i = 0; types[i]; i++) {
		buffer_text(&headers, i > 0 ? ", " : "");
		buffer_text(&headers, types[i]);
	}
	buffer_text(&headers, "\r\nAccept-Encoding: identity\r\n"); /* RFC 3261 §8.2.3 */
	return refuse_with(publishing, SIP_UNSUPPORTED_MEDIA_TYPE, &headers, sentence);
}

/* --- whose state -------------------------------------------------------------------------------------------------- */

static bool event_is_served(struct publishing *publishing)
{
	struct slice rest = sip_message_value(&publishing->request->message, SIP_HEADER_EVENT);
	struct slice name = slice_trim(slice_take(&rest, ';'));
	if (slice_is_empty(name))
		return refuse_event(publishing, "There is no Event header: what is published?");
	publishing->row = events_find_package(publishing->events, name);
	if (!publishing->row || !publishing->row->package->accepts)
		return refuse_event(publishing, "This event package is not published here");
	return true;
}

static bool resource_is_known(struct publishing *publishing)
{
	struct request *request = publishing->request;
	const char *sentence = NULL;
	unsigned status = events_resolve(publishing->events, publishing->row, &request->arena,
					 sip_message_request_uri(&request->message),
					 request->is_trusted ? NULL : request->sender, &publishing->target, &sentence);
	return status == 0 || refuse(publishing, status, sentence);
}

static bool is_senders_own(struct publishing *publishing)
{
	struct request *request = publishing->request;
	const struct package_row *row = publishing->row;
	struct slice user;
	if (!request->sender)
		return false;
	if (row->package->may_publish)
		return row->package->may_publish(row->arg, publishing->target.name, account_user(request->sender));
	return domain_user(publishing->events->parts.domain, &request->arena,
			   sip_message_request_uri(&request->message), &user) == 0 &&
	       slice_equal(user, account_user(request->sender));
}

/* Step 3: one's own presentity, unless one speaks for others. */
static bool sender_may_publish(struct publishing *publishing)
{
	struct request *request = publishing->request;
	if (request->is_trusted)
		return true;
	if (publishing->row->package->is_trusted_only)
		return refuse(publishing, SIP_FORBIDDEN, "Only trusted publishers may publish this event");
	return is_senders_own(publishing) ||
	       refuse(publishing, SIP_FORBIDDEN, "Nobody publishes the state of somebody else");
}

/* --- which publication -------------------------------------------------------------------------------------------- */

/* Step 4: none, or one entity-tag that is current. */
static bool tag_is_current(struct publishing *publishing)
{
	const struct sip_message *message = &publishing->request->message;
	const struct sip_header *header = sip_message_header(message, SIP_HEADER_SIP_IF_MATCH);
	if (!header)
		return true;
	struct slice value = slice_trim(header->value);
	if (sip_message_next_header(message, header) || slice_is_empty(value) || slice_find(value, ',') < value.length)
		return refuse(publishing, SIP_BAD_REQUEST, "SIP-If-Match takes one entity-tag");
	publishing->has_tag = true;
	const struct publication *publication = entity_tag_parse(value, &publishing->tag)
							? publication_find(publishing->events, publishing->tag.id)
							: NULL;
	if (!publication || publication->revision == 0 ||
	    events_row(publishing->events, publication->resource) != publishing->row ||
	    !slice_equal(resource_name(publication->resource), publishing->target.name))
		return refuse(publishing, SIP_CONDITIONAL_REQUEST_FAILED,
			      "There is no publication with this entity-tag");
	/* Refreshes that wrote nothing have given out later revisions than the row had (see publication.h). */
	if (publication->is_loaded ? publishing->tag.revision < publication->revision
				   : publishing->tag.revision != publication->revision)
		return refuse(publishing, SIP_CONDITIONAL_REQUEST_FAILED,
			      "A later PUBLISH has replaced this entity-tag");
	if (publication->running)
		return refuse_for_now(publishing, 1, "Another PUBLISH of this publication is being committed");
	publishing->resource = publication->resource;
	return true;
}

/* Step 5. */
static bool expires_is_good(struct publishing *publishing)
{
	const struct expiry_bounds *bounds = &publishing->events->options.publication;
	const struct sip_header *header = sip_message_header(&publishing->request->message, SIP_HEADER_EXPIRES);
	uint32_t expires_s = bounds->default_s;
	if (header && sip_seconds_parse(header->value, &expires_s) != 0)
		return refuse(publishing, SIP_BAD_REQUEST, "Expires is no number of seconds");
	if (expires_s > 0 && expires_s < bounds->least_s) {
		struct buffer headers;
		buffer_init(&headers, 64);
		buffer_format(&headers, "Min-Expires: %u\r\n", bounds->least_s);
		return refuse_with(publishing, SIP_INTERVAL_TOO_BRIEF, &headers,
				   "Expires is shorter than what this server accepts");
	}
	publishing->expires_s = expires_s < bounds->most_s ? expires_s : bounds->most_s;
	return true;
}

/* --- the body ----------------------------------------------------------------------------------------------------- */

/* The package's own writing of the type; empty: it takes none like that. */
static struct slice find_type(const struct publishing *publishing)
{
	struct sip_media_type type, accepted;
	struct slice value = sip_message_value(&publishing->request->message, SIP_HEADER_CONTENT_TYPE);
	if (sip_media_type_parse(value, &type) != 0)
		return SLICE("");
	for (const char *const *each = publishing->row->package->accepts; *each; each++)
		if (sip_media_type_parse(slice_text(*each), &accepted) == 0 &&
		    slice_equal_nocase(type.type, accepted.type) && slice_equal_nocase(type.subtype, accepted.subtype))
			return slice_text(*each);
	return SLICE("");
}

static struct published published_of(const struct publishing *publishing)
{
	struct request *request = publishing->request;
	return (struct published){.name = publishing->target.name,
				  .content_type = publishing->change.content_type,
				  .body = publishing->change.body,
				  .arena = &request->arena,
				  .publisher = request->sender,
				  .is_trusted = request->is_trusted};
}

static bool package_likes_it(struct publishing *publishing)
{
	const struct event_package *package = publishing->row->package;
	struct published published = published_of(publishing);
	struct body_error error = {""};
	unsigned status = package->judge ? package->judge(publishing->row->arg, &published, &error) : 0;
	if (status == SIP_UNSUPPORTED_MEDIA_TYPE)
		return refuse_type(publishing, error.sentence);
	return status == 0 || refuse(publishing, status, error.sentence);
}

/* Where the body says only what has changed, the whole takes its place: the row has it for the next start. */
static bool is_merged(struct publishing *publishing)
{
	const struct package_row *row = publishing->row;
	struct slice *body = &publishing->change.body;
	if (!publishing->has_tag || !row->package->merge)
		return true;
	struct published published = published_of(publishing);
	struct slice whole = *body;
	struct body_error error = {""};
	published.kept = publication_body(publication_find(publishing->events, publishing->tag.id));
	unsigned status = row->package->merge(row->arg, &published, &whole, &error);
	if (status != 0)
		return refuse(publishing, status, error.sentence);
	if (whole.length > body->length && whole.length > publishing->events->options.body_bytes)
		return refuse(publishing, SIP_ENTITY_TOO_LARGE,
			      "With what it changes, the body is larger than what may be published");
	*body = whole;
	return true;
}

/* Step 6. */
static bool body_is_good(struct publishing *publishing)
{
	const struct sip_message *message = &publishing->request->message;
	struct slice encoding = sip_message_value(message, SIP_HEADER_CONTENT_ENCODING);
	/* What removes says nothing (§4.5). */
	if (slice_is_empty(message->body) || (publishing->has_tag && publishing->expires_s == 0))
		return publishing->has_tag ||
		       refuse(publishing, SIP_BAD_REQUEST, "A PUBLISH without an entity-tag must have a body");
	if (message->body.length > publishing->events->options.body_bytes)
		return refuse(publishing, SIP_ENTITY_TOO_LARGE, "The body is larger than what may be published");
	publishing->change.content_type = find_type(publishing);
	if (slice_is_empty(publishing->change.content_type))
		return refuse_type(publishing, "This event is not published in a body of this type");
	if (!slice_is_empty(encoding) && !slice_equal_nocase(encoding, SLICE("identity")))
		return refuse_type(publishing, "Encoded bodies are not read here");
	publishing->change.body = message->body;
	return package_likes_it(publishing) && is_merged(publishing);
}

static bool there_is_room(struct publishing *publishing)
{
	struct events *events = publishing->events;
	const struct resource *resource =
		resource_find(events, publishing->row->package->name, publishing->target.name);
	unsigned count = 0;
	if (publishing->has_tag || !resource)
		return true;
	for (const struct list_link *link = resource->publications.next; link != &resource->publications;
	     link = link->next)
		count++;
	return count < events->options.publications_most ||
	       refuse(publishing, SIP_FORBIDDEN, "There are too many publications of this resource");
}

/* --- answering ---------------------------------------------------------------------------------------------------- */

/* §6 step 7: each success has an entity-tag of its own. */
static void answer(struct publishing *publishing, const struct entity_tag *tag)
{
	char text[ENTITY_TAG_SIZE];
	struct buffer headers;
	buffer_init(&headers, 256);
	sip_write_header(&headers, "SIP-ETag", entity_tag_write(tag, text));
	buffer_format(&headers, "Expires: %u\r\n", publishing->expires_s);
	if (buffer_failed(&headers))
		refuse(publishing, SIP_INTERNAL_ERROR, error_text(ERR_NO_MEMORY));
	else
		request_reply(publishing->request, SIP_OK, &(struct reply){.headers = buffer_slice(&headers)});
	buffer_finish(&headers);
}

static void note(const struct publishing *publishing)
{
	struct events_counters *counters = &publishing->events->counters;
	struct log *log = publishing->events->parts.log;
	enum publication_action action = publishing->change.action;
	if (action == PUBLICATION_REFRESH)
		counters->publications_refreshed++;
	else if (action == PUBLICATION_REMOVE)
		counters->publications_removed++;
	else
		counters->published++;
	enum log_level level = action == PUBLICATION_MAKE || action == PUBLICATION_REMOVE ? LOG_INFO : LOG_DEBUG;
	if (!log_is_enabled(log, level))
		return;
	char flow[FLOW_TEXT_SIZE];
	struct log_context context = request_log_context(publishing->request, flow);
	context.aor = publishing->target.name;
	log_event(log, level, action == PUBLICATION_REMOVE ? "publication_removed" : "published", &context,
		  "%s for %u s", publishing->row->package->name, publishing->expires_s);
}

static void on_finished(struct publication_change *change, int result)
{
	struct publishing *publishing = CONTAINER_OF(change, struct publishing, change);
	if (result == 0) {
		note(publishing);
		answer(publishing, &(struct entity_tag){change->id, change->revision});
	} else if (result == ERR_NOT_FOUND) {
		refuse(publishing, SIP_NOT_FOUND, "There is no such user or mailbox");
	} else if (result == ERR_LIMIT) {
		refuse(publishing, SIP_FORBIDDEN, error_text(result));
	} else {
		refuse_for_now(publishing, 5, error_text(result));
	}
}

/* --- doing -------------------------------------------------------------------------------------------------------- */

static void fill_change(struct publishing *publishing, const struct publication *publication)
{
	struct publication_change *change = &publishing->change;
	const struct account *sender = publishing->request->sender;
	struct publisher publisher;
	publisher_read(&publishing->events->parts, publishing->request, publishing->target.name, &publisher);
	bool is_same = slice_is_empty(change->body) ||
		       (publication && slice_equal(change->body, publication_body(publication)) &&
			slice_equal(change->content_type, publication_content_type(publication)));
	change->events = publishing->events;
	change->finished = on_finished;
	change->granted_s = publishing->expires_s;
	change->publisher_id = sender ? sender->id : 0;
	change->device_id = publisher.device_id;
	change->was_registered = publisher.was_registered;
	change->source = publisher.place;
	change->revision = publication ? publication_next_revision(publishing->tag.revision) : 1;
	if (!publication)
		change->action = PUBLICATION_MAKE;
	else if (publishing->expires_s == 0)
		change->action = PUBLICATION_REMOVE;
	else
		change->action = is_same ? PUBLICATION_REFRESH : PUBLICATION_MODIFY;
	/* A refresh by who cannot be told apart leaves what is known of the device. */
	if (publication && change->device_id == 0 && publication->publisher_id == change->publisher_id)
		change->device_id = publication->device_id;
	if (publication && (change->action == PUBLICATION_REFRESH || slice_is_empty(change->source)))
		change->source = publication_source(publication);
}

/* The package has made of it what it makes; what is left is the entity-tag. */
static void on_applied(void *arg, int result)
{
	struct publishing *publishing = arg;
	struct publication_change *change = &publishing->change;
	change->body = change->content_type = SLICE("");
	if (change->action == PUBLICATION_MODIFY)
		change->action = PUBLICATION_REFRESH;
	if (result == 0)
		publication_change_commit(change);
	else
		publication_change_fail(change, result);
}

static void change_it(struct publishing *publishing)
{
	struct events *events = publishing->events;
	const struct event_package *package = publishing->row->package;
	struct publication *publication = publishing->has_tag ? publication_find(events, publishing->tag.id) : NULL;
	fill_change(publishing, publication);
	if (!publication) {
		publishing->resource = resource_get(events, package, publishing->target.name);
		publication = publishing->resource ? publication_create(events, publishing->resource, 0) : NULL;
	}
	if (!publication) {
		if (publishing->resource)
			resource_release(events, publishing->resource);
		refuse_for_now(publishing, 5, error_text(ERR_NO_MEMORY));
		return;
	}
	publication_change_begin(&publishing->change, publication);
	if (package->apply && !slice_is_empty(publishing->change.body)) {
		publishing->published = published_of(publishing);
		package->apply(publishing->row->arg, &publishing->published, on_applied, publishing);
	} else {
		publication_change_commit(&publishing->change);
	}
}

/* The user is there. */
static void publish(struct publishing *publishing)
{
	if (!tag_is_current(publishing) || !expires_is_good(publishing) || !body_is_good(publishing) ||
	    !there_is_room(publishing))
		return;
	if (publishing->has_tag || publishing->expires_s > 0) {
		change_it(publishing);
		return;
	}
	/* State that ends as it begins: nobody will see it, and its entity-tag is of nothing. */
	answer(publishing, &(struct entity_tag){INT64_MAX, 1});
}

static void on_user_loaded(void *arg, int result, struct account *account)
{
	struct publishing *publishing = arg;
	struct account *sender = publishing->request->sender;
	(void)account;
	if (result == 0)
		publish(publishing);
	else if (result == ERR_NOT_FOUND)
		refuse(publishing, SIP_NOT_FOUND, "There is no such user");
	else
		refuse_for_now(publishing, 5, "The user cannot be looked up now");
	if (sender)
		account_release(publishing->events->parts.accounts, sender);
}

unsigned publication_handle(void *arg, struct request *request)
{
	struct publishing *publishing = arena_allocate_zeroed(&request->arena, 1, sizeof *publishing);
	if (!publishing)
		return SIP_INTERNAL_ERROR;
	publishing->events = arg;
	publishing->request = request;
	if (!event_is_served(publishing) || !resource_is_known(publishing) || !sender_may_publish(publishing))
		return SIP_LATER;
	struct accounts *accounts = publishing->events->parts.accounts;
	if (!publishing->target.needs_account || accounts_find(accounts, publishing->target.name)) {
		publish(publishing);
		return SIP_LATER;
	}
	if (request->sender)
		account_hold(accounts, request->sender);
	accounts_load(accounts, publishing->target.name, on_user_loaded, publishing);
	return SIP_LATER;
}
