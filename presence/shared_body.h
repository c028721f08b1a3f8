/* Bodies as they are told: written once for all who see the same, counted by those who still need them.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "presence/events_state.h"

/* What one kind of watcher is told of a resource. */
struct shared_body {
	struct shared_body *next;    /* of the resource's, or of another body's changes */
	struct shared_body *whole;   /* held: what it was before filters were applied; NULL: they were not */
	struct shared_body *changes; /* what has changed since other ones, by their tags */
	struct view *view;           /* held */
	const struct body_format *format;
	char *packed;      /* by deflate; NULL: not yet, or it cannot be shared */
	uint64_t tag;      /* of the state that it tells; a change has that of what it leads to */
	uint64_t from_tag; /* of a change: what it begins from */
	uint32_t holders;
	uint32_t style;
	uint32_t length, packed_length;
	uint32_t account_length;
	uint32_t version_at; /* where the digits belong; SHARED_NO_VERSION: nowhere */
	bool is_polite;
	char bytes[]; /* the body, then the message account that it was written for */
};
#define SHARED_NO_VERSION UINT32_MAX

static inline struct slice shared_body_bytes(const struct shared_body *body)
{
	return slice_of(body->bytes, body->length);
}

/* What is told through that watch; borrowed until the resource changes. NULL where memory is exhausted (or a filter
 * cannot be applied). Only where watch_shows_state. */
struct shared_body *shared_body_get(const struct watch *watch);
/* What has changed between two, as a body of its own: borrowed as long as `after` is there. NULL: the whole is to be
 * told. */
struct shared_body *shared_body_change(const struct watch *watch, const struct shared_body *before,
				       struct shared_body *after);
/* Whether it is worth a NOTIFY through that watch: where it says something else than what was told; or, where there are
 * triggers (RFC 4661 §3.6), by what has changed since it was told or looked at, whatever was told. */
bool shared_body_is_news(const struct watch *watch, const struct shared_body *body);
/* Packed by deflate; empty: it cannot be shared (it has a version), or is no smaller. */
struct slice shared_body_packed(struct events *events, struct shared_body *body);
void shared_body_hold(struct shared_body *body);
/* NULL is accepted. */
void shared_body_release(struct shared_body *body);
/* The resource goes, or its bodies are old: those that nobody holds are freed. */
void shared_bodies_forget(struct events *events, struct resource *resource);
/* The body with the digits of its version in their place, appended. */
void shared_body_write(struct buffer *buffer, const struct shared_body *body, struct slice version);
