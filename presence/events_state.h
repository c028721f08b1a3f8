/* What the files of the event core share: struct events, and a subscription. SPDX-License-Identifier: MIT */
#pragma once

#include "core/stored_flow.h"
#include "presence/events.h"
#include "presence/resource.h"
#include "presence/watch.h"
#include "transaction/dialog.h"

struct package_row {
	const struct event_package *package;
	enum watch_policy policy;
	void *arg;
};

/* A watch that has ended, for those who watch the watchers. */
struct ended_watch {
	int64_t at_ms; /* monotonic */
	uint64_t id;
	enum watcher_event event;
	uint8_t package;
	char resource[256], watcher[256];
};
enum { ENDED_WATCHES_NOTED = 128 };

/* What was lately refused, for events_explain. */
struct refusal_note {
	int64_t at_ms;
	unsigned status;
	char watcher[64], resource[64], package[32], sentence[128];
};
enum { REFUSALS_NOTED = 128 };

struct events {
	struct events_parts parts;
	struct events_options options;
	struct events_counters counters;
	struct package_row packages[EVENT_PACKAGES_MOST];
	unsigned package_count;
	uint32_t generation; /* of this process (storage_next_generation) */

	struct table resources;     /* by package and name */
	struct table publications;  /* by id */
	struct table by_dialog;     /* subscriptions */
	struct table by_connection; /* those over a connection that is open */
	struct table views;         /* view.c */
	struct table rules;         /* rules.c */
	bool rules_are_missing;     /* those of somebody could not be kept */
	struct table waiting;       /* watch_requests.c */
	struct lists *lists;        /* lists.c */

	/* notifier.c */
	struct list_link changed;  /* resources whose watchers are to be told */
	struct list_link resuming; /* the same after a start: paced */
	bool is_resumed;           /* before that nobody is told anything: the sockets are not there yet */
	int64_t resumed_at_ms;     /* their last turn */
	struct list_link cached;   /* resources that keep written bodies, the oldest first */
	size_t cached_bytes;
	struct timer telling;
	struct buffer scratch, body, filtered, packed, list;
	struct arena_pool arenas;

	/* removal.c */
	struct list_link removals;
	struct timer removing;

	struct refusal_note refusals[REFUSALS_NOTED];
	unsigned refusal_count; /* ever */
	struct ended_watch ended[ENDED_WATCHES_NOTED];
	unsigned ended_count; /* ever */

	/* loading */
	storage_done_fn *on_loaded;
	void *on_loaded_arg;
};

/* RFC 6665 §4.2:
 *
 *   STARTING ──committed──▶ ACTIVE ──expired, ended, refused──▶ ENDING ──last NOTIFY answered──▶ (destroyed)
 *
 * ACTIVE is suspended while its flow is closed. A fetch begins in ENDING. */
enum subscription_state { SUBSCRIPTION_STARTING, SUBSCRIPTION_ACTIVE, SUBSCRIPTION_ENDING };

/* Why it ends (RFC 6665 §4.1.3). */
enum subscription_reason { REASON_TIMEOUT, REASON_REJECTED, REASON_NO_RESOURCE, REASON_DEACTIVATED };

/* Hundreds of thousands of these: nothing that can be found elsewhere. */
struct subscription {
	struct table_link by_dialog;
	struct table_link by_connection;
	struct watch watch;        /* of its resource, or of its list */
	struct list_watches *list; /* the entries of a list; NULL: it is none, or they are being read */
	struct subscription *next_of_watcher;
	struct events *events;
	struct account *watcher; /* held */
	const struct profile *profile;
	struct client_transaction *notify; /* in flight */
	struct subscribing *pending;       /* a SUBSCRIBE whose commit is waited for */
	struct timer timer;                /* expiry, or what is due before */
	struct dialog dialog;
	struct flow flow;
	int64_t id, device_id;
	int64_t expires_at_ms;           /* monotonic */
	int64_t due_at_ms;               /* a NOTIFY waits until then: back-off, rate; 0: none does */
	int64_t notified_at_ms;          /* the last NOTIFY was sent; 0: none was */
	int64_t stored_until_s;          /* since 1970: the row's lease */
	int64_t session_id;              /* of the watcher's, that has asked last and ends it; 0: the password */
	uint64_t told_version;           /* of the resource */
	uint64_t sent_version, sent_tag; /* in flight */
	uint32_t granted_s;
	uint32_t row_cseq;                            /* the row's local CSeq */
	uint32_t least_interval_ms, most_interval_ms; /* RFC 6446; 0: none */
	float recent;         /* NOTIFYs within the last RECENT_AVERAGE intervals, for an adaptive rate */
	uint16_t last_status; /* of the last NOTIFY */
	uint8_t format;       /* index into the package's formats */
	uint8_t state;        /* enum subscription_state */
	uint8_t reason;       /* enum subscription_reason */
	uint8_t failures;     /* NOTIFYs in a row that were not answered */
	bool is_reachable;
	bool is_with_device; /* it goes over the flow of a registration of its device, and follows that */
	bool is_linked;      /* by_connection is in its table */
	bool is_indexed;     /* by_dialog is */
	bool wants_full;     /* a NOTIFY whatever was told: after SUBSCRIBE, and on a new flow */
	bool is_periodic;    /* a NOTIFY of a list though nothing has changed (RFC 6446 §6.2) */
	bool without_body;   /* the next NOTIFY (RFC 5839 §7.2) */
	bool has_row;
	bool is_adaptive; /* most_interval_ms is an average */
	bool takes_deflate;
	bool is_behind; /* told_body was not worth a NOTIFY, and so is not known to the watcher */
};

