/* The XCAP server (RFC 4825): lists, rules and other documents of users over HTTP. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "core/accounts.h"
#include "core/domain.h"
#include "presence/document_store.h"
#include "transport/transport.h"

struct xcap;

/* All borrowed. */
struct xcap_parts {
	struct timers *timers;
	struct transport *transport;
	const struct domain *domain;
	struct accounts *accounts;
	struct storage *storage;
	struct document_store *documents;
	struct log *log;
};

/* Below which path documents are served. */
#define XCAP_ROOT "/xcap/"

/* Adds its route. NULL where memory or the number of routes is exhausted. */
struct xcap *xcap_create(const struct xcap_parts *parts, size_t document_bytes);
void xcap_destroy(struct xcap *xcap);
