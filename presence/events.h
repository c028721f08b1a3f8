/* The event side of the server: subscriptions, publications and the resources between them (RFC 6665, RFC 3903).
 *
 *   SUBSCRIBE ─▶ subscription.c ─▶ resource ◀─ publication.c ◀─ PUBLISH
 *                                     │ announce
 *                      notifier.c ◀───┘ ─▶ NOTIFY
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "base/log.h"
#include "bodies/watcher_info.h"
#include "core/accounts.h"
#include "core/domain.h"
#include "documents/flat_list.h"
#include "features/gruu.h"
#include "features/location.h"
#include "presence/document_store.h"
#include "presence/event_package.h"
#include "presence/profile.h"
#include "storage/storage.h"
#include "transaction/client_transaction.h"
#include "transaction/request.h"

struct events;

/* All borrowed. */
struct events_parts {
	struct timers *timers;
	struct transport *transport;
	struct transactions *transactions;
	const struct domain *domain;
	struct accounts *accounts;
	struct location *location;
	struct gruus *gruus;
	struct storage *storage;
	struct document_store *documents;
	const struct profiles *profiles;
	struct log *log;
};

struct expiry_bounds {
	uint32_t least_s, default_s, most_s;
};

/* Lists that are watched (RFC 4662). */
struct lists_options {
	struct list_limits limits;
	unsigned gather_ms;      /* changes within this time are told together */
	size_t bytes, udp_bytes; /* largest body of a NOTIFY over connections, over UDP */
	char service[64];        /* user part of the URI for lists in the SUBSCRIBE, and for one's own buddies: "rls" */
};

struct events_options {
	struct expiry_bounds subscription, publication;
	unsigned subscriptions_most;          /* per account, as watcher */
	unsigned publications_most;           /* per resource */
	size_t body_bytes;                    /* largest body published */
	unsigned retry_first_s, retry_most_s; /* back-off of a NOTIFY that is not answered */
	unsigned requests_most;               /* who wait for a decision of one user */
	uint32_t request_s;                   /* how long they do */
	size_t deflate_bytes;                 /* bodies from this size on are packed for who accepts it; 0: none */
	struct lists_options lists;
	unsigned slice;              /* NOTIFYs sent before others have their turn */
	unsigned resumed_per_second; /* watchers told in a second after a start */
};

struct events_counters {
	uint64_t subscribed, refreshed, fetched, ended, refused, over_limit; /* SUBSCRIBE */
	uint64_t notified, answered, unanswered, rejected;                   /* NOTIFY */
	uint64_t composed;                                                   /* bodies written */
	uint64_t published, publications_refreshed, publications_removed, publications_expired, publications_refused;
	unsigned subscriptions, suspended, resources, publications; /* now */
};

#define EVENT_PACKAGES_MOST 16

/* NULL where memory is exhausted. */
struct events *events_create(const struct events_parts *parts, const struct events_options *options);
/* The transactions and the storage are closed by then. */
void events_destroy(struct events *events);
void events_set_options(struct events *events, const struct events_options *options);
/* Before anything is loaded or received. The package is borrowed, `arg` is what its functions get. ERR_LIMIT. */
MUST_CHECK int events_add_package(struct events *events, const struct event_package *package, enum watch_policy policy,
				  void *arg);
void events_set_policy(struct events *events, const char *package, enum watch_policy policy);
/* Who may watch the resource (an empty name: any of the package) has changed: who may not any more is told so, and his
 * subscription ends. */
void events_review(struct events *events, const char *package, struct slice name);
/* Takes subscriptions and publications from storage, once, when bindings and mailboxes are loaded. */
void events_load(struct events *events, storage_done_fn *done, void *arg);
/* Rules and lists of users' documents are followed from now on; before the documents are loaded. ERR_LIMIT. */
MUST_CHECK int events_listen_to_documents(struct events *events);
/* The lists for the keys of phones (by configuration or database) are these now: entries of one list stand together.
 * ERR_NO_MEMORY: they are as before. */
struct phone_list_row {
	struct slice list; /* the user part of its URI */
	struct slice uri;  /* or the name of an account; empty: the list has no entries */
	struct slice name; /* what the key shows; empty: none */
};
MUST_CHECK int events_set_phone_lists(struct events *events, const struct phone_list_row *entries, size_t count);
/* Everybody is told what is current, in slices. Once, after the start. */
void events_resume(struct events *events);