/* How many intervals an average is taken over. */
#define RECENT_AVERAGE 10

/* As sent_version: the NOTIFY that is on its way says that it is over. */
#define NOTIFIED_LAST UINT64_MAX

/* CSeqs that a process may use before the row is written again; the next process begins beyond them. */
#define CSEQ_BLOCK 65536u

/* --- events.c --- */

const struct package_row *events_find_package(const struct events *events, struct slice name);
static inline const struct package_row *events_row(const struct events *events, const struct resource *resource)
{
	return &events->packages[resource->package];
}
void events_note_refusal(struct events *events, const struct account *watcher, struct slice resource,
			 struct slice package, unsigned status, const char *sentence);

/* Which resource `uri` names: by the package, else a user. 0, or the status to refuse with and its sentence. */
unsigned events_resolve(struct events *events, const struct package_row *row, struct arena *arena,
			const struct sip_uri *uri, const struct account *asker, struct event_target *target,
			const char **sentence);

/* --- subscriptions.c: the objects, their indexes, their rows --- */

static inline struct resource *subscription_resource(const struct subscription *subscription)
{
	return subscription->watch.resource;
}
struct subscription *subscription_create(struct events *events, struct resource *resource, struct account *watcher);
/* Frees it, whatever it was doing; its row stays. */
void subscription_destroy(struct subscription *subscription);
/* The dialog has its texts: it is found by them from now on. */
void subscription_index(struct subscription *subscription);
struct subscription *subscription_find(const struct events *events, struct slice call_id, struct slice local_tag,
				       struct slice remote_tag);
/* NULL: its connection is gone, and it is suspended. A NOTIFY that is on its way over another flow is not waited for.
 */
void subscription_set_flow(struct subscription *subscription, const struct flow *flow);
/* The device's reachable binding over that flow, or NULL. */
const struct binding *subscription_binding(const struct subscription *subscription, const struct flow *flow);
void subscription_fill_row(const struct subscription *subscription, struct stored_subscription *row,
			   char flow_text[STORED_FLOW_SIZE]);
void subscription_remove_row(struct subscription *subscription);
/* From storage. */
void subscriptions_load(struct events *events, storage_done_fn *done, void *arg);
/* It watches now, or does so no more: whoever is watched by it (all entries of a list) is told, where he watches his
 * watchers (RFC 3857). */
void subscription_tell_watched(const struct subscription *subscription);
/* Sets the timer to what comes first. */
void subscription_schedule(struct subscription *subscription);
/* He may not watch any more, and is told nothing but that. While the server runs, this ends at once; after a restart he
 * is there until he can be told. */
static inline bool subscription_is_refused(const struct subscription *subscription)
{
	return subscription->state == SUBSCRIPTION_ACTIVE && !subscription_resource(subscription)->is_list &&
	       subscription->watch.handling == WATCH_BLOCK;
}
/* Such a one ends soon: never within the call. */
void subscription_end_refused(struct subscription *subscription);
/* A last NOTIFY, and then it is gone; its row at once. */
void subscription_end(struct subscription *subscription, enum subscription_reason reason);
/* How the sent NOTIFY ended. */
void subscription_on_notified(void *arg, int result, struct sip_message *response);

/* --- notifier.c --- */

void notifier_init(struct events *events);
void notifier_finish(struct events *events);
/* Sends a NOTIFY if it wants one and may have one now. True: one is on its way. */
bool notifier_try(struct subscription *subscription);
/* The entity-tag (RFC 5839) of what this watcher would be told; false where memory is exhausted, or there is none. */
bool notifier_read_tag(struct subscription *subscription, uint64_t *tag);
/* The digits of the version of the documents in the next NOTIFY (RFC 4235 §3.7, RFC 3680 §4.1): they belong to
 * the subscription, as CSeq does, and begin at `first`. In `text`. */
#define NOTIFIER_VERSION_SIZE 12
struct slice notifier_write_version(const struct subscription *subscription, unsigned first,
				    char text[NOTIFIER_VERSION_SIZE]);
/* "timeout", "rejected" … (RFC 6665 §4.1.3). */
const char *notifier_reason_text(enum subscription_reason reason);
#define NOTIFIER_TAG_SIZE 17
struct slice notifier_write_tag(uint64_t tag, char text[NOTIFIER_TAG_SIZE]);
/* "<sip:…>": where the other end finds us in this dialog. */
void notifier_write_contact(struct buffer *buffer, const struct events *events, const struct flow *flow,
			    struct slice user);

/* --- watches.c: looking at all of them --- */

/* A watch is over, or somebody who waited was decided about: `event` tells those who watch the watchers why. */
void watches_note_end(const struct watch *watch, enum watcher_event event);
void watches_note_decision(struct events *events, uint8_t package, struct slice resource, uint64_t id,
			   struct slice watcher, enum watcher_event event);

/* --- publication.c --- */

void publications_load(struct events *events, storage_done_fn *done, void *arg);
/* All of a resource, without telling anybody: at the end of the process, or of an account. */
void publications_destroy(struct events *events, struct resource *resource);
