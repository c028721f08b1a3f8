/* Operations under way against one server: each is a request from its first datagram to its final answer, with the
 * challenge between them where there is one, and sent again where no answer comes (RFC 3261 §17.1.2.2). A SUBSCRIBE is
 * over when its NOTIFY is there too (of a list: those that tell every entry), and a change of what users watch when all
 * of them have been told. The users whose
 * operations they are also answer what reaches them: MESSAGEs and NOTIFYs. SPDX-License-Identifier: MIT */
#pragma once

#include "credentials.h"
#include "endpoint.h"

enum work {
	WORK_REGISTER,
	WORK_ONLINE,    /* a MESSAGE whose receiver answers 200 */
	WORK_OFFLINE,   /* a MESSAGE that is kept: 202 */
	WORK_SUBSCRIBE, /* a new dialog, with its NOTIFY */
	WORK_REFRESH,   /* of a subscription, in its dialog, with its NOTIFY */
	WORK_PUBLISH,   /* a new publication */
	WORK_CHANGE,    /* a publication's new body, until all who watch it have been told */
};

enum proof {
	PROOF_NONE,       /* no credentials */
	PROOF_CHALLENGED, /* each operation begins without, and answers the challenge: two round trips */
	PROOF_REUSED,     /* the last nonce with its count one higher, as phones do: one round trip */
};

/* What is subscribed to. Of message-summary everyone watches the mailbox of his own, which he also publishes. */
enum event { EVENT_PRESENCE, EVENT_MESSAGE_SUMMARY };

struct operations_options {
	struct sockaddr_in server;
	struct slice domain, password;
	unsigned first_user, users; /* u<first> … ; these act */
	unsigned receivers;         /* the users behind those: who is written to while he is away, or watched */
	unsigned subscriptions;     /* room for so many; user and receiver of each follow from its number */
	unsigned entries;           /* the subscriptions are to lists of so many receivers (lists.h); 0: to one each */
	enum event event;
	unsigned window; /* room for so many operations under way at a time */
};

struct operations_counters {
	unsigned done, failed, sent_again;
	unsigned delivered; /* MESSAGEs that reached users, sent again or not */
	unsigned notified;  /* NOTIFYs that reached subscriptions with a CSeq above the last one's */
	unsigned repeated;  /* and those without */
	unsigned cut_short; /* of those that failed: all was answered, but of a list some NOTIFYs never came */
	unsigned untold;    /* so many */
};

struct operations;

/* NULL: memory, or the socket (errno). */
struct operations *operations_create(const struct operations_options *options);
void operations_destroy(struct operations *operations);

struct operations_run {
	enum work work;
	enum proof proof;
	bool fresh_call_id;    /* REGISTER: as after the client's restart; else as a refresh */
	unsigned first, count; /* the operations' numbers: they choose user, receiver and subscription */
	unsigned window;       /* so many at a time, at most options.window; 0: that many */
	unsigned limit_s;      /* gives up */
	uint32_t *latency_us;  /* one for each that is done; NULL: not wanted */
};
/* Runs `count` operations, the users taking turns, `window` at a time. Returns what this run counted. */
struct operations_counters operations_run(struct operations *operations, const struct operations_run *run);

/* Goes on answering for that time. */
void operations_linger(struct operations *operations, unsigned ms);
/* Asks (OPTIONS) every few milliseconds until the server answers at all; false: not within the time. */
bool operations_await_server(struct operations *operations, unsigned limit_s);
