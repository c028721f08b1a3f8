/* Watcher information (RFC 3858): who watches, written whole and as what has changed. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/body.h"

#include <stdint.h>

/* RFC 3857 §4.7.1 */
enum watcher_status { WATCHER_PENDING, WATCHER_ACTIVE, WATCHER_WAITING, WATCHER_TERMINATED };
enum watcher_event {
	WATCHER_SUBSCRIBE,
	WATCHER_APPROVED,
	WATCHER_DEACTIVATED,
	WATCHER_PROBATION,
	WATCHER_REJECTED,
	WATCHER_TIMEOUT,
	WATCHER_GIVEUP,
	WATCHER_NORESOURCE
};

struct watcher {
	uint64_t id; /* of the subscription; written as text, the same in each document */
	struct slice user, domain;
	enum watcher_status status;
	enum watcher_event event;
	int64_t subscribed_s; /* for so long; negative: not known */
	int64_t expires_s;    /* from now; negative: not known */
};

struct watcher_list {
	struct slice package; /* "presence" */
	const struct watcher *watchers;
	size_t count;
};

/* application/watcherinfo+xml of a struct watcher_list. The resource is the target's AOR. A change lists the watchers
 * whose status or event is another one, and as terminated those that are gone (they are in a whole body only while
 * their end is news); durations alone are no change. */
extern const struct body_format watcher_info_format;
