/* What the bodies of events have in common: state goes in, bytes come out, and the other way round. Pure functions; no
 * sockets, no clock, no storage. SPDX-License-Identifier: MIT */
#pragma once

#include "base/buffer.h"
#include "base/slice.h"

#include <stddef.h>

/* Why a body cannot be read, for a person: goes into the Warning of a 400. */
#define BODY_SENTENCE_SIZE 160
struct body_error {
	char sentence[BODY_SENTENCE_SIZE];
};

/* What one family of phones needs and another cannot bear; set by its profile (presence/profile). */
enum body_style {
	BODY_SINGLE_DIALOG = 1 << 0,   /* dialog-info: only the dialog that matters most */
	BODY_DUMMY_DIALOG = 1 << 1,    /* dialog-info: a terminated <dialog> where there is none */
	BODY_NO_REMOTE_PARTY = 1 << 2, /* dialog-info: without <remote>, for phones that mistake it */
	BODY_PRES_ENTITY = 1 << 3,     /* PIDF: entity="pres:…" instead of "sip:…" */
	BODY_PLAIN_COUNTS = 1 << 4,    /* message-summary: without "(urgent-new/urgent-old)" */
	BODY_ONLY_VOICE = 1 << 5,      /* message-summary: Voice-Message alone, other classes added to it */
	BODY_NO_LAST_LINE_END = 1 << 6 /* message-summary: no CRLF behind the last line */
};

/* For whom a body is written. */
struct body_target {
	struct slice user;            /* of the watched AOR, plain (not escaped) */
	struct slice domain;          /* of the watched AOR */
	unsigned style;               /* enum body_style */
	struct slice message_account; /* message-summary: the URI of the phone's key; empty: left out */
};

/* Where a body goes. Some documents carry a version that each subscription counts for itself (RFC 4235 §3.7, RFC 3680
 * §4.1): the writer leaves its digits out, so that all watchers can share the bytes, and says where they belong. */
#define BODY_NO_VERSION SIZE_MAX
struct body_output {
	struct buffer *buffer; /* empty at the beginning; sticky failure */
	size_t version_at;     /* offset of the digits; BODY_NO_VERSION at the beginning */
};

/* `state` is what the package composes: which struct it is, is a matter of the two. */
typedef void body_write_fn(const void *state, const struct body_target *target, struct body_output *output);

/* What has changed from one whole body of the format to another one, as a body that says only that; both come with the
 * digits of their versions left out. False: it cannot be told so, or is not worth it; the whole is told then. */
typedef bool body_write_change_fn(struct slice before, struct slice after, const struct body_target *target,
				  struct body_output *output);

struct body_format {
	const char *media_type;             /* "application/pidf+xml" */
	body_write_fn *write;               /* all of it */
	body_write_change_fn *write_change; /* NULL: each body says all */
	unsigned first_version;             /* of a subscription's first body, where there are versions */
};

/* "sip:bob@example.test" with what must be escaped in the user part, or "pres:…" as `style` says. */
void body_write_entity(struct buffer *buffer, const struct body_target *target);
/* Fills the sentence. */
void body_complain(struct body_error *error, const char *format, ...) __attribute__((__format__(__printf__, 2, 3)));
