/* presence.winfo and its like (RFC 3857): who watches a user, for himself to see. SPDX-License-Identifier: MIT */
#include "bodies/watcher_info.h"
#include "base/error.h"
#include "presence/packages.h"
#include "presence/resource.h"

/* What is written down of all watches. */
struct collecting {
	struct arena *arena;
	struct watcher *watchers;
	size_t count, most;
	struct slice domain;
};

static void count(void *arg, const struct watch_info *watch)
{
	struct collecting *collecting = arg;
	(void)watch;
	collecting->most++;
}

static void collect(void *arg, const struct watch_info *watch)
{
	struct collecting *collecting = arg;
	if (collecting->count == collecting->most)
		return;
	struct watcher *watcher = &collecting->watchers[collecting->count++];
	*watcher = (struct watcher){.id = watch->id,
				    .user = watch->watcher,
				    .domain = collecting->domain,
				    .status = watch->status,
				    .event = watch->event,
				    .subscribed_s = -1,
				    .expires_s = watch->expires_in_s};
}

static int compose_of(struct events *events, const char *package, const struct resource *resource, struct arena *arena,
		      const void **state)
{
	struct collecting collecting = {.arena = arena, .domain = domain_name(events_parts(events)->domain)};
	struct watcher_list *list = arena_allocate_zeroed(arena, 1, sizeof *list);
	events_each_watch(events, package, resource_name(resource), count, &collecting);
	collecting.watchers = arena_allocate_zeroed(arena, collecting.most + 1, sizeof *collecting.watchers);
	if (!list || !collecting.watchers)
		return ERR_NO_MEMORY;
	events_each_watch(events, package, resource_name(resource), collect, &collecting);
	*list = (struct watcher_list){slice_text(package), collecting.watchers, collecting.count};
	*state = list;
	return 0;
}

static int compose_presence(void *arg, const struct resource *resource, struct arena *arena, const void **state)
{
	return compose_of(arg, "presence", resource, arena, state);
}

static int compose_dialog(void *arg, const struct resource *resource, struct arena *arena, const void **state)
{
	return compose_of(arg, "dialog", resource, arena, state);
}

static const struct body_format *const formats[] = {&watcher_info_format, NULL};

const struct event_package presence_winfo_package = {
	.name = "presence.winfo", .formats = formats, .compose = compose_presence};
const struct event_package dialog_winfo_package = {
	.name = "dialog.winfo", .formats = formats, .compose = compose_dialog};
