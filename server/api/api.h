/* The API: JSON over HTTP below /api/v1/, for other programs and the command line's users: what waits in mailboxes, who
 * is there, which devices are registered, who watches whom (docs/openapi.yaml).
 *
 *   request ─▶ endpoint (path, method) ─▶ caller (core/http_caller) ─▶ scope ─▶ handler, its answer now or later
 *
 * Who calls is a token with scopes, looked up for each request, so that one which is removed is good for nothing at
 * once; or an account with its password (digest), at the endpoints where it may speak of itself.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/log.h"
#include "base/timer.h"
#include "core/accounts.h"
#include "core/domain.h"
#include "core/http_caller.h"
#include "presence/conversations.h"
#include "presence/document_store.h"
#include "presence/events.h"
#include "presence/mailboxes.h"
#include "presence/packages.h"
#include "storage/storage.h"
#include "transport/transport.h"

#include <stdint.h>

struct api;

/* All borrowed. */
struct api_parts {
	struct timers *timers;
	struct transport *transport;
	const struct domain *domain;
	struct accounts *accounts;
	struct sessions *sessions;
	struct http_callers *callers;
	struct storage *storage;
	struct events *events;
	struct people *people;
	struct mailboxes *mailboxes;
	struct document_store *documents;
	struct conversations *conversations;
	struct log *log;
};

struct api_options {
	size_t message_bytes;       /* the longest body of a MESSAGE */
	size_t icon_bytes;          /* the largest picture of a user */
	struct slice voicemail_url; /* borrowed; empty: none */
	bool keeps_history;
};

struct api_counters {
	uint64_t requests, unauthorized, forbidden, failed; /* failed: 5xx */
	unsigned underway;
};

/* Takes the route /api/v1/ of the web listeners. NULL where memory is exhausted, or the transport takes no more routes.
 */
struct api *api_create(const struct api_parts *parts, const struct api_options *options);
/* When transport and storage are closed: nothing calls back any more. Accepts NULL. */
void api_destroy(struct api *api);

void api_set_options(struct api *api, const struct api_options *options);
const struct api_counters *api_counters(const struct api *api);
