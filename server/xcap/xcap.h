/* The XCAP server (RFC 4825): lists, rules and other documents of users over HTTP.
 *
 *   request ─▶ caller (core/http_caller) ─▶ target (path, selector) ─▶ may he? ─▶ read.c, or change.c ─▶ document store
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/log.h"
#include "core/accounts.h"
#include "core/domain.h"
#include "core/http_caller.h"
#include "presence/document_store.h"
#include "transport/transport.h"

struct xcap;

/* All borrowed. */
struct xcap_parts {
	struct timers *timers;
	struct transport *transport;
	const struct domain *domain;
	struct http_callers *callers;
	struct document_store *documents;
	struct log *log;
};

/* Adds its route, below XCAP_ROOT (target.h). `limits` are of what is sent. NULL where memory or the number of routes
 * is exhausted. */
struct xcap *xcap_create(const struct xcap_parts *parts, const struct xml_limits *limits);
/* When transport and storage are closed: nothing calls back any more. Accepts NULL. */
void xcap_destroy(struct xcap *xcap);
/* For requests from now on; those of more than four times the bytes that it was created with are not read at all. */
void xcap_set_limits(struct xcap *xcap, const struct xml_limits *limits);
