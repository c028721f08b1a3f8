/* What the files of this folder share: the tables of one node, its requests, and the keys that find transactions.
 *
 * Keys are not text but a hash of 128 bits under a secret of ours: nobody can choose a branch that collides
 * with another's, and an ended transaction that waits for retransmissions costs 16 bytes of key instead of a branch, a
 * sent-by and a method. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cohort.h"
#include "base/list.h"
#include "base/log.h"
#include "base/table.h"
#include "base/timer.h"
#include "transaction/request.h"
#include "transaction/transactions.h"

/* Client transactions by the number of their connection, so that the end of one finds its own without a walk over
 * all; a power of two. */
#define CONNECTION_BUCKETS 1024

/* A peer that had no TCP for a large request; a power of two of them is remembered. */
struct tcp_refusal {
	uint32_t peer; /* of its hash, what did not choose the place */
	uint32_t until_s;
};
#define TCP_REFUSALS 8192

/* Largest message that we write. */
#define WRITTEN_BYTES_MOST ((size_t)1 << 20)

struct transaction_key {
	uint64_t first, second;
};

struct transactions {
	struct timers *timers;
	struct log *log;
	struct transactions_options options; /* server_name points to the text at the end */
	struct transaction_sender sender;
	transactions_request_fn *on_request;
	void *arg;

	struct table servers, clients;
	struct cohort server_memory; /* server transactions and their responses: nearly all end 32 s after the answer */
	struct table merges;         /* begun and unanswered requests by what makes them the same one (§8.2.2.2) */
	struct list_link clients_by_connection[CONNECTION_BUCKETS];
	struct tcp_refusal tcp_refusals[TCP_REFUSALS]; /* by the peer's hash; the later one takes the place */
	struct list_link unanswered, ended;            /* struct incoming */
	struct arena_pool arenas;
	struct buffer scratch; /* the message being written */
	struct buffer lines;   /* headers being written for it */
	struct transaction_counters counters;
	struct log_rate malformed_rate, refused_rate, undelivered_rate;
	bool closing;
	char server_name[];
};

/* A request with what only this folder sees of it; lies in the request's own arena. */
struct incoming {
	struct request request;
	struct list_link link; /* unanswered, then ended */
	struct table_link merge_link;
	struct transaction_key key;       /* of its transaction; found once, when it comes in */
	struct transaction_key merge_key; /* of what makes it the same request by whichever way it came */
	bool may_be_merged;               /* merge_key is there */
	bool is_merge_known;              /* merge_link is in the table */
};

static inline struct incoming *incoming_of(struct request *request)
{
	return CONTAINER_OF(request, struct incoming, request);
}

/* The key of some texts in their order. */
struct transaction_key transaction_key(const struct transactions *transactions, const struct slice *parts,
				       size_t count);
/* True where no more transactions may begin. */
bool transactions_are_full(const struct transactions *transactions);
/* An exact copy on the heap of what stands in `scratch`; NULL where memory is exhausted. */
char *transactions_copy(struct slice bytes);
static inline int transactions_send(struct transactions *transactions, const struct flow *flow, struct slice bytes)
{
	return transactions->sender.send(transactions->sender.arg, flow, bytes);
}

/* Is a request like this one begun and unanswered, though not the same (RFC 3261 §8.2.2.2)? */
bool transactions_know_merge(struct request *request);
/* From request_begin until the request's end. */
void transactions_remember_merge(struct request *request);
/* The request is answered, or needs no answer: it lies among the ended until the loop turn does. */
void transactions_end_request(struct request *request);
