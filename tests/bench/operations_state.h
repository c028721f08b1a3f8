/* What the files that make up operations share. SPDX-License-Identifier: MIT */
#pragma once

#include "operations.h"

#include "base/buffer.h"

#define REMOTE_TAG_BYTES 64
#define TARGET_BYTES 96
#define ENTITY_TAG_BYTES 64
#define NO_SLOT UINT32_MAX

struct user {
	struct credentials credentials;
	char ha1[DIGEST_HEX_BYTES];
	uint32_t call; /* what makes its REGISTERs' Call-ID */
	uint32_t cseq;
	/* As one who is watched: */
	char entity_tag[ENTITY_TAG_BYTES]; /* of his publication, terminated; empty: none */
	uint32_t published;                /* the number in the last one */
	uint32_t watchers;
	uint32_t slot; /* of the operation that changes him; NO_SLOT: none */
};

/* One dialog of a watcher. */
struct subscription {
	uint32_t watcher, watched;         /* users, counted from the first */
	uint32_t cseq, notify_cseq;        /* of the last SUBSCRIBE, and of the last NOTIFY */
	uint32_t seen;                     /* the number in the last body */
	uint32_t slot;                     /* of the operation that waits for a NOTIFY; NO_SLOT: none */
	char remote_tag[REMOTE_TAG_BYTES]; /* terminated; empty: there is no dialog yet */
	char target[TARGET_BYTES];
};

struct operation {
	bool is_active, was_challenged;
	bool is_answered;          /* with what was wanted; only NOTIFYs are still to come */
	unsigned waiting;          /* so many */
	unsigned serial;           /* of the process: part of the branch, so that late answers find nobody */
	unsigned sender, receiver; /* users, counted from the first; receivers stand behind the users */
	unsigned subscription;
	unsigned call; /* what makes the Call-ID */
	uint32_t cseq;
	struct credentials credentials;                              /* without a nonce: none are sent */
	uint64_t started_us, told_us, resend_at_us, resend_after_us; /* told: when it last waited for one less */
};

struct operations {
	struct operations_options options;
	struct endpoint *endpoint;
	struct buffer text;
	struct user *users; /* and the receivers behind them */
	struct subscription *subscriptions;
	uint32_t *seen;          /* of each entry of each list, the number in the last body */
	struct operation *slots; /* `window` of them */
	unsigned *free_slots;    /* a stack */
	unsigned free_count;
	unsigned serial, shown;
	uint32_t nonce_of_process; /* keeps the Call-IDs of two processes apart */
	uint64_t sweep_at_us;
	bool is_server_there; /* it answered OPTIONS */
	struct operations_run run;
	struct operations_counters counters;
};

static inline bool work_is_message(enum work work)
{
	return work == WORK_ONLINE || work == WORK_OFFLINE;
}
static inline bool work_is_subscribe(enum work work)
{
	return work == WORK_SUBSCRIBE || work == WORK_REFRESH;
}
static inline bool work_is_publish(enum work work)
{
	return work == WORK_PUBLISH || work == WORK_CHANGE;
}

/* Sends what was written into `text`. */
void operations_send_text(struct operations *operations, struct in_addr local);
/* Ends the operation where it has all that it waited for. */
void operations_check_end(struct operations *operations, struct operation *operation);
