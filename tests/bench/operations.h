/* Operations under way against one server: each is a REGISTER or a MESSAGE from its first datagram to its final
 * answer, with the challenge between them where there is one, and sent again where no answer comes
 * (RFC 3261 §17.1.2.2). The users whose operations they are also answer the MESSAGEs that reach them.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "credentials.h"
#include "endpoint.h"

enum work {
	WORK_REGISTER,
	WORK_ONLINE,  /* a MESSAGE whose receiver answers 200 */
	WORK_OFFLINE, /* a MESSAGE that is kept: 202 */
};

enum proof {
	PROOF_NONE,       /* no credentials */
	PROOF_CHALLENGED, /* each operation begins without, and answers the challenge: two round trips */
	PROOF_REUSED,     /* the last nonce with its count one higher, as phones do: one round trip */
};

struct operations_options {
	struct sockaddr_in server;
	struct slice domain, password;
	unsigned first_user, users; /* u<first> … ; these act */
	unsigned receivers;         /* WORK_OFFLINE: the users behind those, who are not registered */
	unsigned window;            /* operations under way at a time */
};

struct operations_counters {
	unsigned done, failed, sent_again;
	unsigned delivered; /* MESSAGEs that reached users, sent again or not */
};

struct operations;

/* NULL: memory, or the socket (errno). */
struct operations *operations_create(const struct operations_options *options);
void operations_destroy(struct operations *operations);

struct operations_run {
	enum work work;
	enum proof proof;
	bool fresh_call_id; /* REGISTER: as after the client's restart; else as a refresh */
	unsigned count;
	unsigned limit_s;     /* gives up */
	uint32_t *latency_us; /* one for each that is done; NULL: not wanted */
};
/* Runs `count` operations, the users taking turns, `window` at a time. Returns what this run counted. */
struct operations_counters operations_run(struct operations *operations, const struct operations_run *run);

/* Goes on answering for that time. */
void operations_linger(struct operations *operations, unsigned ms);
