/* Admission: the reasons to say no, in order, and then the table of methods.
 *
 * Every new request comes here once. What passes is authenticated where its method asks for it, has a server
 * transaction, and goes to its handler. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "core/accounts.h"
#include "core/authentication.h"
#include "core/domain.h"
#include "transaction/request.h"

struct dispatch;

/* Returns the status to answer with, or SIP_LATER where it has answered itself or will. */
typedef unsigned method_handler_fn(void *arg, struct request *request);

enum admission {
	ANYBODY,      /* no identity needed */
	AUTHENTICATED /* credentials, and From is their account (or, for REGISTER, To) */
};

struct method_handler {
	enum sip_method method;
	method_handler_fn *handle;
	enum admission admission;
	void *arg;
};

struct dispatch_counters {
	uint64_t refused; /* by one of the questions */
};

/* Handlers are copied. `supported` are the option tags of Require that we can do (borrowed, static). NULL where memory
 * is exhausted. */
struct dispatch *dispatch_create(const struct domain *domain, struct accounts *accounts,
				 struct authentication *authentication, struct log *log,
				 const struct transport *transport);
void dispatch_destroy(struct dispatch *dispatch);

/* Adds a row; called by main before anything is received. ERR_LIMIT: the table is full. */
MUST_CHECK int dispatch_add(struct dispatch *dispatch, const struct method_handler *handler);

/* For transactions_create. */
void dispatch_request(void *arg, struct request *request);

const struct dispatch_counters *dispatch_counters(const struct dispatch *dispatch);
