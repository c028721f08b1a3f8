/* Who asked to watch, and waits for a decision (RFC 3857 §4.7.1: pending, and waiting when he is gone): kept until it
 * is decided, or given up after weeks. SPDX-License-Identifier: MIT */
#pragma once

#include "core/account.h"
#include "presence/resource.h"
#include "presence/watch.h"
#include "storage/storage.h"

struct events;

struct watch_request {
	struct list_link of_resource;
	int64_t id; /* that of the watch which asked first: it goes on as the same one when he is gone (RFC 3857 §4.7.1)
		     */
	int64_t asked_at_s, expires_at_s;
	uint16_t watcher_length;
	char watcher[]; /* user */
};

static inline struct slice watch_request_watcher(const struct watch_request *request)
{
	return slice_of(request->watcher, request->watcher_length);
}

/* He waits: written down where it is not yet. Of too many the oldest goes. */
void watch_request_note(const struct watch *watch, struct events *events);
/* It was decided. Costs a look into a table where nobody waits. */
void watch_request_forget(const struct resource *resource, const struct account *watcher, struct events *events);
/* Those who wait, the longest first: NULL as `previous` is the start, NULL the end. */
const struct watch_request *watch_request_next(const struct events *events, uint8_t package, struct slice name,
					       const struct watch_request *previous);
/* The rules of a user (an empty name: the policy) have changed: who waits and is decided about by now waits no more. */
void watch_requests_review(struct events *events, uint8_t package, struct slice name);
/* The user is gone: those who wait for him, and where he waits. */
void watch_requests_account_removed(struct events *events, const struct account *account);
void watch_requests_load(struct events *events, storage_done_fn *done, void *arg);
void watch_requests_finish(struct events *events);
