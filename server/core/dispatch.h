/* Admission: the reasons to say no, in order, and then the table of methods.
 *
 * Every new request comes here once. What passes is authenticated where its method asks for it, has a server
 * transaction, and goes to its handler. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "core/accounts.h"
#include "core/authentication.h"
#include "core/domain.h"
#include "core/trust.h"
#include "transaction/request.h"

struct dispatch;

/* Returns the status to answer with, or SIP_LATER where it has answered itself or will. */
typedef unsigned method_handler_fn(void *arg, struct request *request);

enum admission {
	ANYBODY,          /* no identity needed; it is answered at once */
	AUTHENTICATED,    /* credentials, and From is their account (or, for REGISTER, To) */
	OR_BY_ITS_ADDRESS /* the same, but trusted addresses need no credentials, and trusted accounts no From */
};

enum acquaintance {
	STRANGER, /* as `admission` says */
	KNOWN,
	TURNED_AWAY /* it said that it does, and does not: it has been answered, and nothing is kept of it */
};

struct method_handler {
	enum sip_method method;
	method_handler_fn *handle;
	enum admission admission;
	void *arg;
	/* Whether it belongs to something of ours (a dialog), and needs no credentials. NULL: none does. */
	enum acquaintance (*is_known)(void *arg, struct request *request);
};

struct dispatch_counters {
	uint64_t refused; /* by one of the questions */
};

/* All borrowed; `trust` may be NULL. NULL where memory is exhausted. */
struct dispatch *dispatch_create(const struct domain *domain, struct accounts *accounts,
				 struct authentication *authentication, const struct trust *trust, struct log *log,
				 const struct transport *transport);
void dispatch_destroy(struct dispatch *dispatch);

/* Adds a row (copied); called by main before anything is received. ERR_LIMIT: the table is full. */
MUST_CHECK int dispatch_add(struct dispatch *dispatch, const struct method_handler *handler);

/* "Allow: REGISTER, …\r\n" of the rows that are there. */
void dispatch_write_allow(const struct dispatch *dispatch, struct buffer *headers);

/* For transactions_create. */
void dispatch_request(void *arg, struct request *request);

const struct dispatch_counters *dispatch_counters(const struct dispatch *dispatch);