/* For the table of methods, with the events as `arg`. */
unsigned subscription_handle(void *arg, struct request *request);
unsigned publication_handle(void *arg, struct request *request);

/* For transport_events: who watches over that connection is not told anything until he is back. */
void events_flow_closed(struct events *events, const struct flow *flow);
/* A device has registered, and can be reached: its subscriptions go on over its new flow. */
void events_device_returned(struct events *events, struct device *device);
/* An account may have been made, or is another one (an empty user: any of them). */
void events_account_changed(struct events *events, struct slice user);
/* For sessions_on_ended: what it has subscribed to ends. */
void events_session_ended(struct events *events, struct account *account, int64_t session_id);
/* An account is gone: so are its subscriptions, its publications, and those of others to it. */
void events_account_removed(struct events *events, struct account *account);

/* "Allow-Events: presence, …\r\n" (RFC 6665 §8.2.2). */
void events_write_allowed(const struct events *events, struct buffer *headers);

const struct events_counters *events_counters(const struct events *events);
/* What others of the presence layer need. */
const struct events_parts *events_parts(const struct events *events);

/* The server's own publication of `source` for a resource: made, replaced, or (empty body) removed. `done` is told
 * after the commit. For what arrives without entity-tags: Asterisk's device states, the API. */
void publication_put(struct events *events, const struct event_package *package, struct slice name, struct slice source,
		     struct slice content_type, struct slice body, uint32_t expires_s, storage_done_fn *done,
		     void *arg);

/* True where the phone of that binding has a subscription of its own to that package (any resource), also one that is
 * suspended: it needs nothing unasked. A phone is a device; of the device without an instance each binding is one.
 * Where either says no instance, the same flow or the same user, host and port in Contact make it the same phone. */
bool events_phone_subscribes(const struct events *events, const struct binding *binding, const char *package);

/* --- watches --------------------------------------------------------------------------------------------------- */

/* One watch: a subscription, an entry of a list that somebody watches, or somebody who has asked and is gone. */
struct watch_info {
	uint64_t id;                /* stays the same as long as it lasts, also after a restart */
	struct slice watcher;       /* user */
	enum watcher_status status; /* RFC 3857 §4.7.1 */
	enum watcher_event event;   /* what brought it there */
	int64_t since_s;            /* since 1970; 0: not known */
	int64_t expires_in_s;       /* negative: not known */
	bool is_by_list;
};
typedef void watch_info_fn(void *arg, const struct watch_info *watch);
/* Who watches the resource, or waits for a decision; subscriptions that are ending are left out. */
void events_each_watch(struct events *events, const char *package, struct slice name, watch_info_fn *each, void *arg);

/* --- looking inside ------------------------------------------------------------------------------------------- */

/* Its texts are good during the call. */
#define WATCHER_RESOURCE_SIZE 280
struct watcher_view {
	struct slice watcher, package, event_id;
	struct slice
		resource; /* its name; "list sales-keys", "buddies of alice": a list's, at most WATCHER_RESOURCE_SIZE */
	bool is_list;
	const char *state; /* "active", "suspended", "starting" … */
	int64_t expires_in_s;
	int64_t told_before_s; /* seconds since the last NOTIFY was sent; negative: none was */
	unsigned last_status;  /* of the last NOTIFY; 0: none yet, or no answer */
	bool is_behind;        /* the current state has not been told yet */
	int64_t retry_in_s;    /* negative: no retry waits */
	struct slice flow, call_id, media_type;
	const char *profile;
};
typedef void watcher_view_fn(void *arg, const struct watcher_view *view);
/* Subscriptions by watcher and by what they watch; empty slices match all. */
void events_each_watcher(struct events *events, struct slice watcher, struct slice package, struct slice resource,
			 watcher_view_fn *each, void *arg);
/* Why a NOTIFY was or was not sent: sentences for a person about `watcher` and `resource`, in every package: his
 * subscriptions, or what would be said to his SUBSCRIBE, and what was lately refused. */
void events_explain(struct events *events, struct slice watcher, struct slice resource, struct buffer *text);
