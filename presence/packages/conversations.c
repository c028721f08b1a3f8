/* heliograph-conversations, ours: where a user's conversations have changed, for his own devices. They are told where,
 * not what; what it leads to they read by the API. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/conversations_state.h"
#include "presence/resource.h"

/* Whom somebody talks to is nobody else's business, whatever the policy. */
static bool may_watch(void *arg, struct slice name, struct slice watcher)
{
	(void)arg;
	return slice_equal(name, watcher);
}

static int compose(void *arg, const struct resource *resource, struct arena *arena, const void **state)
{
	struct conversation_changes *changes = arena_allocate_zeroed(arena, 1, sizeof *changes);
	if (!changes)
		return ERR_NO_MEMORY;
	*state = changes;
	return conversations_read(arg, resource_name(resource), arena, changes);
}

static void on_watched(void *arg, struct resource *resource, bool is_watched)
{
	if (is_watched)
		conversations_hold(arg, resource_name(resource));
	else
		conversations_forget(arg, resource_name(resource));
}

static const struct body_format *const formats[] = {&conversations_format, NULL};

const struct event_package conversations_package = {
	.name = "heliograph-conversations",
	.formats = formats,
	.may_watch = may_watch,
	.compose = compose,
	.on_watched = on_watched,
};
