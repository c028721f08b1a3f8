/* One request to the XCAP server from its arrival to its answer. It outlives the HTTP request where that goes while
 * storage is being asked; then `request` is NULL, and whoever is called back gives it up (xcap_call_is_gone).
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/list.h"
#include "core/http_caller.h"
#include "xcap/conflict.h"
#include "xcap/target.h"
#include "xcap/xcap.h"

struct xcap {
	struct xcap_parts parts;
	struct xml_limits limits;
	struct list_link calls;        /* under way */
	struct buffer made;            /* xcap-caps/global/index */
	struct document made_document; /* it, in that buffer */
};

/* How it ends, other than by reading. */
struct xcap_outcome {
	unsigned status;        /* 0: not decided */
	enum conflict conflict; /* of a 409 */
	struct body_error error;
	char field[128];   /* of a uniqueness-failure */
	bool has_document; /* of a no-parent: how far there is something */
	size_t ancestor_steps;
};

struct xcap_call {
	struct list_link link; /* in xcap.calls */
	struct xcap *xcap;
	struct http_request *request; /* NULL: it is gone */
	struct http_caller who;
	struct arena arena;
	struct target target; /* in that arena */
	bool is_holding;      /* the documents of target.user */
	struct buffer text;   /* what is read, or the document as it is to be */
	struct xcap_outcome outcome;
};

/* --- answering: each ends the call --- */

/* A body, or none where there is no media type; with the entity-tag, unless that is empty. */
void xcap_answer(struct xcap_call *call, unsigned status, const char *media_type, struct slice body, struct slice etag);
/* The sentence as plain text, for a person; `headers` are whole lines. A 503 says when to try again. */
void xcap_refuse(struct xcap_call *call, unsigned status, const char *sentence, struct slice headers);
/* 405, with what is allowed. */
void xcap_refuse_method(struct xcap_call *call, const char *allowed);
/* What became of work in storage: our error codes. */
void xcap_fail(struct xcap_call *call, int result);
/* The outcome, where it is not good. */
void xcap_answer_outcome(struct xcap_call *call);
/* For callbacks. True where nobody waits any more: the call is freed. */
bool xcap_call_is_gone(struct xcap_call *call);
/* Without an answer. */
void xcap_call_destroy(struct xcap_call *call);

/* --- serving: a caller who may, and a target that is one --- */

/* read.c */
void xcap_read(struct xcap_call *call);
/* change.c */
void xcap_change(struct xcap_call *call);
