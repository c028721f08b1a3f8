/* Watcher information (RFC 3858): written whole of who watches, and as a change of two such wholes.
 * SPDX-License-Identifier: MIT */
#include "bodies/watcher_info.h"

#include "bodies/xml_index.h"

#include <inttypes.h>

#define WATCHER_INFO_SPACE "urn:ietf:params:xml:ns:watcherinfo"

static const struct xml_prefix prefixes[] = {{"", WATCHER_INFO_SPACE}};

/* RFC 3858 §4.2 */
static const char *const status_names[] = {
	[WATCHER_PENDING] = "pending",
	[WATCHER_ACTIVE] = "active",
	[WATCHER_WAITING] = "waiting",
	[WATCHER_TERMINATED] = "terminated",
};
static const char *const event_names[] = {
	[WATCHER_SUBSCRIBE] = "subscribe", [WATCHER_APPROVED] = "approved",     [WATCHER_DEACTIVATED] = "deactivated",
	[WATCHER_PROBATION] = "probation", [WATCHER_REJECTED] = "rejected",     [WATCHER_TIMEOUT] = "timeout",
	[WATCHER_GIVEUP] = "giveup",       [WATCHER_NORESOURCE] = "noresource",
};

/* --- the whole -------------------------------------------------------------------------------------------------- */

/* Negative: not known, and left out. */
static void write_seconds(struct buffer *buffer, const char *name, int64_t seconds)
{
	if (seconds >= 0)
		buffer_format(buffer, " %s=\"%" PRId64 "\"", name, seconds);
}

static void write_watcher(struct buffer *buffer, const struct watcher *watcher)
{
	const struct body_target uri = {.user = watcher->user, .domain = watcher->domain};
	buffer_format(buffer, "<watcher id=\"%" PRIx64 "\" status=\"%s\" event=\"%s\"", watcher->id,
		      status_names[watcher->status], event_names[watcher->event]);
	write_seconds(buffer, "duration-subscribed", watcher->subscribed_s);
	write_seconds(buffer, "expiration", watcher->expires_s);
	buffer_byte(buffer, '>');
	xml_write_entity(buffer, &uri);
	buffer_text(buffer, "</watcher>\r\n");
}

/* RFC 3858 §4: a version that grows with each document, and whether it says all; the version's digits are left out. */
static void write_head(struct body_output *output, const char *state)
{
	buffer_text(output->buffer,
		    "<?xml version=\"1.0\"?>\r\n<watcherinfo xmlns=\"" WATCHER_INFO_SPACE "\" version=\"");
	output->version_at = output->buffer->length;
	buffer_format(output->buffer, "\" state=\"%s\">\r\n<watcher-list", state);
}

static const char tail[] = "</watcher-list>\r\n</watcherinfo>\r\n";

static void write_whole(const void *state, const struct body_target *target, struct body_output *output)
{
	const struct watcher_list *list = state;
	struct buffer *buffer = output->buffer;
	/* RFC 3858 §4.1: the resource is what was subscribed to, a SIP URI, whatever the style of presence is. */
	struct body_target by_sip = *target;
	by_sip.style &= ~(unsigned)BODY_PRES_ENTITY;
	write_head(output, "full");
	buffer_text(buffer, " resource=\"");
	xml_write_entity(buffer, &by_sip);
	buffer_byte(buffer, '"');
	xml_write_attribute(buffer, "package", list->package);
	buffer_text(buffer, ">\r\n");
	for (size_t i = 0; i < list->count; i++)
		write_watcher(buffer, &list->watchers[i]);
	buffer_text(buffer, tail);
}

/* --- the change ------------------------------------------------------------------------------------------------- */

/* A whole body, read. */
struct whole {
	const struct xml_node *list; /* <watcher-list> */
	struct xml_index watchers;   /* by id */
};

static struct slice id_of(const struct xml_node *watcher)
{
	return xml_attribute(watcher, SLICE("id"));
}

static bool read_whole(struct arena *arena, struct slice text, struct whole *whole)
{
	const struct xml_limits limits = {.bytes = text.length, .depth = 4, .nodes = UINT32_MAX};
	const struct xml_node *root;
	struct body_error error;
	if (xml_parse(arena, text, &limits, &root, &error) != 0)
		return false;
	whole->list = xml_child(root, SLICE(WATCHER_INFO_SPACE), SLICE("watcher-list"));
	return whole->list && xml_index_children(arena, whole->list, id_of, &whole->watchers) == 0;
}

