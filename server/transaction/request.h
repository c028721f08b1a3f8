/* A request as its handler sees it: the message, the flow it came over, who sent it, and the ways to answer.
 *
 * A request lives until its final answer; request_reply or request_refuse gives it, once, now or later, and the
 * request is freed at the end of that loop turn. Whoever answers later keeps the pointer until then.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/log.h"
#include "base/slice.h"
#include "sip/message.h"
#include "sip/status.h"
#include "transport/flow.h"

#include <stdbool.h>
#include <stdint.h>

struct server_transaction;
struct transactions;
struct account;

struct request {
	struct sip_message message;
	struct flow flow;
	struct arena arena;
	struct transactions *transactions;
	struct server_transaction *transaction; /* NULL: the answer is stateless */
	int64_t received_at_ms;
	char to_tag[17]; /* for our responses; the same for each copy of a stateless request (§8.2.7) */
	bool answered;

	/* filled by admission (core/) */
	struct account *sender;   /* authenticated; NULL: nobody */
	int64_t session_id;       /* of the sender's, by which he was authenticated; 0: by his password */
	struct slice sender_name; /* the sender's user, for the log; empty: nobody */
	bool is_trusted;          /* may speak for others: its address or its sender is in core/trust */
	unsigned own_routes;      /* topmost Route values that name us */
	struct slice warning_host;
};

/* A server transaction for the request, so that its retransmissions end here and its answer is kept. Called by
 * dispatch once the request is let in; without it the answer is stateless (challenges, refusals: RFC 3261
 * §8.2.7). ERR_LIMIT: too many (answer 503), ERR_NO_MEMORY; ERR_EXISTS: a copy of the request has begun meanwhile,
 * and all that this one needs is done: request_drop. */
MUST_CHECK int request_begin(struct request *request);
/* For CANCEL (§9.2): true where the INVITE that it is about has a transaction here; else the answer is 481. `invite`
 * receives its request, NULL where it has had its final answer. */
bool request_find_cancelled(struct request *cancel, struct request **invite);

/* What a response carries beside what every one does. */
struct reply {
	struct slice reason;  /* empty: the standard phrase */
	struct slice headers; /* whole lines with CRLF */
	struct slice content_type, body;
};

/* Sends a response; `reply` may be NULL. A final one ends the request. A response that cannot be written or
 * sent is logged here; the transaction ends all the same. To requests other than INVITE a 408, what is provisional but
 * no 100, and a 100 that is too early for UDP are not sent (RFC 4320): we give that 100 ourselves, in time. */
void request_reply(struct request *request, unsigned status, const struct reply *reply);
/* Refuses, with a sentence for a person in Warning and log. */
void request_refuse(struct request *request, unsigned status, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same with headers (whole lines with CRLF) that the status needs: Retry-After, Min-Expires, Allow … */
void request_refuse_with(struct request *request, unsigned status, struct slice headers, const char *format, ...)
	PRINTF_LIKE(4, 5);
/* Sends on a response that another server or a device gave to the forwarded request (RFC 3261 §16.7). */
void request_relay(struct request *request, const struct sip_message *response);
/* ACK, and a request that needs no answer any more: ends it without one. */
void request_drop(struct request *request);

/* The flow's text, Call-ID and so on for the log; `text` holds the flow. */
struct log_context request_log_context(const struct request *request, char flow_text[FLOW_TEXT_SIZE]);