static const struct xml_node *first_watcher(const struct whole *whole)
{
	return xml_child(whole->list, SLICE(WATCHER_INFO_SPACE), SLICE("watcher"));
}

static const struct xml_node *next_watcher(const struct xml_node *watcher)
{
	return xml_next(watcher, SLICE(WATCHER_INFO_SPACE), SLICE("watcher"));
}

static bool has_same(const struct xml_node *a, const struct xml_node *b, struct slice attribute)
{
	return slice_equal(xml_attribute(a, attribute), xml_attribute(b, attribute));
}

/* Durations alone are no change: who is told of a watcher counts on by himself. */
static bool is_same_watcher(const struct xml_node *a, const struct xml_node *b)
{
	return has_same(a, b, SLICE("status")) && has_same(a, b, SLICE("event"));
}

static bool is_over(const struct xml_node *watcher)
{
	return slice_equal(xml_attribute(watcher, SLICE("status")), slice_text(status_names[WATCHER_TERMINATED]));
}

/* Nobody says any more why he is gone; of what he was only one end is likely (RFC 3857 §4.7.1). */
static void write_gone(struct buffer *buffer, const struct xml_node *watcher)
{
	bool has_waited =
		slice_equal(xml_attribute(watcher, SLICE("status")), slice_text(status_names[WATCHER_WAITING]));
	buffer_text(buffer, "<watcher");
	xml_write_attribute(buffer, "id", id_of(watcher));
	buffer_format(buffer, " status=\"%s\" event=\"%s\">", status_names[WATCHER_TERMINATED],
		      event_names[has_waited ? WATCHER_GIVEUP : WATCHER_TIMEOUT]);
	xml_write_text(buffer, xml_text(watcher));
	buffer_text(buffer, "</watcher>\r\n");
}

/* How many were written. Those who are gone come first: who has left and waits now (another watch of the same user) is
 * seen as waiting also by who looks at users only. */
static size_t write_changed(struct buffer *buffer, const struct whole *before, const struct whole *after)
{
	size_t written = 0;
	for (const struct xml_node *was = first_watcher(before); was; was = next_watcher(was)) {
		/* Whose end was told is not told again. */
		if (is_over(was) || xml_index_find(&after->watchers, was))
			continue;
		write_gone(buffer, was);
		written++;
	}
	for (const struct xml_node *now = first_watcher(after); now; now = next_watcher(now)) {
		const struct xml_node *was = xml_index_find(&before->watchers, now);
		if (was && is_same_watcher(was, now))
			continue;
		xml_write_node(buffer, now, prefixes, ARRAY_SIZE(prefixes));
		buffer_text(buffer, "\r\n");
		written++;
	}
	return written;
}

static bool write_difference(const struct whole *before, const struct whole *after, struct body_output *output)
{
	struct buffer *buffer = output->buffer;
	if (!has_same(before->list, after->list, SLICE("resource")) ||
	    !has_same(before->list, after->list, SLICE("package")))
		return false;
	write_head(output, "partial");
	xml_write_attribute(buffer, "resource", xml_attribute(after->list, SLICE("resource")));
	xml_write_attribute(buffer, "package", xml_attribute(after->list, SLICE("package")));
	buffer_text(buffer, ">\r\n");
	size_t written = write_changed(buffer, before, after);
	buffer_text(buffer, tail);
	return written > 0;
}

/* RFC 3858 §4: state="partial" has the watchers that changed. */
static bool write_change(struct slice before, struct slice after, const struct body_target *target,
			 struct body_output *output)
{
	struct arena arena;
	struct whole was, is;
	(void)target; /* both wholes were written for it */
	arena_init(&arena, NULL, SIZE_MAX);
	bool is_told = read_whole(&arena, before, &was) && read_whole(&arena, after, &is) &&
		       write_difference(&was, &is, output);
	arena_finish(&arena);
	return is_told && !buffer_failed(output->buffer);
}

const struct body_format watcher_info_format = {
	.media_type = "application/watcherinfo+xml",
	.write = write_whole,
	.write_change = write_change,
};
